"""What counts as an alternative, and which search on the record is the one that a policy demands."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from securesystemslib.signer import CryptoSigner

from gate.core.alternatives import Tried
from gate.core.decision import Effect, Finding, Judgement, Outcome, Verdict
from gate.core.mitigation import GROUP_DEPENDENT, MitigationTerms, Technique
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import Enforcement, ForbiddenInputs, Policy, Rule, Scope, Threshold
from gate.core.promotion import Rollback
from gate.core.searches import AlternativeTerms, Attempt, Necessity, Searched, SignedSearch
from gate.core.verification import Check, Checked
from gate.judge.alternatives import UTILITY, efficient
from gate.judge.searches import alternatives, incomparable, refusal, search_for, wanted
from gate.judge.standing import Party
from gate.record.searches import read_search, search_statement
from gate.record.signing import Sealed, Unsound, seal, unseal
from gate.record.statement import Link
from gate.stages.promoting import History, excused
from gate.stages.searches import account

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)
FILES, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
SEX = SensitiveFeature(name="sex", column="sex", groups=(DeclaredGroup(name="f", value="f"), DeclaredGroup(name="m", value="m")))
MODEL = ModelConfig(name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=(SEX,))
RULE = Rule(id="r", metric="accuracy", threshold=Threshold(min=0.5), scope=Scope.OVERALL, enforcement=Enforcement.SOFT_MANDATORY)
POLICY = Policy(
    tier="high",
    rules=(RULE,),
    alternatives=AlternativeTerms(require=("model-risk",), utility_tolerance=0.02),
    mitigation=MitigationTerms(approved=(Technique.REWEIGHING,)),
)
AUTHOR = Party(identity="mia@x.org", names=("mia",))
SAID = Searched(
    model=FILES,
    subject="m/1",
    search=OTHER,
    training=OTHER,
    validation=OTHER,
    utility="balanced_accuracy",
    tolerance=0.02,
    tried=(Attempt(name="plain", technique="plain", utility=0.8), Attempt(name="reweighing", technique="reweighing", utility=0.79)),
    not_reached=(),
    better=("reweighing",),
    reason="It lends less to both.",
    necessity=Necessity(purpose="p", necessity="n", evidence="e", owner="o"),
    issued=NOW,
    nonce="1",
)
SIGNED = SignedSearch(said=SAID, digest=OTHER, signer="ann", fault=None, roles=("model-risk",))


def _measured(rule: str, value: float | None) -> Finding:
    return Finding(
        rule=rule,
        metric="balanced_accuracy" if rule == UTILITY else "demographic_parity_difference",
        value=value,
        outcome=Outcome.PASS,
        effect=Effect.NONE,
        enforcement=Enforcement.ADVISORY,
        message="",
        threshold=Threshold(max=1.0),
    )


def _tried(name: str, useful: float | None, *gaps: float | None) -> Tried:
    found = (_measured(UTILITY, useful), *(_measured(f"mitigate:{place}", gap) for place, gap in enumerate(gaps)))
    technique = Technique.PLAIN if name == "plain" else Technique.REWEIGHING
    return Tried(name=name, technique=technique, judgement=Judgement(verdict=Verdict.PASSED, findings=found, groups=(), coverage=()))


def test_an_alternative_is_milder_in_one_gap_and_worse_in_none() -> None:
    """And loses no more utility than is tolerated, to the digit."""
    tried = [_tried("plain", 0.8, 0.2, 0.2), _tried("a", 0.75, 0.1, 0.2), _tried("b", 0.9, 0.1, 0.3), _tried("c", 0.7, 0.0, 0.0), _tried("d", 0.8, 0.2, 0.2)]

    assert alternatives(tried, 0.05) == ("a",)
    assert alternatives(tried, 0.11) == ("a", "c")
    assert alternatives(tried, 0.01) == ()


def test_a_gap_that_is_not_shown_makes_no_alternative() -> None:
    """Nobody knows whether it is milder."""
    assert alternatives([_tried("plain", 0.8, 0.2, 0.2), _tried("a", 0.9, 0.1)], 0.1) == ()


def test_a_candidate_without_a_number_is_named() -> None:
    """Whoever signs hears of which one nobody knows whether it is milder; one that gives no model is no such case."""
    tried = [_tried("plain", 0.8, 0.2, 0.2), _tried("a", 0.9, 0.1, None), _tried("b", 0.9, 0.1), _tried("c", None, 0.1, 0.1), _tried("d", 0.7, 0.3, 0.3)]

    assert incomparable([*tried, Tried(name="e", technique=Technique.REWEIGHING, reason="no model")]) == ("a", "b", "c")


@pytest.mark.parametrize("gaps", [(), (None, None), (0.3, None)])
def test_no_list_of_alternatives_is_empty_for_want_of_a_disparity(gaps: tuple[float | None, ...]) -> None:
    """Where the plain model's own disparities are not known, nothing was found out, and nothing is what may be signed."""
    with pytest.raises(ValueError, match="nothing to compare with"):
        alternatives([_tried("plain", 0.8, *gaps), _tried("a", 0.8, 0.0, 0.1)], 0.1)


