"""Signed statements: an in-toto Statement v1 inside a DSSE envelope, written in exactly one way.

Laws: `unseal(seal(statement, signer))` holds the same statement, and `unseal` accepts no bytes but those that `seal`
writes. So nothing that is not signed can stand in an envelope: no second copy of a key, no field beside, no other
spelling of the same base64. What is not sound is a result here, not an exception, since to find it is the purpose.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import Error as SigningLibraryError
from securesystemslib.exceptions import UnverifiedSignatureError
from securesystemslib.signer import Signature, Signer

from gate.core.approvers import PublicKey
from gate.core.canonical import canonical, digest
from gate.core.document import Json
from gate.errors import GateError
from gate.record.keys import library_key

__all__ = ["PAYLOAD_TYPE", "STATEMENT_TYPE", "Sealed", "Unsound", "seal", "signed_by", "statement", "unseal"]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"

_MOST_BYTES = 64 * 2**20
_KEYS = {"_type", "subject", "predicateType", "predicate"}
_SHA256 = re.compile(r"sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """An envelope that is what `seal` writes; whether anyone trusted signed it, `signed_by` says.

    Args:
        data: its bytes.
        digest: `sha256:…` of them: what a ledger and a later record name.
        subject: `sha256:…` of what the statement is about.
        name: how the statement calls it.
        predicate_type: what is said of it.
        predicate: the statement itself.
        keyid: the key that it says it was signed with; None when it is unsigned.
    """

    data: bytes
    digest: str
    subject: str
    name: str
    predicate_type: str
    predicate: Mapping[str, Any]
    keyid: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsound:
    """Why something is no sealed statement."""

    reason: str


def statement(*, subject: str, name: str, predicate_type: str, predicate: Mapping[str, Json]) -> dict[str, Json]:
    """An in-toto Statement v1 about one thing, given by `sha256:…`.

    Raises:
        ValueError: `subject` is no such digest.
    """
    match = _SHA256.fullmatch(subject)
    if match is None:
        raise ValueError(f"{subject!r} is no sha256 digest")
    return {"_type": STATEMENT_TYPE, "subject": [{"name": name, "digest": {"sha256": match[1]}}], "predicateType": predicate_type, "predicate": predicate}


def seal(content: Mapping[str, Json], signer: Signer | None) -> bytes:
    """The statement in an envelope, signed; without a signer the envelope has no signatures, which marks it as unsigned.

    Raises:
        GateError: the signer did not sign.
    """
    envelope = Envelope(canonical(content), PAYLOAD_TYPE, {})
    if signer is not None:
        try:
            envelope.sign(signer)
        except (SigningLibraryError, OSError, ValueError) as error:
            raise GateError(
                f"the record could not be signed ({type(error).__name__})", where="signing key", next_step="Check the key and its service."
            ) from error
    return _written(envelope)


def unseal(data: bytes) -> Sealed | Unsound:
    """What an envelope holds, if it is written exactly as `seal` writes one."""
    if len(data) > _MOST_BYTES:
        return Unsound(reason="it is larger than any record")
    try:
        envelope = Envelope.from_dict(_only_once(data))
        content = _only_once(envelope.payload)
        exact = _written(envelope) == data and canonical(content) == envelope.payload and _bare(envelope)
        subject, name = _subject(content)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError, SigningLibraryError):
        return Unsound(reason="it is no signed statement, or is damaged")
    if not exact:
        return Unsound(reason="it is not written as the gate writes it, so something was added or changed")
    if envelope.payload_type != PAYLOAD_TYPE or content["_type"] != STATEMENT_TYPE:
        return Unsound(reason="it is a statement of another kind")
    if len(envelope.signatures) > 1:
        return Unsound(reason="it holds more than one signature")
    keyid = next(iter(envelope.signatures), None)
    return Sealed(
        data=data,
        digest=digest(data),
        subject=subject,
        name=name,
        predicate_type=content["predicateType"],
        predicate=content["predicate"],
        keyid=keyid,
    )


def signed_by(sealed: Sealed, keys: Iterable[PublicKey]) -> PublicKey | None:
    """The key that verifies the signature, by mathematics alone; None when the envelope is unsigned or no key does.

    Whether that key counted at the time is `PublicKey.fault`.
    """
    key = next((key for key in keys if key.keyid == sealed.keyid), None)
    if key is None:
        return None
    envelope = Envelope.from_dict(json.loads(sealed.data))
    (signature,) = envelope.signatures.values()
    return key if _verifies(signature, envelope.pae(), key) else None


def _verifies(signature: Signature, signed: bytes, key: PublicKey) -> bool:
    try:
        library_key(key.public).verify_signature(signature, signed)
    except (UnverifiedSignatureError, ValueError):
        return False
    return True


def _written(envelope: Envelope) -> bytes:
    return canonical(envelope.to_dict()) + b"\n"


def _bare(envelope: Envelope) -> bool:
    """Whether signatures are nothing but that: the library keeps fields that it does not know."""
    return all(signature.to_dict().keys() == {"keyid", "sig"} for signature in envelope.signatures.values())


def _subject(content: Mapping[str, Any]) -> tuple[str, str]:
    """The digest and the name of the one subject.

    Raises:
        ValueError: the statement has another shape.
    """
    (subject,) = content["subject"]
    found, name = f"sha256:{subject['digest']['sha256']}", subject["name"]
    texts = isinstance(name, str) and isinstance(content["predicateType"], str) and isinstance(content["predicate"], dict)
    shapes = content.keys() == _KEYS and subject.keys() == {"name", "digest"} and subject["digest"].keys() == {"sha256"}
    if not (texts and shapes and _SHA256.fullmatch(found)):
        raise ValueError("another shape")
    return found, name


def _only_once(data: bytes) -> dict[str, Any]:
    """A JSON object in which no key stands twice.

    Raises:
        ValueError: it is none.
    """
    found = json.loads(data, object_pairs_hook=_unique, parse_constant=_refused)
    if not isinstance(found, dict):
        raise TypeError("no object")
    return found


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _refused(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
