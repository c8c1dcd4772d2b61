"""What a policy demands of an explanation: nothing that is absent, unknown or not proven is a pass."""

from dataclasses import replace

import numpy as np
import pytest

from gate.core.decision import Effect, Finding, Outcome
from gate.core.estimates import Measured
from gate.core.explanation import Area, Explanation, FlipAudit, FlipPair, GroupRate, Leaf, Part, Proxy, ProxyFlips, Rate, Revealed, Surrogate
from gate.core.facts import Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.local_explanation import (
    Changed,
    Counterfactuals,
    Dependence,
    LocalReasons,
    Point,
    RecourseCost,
    RecourseGap,
    Shapley,
    TopReason,
)
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import Enforcement, ExplanationTerms, Policy, Rule, Scope, Threshold
from gate.explain.numbers import area_of, rate_of
from gate.judge.explanations import explanation_findings, withheld
from gate.record.facts import facts_from_json, facts_json

FEATURE = SensitiveFeature(name="group", column="group", groups=(DeclaredGroup(name="a", value="a"), DeclaredGroup(name="b", value="b")))
MODEL = ModelConfig(name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=(FEATURE,))
RULE = Rule(id="r", metric="accuracy", threshold=Threshold(min=0.5), scope=Scope.OVERALL, enforcement=Enforcement.SOFT_MANDATORY)
EVERYTHING = ExplanationTerms(require=tuple(Part))


def _rate(hits: int, rows: int) -> Rate:
    found = rate_of(np.arange(rows) < hits)
    assert found is not None
    return found


def _area(apart: float, rows: int = 400) -> Area:
    random = np.random.default_rng(0)
    truth = np.arange(rows) < rows // 2
    return area_of(random.normal(size=rows) + apart * truth, truth)


def _explanation(*, flips: int = 0, apart: float = 0.0, agreeing: int = 990) -> Explanation:
    """1,000 rows, of which so many flip, and on so many of which the tree agrees."""
    pair = FlipPair(first="a", second="b", rate=_rate(flips, 1000), first_higher=0, second_higher=flips, p_value=1.0)
    return Explanation(
        seed=0,
        rows=1000,
        of=1000,
        inputs=("x", "group"),
        loss="the share of wrong labels",
        proxies=(Proxy(feature="group", is_input=False, groups=(Revealed(group="a", rows=200, inputs=_area(apart)),)),),
        flips=(FlipAudit(feature="group", is_input=True, any=_rate(flips, 1000), pairs=(pair,), groups=(GroupRate(feature="group", group="a"),)),),
        surrogate=Surrogate(
            depth=3, fidelity=_rate(agreeing, 1000), plain=_rate(500, 1000), groups=(), leaves=(Leaf(conditions=(), answer="1", rows=7, agreeing=7),)
        ),
    )


def _findings(terms: ExplanationTerms, found: Explanation | None) -> tuple[Finding, ...]:
    policy = Policy(tier="high", rules=(RULE,), explanations=terms)
    facts = Facts(
        candidate=Candidate(name="m", version="1", digest="sha256:0"),
        data=DataFacts(digest="sha256:1"),
        predictions=PredictionFacts(source=PredictionSource.MODEL),
        explanation=found,
    )
    return explanation_findings(policy, MODEL, facts)


def test_where_nothing_is_demanded_nothing_is_found() -> None:
    """An explanation that is there by chance changes no verdict."""
    assert _findings(ExplanationTerms(), _explanation(flips=900)) == ()


@pytest.mark.parametrize(
    "terms",
    [EVERYTHING, *(ExplanationTerms(**{key: 0.6}) for key in ("surrogate_fidelity_min", "proxy_auc_max", "flip_rate_max", "reasons_stability_min"))],
)
def test_what_is_demanded_and_not_there_holds(terms: ExplanationTerms) -> None:
    """A table of predictions has no model to ask: that is no pass, whether a part is demanded or only bounded."""
    (finding,) = _findings(terms, None)

    assert (finding.rule, finding.outcome, finding.effect) == ("explanation-missing", Outcome.INCONCLUSIVE, Effect.HOLDS)


def test_every_part_that_is_not_there_is_named() -> None:
    """With the reason where there is one."""
    found = replace(_explanation(), not_produced=("subgroups: 50 labelled rows are fewer than the 200 that it takes",))
    missing = [finding.message for finding in _findings(EVERYTHING, found)]

    assert [message.partition("demands ")[2].partition(",")[0] for message in missing] == [
        "importance",
        "subgroups",
        "shap",
        "dependence",
        "reasons",
        "counterfactuals",
    ]
    assert "50 labelled rows" in missing[1]


