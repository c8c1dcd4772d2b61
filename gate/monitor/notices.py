"""People are told of alarms: at a webhook, once; in an issue of GitHub, kept up to date.

What is to be told is kept in the store before anything is sent, under a key that stays, and marked when it was accepted,
while no other run can send. So an alarm is told at least once whatever crashes, and twice only under one key. A place
that is down hides nothing: the answer of the run is what it was, the output says so, and the next run tries again.
"""

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from gate.core.alarm import AlarmPlaces
from gate.core.canonical import canonical, digest
from gate.errors import GateError, UsageError
from gate.forge.github import Github
from gate.forge.webhook import Webhook
from gate.monitor.alarms import findings_of
from gate.monitor.found import Found
from gate.monitor.store import Notice, open_store
from gate.policy.places import webhook_fault
from gate.report.escape import inert, markdown

__all__ = ["Place", "places_of", "told"]

WEBHOOK, SECRET, TOKEN = "GATE_ALARM_WEBHOOK", "GATE_ALARM_SECRET", "GATE_ALARM_TOKEN"
_LABEL = "fairness-alarm"
_SHORTEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One alarm, as a place is told of it."""

    key: str
    finding: str
    notice: Notice
    found: Found

    @property
    def standing(self) -> bool:
        """Whether it is still so: drift may end before anybody could be told of it."""
        return self.finding in findings_of(self.found)


class Place(Protocol):
    """Where people are told; `daily` where later days are told too.

    `name` is shown. What was told is kept under `key`, which is another one at another address: there nobody was told.
    """

    name: str
    key: str
    daily: bool

    def tell(self, message: Message) -> str | None:
        """Tell it; returns what it is called there.

        Raises:
            ForgeError: it was not accepted.
        """
        ...


def places_of(named: AlarmPlaces, environment: Mapping[str, str] = os.environ) -> tuple[Place, ...]:
    """The places of gate.yaml, or the webhook of the environment, with what they need to be told anything.

    Raises:
        UsageError: a secret is missing or too short, so that nobody would be told.
    """
    found: list[Place] = []
    if url := named.webhook or environment.get(WEBHOOK):
        secret = environment.get(SECRET, "")
        if fault := webhook_fault(url):
            raise UsageError(fault[0], where=WEBHOOK, next_step=fault[1])
        if len(secret) < _SHORTEST:
            step = f"Set {SECRET} to the secret of the webhook, {_SHORTEST} characters or more."
            raise UsageError("alarms could not be signed, so nobody could believe one", where=SECRET, next_step=step)
        found.append(_AtWebhook(url, secret))
    if named.github is not None:
        token = environment.get(TOKEN) or environment.get("GITHUB_TOKEN")
        if not token:
            raise UsageError("no issue could be opened for an alarm", where=TOKEN, next_step=f"Set {TOKEN} to a token that may write issues.")
        found.append(_AtGithub(Github({**environment, "GITHUB_REPOSITORY": named.github, "GITHUB_TOKEN": token}), named.github))
    return tuple(found)


def told(found: Found, places: tuple[Place, ...], store: str, *, tell: Callable[[str], None]) -> tuple[str, ...]:
    """Tell every place of every alarm that it was not told of; returns what could not be told, and why. Whatever fails, it does not raise."""
    untold: list[str] = []
    for place in places:
        tell(f"telling {place.name} of alarms")
        try:
            untold += _at(place, found, store)
        except Exception as error:  # noqa: BLE001 -- of whatever kind: it hides neither the answer nor the other places
            untold.append(f"{place.name}: {_why(error)}")
    return tuple(untold)


def _why(error: Exception) -> str:
    """What failed; of errors that are not ours only the kind, since their text may hold an address or a secret."""
    return str(error) if isinstance(error, GateError) else type(error).__name__


def _at(place: Place, found: Found, store: str) -> list[str]:
    """Keep what is to be told; then tell it, one at a time, while no other run can. What ended is told if it was not, and dropped when it was."""
    findings, failed = findings_of(found), []
    with open_store(store) as opened:
        known = opened.notices(found.model, place.key)
        for finding in (finding for finding in findings if finding not in known):
            opened.note(found.model, place.key, finding, Notice(first=found.as_of))
    with open_store(store) as opened:
        for finding, notice in opened.notices(found.model, place.key).items():
            now, fault = _tried(place, finding, notice, found)
            if fault:
                failed.append(f"{place.name}, {finding}: {fault}")
            if now.told is not None and finding not in findings and finding.startswith("drift of "):
                opened.forget(found.model, place.key, finding)  # drift ends, the alarm of a rule does not
            elif now != notice:
                opened.note(found.model, place.key, finding, now)
    return failed


def _tried(place: Place, finding: str, notice: Notice, found: Found) -> tuple[Notice, str]:
    """The notice after whatever was due; and why it could not be told, if so."""
    key = digest(canonical({"model": found.model, "finding": finding, "first": notice.first.isoformat()}))
    message = Message(key=key, finding=finding, notice=notice, found=found)
    if not _due(place, message):
        return notice, ""
    try:
        return replace(notice, told=found.as_of, reference=place.tell(message)), ""
    except Exception as error:  # noqa: BLE001 -- one that cannot be told holds up no other
        return notice, _why(error)


def _due(place: Place, message: Message) -> bool:
    """What was never told; and, where later days are told too, what is still so on a later day."""
    told = message.notice.told
    return told is None or (place.daily and message.standing and told < message.found.as_of)


class _AtWebhook:
    """A webhook: every alarm once."""

    name, daily = "the webhook", False

    def __init__(self, url: str, secret: str) -> None:
        self._webhook = Webhook(url, secret)
        self.key = f"webhook {digest(url.encode())[7:19]}"  # the address may be a secret

    def tell(self, message: Message) -> str | None:
        """See `Place.tell`."""
        model, _, version = message.found.model.partition("/")
        said = {
            "schema": "gate.alarm/v1",
            "id": message.key,
            "model": model,
            "version": version or None,
            "tier": message.found.tier,
            "finding": message.finding,
            "first_seen": message.notice.first.isoformat(),
            "as_of": message.found.as_of.isoformat(),
            "standing": message.standing,
            "store": message.found.store,
        }
        self._webhook.post(json.dumps(said, ensure_ascii=True).encode(), key=message.key)
        return None


class _AtGithub:
    """An issue of GitHub for every alarm, written anew each day; what strangers named in it is shown, and never acts."""

    name, daily = "GitHub", True

    def __init__(self, github: Github, repository: str) -> None:
        self._github, self.key = github, f"GitHub {repository}"

    def tell(self, message: Message) -> str | None:
        """See `Place.tell`."""
        found, known = message.found, message.notice.reference
        title = inert(f"Fairness alarm: {found.model}: {message.finding}", limit=200)
        number = self._github.issue(title, _text(message), mark=f"fairness-gate alarm {message.key[7:31]}", label=_LABEL, number=int(known) if known else None)
        return str(number)


def _text(message: Message) -> str:
    found, still = message.found, "still so" if message.standing else "no longer seen"
    return (
        f"`gate monitor` raised an alarm: **{markdown(message.finding)}**, of model **{markdown(found.model)}** under tier **{markdown(found.tier)}**.\n\n"
        f"| | |\n|---|---|\n| first told | {message.notice.first.isoformat()} |\n| {still} | {found.as_of.isoformat()} |\n| counts | `{found.store}` |\n\n"
        "An alarm of a rule stays: under a rule that holds, evidence like this comes with at most the probability that the policy allows. "
        "Look into the logs of these days, and have the model checked anew. Closing this issue changes nothing of that.\n"
    )
