"""One run of the monitor: logs to counts, counts into the store, and what all of them say together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.aggregate.rollup import roll_up
from gate.core.canonical import canonical, digest
from gate.core.model import ModelConfig, Task
from gate.core.policy import Enforcement, Policy
from gate.errors import ConfigError, UsageError
from gate.judge.watching import State, Watched, Window, unwatchable, watched
from gate.monitor.alarms import keep_alarm, ledger_for
from gate.monitor.coverage import group_rates, remarks_of
from gate.monitor.drift import drifts_of, remarks_of_drift
from gate.monitor.found import Answer, Drift, Found, Remark, Span
from gate.monitor.logs import LogColumns, Logs, Rows, columns_of, labels_of
from gate.monitor.notices import places_of, told
from gate.monitor.shown import show
from gate.monitor.sources import Place, files_of
from gate.monitor.store import Counted, Kind, open_store
from gate.monitor.tables import Wanted
from gate.policy import LoadedModel, load_config, policy_for
from gate.stages.agreement import agree

__all__ = ["MonitorRequest", "monitor", "name_of"]

UNTOLD = "its numbers are not published (privacy.min_cell)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorRequest:
    """What to watch.

    Args:
        config: `gate.yaml`.
        logs: prediction logs: Parquet or CSV, folders of these, or tables of a database.
        as_of: the day up to which logs are read; windows that are over by then are counted.
        store: a file of DuckDB, or `postgresql://…`.
        labels: ids and labels, likewise; labels may stand in the logs as well.
        entry: the model's entry in `config`; None means the only one.
        version: the version that made these predictions; each has evidence of its own. None where there are no versions.
        policy: a policy file instead of the tier's.
        columns: what the columns of id and time are called.
        reference: a table that drift is measured against; None means the holdout of gate.yaml, where it has one.
        tracking_uri: address of MLflow; None means its own setting.
        show: whether MLflow shows what was found of the version.
        drift: further columns in which drift is looked for, besides the sensitive features.
        since: the first day that is judged; None judges everything in the store.
    """

    config: Path
    logs: tuple[Place, ...]
    as_of: date
    store: str
    labels: tuple[Place, ...] = ()
    entry: str | None = None
    version: str | None = None
    policy: Path | None = None
    columns: LogColumns = field(default_factory=LogColumns)
    since: date | None = None
    reference: Path | None = None
    drift: tuple[str, ...] = ()
    tracking_uri: str | None = None
    show: bool = False


def monitor(request: MonitorRequest, *, tell: Callable[[str], None] = lambda _: None) -> Found:
    """Count what is over, and judge everything that was counted.

    Raises:
        UsageError: request, policy, configuration or logs cannot be meant; nothing was counted (exit 2).
        GateError: the store could not be used; nothing was counted (exit 4).
    """
    loaded, policy = _declared(request)
    model, ledger, places = loaded.config, ledger_for(loaded, policy, request.version), places_of(loaded.alarms)
    name = _name(model, request.version)
    with TemporaryDirectory(prefix="gate-") as workspace:
        tell("reading the logs")
        logs = _logs(request, policy, model, Path(workspace))
        sources = logs.windows()
        drifts = _drifts(request, policy, model, logs, sources)
        with open_store(request.store) as store:
            tell("counting windows that are over")
            before = store.windows(name)
            new = (*_selections(request, policy, model, logs, sources, before), *_outcomes(request, policy, model, logs, sources, before))
            store.add(name, new)
            stored, content = (*before, *new), store.digest()
    tell("judging")
    found = _found(request, policy, model, name, _Logged(logs=logs, sources=sources, stored=stored, added=len(new), content=content, drifts=drifts))
    try:  # the ledger first: what happens while people are told, or to this process then, loses no alarm that `gate verify` heeds
        if ledger is not None and request.version is not None and found.answer is Answer.ALARM:
            tell("keeping the alarm in the ledger")
            keep_alarm(found, ledger, model.name, request.version)
    finally:  # nor does a ledger that fails hide one from people
        found = replace(found, untold=told(found, places, request.store, tell=tell))
    if request.show and request.version is not None:
        tell("showing it in MLflow")
        show(found, model.name, request.version, tracking_uri=request.tracking_uri)
    return found


def name_of(request: MonitorRequest) -> str:
    """What the store calls that which a request watches, whether it names the entry of `gate.yaml` or leaves it to be the only one.

    Raises:
        ConfigError: there is no such entry, or more than one.
    """
    return _name(load_config(request.config, request.entry).config, request.version)


def _name(model: ModelConfig, version: str | None) -> str:
    return model.name if version is None else f"{model.name}/{version}"


def _logs(request: MonitorRequest, policy: Policy, model: ModelConfig, workspace: Path) -> Logs:
    """The rows of the logs, and the labels that have arrived."""
    names, label = request.columns, model.data.label
    of_logs = Wanted(needed=(names.id, names.time, *columns_of(model), *request.drift), welcome=(label,))
    logs, labels = files_of(request.logs, request.labels, of_logs=of_logs, of_labels=Wanted(needed=(names.id, label)), folder=workspace)
    return Logs(model, logs, labels, columns=names, window_days=policy.monitoring.window_days, workspace=workspace, more=request.drift)


def _declared(request: MonitorRequest) -> tuple[LoadedModel, Policy]:
    """The model and its policy, if these can be watched.

    Raises:
        UsageError: otherwise.
    """
    if request.show and request.version is None:
        raise UsageError("MLflow shows what was found on a version, and none was named", where="--mlflow", next_step="Name it with --model NAME/VERSION.")
    if not request.logs:
        raise UsageError("no log was named", where="gate monitor", next_step="Name one or more Parquet or CSV files.")
    loaded = load_config(request.config, request.entry)
    policy, model = policy_for(loaded, request.policy).policy, loaded.config
    agree(policy, model)
    if model.task is not Task.BINARY_CLASSIFICATION:
        raise ConfigError(
            f"a model of task {model.task.value} cannot be watched yet", where="task", next_step="Watch binary classifiers; check the others anew."
        )
    if model.data.weight is not None or model.data.cluster is not None:
        raise ConfigError("weighted or clustered rows cannot be watched yet", where="data.weight", next_step="Watch rows that all count alike.")
    labels_of(model)
    if not [rule for rule in policy.applicable(model) if rule.enforcement is not Enforcement.ADVISORY and not unwatchable(rule)]:
        raise ConfigError(
            f"no mandatory rule of tier {policy.tier!r} can be watched, so nothing could alarm", where="rules", next_step="Add a rule on a rate of all groups."
        )
    return loaded, policy


def _declaration(policy: Policy, model: ModelConfig) -> str:
    """A digest of what decides into which place a row is counted."""
    data = model.data
    said = {
        "features": [asdict(feature) for feature in model.declared_features],
        "label": [data.label, list(labels_of(model))],
        "predictions": asdict(model.predictions),
        "window_days": policy.monitoring.window_days,
    }
    return digest(canonical(_plain(said)))


def _plain(value: object) -> object:
    """Tuples as lists, for JSON."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value


