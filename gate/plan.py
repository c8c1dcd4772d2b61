"""The plan: which rules can be decided on these rows, before any model is trained.

Rows come from the holdout, from another table, from a record, or are assumed. From there on it is arithmetic: the same
questions as in a check, asked of a model that is assumed to be fair.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.canonical import digest
from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.model import CROSS, DataSource, DeclaredGroup, Intersection, LabelsObserved, ModelConfig, PredictionColumns, SensitiveFeature, Task, crossings
from gate.core.policy import Policy
from gate.errors import ConfigError, DataError, GateError, UsageError
from gate.judge.assumed_scores import assumed_area
from gate.judge.baselines import comparing
from gate.judge.power import Assumed, Forecast, Plan, cases, forecast, spread_of, undecidable
from gate.metrics.catalogue import by_name
from gate.metrics.kinds import needs_scores
from gate.policy import config_from_effective, load_config, load_policy, policy_for, policy_from_effective
from gate.record.counts_file import read_counts
from gate.record.decision import COUNTS_FILE
from gate.stages.agreement import agree
from gate.stages.attributes import Apart, attributes_of
from gate.stages.data import pinned_digest
from gate.stages.source import entry_name

__all__ = ["PlanRequest", "hopeless", "plan"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """What to plan for; without `table`, `decision` and `groups`, the holdout that the entry names.

    Args:
        config: `gate.yaml`; not read for a `decision`, nor for `groups` with a `policy`.
        model: the entry of `config`, or a reference that begins with it; None means the only entry.
        policy: a policy file instead of the lookup by tier.
        table: Parquet or CSV with labels and sensitive features.
        decision: a recorded decision with its counts beside it.
        groups: assumed sizes, one text per feature: `race=black:400,white:4000`.
        base_rate: the assumed share of positives; with `groups` only.
        selection_rate: how often a fair model selects; None means the base rate.
        tpr, fpr: how often it selects a positive and a negative row.
        look: which look at the holdout the check will be; None for one that leaves no record.
    """

    config: Path
    model: str | None = None
    policy: Path | None = None
    table: Path | None = None
    decision: Path | None = None
    groups: tuple[str, ...] = ()
    base_rate: float | None = None
    selection_rate: float | None = None
    tpr: float = 0.8
    fpr: float = 0.2
    look: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Basis:
    """What is planned on: a policy, a model's declaration, and the labels of every group."""

    policy: Policy
    model: ModelConfig
    table: ContingencyTable
    notes: tuple[str, ...] = ()
    strata: bool = True


def plan(request: PlanRequest) -> Plan:
    """What can become of every rule of the policy on these rows.

    Raises:
        UsageError: request, policy, configuration or data cannot be meant (exit 2).
    """
    _refuse_contradictions(request)
    _refuse_rates(request)
    basis = _basis(request)
    assumed = _assumed(request, basis.table)
    asked = tuple(cases(_planned(basis), basis.model, look=request.look))
    for case in asked:
        if case.feature is not None and not basis.table.of(case.feature):
            raise UsageError(f"the record has no counts of {case.feature}, which this policy asks about", next_step="Plan on the table instead of the record.")
    return Plan(
        model=basis.model.name,
        tier=basis.policy.tier,
        rows=basis.table.overall.rows,
        labelled=basis.table.overall.labelled,
        assumed=assumed,
        forecasts=tuple(forecast(case, basis.table, assumed) for case in asked),
        notes=(*basis.notes, *_notes(request, basis)),
    )


def _planned(basis: _Basis) -> Policy:
    """The policy without what these rows have no sizes for."""
    return basis.policy if basis.strata else replace(basis.policy, rules=tuple(rule for rule in basis.policy.rules if not rule.control_features))


def hopeless(config: Path, model: str) -> tuple[Forecast, ...]:
    """The questions of a model's policy that its own holdout never decides, whatever model comes; without remedies.

    Raises:
        UsageError: policy, configuration or data cannot be meant, or the entry names no holdout (exit 2).
    """
    request = PlanRequest(config=config, model=model)
    basis = _basis(request)
    return undecidable(basis.policy, basis.model, basis.table, _assumed(request, basis.table))


