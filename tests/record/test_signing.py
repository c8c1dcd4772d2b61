"""Signed statements: what is not exactly what was signed is nothing."""

import base64
import json
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from securesystemslib.signer import CryptoSigner, Signer

from gate.core.approvers import PublicKey, keyid_of
from gate.core.canonical import canonical, digest
from gate.core.override import Act, Condition, OverrideKind, Said
from gate.core.promotion import Promotion, Rollback
from gate.core.review import Answer, Checklist, Filled
from gate.core.tier import Lowering
from gate.record.keys import new_key, public_of, signing_key
from gate.record.override import override_statement, read_override
from gate.record.promotion import promotion_statement, read_promotion
from gate.record.review import read_review, review_statement
from gate.record.signing import Sealed, Unsound, seal, signed_by, unseal
from gate.record.statement import Link, Making, Recorded, decision_statement, read_statement
from gate.record.tier import lowering_statement, read_lowering

SUBJECT = "sha256:" + "a" * 64
WHEN = datetime(2026, 8, 1, 12, tzinfo=UTC)
DECISION = {
    "schema": "gate.decision/v1",
    "judgement": "v1",
    "verdict": "passed",
    "candidate": {"name": "m", "version": "3", "digest": SUBJECT},
    "findings": [],
}
MAKING = Making(approvers=None, author="mia", actor="ci", issued=WHEN, expires=WHEN + timedelta(days=90), run="0" * 32)
PROMOTION = Promotion(
    decision="sha256:" + "d" * 64,
    candidate="sha256:" + "c" * 64,
    subject="loans/3",
    alias="champion",
    actor="ci",
    issued=datetime(2026, 8, 3, 9, tzinfo=UTC),
    nonce="n",
    rollback=Rollback(reason="It times out.", expires=datetime(2026, 8, 10, 9, tzinfo=UTC)),
)
REVIEW = Filled(
    decision=SUBJECT,
    subject="m/3",
    checklist=Checklist.BEFORE,
    answers=(Answer(id="oversight", question="Who may overrule it?", answer="Any officer."),),
    issued=WHEN,
    nonce="n",
)
LOWERING = Lowering(
    decision=SUBJECT, model="m", before="high", after="limited", reason="Drafts only.", issued=WHEN, expires=WHEN + timedelta(days=9), nonce="n"
)
SAID = Said(
    act=Act.REQUEST,
    decision=SUBJECT,
    subject="m/3",
    reason="needed",
    issued=WHEN,
    nonce="n",
    kind=OverrideKind.CONDITIONAL,
    rules=("parity",),
    expires=WHEN + timedelta(days=9),
    conditions=(Condition(what="retrain", owner="mia", due=WHEN.date()),),
)


@pytest.fixture(scope="module")
def key() -> Signer:
    """A key of the gate's."""
    signer = CryptoSigner.generate_ed25519()
    public = public_of(signer)
    return CryptoSigner(signer._private_key, type(signer.public_key)(keyid_of(public), "ed25519", "ed25519", signer.public_key.keyval))


def _record(key: Signer | None) -> bytes:
    return seal(decision_statement(DECISION, MAKING, recorded=True, link=Link(position=1, previous=None)), key)


def _override(key: Signer | None) -> bytes:
    return seal(override_statement(SAID, link=Link(position=2, previous=SUBJECT)), key)


def _promotion(key: Signer) -> bytes:
    return seal(promotion_statement(PROMOTION, link=Link(position=3, previous=SUBJECT)), key)


def _review(key: Signer) -> bytes:
    return seal(review_statement(REVIEW, link=Link(position=3, previous=SUBJECT)), key)


def _lowering(key: Signer) -> bytes:
    return seal(lowering_statement(LOWERING, link=Link(position=3, previous=SUBJECT)), key)


def _known(key: Signer) -> tuple[PublicKey, ...]:
    public = public_of(key)
    return (PublicKey(keyid=keyid_of(public), public=public),)


