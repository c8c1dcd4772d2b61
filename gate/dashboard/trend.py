"""What became of each rule from decision to decision, and what changed between two. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

from gate.dashboard.board import Decided, Point

__all__ = ["WINDOW", "Series", "changes", "trends"]

WINDOW = 200
"""So many of the newest decisions are drawn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One rule on one feature.

    Args:
        rule, feature: which; None for the whole table.
        points: the decisions that are believed and looked at it, oldest first.
    """

    rule: str
    feature: str | None
    points: tuple[tuple[Decided, Point], ...]

    @property
    def newest(self) -> Point:
        """What the last one said."""
        return self.points[-1][1]

    @property
    def alarms(self) -> int:
        """How many of them stopped the candidate by it."""
        return sum(point.stops for _, point in self.points)


def trends(decisions: tuple[Decided, ...]) -> tuple[Series, ...]:
    """A series for every rule and feature that a number was given for, those that stop the newest decision first.

    Args:
        decisions: newest first; those that are not believed, and what nobody decided by, are left out.
    """
    found: dict[tuple[str, str | None], list[tuple[Decided, Point]]] = {}
    counting = [entry for entry in decisions if not entry.fault][:WINDOW]
    for entry in reversed(counting):
        for point in entry.points:
            found.setdefault((point.rule, point.feature), []).append((entry, point))
    every = (Series(rule=rule, feature=feature, points=tuple(points)) for (rule, feature), points in found.items())
    drawn = [series for series in every if any(point.value is not None for _, point in series.points)]
    return tuple(sorted(drawn, key=lambda series: (not series.newest.stops, -series.alarms)))


def changes(before: Decided, after: Decided) -> tuple[str, ...]:
    """What differs between two decisions: what they were reached under, and every rule whose outcome changed."""
    return tuple(_changes(before, after))


def _changes(before: Decided, after: Decided) -> Iterator[str]:
    if before.verdict is not after.verdict:
        yield f"verdict {_word(before)} → {_word(after)}"
    for what in ("tier", "policy", "config", "data"):
        if getattr(before.grounds, what) != getattr(after.grounds, what):
            yield {"tier": "another tier", "policy": "another policy", "config": "another gate.yaml", "data": "another holdout"}[what]
    old, new = (_outcomes(entry) for entry in (before, after))
    for place in dict.fromkeys((*old, *new)):
        was, now = old.get(place, "not asked"), new.get(place, "not asked")
        if was != now:
            rule, feature = place
            yield f"{rule}{f' on {feature}' if feature else ''} {was} → {now}"


def _word(entry: Decided) -> str:
    return "none" if entry.verdict is None else entry.verdict.value


def _outcomes(entry: Decided) -> dict[tuple[str, str | None], str]:
    return {(point.rule, point.feature): point.outcome.replace("_", " ") for point in entry.points}
