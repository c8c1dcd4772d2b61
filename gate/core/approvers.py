"""Who may sign what: people and machines, their roles, and their public keys with the times in which they count."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import datetime

__all__ = ["ATTESTER_ROLE", "FORGES", "GATE_ROLE", "Approver", "Approvers", "PublicKey", "keyid_of"]

GATE_ROLE = "gate"
"""The role whose keys sign decisions; every other role but `attester` approves overrides."""
ATTESTER_ROLE = "attester"
"""The role of a machine whose keys sign, in a person's name, what that person said to a forge."""
FORGES = ("github", "gitlab", "jenkins", "azure")
"""Whose accounts an attester may speak for, written as `github:ann-m`."""


def keyid_of(public: str) -> str:
    """The name of a public key, given as one line of base64: the SHA-256 of its bytes, in hexadecimal.

    Raises:
        ValueError: it is no base64.
    """
    return hashlib.sha256(base64.b64decode(public, validate=True)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """A public key and the times between which its signatures count, all of them moments with a time zone.

    Args:
        keyid: the SHA-256 of `public`'s bytes, in hexadecimal.
        public: the key as one line of base64: its SubjectPublicKeyInfo, which is the body of a PEM file.
        valid_from: the first moment; None for always.
        valid_until: the first moment at which it is no longer valid; None for never.
        revoked: from this moment on it is no longer used, in good order.
        compromised: from this moment on others may hold it.
    """

    keyid: str
    public: str
    valid_from: datetime | None = None
    valid_until: datetime | None = None
    revoked: datetime | None = None
    compromised: datetime | None = None

    def fault(self, issued: datetime, *, ledgered: bool) -> str | None:
        """Why a signature that says it was made at `issued` does not count; None when it does.

        Args:
            issued: the time that the signed statement itself names. Whoever holds a stolen key can name any.
            ledgered: whether a ledger holds the statement, which alone can bear out that it is as old as it says.
        """
        if self.valid_from is not None and issued < self.valid_from:
            return f"its key was not valid before {self.valid_from.isoformat()}"
        ends = (("expired", self.valid_until), ("was revoked", self.revoked), ("was compromised", self.compromised))
        for what, end in ends:
            if end is not None and issued >= end:
                return f"its key {what} at {end.isoformat()}"
        if self.compromised is not None and not ledgered:
            return f"its key was compromised at {self.compromised.isoformat()}, and no ledger bears out that it was signed before"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approver:
    """A person or machine.

    Args:
        name: how people call them; no two have the same.
        roles: what they may sign for: `gate` for decisions, any other for overrides that ask for it.
        identities: every name under which MLflow, git or GitHub know them.
        machine: whether it is a machine, which approves nothing.
        keys: their public keys, oldest first.
    """

    name: str
    roles: tuple[str, ...]
    identities: tuple[str, ...] = ()
    machine: bool = False
    keys: tuple[PublicKey, ...] = ()

    def is_known_as(self, identity: str) -> bool:
        """Whether this is one of their names; case does not count."""
        meant = identity.strip().casefold()
        return any(meant in {known.casefold(), _without_forge(known.casefold())} for known in (self.name, *self.identities))

    def is_account(self, account: str) -> bool:
        """Whether this is exactly one of their accounts of a forge, `github:ann-m`; a bare name is nobody's account."""
        forge, _, login = account.partition(":")
        return forge in FORGES and bool(login) and account.casefold() in {known.casefold() for known in self.identities}


def _without_forge(known: str) -> str:
    """The login of a forge's account; any other name as it is."""
    forge, _, login = known.partition(":")
    return login if forge in FORGES and login else known


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvers:
    """Everyone who may sign something, and the digest of the file that says so; nobody where there is no such file."""

    entries: tuple[Approver, ...] = ()
    digest: str | None = None

    def keys(self) -> tuple[PublicKey, ...]:
        """Every key, whether it counts now or not."""
        return tuple(key for entry in self.entries for key in entry.keys)

    def owner_of(self, keyid: str) -> tuple[Approver, PublicKey] | None:
        """Whose key it is, with the key; None when nobody's."""
        return next(((entry, key) for entry in self.entries for key in entry.keys if key.keyid == keyid), None)

    def person_behind(self, account: str) -> Approver | None:
        """The one person with this account of a forge; None when nobody has it."""
        return next((entry for entry in self.entries if not entry.machine and entry.is_account(account)), None)
