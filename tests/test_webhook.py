"""Events of a registry: signed, recent, new and about a gated model, or refused; and jobs that are done one at a time."""

import base64
import hashlib
import hmac
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.cli import main
from gate.webhook import Event, Guard, Jobs, Kind, Refused, Watched, received, serving
from gate.webhook.events import Seen

SECRET = "a secret of the registry"
NOW = 1_800_000_000.0
CREATED = {"entity": "model_version", "action": "created", "timestamp": "2027-01-15", "data": {"name": "loans", "version": "3", "source": "s", "tags": {}}}


def _signed(event: object, *, secret: str = SECRET, delivery: str = "d1", moment: str = str(int(NOW))) -> tuple[dict[str, str], bytes]:
    body = event if isinstance(event, bytes) else json.dumps(event).encode()
    word = base64.b64encode(hmac.new(secret.encode(), f"{delivery}.{moment}.".encode() + body, hashlib.sha256).digest()).decode()
    return {"x-mlflow-delivery-id": delivery, "x-mlflow-timestamp": moment, "x-mlflow-signature": f"v1,{word}"}, body


def _received(headers: dict[str, str], body: bytes, seen: Seen | None = None) -> Event | Refused | None:
    return received(headers, body, secret=SECRET, models=["loans"], seen=seen or Seen(), now=NOW)


def _about(entity: str, action: str, **data: str) -> dict[str, object]:
    return {"entity": entity, "action": action, "data": data}


MOVED = _about("model_version_alias", "created", name="loans", alias="champion", version="2")
REMOVED = _about("model_version_alias", "deleted", name="loans", alias="champion")
GOOD = {
    "a version": (CREATED, Event(kind=Kind.CREATED, name="loans", version="3")),
    "an alias": (MOVED, Event(kind=Kind.MOVED, name="loans", version="2", alias="champion")),
    "an alias removed": (REMOVED, Event(kind=Kind.REMOVED, name="loans", alias="champion")),
    "another model": ({**CREATED, "data": {"name": "other", "version": "1"}}, None),
    "a tag": (_about("model_version_tag", "set", name="loans", version="1", key="k", value="v"), None),
}


@pytest.mark.parametrize("case", GOOD)
def test_an_event_of_the_registry_is_read(case: str) -> None:
    """What concerns a gated model becomes an event; anything else is left alone."""
    event, wanted = GOOD[case]

    assert _received(*_signed(event)) == wanted


HEADERS, BODY = _signed(CREATED)
STRANGE = {
    "another secret": (*_signed(CREATED, secret=SECRET[1:]), 401),
    "no signature": ({**HEADERS, "x-mlflow-signature": ""}, BODY, 401),
    "no version of the signature": ({**HEADERS, "x-mlflow-signature": HEADERS["x-mlflow-signature"][3:]}, BODY, 401),
    "another body": (HEADERS, BODY + b" ", 401),
    "another delivery": ({**HEADERS, "x-mlflow-delivery-id": "d2"}, BODY, 401),
    "no delivery": (*_signed(CREATED, delivery=""), 401),
    "too old": (*_signed(CREATED, moment=str(int(NOW) - 3600)), 401),
    "of tomorrow": (*_signed(CREATED, moment=str(int(NOW) + 86400)), 401),
    "no time": (*_signed(CREATED, moment="soon"), 401),
    "a signature of strange letters": ({**HEADERS, "x-mlflow-signature": "v1,\udcff"}, BODY, 401),
    "no JSON": (*_signed(b"{"), 400),
    "a list": (*_signed([]), 400),
    "no data": (*_signed({"entity": "model_version", "action": "created"}), 400),
    "a version that is an option": (*_signed({**CREATED, "data": {"name": "loans", "version": "--debug"}}), 400),
    "a version that is none": (*_signed({**CREATED, "data": {"name": "loans", "version": ""}}), 400),
    "no alias": (*_signed(_about("model_version_alias", "created", name="loans", version="1")), 400),
    "a name that is a list": (*_signed({**CREATED, "data": {"name": ["loans"], "version": "1"}}), 400),
}


@pytest.mark.parametrize("case", STRANGE)
def test_anything_else_is_refused(case: str) -> None:
    """Whoever is not the registry is turned away, and what cannot be read is no event."""
    headers, body, status = STRANGE[case]
    found = _received(headers, body)

    assert found is None if case == "a name that is a list" else isinstance(found, Refused) and found.status == status


def test_a_delivery_is_acted_on_once() -> None:
    """MLflow tries again, and somebody may play an event back."""
    seen = Seen()

    assert [_received(*_signed(CREATED), seen=seen) is None for _ in range(3)] == [False, True, True]


