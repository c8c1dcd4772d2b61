"""An attester speaks for people that approvers.yaml lists with an account of a forge, and for nobody else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from samples import finding
from securesystemslib.signer import Signer

from gate.core.approvers import Approver, Approvers, PublicKey, keyid_of
from gate.core.decision import Effect, Outcome
from gate.core.override import Act, Override, OverrideKind, Said
from gate.core.policy import OverrideTerms
from gate.judge.standing import Case, Party, standing
from gate.record.keys import new_key, signing_key
from gate.record.override import override_statement, read_override
from gate.record.signing import Unsound, seal, unseal
from gate.stages.overriding import overrides_of

NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)
DECISION = "sha256:" + "a" * 64
WANTED = Said(
    act=Act.REQUEST,
    decision=DECISION,
    subject="loans/3",
    reason="asked on GitHub",
    issued=NOW - timedelta(hours=2),
    nonce="n",
    kind=OverrideKind.WAIVE,
    rules=("parity",),
    expires=NOW + timedelta(days=5),
    on_behalf="github:lena",
)
PEOPLE = {
    "gate": ("gate", True, ()),
    "relay": ("attester", True, ()),
    "lena": ("ml", False, ("github:lena",)),
    "ann": ("model-risk", False, ("github:Ann-M", "ann@bank.test")),
    "bob": ("model-risk", False, ()),
}


@pytest.fixture(scope="module")
def hands(tmp_path_factory: pytest.TempPathFactory) -> tuple[Approvers, dict[str, Signer]]:
    """Everybody who is listed, and everybody's key."""
    folder, entries, signers = tmp_path_factory.mktemp("keys"), [], {}
    for name, (role, machine, identities) in PEOPLE.items():
        public = new_key(folder / f"{name}.pem")
        signer = signing_key(str(folder / f"{name}.pem"), {})
        assert signer is not None
        signers[name] = signer
        keys = (PublicKey(keyid=keyid_of(public), public=public),)
        entries.append(Approver(name=name, roles=(role,), machine=machine, identities=identities, keys=keys))
    return Approvers(entries=tuple(entries), digest="sha256:0"), signers


def _found(hands: tuple[Approvers, dict[str, Signer]], said: Said, by: str) -> Override:
    """The statement as it is read, signed by one of them."""
    (found,) = overrides_of([seal(override_statement(said), hands[1][by])], hands[0], chained={}, now=NOW)
    return found


def _approval(request: Override, account: str | None) -> Said:
    return Said(
        act=Act.APPROVE,
        decision=DECISION,
        subject="loans/3",
        reason="seen",
        issued=NOW - timedelta(hours=1),
        nonce="m",
        request=request.digest,
        on_behalf=account,
    )


def test_what_people_said_on_a_forge_stands(hands: tuple[Approvers, dict[str, Signer]]) -> None:
    """Asked for by one account and approved by another, both signed by the attester: it waives the rule, and names the people."""
    request = _found(hands, WANTED, "relay")
    answer = _found(hands, _approval(request, "github:ann-m"), "relay")
    case = Case(
        decision=DECISION,
        findings=(finding("parity", Outcome.FAIL, Effect.BLOCKS),),
        author=Party(identity="x", names=("bob",)),
        actor=Party(identity="y", names=("lena",)),
    )
    terms = OverrideTerms(approvers=1, roles=("model-risk",), max_days=30)

    found = standing(case, (request, answer), terms, now=NOW)
    assert (found.left, found.waivers[0].requester, found.waivers[0].approvers) == ((), "lena", ("ann",))

    himself = standing(replace(case, actor=Party(identity="z", names=("ann",))), (request, answer), terms, now=NOW)
    assert himself.left == ("parity",)


WRONG = {
    "a name is no account": ("relay", "ann"),
    "an e-mail address is no account": ("relay", "ann@bank.test"),
    "a login without its forge": ("relay", "ann-m"),
    "the login on another forge": ("relay", "gitlab:ann-m"),
    "an account that nobody has": ("relay", "github:eve"),
    "no login": ("relay", "github:"),
    "for nobody": ("relay", None),
    "the key that signs decisions": ("gate", "github:ann-m"),
    "a person for another": ("bob", "github:ann-m"),
    "a person for themselves, by account": ("ann", "github:ann-m"),
    "the attester for itself": ("relay", "relay"),
}


@pytest.mark.parametrize("case", WRONG)
def test_nobody_else_is_spoken_for(case: str, hands: tuple[Approvers, dict[str, Signer]]) -> None:
    """Whoever is not listed with exactly this account has said nothing, and nobody but an attester speaks for others."""
    by, account = WRONG[case]
    found = _found(hands, _approval(_found(hands, WANTED, "relay"), account), by)

    assert (found.fault is None, case) == (False, case)


def test_an_account_is_a_name_of_its_person() -> None:
    """Who started a check is known by login or account, so that nobody approves their own run under another spelling."""
    ann = Approver(name="ann", roles=("model-risk",), identities=("github:Ann-M",))

    assert [ann.is_known_as(name) for name in ("ann-m", "github:ann-m", "ann", "gitlab:ann-m", "github:ann")] == [True, True, True, False, False]
    assert [ann.is_account(name) for name in ("ann-m", "github:ann-m", "ann", "gitlab:ann-m", "github:")] == [False, True, False, False, False]


def test_a_statement_without_an_attester_reads_as_before(tmp_path: Path) -> None:
    """What was signed before accounts existed has no such key; an account of another type is no statement."""
    new_key(tmp_path / "k.pem")
    signer = signing_key(str(tmp_path / "k.pem"), {})
    assert signer is not None
    plain = override_statement(replace(WANTED, on_behalf=None))
    predicate = plain["predicate"]
    assert isinstance(predicate, dict)
    sealed = unseal(seal({**plain, "predicate": {**predicate, "on_behalf": 7}}, signer))

    assert "on_behalf" not in predicate
    assert isinstance(sealed, Unsound) or isinstance(read_override(sealed), Unsound)
