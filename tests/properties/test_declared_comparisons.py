"""Laws of reference, protected, pooled and excluded groups: on random tables, through the whole judgement."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.decision import Finding, Judgement, Outcome, Verdict
from gate.core.facts import Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model import DataSource, DeclaredGroup, ExcludedGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task, crossings
from gate.core.policy import Burden, Enforcement, Evidence, Intersections, Policy, Rule, Scope, SmallIntersections, Threshold
from gate.judge import judge

FACTS = Facts(
    candidate=Candidate(name="m", version=None, digest="sha256:0"),
    data=DataFacts(digest="sha256:0"),
    predictions=PredictionFacts(source=PredictionSource.FILE),
)
NAMES = ("a", "b", "c", "d")
METRICS = (
    ("demographic_parity_difference", "max"),
    ("demographic_parity_ratio", "min"),
    ("equalized_odds_difference", "max"),
    ("false_negative_rate_ratio", "min"),
    ("precision_difference", "max"),
    ("balanced_accuracy_difference", "max"),
)
COUNT = st.one_of(st.integers(0, 40), st.integers(0, 3000))
CELLS = st.builds(ConfusionCounts, tp=COUNT, fp=COUNT, tn=COUNT, fn=COUNT)
LAWS = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def _no_planning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would settle a finding says nothing about the verdict."""
    monkeypatch.setattr("gate.judge.findings.rows_needed", lambda *_: "not asked here")
    monkeypatch.setattr("gate.judge.findings.detectable", lambda *_: None)


def _feature(groups: int, **roles: Any) -> SensitiveFeature:  # noqa: ANN401 -- whatever roles a feature has
    return SensitiveFeature(name="g", column="g", groups=tuple(DeclaredGroup(name=name, value=name) for name in NAMES[:groups]), **roles)


def _policy(bound: float, burden: Burden = Burden.CANDIDATE) -> Policy:
    rules = tuple(
        Rule(
            id=f"r{i}",
            metric=metric,
            threshold=Threshold(**{side: bound if side == "max" else 1 - bound}),
            scope=Scope.BETWEEN_GROUPS,
            enforcement=Enforcement.SOFT_MANDATORY,
        )
        for i, (metric, side) in enumerate(METRICS)
    )
    return Policy(tier="t", evidence=Evidence(burden_of_proof=burden), rules=rules)


def _judged(policy: Policy, feature: SensitiveFeature, cells: Sequence[ConfusionCounts]) -> Judgement:
    overall = sum(cells[1:], cells[0])
    entries = tuple(GroupCounts(feature="g", group=group.name, counts=counts) for group, counts in zip(feature.groups, cells, strict=True))
    model = ModelConfig(name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=(feature,))
    return judge(policy, model, ContingencyTable(overall=overall, groups=entries), FACTS)


def _numbers(finding: Finding) -> tuple[object, ...]:
    return (finding.outcome, finding.value, finding.pair_value, finding.lower, finding.upper, finding.levels, finding.groups)


def _some(cells: Sequence[ConfusionCounts]) -> bool:
    return sum(counts.rows for counts in cells) > 0


@LAWS
@given(cells=st.lists(CELLS, min_size=2, max_size=2).filter(_some), bound=st.sampled_from([0.05, 0.1, 0.3]), burden=st.sampled_from(Burden))
def test_with_two_groups_a_reference_is_all_pairs(cells: list[ConfusionCounts], bound: float, burden: Burden) -> None:
    """Two groups make the same two claims either way, so every number is the same."""
    policy = _policy(bound, burden)
    all_pairs = _judged(policy, _feature(2), cells)
    referred = _judged(policy, _feature(2, reference="a"), cells)

    assert [_numbers(finding) for finding in referred.findings] == [_numbers(finding) for finding in all_pairs.findings]


ROLES = st.sampled_from([{"reference": "b"}, {"protected": ("a", "c")}, {"protected": ("b",)}, {"reference": "d", "protected": ("a",)}])


@LAWS
@given(cells=st.lists(CELLS, min_size=4, max_size=4).filter(_some), bound=st.sampled_from([0.1, 0.3, 0.6]), roles=ROLES)
def test_fewer_pairs_never_stop_what_had_passed(cells: list[ConfusionCounts], bound: float, roles: dict[str, Any]) -> None:
    """A pass over all pairs is a pass over some of them, rule by rule; so a passed verdict is never blocked."""
    policy = _policy(bound)
    before, after = _judged(policy, _feature(4), cells), _judged(policy, _feature(4, **roles), cells)
    met = {finding.rule for finding in before.findings if finding.outcome is Outcome.PASS}

    assert all(finding.outcome is Outcome.PASS for finding in after.findings if finding.rule in met)
    assert before.verdict is not Verdict.PASSED or after.verdict is Verdict.PASSED


