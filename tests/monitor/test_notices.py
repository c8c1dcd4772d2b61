"""People are told of alarms: signed, once, in words that do not act, and never instead of the alarm itself; receivers on loopback."""

import base64
import hashlib
import hmac
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pandas as pd
import pytest
from github_server import TOKEN, Forge
from watched_site import CONFIG, POLICY, Site, day, rows

from gate.core.alarm import AlarmPlaces
from gate.errors import ConfigError, ForgeError, UsageError
from gate.forge.github import Github
from gate.forge.webhook import Webhook
from gate.monitor import notices
from gate.monitor.found import Answer, Found
from gate.monitor.store import Store
from gate.policy import load_config
from gate.policy.places import webhook_fault

SHARED = "a secret of sixteen or more"


class _Receiver:
    """A webhook's receiver: what it answers, and what it got."""

    def __init__(self) -> None:
        self.failing: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_words: object) -> None:
                """Say nothing."""

            def do_POST(self) -> None:
                receiver.got.append((dict(self.headers.items()), self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(receiver.failing.pop(0) if receiver.failing else 204)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "0")
                self.end_headers()

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def said(self) -> list[dict[str, str]]:
        return [json.loads(body) for _, body in self.got]


@pytest.fixture
def receiver() -> Iterator[_Receiver]:
    """A receiver that serves."""
    found = _Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def forge() -> Iterator[Forge]:
    """A GitHub on loopback."""
    with Forge() as found:
        yield found


@pytest.fixture
def told(site: Site, receiver: _Receiver, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A site that tells both, and a log that decays."""
    url = f"http://127.0.0.1:{receiver.server.server_port}/hooks/secret-path"
    (site.folder / "gate.yaml").write_text(CONFIG.replace("models:", f"alarms: {{webhook: '{url}', github: acme/models}}\nmodels:", 1), encoding="utf-8")
    for name, value in (("GATE_ALARM_SECRET", SHARED), ("GATE_ALARM_TOKEN", TOKEN), ("GITHUB_API_URL", forge.url)):
        monkeypatch.setenv(name, value)
    site.log(pd.concat([rows(range(5)), rows(range(5, 41), rates=(0.7, 0.4))]))
    return site


def _run(site: Site, until: int, **more: object) -> Found:
    return site.run(site.folder / "log.parquet", as_of=day(until), **{"entry": "m", "version": "3", **more})


def test_an_alarm_is_told_once_and_its_issue_is_kept_up_to_date(told: Site, receiver: _Receiver, forge: Forge) -> None:
    """Quiet: nothing. Then one delivery and one issue, whatever is repeated; the next day's run writes the issue anew and posts nothing."""
    _run(told, 5)
    before = (len(receiver.got), len(forge.asked))
    found = [_run(told, until) for until in (40, 40, 41, 39)]

    assert before == (0, 0)
    assert [(run.answer, run.untold) for run in found] == [(Answer.ALARM, ())] * 4
    assert [said["finding"] for said in receiver.said] == [f"parity on g since {found[0].alarms[0].since}"]
    assert (receiver.said[0]["model"], receiver.said[0]["version"], receiver.said[0]["as_of"]) == ("m", "3", day(40).isoformat())
    assert [method for method, path in forge.asked if "issues" in path] == ["GET", "POST", "GET", "PATCH"]
    assert (len(forge.issues), day(41).isoformat() in forge.issues[0]["body"], forge.issues[0]["labels"]) == (1, True, ["fairness-alarm"])


def test_what_is_posted_is_signed(told: Site, receiver: _Receiver) -> None:
    """Id, time and body, as MLflow signs: nobody without the secret can make one, and the id is the same in header and body."""
    _run(told, 40)
    ((headers, body),) = receiver.got
    signed = f"{headers['X-Gate-Delivery-Id']}.{headers['X-Gate-Timestamp']}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(SHARED.encode(), signed, hashlib.sha256).digest()).decode()

    assert headers["X-Gate-Signature"] == expected
    assert headers["Idempotency-Key"] == headers["X-Gate-Delivery-Id"] == json.loads(body)["id"]


@pytest.mark.parametrize("status", [403, 302])
def test_a_place_that_is_down_hides_no_alarm_and_is_told_later(told: Site, receiver: _Receiver, forge: Forge, status: int) -> None:
    """The answer stands, the output says who was not told, the other place is told; the next run tells it, under the same id."""
    receiver.failing = [status]
    first, second = _run(told, 40), _run(told, 40)

    assert (first.answer, second.answer, second.untold) == (Answer.ALARM, Answer.ALARM, ())
    assert f"the webhook answered with status {status}" in first.untold[0]
    assert "secret-path" not in first.untold[0]
    assert (len(forge.issues), len({said["id"] for said in receiver.said}), len(receiver.got)) == (1, 1, 2)


def test_a_hiccup_is_tried_again_at_once(told: Site, receiver: _Receiver) -> None:
    """A server that is busy gets the same delivery again, under the same id, within the run."""
    receiver.failing = [503]
    found = _run(told, 40)

    assert (found.untold, len(receiver.got), len({said["id"] for said in receiver.said})) == ((), 2, 1)


def test_a_crash_after_sending_tells_it_again_under_the_same_id(told: Site, receiver: _Receiver, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was sent and not noted is sent again: at least once, twice under one id; the issue is found by its mark, not opened again."""
    note = Store.note

    def dying(self: Store, model: str, place: str, finding: str, notice: notices.Notice) -> None:
        if notice.told is not None:
            raise KeyboardInterrupt
        note(self, model, place, finding, notice)

    for _ in range(2):
        with monkeypatch.context() as patch:
            patch.setattr(Store, "note", dying)
            with pytest.raises(KeyboardInterrupt):
                _run(told, 40)
    found = _run(told, 40)
    forge.failing = []

    assert (found.untold, len(receiver.got), len({said["id"] for said in receiver.said})) == ((), 3, 1)
    assert len(forge.issues) == 1


def test_an_issue_that_was_made_before_the_crash_is_found_again(forge: Forge) -> None:
    """By mark and label, over pages, among open ones; without the label, which takes rights, nobody's issue is taken for it."""
    github = Github({"GITHUB_REPOSITORY": "acme/models", "GITHUB_TOKEN": TOKEN, "GITHUB_API_URL": forge.url})
    mark = "fairness-gate alarm 1"
    others = [{"number": i + 1, "state": "open", "title": "t", "body": "b", "labels": ["x"]} for i in range(100)]
    forge.issues = [*others, {"number": 101, "state": "open", "title": "t", "body": f"<!-- {mark} -->", "labels": []}]
    numbers = [github.issue("t", "text", mark=mark, label="x") for _ in range(2)]
    forge.issues[101]["state"] = "closed"
    again = github.issue("t", "text", mark=mark, label="x")
    kept = github.issue("new", "text", mark=mark, label="x", number=102)
    strange = github.issue("new", "text", mark=mark, label="x", number=7)

    assert (numbers, again, kept, strange) == ([102, 102], 103, 102, 103)
    assert forge.issues[6]["title"] == "t"
    assert (forge.issues[101]["state"], forge.issues[101]["title"]) == ("closed", "new")


def test_hostile_names_are_shown_and_do_not_act(told: Site, forge: Forge) -> None:
    """A feature that would mention people, close the comment or run HTML is text, in the title as in the body."""
    hostile = "<img src=x> @acme/all --> [x](http://evil.test) | **b**"
    path = told.folder / "gate.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("{g: {column: g", f"{{'{hostile}': {{column: g"), encoding="utf-8")
    _run(told, 40)
    (issue,) = forge.issues
    written = issue["body"].partition("-->\n")[2]

    assert not [sign for sign in ("<img", "@acme", "-->", "[x](", "**b**", "http://") if sign in written]
    assert not [sign for sign in ("@acme", "http://") if sign in issue["title"]]


def test_with_small_cells_apart_no_number_of_a_group_is_told(told: Site, receiver: _Receiver, forge: Forge) -> None:
    """Rule, feature and day, and nothing else."""
    (told.folder / "policies" / "watch.yaml").write_text(f"{POLICY}privacy: {{min_cell: 10}}\n", encoding="utf-8")
    _run(told, 40)

    assert set(receiver.said[0]) == {"schema", "id", "model", "version", "tier", "finding", "first_seen", "as_of", "standing", "store"}
    assert not [word for word in ("selection_rate", "rate", " for a") if word in forge.issues[0]["body"]]


def test_drift_that_ends_and_comes_back_is_told_again(site: Site, receiver: _Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is another alarm, under another id; the alarm of a rule stays, and is told once for ever."""
    monkeypatch.setenv("GATE_ALARM_WEBHOOK", f"http://127.0.0.1:{receiver.server.server_port}/")
    monkeypatch.setenv("GATE_ALARM_SECRET", SHARED)
    site.policy(max_psi=0.2, recent_days=2)
    mix = {True: (20, 120), False: (100, 40)}
    log = site.log(pd.concat([rows([number], sizes=mix[number in {4, 5, 12, 13}]) for number in range(16)]))
    reference = site.log(rows(range(3), seed=2), "reference.parquet")
    answers = [site.run(log, as_of=day(until), reference=reference).answer for until in (3, 6, 10, 14, 14)]

    assert [answer is Answer.ALARM for answer in answers] == [False, True, False, True, True]
    assert [said["finding"] for said in receiver.said] == ["drift of g"] * 2
    assert len({said["id"] for said in receiver.said}) == 2


def test_drift_that_ended_before_anybody_could_be_told_is_told_all_the_same(
    site: Site, receiver: _Receiver, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both places were down on the day of the alarm: they hear of it when they are up, in words that do not say that it lasts, and once."""
    url = f"http://127.0.0.1:{receiver.server.server_port}/"
    for name, value in (("GATE_ALARM_WEBHOOK", url), ("GATE_ALARM_SECRET", SHARED), ("GATE_ALARM_TOKEN", TOKEN), ("GITHUB_API_URL", forge.url)):
        monkeypatch.setenv(name, value)
    (site.folder / "gate.yaml").write_text(CONFIG.replace("models:", "alarms: {github: acme/models}\nmodels:", 1), encoding="utf-8")
    site.policy(max_psi=0.2, recent_days=2)
    log = site.log(pd.concat([rows([number], sizes=(20, 120) if number in {4, 5} else (100, 40)) for number in range(12)]))
    reference = site.log(rows(range(3), seed=2), "reference.parquet")
    receiver.failing, forge.failing = [403], [403]
    down, *later = [site.run(log, as_of=day(until), reference=reference) for until in (6, 10, 11)]

    assert (down.answer, len(down.untold), [run.untold for run in later]) == (Answer.ALARM, 2, [(), ()])
    assert Answer.ALARM not in {run.answer for run in later}
    assert [(said["finding"], said["first_seen"], said["standing"]) for said in receiver.said[1:]] == [("drift of g", day(6).isoformat(), False)]
    ((issue),) = forge.issues
    assert ("no longer seen" in issue["body"], "still so" in issue["body"]) == (True, False)


def test_another_address_is_told_of_alarms_that_stand(told: Site, receiver: _Receiver, forge: Forge) -> None:
    """What one address was told, no other one knows; an issue in another repository that has the same number stays as it is."""
    path = told.folder / "gate.yaml"
    written = path.read_text(encoding="utf-8")
    forge.issues = [{"number": 1, "state": "open", "title": "mine", "body": "a stranger's", "labels": []}]
    path.write_text(written.replace("acme/models", "acme/others"), encoding="utf-8")
    elsewhere = _run(told, 40)
    path.write_text(written.replace("secret-path", "other-path"), encoding="utf-8")
    found = _run(told, 41)

    assert (len(elsewhere.untold), found.untold) == (1, ())
    assert (forge.issues[0]["title"], len(forge.issues)) == ("mine", 2)
    assert len(receiver.got) == 2


@pytest.mark.parametrize("host", ["alarms..example.com", f"{'a' * 64}.example.com", ".example.com"])
def test_a_host_that_cannot_be_looked_up_is_refused(host: str) -> None:
    """An empty label, or one that is too long: found when the configuration is read, not when there is an alarm."""
    assert webhook_fault(f"https://{host}/x") is not None
    assert webhook_fault("https://alarms.example.com./x") is None


@pytest.mark.parametrize("url", ["https://alarms..example.com/x", f"https://{'a' * 64}.example.com/x"])
def test_an_address_that_no_library_takes_is_a_place_that_is_down(url: str) -> None:
    """Whatever sending raises is an error of this place."""
    with pytest.raises(ForgeError, match="did not answer"):
        Webhook(url, SHARED).post(b"{}", key="k")


def test_a_secret_of_any_bytes_signs(receiver: _Receiver) -> None:
    """The environment holds bytes, whatever they spell."""
    Webhook(f"http://127.0.0.1:{receiver.server.server_port}/", os.fsdecode(b"\xff" * 16), clock=lambda: 5).post(b"{}", key="k")
    expected = base64.b64encode(hmac.new(b"\xff" * 16, b"k.5.{}", hashlib.sha256).digest()).decode()

    assert receiver.got[0][0]["X-Gate-Signature"] == f"v1,{expected}"


def test_an_error_that_nobody_foresaw_is_said_without_its_text(told: Site, receiver: _Receiver, forge: Forge, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer stands and the other place is told; what a library says may hold the address, and is not shown."""

    def failing(_self: Webhook, _body: bytes, *, key: str) -> None:
        raise RuntimeError(f"secret-path {key}")

    monkeypatch.setattr(Webhook, "post", failing)
    found = _run(told, 40)

    assert (found.answer, len(forge.issues), receiver.got) == (Answer.ALARM, 1, [])
    assert found.untold == (f"the webhook, parity on g since {found.alarms[0].since}: RuntimeError",)


@pytest.mark.parametrize("missing", ["GATE_ALARM_SECRET", "GATE_ALARM_TOKEN"])
def test_an_alarm_that_nobody_could_be_told_of_is_refused_before_anything_is_counted(told: Site, missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the secret it could not be sent: exit 2."""
    monkeypatch.delenv(missing)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(UsageError, match=r"nobody could believe one|no issue could be opened"):
        _run(told, 40)

    assert not Path(told.store).exists()


@pytest.mark.parametrize(
    "written",
    ["{webhook: 'http://example.test/x'}", "{webhook: 'https://user:pw@example.test/'}", "{webhook: '/x'}", "{github: acme}", "{github: acme/..}", "{mail: x}"],
)
def test_a_place_that_cannot_be_told_safely_is_refused(site: Site, written: str) -> None:
    """In the open, with a password, or no place at all."""
    (site.folder / "gate.yaml").write_text(CONFIG.replace("models:", f"alarms: {written}\nmodels:", 1), encoding="utf-8")
    with pytest.raises(ConfigError):
        load_config(site.folder / "gate.yaml")


def test_places_do_not_change_what_a_decision_binds(site: Site) -> None:
    """Who is told is no part of what is judged: the digest of the configuration stays."""
    plain = load_config(site.folder / "gate.yaml")
    (site.folder / "gate.yaml").write_text(CONFIG.replace("models:", "alarms: {github: acme/models}\nmodels:", 1), encoding="utf-8")
    named = load_config(site.folder / "gate.yaml")

    assert named.alarms == AlarmPlaces(github="acme/models")
    assert named.document == plain.document
