"""The whole of `gate mitigate`: tables, candidates, comparison, recommendation, and, if asked for, registration and the check."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from gate.aggregate.duckdb import DuckdbEngine
from gate.checks.digest import data_digest
from gate.core.alternatives import Recommendation, Search, Tried, UtilityMetric
from gate.core.mitigation import Lineage, Technique
from gate.core.model import ModelConfig, SensitiveFeature, Task, Value
from gate.core.policy import Policy
from gate.errors import ConfigError, DataError, UsageError
from gate.judge.alternatives import recommended
from gate.judge.checks import forbidden_columns
from gate.mitigate import serving
from gate.mitigate.estimator import parts_of, user_module
from gate.mitigate.judging import Bench, on_validation
from gate.mitigate.overlap import MOST, overlap
from gate.mitigate.rows import Rows, inputs_in, inputs_of, read_rows, split
from gate.mitigate.search import Found, Planned, Shop, planned, searched
from gate.mitigate.techniques import CONSTRAINTS, Fitted
from gate.pipeline import CheckRequest, Recorded, check
from gate.policy import LoadedModel, load_config, policy_for
from gate.stages.source import entry_name

__all__ = ["MitigateRequest", "Mitigated", "mitigate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigateRequest:
    """What to try, on which rows, and what to do with the outcome.

    Args:
        config: `gate.yaml`.
        train: Parquet or CSV with inputs, label and sensitive features.
        today: the date of the check.
        validation: a table like it to compare on; None splits `share` off the training table.
        share: the share that is split off.
        model: the entry of `config`; None means the only one.
        policy: a policy file instead of the lookup by tier.
        estimator: `logistic`, `boosting`, or `module:function` beside `config`.
        techniques, constraints, features, inputs: what to keep to; none named means everything that there is.
        utility: what a candidate is good for.
        budget: seconds after which no further step is begun; None for no limit.
        seed: of whatever is drawn.
        register: whether the candidate that is put forward is registered and checked.
        choose: the candidate to register instead of the one that is put forward.
        parent: the version that it is an alternative to; None means the newest.
        output: a folder for the files of the check.
        tracking_uri: address of the registry; None means MLflow's own setting.
        key: the signing key of the decision.
    """

    config: Path
    train: Path
    today: date
    validation: Path | None = None
    share: float = 0.3
    model: str | None = None
    policy: Path | None = None
    estimator: str = "logistic"
    techniques: tuple[Technique, ...] = ()
    constraints: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    utility: UtilityMetric = UtilityMetric.BALANCED_ACCURACY
    budget: float | None = None
    seed: int = 0
    register: bool = False
    choose: str | None = None
    parent: str | None = None
    output: Path | None = None
    tracking_uri: str | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mitigated:
    """The search, and, where a candidate was registered, its version and the decision about it."""

    search: Search
    version: str | None = None
    recorded: Recorded | None = None


def _keep_nothing(_search: Search) -> None:
    """Nobody wants to see the search before the registry is asked."""


def mitigate(
    request: MitigateRequest,
    *,
    tell: Callable[[str], None] = lambda _: None,
    show: Callable[[Search], None] = _keep_nothing,
    clock: Callable[[], float] = time.monotonic,
) -> Mitigated:
    """Try what the policy approves, and compare; register and check one candidate where that is asked for.

    Args:
        request: what to do.
        tell: called at the start of every step with what is being done.
        show: called with the search before anything is registered, so that hours of work are not lost with a registry.
        clock: seconds that only go up, for the budget.

    Raises:
        UsageError: request, policy, configuration or data cannot be meant, or there is nothing to register (exit 2).
        GateError: the registry failed, or no judgement could be reached (exit 4).
    """
    loaded = load_config(request.config, entry_name(request.model, None))
    policy = policy_for(loaded, request.policy).policy
    model = _meant(request, loaded.config)
    _not_the_holdout(request, model)
    parent = _parent(request, model, tell=tell) if request.register else ""
    engine = DuckdbEngine()
    tell(f"reading {request.train}")
    train, validation, labels, notes = _tables(request, engine, model)
    inputs = inputs_of(train, model, request.inputs, forbidden_columns(policy, model))
    notes = (*notes, *_rows_apart(request, engine, model, inputs, (train, validation)))
    shop = Shop(rows=train, inputs=inputs, parts=parts_of(request.estimator, train.frame[list(inputs)], folder=request.config.parent), seed=request.seed)
    steps, excluded = _steps(request, policy, model)
    with TemporaryDirectory(prefix="gate-") as workspace:
        compared = on_validation(policy, model, request.utility)
        document = loaded.document.effective
        bench = Bench(
            engine=engine,
            policy=compared,
            model=model,
            document=document if isinstance(document, dict) else {},
            labels=labels,
            rows=validation,
            workspace=Path(workspace),
        )
        found = searched(steps, shop, bench, budget=request.budget, clock=clock, tell=tell)
    notes = (f"models take {', '.join(inputs)}; name others with --inputs", *notes, *_left_out(policy, compared, model))
    search = _search(request, policy, model, (train, validation), found, excluded, notes)
    show(search)
    if not request.register:
        return Mitigated(search=search)
    lineage = partial(_lineage, search=search, parent=parent)
    return _registered(request, loaded, search, found, lineage, inputs=train, labels=labels, tell=tell)


def _meant(request: MitigateRequest, model: ModelConfig) -> ModelConfig:
    """The entry, if candidates can be made for it; sensitive features have to stand in the training table itself."""
    if model.task is not Task.BINARY_CLASSIFICATION:
        raise ConfigError(f"{model.name!r} is a {model.task.value}", where="task", next_step="Mitigation works with binary classification only.")
    if model.predictions.score is not None:
        message = f"{model.name!r} is judged by a score (predictions.score), and mitigated models answer labels"
        raise ConfigError(message, where="predictions.score", next_step="Give the model an entry that is judged by predicted labels.")
    if request.register and model.data.uri is None:
        raise ConfigError(f"{model.name!r} names no holdout to judge the registered model on", where="data.uri", next_step="Name it in gate.yaml.")
    if not 0.1 <= request.share <= 0.9:
        raise UsageError(f"the share {request.share:g} is not between 0.1 and 0.9", where="--share", next_step="Give 0.3, say.")
    unknown = [name for name in request.constraints if name not in CONSTRAINTS]
    if unknown:
        raise UsageError(f"there is no constraint {unknown[0]!r}", where="--constraint", next_step=f"The constraints are {', '.join(CONSTRAINTS)}.")
    if request.choose is not None and not request.register:
        raise UsageError("--choose names what to register", where="--choose", next_step="Add --register, or leave it out.")
    return replace(model, data=replace(model.data, attributes=None))


def _not_the_holdout(request: MitigateRequest, model: ModelConfig) -> None:
    """The holdout is neither learnt from nor compared on, under whatever name."""
    pinned = {f"sha256:{digest.lower()}" for digest in (model.data.sha256, *model.data.tops_up) if digest is not None}
    holdout = Path(model.data.uri) if model.data.uri else None
    for option, path in (("--train", request.train), ("--validation", request.validation)):
        if path is None:
            continue
        if not path.is_file():
            raise DataError("there is no such file", where=f"{option} {path}", next_step="Give a table with inputs, label and sensitive features.")
        found = data_digest(path)
        same = holdout is not None and holdout.is_file() and holdout.stat().st_size == path.stat().st_size and data_digest(holdout) == found
        if found in pinned or same:
            message = "this table is the holdout: a model that has seen it would be judged by what it learnt by heart"
            raise DataError(message, where=f"{option} {path}", next_step="Give rows that the holdout does not hold.")


def _tables(request: MitigateRequest, engine: DuckdbEngine, model: ModelConfig) -> tuple[Rows, Rows, tuple[Value, Value], tuple[str, ...]]:
    """The rows to learn from and to compare on, the labels, and what has to be said of them."""
    rows, labels, lost = read_rows(engine, request.train, model, None)
    notes = [f"{lost:,} training rows have no label and were left out"] if lost else []
    if model.data.weight is not None:
        notes.append("models are trained without the weights of gate.yaml; the comparison uses them")
    if request.validation is None:
        train, validation = split(rows, request.share, seed=request.seed)
    else:
        train, (validation, _, lost) = rows, read_rows(engine, request.validation, model, labels)
        notes += [f"{lost:,} validation rows have no label and were left out"] if lost else []
        if validation.digest == train.digest:
            message = "training and validation table are the same, so that what was learnt by heart would look good"
            raise DataError(message, where="--validation", next_step="Leave it out: a share of the training table is then kept apart.")
    if min(len(train), len(validation)) < 20:
        raise DataError("too few rows are left to learn from and to compare on", where=str(request.train), next_step="Give more rows.")
    return train, validation, labels, tuple(notes)


def _rows_apart(request: MitigateRequest, engine: DuckdbEngine, model: ModelConfig, inputs: tuple[str, ...], tables: tuple[Rows, Rows]) -> Iterator[str]:
    """What has to be said of rows that two tables have in common.

    Raises:
        DataError: they are too many.
    """
    train, validation = (table.frame[list(inputs)] for table in tables)
    split_off = request.validation is None
    learnt = ("--train", "the training table", pd.concat([train, validation]) if split_off else train)
    compared = ("--validation", "the validation table", validation)
    holdout = Path(model.data.uri) if model.data.uri else None
    pairs = [] if split_off else [(compared[1], compared[2], learnt)]
    if holdout is not None and holdout.exists():
        held = inputs_in(engine, holdout, model, inputs)
        pairs += [("the holdout", held, learnt), *([] if split_off else [("the holdout", held, compared)])]
    elif holdout is not None:
        yield "the holdout is not here, so nothing is known of rows that it shares with these tables"
    for what, trusted, (option, name, other) in pairs:
        found = overlap(trusted, other)
        said = f"{found.found:,} of {found.rows:,} rows of {what} that stand there once are also in {name}; {found.chance:.0f} were to be expected by chance"
        if found.too_much:
            message = f"{said}, and {MOST:.0%} of them is the most: a model that has seen them would be judged by what it learnt by heart"
            raise DataError(message, where=option, next_step=f"Give rows that {what} does not hold.")
        if found.beyond_chance:
            yield said
        if len(trusted) and not found.rows:
            yield f"whether rows of {what} are also in {name} cannot be told: none stands there only once"


def _steps(request: MitigateRequest, policy: Policy, model: ModelConfig) -> tuple[tuple[Planned, ...], tuple[str, ...]]:
    return planned(
        policy.mitigation,
        _features(request.features, model),
        techniques=request.techniques or tuple(Technique),
        constraints=request.constraints or tuple(CONSTRAINTS),
        forbidden=forbidden_columns(policy, model),
    )


def _features(asked: tuple[str, ...], model: ModelConfig) -> tuple[SensitiveFeature, ...]:
    known = {feature.name: feature for feature in model.sensitive_features}
    for name in asked:
        if name not in known:
            raise UsageError(f"gate.yaml declares no sensitive feature {name!r}", where="--feature", next_step=f"It declares {', '.join(known)}.")
    return tuple(known[name] for name in asked) or model.sensitive_features


def _left_out(policy: Policy, compared: Policy, model: ModelConfig) -> tuple[str, ...]:
    kept = {rule.id for rule in compared.rules}
    rules = [rule.id for rule in policy.applicable(model) if rule.id not in kept]
    rules += ["explanations"] if policy.explanations != compared.explanations else []
    return (f"not asked of candidates, but of the one that is registered: {', '.join(rules)}",) if rules else ()


def _search(
    request: MitigateRequest, policy: Policy, model: ModelConfig, tables: tuple[Rows, Rows], found: Found, excluded: tuple[str, ...], notes: tuple[str, ...]
) -> Search:
    train, validation = tables
    return Search(
        model=model.name,
        tier=policy.tier,
        utility=request.utility,
        training_rows=len(train),
        validation_rows=len(validation),
        training=train.digest,
        validation=validation.digest,
        tried=found.tried,
        not_reached=found.not_reached,
        excluded=excluded,
        recommendation=recommended(found.tried),
        notes=notes,
        min_cell=policy.min_cell,
        settings={"estimator": request.estimator, "seed": str(request.seed), "budget": "none" if request.budget is None else f"{request.budget:g} s"},
    )


def _registered(
    request: MitigateRequest,
    loaded: LoadedModel,
    search: Search,
    found: Found,
    lineage: Callable[[Tried], Lineage],
    *,
    inputs: Rows,
    labels: tuple[Value, Value],
    tell: Callable[[str], None],
) -> Mitigated:
    """Register the chosen one with its lineage, and let the pipeline judge it on the holdout, as `gate check` would."""
    entry, model = _chosen(request, search, found)
    from gate.registry.registering import register  # noqa: PLC0415 -- MLflow takes seconds to import

    tell(f"registering {entry.name}")
    version = register(
        model.model if labels == (0, 1) and not isinstance(labels[1], bool) else serving.Labelled(model.model, labels),
        loaded.config.name,
        lineage(entry),
        inputs={name: bool(inputs.frame[name].dtype.kind == "f") for name in model.inputs},
        labels=type(labels[1]),
        by_value=tuple(module for module in (serving, user_module(request.estimator)) if module is not None),
        tracking_uri=request.tracking_uri,
    )
    checked = CheckRequest(
        config=request.config,
        today=request.today,
        reference=f"{loaded.config.name}/{version}",
        entry=loaded.config.name,
        policy=request.policy,
        output=request.output,
        tracking_uri=request.tracking_uri,
        key=request.key,
    )
    return Mitigated(search=search, version=version, recorded=check(checked, tell=tell))


def _parent(request: MitigateRequest, model: ModelConfig, *, tell: Callable[[str], None]) -> str:
    """The version that the registered one is an alternative to, `name/3`; empty where there is none. Asked before the work, which it would be lost for."""
    tell("asking the registry for the newest version")
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    newest = MlflowRegistry(request.tracking_uri).versions(model.name, last=1)
    version = request.parent or (newest[0] if newest else "")
    return f"{model.name}/{version}" if version else ""


def _lineage(entry: Tried, *, search: Search, parent: str) -> Lineage:
    return Lineage(
        technique=entry.technique.value,
        candidate=entry.name,
        feature=entry.feature,
        parameters=tuple(text[:200] for text in entry.parameters),
        parent=parent,
        training=search.training,
    )


def _chosen(request: MitigateRequest, search: Search, found: Found) -> tuple[Tried, Fitted]:
    """The candidate that is asked for, else the one that is put forward.

    Raises:
        UsageError: there is no such candidate, or none is put forward.
    """
    recommendation: Recommendation = search.recommendation
    name = request.choose or recommendation.name
    if name is None:
        raise UsageError(
            f"nothing was registered: {recommendation.why}",
            where="--register",
            next_step="Look at the table; --choose NAME registers a candidate all the same, and the gate judges it.",
        )
    entry = search.of(name)
    if entry is None or name not in found.models:
        named = ", ".join(found.models)
        raise UsageError(f"there is no candidate {name!r} with a model", where="--choose", next_step=f"The candidates are {named}.")
    return entry, found.models[name]
