"""From the finest cells to paired counts: what candidate and baselines answer for the same rows."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gate.aggregate.sql import INVALID
from gate.core.paired import Agreement, PairedCells, PairedCounts

__all__ = ["pair_codes", "paired", "usable_baselines"]

_ANSWERS = ("neither", "gained", "lost", "both")
"""The cell of baseline's code b and candidate's code p stands at 2·b + p."""
_LABELS = ("unlabelled", "negatives", "positives")
"""The kind of label code l (−1, 0, 1) stands at l + 1."""
_CELLS = len(_LABELS) * len(_ANSWERS)


def usable_baselines(cells: Mapping[str, NDArray[np.int64]], names: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Baselines that answer every row, with their column of codes; and the others, with the reason."""
    wrong = {name: int(np.sum(cells["n"][cells[f"b{i}"] == INVALID])) for i, name in enumerate(names)}
    complete = {name: f"b{i}" for i, name in enumerate(names) if not wrong[name]}
    return complete, {name: f"{rows:,} of its answers are missing or no prediction" for name, rows in wrong.items() if rows}


def pair_codes(cells: Mapping[str, NDArray[np.int64]], column: str) -> NDArray[np.int64]:
    """The place of every cell among label × baseline × candidate."""
    return len(_ANSWERS) * (cells["label"] + 1) + 2 * cells[column] + cells["prediction"]


def paired(place: NDArray[np.int64], codes: Mapping[str, NDArray[np.int64]], n: NDArray[np.int64], *, groups: int) -> list[PairedCounts | None]:
    """Paired counts by place; None for every group where there is no baseline. Integer sums, as for the counts."""
    if not codes:
        return [None] * groups
    sums = {name: _summed(place, code, n, groups=groups) for name, code in codes.items()}
    return [PairedCounts(baselines=tuple((name, _cells(rows[group])) for name, rows in sums.items())) for group in range(groups)]


def _summed(place: NDArray[np.int64], code: NDArray[np.int64], n: NDArray[np.int64], *, groups: int) -> NDArray[np.int64]:
    sums = np.zeros(groups * _CELLS, dtype=np.int64)
    np.add.at(sums, place * _CELLS + code, n)
    return sums.reshape(groups, len(_LABELS), len(_ANSWERS))


def _cells(sums: NDArray[np.int64]) -> PairedCells:
    return PairedCells(**{label: Agreement(**dict(zip(_ANSWERS, map(int, row), strict=True))) for label, row in zip(_LABELS, sums, strict=True)})
