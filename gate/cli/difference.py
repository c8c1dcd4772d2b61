"""How `gate policy diff` prints what differs: as text under headings, or as a JSON list."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gate.core.document import Json
from gate.policy.diff import Change, Diff, Heading
from gate.report.escape import terminal
from gate.report.phrases import listing, plural

if TYPE_CHECKING:  # numpy only when decisions are judged again
    from gate.rejudge import Rejudged, Rejudgements, Unjudged

__all__ = ["entries", "lines"]


def lines(diff: Diff, again: "Rejudgements | None") -> Iterator[str]:
    """The summary, then one sentence per difference under its heading, then what became of the recorded decisions."""
    yield diff.summary
    for heading in Heading:
        yield from _section(heading, (change.message for change in diff.changes if change.heading is heading))
    if diff.proviso:
        yield from ("", diff.proviso)
    if again is not None:
        yield from _section("verdicts that would change", (_verdicts(entry) for entry in again.judged if entry.changes))
        yield from _section("not judged again", (_unjudged(entry) for entry in again.unjudged))
        yield from ("", _tally(again))


def entries(diff: Diff, again: "Rejudgements | None") -> list[Json]:
    """The same as JSON values; every entry has a `kind` and a `message`."""
    changes = [_change(change) for change in diff.changes]
    provisos: list[Json] = [{"kind": "proviso", "message": diff.proviso}] if diff.proviso else []
    return [{"kind": "summary", "message": diff.summary}, *changes, *provisos, *([] if again is None else _decisions(again))]


def _section(heading: str, sentences: Iterable[str]) -> Iterator[str]:
    """A heading and its sentences; nothing without sentences."""
    listed = [f"- {terminal(sentence)}" for sentence in sentences]
    if listed:
        yield from ("", heading.upper(), *listed)


def _verdicts(entry: "Rejudged") -> str:
    why = f" ({listing(entry.reasons)})" if entry.reasons else ""
    return f"{entry.candidate}: {entry.before} → {entry.after}{why}"


def _unjudged(entry: "Unjudged") -> str:
    return f"{entry.path}: {entry.reason}"


def _tally(again: "Rejudgements") -> str:
    changed = sum(entry.changes for entry in again.judged)
    parts = [
        f"{plural(len(again.judged), 'decision')} judged again under A and B: {plural(changed, 'verdict')} would change",
        *([f"{plural(len(again.unjudged), 'record')} could not be judged again"] if again.unjudged else []),
        *([f"{plural(again.others, 'decision')} of another tier or model left out"] if again.others else []),
    ]
    return "; ".join(parts)


def _change(change: Change) -> Json:
    return {
        "kind": change.heading.value,
        "order": change.order.value,
        "model": change.model,
        "rule": change.rule,
        "key": change.key,
        "message": change.message,
    }


def _decisions(again: "Rejudgements") -> Iterator[Json]:
    for entry in again.judged:
        yield {
            "kind": "verdict-changes" if entry.changes else "verdict-stays",
            "candidate": entry.candidate,
            "file": str(entry.path),
            "before": entry.before.value,
            "after": entry.after.value,
            "reasons": list(entry.reasons),
            "message": _verdicts(entry),
        }
    for lost in again.unjudged:
        yield {"kind": "not-judged-again", "file": str(lost.path), "reason": lost.reason, "message": _unjudged(lost)}
    yield {"kind": "decisions", "judged": len(again.judged), "not_judged_again": len(again.unjudged), "left_out": again.others, "message": _tally(again)}
