"""Worlds of groups that are compared within strata, and of groups that compete for the first places of lists."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from asking import Counted, Inquiry, World

from gate.core.counts import ConfusionCounts, Statistics
from gate.core.decision import Levels
from gate.core.policy import Confidence, Threshold
from gate.core.ranks import UNIT, RankSums
from gate.judge.questions import Question, claims
from gate.metrics.comparisons import Comparison

__all__ = ["worlds"]

USUAL, SURE = Confidence(), Confidence(passing=0.99, failing=0.999)
GAP, RATIO = 0.1, 0.8


def worlds() -> Iterator[World]:
    """Strata with rates of their own, then rankings."""
    yield from _strata()
    yield from _rankings()


def _strata() -> Iterator[World]:
    """Two groups in every stratum; in the last one they differ by the bound, in the others not at all, or in each of them."""
    for rates, sizes, everywhere in ((r, s, e) for r in ((0.2, 0.7), (0.15, 0.4, 0.5, 0.85)) for s in ((300, 300), (2000, 60)) for e in (False, True)):
        for confidence in (USUAL, SURE) if sizes == (300, 300) else (USUAL,):
            inquiry = Inquiry.of("demographic_parity_difference", Threshold(max=GAP), 2 * len(rates), confidence)
            gaps = [GAP if everywhere or place == len(rates) - 1 else 0.0 for place in range(len(rates))]
            cells = [cell for rate, gap in zip(rates, gaps, strict=True) for cell in ((sizes[0], rate + gap), (sizes[1], rate))]
            where = "every stratum" if everywhere else "one stratum"
            yield World(
                family=f"strata, a gap in {where}",
                what=f"`demographic_parity_difference` ≤ {GAP:g} within {len(rates)} strata; rows {sizes[0]:,}, {sizes[1]:,} in each; rates {_listed(rates)}",
                trial=partial(_within, inquiry, cells),
                confidence=confidence,
            )


def _listed(rates: Sequence[float]) -> str:
    return ", ".join(f"{rate:g}" for rate in rates)


def _within(inquiry: Inquiry, cells: Sequence[tuple[int, float]], rng: np.random.Generator) -> tuple[Question, ...]:
    """The question of a rule within strata: neighbouring pairs of cells are compared, and the claims are theirs."""
    selected = [int(rng.binomial(rows, rate)) for rows, rate in cells]
    counted = [(ConfusionCounts(tp=chosen, fn=rows - chosen), Statistics()) for chosen, (rows, _) in zip(selected, cells, strict=True)]
    comparison = Comparison(strata=np.arange(len(cells)) // 2)
    question = inquiry.question(counted)
    failing = 1 - inquiry.policy.evidence.confidence.failing
    levels = Levels(passing=question.levels.passing, failing=failing / claims(inquiry.metric, len(cells), comparison))
    return (replace(question, comparison=comparison, levels=levels),)


ROWS, PLACES = (6, 4), 3
"""Rows of the two groups in every list, and the first places that they compete for."""
SHARES = {"top_k_selection_rate_difference": 0.32, "top_k_selection_rate_ratio": 8 / 23}
"""The second group's share of the first places, at which it is exactly at the bound: .5 − 1.25 q = .1, and .75 q = .8 (.5 − .5 q)."""


def _rankings() -> Iterator[World]:
    """Lists that all favour one group alike, and lists that differ in whom they favour."""
    for (metric, share), queries, whims in ((m, q, w) for m in SHARES.items() for q in (30, 100, 600) for w in (0.0, 0.5)):
        for confidence in (USUAL, SURE) if queries == 100 else (USUAL,):
            threshold = Threshold(max=GAP) if metric.endswith("difference") else Threshold(min=RATIO)
            said = "lists differ in whom they favour" if whims else "all lists are alike"
            yield World(
                family="rankings",
                what=f"`{metric}` {'≤ 0.1' if threshold.max else '≥ 0.8'}; {queries} lists of {sum(ROWS)} rows, {PLACES} first places; {said}",
                trial=partial(_of_lists, Inquiry.of(metric, threshold, 2, confidence), queries, share, whims),
                confidence=confidence,
            )


def _of_lists(inquiry: Inquiry, queries: int, share: float, whims: float, rng: np.random.Generator) -> tuple[Question, ...]:
    """One group gains what the other loses; `whims` is the correlation between two places of a list."""
    chance = np.full(queries, share) if not whims else rng.beta(share * (1 / whims - 1), (1 - share) * (1 / whims - 1), queries)
    second = rng.binomial(PLACES, chance)
    return (inquiry.question([_placed(PLACES - second, ROWS[0]), _placed(second, ROWS[1])]),)


def _placed(chosen: np.ndarray, rows: int) -> Counted:
    """A group with so many rows in every list."""
    queries, total = len(chosen), int(chosen.sum())
    ranks = RankSums(
        top_k=PLACES, queries=queries, ordered=queries, rows=rows * queries, rows_2=rows * rows * queries,
        contested=queries, contested_rows=rows * queries, contested_rows_2=rows * rows * queries,
        top_1=total * UNIT, top_2=int((chosen * chosen).sum()) * UNIT * UNIT, top_rows=rows * total * UNIT,
    )  # fmt: skip
    return ConfusionCounts(answered=rows * queries), Statistics(ranks=ranks)
