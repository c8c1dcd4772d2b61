"""`approvers.yaml`: who may sign decisions and approve overrides, read as strictly as a policy."""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from pydantic import Field

from gate.core.approvers import ATTESTER_ROLE, GATE_ROLE, Approver, Approvers, PublicKey, keyid_of
from gate.core.canonical import canonical, digest
from gate.policy.places import is_file, is_folder
from gate.policy.problems import Fault, FaultyPolicyError, KeyPath, quoted
from gate.policy.schema import Kind, Name, Strict, read
from gate.policy.yaml_loader import no_scalar_keys

__all__ = ["APPROVERS", "FILE", "load_approvers"]

FILE = "approvers.yaml"
"""The file's name beside the policies."""

_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?")
_MOMENTS = ("valid_from", "valid_until", "revoked", "compromised")
_ROLE = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
_RSA_BITS = 2048
_WHEN = "A date (00:00 UTC) or 2026-08-01T12:00:00Z."


class KeyEntry(Strict):
    """A public key, and when it counts."""

    noun: ClassVar[str] = "a key"

    public: Name = Field(description="One line of base64, as `gate keys show` prints it: the body of the public key's PEM file.")
    valid_from: str | None = Field(None, description=f"The first moment at which its signatures count. {_WHEN}")
    valid_until: str | None = Field(None, description=f"The first moment at which they no longer do. {_WHEN}")
    revoked: str | None = Field(None, description=f"From then on it is not used any more; what it signed before stands. {_WHEN}")
    compromised: str | None = Field(None, description=f"From then on others may hold it; what it signed before stands only if the ledger holds it. {_WHEN}")

    def faults(self) -> Iterator[Fault]:
        """The key can be used, and the moments exist and follow one another."""
        if wrong := _key_fault(self.public):
            yield Fault(path=("public",), message=f"{{at}} {wrong}", next_step="Copy what `gate keys show` prints.")
        moments = {name: getattr(self, name) for name in _MOMENTS}
        for name, written in moments.items():
            if written is not None and _moment(written) is None:
                yield Fault(path=(name,), message=f"{{at}} must be a date or a time in UTC, not {quoted(written)}", next_step=f"Write {_WHEN[2:]}")
        begins, ends = _moment(self.valid_from), _moment(self.valid_until)
        if begins is not None and ends is not None and ends <= begins:
            yield Fault(path=("valid_until",), message="{at} is not after `valid_from`, so the key never counts", next_step="Exchange them.")


class ApproverEntry(Strict):
    """A person or machine, with roles and keys."""

    noun: ClassVar[str] = "an approver"

    name: Name = Field(description="How people call them; nobody else has the same name.")
    kind: Literal["person", "machine"] = Field(
        "person", description="A machine signs decisions, or attests what people said to a forge; it approves nothing itself. Default person."
    )
    identities: list[Name] = Field(
        default_factory=list, description="Every name under which MLflow, git (an e-mail address) or a forge (`github:ann-m`) know them."
    )
    roles: list[_ROLE] = Field(
        min_length=1, description="`gate` may sign decisions, `attester` in the name of people; any other role approves what a policy asks it for."
    )
    keys: list[KeyEntry] = Field(default_factory=list, description="Public keys, the old ones too: records that they signed must stay readable.")

    def faults(self) -> Iterator[Fault]:
        """Each role and each key stands once, and deciding and approving are different hands."""
        if len(set(self.roles)) < len(self.roles):
            yield Fault(path=("roles",), message="{at} names a role twice", next_step="Keep one of them.")
        if self.kind == "machine" and not set(self.roles) <= {GATE_ROLE, ATTESTER_ROLE}:
            message = f"{{at}} of a machine can only be `{GATE_ROLE}` or `{ATTESTER_ROLE}`"
            yield Fault(path=("roles",), message=message, next_step="A machine approves nothing.")
        if self.kind == "person" and ATTESTER_ROLE in self.roles:
            yield Fault(path=("roles",), message=f"{{at}} of a person cannot be `{ATTESTER_ROLE}`", next_step="People sign in their own name.")
        if GATE_ROLE in self.roles and len(self.roles) > 1:
            yield Fault(
                path=("roles",), message=f"{{at}}: whoever signs decisions (`{GATE_ROLE}`) cannot approve overrides of them too", next_step="Split them."
            )


