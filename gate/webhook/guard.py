"""What is done about an event: a new version is checked; a guarded alias that moved past the gate raises an alarm, and goes back."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gate.errors import CandidateError, GateError
from gate.policy import load_config
from gate.record.promotion import read_promotion
from gate.record.signing import Unsound, unseal
from gate.registry.interface import Registry
from gate.stages.archive import chained
from gate.stages.desk import VerifyRequest
from gate.stages.signing import ledger_of
from gate.verify import verify
from gate.webhook.events import Event, Kind

__all__ = ["Guard", "Watched"]

_RETRIED = 4
_SECONDS = 6 * 3600
"""For which a check may take; the candidate's own time is limited by gate.yaml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """What the gate stands before.

    Args:
        config: `gate.yaml`.
        aliases: names that must stand for nothing but what may be deployed.
        move_back: whether such an alias is moved back to what was promoted last and still may be, or else removed.
        tracking_uri: address of the registry.
        policy: a policy file instead of the tiers'.
    """

    config: Path
    aliases: tuple[str, ...] = ()
    move_back: bool = False
    tracking_uri: str | None = None
    policy: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Acts on events.

    Args:
        watched: what it stands before.
        registry: where aliases are moved.
        say: told what happened.
        alarm: told what somebody has to look at.
        command: the gate's own command, which checks in a process of its own.
    """

    watched: Watched
    registry: Registry
    say: Callable[[str], None]
    alarm: Callable[[str], None]
    command: tuple[str, ...] = field(default=(sys.executable, "-m", "gate"))

    def __call__(self, event: Event) -> bool:
        """Act on an event; False means that the registry or something else could not be reached, so that it is to be tried again."""
        try:
            match event.kind:
                case Kind.CREATED:
                    return self._checked(event)
                case Kind.MOVED if event.alias in self.watched.aliases:
                    self._looked_at(event)
                case Kind.REMOVED if event.alias in self.watched.aliases:
                    self.alarm(f"{event.name}@{event.alias} stands for nothing any more: somebody removed the alias")
                case _:
                    pass
        except GateError as error:
            self.say(f"{event.name}: {error}")
            return False
        return True

    def given_up(self, event: Event) -> None:
        """Say what nobody could look at."""
        about = f"{event.name}@{event.alias}, version {event.version or '?'}," if event.alias else f"{event.name}/{event.version}"
        self.alarm(f"{about} could not be looked at, and is not tried again: do it by hand")

    def _checked(self, event: Event) -> bool:
        """Check a new version, in a process of its own."""
        where = [] if self.watched.tracking_uri is None else ["--tracking-uri", self.watched.tracking_uri]
        policy = [] if self.watched.policy is None else ["--policy", str(self.watched.policy)]
        words = [*self.command, "check", "--config", str(self.watched.config), *policy, *where, "--", f"{event.name}/{event.version}"]
        try:
            done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=_SECONDS)  # noqa: S603 -- the gate's own command
        except subprocess.TimeoutExpired:
            self.alarm(f"{event.name}/{event.version}: its check did not end within {_SECONDS // 3600} hours")
            return True
        first = next(iter([*done.stdout.splitlines(), *done.stderr.splitlines()]), "")
        self.say(f"{event.name}/{event.version}: exit code {done.returncode}. {first}")
        return done.returncode != _RETRIED

    def _looked_at(self, event: Event) -> None:
        """Verify what a guarded alias stands for now, which may be another version than the event says.

        Without a version the event is none of the registry's, but a look at the start: nobody has moved the alias now, and it
        may be that only the policy changed since. That is for people to settle, so it raises an alarm and moves nothing.
        """
        now = self.registry.version_of(event.name, event.alias)
        if now is None or self._allowed(event.name, now):
            self.say(f"{event.name}@{event.alias} stands for version {now}, which may be deployed" if now else f"{event.name}@{event.alias} is gone again")
            return
        why = "somebody moved it past the gate" if event.version else "`gate verify` says why; nothing is moved"
        self.alarm(f"{event.name}@{event.alias} stands for version {now}, which may not be deployed: {why}")
        if self.watched.move_back and event.version:
            self._moved_back(event.name, event.alias)

    def _moved_back(self, name: str, alias: str) -> None:
        """To the version that was promoted last and still may be deployed; where there is none, to nothing."""
        good = next((version for version in self._promoted(name, alias) if self._allowed(name, version)), None)
        if good is None:
            self.registry.unpoint(name, alias)
            self.alarm(f"{name}@{alias} was removed: nothing that was promoted to it may be deployed any more")
            return
        self.registry.point(name, alias, good)
        self.alarm(f"{name}@{alias} was moved back to version {good}")

    def _promoted(self, name: str, alias: str) -> list[str]:
        """Versions that the ledger shows as promoted to this alias, the last one first, each once."""
        ledger = ledger_of(load_config(self.watched.config, name))
        if ledger is None:
            return []
        found = []
        for envelope in reversed(chained(ledger, name, now=datetime.now(UTC)).promotions):
            sealed = unseal(envelope)
            read = sealed if isinstance(sealed, Unsound) else read_promotion(sealed)
            if not isinstance(read, Unsound) and read[0].alias == alias:
                found.append(read[0].subject.rpartition("/")[2])
        return list(dict.fromkeys(found))

    def _allowed(self, name: str, version: str) -> bool:
        """Whether a version may be deployed now; nobody's word is taken but what verify finds."""
        watched, now = self.watched, datetime.now(UTC)
        try:
            request = VerifyRequest(config=watched.config, now=now, reference=f"{name}/{version}", policy=watched.policy, tracking_uri=watched.tracking_uri)
            return verify(request).allowed
        except CandidateError as error:  # files that cannot be accepted, a version that is gone: nothing that may be deployed
            self.say(f"{name}/{version}: {error}")
            return False
