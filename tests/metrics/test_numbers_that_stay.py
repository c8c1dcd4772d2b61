"""Numbers that records hold: the same counts give the same limits for ever, or old decisions would no longer replay.

That they are right is shown by the other tests, against libraries and by enumeration; here they are kept, to nine
digits, in `numbers.json`. `GOLDEN=write` writes it anew: every change of it changes what recorded decisions say.
"""

import json
import os
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.metric import RANKING_RATES, REGRESSION_RATES, Rate
from gate.core.model import DataSource, DeclaredGroup, Intersection, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.moments import FRACTION_BITS, Moments, MomentScale
from gate.core.monitoring import Monitoring
from gate.core.paired import Agreement, PairedCells
from gate.core.policy import Burden, Enforcement, Evidence, Policy, Rule, Scope, Threshold
from gate.core.ranks import UNIT as RANK_UNIT
from gate.core.ranks import RankSums
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, UNLABELLED, ScoreCounts
from gate.core.sums import CELLS, PAIRS, PATTERNS, CellSums
from gate.judge.findings import question_of
from gate.judge.planning import detectable, rows_needed
from gate.judge.power import Assumed, cases, forecast
from gate.judge.questions import answer
from gate.judge.watching import Window, watched
from gate.metrics.anytime import Claim, Watch, log_evalue, nearest
from gate.metrics.bounded import Reach
from gate.metrics.catalogue import by_name
from gate.metrics.comparisons import Comparison
from gate.metrics.disparities import largest_lower, largest_upper, spread
from gate.metrics.drift import bins, deciles, p_value, psi, wasserstein
from gate.metrics.intervals import clopper_pearson, contrast_lower, contrast_upper, ratio_lower, ratio_upper
from gate.metrics.kinds import COMPARABLE, SCORE_RATES
from gate.metrics.measures import measured
from gate.metrics.paired import drop, rise
from gate.metrics.rates import Cells
from gate.metrics.score_reports import score_report
from gate.metrics.scores import folded, score_limits

GOLDEN = Path(__file__).parent / "numbers.json"
LEVELS = (0.05, 0.0004)

COUNTS = (
    ConfusionCounts(tp=61, fp=17, tn=88, fn=34, unlabelled_selected=5, unlabelled_rejected=7),
    ConfusionCounts(tp=30, fp=2, tn=41, fn=11),
    ConfusionCounts(tp=412, fp=99, tn=530, fn=151, unlabelled_rejected=1),
    ConfusionCounts(tp=9, fn=0, fp=0, tn=24),
    ConfusionCounts(fp=3, tn=8),
    ConfusionCounts(),
)
PAIRED = (
    PairedCells(
        positives=Agreement(both=50, lost=10, gained=4, neither=16),
        negatives=Agreement(both=12, lost=5, gained=9, neither=74),
        unlabelled=Agreement(both=3, lost=2, gained=1, neither=4),
    ),
    PairedCells(
        positives=Agreement(both=320, lost=2, gained=31, neither=77), negatives=Agreement(both=40, lost=0, gained=6, neither=400), unlabelled=Agreement()
    ),
    PairedCells(positives=Agreement(both=8, neither=3), negatives=Agreement(neither=19, gained=1), unlabelled=Agreement()),
)


def _scores(rows: int, shift: float) -> ScoreCounts:
    """Scores that climb with the label, some alone in their bins, some together."""
    found = []
    for place in range(rows):
        kind = (UNLABELLED, NEGATIVE, NEGATIVE, POSITIVE, POSITIVE)[place % 5]
        score = round((((place * 37) % 101) / 101 * 0.6 + shift + 0.2 * (kind == POSITIVE)) * 2**14) / 2**14
        error = 1 - score if kind == POSITIVE else score
        found.append((min(int(score * BINS), BINS - 1) * LABELS + kind, 1, round(error * UNIT), round(error * error * UNIT)))
    return ScoreCounts.of(found)


SCORES = tuple(Statistics(scores=_scores(rows, shift)) for rows, shift in ((900, 0.05), (1500, 0.11), (40, 0.0)))
WHOLE = sum(SCORES[1:], start=SCORES[0])


def _moments(rows: int, skew: int) -> Moments:
    """Errors and labels that are multiples of 1/256, more of them above 0 the larger `skew` is."""
    errors = [((place * 29) % 61 - 20) * (skew if place % 7 == 0 else 1) for place in range(rows)]
    labels = [(place * 53) % 200 - 100 for place in range(rows)]

    def total(values: list[int], power: int, *, absolute: bool = False) -> int:
        return sum((abs(value) if absolute else value) ** power for value in values) << (FRACTION_BITS - 8 * power)

    return Moments(
        scale=MomentScale(residual=1, label=2, prediction=2, label_centre=0.5, prediction_centre=0.0),
        labelled=rows,
        residual_1=total(errors, 1), residual_2=total(errors, 2), residual_3=total(errors, 3), residual_4=total(errors, 4), residual_6=total(errors, 6),
        absolute_1=total(errors, 1, absolute=True), absolute_3=total(errors, 3, absolute=True),
        label_1=total(labels, 1), label_2=total(labels, 2),
    )  # fmt: skip


