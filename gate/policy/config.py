"""`gate.yaml`: one model's entry as the value that the check works on, and the policy that it is judged by."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from gate.core.alarm import AlarmPlaces
from gate.core.canonical import canonical, digest
from gate.core.document import Document as Bound
from gate.core.document import Json
from gate.core.model import (
    AttributesSource,
    CaseTerms,
    DataSource,
    DeclaredGroup,
    EngineName,
    ExcludedGroup,
    LabelsObserved,
    ModelConfig,
    ModelLimits,
    PredictionColumns,
    SensitiveFeature,
    Task,
    TierAssignment,
    Value,
)
from gate.errors import ConfigError, PolicyError
from gate.policy.approvers import FILE as APPROVERS_FILE
from gate.policy.config_file import CONFIG, AttributesEntry, CasesEntry, ConfigFile, ControlEntry, DataEntry, FeatureEntry, ModelEntry, PredictionsEntry
from gate.policy.config_folder import FOLDER, read_all
from gate.policy.feature_roles import value_name
from gate.policy.places import is_file, is_folder, located
from gate.policy.policy import LoadedPolicy, load_policy
from gate.policy.problems import quoted
from gate.policy.schema import Document, nearest, read

__all__ = ["LoadedModel", "config_from_effective", "effective_config", "load_config", "load_models", "policy_for", "shipped_policies", "tier_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """One model of `gate.yaml`, the document that a decision binds, and the folder where policies are looked up.

    Law: `config_from_effective(document.effective, config.name, folder=path.parent.resolve()) == config`. The document keeps
    paths as they were written, so that its digest does not depend on the machine; `config` has them absolute.
    """

    config: ModelConfig
    document: Bound
    policies: Path
    path: Path
    ledger: str | None = None
    engine: EngineName = EngineName.DUCKDB
    alarms: AlarmPlaces = field(default_factory=AlarmPlaces)


def load_config(path: Path, model: str | None = None) -> LoadedModel:
    """The entry of a model; without a name, the only entry.

    Raises:
        ConfigError: when the file cannot be read or cannot be meant, or does not hold the model.
    """
    models = load_models(path)
    if model is None and len(models) == 1:
        return models[0]
    for loaded in models:
        if loaded.config.name == model:
            return loaded
    raise _unknown_model(path, model, [loaded.config.name for loaded in models])


def load_models(path: Path) -> tuple[LoadedModel, ...]:
    """Every entry of the file, in its order, and then those of the files in `gate.d` beside it.

    Raises:
        ConfigError: when the file cannot be read or cannot be meant.
    """
    documents = read_all(path)
    policies, ledger = policies_of(documents[0]), _ledger_of(documents[0])
    engine = EngineName(str(documents[0].model.engine or EngineName.DUCKDB))
    loaded = (_loaded(name, entry, document, policies) for document in documents for name, entry in document.model.models.items())
    return tuple(replace(model, ledger=ledger, engine=engine, alarms=_alarms_of(documents[0])) for model in loaded)


def policy_for(model: LoadedModel, override: Path | None = None) -> LoadedPolicy:
    """The policy that the model is judged by: of its tier, of its entry's file, or `override` if that has the same tier.

    Raises:
        PolicyError: when there is no such policy, it cannot be meant, or it is of another tier.
    """
    config = model.config
    tier = config.tier or load_policy(_named_file(model)).policy.tier
    path = override or _named_file(model)
    loaded = load_policy(path)
    if loaded.policy.tier != tier:
        message = f"the policy is of tier {loaded.policy.tier}, but {quoted(config.name)} is of tier {tier}"
        raise PolicyError(message, where=f"{path}", next_step="Use a policy of the model's tier.")
    return loaded


def policies_of(document: Document[ConfigFile]) -> Path:
    """The folder of policies of a `gate.yaml`, or of the one that a file of `gate.d` stands beside."""
    folder, written = document.path.parent.resolve(), document.model.policies
    if folder.name == FOLDER:
        folder = folder.parent
        written = read(main, CONFIG).model.policies if is_file(main := folder / "gate.yaml") else None
    if written is not None:
        return folder / written
    beside = folder / "policies"
    return beside if is_folder(beside) else shipped_policies()


def _ledger_of(document: Document[ConfigFile]) -> str | None:
    """Where the records of a `gate.yaml` are chained; a file of `gate.d` looked at by itself has its neighbour's ledger."""
    folder, written = document.path.parent.resolve(), document.model.ledger
    if folder.name == FOLDER:
        folder = folder.parent
        written = read(main, CONFIG).model.ledger if is_file(main := folder / "gate.yaml") else None
    return None if written is None else located(written, folder)


