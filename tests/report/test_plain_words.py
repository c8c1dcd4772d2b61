"""Every metric and every outcome has a sentence for a reader who is no statistician."""

import re

import pytest
import samples
import scored

from gate.core.decision import Effect, Outcome, Verdict
from gate.core.metric import Form, Rate
from gate.core.policy import Burden
from gate.metrics.catalogue import CATALOGUE, meaning
from gate.report.plain import sentence

JARGON = re.compile(r"p-value|clopper|mover|bonferroni|null hypothesis|sigma|_difference|_ratio|one-sided", re.IGNORECASE)


@pytest.mark.parametrize("versus", [None, "champion", "cumulative"])
@pytest.mark.parametrize("outcome", Outcome)
def test_every_metric_and_outcome_has_a_sentence(outcome: Outcome, versus: str | None) -> None:
    """Of every task, alone, against a champion and against an anchor: whole sentences, no word of the trade, and a pass only where it passed."""
    for metric in CATALOGUE:
        found = samples.finding("rule", outcome, metric=metric.id, versus=versus, value=0.1, pair_value=0.1, lower=0.05, upper=0.15)
        said = sentence(samples.decision(Verdict.BLOCKED, (found,), samples.RACE), found)

        assert re.fullmatch(r"[A-Z].*\.", said), metric.id
        assert not JARGON.search(said), metric.id
        assert outcome is Outcome.PASS or "show that the rule is met" not in said


@pytest.mark.parametrize("rate", Rate)
def test_every_number_of_a_group_is_explained(rate: Rate) -> None:
    """No number of a table is left to be guessed."""
    assert len(meaning(rate).split()) >= 5


@pytest.mark.parametrize("outcome", [Outcome.PASS, Outcome.FAIL])
def test_a_bare_number_is_not_called_shown(outcome: Outcome) -> None:
    """Where the policy wants no proof, the sentence claims none."""
    found = samples.finding("rule", outcome, metric="f1_score_group_min", burden_of_proof=Burden.POINT_ESTIMATE, levels=None)

    assert "By the number alone" in sentence(samples.decision(Verdict.PASSED, (found,), samples.RACE), found)


def test_what_is_let_through_is_said_to_be_unsettled() -> None:
    """Nothing proven is not called met."""
    found = samples.finding("rule", Outcome.INCONCLUSIVE, Effect.NONE, metric="demographic_parity_ratio", burden_of_proof=Burden.GATE)

    assert "do not settle whether the rule is met; the policy lets it through" in sentence(samples.decision(Verdict.PASSED, (found,), samples.RACE), found)


def test_every_rule_of_a_real_judgement_has_a_sentence() -> None:
    """Scores, disparities, ratios, floors and intersections, as they come from the judgement; a check of our own is a sentence itself."""
    decision = scored.decided(scored.table(scored.rows(), 0.5))
    silent = [finding.rule for finding in decision.judgement.findings if not sentence(decision, finding) and finding.metric is not None]
    forms = {metric.form for metric in CATALOGUE}

    assert (silent, forms) == ([], set(Form))
