"""Overrides waive what people with the right to do so have approved, and nothing else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import finding

from gate.core.decision import Effect, Outcome
from gate.core.override import Act, Condition, Override, OverrideKind, Said
from gate.core.policy import Enforcement, OverrideTerms
from gate.judge.standing import NOTHING, Case, Party, standing

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)
DECISION, OTHER = "sha256:" + "a" * 64, "sha256:" + "b" * 64
TERMS = OverrideTerms(approvers=2, roles=("model-risk",), max_days=30)
SOFT = finding("parity", Outcome.FAIL, Effect.BLOCKS)
HARD = finding("useful", Outcome.FAIL, Effect.BLOCKS, enforcement=Enforcement.HARD_MANDATORY)
UNSURE = finding("odds", Outcome.INCONCLUSIVE, Effect.HOLDS)
UNDISPROVED = finding("watch", Outcome.INCONCLUSIVE, Effect.NONE)
CASE = Case(decision=DECISION, findings=(SOFT,), author=Party(identity="mia@x.org", names=("mia",)), actor=Party(identity="runner", names=("ci",)))


def _request(
    *rules: str,
    kind: OverrideKind = OverrideKind.WAIVE,
    days: int = 10,
    ago: timedelta = timedelta(hours=2),
    by: str | None = "lena",
    fault: str | None = None,
    decision: str = DECISION,
    conditions: tuple[Condition, ...] = (),
) -> Override:
    issued = NOW - ago
    said = Said(
        act=Act.REQUEST,
        decision=decision,
        subject="m/1",
        reason="needed",
        issued=issued,
        nonce="n",
        kind=kind,
        rules=rules or ("parity",),
        expires=issued + timedelta(days=days),
        conditions=conditions,
    )
    return Override(said=said, digest="sha256:" + "1" * 64, signer=by, fault=fault, roles=("ml",))


def _answer(
    by: str | None,
    act: Act = Act.APPROVE,
    *,
    roles: tuple[str, ...] = ("model-risk",),
    fault: str | None = None,
    number: int = 0,
    ago: timedelta = timedelta(hours=1),
    decision: str = DECISION,
    request: str = "sha256:" + "1" * 64,
) -> Override:
    said = Said(act=act, decision=decision, subject="m/1", reason="seen", issued=NOW - ago, nonce=str(number), request=request)
    return Override(said=said, digest=f"sha256:{by}{act}{number}", signer=by, fault=fault, roles=roles)


def _left(*statements: Override, case: Case = CASE, terms: OverrideTerms | None = TERMS) -> tuple[str, ...]:
    return standing(case, statements, terms, now=NOW).left


def test_two_people_of_the_role_waive_it() -> None:
    """The finding is named with who waived it, and nothing is left."""
    found = standing(CASE, [_request(), _answer("ann"), _answer("bob")], TERMS, now=NOW)

    assert (found.left, found.waived["parity"].approvers, found.waived["parity"].requester) == ((), ("ann", "bob"), "lena")


@pytest.mark.parametrize(
    "statements",
    [
        [],
        [_request()],
        [_request(), _answer("ann")],
        [_request(), _answer("ann"), _answer("ann", number=1)],
        [_request(), _answer("ann"), _answer("lena")],
        [_request(), _answer("ann"), _answer("mia")],
        [_request(), _answer("ann"), _answer("ci")],
        [_request(), _answer("ann"), _answer("bob", roles=("ml",))],
        [_request(), _answer("ann"), _answer("bob", roles=())],
        [_request(), _answer("ann"), _answer("bob", fault="its key was revoked")],
        [_request(), _answer("ann"), _answer(None)],
        [_request(), _answer("ann"), _answer("bob", ago=timedelta(hours=3))],
        [_request(), _answer("ann"), _answer("bob", ago=timedelta(hours=-1))],
        [_request(), _answer("ann"), _answer("bob", decision=OTHER)],
        [_request(), _answer("ann"), _answer("bob", request=OTHER)],
        [_request(), _answer("ann"), _answer("bob"), _answer("cem", Act.REJECT)],
        [_request(), _answer("ann"), _answer("bob"), _answer("cem", Act.REVOKE)],
        [_request(), _answer("ann"), _answer("bob"), _answer("lena", Act.REVOKE, roles=("ml",))],
        [_request(by=None), _answer("ann"), _answer("bob")],
        [_request(fault="it is not signed"), _answer("ann"), _answer("bob")],
        [_request(days=31), _answer("ann"), _answer("bob")],
        [_request(ago=timedelta(days=11)), _answer("ann"), _answer("bob")],
        [_request(decision=OTHER), _answer("ann"), _answer("bob")],
        [_request("odds"), _answer("ann"), _answer("bob")],
        [_request(kind=OverrideKind.ACCEPT_UNCERTAINTY), _answer("ann"), _answer("bob")],
        [
            _request(kind=OverrideKind.CONDITIONAL, conditions=(Condition(what="retrain", owner="mia", due=NOW.date() - timedelta(days=1)),)),
            _answer("ann"),
            _answer("bob"),
        ],
    ],
)
def test_everything_less_waives_nothing(statements: list[Override]) -> None:
    """Too few, the same twice, the requester, the author, who started it, another role, a bad key, another decision, too late, too long."""
    assert _left(*statements) == ("parity",)


def test_a_policy_without_terms_allows_none() -> None:
    """However many approve."""
    assert _left(_request(), _answer("ann"), _answer("bob"), terms=None) == ("parity",)


def test_an_unknown_author_cannot_be_shown_to_be_somebody_else() -> None:
    """Separation of duties needs to know who made the model, and who started the check."""
    for nobody in (Party(identity=None), Party(identity="ann.private@x.org")):
        assert _left(_request(), _answer("ann"), _answer("bob"), case=replace(CASE, author=nobody)) == ("parity",)
        assert _left(_request(), _answer("ann"), _answer("bob"), case=replace(CASE, actor=nobody)) == ("parity",)


def test_a_hard_rule_is_never_waived_and_one_rule_is_not_all() -> None:
    """Asking for it does not help, and what nobody asked for stays in the way."""
    case = replace(CASE, findings=(SOFT, HARD, UNSURE))

    assert _left(_request("parity", "useful", "odds"), _answer("ann"), _answer("bob"), case=case) == ("useful",)
    assert _left(_request("parity"), _answer("ann"), _answer("bob"), case=case) == ("useful", "odds")


def test_uncertainty_is_accepted_by_one() -> None:
    """Missing evidence takes one approver, and never covers a violation of the same rule elsewhere."""
    kind = OverrideKind.ACCEPT_UNCERTAINTY
    unsure = replace(CASE, findings=(UNSURE,))
    both = replace(CASE, findings=(UNSURE, replace(UNSURE, outcome=Outcome.FAIL, effect=Effect.BLOCKS)))

    assert _left(_request("odds", kind=kind), _answer("ann"), case=unsure) == ()
    assert _left(_request("odds", kind=kind), _answer("ann"), _answer("bob"), case=both) == ("odds",)


def test_a_condition_holds_until_its_day() -> None:
    """On the day itself it still stands."""
    condition = Condition(what="retrain", owner="mia", due=NOW.date())

    assert _left(_request(kind=OverrideKind.CONDITIONAL, conditions=(condition,)), _answer("ann"), _answer("bob")) == ()


def test_what_does_not_stop_it_needs_no_waiver() -> None:
    """Something that the gate could not disprove is in nobody's way."""
    assert _left(_request(), _answer("ann"), _answer("bob"), case=replace(CASE, findings=(SOFT, UNDISPROVED))) == ()


