"""A search for less discriminatory alternatives on the record: what a policy demands, what somebody signs, and what counts."""

from dataclasses import dataclass
from datetime import datetime

from gate.core.mitigation import Technique

__all__ = ["AlternativeTerms", "Attempt", "Necessity", "Searched", "SignedSearch"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlternativeTerms:
    """Whether a model may only be deployed with a search on the record.

    Args:
        require: the roles of approvers.yaml of which one signs it; none demands no search.
        utility_tolerance: how much utility an alternative may lose at least, and still count as one.
    """

    require: tuple[str, ...] = ()
    utility_tolerance: float = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Necessity:
    """Why the business needs the model: what it is for, why nothing milder serves that, on what evidence, and who answers for it."""

    purpose: str
    necessity: str
    evidence: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One candidate that was tried: how it was made, and what it is good for.

    Args:
        name: unique within the search.
        technique: how it was made.
        utility: what it is good for; None where it could not be judged, or that may not be shown.
        nothing: why nothing comes of the technique on these rows; empty where something does, and where it failed.
    """

    name: str
    technique: str
    utility: float | None
    nothing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What one statement says.

    Args:
        model: `sha256:…` of the model's files that are deployed instead of an alternative.
        subject: the version, for people.
        search: `sha256:…` of mitigation.json, which holds all of it.
        training, validation: `sha256:…` of the tables.
        utility: what a candidate is good for.
        tolerance: how much of it an alternative may lose.
        tried: every candidate.
        not_reached: what the budget left out.
        better: the alternatives: candidates that lose no more than the tolerance against a plain retraining, and are less discriminatory; the deployed
            model itself is not measured.
        reason: why none of them was taken; empty only where there is none.
        necessity: why the business needs the model.
        issued: when it says that it was signed.
        nonce: an id that no other statement has.
    """

    model: str
    subject: str
    search: str
    training: str
    validation: str
    utility: str
    tolerance: float
    tried: tuple[Attempt, ...]
    not_reached: tuple[str, ...]
    better: tuple[str, ...]
    reason: str
    necessity: Necessity
    issued: datetime
    nonce: str

    def without(self, wanted: tuple[Technique, ...]) -> tuple[str, ...]:
        """The techniques that it did not try: one that failed, or of which nobody can see what it is good for, was not tried."""
        tried = {entry.technique for entry in self.tried if entry.utility is not None or entry.nothing}
        return tuple(technique.value for technique in wanted if technique.value not in tried)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedSearch:
    """A statement in its envelope.

    Args:
        said: what it says.
        digest: `sha256:…` of the envelope.
        signer: who signed it, by name; None when nobody that approvers.yaml knows did.
        fault: why the signature does not count; None when it does.
        roles: what the signer may sign for.
    """

    said: Searched
    digest: str
    signer: str | None
    fault: str | None
    roles: tuple[str, ...]
