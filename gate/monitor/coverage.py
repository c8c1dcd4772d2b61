"""What is to say about logs besides rates: rows that came late or never, labels that did not, groups that vanished."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

from gate.core.confusion import ConfusionCounts
from gate.core.model import LabelsObserved, ModelConfig
from gate.core.policy import Policy
from gate.judge.watching import Window, needs_labels, summed
from gate.monitor.found import GroupRates, Remark
from gate.monitor.logs import Logs, Rows
from gate.monitor.store import Counted, Kind

__all__ = ["group_rates", "remarks_of"]


def remarks_of(
    as_of: date,
    policy: Policy,
    model: ModelConfig,
    logs: Logs,
    sources: Mapping[date, Rows],
    stored: Sequence[Counted],
    fit: Sequence[Counted],
    selections: Sequence[Window],
) -> tuple[Remark, ...]:
    """Everything that is to say.

    Args:
        as_of: the day up to which logs are read.
        policy: whose terms hold.
        model: what is watched.
        logs: what this run read.
        sources: the same, per window.
        stored: every window in the store.
        fit: those of them that are judged.
        selections: the same, as tables, for rates that need no labels.
    """
    asks_labels = any(needs_labels(rule) for rule in policy.applicable(model))
    return (
        *_nothing(fit),
        *_silence(as_of, policy, sources, fit),
        *_other_declarations(stored, fit),
        *_waiting(as_of, policy, sources),
        *_late(sources, stored),
        *_changed(sources, stored),
        *_lost(sources, stored),
        *_gaps(policy, fit),
        *_groups(policy, model, selections),
        *(_labels(as_of, policy, model, logs, fit) if asks_labels else ()),
    )


def _nothing(fit: Sequence[Counted]) -> Iterator[Remark]:
    if not fit:
        yield Remark(about="windows", detail="no window was judged: none is over, or none has rows", holds=True)


def _silence(as_of: date, policy: Policy, sources: Mapping[date, Rows], fit: Sequence[Counted]) -> Iterator[Remark]:
    """Old counts say nothing of a model whose rows do not arrive any more. Logs of which only old days are gone are none of this."""
    terms = policy.monitoring
    if not sources:
        yield Remark(about="logs", detail="the logs hold no row", holds=True)
    newest = max((window.starts for window in fit if window.kind is Kind.SELECTIONS), default=None)
    if newest is not None and newest + timedelta(days=terms.window_days + terms.delay_days + terms.recent_days) < as_of:
        yield Remark(about="silence", detail=f"no window was counted since that of {newest.isoformat()}", holds=True)


def _other_declarations(stored: Sequence[Counted], fit: Sequence[Counted]) -> Iterator[Remark]:
    """Windows under another declaration are kept, and say nothing about the present one."""
    mine = {window.declaration for window in fit}
    others = [window for window in stored if window.declaration not in mine] if mine else []
    if others:
        detail = f"{len(others)} counts of windows were made under another declaration of groups, labels or predictions, and are not judged"
        yield Remark(about="declaration", detail=detail)


def _waiting(as_of: date, policy: Policy, sources: Mapping[date, Rows]) -> Iterator[Remark]:
    days = policy.monitoring.window_days + policy.monitoring.delay_days
    open_rows = sum(rows.rows for starts, rows in sources.items() if starts + timedelta(days=days) > as_of)
    if open_rows:
        yield Remark(about="waiting", detail=f"{open_rows:,} rows are of windows that are not over")


def _read_again(sources: Mapping[date, Rows], stored: Sequence[Counted], kind: Kind) -> list[tuple[Counted, Rows]]:
    """The windows that were counted, beside what these logs hold of them now."""
    return [(window, sources[window.starts]) for window in stored if window.kind is kind and window.starts in sources]


def _late(sources: Mapping[date, Rows], stored: Sequence[Counted]) -> Iterator[Remark]:
    """What came after its window was counted: it stays out of every count."""
    late = sum(max(0, now.rows - window.rows) for window, now in _read_again(sources, stored, Kind.SELECTIONS))
    if late:
        yield Remark(about="late rows", detail=f"{late:,} rows came after their window was counted; they are not in its selection rates")
    labels = sum(max(0, now.labelled - window.labelled) for window, now in _read_again(sources, stored, Kind.OUTCOMES))
    if labels:
        yield Remark(about="late labels", detail=f"{labels:,} labels came after their window was judged; they are not in any count")


def _changed(sources: Mapping[date, Rows], stored: Sequence[Counted]) -> Iterator[Remark]:
    """Windows that hold as many rows as when they were counted, and others."""
    pairs = _read_again(sources, stored, Kind.SELECTIONS)
    other = sum(now.rows == window.rows and not window.is_of(now.selections) for window, now in pairs)
    if other:
        yield Remark(about="changed logs", detail=f"{other} windows have other rows now than when they were counted; the first counts stand")


def _lost(sources: Mapping[date, Rows], stored: Sequence[Counted]) -> Iterator[Remark]:
    """Windows that wait for their labels, and of which rows are not here any more."""
    judged = {window.starts for window in stored if window.kind is Kind.OUTCOMES}
    pairs = [(window, now) for window, now in _read_again(sources, stored, Kind.SELECTIONS) if now.rows < window.rows and window.starts not in judged]
    lost = sum(window.rows - now.rows for window, now in pairs)
    if lost:
        detail = f"the logs hold {lost:,} rows fewer than were counted; {len(pairs)} windows cannot be joined with labels until these are back"
        yield Remark(about="lost rows", detail=detail, holds=True)


def _gaps(policy: Policy, fit: Sequence[Counted]) -> Iterator[Remark]:
    days = sorted({window.starts for window in fit if window.kind is Kind.SELECTIONS})
    if len(days) < 2:
        return
    between = (days[-1] - days[0]).days // policy.monitoring.window_days + 1 - len(days)
    if between:
        yield Remark(about="gaps", detail=f"{between} windows between the first and the last one have no rows")


def _recent(policy: Policy, windows: Sequence[Window]) -> list[Window]:
    newest = max(window.starts for window in windows)
    return [window for window in windows if window.starts > newest - timedelta(days=policy.monitoring.recent_days)]


def _groups(policy: Policy, model: ModelConfig, selections: Sequence[Window]) -> Iterator[Remark]:
    """Groups without rows lately, and rows that belong to no declared group."""
    if not selections:
        return
    recent = _recent(policy, selections)
    total, newest = summed(recent), max(selections, key=lambda window: window.starts)
    if total is None:
        return
    for feature in model.sensitive_features:
        judged = {group.name for group in feature.groups} - feature.excluded - {feature.other}
        gone = [entry.group for entry in total.of(feature.name) if entry.group in judged and not entry.counts.rows]
        if gone:
            yield Remark(about="missing group", detail=f"no row of {feature.name} {', '.join(gone)} in {policy.monitoring.recent_days} days", holds=True)
        quiet = [entry.group for entry in newest.table.of(feature.name) if entry.group in judged and not entry.counts.rows and entry.group not in gone]
        if quiet:
            yield Remark(about="missing group", detail=f"no row of {feature.name} {', '.join(quiet)} in the newest window")
        rows = total.overall.rows
        unknown = sum(entry.rows for entry in total.unassigned if entry.feature == feature.name)
        if rows and unknown / rows > policy.data.max_unknown_share:
            detail = f"{unknown / rows:.1%} of the rows lately are in no declared group of {feature.name}, {policy.data.max_unknown_share:.1%} are allowed"
            yield Remark(about="unknown group", detail=detail, holds=True)


def _labels(as_of: date, policy: Policy, model: ModelConfig, logs: Logs, fit: Sequence[Counted]) -> Iterator[Remark]:
    """Labels that have not come, and windows whose labels are mature and not counted."""
    terms = policy.monitoring
    judged = {window.starts for window in fit if window.kind is Kind.OUTCOMES}
    counted = {window.starts: window.rows for window in fit if window.kind is Kind.SELECTIONS}
    due = terms.window_days + terms.delay_days + terms.maturity_days
    overdue = {starts: rows for starts, rows in counted.items() if starts not in judged and starts + timedelta(days=due) <= as_of}
    young = sum(rows for starts, rows in counted.items() if starts not in judged and starts not in overdue)
    if young:
        yield Remark(about="immature", detail=f"{young:,} rows are younger than {terms.maturity_days} days; their labels are not judged yet")
    if overdue:
        detail = f"{sum(overdue.values()):,} rows of {len(overdue)} mature windows have no label at all: give the logs and labels of these days"
        yield Remark(about="overdue", detail=detail, holds=True)
    recent = [window for window in fit if window.kind is Kind.OUTCOMES and window.starts > max(judged) - timedelta(days=terms.recent_days)]
    share = _unlabelled(model, recent)
    if share > terms.max_unlabelled_share:
        detail = f"{share:.1%} of the rows of mature windows lately never got a label, {terms.max_unlabelled_share:.1%} are allowed"
        yield Remark(about="unlabelled", detail=detail, holds=True)
    if lost := logs.unmatched_labels():
        yield Remark(about="unmatched labels", detail=f"{lost:,} labels belong to no row of these logs")


def _unlabelled(model: ModelConfig, windows: Sequence[Counted]) -> float:
    """The share of rows without a label; of the selected ones only, where no other can have one."""
    only_selected = model.data.label_observed_for is LabelsObserved.SELECTED
    lines = [(label, n) for window in windows for (_, label, selected), n in window.cells.items() if selected or not only_selected]
    rows = sum(n for _, n in lines)
    return sum(n for label, n in lines if label < 0) / rows if rows else 0.0


def group_rates(selections: Sequence[Window], outcomes: Sequence[Window], model: ModelConfig) -> Iterator[GroupRates]:
    """Every group of every declared feature, over all windows and in the newest one."""
    total, labelled = summed(selections), summed(outcomes)
    if total is None:
        return
    newest = max(selections, key=lambda window: window.starts).table
    for feature in model.sensitive_features:
        lines = zip(total.of(feature.name), newest.of(feature.name), strict=True)
        known = [entry.counts for entry in labelled.of(feature.name)] if labelled is not None else [ConfusionCounts()] * len(feature.groups)
        for (entry, last), with_labels in zip(lines, known, strict=True):
            yield GroupRates(
                feature=feature.name,
                group=entry.group,
                rows=entry.counts.rows,
                selection_rate=_rate(entry.counts.selected, entry.counts.rows),
                true_positive_rate=_rate(with_labels.tp, with_labels.positives),
                accuracy=_rate(with_labels.tp + with_labels.tn, with_labels.labelled),
                newest_rows=last.counts.rows,
                newest_selection_rate=_rate(last.counts.selected, last.counts.rows),
            )


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None
