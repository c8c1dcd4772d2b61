"""Stricter is stricter: more rules, features or crossings, or a tighter bound, never let a blocked candidate through."""

import random
from dataclasses import replace

import numpy as np
import pytest

from gate.aggregate.rollup import roll_up
from gate.core.counts import ContingencyTable
from gate.core.decision import Verdict
from gate.core.facts import Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.metric import Form
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task, crossings
from gate.core.policy import Burden, Enforcement, Evidence, Intersections, Policy, Rule, Scope, SmallIntersections, Threshold
from gate.judge import judge
from gate.metrics.catalogue import CATALOGUE

POLICIES = 2000
FACTS = Facts(
    candidate=Candidate(name="m", version=None, digest="sha256:0"),
    data=DataFacts(digest="sha256:0"),
    predictions=PredictionFacts(source=PredictionSource.FILE),
)
_RANK = {Verdict.PASSED: 0, Verdict.INCONCLUSIVE: 1, Verdict.BLOCKED: 2}


def _features(sizes: tuple[int, ...]) -> tuple[SensitiveFeature, ...]:
    return tuple(
        SensitiveFeature(name=f"f{i}", column=f"f{i}", groups=tuple(DeclaredGroup(name=f"{i}{j}", value=j) for j in range(size)))
        for i, size in enumerate(sizes)
    )


def _model(features: tuple[SensitiveFeature, ...]) -> ModelConfig:
    return ModelConfig(name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=features)


def _cells(rng: np.random.Generator, sizes: tuple[int, ...]) -> dict[str, np.ndarray]:
    """The finest cells of a random table: every combination of groups, label and prediction."""
    shape = (*sizes, 2, 2)
    scale = int(rng.choice([5, 50, 500]))
    bias = rng.uniform(0.2, 1.8, sizes)
    n = rng.poisson(scale * rng.uniform(0.2, 1, shape) * np.stack([np.ones(sizes), bias], axis=-1)[..., None, :])
    index = np.indices(shape).reshape(len(shape), -1)
    names = [*(f"f{i}" for i in range(len(sizes))), "label", "prediction"]
    return {**{name: index[i].astype(np.int64) for i, name in enumerate(names)}, "n": n.reshape(-1).astype(np.int64)}


def _table(cells: dict[str, np.ndarray], features: tuple[SensitiveFeature, ...]) -> ContingencyTable:
    return roll_up(cells, features, crossings(features, depth=2), examples={})


def _rule(draw: random.Random, name: str, features: tuple[SensitiveFeature, ...]) -> Rule:
    metric = draw.choice([metric for metric in CATALOGUE if Task.BINARY_CLASSIFICATION in metric.tasks])
    ceiling = metric.form is Form.DIFFERENCE or metric.form is Form.GROUP_MAX or (metric.form is Form.VALUE and draw.random() < 0.5)
    bound = round(draw.uniform(0.02, 0.98), 2)
    scope = draw.choice([Scope.OVERALL, Scope.BY_GROUP]) if metric.form is Form.VALUE else Scope.BETWEEN_GROUPS
    return Rule(
        id=name,
        metric=metric.id,
        threshold=Threshold(max=bound) if ceiling else Threshold(min=bound),
        scope=scope,
        enforcement=draw.choice(list(Enforcement)),
        features=draw.choice([None, (features[0].name,)]),
        depth=draw.choice([None, 1]),
        burden_of_proof=draw.choice([None, *Burden]),
    )


def _policy(draw: random.Random, features: tuple[SensitiveFeature, ...]) -> Policy:
    evidence = Evidence(
        burden_of_proof=draw.choice(list(Burden)),
        intersections=Intersections(depth=draw.choice([1, 2]), burden_of_proof=draw.choice([Burden.CANDIDATE, Burden.GATE])),
        small_intersections=draw.choice(list(SmallIntersections)),
    )
    return Policy(tier="t", evidence=evidence, rules=tuple(_rule(draw, f"r{i}", features) for i in range(draw.randint(1, 3))))


def _tighter(draw: random.Random, policy: Policy, features: tuple[SensitiveFeature, ...]) -> Policy:
    """The policy with one thing made stricter."""
    match draw.randrange(3):
        case 0:
            return replace(policy, rules=(*policy.rules, _rule(draw, "added", features)))
        case 1:
            deeper = replace(policy.evidence.intersections, depth=2)
            return replace(policy, evidence=replace(policy.evidence, intersections=deeper))
        case _:
            first, *rest = policy.rules
            bound = first.threshold
            factor = draw.uniform(0.1, 1)
            tight = Threshold(max=bound.max * factor) if bound.max is not None else Threshold(min=1 - (1 - (bound.min or 0)) * factor)
            return replace(policy, rules=(replace(first, threshold=tight), *rest))


@pytest.fixture(autouse=True)
def _no_planning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would settle a finding says nothing about the verdict, and simulating it 2,000 times takes minutes."""
    monkeypatch.setattr("gate.judge.findings.rows_needed", lambda *_: "not asked here")
    monkeypatch.setattr("gate.judge.findings.detectable", lambda *_: None)


@pytest.mark.statistics
@pytest.mark.parametrize("part", range(4))
def test_nothing_stricter_ever_lets_a_blocked_candidate_through(part: int) -> None:
    """Over 2,000 random policies and tables: a blocked verdict stays blocked, and a held one never passes."""
    draw, rng = random.Random(part), np.random.default_rng(part)
    seen: dict[Verdict, int] = dict.fromkeys(Verdict, 0)
    for _ in range(POLICIES // 4):
        sizes = (draw.randint(2, 4), draw.randint(2, 3))
        features = _features(sizes)
        cells = _cells(rng, sizes)
        policy = _policy(draw, features[:1])
        before = judge(policy, _model(features[:1]), _table(cells, features[:1]), FACTS).verdict
        seen[before] += 1
        widened = judge(policy, _model(features), _table(cells, features), FACTS).verdict
        tightened = judge(_tighter(draw, policy, features), _model(features), _table(cells, features), FACTS).verdict

        assert _RANK[before] <= _RANK[widened] <= _RANK[tightened] or (before, widened) == (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE)

    assert min(seen.values()) > 10, seen


@pytest.mark.statistics
def test_no_later_look_turns_anything_into_a_pass() -> None:
    """Over 300 random policies and tables: what does not pass at a look does not pass at a later one, whoever bears the burden."""
    draw, rng = random.Random(15), np.random.default_rng(15)
    seen: set[tuple[bool, ...]] = set()
    for _ in range(300):
        sizes = (draw.randint(2, 4), draw.randint(2, 3))
        features = _features(sizes)
        policy, table = _policy(draw, features), _table(_cells(rng, sizes), features)
        facts = [replace(FACTS, data=DataFacts(digest="sha256:0", look=look)) for look in (None, 1, 2, 7, 1000)]
        passed = tuple(judge(policy, _model(features), table, at).verdict is Verdict.PASSED for at in facts)
        seen.add(passed)

        assert passed == tuple(sorted(passed, reverse=True))

    assert len(seen) > 2, seen