def test_where_nothing_was_judged_nothing_is_waived() -> None:
    """Neither where every rule was not applicable, nor where the decision could not be recomputed."""
    check = replace(UNSURE, rule="coverage-missing-value", metric=None)
    nothing = replace(finding("parity", Outcome.NOT_APPLICABLE), effect=Effect.NONE)
    everything = (_request("coverage-missing-value", "parity"), _answer("ann"), _answer("bob"))

    for findings in ((check, nothing), (), None):
        assert _left(*everything, case=replace(CASE, findings=findings)) == (NOTHING,)


def test_a_rejection_by_nobody_in_particular_changes_nothing() -> None:
    """Who has no right to reject cannot block an override either."""
    strangers = [_answer("eve", Act.REJECT, roles=("ml",)), _answer("eve", Act.REVOKE, roles=("ml",)), _answer("cem", Act.REJECT, fault="expired")]

    assert _left(_request(), _answer("ann"), _answer("bob"), *strangers) == ()


ANSWERS = st.builds(
    _answer,
    st.sampled_from(["ann", "bob", "lena", "mia", "ci", "eve", None]),
    st.sampled_from(Act),
    roles=st.sampled_from([("model-risk",), ("ml",), ()]),
    fault=st.sampled_from([None, "bad key"]),
    number=st.integers(0, 5),
    decision=st.sampled_from([DECISION, OTHER]),
)


@given(st.lists(ANSWERS, max_size=8), st.sampled_from(OverrideKind))
def test_no_statements_whatever_waive_a_hard_rule(answers: list[Override], kind: OverrideKind) -> None:
    """A hard-mandatory violation stays in the way, whoever signs what."""
    assert _left(_request("useful", kind=kind), *answers, case=replace(CASE, findings=(HARD,))) == ("useful",)


@given(st.lists(ANSWERS, max_size=6), ANSWERS)
def test_a_statement_without_rights_changes_nothing(answers: list[Override], more: Override) -> None:
    """Adding what somebody signed who may not, or whose key does not count, leaves everything in the way that was."""
    powerless = replace(more, roles=(), signer="eve")

    assert _left(_request(), *answers, powerless) == _left(_request(), *answers)
