"""What the monitor found, as text for people and as JSON for scripts. Decides nothing."""

import json
from collections.abc import Iterator
from typing import assert_never

from gate.core.policy import Enforcement
from gate.judge.watching import State, Watched
from gate.monitor.found import Answer, Drift, Found, GroupRates, Span
from gate.report.escape import terminal
from gate.report.phrases import plural

__all__ = ["as_json", "render"]

SCHEMA = "gate.monitor/v1"


def render(found: Found) -> str:
    """Lines for a terminal or a log, the answer first."""
    return "".join(f"{terminal(line)}\n" for line in _lines(found))


def _lines(found: Found) -> Iterator[str]:
    yield headline(found)
    yield f"{found.model} under tier {found.tier}, as of {found.as_of.isoformat()}: {_span(found.selections)}; labels of {_span(found.outcomes)}."
    yield ""
    for entry in found.watched:
        yield f"{entry.state.value.upper().ljust(13)} {_sentence(entry, found)}"
    for rule, why in found.unwatched:
        yield f"{'not watched'.ljust(13)} {rule}: {why}"
    for remark in found.remarks:
        mark = "ALARM" if remark.alarms else "HOLDS" if remark.holds else "note"
        yield f"{mark.ljust(13)} {remark.about}: {remark.detail}"
    for text in found.untold:
        yield f"{'NOT TOLD'.ljust(13)} {text}"
    yield from _groups(found)
    yield from _drift(found)
    yield ""
    yield _promise(found)


def headline(found: Found) -> str:
    """The answer in one sentence."""
    match found.answer:
        case Answer.ALARM:
            said = ", ".join(f"{entry.rule} on {entry.feature or 'all rows'} since {entry.since}" for entry in found.alarms)
            drift = ", ".join(remark.about for remark in found.remarks if remark.alarms)
            return f"ALARM: {'; '.join(part for part in (said, drift) if part)}."
        case Answer.INCONCLUSIVE:
            return "INCONCLUSIVE: no alarm, and too little is known to say that there is none to raise."
        case Answer.QUIET:
            warnings = sum(entry.state is State.WARNING for entry in found.watched)
            return f"QUIET: no alarm, {plural(warnings, 'warning')}." if warnings else "QUIET: no alarm."
        case _:
            assert_never(found.answer)


def _span(span: Span) -> str:
    if span.first is None or span.last is None:
        return "no window"
    return f"{plural(span.windows, 'window')} with {plural(span.rows, 'row')}, {span.first.isoformat()} to {span.last.isoformat()}"


def _sentence(entry: Watched, found: Found) -> str:
    about = f"{entry.rule} on {entry.feature or 'all rows'}{' (advisory)' if entry.enforcement is Enforcement.ADVISORY else ''}"
    since = f" since {entry.since.isoformat()}" if entry.since else ""
    if found.withheld:
        return f"{about}{since}"
    few = f"; fewer than {found.terms.min_rows} lately in {', '.join(entry.few)}" if entry.few else ""
    return f"{about}{since}: {_rates(entry)}evidence {_number(entry.evidence)} of {_number(entry.needed)}{few}"


def _rates(entry: Watched) -> str:
    known = [f"{_share(rate)}{f' for {group}' if group else ''}" for group, rate in zip(entry.groups or ("",), entry.rates, strict=False)]
    return f"{entry.rate.value} is {' and '.join(known)} over all windows; " if known else ""


def _share(rate: float | None) -> str:
    return "undefined" if rate is None else f"{rate:.3f}"


def _number(factor: float) -> str:
    return f"{factor:.3g}" if factor < 1e6 else "more than a million"


def _groups(found: Found) -> Iterator[str]:
    if found.withheld:
        yield "note          numbers of groups are not published (privacy.min_cell)"
        return
    if not found.groups:
        return
    yield ""
    yield f"{'group'.ljust(32)} {'rows':>9} {'selected':>9} {'TPR':>6} {'right':>6}  {'newest window':>13} {'selected':>9}"
    for line in found.groups:
        yield _group(line)


def _group(line: GroupRates) -> str:
    name = f"{line.feature} {line.group}"
    first = f"{name[:32].ljust(32)} {line.rows:>9,} {_cell(line.selection_rate):>9} {_cell(line.true_positive_rate):>6} {_cell(line.accuracy):>6}"
    return f"{first}  {line.newest_rows:>13,} {_cell(line.newest_selection_rate):>9}"


def _drift(found: Found) -> Iterator[str]:
    if found.drifts:
        yield ""
        yield f"{'drift (last ' + str(found.terms.recent_days) + ' days)':32} {'rows':>9} {'PSI':>9} {'Wasserstein':>12} {'chi-square p':>13}"
    for line in found.drifts:
        p = "–" if line.p_value is None else f"{line.p_value:.2g}"
        yield f"{line.column[:32]:32} {line.rows:>9,} {_cell(line.psi):>9} {_cell(line.wasserstein):>12} {p:>13}"


def _cell(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.3f}"


def _promise(found: Found) -> str:
    return (
        f"A rule that holds raises a false alarm on a feature with probability at most {found.terms.alarm:g}, however long and often one looks. "
        "Quiet means: no evidence yet, not a proof."
    )


def as_json(found: Found) -> str:
    """The same for scripts, one line per key."""
    return json.dumps(_document(found), indent=1, ensure_ascii=False) + "\n"


def _document(found: Found) -> dict[str, object]:
    return {
        "schema": SCHEMA,
        "answer": found.answer.value,
        "model": found.model,
        "tier": found.tier,
        "as_of": found.as_of.isoformat(),
        "windows": {"selections": _span_json(found.selections), "outcomes": _span_json(found.outcomes), "added": found.added},
        "rules": [_rule(entry, found) for entry in found.watched],
        "not_watched": [{"rule": rule, "reason": why} for rule, why in found.unwatched],
        "remarks": [{"about": r.about, "detail": r.detail, "holds": r.holds, "alarms": r.alarms} for r in found.remarks],
        "groups": [{name: getattr(line, name) for name in GroupRates.__slots__} for line in found.groups],
        "drift": [{name: getattr(line, name) for name in Drift.__slots__} for line in found.drifts],
        "withheld": found.withheld,
        "untold": list(found.untold),
        "store": found.store,
    }


def _span_json(span: Span) -> dict[str, object]:
    days = {name: None if day is None else day.isoformat() for name, day in (("first", span.first), ("last", span.last))}
    return {"windows": span.windows, "rows": span.rows, **days}


def _rule(entry: Watched, found: Found) -> dict[str, object]:
    said: dict[str, object] = {
        "rule": entry.rule,
        "metric": entry.metric,
        "enforcement": entry.enforcement.value,
        "feature": entry.feature,
        "state": entry.state.value,
        "since": None if entry.since is None else entry.since.isoformat(),
    }
    if found.withheld:
        return said
    numbers = {"rate": entry.rate.value, "groups": list(entry.groups), "rates": list(entry.rates), "too_few": list(entry.few)}
    return {**said, **numbers, "evidence": round(entry.evidence, 6), "needed": entry.needed}
