"""Who the rows are about: every declared group with its rows, the small and the missing ones too."""

from dataclasses import dataclass

from gate.core.counts import GroupCounts
from gate.core.decision import Decision
from gate.core.model import CROSS
from gate.report import figures, whatif
from gate.report.declaration import roles
from gate.report.phrases import listing, name

__all__ = ["Covered", "features"]

_GROUPS = 100
_FEATURES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """The groups of a feature as a table, or an intersection in a sentence."""

    feature: str
    rows: tuple[tuple[str, ...], ...] = ()
    omitted: int = 0
    sentence: str = ""


def features(decision: Decision) -> tuple[Covered, ...]:
    """Every declared feature and intersection, in the order of declaration."""
    names = list(dict.fromkeys(entry.feature for entry in decision.counts.groups))[:_FEATURES]
    return tuple(_crossed(decision, feature) if CROSS in feature else _plain(decision, feature) for feature in names)


def _plain(decision: Decision, feature: str) -> Covered:
    entries = decision.counts.of(feature)
    odd = [place for place, entry in enumerate(entries) if _note(decision, entry)]
    kept = sorted(sorted(range(len(entries)), key=lambda place: (place not in odd, -entries[place].counts.rows, place))[:_GROUPS])
    total = max(decision.counts.overall.rows, 1)
    rows = tuple(
        (
            name(entry.group),
            figures.count(entry.counts.rows),
            figures.share(entry.counts.rows / total),
            figures.count(entry.counts.positives),
            figures.count(entry.counts.negatives),
            _note(decision, entry),
        )
        for entry in (entries[place] for place in kept)
    )
    return Covered(feature=feature, rows=rows, omitted=len(entries) - len(rows))


def _note(decision: Decision, entry: GroupCounts) -> str:
    """What is odd about a group; empty where nothing is."""
    least, counts = whatif.minimum(decision), entry.counts
    if not roles(decision.config.effective, entry.feature).judges(entry.feature, entry.group):
        return "declared as not judged"
    if not counts.rows:
        return "missing: declared, and no row"
    labelled = not counts.answered and not counts.unlabelled_answered
    lacking = (
        f"fewer than {least.rows} rows" if counts.rows < least.rows else "",
        f"fewer than {least.positives} positives" if labelled and counts.positives < least.positives else "",
        f"fewer than {least.negatives} negatives" if labelled and counts.negatives < least.negatives else "",
    )
    return "; ".join(word for word in lacking if word)


def _crossed(decision: Decision, feature: str) -> Covered:
    entries = decision.counts.of(feature)
    least = whatif.minimum(decision)
    empty = [entry.group for entry in entries if not entry.counts.rows]
    small = [entry.group for entry in entries if 0 < entry.counts.rows < least.rows]
    said = (
        f"{figures.count(len(entries))} combinations",
        f"{figures.count(len(empty))} without rows ({listing((name(group) for group in empty), most=6)})" if empty else "each with rows",
        f"{figures.count(len(small))} with fewer than {least.rows} rows ({listing((name(group) for group in small), most=6)})" if small else "",
    )
    return Covered(feature=feature, sentence=f"{'; '.join(part for part in said if part)}.")
