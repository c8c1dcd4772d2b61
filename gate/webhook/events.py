"""An event as MLflow sends it: signed, recent, new, and about a model that is gated; anything else is refused.

Source: https://mlflow.org/docs/latest/ml/webhooks: `X-MLflow-Signature: v1,` and the base64 of
HMAC-SHA256(secret, `delivery.timestamp.body`).
"""

import base64
import hashlib
import hmac
import json
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gate.core.verification import CLOCKS
from gate.registry.reference import parse_reference

__all__ = ["Event", "Kind", "Refused", "Seen", "received"]

_REMEMBERED = 10_000
_KINDS = {("model_version", "created"): "created", ("model_version_alias", "created"): "moved", ("model_version_alias", "deleted"): "removed"}


class Kind(StrEnum):
    """What happened in the registry."""

    CREATED = "created"
    """A version was registered."""
    MOVED = "moved"
    """An alias stands for a version now."""
    REMOVED = "removed"
    """An alias stands for nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happened to a model: `version` is empty where an alias was removed, `alias` where a version was created."""

    kind: Kind
    name: str
    version: str = ""
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why nothing is done, and the status that says so: 401 for what is not from the registry, 400 for what is no event."""

    status: int
    reason: str


class Seen:
    """Deliveries of the last while, so that none is acted on twice."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    def again(self, delivery: str) -> bool:
        """Whether it was seen before; it is from now on."""
        if delivery in self._ids:
            return True
        self._ids[delivery] = None
        if len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        return False


def received(headers: Mapping[str, str], body: bytes, *, secret: str, models: Collection[str], seen: Seen, now: float) -> Event | Refused | None:
    """The event, if it is one that this registry sent now; None when it is about something that the gate leaves alone.

    Args:
        headers: of the request; names in lower case.
        body: of the request.
        secret: what registry and gate share.
        models: names that `gate.yaml` has.
        seen: deliveries that were received before.
        now: seconds since 1970.
    """
    delivery, moment, given = (headers.get(f"x-mlflow-{name}", "") for name in ("delivery-id", "timestamp", "signature"))
    wanted = base64.b64encode(hmac.new(secret.encode(), f"{delivery}.{moment}.".encode() + body, hashlib.sha256).digest()).decode()
    if not delivery or not hmac.compare_digest(given.encode("utf-8", "replace"), f"v1,{wanted}".encode()):
        return Refused(status=401, reason="the signature is not the registry's")
    if not moment.isascii() or not moment.isdigit() or abs(now - int(moment[:15])) > CLOCKS.total_seconds():
        return Refused(status=401, reason="it is not of these minutes")
    if seen.again(delivery):
        return None
    return _event(body, models)


def _event(body: bytes, models: Collection[str]) -> Event | Refused | None:
    try:
        said: Any = json.loads(body)
        kind = _KINDS.get((said["entity"], said["action"]))
        data = said["data"]
        if kind is None or data["name"] not in models:
            return None
        event = Event(kind=Kind(kind), name=data["name"], version=str(data.get("version", "")), alias=str(data.get("alias", "")))
        if event.kind is not Kind.REMOVED:
            parse_reference(f"{event.name}/{event.version}")
        return event if event.kind is Kind.CREATED or event.alias else Refused(status=400, reason="it names no alias")
    except Exception:  # noqa: BLE001 -- whatever cannot be read is no event
        return Refused(status=400, reason="it is no event that this version can read")
