"""What every family of worlds shares: a rule asked of simulated counts as a check asks it, and how often the answer errs.

A trial is what one false statement is counted over: mostly one table, for looks all tables of one holdout. A world is
at the boundary of its rule, so that a pass and a proven violation are both false.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.metric import Metric
from gate.core.model import DeclaredGroup, Intersection, SensitiveFeature
from gate.core.policy import Confidence, Enforcement, Evidence, Policy, Rule, Scope, Threshold
from gate.judge.findings import question_of
from gate.judge.questions import Question, answer
from gate.metrics.bounded import UNBOUNDED, Reach
from gate.metrics.catalogue import by_name

__all__ = ["SEED", "Counted", "Inquiry", "Result", "World", "allowed", "simulate", "standard_error"]

Counted: TypeAlias = tuple[ConfusionCounts, Statistics]
"""What was counted of one group."""
SEED = 20261126
"""The seed of a world is this plus its place in the list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """One rule about one feature, or about the whole table where there is no feature."""

    policy: Policy
    metric: Metric
    crossing: Intersection | None

    @classmethod
    def of(
        cls,
        metric: str,
        threshold: Threshold,
        groups: int,
        confidence: Confidence,
        *,
        scope: Scope = Scope.BETWEEN_GROUPS,
        versus: str | None = None,
        reference: int | None = None,
        protected: Sequence[int] = (),
    ) -> "Inquiry":
        """The rule under a policy whose other terms are the defaults: groups below 30 rows, positives or negatives never pass."""
        found = by_name(metric)
        if found is None:
            raise ValueError(metric)
        rule = Rule(id="rule", metric=metric, threshold=threshold, scope=scope, enforcement=Enforcement.HARD_MANDATORY, versus=versus)
        names = tuple(f"g{i}" for i in range(groups))
        feature = SensitiveFeature(
            name="f",
            column="f",
            groups=tuple(DeclaredGroup(name=name, value=name) for name in names),
            reference=None if reference is None else names[reference],
            protected=tuple(names[i] for i in protected),
        )
        crossing = None if scope is Scope.OVERALL else Intersection(features=(feature,))
        return cls(policy=Policy(tier="simulated", evidence=Evidence(confidence=confidence), rules=(rule,)), metric=found, crossing=crossing)

    def question(self, counted: Sequence[Counted], *, look: int | None = None, whole: Statistics | None = None, reach: Reach = UNBOUNDED) -> Question:
        """What the rule asks of these groups; of the first entry alone where it is about the whole table."""
        names = self.crossing.groups if self.crossing else ()
        groups = tuple(GroupCounts(feature="f", group=name, counts=cells, statistics=more) for name, (cells, more) in zip(names, counted, strict=bool(names)))
        everybody = counted[0][1] if self.crossing is None else whole or Statistics()
        table = ContingencyTable(overall=counted[0][0], groups=groups, statistics=everybody)
        return question_of(self.policy, self.policy.rules[0], self.metric, self.crossing, table, look=look, reach=reach)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One true world at the boundary of a rule.

    Args:
        family: what it belongs to.
        what: metric, sizes and rates, in words.
        trial: draws the questions of one trial.
        confidence: what the policy demands; its errors are what is promised.
        covered: whether the promise is made in this world at all.
    """

    family: str
    what: str
    trial: Callable[[np.random.Generator], Sequence[Question]]
    confidence: Confidence
    covered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Shares of the trials with a pass and with a proven violation: both false."""

    world: World
    tables: int
    passed: float
    blocked: float

    @property
    def promised(self) -> tuple[float, float]:
        """How often a pass and a proven violation may be false."""
        return 1 - self.world.confidence.passing, 1 - self.world.confidence.failing

    @property
    def kept(self) -> bool:
        """Whether both stay within the promise plus three standard errors."""
        return all(rate <= allowed(level, self.tables) for rate, level in zip((self.passed, self.blocked), self.promised, strict=True))


def simulate(task: tuple[int, World, int]) -> Result:
    """How often a world passes, and how often it is called a violation, over so many trials."""
    place, world, tables = task
    rng = np.random.default_rng(SEED + place)
    passed = blocked = 0
    for _ in range(tables):
        answers = [answer(question) for question in world.trial(rng)]
        passed += any(found is not None and found.met for found in answers)
        blocked += any(found is not None and found.broken for found in answers)
    return Result(world=world, tables=tables, passed=passed / tables, blocked=blocked / tables)


def allowed(level: float, tables: int) -> float:
    """The level plus three standard errors of the simulation."""
    return level + 3 * standard_error(level, tables)


def standard_error(level: float, tables: int) -> float:
    """Of a share that is truly `level`, over independent trials."""
    return math.sqrt(level * (1 - level) / tables)
