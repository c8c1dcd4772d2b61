"""May this be deployed? The answer, check by check."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gate.core.decision import Verdict

__all__ = ["CLOCKS", "Check", "Checked", "Verification"]

CLOCKS = timedelta(minutes=5)
"""How far the clocks of two machines may differ; what was signed later than that from now was signed in the future."""


class Checked(StrEnum):
    """What a verification looks at, in the order in which it is told."""

    BYTES = "bytes"
    RECORD = "record"
    SIGNATURE = "signature"
    LEDGER = "ledger"
    CANDIDATE = "candidate"
    POLICY = "policy"
    CONFIGURATION = "configuration"
    DATA = "data"
    EXPIRY = "expiry"
    REPLAY = "replay"
    REVIEW = "review"
    VERDICT = "verdict"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, whether it holds, and what was seen or what to do."""

    about: Checked
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What came out: allowed only if everything was looked at and everything holds.

    Args:
        subject: what would be deployed, for people: a version or a folder.
        digest: `sha256:…` of exactly these files.
        tier: the tier that it has to satisfy.
        checks: in the order of `Checked`, each at most once; the first that fails ends what rests on it.
        decision: `sha256:…` of the decision that was found; None when there was none.
        verdict: its verdict; None when there was none, or it could not be believed.
        alarmed: whether the monitor wants a new decision, whatever the verdict was.
    """

    subject: str
    digest: str
    tier: str
    checks: tuple[Check, ...]
    decision: str | None = None
    verdict: Verdict | None = None
    alarmed: bool = False

    @property
    def asked_everything(self) -> bool:
        """Whether every check was made."""
        return tuple(check.about for check in self.checks) == tuple(Checked)

    @property
    def allowed(self) -> bool:
        """Whether every check was made and holds."""
        return self.asked_everything and all(check.holds for check in self.checks)

    @property
    def refusal(self) -> Check | None:
        """The first check that does not hold; None where all do."""
        return next((check for check in self.checks if not check.holds), None)

    @property
    def only_uncertain(self) -> bool:
        """Whether nothing stands against it but an inconclusive verdict."""
        failed = [check.about for check in self.checks if not check.holds]
        return failed == [Checked.VERDICT] and self.verdict is Verdict.INCONCLUSIVE and not self.alarmed