def _alarms_of(document: Document[ConfigFile]) -> AlarmPlaces:
    """Where people are told of alarms; a file of `gate.d` looked at by itself has its neighbour's places."""
    folder, written = document.path.parent.resolve(), document.model.alarms
    if folder.name == FOLDER:
        written = read(main, CONFIG).model.alarms if is_file(main := folder.parent / "gate.yaml") else None
    return AlarmPlaces() if written is None else AlarmPlaces(webhook=written.webhook, github=written.github)


def shipped_policies() -> Path:
    """The folder of the policies that come with the gate: inside the installed package, or at the top of a checkout."""
    inside = Path(__file__).parent / "shipped"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "policies"


def tier_file(tier: str, folder: Path) -> Path:
    """The policy file of a tier.

    Raises:
        PolicyError: when the folder has none; the message names the tiers that it has.
    """
    path = folder / f"{tier}.yaml"
    if is_file(path):
        return path
    tiers = sorted(file.stem for file in folder.glob("*.yaml") if file.name != APPROVERS_FILE) if is_folder(folder) else []
    offer = nearest(tier, tiers) or f"It has: {', '.join(tiers) or 'none'}."
    raise PolicyError(f"there is no policy of tier {quoted(tier)} in {folder}", where=str(path), next_step=offer)


def config_from_effective(effective: Json, name: str, *, folder: Path | None = None) -> ModelConfig:
    """The configuration that a recorded document spells out; paths are taken from `folder`, or left as written.

    Laws: `config_from_effective(effective_config(config), config.name) == config` for a configuration whose paths are
    as written, and the other way round, byte for byte, in canonical JSON. Anything else is refused.

    Raises:
        ConfigError: when it is not an effective configuration.
    """
    try:
        entry = ModelEntry.model_validate(_as_written(effective))
        same = canonical(effective_config(_config(name, entry, None))) == canonical(effective)
    except (ValidationError, AttributeError, KeyError, TypeError, ValueError) as broken:
        raise _not_effective() from broken
    if not same:
        raise _not_effective()
    return _config(name, entry, folder)


def effective_config(config: ModelConfig) -> dict[str, Json]:
    """The entry with every default spelled out; features and groups as lists, because their order counts."""
    return {
        "schema": CONFIG.schema,
        "tier": config.tier,
        "policy": config.policy,
        "owner": config.owner,
        **_assigned(config.assigned),
        "task": config.task.value,
        "data": _data(config.data, config.task),
        "predictions": _predictions(config.predictions, config.task),
        **({} if config.limits == ModelLimits() else {"limits": {"seconds": config.limits.seconds, "memory_gb": config.limits.memory_gb}}),
        "sensitive_features": [_feature(feature) for feature in config.sensitive_features],
        **({"control_features": [_feature(feature) for feature in config.control_features]} if config.control_features else {}),
        **_cases(config.cases),
    }


def _cases(terms: CaseTerms) -> dict[str, Json]:
    """What is known of inputs; nothing where nothing is, so that older configurations keep their digest."""
    lists: dict[str, Json] = {key: list(getattr(terms, key)) for key in ("immutable", "only_increase", "only_decrease")}
    written = {key: value for key, value in {"reasons": dict(terms.reasons), **lists}.items() if value}
    return {"explanations": cast("Json", written)} if written else {}


def _assigned(said: TierAssignment) -> dict[str, Json]:
    """What is said of the tier's assignment; nothing where nothing is, so that older configurations keep their digest."""
    written: dict[str, Json] = {
        "inventory_id": said.inventory_id,
        "tier_assigned_by": said.assigned_by,
        "tier_approved_by": said.approved_by,
        "review_by": None if said.review_by is None else said.review_by.isoformat(),
    }
    return {key: value for key, value in written.items() if value}


def _named_file(model: LoadedModel) -> Path:
    """The file that the entry names, by tier or by path."""
    if model.config.tier is not None:
        return tier_file(model.config.tier, model.policies)
    return Path(model.config.policy or "")