class ApproversFile(Strict):
    """Who may sign decisions and approve overrides."""

    noun: ClassVar[str] = "the list of approvers"

    schema_: Literal["gate.approvers/v1"] = Field(alias="schema", description="Always gate.approvers/v1.")
    approvers: list[ApproverEntry] = Field(min_length=1, description="People and machines.")

    def faults(self) -> Iterator[Fault]:
        """No name, identity or key belongs to two."""
        owners: dict[str, int] = {}
        for place, entry in enumerate(self.approvers):
            for path, claimed in _claims(entry):
                owner = owners.setdefault(claimed, place)
                if owner != place:
                    message = f"{{at}} is {quoted(self.approvers[owner].name)}'s already"
                    yield Fault(path=("approvers", place, *path), message=message, next_step="One person or machine, one entry.")
        keys = [key.public for entry in self.approvers for key in entry.keys]
        for place, entry in enumerate(self.approvers):
            for index, key in enumerate(entry.keys):
                if keys.count(key.public) > 1:
                    yield Fault(path=("approvers", place, "keys", index), message="{at} is a key that stands twice", next_step="One key, one hand.")


APPROVERS: Kind[ApproversFile] = Kind(
    schema="gate.approvers/v1", noun="the list of approvers", model=ApproversFile, error=FaultyPolicyError, scalar_keys=no_scalar_keys
)


def load_approvers(path: Path) -> Approvers:
    """Who may sign, as the file says; nobody when there is no such file.

    Args:
        path: the file, or the folder of policies that holds `approvers.yaml`.

    Raises:
        PolicyError: the file cannot be read or cannot be meant.
    """
    path = path / FILE if is_folder(path) else path
    if path.name == FILE and not is_file(path):
        return Approvers()
    written = read(path, APPROVERS).model
    return Approvers(entries=tuple(_approver(entry) for entry in written.approvers), digest=digest(canonical(written.model_dump(mode="json", by_alias=True))))


def _claims(entry: ApproverEntry) -> Iterator[tuple[KeyPath, str]]:
    """What only one may be called, with its place."""
    yield ("name",), entry.name.strip().casefold()
    yield from ((("identities", place), known.strip().casefold()) for place, known in enumerate(entry.identities))


def _approver(entry: ApproverEntry) -> Approver:
    return Approver(
        name=entry.name,
        roles=tuple(entry.roles),
        identities=tuple(entry.identities),
        machine=entry.kind == "machine",
        keys=tuple(_key(key) for key in entry.keys),
    )


def _key(entry: KeyEntry) -> PublicKey:
    """The key with its moments; a date is its first moment in UTC."""
    return PublicKey(keyid=keyid_of(entry.public), public=entry.public, **{name: _moment(getattr(entry, name)) for name in _MOMENTS})


def _moment(written: str | None) -> datetime | None:
    """The moment that is written; None when nothing is, or nothing that can be meant."""
    if written is None or not _MOMENT.fullmatch(written):
        return None
    try:
        return datetime.fromisoformat(written.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return None


def _key_fault(public: str) -> str | None:
    """What is wrong with a public key; None when it can be used."""
    try:
        data = base64.b64decode(public, validate=True)
        key = load_der_public_key(data)
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        return "is no public key in base64"
    if base64.b64encode(data).decode() != public or key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != data:
        return "is written in a form that is not the usual one"
    if not (isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey) or (isinstance(key, RSAPublicKey) and key.key_size >= _RSA_BITS)):
        return f"is neither ed25519, nor ECDSA, nor RSA of {_RSA_BITS} bits or more"
    return None