def test_a_gap_is_compared_with_the_same_gap_alone() -> None:
    """One that is withheld moves no other into its place, for alternatives or for the frontier."""
    plain, mild = _tried("plain", 0.8, 0.01, 0.3), _tried("a", 0.8, None, 0.005)

    assert alternatives([plain, mild], 0.1) == ()
    assert efficient([_tried("plain", 0.8, 0.01, None), mild]) == frozenset()


def test_what_may_not_be_shown_is_compared_all_the_same() -> None:
    """A milder candidate is found by the numbers before any was withheld, since the statement holds names."""
    whole = (_tried("plain", 0.8, 0.3, 0.1), _tried("a", 0.8, 0.0, 0.1))
    shown = (_tried("plain", 0.8, None, None), _tried("a", 0.8, None, None))
    tried = [replace(less, whole=more.judgement) for less, more in zip(shown, whole, strict=True)]

    assert alternatives(tried, 0.01) == ("a",)
    assert incomparable(tried) == ()


def test_without_the_plain_model_there_is_nothing_to_compare_with() -> None:
    """No list of alternatives that is empty for want of a comparison."""
    with pytest.raises(ValueError, match="nothing to compare with"):
        alternatives([_tried("a", 0.9, 0.1)], 0.1)


def test_a_search_that_is_what_is_demanded_counts() -> None:
    """The newest of several."""
    later = replace(SIGNED, said=replace(SAID, issued=NOW + timedelta(days=1)), digest=FILES)

    assert search_for(POLICY, MODEL, (later, SIGNED), files=FILES, author=AUTHOR) == (later, ())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"fault": "it was signed in the future"}, "future"),
        ({"roles": ("ml",)}, "does not have the role model-risk"),
        ({"signer": "mia"}, "mia made the model"),
        ({"said": replace(SAID, tolerance=0.01)}, "the policy wants 0.02"),
        ({"said": replace(SAID, not_reached=("reweighing for sex",))}, "its budget left out 1 step"),
        ({"said": replace(SAID, tried=SAID.tried[:1], better=())}, "it did not try reweighing"),
        ({"said": replace(SAID, tried=tuple(replace(entry, utility=None) for entry in SAID.tried), better=())}, "it did not try plain, reweighing"),
    ],
)
def test_what_is_not_what_is_demanded_does_not_count(changed: dict[str, Any], reason: str) -> None:
    """Whatever else is right; and it is said why."""
    found, notes = search_for(POLICY, MODEL, (replace(SIGNED, **changed),), files=FILES, author=AUTHOR)

    assert found is None
    assert reason in notes[0]


def test_a_technique_of_which_nothing_comes_was_tried() -> None:
    """On fair rows no input tells the groups apart: that is an answer, and a failure is none."""
    idle = replace(SAID, tried=(SAID.tried[0], replace(SAID.tried[1], utility=None, nothing="no input tells the groups apart")), better=(), reason="")

    assert refusal(POLICY, MODEL, replace(SIGNED, said=idle), AUTHOR) == ""


def test_where_no_technique_is_approved_nothing_was_searched() -> None:
    """A policy that demands a search and lets nothing through is not met by the plain model alone."""
    none = replace(POLICY, mitigation=MitigationTerms(approved=()))
    plain = replace(SAID, tried=SAID.tried[:1], better=(), reason="")

    assert refusal(none, MODEL, replace(SIGNED, said=plain), AUTHOR) == "the policy approves no technique, so nothing was searched"