def _believed(data: bytes, key: Signer) -> bool:
    """Whether anybody would take it for a statement of this key."""
    sealed = unseal(data)
    if isinstance(sealed, Unsound) or signed_by(sealed, _known(key)) is None:
        return False
    return not all(isinstance(read(sealed), Unsound) for read in (read_statement, read_override, read_promotion, read_review, read_lowering))


def test_what_was_sealed_is_read_back(key: Signer) -> None:
    """Decision and override, with everything that they say."""
    record, override = unseal(_record(key)), unseal(_override(key))
    assert isinstance(record, Sealed)
    assert isinstance(override, Sealed)
    read = read_statement(record)

    assert isinstance(read, Recorded)
    assert (read.decision, read.making, read.link, read.decision_digest) == (
        DECISION,
        MAKING,
        Link(position=1, previous=None),
        digest(canonical(DECISION) + b"\n"),
    )
    assert read_override(override) == (SAID, Link(position=2, previous=SUBJECT))
    assert isinstance(read_statement(override), Unsound)
    assert isinstance(read_override(record), Unsound)


def test_a_promotion_is_read_back(key: Signer) -> None:
    """With its rollback, and as nothing else; a decision is no promotion."""
    sealed, record = unseal(_promotion(key)), unseal(_record(key))
    assert isinstance(sealed, Sealed)
    assert isinstance(record, Sealed)

    assert read_promotion(sealed) == (PROMOTION, Link(position=3, previous=SUBJECT))
    assert [isinstance(read(sealed), Unsound) for read in (read_statement, read_override)] == [True, True]
    assert isinstance(read_promotion(record), Unsound)


def test_a_review_is_read_back(key: Signer) -> None:
    """With its answers, and as nothing else; an override is no review."""
    sealed, override = unseal(_review(key)), unseal(_override(key))
    assert isinstance(sealed, Sealed)
    assert isinstance(override, Sealed)

    assert read_review(sealed) == (REVIEW, Link(position=3, previous=SUBJECT))
    assert [isinstance(read(sealed), Unsound) for read in (read_statement, read_override, read_promotion)] == [True] * 3
    assert isinstance(read_review(override), Unsound)


def test_a_lowered_tier_is_read_back(key: Signer) -> None:
    """With everything that it says, and as nothing else; one that lowers nothing, or ends before it begins, is none."""
    sealed = unseal(_lowering(key))
    assert isinstance(sealed, Sealed)
    assert read_lowering(sealed) == (LOWERING, Link(position=3, previous=SUBJECT))
    assert [isinstance(read(sealed), Unsound) for read in (read_statement, read_override, read_promotion, read_review)] == [True] * 4
    for wrong in (replace(LOWERING, after="high"), replace(LOWERING, expires=WHEN), replace(LOWERING, reason=" ")):
        other = unseal(seal(lowering_statement(wrong), key))
        assert isinstance(other, Sealed)
        assert isinstance(read_lowering(other), Unsound)


@pytest.mark.parametrize(
    "change",
    [{"answers": []}, {"answers": [{"id": "a", "question": "?", "answer": " "}]}, {"answers": [{"id": "a", "question": "?", "answer": "x"}] * 2}, {"extra": 1}],
)
def test_a_review_that_nobody_could_have_written_is_none(key: Signer, change: dict[str, object]) -> None:
    """Without answers, with an empty one, with two to one question, or with something beside them: signed, and still nothing."""
    said = review_statement(REVIEW)
    sealed = unseal(seal({**said, "predicate": {**said["predicate"], **change}}, key))  # type: ignore[dict-item]  # JSON
    assert isinstance(sealed, Sealed)

    assert isinstance(read_review(sealed), Unsound)