def _unknown_model(path: Path, model: str | None, names: list[str]) -> ConfigError:
    listed = ", ".join(names)
    if model is None:
        return ConfigError(f"the file has {len(names)} models: {listed}", where=str(path), next_step="Say which one by --model-name.")
    offer = nearest(model, names)
    return ConfigError(f"there is no model {quoted(model)}; there are: {listed}", where=str(path), next_step=offer or "Add it, or choose one of these.")


def _not_effective() -> ConfigError:
    return ConfigError(
        "the recorded configuration is not one that this version of the gate writes", next_step="Replay it with the version of the gate that the record names."
    )


def _loaded(name: str, entry: ModelEntry, document: Document[ConfigFile], policies: Path) -> LoadedModel:
    folder = document.path.parent.resolve()
    effective = effective_config(_config(name, entry, None))
    return LoadedModel(
        config=_config(name, entry, folder),
        document=Bound(digest=digest(canonical(effective)), effective=effective),
        policies=policies,
        path=document.path,
    )


def _config(name: str, entry: ModelEntry, folder: Path | None) -> ModelConfig:
    """The entry as the core knows it, paths taken from `folder`."""
    return ModelConfig(
        name=name,
        task=Task(str(entry.task)),
        data=_source(entry.data, folder),
        predictions=_columns(entry.predictions),
        sensitive_features=tuple(_sensitive(feature, written) for feature, written in entry.sensitive_features.items()),
        tier=entry.tier,
        policy=None if entry.policy is None else located(entry.policy, folder),
        owner=entry.owner,
        assigned=TierAssignment(
            inventory_id=entry.inventory_id,
            assigned_by=entry.tier_assigned_by,
            approved_by=entry.tier_approved_by,
            review_by=None if entry.review_by is None else date.fromisoformat(entry.review_by),
        ),
        limits=ModelLimits(seconds=entry.limits.seconds, memory_gb=entry.limits.memory_gb),
        control_features=tuple(_control(feature, written) for feature, written in entry.control_features.items()),
        cases=_case_terms(entry.explanations),
    )


def _case_terms(written: CasesEntry) -> CaseTerms:
    return CaseTerms(
        reasons=tuple(sorted(written.reasons.items())),
        immutable=tuple(written.immutable),
        only_increase=tuple(written.only_increase),
        only_decrease=tuple(written.only_decrease),
    )


def _source(written: DataEntry, folder: Path | None) -> DataSource:
    return DataSource(
        label=written.label,
        uri=None if written.uri is None else located(written.uri, folder),
        labels=None if written.labels is None else cast("tuple[Value, ...]", tuple(written.labels)),
        positive_label=cast("Value", written.positive_label),
        sha256=None if written.sha256 is None else written.sha256.lower(),
        collected=None if written.collected is None else date.fromisoformat(written.collected),
        expectations=None if written.expectations is None else located(written.expectations, folder),
        tops_up=tuple(dict.fromkeys(digest.lower() for digest in written.tops_up)),
        weight=written.weight,
        cluster=written.cluster,
        max_weight=written.max_weight,
        max_cluster_rows=written.max_cluster_rows,
        label_range=None if written.label_range is None else (written.label_range[0], written.label_range[1]),
        query=written.query,
        label_observed_for=LabelsObserved(str(written.label_observed_for)),
        attributes=None if written.attributes is None else _attributes(written.attributes, folder),
        development=None if written.development is None else located(written.development, folder),
    )


def _attributes(written: AttributesEntry, folder: Path | None) -> AttributesSource:
    return AttributesSource(uri=located(written.uri, folder), join_on=written.join_on, sha256=None if written.sha256 is None else written.sha256.lower())


def _columns(written: PredictionsEntry) -> PredictionColumns:
    default = PredictionColumns()
    return PredictionColumns(
        column=written.column or default.column,
        score=written.score,
        threshold=written.threshold,
        champion=written.champion,
        top_k=default.top_k if written.top_k is None else written.top_k,
    )


def _sensitive(name: str, written: FeatureEntry) -> SensitiveFeature:
    excluded = written.excluded(written.named)
    pool = () if written.other is None else (DeclaredGroup(name=written.other),)
    named = (*written.named, *((group, value) for group, value, _ in excluded if value is not None))
    return SensitiveFeature(
        name=name,
        column=written.column,
        groups=(*(DeclaredGroup(name=group, value=cast("Value | None", value)) for group, value in named), *pool),
        bins=tuple(written.bins or ()),
        reference=None if written.reference is None else value_name(written.reference),
        protected=tuple(value_name(group) for group in written.protected or ()),
        other=written.other,
        exclude=tuple(ExcludedGroup(group=group, why=entry.why, max_share=entry.max_share, undeclared=value is not None) for group, value, entry in excluded),
    )