def test_a_part_that_is_only_half_there_holds() -> None:
    """One feature without its number is not made up for by the others."""
    found = _explanation()
    found = replace(found, not_produced=("proxies: group: fewer than 50 rows of a",))

    assert Effect.HOLDS in {finding.effect for finding in _findings(ExplanationTerms(require=(Part.PROXIES,)), found)}


def test_a_candidate_that_misbehaves_when_it_is_asked_more_is_blocked() -> None:
    """What it did wrong is its failure, and no lack of evidence."""
    found = replace(_explanation(), fault="nondeterministic: two answers to the same row")

    assert _findings(ExplanationTerms(require=(Part.FLIPS,)), found)[0].effect is Effect.BLOCKS


@pytest.mark.parametrize(
    ("flips", "outcome"), [(0, Outcome.PASS), (35, Outcome.PASS), (50, Outcome.INCONCLUSIVE), (45, Outcome.INCONCLUSIVE), (80, Outcome.FAIL)]
)
def test_a_flip_rate_has_to_be_proven(flips: int, outcome: Outcome) -> None:
    """At its bound of 5 % nothing is proven either way."""
    (finding,) = _findings(ExplanationTerms(flip_rate_max=0.05), _explanation(flips=flips))

    assert finding.outcome is outcome


@pytest.mark.parametrize(
    ("through", "outcome"),
    [
        (ProxyFlips(feature="group", proxies=()), Outcome.PASS),
        (ProxyFlips(feature="group", proxies=("x",), any=_rate(0, 1000)), Outcome.PASS),
        (ProxyFlips(feature="group", proxies=("x",), any=_rate(45, 1000)), Outcome.INCONCLUSIVE),
        (ProxyFlips(feature="group", proxies=("x",), any=_rate(90, 1000)), Outcome.FAIL),
        (ProxyFlips(feature="group", proxies=(), reason="fewer than 50 rows of a"), Outcome.INCONCLUSIVE),
        (ProxyFlips(feature="group", proxies=("x",), any=_rate(0, 1000), reason="y has too many values"), Outcome.INCONCLUSIVE),
        (ProxyFlips(feature="group", proxies=("x",), any=_rate(90, 1000), reason="y has too many values"), Outcome.FAIL),
        (ProxyFlips(feature="another", proxies=()), Outcome.INCONCLUSIVE),
    ],
)
@pytest.mark.parametrize("is_input", [False, True])
def test_proxies_count_like_the_feature_itself(through: ProxyFlips, outcome: Outcome, *, is_input: bool) -> None:
    """Whether it is an input or not: what its proxies change has to be proven as well, and what is not known is no pass."""
    found = replace(_explanation(), proxy_flips=(through,))
    if not is_input:
        found = replace(found, flips=(FlipAudit(feature="group", is_input=False, reason="it is no input"),))
    (finding,) = _findings(ExplanationTerms(flip_rate_max=0.05), found)

    assert finding.outcome is outcome


def test_what_says_too_little_says_so_where_small_cells_are_not_shown() -> None:
    """A rate whose reason is hidden with the cells stays one that passes nothing."""
    through = ProxyFlips(feature="group", proxies=("x",), any=_rate(50, 1000), reason="fewer than 3 rows of a")
    (hidden,) = withheld(replace(_explanation(), proxy_flips=(through,)), 10).proxy_flips

    assert (hidden.any, hidden.reason) == (through.any, "not shown (privacy.min_cell 10)")


def test_limits_of_two_claims_name_the_level_that_they_were_made_at() -> None:
    """A fail is shared by the feature and its proxies, and its finding says so."""
    terms, alone = ExplanationTerms(flip_rate_max=0.05), _explanation(flips=90)
    (one,), (both,) = (
        _findings(terms, found) for found in (alone, replace(alone, proxy_flips=(ProxyFlips(feature="group", proxies=("x",), any=_rate(0, 1000)),)))
    )

    assert one.levels is not None
    assert both.levels is not None
    assert (both.levels.failing, both.levels.passing) == (one.levels.failing / 2, one.levels.passing)


