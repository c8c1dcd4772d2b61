"""An alarm of the monitor: that a version which was allowed violates a rule by now."""

from dataclasses import dataclass
from datetime import datetime

__all__ = ["Alarm", "AlarmPlaces"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """What one statement says.

    Args:
        store: `sha256:…` of the counts that it follows from.
        model: the model's name.
        version: the version that is watched.
        findings: `parity on sex since 2026-04-11`, one each.
        issued: when it says that it was raised.
    """

    store: str
    model: str
    version: str
    findings: tuple[str, ...]
    issued: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPlaces:
    """Where people are told of alarms.

    Args:
        webhook: the address of a webhook; None for none.
        github: `owner/repository` in which issues are opened; None for none.
    """

    webhook: str | None = None
    github: str | None = None
