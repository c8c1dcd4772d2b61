"""How often truly fair models pass each shipped tier, and which true gaps a tier lets through, by the judgement's own code.

People have a race (5 groups), a sex (2) and an age (4), independent of one another. A truly fair model finds 80 % of the
positive rows and 20 % of the negative ones, in every group. A lagging one finds fewer of one group's positives.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.decision import Effect, Outcome
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task, crossings
from gate.core.policy import Policy
from gate.judge.findings import question_of
from gate.judge.power import Case, cases
from gate.judge.questions import answer
from gate.judge.verdict import effect
from gate.policy import load_policy, shipped_policies

__all__ = ["TIERS", "World", "passing", "section", "worlds"]

TIERS = ("minimal", "limited", "high")
ROWS = (2_000, 5_000, 10_000, 20_000, 50_000)
TPR, FPR = 0.8, 0.2
SHARES = {
    "realistic": (0.60, 0.18, 0.13, 0.06, 0.03),
    "two smallest pooled": (0.60, 0.18, 0.13, 0.09),
    "balanced by race": (0.2, 0.2, 0.2, 0.2, 0.2),
}
AGE = (0.25, 0.35, 0.25, 0.15)
GAPS = (0.05, 0.10, 0.15, 0.20, 0.30, 0.40)
LAGGING = 2
"""The race that lags, 13 % of the rows in realistic shares."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A tier, a holdout and a true model: `gap` is what the lagging race's true positive rate lacks."""

    tier: str
    rows: int
    shares: str
    base: float
    gap: float = 0.0


def worlds() -> Iterator[World]:
    """Truly fair models on every holdout, then models that lag, on realistic ones."""
    for tier, base, shares, rows in product(TIERS, (0.1, 0.3, 0.5), SHARES, ROWS):
        yield World(tier=tier, rows=rows, shares=shares, base=base)
    for tier, rows, gap in product(TIERS, ROWS, GAPS):
        yield World(tier=tier, rows=rows, shares="realistic", base=0.3, gap=gap)


def passing(task: tuple[int, World, int]) -> float:
    """The share of simulated holdouts on which the model passes the tier; one seed per world."""
    seed, world, tables = task
    rng = np.random.default_rng(20261125 + seed)
    model = _model(len(SHARES[world.shares]))
    policy = load_policy(shipped_policies() / f"{world.tier}.yaml").policy
    asked = sorted(cases(policy, model), key=lambda case: case.crossing is not None and len(case.crossing.features))
    return sum(_lets_through(policy, asked, _table(rng, world, model, policy)) for _ in range(tables)) / tables


def _lets_through(policy: Policy, asked: list[Case], table: ContingencyTable) -> bool:
    return all(_effect(policy, case, table) is Effect.NONE for case in asked)


def _effect(policy: Policy, case: Case, table: ContingencyTable) -> Effect:
    """What one rule does to the promotion, as a check would say."""
    question = question_of(policy, case.rule, case.metric, case.crossing, table)
    found = answer(question)
    outcome = Outcome.INCONCLUSIVE if found is None else Outcome.FAIL if found.broken else Outcome.PASS if found.met else Outcome.INCONCLUSIVE
    sampling_only = question.sampled and (question.lenient or (found is not None and found.value is not None))
    return effect(outcome, case.rule.enforcement, case.burden, sampling_only=sampling_only)


def _model(races: int) -> ModelConfig:
    sizes = {"race": races, "sex": 2, "age": len(AGE)}
    features = tuple(
        SensitiveFeature(name=name, column=name, groups=tuple(DeclaredGroup(name=f"{name}{i}", value=i) for i in range(size))) for name, size in sizes.items()
    )
    return ModelConfig(
        name="simulated", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=features
    )


def _table(rng: np.random.Generator, world: World, model: ModelConfig, policy: Policy) -> ContingencyTable:
    """One holdout: rows drawn into race × sex × age × label × prediction, then summed per feature and intersection."""
    race = np.array(SHARES[world.shares])
    tpr = np.full(race.size, TPR)
    tpr[LAGGING] -= world.gap
    people = race[:, None, None] * np.array([0.5, 0.5])[None, :, None] * np.array(AGE)[None, None, :]
    found = np.broadcast_to(tpr[:, None, None], people.shape)
    cells = np.stack([world.base * found, (1 - world.base) * FPR + 0 * found, (1 - world.base) * (1 - FPR) + 0 * found, world.base * (1 - found)], axis=-1)
    drawn = rng.multinomial(world.rows, (people[..., None] * cells).ravel()).reshape(*people.shape, 4)
    groups = []
    for crossing in crossings(model.sensitive_features, depth=policy.evidence.intersections.depth):
        kept = {model.sensitive_features.index(feature) for feature in crossing.features}
        summed = drawn.sum(axis=tuple({0, 1, 2} - kept)).reshape(-1, 4)
        groups += [GroupCounts(feature=crossing.name, group=name, counts=_counts(row)) for name, row in zip(crossing.groups, summed, strict=True)]
    return ContingencyTable(overall=_counts(drawn.sum(axis=(0, 1, 2))), groups=tuple(groups))


def _counts(cells: NDArray[np.int64]) -> ConfusionCounts:
    tp, fp, tn, fn = map(int, cells)
    return ConfusionCounts(tp=tp, fp=fp, tn=tn, fn=fn)


def section(results: dict[World, float], tables: int) -> str:
    """The part of the page: fair models, then lagging ones."""
    fair = [f"| {tier} | {base:g} | {shares} | " + " | ".join(_shown(results, tier, rows, shares, base) for rows in ROWS) + " |"
            for tier, base, shares in product(TIERS, (0.1, 0.3, 0.5), SHARES)]  # fmt: skip
    lagging = [f"| {tier} | {gap:g} | " + " | ".join(_shown(results, tier, rows, "realistic", 0.3, gap) for rows in ROWS) + " |"
               for tier, gap in product(TIERS, GAPS)]  # fmt: skip
    columns = " | ".join(f"{rows:,} rows" for rows in ROWS)
    rule = "|---" * (len(ROWS) + 3) + "|"
    return f"""
## What honest models can pass

The share of holdouts on which a **truly fair** model passes a shipped tier as it is: race (5 groups) × sex × age (4), true positive rate
{TPR:g} and false positive rate {FPR:g} in every group. {tables} holdouts each, so one standard error is at most {math.sqrt(0.25 / tables):.3f};
seed 20261125 + the place in the list. What is not passed is inconclusive far more often than blocked.

| tier | positives | shares of race | {columns} |
{rule}
{chr(10).join(fair)}

## What a tier lets through

The same when the model finds **too few positives of one race** ({SHARES["realistic"][LAGGING]:.0%} of the rows, 30 % positives, realistic shares):
how often such a model passes, by what its true positive rate lacks. Read the line of a tier until the share is near zero: gaps
above that are caught.

| tier | true gap | {columns} |
{"|---" * (len(ROWS) + 2)}|
{chr(10).join(lagging)}
"""


def _shown(results: dict[World, float], tier: str, rows: int, shares: str, base: float, gap: float = 0.0) -> str:
    return f"{results[World(tier=tier, rows=rows, shares=shares, base=base, gap=gap)]:.2f}"