def test_jobs_are_done_one_at_a_time_and_not_twice() -> None:
    """What waits is not added again; two are never done at once; each is done."""
    begun, go, running, most = threading.Event(), threading.Event(), [0], [0]
    done: list[int] = []

    def do(job: int) -> bool:
        running[0] += 1
        most[0] = max(most[0], running[0])
        begun.set()
        assert go.wait(30)
        done.append(job)
        running[0] -= 1
        return True

    jobs: Jobs[int] = Jobs(do=do, say=print, given_up=print)
    jobs.start()
    assert jobs.add(1)
    assert begun.wait(30)
    assert [jobs.add(job) for job in (1, 1, 2, 2, 3)] == [True, False, True, False, True]
    assert jobs.left == 4
    go.set()

    assert (jobs.idle(30), done, most, jobs.left) == (True, [1, 1, 2, 3], [1], 0)
    jobs.stop()


def test_what_cannot_be_done_is_tried_again_and_then_said() -> None:
    """A registry that comes back is asked again; one that does not is given up, and the next job has its turn."""
    tries: list[str] = []
    said: list[str] = []

    def do(job: str) -> bool:
        tries.append(job)
        if job == "broken":
            raise OSError("no")
        return job != "down" and (job != "shy" or tries.count("shy") == 2)

    jobs: Jobs[str] = Jobs(do=do, say=print, given_up=said.append, delays=(0.0, 0.0))
    for job in ("shy", "down", "broken", "fine"):
        jobs.add(job)
    jobs.start()

    assert jobs.idle(30)
    assert [tries.count(job) for job in ("shy", "down", "broken", "fine")] == [2, 3, 3, 1]
    assert said == ["down", "broken"]
    jobs.stop()


@pytest.fixture
def server() -> Iterator[tuple[str, Jobs[Event]]]:
    """A receiver on loopback whose jobs wait for ever."""
    jobs: Jobs[Event] = Jobs(do=lambda _: True, say=print, given_up=print)
    made = serving("127.0.0.1", 0, secret=SECRET, models=["loans"], jobs=dict.fromkeys(Kind, jobs), say=print)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{made.server_port}", jobs
    made.shutdown()
    made.server_close()


def _status(url: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers or {}), timeout=30) as answer:  # noqa: S310 -- our own
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_the_receiver_answers_at_once(server: tuple[str, Jobs[Event]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Queued, nothing to do, refused, too large, no such page."""
    url, jobs = server
    monkeypatch.setattr("gate.webhook.server.time.time", lambda: NOW)
    headers, body = _signed(CREATED)

    assert [_status(url, body, headers), _status(url, body, headers), _status(url, body, {})] == [202, 200, 401]
    assert (_status(f"{url}/health"), _status(url)) == (200, 404)
    for size in (b"1048577", b"", b"-1", b"many"):
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=30) as line:
            line.sendall(b"POST / HTTP/1.0\r\nContent-Length: " + size + b"\r\n\r\n")
            assert b" 413 " in line.recv(64)
    assert jobs.waiting == [Event(kind=Kind.CREATED, name="loans", version="3")]


def test_without_a_secret_it_does_not_listen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A short one neither."""
    for secret in ("", "short"):
        monkeypatch.setenv("GATE_WEBHOOK_SECRET", secret)
        assert main(["serve-webhook"]) == 2
    assert "GATE_WEBHOOK_SECRET" in capsys.readouterr().err


class Aliases:
    """A registry of one alias, which remembers what was done to it."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def version_of(self, _name: str, _wanted: str) -> str:
        """What it stands for."""
        return "2"

    def point(self, _name: str, _alias: str, version: str) -> None:
        """Move it."""
        self.done.append(version)

    def unpoint(self, _name: str, _alias: str) -> None:
        """Remove it."""
        self.done.append("")


MOVES = {
    "a move past the gate": ("2", True, ["1"], ["1"]),
    "with nothing to go back to": ("2", True, [], [""]),
    "without --move-back": ("2", False, ["1"], []),
    "a look at the start": ("", True, ["1"], []),
}


@pytest.mark.parametrize("case", MOVES)
def test_an_alias_goes_back_after_a_move_alone(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What may not be deployed raises an alarm; it is moved back only when somebody has just moved it, as a policy may have changed."""
    version, move_back, promoted, done = MOVES[case]
    registry, alarms = Aliases(), list[str]()
    monkeypatch.setattr(Guard, "_allowed", lambda _self, _name, version: version == "1")
    monkeypatch.setattr(Guard, "_promoted", lambda *_: promoted)
    watched = Watched(config=Path("gate.yaml"), aliases=("champion",), move_back=move_back)
    guard = Guard(watched=watched, registry=registry, say=print, alarm=alarms.append)  # type: ignore[arg-type]

    assert guard(Event(kind=Kind.MOVED, name="loans", version=version, alias="champion"))
    assert (registry.done, "may not be deployed" in alarms[0]) == (done, True)