MOMENTS = tuple(Statistics(moments=_moments(rows, skew)) for rows, skew in ((400, 1), (1200, 3), (40, 1), (300, 4)))


def _ranks(queries: int, own: int) -> RankSums:
    """Queries of which the group has one row more in every second one, and lower places in every third one."""
    n = [own + place % 2 for place in range(queries)]
    top = [round(RANK_UNIT * (size * (0.2 + 0.1 * (place % 3)))) for place, size in enumerate(n)]
    seen = [round(RANK_UNIT * size / (2 + place % 3)) for place, size in enumerate(n)]
    gain = [RANK_UNIT // (1 + place % 2) for place in range(queries)]

    def sums(values: list[int]) -> tuple[int, int, int]:
        return sum(values), sum(x * x for x in values), sum(x * size for x, size in zip(values, n, strict=True))

    return RankSums(
        top_k=3, queries=queries, ordered=queries, rows=sum(n), rows_2=sum(size * size for size in n),
        contested=queries, contested_rows=sum(n), contested_rows_2=sum(size * size for size in n),
        top_1=sums(top)[0], top_2=sums(top)[1], top_rows=sums(top)[2],
        exposure_1=sums(seen)[0], exposure_2=sums(seen)[1], exposure_rows=sums(seen)[2],
        rated=queries, gain_1=sum(gain), gain_2=sum(x * x for x in gain),
    )  # fmt: skip


RANKS = tuple(Statistics(ranks=_ranks(queries, own)) for queries, own in ((60, 4), (33, 9), (7, 2)))


def _sums(clusters: list[tuple[int, ...]], *, clustered: bool) -> Statistics:
    """Sums over rows or clusters, each a vector of weights by cell."""
    patterns = [0] * PATTERNS
    for entry in clusters:
        patterns[sum(1 << place for place, weight in enumerate(entry) if weight)] += 1
    return Statistics(
        sums=CellSums(
            totals=tuple(sum(entry[place] for entry in clusters) for place in range(len(CELLS))),
            products=tuple(sum(entry[i] * entry[j] for entry in clusters) for i, j in PAIRS),
            clusters=tuple(patterns) if clustered else None,
        )
    )


_CLUSTERS = [(place % 4, place % 3, 1 + place % 2, (place * 7) % 3, place % 11 == 0, 0) for place in range(90)]
_WEIGHTED = [tuple((1 + place % 5) * (cell == place % 4) for cell in range(6)) for place in range(240)]
SIZED = (_sums(_CLUSTERS, clustered=True), _sums(_CLUSTERS[:12], clustered=True), _sums(_WEIGHTED, clustered=False))
SIZED_COUNTS = (ConfusionCounts(tp=135, fp=90, tn=135, fn=90, unlabelled_selected=9), ConfusionCounts(tp=18, fp=12, tn=18, fn=12, unlabelled_selected=2))
FEATURE = SensitiveFeature(name="g", column="g", groups=tuple(DeclaredGroup(name=name, value=name) for name in "abc"))
MODEL = ModelConfig(
    name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=(FEATURE,), tier="t"
)
TABLE = ContingencyTable(
    overall=COUNTS[0] + COUNTS[1] + COUNTS[2], groups=tuple(GroupCounts(feature="g", group=name, counts=COUNTS[i]) for i, name in enumerate("abc"))
)
RULES = tuple(
    Rule(id=f"{metric}-{place}", metric=metric, threshold=Threshold(**bound), scope=scope, enforcement=Enforcement.SOFT_MANDATORY, burden_of_proof=burden)
    for place, (metric, bound, scope, burden) in enumerate(
        (
            ("demographic_parity_difference", {"max": 0.15}, Scope.BETWEEN_GROUPS, Burden.CANDIDATE),
            ("equalized_odds_difference", {"max": 0.2}, Scope.BETWEEN_GROUPS, Burden.GATE),
            ("true_positive_rate_ratio", {"min": 0.7}, Scope.BETWEEN_GROUPS, Burden.CANDIDATE),
            ("false_positive_rate", {"max": 0.3}, Scope.BY_GROUP, Burden.CANDIDATE),
            ("f1_score", {"min": 0.6}, Scope.BY_GROUP, Burden.GATE),
            ("accuracy", {"min": 0.7}, Scope.OVERALL, Burden.CANDIDATE),
            ("precision", {"min": 0.6}, Scope.OVERALL, Burden.POINT_ESTIMATE),
        )
    )
)
POLICY = Policy(tier="t", rules=RULES, evidence=Evidence(), monitoring=Monitoring(window_days=3, min_rows=20))


def _plain(value: Any) -> Any:  # noqa: ANN401 - anything that the functions give
    """What can be kept: floats to nine digits, dataclasses as their fields."""
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: _plain(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return _plain(value.tolist())
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, bool | int) or value is None:
        return value
    return float(f"{value:.9g}") if isinstance(value, float) else str(value)


def _limits(rate: Rate, counts: tuple[ConfusionCounts, ...], statistics: tuple[Statistics, ...], **more: Any) -> list[Any]:  # noqa: ANN401
    return [measured(rate, Cells.of(counts), statistics, level=level, **more) for level in LEVELS]


def _of_rates() -> dict[str, Any]:
    plain = [rate for rate in Rate if rate not in SCORE_RATES | RANKING_RATES | REGRESSION_RATES]
    return {rate.value: _limits(rate, COUNTS, ()) for rate in plain}


def _of_scores() -> dict[str, Any]:
    found: dict[str, Any] = {rate.value: _limits(rate, COUNTS[:3], SCORES, whole=WHOLE) for rate in sorted(SCORE_RATES)}
    found["folded"] = folded(score_limits(Rate.MEAN_RESIDUAL, SCORES, level=0.05))
    found["reports"] = [score_report(entry.scores or ScoreCounts(), WHOLE.scores or ScoreCounts()) for entry in (*SCORES, Statistics())]
    return found


def _of_errors() -> dict[str, Any]:
    found = {rate.value: _limits(rate, COUNTS[:4], MOMENTS) for rate in sorted(REGRESSION_RATES)}
    return found | {f"{rate.value} within a range": _limits(rate, COUNTS[:4], MOMENTS, reach=Reach(error=3.0)) for rate in sorted(REGRESSION_RATES)}


def _of_sums() -> dict[str, Any]:
    rates = (Rate.SELECTION_RATE, Rate.TRUE_POSITIVE_RATE, Rate.F1_SCORE, Rate.ACCURACY)
    clustered = {rate.value: _limits(rate, SIZED_COUNTS, SIZED[:2]) for rate in rates}
    weighted = {f"{rate.value} weighted": _limits(rate, (ConfusionCounts(tp=60, fp=60, tn=60, fn=60),), SIZED[2:]) for rate in rates}
    return clustered | weighted | {"reach": _limits(Rate.ACCURACY, SIZED_COUNTS, SIZED[:2], reach=Reach(unit=6.0))}


def _of_contrasts() -> dict[str, Any]:
    cells = Cells.of(COUNTS[:4])
    rate = clopper_pearson(cells.tp, cells.positives, level=0.02)
    one, two = rate.expanded(1), rate.expanded(0)
    pairs = [(rate.take(np.array(i)), rate.take(np.array(j))) for i, j in product(range(4), repeat=2)]
    comparisons = {
        "all": Comparison(),
        "reference": Comparison(reference=np.array([False, True, False, False])),
        "protected": Comparison(protected=np.array([True, False, False, True])),
        "strata": Comparison(strata=np.array([0, 0, 1, 1])),
    }
    pairings = {name: comparison.pairings(Rate.TRUE_POSITIVE_RATE, 4) for name, comparison in comparisons.items()}
    metric = by_name("true_positive_rate_difference"), by_name("true_positive_rate_ratio")
    return {
        "upper": contrast_upper(one, two),
        "lower": contrast_lower(one, two),
        "ratios": [(ratio_lower(*pair), ratio_upper(*pair)) for pair in pairs],
        **{
            name: [largest_upper(rate, scale=0.8, pairings=found), largest_lower(rate, scale=1.0, pairings=found)]
            + [spread(rate, found, entry.form) for entry in metric if entry is not None]
            for name, found in pairings.items()
        },
    }


def _of_pairs() -> dict[str, Any]:
    return {f"{move.__name__} {rate.value}": [move(rate, PAIRED, level=level) for level in LEVELS] for rate in sorted(COMPARABLE) for move in (drop, rise)}


def _of_time() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, claim in {"gap": Claim((1.0, -1.0), 0.1), "ratio": Claim((0.8, -1.0), 0.0), "floor": Claim((-1.0,), -0.6), "ceiling": Claim((1.0,), 0.3)}.items():
        groups = len(claim.weights)
        rates, trials = np.array([[0.7, 0.31], [0.4, 0.39], [0.55, 0.1]])[:, :groups], np.array([[40.0, 90.0], [7.0, 3.0], [120.0, 0.0]])[:, :groups]
        watch = Watch(claim=claim, restart=2, memory=0.8)
        for batch in range(5):
            watch = watch.after(np.floor(rates * trials * (1 + batch % 2)), trials * (1 + batch % 2))
        found[name] = [
            nearest(claim, rates, trials),
            log_evalue(claim, np.floor(rates * trials), trials, rates),
            watch.log_evidence,
            watch.alarms(alpha=0.05, claims=2),
        ]
    return found


def _of_drift() -> dict[str, Any]:
    first, second = np.array([5.0, 0.0, 40.0, 12.0, 3.0]), np.array([9.0, 0.0, 22.0, 30.0, 0.0])
    values, rows = np.arange(30.0) ** 1.5, 1.0 + np.arange(30.0) % 4
    edges = deciles(values, rows)
    return {
        "psi": [psi(first, second), psi(first, 0 * second), psi(second, first)],
        "p": [p_value(first, second), p_value(first, first), p_value(first[:2], second[:2])],
        "wasserstein": [
            wasserstein(values, rows, values + 3, rows),
            wasserstein(values[:1], rows[:1], values, rows),
            wasserstein(values[:0], rows[:0], values, rows),
        ],
        "bins": [edges, bins(values, rows, edges), bins(values[:2], rows[:2], edges)],
    }


def _of_plans() -> dict[str, Any]:
    crossing = Intersection(features=(FEATURE,))
    found: dict[str, Any] = {}
    for rule in RULES:
        metric = by_name(rule.metric)
        assert metric is not None
        question = question_of(POLICY, rule, metric, None if rule.scope is Scope.OVERALL else crossing, TABLE)
        found[rule.id] = [rows_needed(question, answer(question)), detectable(question)]
    assumed = Assumed(base_rate=0.45, selection_rate=0.4)
    return found | {f"plan of {case.rule.id}": forecast(case, TABLE, assumed) for case in cases(POLICY, MODEL)}


def _of_watches() -> dict[str, Any]:
    windows = []
    for week in range(6):
        worse = (
            ConfusionCounts(tp=12 + week, fp=9, tn=20, fn=14 + 3 * week),
            ConfusionCounts(tp=30, fp=4 + week, tn=31, fn=4),
            ConfusionCounts(tp=3, fn=4, tn=5, fp=1),
        )
        groups = tuple(GroupCounts(feature="g", group=name, counts=counts) for name, counts in zip("abc", worse, strict=True))
        table = ContingencyTable(overall=worse[0] + worse[1] + worse[2], groups=groups)
        windows.append(Window(starts=date(2026, 1, 5) + timedelta(days=3 * week), table=table))
    return {entry.rule: entry for entry in watched(POLICY, MODEL, selections=windows, outcomes=windows[:5])}


KINDS: dict[str, Callable[[], dict[str, Any]]] = {
    "rates": _of_rates,
    "scores": _of_scores,
    "errors": _of_errors,
    "ranks": lambda: {rate.value: _limits(rate, COUNTS[:3], RANKS) for rate in sorted(RANKING_RATES)},
    "weights and clusters": _of_sums,
    "contrasts": _of_contrasts,
    "paired": _of_pairs,
    "time": _of_time,
    "drift": _of_drift,
    "plans": _of_plans,
    "watches": _of_watches,
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_are_those_that_records_hold(kind: str) -> None:
    """Value, limits and margins of every kind of rate, what would settle a rule, and what is watched: to nine digits."""
    found = {name: _plain(value) for name, value in KINDS[kind]().items()}
    kept: dict[str, Any] = json.loads(GOLDEN.read_text(encoding="utf-8")) if GOLDEN.exists() else {}
    if os.environ.get("GOLDEN") == "write":
        kept[kind] = found
        GOLDEN.write_text(json.dumps(kept, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")

    assert _close(kept[kind], found, kind) == []


def _close(kept: Any, found: Any, place: str) -> list[str]:  # noqa: ANN401
    """The places where two values differ by more than a part in 10⁷."""
    if isinstance(kept, dict) and isinstance(found, dict) and kept.keys() == found.keys():
        return [entry for key in kept for entry in _close(kept[key], found[key], f"{place}/{key}")]
    if isinstance(kept, list) and isinstance(found, list) and len(kept) == len(found):
        return [entry for index, pair in enumerate(zip(kept, found, strict=True)) for entry in _close(*pair, f"{place}/{index}")]
    if isinstance(kept, float) and isinstance(found, float):
        return [] if kept == found or abs(kept - found) <= 1e-7 * max(abs(kept), 1e-2) else [f"{place}: {kept} {found}"]
    return [] if kept == found and type(kept) is type(found) else [f"{place}: {kept!r} {found!r}"]
