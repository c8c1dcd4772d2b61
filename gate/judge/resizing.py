"""Counts as they would be with more rows of the same kind, or with fewer: whole numbers again, in the same proportions.

Planning asks the judgement itself what its limits would be on a larger table. Nothing here is ever judged.
"""

from collections.abc import Iterator
from dataclasses import fields

import numpy as np

from gate.core.confusion import ConfusionCounts
from gate.core.counts import Statistics
from gate.core.moments import Moments
from gate.core.ranks import RankSums
from gate.core.scores import LABELS, ScoreCounts
from gate.core.sums import CellSums

__all__ = ["resized", "resized_counts"]


def resized_counts(counts: ConfusionCounts, *, size: int, have: int) -> ConfusionCounts:
    """Every cell times `size` / `have`, rounded."""
    return ConfusionCounts(**{cell.name: _times(getattr(counts, cell.name), size, have) for cell in fields(counts)})


def resized(statistics: Statistics, *, size: int, have: int) -> Statistics:
    """The same sums of `size` / `have` times as many rows that are spread alike.

    Comparisons with other models and counts of classes are left out: what planning says of them rests on other counts.
    """
    return Statistics(
        moments=None if statistics.moments is None else _moments(statistics.moments, size, have),
        scores=None if statistics.scores is None else _scores(statistics.scores, size, have),
        sums=None if statistics.sums is None else _sums(statistics.sums, size, have),
        ranks=None if statistics.ranks is None else _ranks(statistics.ranks, size, have),
    )


def _times(number: int, size: int, have: int) -> int:
    """A number times size / have, to the nearest whole one."""
    return (2 * number * size + have) // (2 * have)


def _moments(moments: Moments, size: int, have: int) -> Moments:
    names = [entry.name for entry in fields(moments) if entry.name != "scale"]
    return Moments(scale=moments.scale, **{name: _times(getattr(moments, name), size, have) for name in names})


def _ranks(ranks: RankSums, size: int, have: int) -> RankSums:
    names = [entry.name for entry in fields(ranks) if entry.name != "top_k"]
    return RankSums(top_k=ranks.top_k, **{name: _times(getattr(ranks, name), size, have) for name in names})


def _sums(sums: CellSums, size: int, have: int) -> CellSums:
    totals, products, clusters = (None if part is None else tuple(_times(x, size, have) for x in part) for part in (sums.totals, sums.products, sums.clusters))
    return CellSums(totals=totals or (), products=products or (), clusters=clusters)


def _scores(scores: ScoreCounts, size: int, have: int) -> ScoreCounts:
    """Every (have / size)-th row of each label, in the order of the bins: fewer rows keep the shape of all."""
    return ScoreCounts.of(entry for label in range(LABELS) for entry in _of_label(scores, label, size, have))


def _of_label(scores: ScoreCounts, label: int, size: int, have: int) -> Iterator[tuple[int, int, int, int]]:
    kept = [entry for entry in scores.entries() if entry[0] % LABELS == label]
    after = _drawn(np.array([rows for _, rows, _, _ in kept], dtype=np.int64), size, have)
    for (cell, rows, errors, squares), count in zip(kept, after, strict=True):
        yield cell, count, errors * count // rows, squares * count // rows


def _drawn(rows: np.ndarray[tuple[int], np.dtype[np.int64]], size: int, have: int) -> list[int]:
    """How many rows of each cell are drawn; the totals up to every cell are as near to their share as whole numbers can be."""
    upto = [_times(int(total), size, have) for total in np.cumsum(rows)]
    return [high - low for low, high in zip([0, *upto], upto, strict=False)]