def test_a_search_about_other_files_is_none() -> None:
    """It is not even noted."""
    assert search_for(POLICY, MODEL, (SIGNED,), files=OTHER, author=AUTHOR) == (None, ())


def test_an_unknown_author_makes_nobody_somebody_else() -> None:
    """Whoever signs might have made it."""
    assert "nobody knows who made the model" in refusal(POLICY, MODEL, SIGNED, Party(identity="x", names=()))


def test_what_has_to_be_tried_is_what_the_policy_lets_through() -> None:
    """All that it approves; nothing that needs a column which no model may get."""
    anything = replace(POLICY, mitigation=MitigationTerms())

    assert wanted(POLICY, MODEL) == (Technique.PLAIN, Technique.REWEIGHING)
    assert wanted(anything, MODEL) == tuple(Technique)
    assert not GROUP_DEPENDENT & set(wanted(replace(anything, forbidden_inputs=ForbiddenInputs(sensitive=True)), MODEL))
    assert not GROUP_DEPENDENT & set(wanted(replace(anything, mitigation=MitigationTerms(forbid_group_dependent=True)), MODEL))


def test_what_was_compared_with_is_said() -> None:
    """The deployed model is not measured: verify's line and the statement speak of a plain retraining, and a statement that does not is none."""
    statement = search_statement(SAID)
    silent = {key: value for key, value in statement["predicate"].items() if key != "compared_with"}  # type: ignore[union-attr]
    sealed = unseal(seal({**statement, "predicate": silent}, CryptoSigner(Ed25519PrivateKey.generate())))

    assert account(SIGNED).startswith("1 of 2 candidates are less discriminatory than a plain retraining within 0.02 of balanced_accuracy, not taken: ")
    assert statement["predicate"]["compared_with"] == "a plain retraining"  # type: ignore[index,call-overload]
    assert isinstance(sealed, Sealed)
    assert isinstance(read_search(sealed), Unsound)


def test_no_rollback_excuses_a_search_that_is_missing() -> None:
    """What is owed to people stays owed at two in the morning, as the page on it says; what changed around the version is excused."""
    history = History(rollback=(Rollback(reason="Version 2 times out.", expires=NOW), "ann"))
    missing = Check(about=Checked.REVIEW, holds=False, detail="no search for less discriminatory alternatives is on the record")

    assert excused(missing, history) == missing
    assert excused(replace(missing, about=Checked.POLICY), history).holds


@pytest.mark.parametrize("link", [None, Link(position=2, previous=OTHER)])
def test_a_statement_is_read_back(link: Link | None) -> None:
    """As it was said, place included, and a technique of which nothing comes."""
    said = replace(SAID, tried=(*SAID.tried, Attempt(name="drop", technique="drop_proxies", utility=None, nothing="no input tells the groups apart")))
    sealed = unseal(seal(search_statement(said, link=link), CryptoSigner(Ed25519PrivateKey.generate())))

    assert isinstance(sealed, Sealed)
    assert read_search(sealed) == (said, link)


@pytest.mark.parametrize(
    "said",
    [
        replace(SAID, reason=""),
        replace(SAID, better=("nobody",)),
        replace(SAID, tolerance=2.0),
        replace(SAID, nonce=" "),
        replace(SAID, tried=tuple(replace(entry, nothing="no input tells the groups apart") for entry in SAID.tried)),
        replace(SAID, necessity=Necessity(purpose="p", necessity="", evidence="e", owner="o")),
        replace(SAID, tried=(Attempt(name="plain", technique="plain", utility=0.8), Attempt(name="reweighing", technique="reweighing", utility=None))),
    ],
)
def test_a_statement_that_contradicts_itself_is_none(said: Searched) -> None:
    """An alternative that nobody tried or measured, or that was passed over without a word, a tolerance that is no share, a necessity with a gap."""
    sealed = unseal(seal(search_statement(said), CryptoSigner(Ed25519PrivateKey.generate())))

    assert isinstance(sealed, Sealed)
    assert isinstance(read_search(sealed), Unsound)
