"""What an explanation says under a policy: findings of what it demands, and what of it may be shown where cells are small."""

from dataclasses import replace

from gate.core.explanation import Explanation, FlipAudit, Leaf, Proxy, Rate, Surrogate

__all__ = ["withheld"]


def withheld(explanation: Explanation, min_cell: int) -> Explanation:
    """The explanation without any number by group, and without every count from which a cell of fewer than `min_cell` rows follows.

    Coarse on purpose, as with counts: what is left are numbers about all rows.
    """
    surrogate = explanation.surrogate
    subgroups = explanation.subgroups
    return replace(
        explanation,
        gaps=(),
        importances=tuple(replace(entry, remaining=()) for entry in explanation.importances),
        proxies=tuple(_proxy(entry, min_cell) for entry in explanation.proxies),
        flips=tuple(_flips(entry, min_cell) for entry in explanation.flips),
        surrogate=None if surrogate is None else _surrogate(surrogate, min_cell),
        subgroups=None if subgroups is None else replace(subgroups, subgroups=()),
        withheld=True,
    )


def _proxy(proxy: Proxy, min_cell: int) -> Proxy:
    return replace(proxy, groups=(), reason=f"not shown (privacy.min_cell {min_cell})")


def _flips(audit: FlipAudit, min_cell: int) -> FlipAudit:
    if audit.any is None:
        return replace(audit, groups=(), pairs=())
    safe = _safe(audit.any, min_cell) and all(
        _safe(pair.rate, min_cell) and not 0 < pair.first_higher < min_cell and not 0 < pair.second_higher < min_cell for pair in audit.pairs
    )
    return replace(audit, groups=()) if safe else replace(audit, groups=(), pairs=(), any=None, reason=f"not shown (privacy.min_cell {min_cell})")


def _surrogate(surrogate: Surrogate, min_cell: int) -> Surrogate | None:
    """The rules without their counts; nothing where few rows disagree."""
    if not _safe(surrogate.fidelity, min_cell) or not _safe(surrogate.plain, min_cell):
        return None
    return replace(surrogate, groups=(), leaves=tuple(Leaf(conditions=leaf.conditions, answer=leaf.answer) for leaf in surrogate.leaves))


def _safe(rate: Rate, min_cell: int) -> bool:
    return rate.rows >= min_cell and not 0 < rate.hits < min_cell and not 0 < rate.rows - rate.hits < min_cell