def _over(request: MonitorRequest, policy: Policy, starts: date, *, later: int) -> bool:
    """Whether a window, and so many days more, are over."""
    return starts + timedelta(days=policy.monitoring.window_days + later) <= request.as_of


def _drifts(request: MonitorRequest, policy: Policy, model: ModelConfig, logs: Logs, sources: Mapping[date, Rows]) -> tuple[Drift, ...] | None:
    """How far columns have moved; None where there is nothing to compare them with."""
    apart = model.data.attributes is not None
    reference = request.reference or (None if model.data.uri is None or apart or not Path(model.data.uri).is_file() else Path(model.data.uri))
    if reference is None:
        if request.drift:
            raise UsageError("there is no table to measure drift against", where="--drift", next_step="Name one with --reference.")
        return None
    columns = tuple(dict.fromkeys((*(feature.column for feature in model.sensitive_features), *request.drift)))
    return tuple(drifts_of(logs, sources, columns, logs.reference(reference, columns), policy.monitoring, as_of=request.as_of))


def _selections(
    request: MonitorRequest, policy: Policy, model: ModelConfig, logs: Logs, sources: Mapping[date, Rows], before: Sequence[Counted]
) -> tuple[Counted, ...]:
    """Windows that are over and have not been counted."""
    have = {window.starts for window in before if window.kind is Kind.SELECTIONS}
    wanted = [starts for starts in sources if starts not in have and _over(request, policy, starts, later=policy.monitoring.delay_days)]
    return tuple(logs.counted(Kind.SELECTIONS, wanted, sources, declaration=_declaration(policy, model)))