@pytest.mark.parametrize("make", [_record, _override, _promotion, _review, _lowering])
def test_no_mutated_envelope_is_believed(key: Signer, make: Callable[[Signer], bytes]) -> None:
    """Six hundred envelopes with one byte, letter, field or line changed, taken away or doubled; none is a statement of this key."""
    data, rng = make(key), random.Random(11)
    assert _believed(data, key)
    for number in range(600):
        changed = bytearray(data)
        place = rng.randrange(len(data))
        match number % 4:
            case 0:
                changed[place] ^= 1 << rng.randrange(8)
            case 1:
                del changed[place]
            case 2:
                changed[place:place] = changed[place : place + 1]
            case _:
                changed[place:place] = rng.choice([b" ", b"\n", b'"x":1,', b"\\u0061"])
        if bytes(changed) != data:
            assert not _believed(bytes(changed), key), bytes(changed)


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["signatures"].append(document["signatures"][0]),
        lambda document: document["signatures"].clear(),
        lambda document: document.update(extra=1),
        lambda document: document["signatures"][0].update(extra="1"),
        lambda document: document.update(payloadType="application/json"),
        lambda document: document.update(payload=document["payload"] + "\n"),
        lambda document: document.update(payload=_payload(document, '"passed"', '"blocked"')),
        lambda document: document.update(payload=_payload(document, '"verdict":"passed"', '"verdict":"blocked","verdict":"passed"')),
        lambda document: document.update(payload=_payload(document, '"passed"', '"p\\u0061ssed"')),
    ],
)
def test_no_other_way_of_writing_it_is_accepted(key: Signer, change: Callable[[dict[str, object]], None]) -> None:
    """A second signature, none, a field beside, another type, spaces in base64, a key twice, an escape: none is believed."""
    document = json.loads(_record(key))
    change(document)

    assert not _believed(canonical(document) + b"\n", key)


def _payload(document: dict[str, str], old: str, new: str) -> str:
    text = base64.b64decode(document["payload"]).decode()
    assert old in text
    return base64.b64encode(text.replace(old, new).encode()).decode()


def test_another_key_and_none_are_not_this_one(key: Signer) -> None:
    """Signed by a stranger, or under this key's name by a stranger, or by nobody."""
    stranger = CryptoSigner.generate_ed25519()
    disguised = CryptoSigner(stranger._private_key, type(stranger.public_key)(key.public_key.keyid, "ed25519", "ed25519", stranger.public_key.keyval))

    assert [_believed(_record(signer), key) for signer in (key, stranger, disguised, None)] == [True, False, False, False]


def test_what_contradicts_itself_is_no_record(key: Signer) -> None:
    """A decision under the digest of another one, about another subject, or from another schema."""
    said = decision_statement(DECISION, MAKING, recorded=True, link=None)
    predicate = dict(said["predicate"])  # type: ignore[arg-type]  # an object
    for changed in (
        {**predicate, "decision": {**DECISION, "verdict": "blocked"}},
        {**predicate, "decision": {**DECISION, "candidate": {**DECISION["candidate"], "digest": "sha256:" + "b" * 64}}},  # type: ignore[dict-item]
        {**predicate, "decision": {**DECISION, "schema": "gate.decision/v2"}},
        {**predicate, "recorded": "yes"},
        {**predicate, "more": 1},
        {**predicate, "issued": "2026-08-01"},
    ):
        sealed = unseal(seal({**said, "predicate": changed}, key))
        assert isinstance(sealed, Sealed)
        assert isinstance(read_statement(sealed), Unsound)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"payload": 1}'])
def test_what_is_no_envelope_is_told_as_such(data: bytes) -> None:
    """Nothing raises, whatever the bytes."""
    assert isinstance(unseal(data), Unsound)


def test_keys_are_read_from_where_they_are_named(tmp_path: Path) -> None:
    """On the command line before the environment, a PEM in the environment before a file; without any there is none."""
    first, second = (new_key(tmp_path / name) for name in ("a.pem", "b.pem"))
    environment = {"GATE_SIGNING_KEY_FILE": str(tmp_path / "b.pem")}
    named, of_file = signing_key(str(tmp_path / "a.pem"), environment), signing_key(None, environment)
    of_text = signing_key(None, {**environment, "GATE_SIGNING_KEY": (tmp_path / "a.pem").read_text(encoding="ascii")})

    assert [None if found is None else public_of(found) for found in (named, of_file, of_text)] == [first, second, first]
    assert signing_key(None, {}) is None
    assert (tmp_path / "a.pem").stat().st_mode & 0o077 == 0