@LAWS
@given(cells=st.lists(CELLS, min_size=4, max_size=4).filter(_some), bound=st.sampled_from([0.1, 0.3]), roles=ROLES, order=st.permutations(range(4)))
def test_the_order_of_groups_does_not_matter(cells: list[ConfusionCounts], bound: float, roles: dict[str, Any], order: list[int]) -> None:
    """The same declaration in another order gives the same outcome and value."""
    policy, feature = _policy(bound), _feature(4, **roles)
    turned = replace(feature, groups=tuple(feature.groups[i] for i in order))
    straight, other = _judged(policy, feature, cells), _judged(policy, turned, [cells[i] for i in order])

    assert [(f.outcome, f.value, f.levels) for f in straight.findings if f.metric] == [(f.outcome, f.value, f.levels) for f in other.findings if f.metric]


@LAWS
@given(cells=st.lists(CELLS, min_size=3, max_size=3).filter(_some), left_out=CELLS, bound=st.sampled_from([0.1, 0.3]))
def test_an_excluded_group_changes_no_rule(cells: list[ConfusionCounts], left_out: ConfusionCounts, bound: float) -> None:
    """Whoever is in it, the rules say what they would say without it; over its limit nothing passes."""
    policy = _policy(bound)
    feature = _feature(4, exclude=(ExcludedGroup(group="d", why="w", max_share=0.01),))
    without, judged = _judged(policy, _feature(3), cells), _judged(policy, feature, [*cells, left_out])
    total = sum(counts.rows for counts in (*cells, left_out))

    assert [_numbers(f) for f in judged.findings if f.metric] == [_numbers(f) for f in without.findings if f.metric]
    assert left_out.rows <= 0.01 * total or judged.verdict is not Verdict.PASSED
    assert [entry.rows for entry in judged.coverage if entry.kind == "excluded-group"] == [left_out.rows]


@LAWS
@given(cells=st.lists(CELLS, min_size=3, max_size=3).filter(lambda cells: _some(cells[:2])), bound=st.sampled_from([0.1, 0.3]))
def test_a_pool_is_judged_like_any_group_unless_it_is_empty(cells: list[ConfusionCounts], bound: float) -> None:
    """With rows it is one group more; without, outcomes are at least as slow to convict as without a pool, and a pass stays a pass."""
    policy = _policy(bound)
    pooled = _feature(3, other="c")
    empty = ConfusionCounts()
    with_rows, without = _judged(policy, pooled, cells), _judged(policy, _feature(3), cells)
    unused, two = _judged(policy, pooled, [*cells[:2], empty]), _judged(policy, _feature(2), cells[:2])

    if cells[2].rows:
        assert [_numbers(f) for f in with_rows.findings if f.metric] == [_numbers(f) for f in without.findings if f.metric]
    assert [f.outcome is Outcome.PASS for f in unused.findings if f.metric] == [f.outcome is Outcome.PASS for f in two.findings if f.metric]


def test_cells_of_an_intersection_take_the_roles_of_their_groups() -> None:
    """The reference needs one of every feature; one protected or excluded group makes a cell so."""
    race = SensitiveFeature(
        name="race",
        column="race",
        groups=tuple(DeclaredGroup(name=name, value=name) for name in ("black", "white", "x")),
        reference="white",
        protected=("black",),
        exclude=(ExcludedGroup(group="x", why="w", max_share=0.1),),
    )
    sex = SensitiveFeature(name="sex", column="sex", groups=(DeclaredGroup(name="f", value=0), DeclaredGroup(name="m", value=1)))
    cross = crossings((race, sex), depth=2)[-1]
    both = crossings((race, replace(sex, reference="m")), depth=2)[-1]

    assert cross.reference is None
    assert [group for group, chosen in zip(both.groups, both.reference or (), strict=True) if chosen] == ["white×m"]
    assert [group for group, chosen in zip(cross.groups, cross.protected or (), strict=True) if chosen] == ["black×f", "black×m"]
    assert [group for group, chosen in zip(cross.groups, cross.excluded, strict=True) if chosen] == ["x×f", "x×m"]


@pytest.mark.parametrize("small", SmallIntersections)
def test_a_reference_that_is_too_small_is_no_pass(small: SmallIntersections) -> None:
    """Nothing is shown where the group that all others are compared with cannot be judged."""
    good = ConfusionCounts(tp=500, fn=500, fp=500, tn=500)
    rows = [ConfusionCounts(tp=1, fn=1, fp=1, tn=1), good, good]
    policy = replace(_policy(0.3), evidence=Evidence(small_intersections=small, intersections=Intersections(depth=2)))
    found = _judged(policy, _feature(3, reference="a"), rows)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert {finding.outcome for finding in found.findings if finding.metric} == {Outcome.INCONCLUSIVE}


def test_every_rule_between_groups_needs_a_pair() -> None:
    """A reference without rows, pooled or not, leaves nothing to compare, and that is no pass."""
    good = ConfusionCounts(tp=500, fn=500, fp=500, tn=500)
    found = _judged(_policy(0.3), _feature(3, reference="c", other="c"), [good, good, ConfusionCounts()])

    assert found.verdict is Verdict.INCONCLUSIVE
