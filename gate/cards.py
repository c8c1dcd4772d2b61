"""The decision that a card is made from: of a folder, or of a registered version, whose record is believed only as `gate verify` believes it.

A card in the registry is a file that many may replace. So it is never read: the card is made anew from the signed record
about exactly the bytes of the version, and from its counts.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gate.core.decision import Decision
from gate.core.verification import Checked, Verification
from gate.errors import UsageError
from gate.replay import reproduced
from gate.stages.desk import Desk, VerifyRequest, desk_of
from gate.verify import verified

__all__ = ["Carded", "Places", "carded"]

_BELIEVED = frozenset({Checked.BYTES, Checked.RECORD, Checked.SIGNATURE, Checked.LEDGER, Checked.CANDIDATE, Checked.REPLAY})
"""What has to hold before a card is made: that this is the newest decision about these bytes, and follows from its counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a registered version is looked up.

    Args:
        config: `gate.yaml`, which says under which policy and in which ledger.
        now: the time.
        entry: the name of the model's entry in `config`.
        policy: a policy file instead of the lookup by tier.
        tracking_uri: address of the registry.
        ledger: of a folder: where the full counts are, where cells were suppressed.
    """

    config: Path
    now: datetime
    entry: str | None = None
    policy: Path | None = None
    tracking_uri: str | None = None
    ledger: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carded:
    """The decision, recomputed; and what `gate verify` has against the version today, empty where nothing, or where it is a folder."""

    decision: Decision
    against: tuple[str, ...] = ()


def carded(source: str, places: Places, *, tell: Callable[[str], None] = lambda _: None) -> Carded:
    """The decision of a folder, of a `decision.json`, or of a registered version.

    Raises:
        UsageError: it is none of these, or its record is not believed or does not reproduce (exit 2).
        GateError: registry or ledger could not be asked (exit 4).
    """
    if Path(source).exists():
        return Carded(decision=reproduced(Path(source), ledger=places.ledger))
    if not source.startswith("models:") and "@" not in source and not source.rpartition("/")[2].isdigit():
        said = "There is no such file or folder, and it is no registered version"
        raise UsageError(said, where=source, next_step="Name a folder of `gate check --output`, or a version such as mortgage-approval/3.")
    request = VerifyRequest(config=places.config, now=places.now, reference=source, entry=places.entry, policy=places.policy, tracking_uri=places.tracking_uri)
    desk = desk_of(request, tell=tell)
    return _believed(desk, verified(desk))


def _believed(desk: Desk, found: Verification) -> Carded:
    """The decision, if its record is one that a card may be made of."""
    held = {check.about for check in found.checks if check.holds}
    if desk.again is None or not held >= _BELIEVED:
        fault = next((f"{check.about.value}: {check.detail}" for check in found.checks if check.about in _BELIEVED and not check.holds), "nothing to recompute")
        raise UsageError(
            f"There is no record that a card can be made of: {fault}", where=desk.subject, next_step="`gate verify` looks at everything; `gate check` records."
        )
    refused = (f"{check.about.value}: {check.detail}" for check in found.checks if not check.holds and check.about is not Checked.VERDICT)
    record = desk.found.record
    unsigned = ("signature: the record is not signed, so anyone who may edit the registry could have written it",)
    return Carded(decision=desk.again, against=(*(unsigned if record is None or record.sealed.keyid is None else ()), *refused))