def _outcomes(
    request: MonitorRequest, policy: Policy, model: ModelConfig, logs: Logs, sources: Mapping[date, Rows], before: Sequence[Counted]
) -> tuple[Counted, ...]:
    """Windows that are mature, whose rows are all here, and that have not been counted; none where nothing brings labels."""
    if not logs.labels_found:
        return ()
    have = {window.starts for window in before if window.kind is Kind.OUTCOMES}
    known = {window.starts: window.rows for window in before if window.kind is Kind.SELECTIONS}
    later = policy.monitoring.delay_days + policy.monitoring.maturity_days
    wanted = [
        starts
        for starts, source in sources.items()
        if starts not in have and _over(request, policy, starts, later=later) and source.labelled and source.rows >= known.get(starts, 0)
    ]
    return tuple(logs.counted(Kind.OUTCOMES, wanted, sources, declaration=_declaration(policy, model)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Logged:
    """What was read, and what the store holds now."""

    logs: Logs
    sources: Mapping[date, Rows]
    stored: Sequence[Counted]
    added: int
    content: str
    drifts: tuple[Drift, ...] | None


def _found(request: MonitorRequest, policy: Policy, model: ModelConfig, name: str, logged: _Logged) -> Found:
    declaration = _declaration(policy, model)
    fit = [window for window in logged.stored if window.declaration == declaration]
    fit = [window for window in fit if request.since is None or window.starts >= request.since]
    depth = policy.evidence.intersections.depth
    tables = {
        kind: tuple(
            Window(starts=window.starts, table=roll_up(window.columns(), model.declared_features, model.counted(depth=depth), examples={}))
            for window in fit
            if window.kind is kind and window.cells
        )
        for kind in Kind
    }
    selections, outcomes = tables[Kind.SELECTIONS], tables[Kind.OUTCOMES]
    entries = sorted(watched(policy, model, selections=selections, outcomes=outcomes), key=_rank)
    remarks = remarks_of(request.as_of, policy, model, logged.logs, logged.sources, logged.stored, fit, selections)
    if request.since is not None:
        remarks = (*remarks, Remark(about="since", detail=f"only windows from {request.since.isoformat()} on are judged; earlier alarms are left out"))
    remarks = (*remarks, *remarks_of_drift(logged.drifts or (), policy.monitoring, compared=logged.drifts is not None, asked=bool(request.drift)))
    withheld = policy.min_cell is not None
    return Found(
        model=name,
        tier=policy.tier,
        as_of=request.as_of,
        terms=policy.monitoring,
        selections=_span(selections),
        outcomes=_span(outcomes),
        added=logged.added,
        watched=tuple(_without_numbers(entry) for entry in entries) if withheld else tuple(entries),
        unwatched=tuple((rule.id, unwatchable(rule)) for rule in policy.applicable(model) if unwatchable(rule)),
        groups=() if withheld else tuple(group_rates(selections, outcomes, model)),
        remarks=tuple(replace(remark, detail=UNTOLD) for remark in remarks) if withheld else remarks,
        store=logged.content,
        drifts=() if withheld else logged.drifts or (),
        withheld=withheld,
    )


def _rank(entry: Watched) -> tuple[bool, int, str, str]:
    """Alarms first, advisory rules last."""
    return entry.enforcement is Enforcement.ADVISORY, list(State).index(entry.state), entry.rule, entry.feature or ""


def _without_numbers(entry: Watched) -> Watched:
    """The state alone: daily numbers of groups, one run subtracted from the next, would tell cells of one day."""
    return replace(entry, groups=(), rates=(), evidence=0.0, few=())


def _span(windows: Sequence[Window]) -> Span:
    if not windows:
        return Span()
    days = [window.starts for window in windows]
    return Span(windows=len(days), rows=sum(window.table.overall.rows for window in windows), first=min(days), last=max(days))