def _control(name: str, written: ControlEntry) -> SensitiveFeature:
    groups = tuple(DeclaredGroup(name=group, value=cast("Value | None", value)) for group, value in written.named)
    return SensitiveFeature(name=name, column=written.column, groups=groups, bins=tuple(written.bins or ()))


def _data(source: DataSource, task: Task) -> Json:
    """A regression has no label set, and only one of two labels can be the positive one: these keys are left out."""
    of_labels: dict[str, Json] = {"labels": None if source.labels is None else list(source.labels)}
    if task is Task.BINARY_CLASSIFICATION:
        of_labels["positive_label"] = source.positive_label
    return {
        "uri": source.uri,
        "sha256": source.sha256,
        "collected": None if source.collected is None else source.collected.isoformat(),
        "label": source.label,
        **({} if task in {Task.REGRESSION, Task.RANKING} else of_labels),
        **({} if source.query is None else {"query": source.query}),
        "label_observed_for": source.label_observed_for.value,
        "expectations": source.expectations,
        **({"tops_up": list(source.tops_up)} if source.tops_up else {}),
        **{key: column for key, column in (("weight", source.weight), ("cluster", source.cluster)) if column is not None},
        **{key: most for key, most in (("max_weight", source.max_weight), ("max_cluster_rows", source.max_cluster_rows)) if most is not None},
        **({} if source.label_range is None else {"label_range": list(source.label_range)}),
        **({} if source.attributes is None else {"attributes": _apart(source.attributes)}),
        **({} if source.development is None else {"development": source.development}),
    }


def _apart(source: AttributesSource) -> Json:
    return {"uri": source.uri, "join_on": source.join_on, "sha256": source.sha256}


def _predictions(columns: PredictionColumns, task: Task) -> Json:
    """A score is judged instead of a column of labels, so the column is left out then; other tasks have the column only."""
    if task is not Task.BINARY_CLASSIFICATION:
        return {"column": columns.column, **({"top_k": columns.top_k} if task is Task.RANKING else {})}
    champion: dict[str, Json] = {} if columns.champion is None else {"champion": columns.champion}
    return {"column": None if columns.score is not None else columns.column, "score": columns.score, "threshold": columns.threshold, **champion}


def _feature(feature: SensitiveFeature) -> Json:
    if feature.bins:
        return {"name": feature.name, "column": feature.column, "bins": list(feature.bins), **_roles(feature)}
    only_excluded = {entry.group for entry in feature.exclude if entry.undeclared}
    groups = [{"name": group.name, "value": group.value} for group in feature.groups if group.name not in {*only_excluded, feature.other}]
    return {"name": feature.name, "column": feature.column, "groups": groups, **_roles(feature)}


def _roles(feature: SensitiveFeature) -> dict[str, Json]:
    """The roles that are declared; a value that only `exclude` names is written as a value."""
    values = {group.name: group.value for group in feature.groups}
    excluded: list[Json] = [
        {"group": values[entry.group] if entry.undeclared else entry.group, "why": entry.why, "max_share": entry.max_share} for entry in feature.exclude
    ]
    roles: dict[str, Json] = {"reference": feature.reference, "protected": list(feature.protected), "other": feature.other, "exclude": excluded}
    return {key: value for key, value in roles.items() if value}


def _as_written(effective: Json) -> Mapping[str, object]:
    """The effective entry as a file would write it; raises AttributeError, KeyError or TypeError on any other shape."""
    document = dict(cast("Mapping[str, Json]", effective))
    if document.pop("schema") != CONFIG.schema:
        raise _not_effective()
    for key in (key for key in ("sensitive_features", "control_features") if key != "control_features" or key in document):
        features = cast("list[Mapping[str, Json]]", document[key])
        document[key] = cast("Json", {str(feature["name"]): dict(_feature_as_written(feature)) for feature in features})
    return document


def _feature_as_written(feature: Mapping[str, Json]) -> Iterator[tuple[str, object]]:
    for key, value in feature.items():
        if key == "groups":
            yield key, {group["value"]: group["name"] for group in cast("list[Mapping[str, Json]]", value)}
        elif key != "name":
            yield key, value