def test_a_feature_that_flips_is_not_made_up_for_by_its_proxies() -> None:
    """One of two that is beyond the bound fails."""
    found = replace(_explanation(flips=90), proxy_flips=(ProxyFlips(feature="group", proxies=("x",), any=_rate(0, 1000)),))
    (finding,) = _findings(ExplanationTerms(flip_rate_max=0.05), found)

    assert (finding.outcome, finding.value) == (Outcome.FAIL, 0.09)


@pytest.mark.parametrize(("apart", "outcome"), [(0.0, Outcome.PASS), (0.5, Outcome.INCONCLUSIVE), (2.0, Outcome.FAIL)])
def test_an_area_has_to_be_proven(apart: float, outcome: Outcome) -> None:
    """Against a bound of 0.65."""
    (finding,) = _findings(ExplanationTerms(proxy_auc_max=0.65), _explanation(apart=apart))

    assert finding.outcome is outcome


@pytest.mark.parametrize(("agreeing", "outcome"), [(990, Outcome.PASS), (900, Outcome.INCONCLUSIVE), (800, Outcome.FAIL)])
def test_a_fidelity_has_to_be_proven(agreeing: int, outcome: Outcome) -> None:
    """Against a floor of 0.90."""
    (finding,) = _findings(ExplanationTerms(surrogate_fidelity_min=0.90), _explanation(agreeing=agreeing))

    assert finding.outcome is outcome


def test_a_sensitive_input_is_its_own_proxy() -> None:
    """However little the other inputs reveal."""
    found = _explanation()
    found = replace(found, proxies=(replace(found.proxies[0], is_input=True),))
    (finding,) = _findings(ExplanationTerms(proxy_auc_max=0.9), found)

    assert finding.effect is Effect.BLOCKS


def test_a_feature_that_nobody_asked_about_holds() -> None:
    """A feature of the declaration that the explanation does not know is not taken for harmless."""
    found = replace(_explanation(), proxies=(), flips=())
    findings = _findings(ExplanationTerms(proxy_auc_max=0.9, flip_rate_max=0.9), found)

    assert {finding.effect for finding in findings} == {Effect.HOLDS}


def test_no_rule_at_all_passes_by_an_explanation() -> None:
    """Its findings have no metric, so that they do not make a verdict of passed by themselves."""
    assert all(finding.metric is None for finding in _findings(ExplanationTerms(flip_rate_max=0.5), _explanation()))


def test_a_record_keeps_what_was_found() -> None:
    """Read back, the facts give the same findings."""
    facts = Facts(
        candidate=Candidate(name="m", version="1", digest="sha256:0"),
        data=DataFacts(digest="sha256:1"),
        predictions=PredictionFacts(source=PredictionSource.MODEL),
        explanation=_explanation(flips=50, apart=0.7),
    )

    through = ProxyFlips(feature="group", proxies=("x",), any=_rate(3, 1000))
    more = replace(facts, explanation=replace(_explanation(), proxy_flips=(through,)))

    assert facts_from_json(facts_json(facts)) == facts
    assert facts_from_json(facts_json(more)) == more
    assert "proxy_flips" not in str(facts_json(facts))
    assert "explanation" not in facts_json(replace(facts, explanation=None))


def test_small_cells_are_not_shown() -> None:
    """No number by group, and none of few rows, is left; what is safe stays."""
    hidden, safe = withheld(_explanation(flips=5), 10), withheld(_explanation(flips=50), 10)

    assert (hidden.flips[0].any, hidden.flips[0].pairs, hidden.flips[0].groups, hidden.proxies[0].groups) == (None, (), (), ())
    assert safe.flips[0].any is not None
    assert safe.surrogate is not None
    assert [leaf.rows for leaf in safe.surrogate.leaves] == [None]
    assert withheld(_explanation(agreeing=995), 10).surrogate is None


@pytest.mark.parametrize(("hits", "shown"), [(5, False), (50, True)])
def test_small_cells_of_proxies_are_not_shown(hits: int, *, shown: bool) -> None:
    """Neither a small rate, nor which inputs tell the group, nor any number by group."""
    through = ProxyFlips(feature="group", proxies=("x",), any=_rate(hits, 1000), groups=(GroupRate(feature="group", group="a", rate=_rate(9, 20)),))
    (hidden,) = withheld(replace(_explanation(), proxy_flips=(through,)), 10).proxy_flips

    assert (hidden.any is not None, hidden.proxies, hidden.groups) == (shown, (), ())


