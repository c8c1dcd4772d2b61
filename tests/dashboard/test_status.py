"""A version is shown as allowed only where everything that was asked holds."""

from datetime import UTC, datetime, timedelta

import pytest

from gate.core.decision import Verdict
from gate.core.override import Act, Condition, Override, OverrideKind, Said, Standing, Waiver
from gate.core.verification import Check, Checked, Verification
from gate.dashboard.board import State, Status
from gate.dashboard.status import ended, state_of, status_of

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NOTHING = Standing(waivers=(), waived={}, left=())
EXPECTED = {
    Checked.BYTES: Status.NOT_PROVEN,
    Checked.RECORD: Status.NOT_PROVEN,
    Checked.SIGNATURE: Status.NOT_PROVEN,
    Checked.LEDGER: Status.NOT_PROVEN,
    Checked.CANDIDATE: Status.NOT_PROVEN,
    Checked.POLICY: Status.NOT_CURRENT,
    Checked.CONFIGURATION: Status.NOT_CURRENT,
    Checked.DATA: Status.NOT_CURRENT,
    Checked.EXPIRY: Status.LAPSED,
    Checked.REPLAY: Status.NOT_PROVEN,
    Checked.REVIEW: Status.NOT_CURRENT,
    Checked.VERDICT: Status.LAPSED,
}


def _found(*failing: Checked, verdict: Verdict | None = Verdict.PASSED, without: Checked | None = None) -> Verification:
    checks = tuple(Check(about=about, holds=about not in failing, detail=f"about {about}") for about in Checked if about is not without)
    return Verification(subject="m/1", digest="sha256:0", tier="high", checks=checks, decision="sha256:1", verdict=verdict)


def _status(found: Verification, standing: Standing | None = NOTHING, *, hashed: bool = True, fault: str = "") -> Status:
    return status_of(found, standing, fault=fault, hashed=hashed, now=NOW)[0]


def _waiver(*, expires: datetime, due: datetime | None = None, approvers: tuple[str, ...] = ("ann",), stands: bool = False) -> Waiver:
    conditions = () if due is None else (Condition(what="rows", owner="lena", due=due.date()),)
    said = Said(
        act=Act.REQUEST,
        decision="sha256:1",
        subject="m/1",
        reason="r",
        issued=NOW - timedelta(days=9),
        nonce="n",
        kind=OverrideKind.WAIVE,
        rules=("parity",),
        expires=expires,
        conditions=conditions,
    )
    request = Override(said=said, digest="sha256:2", signer="lena", fault=None)
    return Waiver(request=request, requester="lena", approvers=approvers, needed=1, faults=() if stands else ("no",), stands=stands)


@pytest.mark.parametrize("about", Checked)
def test_whatever_does_not_hold_is_no_pass(about: Checked) -> None:
    """Each check alone takes the pass away; only bytes that nobody meant to hash do not."""
    assert _status(_found()) is Status.PASSED
    assert _status(_found(about)) is EXPECTED[about]
    assert _status(_found(about), hashed=False).allowed is (about is Checked.BYTES)


@pytest.mark.parametrize("about", Checked)
def test_what_was_not_asked_is_not_proven(about: Checked) -> None:
    """A verification that lacks a check proves nothing, whatever the others say."""
    assert _status(_found(without=about)) is Status.NOT_PROVEN


def test_a_record_without_verdict_or_standing_is_not_proven() -> None:
    """No verdict, or nobody knows what was waived: not proven; no record: never checked, unless there should be one."""
    nothing = Verification(subject="m/1", digest="sha256:0", tier="high", checks=())
    cut = Verification(subject="m/1", digest="sha256:0", tier="high", checks=(Check(about=Checked.LEDGER, holds=False, detail="cut"),))

    assert (_status(_found(verdict=None)), _status(_found(), None)) == (Status.NOT_PROVEN, Status.NOT_PROVEN)
    assert (_status(nothing), _status(nothing, fault="not signed"), _status(cut)) == (Status.NEVER_CHECKED, Status.NOT_PROVEN, Status.NOT_PROVEN)


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.INCONCLUSIVE])
def test_what_is_not_passed_is_never_shown_as_passed(verdict: Verdict) -> None:
    """Overridden where all holds; its own verdict where nobody waived it; lapsed where only time has ended what people approved for all that is left."""
    over = _waiver(expires=NOW)
    left = Standing(waivers=(over,), waived={}, left=("parity",))
    more = Standing(waivers=(over,), waived={}, left=("parity", "useful"))

    assert _status(_found(verdict=verdict)) is Status.OVERRIDDEN
    assert _status(_found(Checked.VERDICT, verdict=verdict), Standing(waivers=(), waived={}, left=("parity",))) is Status(verdict.value)
    assert _status(_found(Checked.VERDICT, verdict=verdict), left) is Status.LAPSED
    assert _status(_found(Checked.VERDICT, verdict=verdict), more) is Status(verdict.value)


def test_a_request_is_what_became_of_it() -> None:
    """It stands, waits, has lapsed after enough people approved, or ended; a condition that is overdue ends it too."""
    later = NOW + timedelta(days=3)
    overdue = _waiver(expires=later, due=NOW - timedelta(days=1))
    found = [
        state_of(waiver, taken_back=back, now=NOW)
        for waiver, back in (
            (_waiver(expires=later, stands=True), False),
            (_waiver(expires=later, approvers=()), False),
            (_waiver(expires=NOW), False),
            (overdue, False),
            (_waiver(expires=NOW, approvers=()), False),
            (_waiver(expires=later, approvers=()), True),
            (_waiver(expires=NOW), True),
        )
    ]

    assert found == [State.STANDS, State.WAITS, State.LAPSED, State.LAPSED, State.ENDED, State.ENDED, State.ENDED]
    assert not ended(_waiver(expires=NOW, approvers=()), NOW)