def _notes(request: PlanRequest, basis: _Basis) -> tuple[str, ...]:
    look = () if request.look is None else (f"for look {request.look:,} at the holdout",)
    return (*_accepted_only(basis.model), *look, *_scored(request, basis), *_unplanned(basis.policy, basis.model), *_left_out(basis))


def _scored(request: PlanRequest, basis: _Basis) -> tuple[str, ...]:
    """How scores are taken to be that nobody has seen yet."""
    metrics = [metric for rule in basis.policy.rules if (metric := by_name(rule.metric)) is not None]
    if basis.table.statistics.scores is not None or not any(needs_scores(metric, basis.model.task) for metric in metrics):
        return ()
    return (f"scores are taken to be calibrated and to tell the labels apart with an area of {assumed_area(request.tpr, request.fpr):.2f}",)


def _accepted_only(model: ModelConfig) -> tuple[str, ...]:
    """What the labels are about, where they are not about everybody."""
    selected = model.data.label_observed_for is LabelsObserved.SELECTED
    return ("labels exist for accepted cases only, and error rates describe those",) if selected else ()


def _unplanned(policy: Policy, model: ModelConfig) -> tuple[str, ...]:
    """The rules that no plan says anything about."""
    rules = [rule.id for rule in comparing(policy, model)]
    return (f"not planned, as it depends on how often two models disagree: {', '.join(rules)}",) if rules else ()


def _left_out(basis: _Basis) -> tuple[str, ...]:
    """The rules that no plan is made for."""
    approximate = (rule for rule in basis.policy.rules if rule.of_user or ((metric := by_name(rule.metric)) and not metric.calibrated))
    unplanned = (rule for rule in basis.policy.rules if rule.control_features and not basis.strata)
    return (
        *(f"rule {rule.id} is left out: the limits of {rule.metric} are approximate, and it is advisory" for rule in approximate),
        *(f"rule {rule.id} is left out: group sizes say nothing about its strata" for rule in unplanned),
    )


def _refuse_contradictions(request: PlanRequest) -> None:
    """No option is ignored: what does not go together is refused."""
    sources = {"--table": request.table, "--decision": request.decision, "--groups": request.groups or None}
    given = [name for name, value in sources.items() if value is not None]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} each say where the rows come from", next_step="Give one of them.")
    if (request.base_rate is not None) != bool(request.groups):
        raise UsageError("--groups and --base-rate go together: a table or a record has labels of its own", next_step="Give both, or neither.")
    if request.decision is not None and request.model is not None:
        raise UsageError("a record names its own model", where="--decision", next_step="Leave the model out.")


def _refuse_rates(request: PlanRequest) -> None:
    """A rate lies between 0 and 1; where nothing is ever selected, or nothing positive, there is nothing to compare."""
    inner = [rate for rate in (request.base_rate, request.selection_rate) if rate is not None]
    if not all(0 < rate < 1 for rate in inner) or not all(0 <= rate <= 1 for rate in (request.tpr, request.fpr)):
        raise UsageError("a rate has to lie between 0 and 1", where="--base-rate, --selection-rate, --tpr, --fpr", next_step="Give rates such as 0.3.")


def _basis(request: PlanRequest) -> _Basis:
    if request.decision is not None:
        basis = _recorded(request.decision, request.policy)
    elif request.groups:
        basis = _imagined(request)
    else:
        basis = _counted(request)
    if request.decision is None and (basis.model.data.weight is not None or basis.model.data.cluster is not None):
        what = "how weights or clusters spread is known from a record only, and gate.yaml names a column of them"
        raise UsageError(
            what, where="data.weight, data.cluster", next_step="Plan with --decision, or without the column, and take the sizes as effective ones."
        )
    without_checks = replace(basis.policy, data=replace(basis.policy.data, expectations_required=False))  # a plan needs no data checks
    agree(without_checks, basis.model)
    return basis


