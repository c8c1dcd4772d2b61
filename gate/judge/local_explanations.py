"""What of reasons and changes of single cases may be shown where cells are small: numbers about all cases, or nothing."""

from dataclasses import replace

from gate.core.estimates import Rate
from gate.core.local_explanation import Counterfactuals, LocalReasons, Shapley

__all__ = ["is_safe", "shown_changes", "shown_reasons", "shown_shapley"]


def is_safe(rate: Rate, min_cell: int) -> bool:
    """Whether neither side of a share, nor the whole, is a cell that is too small."""
    return rate.rows >= min_cell and not 0 < rate.hits < min_cell and not 0 < rate.rows - rate.hits < min_cell


def shown_shapley(shapley: Shapley, min_cell: int) -> Shapley | None:
    """Means over all rows that were explained; nothing where these are few."""
    return shapley if shapley.rows >= min_cell else None


def shown_reasons(reasons: LocalReasons, min_cell: int) -> LocalReasons | None:
    """Shares of all refusals, none by group; nothing where one of them counts few, since it may follow from the others."""
    few = any(0 < count < min_cell for count in (reasons.refused, reasons.refused - reasons.cases))
    rates = (reasons.stable, *(entry.first for entry in reasons.reasons))
    without = reasons.cases - sum(entry.first.hits for entry in reasons.reasons)
    if few or 0 < without < min_cell or not all(is_safe(rate, min_cell) for rate in rates):
        return None
    return replace(reasons, reasons=tuple(replace(entry, groups=()) for entry in reasons.reasons))


def shown_changes(changes: Counterfactuals, min_cell: int) -> Counterfactuals | None:
    """Shares and means of all cases, none by group; nothing where one of them counts few."""
    rates = (changes.found, *(() if changes.plausible is None else (changes.plausible,)), *(entry.rate for entry in changes.changes))
    if not all(is_safe(rate, min_cell) for rate in rates):
        return None
    return replace(changes, groups=(), gaps=())
