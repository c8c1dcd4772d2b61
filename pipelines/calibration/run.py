"""The promise, measured: `make calibration` writes docs/calibration.md.

Every configuration simulates tables of counts from known true rates and asks the judgement's own code. A *false pass*
is a pass although the true value is at or beyond the threshold; a *false block* a proven violation although it is at
or within it. Seeds are the configuration's place in the list; standard errors are the simulation's.
"""

import argparse
import multiprocessing
import os
import platform
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from asking import allowed, standard_error
from families import FAMILIES, measured, section_of
from monitoring import measured as monitored
from monitoring import section as section_of_monitoring
from numpy.typing import NDArray
from tiers import passing, section, worlds

from gate import __version__
from gate.core.decision import Levels
from gate.core.metric import Form, Metric
from gate.core.policy import MinGroup, Threshold
from gate.judge.questions import Question, answer, claims
from gate.metrics.catalogue import by_name
from gate.metrics.rates import Cells

PASS, FAIL = 0.05, 0.01
SHAPES = {"equal": lambda k: np.full(k, 1 / k), "skewed": lambda k: np.array([0.6**i for i in range(k)]) / sum(0.6**i for i in range(k))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One true world: how many rows in which shares, which rates, and how far one group lags."""

    metric: str
    bound: float
    groups: int
    rows: int
    shape: str
    level: float
    gap: float

    @property
    def violated(self) -> bool:
        """Whether the true value is at the threshold or beyond it: a pass would be false."""
        return abs(self.gap) >= 1 - 1e-12

    @property
    def met(self) -> bool:
        """Whether the true value is at the threshold or within it: a block would be false."""
        return abs(self.gap) <= 1 + 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came out, as shares of the simulated tables."""

    configuration: Configuration
    passed: float
    blocked: float


def metric_of(configuration: Configuration) -> Metric:
    """The metric of the catalogue."""
    metric = by_name(configuration.metric)
    if metric is None:
        raise ValueError(configuration.metric)
    return metric


def configurations() -> Iterator[Configuration]:
    """At, within and beyond the boundary: differences, ratios, equalized odds, composite rates, floors."""
    sizes = ((2, 200), (2, 2000), (3, 1000), (5, 2000), (8, 20_000), (12, 6000))
    for (groups, rows), shape, level, gap in product(sizes, SHAPES, (0.15, 0.5, 0.9), (1.0, 0.0)):
        yield Configuration(metric="demographic_parity_difference", bound=0.1, groups=groups, rows=rows, shape=shape, level=level, gap=gap)
    for (groups, rows), shape, level in product(sizes, SHAPES, (0.3, 0.8)):
        yield Configuration(metric="demographic_parity_ratio", bound=0.8, groups=groups, rows=rows, shape=shape, level=level, gap=1.0)
    for (groups, rows), shape, level, gap in product(sizes, SHAPES, (0.4, 0.7), (1.0, 0.5)):
        yield Configuration(metric="equalized_odds_difference", bound=0.1, groups=groups, rows=rows, shape=shape, level=level, gap=gap)
    for (groups, rows), shape, gap in product(sizes[1:], SHAPES, (1.0, 1.5, 0.5)):
        yield Configuration(metric="equal_opportunity_difference", bound=0.2, groups=groups, rows=rows, shape=shape, level=0.6, gap=gap)
    for metric, (groups, rows), shape in product(("balanced_accuracy_difference", "accuracy_difference"), sizes[:4], SHAPES):
        yield Configuration(metric=metric, bound=0.1, groups=groups, rows=rows, shape=shape, level=0.7, gap=1.0)
    for (groups, rows), shape, level in product(sizes[1:], SHAPES, (0.02, 0.98)):
        yield Configuration(metric="selection_rate_difference", bound=0.05, groups=groups, rows=rows, shape=shape, level=level, gap=0.3)
    for (groups, rows), shape in product(sizes, SHAPES):
        yield Configuration(metric="true_positive_rate_group_min", bound=0.6, groups=groups, rows=rows, shape=shape, level=0.8, gap=1.0)


def true_rates(configuration: Configuration) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """True TPR and FPR of every group; the last, smallest group lags by `gap` times what the threshold allows."""
    form = metric_of(configuration).form
    high, k = configuration.level, configuration.groups
    if form is Form.RATIO:
        low = high * configuration.bound if configuration.gap >= 1 else high
    elif form is Form.GROUP_MIN:
        low = configuration.bound
    else:
        high = min(high, 1.0)
        low = high - configuration.gap * configuration.bound
        if low < 0:
            high, low = configuration.gap * configuration.bound, 0.0
    tpr = np.full(k, high)
    tpr[-1] = low
    fpr = tpr.copy()
    if configuration.metric == "equalized_odds_difference":
        fpr = np.full(k, 0.3)
    if configuration.metric == "balanced_accuracy_difference":
        tpr, fpr = tpr + 0.05, np.full(k, 0.2)
        tpr[-1] = tpr[0] - 2 * configuration.gap * configuration.bound
    if configuration.metric == "accuracy_difference":
        fpr = 1 - tpr
    return tpr, fpr


def simulate(task: tuple[int, Configuration, int]) -> Result:
    """Count passes and proven violations over `tables` simulated tables; one seed per configuration."""
    seed, configuration, tables = task
    rng = np.random.default_rng(20261122 + seed)
    metric, k = metric_of(configuration), configuration.groups
    sizes = np.maximum((configuration.rows * SHAPES[configuration.shape](k)).astype(np.int64), 2)
    positives = np.round(sizes * 0.4).astype(np.int64)
    negatives = sizes - positives
    tpr, fpr = true_rates(configuration)
    threshold = Threshold(min=configuration.bound) if metric.form in (Form.RATIO, Form.GROUP_MIN) else Threshold(max=configuration.bound)
    levels = Levels(passing=PASS, failing=FAIL / claims(metric, k))
    nothing, names, least = np.zeros(k, dtype=np.int64), tuple(map(str, range(k))), MinGroup(rows=1, positives=1, negatives=1)
    passed = blocked = 0
    for _ in range(tables):
        tp, fp = rng.binomial(positives, tpr), rng.binomial(negatives, fpr)
        cells = Cells(tp=tp, fp=fp, tn=negatives - fp, fn=positives - tp, unlabelled_selected=nothing, unlabelled_rejected=nothing)
        found = answer(Question(metric=metric, threshold=threshold, groups=names, cells=cells, min_group=least, levels=levels))
        passed += found is not None and found.met
        blocked += found is not None and found.broken
    return Result(configuration=configuration, passed=passed / tables, blocked=blocked / tables)


def summary(results: Iterable[Result], tables: int) -> Iterator[str]:
    """Per metric: how many configurations, and the worst rate of each error."""
    by_metric: dict[str, list[Result]] = {}
    for result in results:
        by_metric.setdefault(result.configuration.metric, []).append(result)
    yield "| metric | configurations | worst false pass | worst false block | within the promise |\n|---|---|---|---|---|"
    for metric, rows in by_metric.items():
        false_pass = [row.passed for row in rows if row.configuration.violated]
        false_block = [row.blocked for row in rows if row.configuration.met]
        kept = max(false_pass, default=0) <= allowed(PASS, tables) and max(false_block, default=0) <= allowed(FAIL, tables)
        shown = [f"{max(values):.4f}" if values else "–" for values in (false_pass, false_block)]
        yield f"| `{metric}` | {len(rows)} | {shown[0]} | {shown[1]} | {'yes' if kept else '**no**'} |"


def listing(results: Iterable[Result]) -> Iterator[str]:
    """Every configuration."""
    yield "| metric | bound | groups | rows | shares | level | true value | passed | blocked |\n|---|---|---|---|---|---|---|---|---|"
    for result in results:
        c = result.configuration
        true = "at the bound" if abs(c.gap - 1) < 1e-12 else f"{c.gap:g} × what is allowed"
        yield f"| `{c.metric}` | {c.bound:g} | {c.groups} | {c.rows:,} | {c.shape} | {c.level:g} | {true} | {result.passed:.4f} | {result.blocked:.4f} |"


def page(results: list[Result], tables: int, seconds: float, others: str) -> str:
    """The page for docs/."""
    head = f"""# Calibration

How often the judgement errs, by simulation on its own code. Made by `make calibration` with fairness-gate {__version__}:
{len(results)} configurations × {tables:,} tables on {os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()}, {seconds / 60:.0f} min).

A *false pass* is a pass although the true value is at the threshold or beyond it; promised: at most {PASS:.0%}. A *false
block* is a proven violation although the true value is at the threshold or within it; promised: at most {FAIL:.0%}. One
standard error at these rates is {standard_error(PASS, tables):.4f} and {standard_error(FAIL, tables):.4f}.
One group, the smallest, lags; all others are alike; 40 % of every group is positive. Seed: 20261122 + the configuration's place in the list.

## Summary

"""
    return head + "\n".join(summary(results, tables)) + "\n" + others + "\n## Every configuration\n\n" + "\n".join(listing(results)) + "\n"


def main() -> None:
    """Simulate everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tables", type=int, default=2000)
    parser.add_argument("--holdouts", type=int, default=200, help="simulated holdouts per tier, size and shares")
    parser.add_argument("--output", type=Path, default=Path("docs/calibration.md"))
    parser.add_argument("--only", choices=FAMILIES, help="print what one module of worlds gives, in one process, and write nothing")
    options = parser.parse_args()
    if options.only:
        print(section_of(measured(options.only, options.tables), options.tables))
        return
    started = time.monotonic()
    tasks = [(seed, configuration, options.tables) for seed, configuration in enumerate(configurations())]
    print(f"{len(tasks)} configurations × {options.tables} tables", flush=True)
    with multiprocessing.Pool() as pool:
        results = pool.map(simulate, tasks, chunksize=4)
        asked = list(worlds())
        print(f"{len(asked)} tiers and holdouts × {options.holdouts}", flush=True)
        passed = pool.map(passing, [(seed, world, options.holdouts) for seed, world in enumerate(asked)], chunksize=1)
        families = [result for part in pool.starmap(measured, [(name, options.tables) for name in FAMILIES], chunksize=1) for result in part]
    others = section_of(families, options.tables) + section(dict(zip(asked, passed, strict=True)), options.holdouts)
    others += "\n" + section_of_monitoring([*monitored(options.tables)], options.tables)
    options.output.write_text(page(results, options.tables, time.monotonic() - started, others), encoding="utf-8")
    print(f"written to {options.output}")
    kept = all(
        (not r.configuration.violated or r.passed <= allowed(PASS, options.tables)) and (not r.configuration.met or r.blocked <= allowed(FAIL, options.tables))
        for r in results
    ) and all(result.kept or not result.world.covered for result in families)
    if not kept:
        raise SystemExit("some configuration errs more often than promised: see the summary")


if __name__ == "__main__":
    main()