def _assumed(request: PlanRequest, table: ContingencyTable) -> Assumed:
    """How a fair model is taken to behave.

    Raises:
        DataError: the labels leave nothing to plan with.
    """
    overall = table.overall
    if table.statistics.moments is not None or table.statistics.ranks is not None:  # nothing is assumed: the record shows how they vary
        return Assumed(base_rate=0.5, selection_rate=0.5, recorded=True)
    if not 0 < overall.positives < overall.labelled:
        raise DataError("the rows do not have both outcomes, so nothing can be planned on them", next_step="Give rows with both outcomes.")
    base = request.base_rate if request.base_rate is not None else overall.positives / overall.labelled
    selection = base if request.selection_rate is None else request.selection_rate
    return Assumed(base_rate=base, selection_rate=selection, true_positive_rate=request.tpr, false_positive_rate=request.fpr)


# --------------------------------------------------------------------------------------------- where the rows come from


def _counted(request: PlanRequest) -> _Basis:
    """Labels and groups of a table; predictions may be absent."""
    loaded = load_config(request.config, entry_name(None, request.model))
    policy, model = policy_for(loaded, request.policy).policy, loaded.config
    _refuse_task(model)
    location = _location(request.table, model)
    engine = DuckdbEngine()
    table = engine.open(location)
    apart = attributes_of(model, engine, table)
    rows = table if apart is None else apart.joined(table)
    counts = engine.count_labels(rows, model, engine.labels(table, model.data), depth=policy.evidence.intersections.depth)
    return _Basis(policy=policy, model=model, table=counts, notes=_apart_notes(apart))


def _apart_notes(apart: Apart | None) -> tuple[str, ...]:
    """What a check would find about the table of attributes."""
    if apart is None or not apart.facts.unmatched:
        return ()
    return (f"{apart.facts.unmatched:,} rows have no line in the table of attributes",)


def _refuse_task(model: ModelConfig) -> None:
    """How errors or places spread is not known before there are predictions: a record of a first check has them."""
    if model.task is not Task.BINARY_CLASSIFICATION:
        what = f"a {model.task.value} cannot be planned without predictions: how much its numbers vary is not known before"
        raise UsageError(what, next_step="Check a first model, and plan with its record: gate plan --decision.")


def _location(table: Path | None, model: ModelConfig) -> str:
    """The table that was named, or the holdout of the entry, which has to be the one that is pinned."""
    if table is not None:
        return str(table)
    if model.data.uri is None:
        raise ConfigError(f"{model.name!r} names no holdout", where="data.uri", next_step="Name one in gate.yaml, or give --table FILE.")
    if model.data.sha256 is not None:
        pinned_digest(model.data.uri, model)
    return model.data.uri