def test_no_count_follows_from_what_is_left() -> None:
    """A mean loss of labels is errors over rows, and a part that is missing says how few rows a group has."""
    found = replace(_explanation(), base_loss=0.01, not_produced=("subgroups: fewer than 50 rows of hispanic",))
    hidden = withheld(found, 10)

    assert hidden.base_loss is None
    assert {entry.loss for entry in hidden.importances} <= {None}
    assert hidden.not_produced == ("subgroups: not shown (privacy.min_cell 10)",)


def _reasons(stable: int, cases: int = 300, *, first: int = 200) -> LocalReasons:
    group = GroupRate(feature="group", group="a", rate=_rate(3, 150))
    reason = TopReason(feature="x", words="Merit is too low.", first=_rate(first, cases), groups=(group,))
    return LocalReasons(cases=cases, refused=cases, walks=40, stable=_rate(stable, cases), reasons=(reason,))


@pytest.mark.parametrize(
    ("stable", "outcome"), [(300, Outcome.PASS), (285, Outcome.PASS), (272, Outcome.INCONCLUSIVE), (268, Outcome.INCONCLUSIVE), (200, Outcome.FAIL)]
)
def test_the_stability_of_reasons_has_to_be_proven(stable: int, outcome: Outcome) -> None:
    """A share above the floor that the cases do not prove is no pass."""
    found = replace(_explanation(), local_reasons=_reasons(stable))
    (finding,) = _findings(ExplanationTerms(reasons_stability_min=0.9), found)

    assert (finding.rule, finding.outcome) == ("reasons-stability", outcome)


def test_a_floor_under_the_stability_demands_the_reasons() -> None:
    """An explanation without them, as of a model that refuses nobody, is no pass."""
    (finding,) = _findings(ExplanationTerms(reasons_stability_min=0.0), _explanation())

    assert (finding.rule, finding.effect) == ("explanation-missing", Effect.HOLDS)


def _changes(found: int = 200, cases: int = 300) -> Counterfactuals:
    number = Measured(value=1.0, low=0.9, high=1.1)
    return Counterfactuals(
        cases=cases,
        fixed=("group",),
        found=_rate(found, cases),
        plausible=_rate(found // 2, found),
        cost=number,
        changes=(Changed(feature="x", rate=_rate(found, found)),),
        groups=(RecourseCost(feature="group", group="a", found=_rate(1, 2)),),
        gaps=(RecourseGap(feature="group", high="a", low="b", gap=number),),
    )


def test_small_cells_of_cases_are_not_shown() -> None:
    """Nothing by group is left, and nothing at all where a share counts few."""
    point = Point(value="1", mean=Measured(value=1.0, low=0.9, high=1.1), low=0.0, high=1.0)
    whole = replace(
        _explanation(),
        shapley=Shapley(rows=500, background=1000, walks=12, attributions=()),
        dependences=(Dependence(feature="x", reach=1.0, points=(point,), against=None, rows=300),),
        local_reasons=_reasons(280),
        counterfactuals=_changes(),
    )
    shown = withheld(whole, 10)
    few = withheld(replace(whole, local_reasons=_reasons(296), counterfactuals=_changes(295)), 10)

    assert shown.local_reasons is not None
    assert shown.counterfactuals is not None
    assert shown.shapley is not None
    assert [entry.groups for entry in shown.local_reasons.reasons] == [()]
    assert (shown.counterfactuals.groups, shown.counterfactuals.gaps, shown.dependences) == ((), (), ())
    assert (few.local_reasons, few.counterfactuals) == (None, None)


def test_the_rest_that_no_reason_holds_is_no_small_cell_either() -> None:
    """Cases that no listed reason is first for follow from the others by subtraction."""
    reasons = replace(
        _reasons(300), reasons=(TopReason(feature="x", words="x", first=_rate(150, 300)), TopReason(feature="y", words="y", first=_rate(145, 300)))
    )

    assert withheld(replace(_explanation(), local_reasons=reasons), 10).local_reasons is None


def test_the_facts_of_cases_come_back_from_the_record() -> None:
    """Law: what is written is read."""
    found = replace(_explanation(), local_reasons=_reasons(280), counterfactuals=_changes())
    facts = Facts(
        candidate=Candidate(name="m", version="1", digest="sha256:0"),
        data=DataFacts(digest="sha256:1"),
        predictions=PredictionFacts(source=PredictionSource.MODEL),
        explanation=found,
    )

    assert facts_from_json(facts_json(facts)) == facts
    assert "local_reasons" not in str(facts_json(replace(facts, explanation=_explanation())))