def _recorded(decision: Path, policy: Path | None) -> _Basis:
    """The counts of a recorded decision, under its own policy or another one."""
    path = decision / "decision.json" if decision.is_dir() else decision
    try:
        record = json.loads(path.read_bytes())
        counts = path.with_name(COUNTS_FILE).read_bytes()
        if record["counts"]["digest"] != digest(counts):
            raise UsageError("the counts beside the record are not the ones that it binds", where=str(path))
        found = policy_from_effective(record["policy"]["effective"]) if policy is None else load_policy(policy).policy
        model = config_from_effective(record["config"]["effective"], str(record["candidate"]["name"]))
        if model.task is Task.MULTICLASS_CLASSIFICATION:
            raise UsageError("how many rows would settle a rule for every class together is not computed", where=str(path))
        table = read_counts(counts)
        spread = ("the spread of errors, scores, places, weights and clusters is that of the record",) if spread_of(table.statistics) else ()
        return _Basis(policy=found, model=model, table=table, notes=spread)
    except OSError as error:
        raise UsageError(f"a record is read with its counts, and {error.filename} cannot be: {error.strerror}", where=str(path)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError("this is no decision.json of the gate", where=str(path), next_step="Name one with counts.parquet beside it.") from error
    except GateError as error:
        raise UsageError(f"the record cannot be used: {error.what}", where=error.where or str(path), next_step=error.next_step) from error


# ------------------------------------------------------------------------------------------------------- assumed sizes


def _imagined(request: PlanRequest) -> _Basis:
    """Sizes as they were given; intersections as if the features were independent of one another."""
    sizes = dict(map(_feature_sizes, request.groups))
    totals = {name: sum(groups.values()) for name, groups in sizes.items()}
    if len(sizes) < len(request.groups) or len(set(totals.values())) > 1:
        shown = ", ".join(f"{name} {total:,}" for name, total in totals.items())
        raise UsageError(f"every feature has to be given once, and all with the same number of rows; given are {shown}", where="--groups")
    policy, model = _declared(request, sizes)
    depth = policy.evidence.intersections.depth
    crossed = crossings(model.sensitive_features, depth=depth)
    total, base = next(iter(totals.values())), request.base_rate or 0.0
    groups = tuple(entry for crossing in crossed for entry in _cells(crossing, sizes, total, base))
    notes = ("group sizes are assumed", *(("features are taken to be independent of one another",) if len(sizes) > 1 and depth > 1 else ()))
    return _Basis(policy=policy, model=model, table=ContingencyTable(overall=_labelled(total, base), groups=groups), notes=notes, strata=False)


def _declared(request: PlanRequest, sizes: dict[str, dict[str, int]]) -> tuple[Policy, ModelConfig]:
    """The policy, and a model that declares the assumed features instead of its own."""
    features = tuple(SensitiveFeature(name=name, column=name, groups=tuple(map(_group, groups))) for name, groups in sizes.items())
    if request.policy is not None:
        model = ModelConfig(
            name=entry_name(None, request.model) or "a model",
            task=Task.BINARY_CLASSIFICATION,
            data=DataSource(label="label"),
            predictions=PredictionColumns(score="score"),
            sensitive_features=features,
        )
        return load_policy(request.policy).policy, model
    loaded = load_config(request.config, entry_name(None, request.model))
    _refuse_task(loaded.config)
    declared = {feature.name: feature for feature in loaded.config.sensitive_features}
    alike = tuple(_with_roles(feature, declared.get(feature.name)) for feature in features)
    return policy_for(loaded).policy, replace(loaded.config, sensitive_features=alike)


def _with_roles(assumed: SensitiveFeature, declared: SensitiveFeature | None) -> SensitiveFeature:
    """The assumed groups, compared as the declaration compares them.

    Raises:
        UsageError: they leave out a group that the declaration needs for it.
    """
    if declared is None:
        return assumed
    names = {group.name for group in assumed.groups}
    needed = [group for group in (declared.reference, *declared.protected) if group is not None]
    absent = [group for group in needed if group not in names]
    judged, unprotected = names - declared.excluded, names - declared.excluded - {*declared.protected}
    if absent or len(judged) < 2 or not unprotected:
        lacking = f"no rows of {', '.join(absent)}" if absent else "too few groups that are compared"
        raise UsageError(f"--groups gives {assumed.name} {lacking}", where="--groups", next_step="Give every group that gate.yaml declares.")
    exclude = tuple(entry for entry in declared.exclude if entry.group in names)
    other = declared.other if declared.other in names else None
    return replace(assumed, reference=declared.reference, protected=declared.protected, other=other, exclude=exclude)


def _group(name: str) -> DeclaredGroup:
    return DeclaredGroup(name=name, value=name)


def _feature_sizes(text: str) -> tuple[str, dict[str, int]]:
    """`race=black:400,white:4000` as the feature and the rows of its groups."""
    name, _, listed = text.partition("=")
    pairs = [entry.rpartition(":") for entry in listed.split(",")]
    sizes = {group.strip(): int(rows) for group, _, rows in pairs if rows.strip().isdecimal() and group.strip()}
    if not name.strip() or len(sizes) < max(2, len(pairs)) or CROSS in text or not sum(sizes.values()):
        raise UsageError(f"cannot read {text!r}", where="--groups", next_step='Write "race=black:400,white:4000": a feature, and rows of two groups or more.')
    return name.strip(), sizes


def _cells(crossing: Intersection, sizes: dict[str, dict[str, int]], total: int, base: float) -> list[GroupCounts]:
    """The groups of a feature, or of an intersection under independence."""
    shares: list[float] = [1.0]
    for feature in crossing.features:
        shares = [share * rows / total for share in shares for rows in sizes[feature.name].values()]
    return [
        GroupCounts(feature=crossing.name, group=name, counts=_labelled(round(total * share), base))
        for name, share in zip(crossing.groups, shares, strict=True)
    ]


def _labelled(rows: int, base: float) -> ConfusionCounts:
    positives = round(rows * base)
    return ConfusionCounts(fn=positives, tn=rows - positives)
