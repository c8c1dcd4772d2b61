"""What the dashboard says of a version comes from records that hold; nothing that does not hold is ever shown as passed."""

import json
import re
import shutil
import subprocess
import sys
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path

import pytest
import shelf as shelf_module
from shelf import NOW, Shelf, shelf

from gate.cli import main
from gate.core.alarm import Alarm
from gate.core.canonical import digest
from gate.core.override import Act
from gate.dashboard.board import ModelBoard, State, Status
from gate.dashboard.gather import BoardRequest, gather
from gate.dashboard.sources import RegistrySource
from gate.errors import UsageError
from gate.record.alarm import alarm_statement
from gate.record.ledger import Ledger
from gate.record.signing import seal
from gate.record.stores import FolderStore
from gate.registry.interface import DecisionRun, WatchedRun


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    """Two real checks, and everybody's keys."""
    return shelf(tmp_path_factory.mktemp("shelf"))


def _status(model: ModelBoard) -> Status | None:
    return None if model.newest is None else model.newest.status


def test_a_signed_record_that_replays_is_shown_as_what_it_says(made: Shelf, tmp_path: Path) -> None:
    """Passed with the day on which that ends; blocked, with the rule in the way, waits for a person; both have a history with bands."""
    made.put(tmp_path / "fair" / "out", "fair")
    made.put(tmp_path / "unfair" / "out", "unfair")
    (fair,) = made.board(tmp_path / "fair").models
    (unfair,) = made.board(tmp_path / "unfair", "unfair").models
    passed, blocked = fair.newest, unfair.newest
    assert passed is not None
    assert blocked is not None
    point = unfair.decisions[0].points[0]

    assert (passed.status, passed.until, passed.waits) == (Status.PASSED, NOW + timedelta(days=89), False)
    assert (blocked.status, blocked.until, blocked.waits, blocked.left) == (Status.BLOCKED, None, True, ("parity",))
    assert (point.rule, point.outcome, point.stops, point.bound) == ("parity", "fail", True, 0.2)
    assert point.lower is not None
    assert point.upper is not None
    assert point.value == pytest.approx(0.4)
    assert 0.2 < point.lower < 0.4 < point.upper


@pytest.mark.parametrize("by", [None, "eve", "ann"])
def test_whoever_may_not_sign_decisions_proves_nothing(made: Shelf, tmp_path: Path, by: str | None) -> None:
    """Not signed, signed by a stranger, or by somebody without the role: not proven, in the status and in the history."""
    made.put(tmp_path / "out", "fair", by=by)
    (model,) = made.board(tmp_path).models

    assert (_status(model), bool(model.decisions[0].fault)) == (Status.NOT_PROVEN, True)


def test_a_newer_record_of_somebody_else_hides_nothing(made: Shelf, tmp_path: Path) -> None:
    """A forged pass beside a signed block is listed as not proven, and the version stays blocked; a signed pass is not hidden by a forged block."""
    made.put(tmp_path / "old", "unfair", days_ago=9)
    forged = {**made.said("unfair")[1], "verdict": "passed"}
    made.put(tmp_path / "new", "unfair", record=made.sealed(forged, by="eve"))
    (model,) = made.board(tmp_path, "unfair").models

    assert _status(model) is Status.BLOCKED
    assert [(bool(entry.fault), entry.verdict) for entry in model.decisions] == [(True, "passed"), (False, "blocked")]


def test_a_verdict_that_does_not_follow_is_not_proven(made: Shelf, tmp_path: Path) -> None:
    """Signed by the gate's own key, but not what its counts give, or with its counts gone or changed."""
    made.put(tmp_path / "a" / "out", "unfair", record=made.sealed({**made.said("unfair")[1], "verdict": "passed"}))
    (made.put(tmp_path / "b" / "out", "fair") / "counts.parquet").unlink()
    (made.put(tmp_path / "c" / "out", "fair") / "counts.parquet").write_bytes(made.made["unfair"].counts)
    found = [_status(made.board(tmp_path / place, kind).models[0]) for place, kind in (("a", "unfair"), ("b", "fair"), ("c", "fair"))]

    assert found == [Status.NOT_PROVEN] * 3


def test_time_and_change_take_a_pass_away(made: Shelf, tmp_path: Path) -> None:
    """Past its days it has lapsed; under another policy or on another holdout it is not current; signed in the future it is not proven."""
    made.put(tmp_path / "out", "fair", days_ago=100)
    assert _status(made.board(tmp_path).models[0]) is Status.LAPSED
    shutil.rmtree(tmp_path / "out")
    made.put(tmp_path / "out", "fair", days_ago=-1)
    assert _status(made.board(tmp_path).models[0]) is Status.NOT_PROVEN
    shutil.rmtree(tmp_path / "out")
    made.put(tmp_path / "out", "fair")
    policy = made.home / "policies" / "high.yaml"
    written = policy.read_text(encoding="utf-8")
    policy.write_text(written.replace("version: 1", "version: 2"), encoding="utf-8")
    try:
        assert _status(made.board(tmp_path).models[0]) is Status.NOT_CURRENT
    finally:
        policy.write_text(written, encoding="utf-8")

    assert _status(made.board(tmp_path).models[0]) is Status.PASSED
    assert _status(made.board(tmp_path, "unfair").models[0]) is Status.NOT_CURRENT


def test_a_table_is_no_model(made: Shelf, tmp_path: Path) -> None:
    """What `gate check --predictions` said stands in the history; of something to deploy it proves nothing, and the page says what it says."""
    decision = json.loads(made.made["fair"].data)
    made.put(tmp_path / "out", "fair", record=made.sealed(decision, recorded=False))
    (model,) = made.board(tmp_path).models
    newest = model.newest
    assert newest is not None

    assert (newest.status, newest.version) == (Status.NOT_PROVEN, "table")
    assert "its record says passed, and its predictions come from" in newest.detail
    assert (model.decisions[0].fault, "without running the model" in model.decisions[0].remark) == ("", True)


def test_an_override_is_shown_as_one_and_ends(made: Shelf, tmp_path: Path) -> None:
    """Overridden, never passed: by whom, until when and why; after its last day lapsed, in the status and in the register; revoked it does not stand."""
    out = made.put(tmp_path / "out", "unfair", days_ago=10)
    request = made.act(out, Act.REQUEST, "lena", days_ago=9, days=20)
    waiting = made.board(tmp_path, "unfair").models[0]
    made.act(out, Act.APPROVE, "ann", days_ago=8, request=request)
    (model,), (later,) = (made.board(tmp_path, "unfair", now=NOW + timedelta(days=days)).models for days in (0, 20))
    newest, over = model.newest, later.newest
    assert newest is not None
    assert over is not None
    assert (newest.status, newest.until, newest.waits) == (Status.OVERRIDDEN, NOW + timedelta(days=11), False)
    assert "by ann, asked for by lena: Worse for <b>everyone</b>." in newest.detail
    assert (over.status, over.waits) == (Status.LAPSED, True)
    assert [entry.waived[0].state for entry in (waiting, model, later)] == [State.WAITS, State.STANDS, State.LAPSED]
    made.act(out, Act.REVOKE, "ann", days_ago=1, request=request)
    (revoked,) = made.board(tmp_path, "unfair").models

    assert (_status(revoked), revoked.waived[0].state) == (Status.BLOCKED, State.ENDED)


def test_an_exception_from_a_decision_that_is_not_believed_does_not_stand(made: Shelf, tmp_path: Path) -> None:
    """It is in the register all the same, and the register says why it does not stand."""
    out = made.put(tmp_path / "out", "unfair", by="eve", days_ago=10)
    request = made.act(out, Act.REQUEST, "lena", days_ago=9)
    made.act(out, Act.APPROVE, "ann", days_ago=8, request=request)
    (model,) = made.board(tmp_path, "unfair").models

    assert (_status(model), model.waived[0].state) == (Status.NOT_PROVEN, State.ENDED)
    assert "not among those that are believed" in model.waived[0].faults[0]


def test_the_ledger_has_the_last_word(made: Shelf, tmp_path: Path) -> None:
    """A record that it lacks is not proven; once its middle is gone nothing is; and its own records are the history without any bundle."""
    ledger = tmp_path / "ledger"
    first, second = made.chain(ledger, "fair", days_ago=3, run="a"), made.chain(ledger, "fair", days_ago=2, run="b")
    made.put(tmp_path / "out" / "b", "fair", record=second)
    (model,) = made.board(tmp_path / "out", ledger=ledger).models
    assert (_status(model), len(model.decisions)) == (Status.PASSED, 2)
    made.put(tmp_path / "out" / "c", "fair", days_ago=1, run="c")
    (stray,) = made.board(tmp_path / "out", ledger=ledger).models
    assert (_status(stray), stray.decisions[0].fault) == (Status.NOT_PROVEN, "it is not in the ledger")
    shutil.rmtree(tmp_path / "out" / "c")
    next((ledger / "model-loans" / "entries").glob("*1.json")).unlink()
    (cut,) = made.board(tmp_path / "out", ledger=ledger).models
    assert (model.raised, cut.raised) == ((), None)  # none was raised; nobody knows

    assert (_status(cut), {entry.fault.partition(":")[0] for entry in cut.decisions}) == (Status.NOT_PROVEN, {"the ledger cannot be relied on"})
    assert first != second


class _Registry:
    """A registry whose runs keep these records, and say that they are all about the model that is asked for."""

    def __init__(self, records: dict[str, bytes], said: dict[str, str]) -> None:
        self.records, self.said = records, said

    def decided(self, _name: str) -> tuple[DecisionRun, ...]:
        """All of them."""
        return tuple(DecisionRun(run_id=run, decision=self.said.get(run, ""), url=f"https://mlflow.example/#/{run}") for run in self.records)

    def artifact(self, run_id: str, name: str) -> bytes | None:
        """The record; no counts."""
        return self.records[run_id] if name == "decision.dsse.json" else None

    def artifacts(self, _run_id: str, _folder: str) -> tuple[bytes, ...]:
        """No overrides."""
        return ()

    def aliases(self, _name: str) -> dict[str, str]:
        """None."""
        return {}

    def versions(self, _name: str, *, last: int) -> tuple[str, ...]:
        """None of them, however many are asked for."""
        return ()[:last]

    def watched(self, _name: str) -> tuple[WatchedRun, ...]:
        """An alarm, as a run says."""
        return (WatchedRun(version="1", state="alarm since 2026-01-20", series={}, url=None),)

    def gated(self) -> frozenset[str]:
        """The model, and one that nobody has configured."""
        return frozenset({"loans", "<b>forgotten"})


def test_what_a_run_says_is_not_believed(made: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A signed record of another model, beside a run that says it is this one's, is listed as a stray; a run that claims a digest lends it no verdict."""
    _, own = made.said("fair")
    other = {**own, "candidate": {**own["candidate"], "name": "other"}}
    records = {"run-1": made.sealed(own), "run-2": made.sealed(other), "run-3": made.sealed({**own, "verdict": "blocked"}, by="eve")}
    registry = _Registry(records, {"run-3": digest(made.said("fair")[0])})
    monkeypatch.setattr("gate.dashboard.gather._source", lambda _: RegistrySource(registry, "a registry"))  # type: ignore[arg-type]
    board = gather(BoardRequest(config=made.config("fair")), now=NOW)
    (model,) = board.models

    assert {(entry.verdict, bool(entry.fault), entry.url) for entry in model.decisions} == {
        ("passed", False, "https://mlflow.example/#/run-1"),
        ("blocked", True, "https://mlflow.example/#/run-3"),
    }
    assert [stray.why.partition(",")[0] for stray in board.strays] == ["it carries marks of the gate in the registry", "it lies with this model"]
    assert (board.strays[0].where, model.alarmed, model.raised) == ("<b>forgotten", True, None)


TERMS = """\
review:
  after_deployment:
    - {id: seen, question: "Was it looked at in use?", roles: [model-risk], due_days: 10}
"""


@pytest.mark.parametrize(
    ("policy", "config", "until"),
    [
        (TERMS, "", NOW.replace(hour=0) + timedelta(days=10)),
        ("governance: {effective_until: 2026-12-01}\n", "", NOW.replace(hour=0) + timedelta(days=6)),
        ("", "    review_by: 2026-11-30\n", NOW.replace(hour=0) + timedelta(days=5)),
    ],
)
def test_until_is_the_first_day_on_which_anything_ends(tmp_path: Path, policy: str, config: str, until: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question that falls due, the last day of the policy, the day by which the tier is looked at again: the day after, it is not allowed any more."""
    monkeypatch.setattr("shelf.POLICY", shelf_module.POLICY + policy)
    monkeypatch.setattr("shelf.CONFIG", shelf_module.CONFIG.replace("    task:", f"{config}    task:"))
    (tmp_path / "home").mkdir()
    there = shelf(tmp_path / "home")
    there.put(tmp_path / "records" / "out", "fair")
    (before,) = there.board(tmp_path / "records", now=until - timedelta(seconds=1)).models
    (after,) = there.board(tmp_path / "records", now=until).models
    assert before.newest is not None
    assert after.newest is not None

    assert (before.newest.status, before.newest.until) == (Status.PASSED, until)
    assert not after.newest.status.allowed


def test_an_alarm_in_the_ledger_is_shown_until_it_is_answered(made: Shelf, tmp_path: Path) -> None:
    """A pass, then an alarm: lapsed, and named; then a newer decision that names it: allowed, and the alarm stays in the list as answered."""
    ledger = tmp_path / "ledger"
    made.put(tmp_path / "out" / "a", "fair", record=made.chain(ledger, "fair", days_ago=5))
    said = Alarm(store=digest(b"store"), model="loans", version="1", findings=("parity on g since 2026-11-20",), issued=NOW - timedelta(days=3))
    statement = Ledger(FolderStore(ledger)).append("loans", lambda link: seal(alarm_statement(said, link=link), None))
    named = {"findings": list(said.findings), "statement": digest(statement)}
    (alarmed,) = made.board(tmp_path / "out", ledger=ledger).models
    made.put(tmp_path / "out" / "b", "fair", record=made.chain(ledger, "fair", days_ago=1, alarms=[named]))
    (answered,) = made.board(tmp_path / "out", ledger=ledger).models
    assert alarmed.newest is not None

    assert (alarmed.newest.status, alarmed.alarmed, [entry.answered for entry in alarmed.raised]) == (Status.LAPSED, True, [False])
    assert "parity on g since 2026-11-20" in alarmed.newest.detail
    assert (_status(answered), answered.alarmed, [entry.answered for entry in answered.raised]) == (Status.PASSED, False, [True])


def test_a_decision_that_does_not_name_the_alarm_does_not_answer_it(made: Shelf, tmp_path: Path) -> None:
    """Later in the ledger, and silent about it, as one that was being made meanwhile: verify refuses, and the page says that no decision answers."""
    ledger = tmp_path / "ledger"
    said = Alarm(store=digest(b"store"), model="loans", version="1", findings=("parity on g since 2026-11-20",), issued=NOW - timedelta(days=3))
    statement = Ledger(FolderStore(ledger)).append("loans", lambda link: seal(alarm_statement(said, link=link), None))
    other = {"findings": list(said.findings), "statement": digest(statement + b" ")}
    found = []
    for place, alarms in (("a", []), ("b", [other])):
        made.put(tmp_path / "out" / place, "fair", record=made.chain(ledger, "fair", days_ago=1, run=place, alarms=alarms))
        (model,) = made.board(tmp_path / "out", ledger=ledger).models
        found.append((_status(model), model.alarmed, [entry.answered for entry in model.raised]))

    assert found == [(Status.LAPSED, True, [False])] * 2


def test_what_cannot_be_read_is_listed(made: Shelf, tmp_path: Path) -> None:
    """Damaged, of another model, or without a part: each is named with why, and hides none of the others."""
    made.put(tmp_path / "good", "fair")
    made.put(tmp_path / "damaged", "fair", record=made.sealed(made.said("fair")[1])[:-40])
    other = made.said("fair")[1]
    made.put(tmp_path / "other", "fair", record=made.sealed({**other, "candidate": {**other["candidate"], "name": "<b>nobody"}}))
    lacking = {key: value for key, value in made.said("fair", "7")[1].items() if key != "config"}
    made.put(tmp_path / "lacking", "fair", record=made.sealed(lacking))
    board = made.board(tmp_path)
    (model,) = board.models

    assert {stray.where.partition(":")[0]: stray.why for stray in board.strays} == {
        "damaged": "it is no signed statement, or is damaged",
        "other": "it is about '<b>nobody', which gate.yaml does not have",
        "loans": "the record lacks a part, or one is malformed (KeyError)",
    }
    assert {shown.version: shown.status for shown in model.versions} == {"7": Status.NOT_PROVEN, "1": Status.PASSED}


def test_a_model_without_records_was_never_checked(made: Shelf, tmp_path: Path) -> None:
    """Nothing to show is nothing proven, and no error; a folder or a model that is not there is one."""
    (model,) = made.board(tmp_path).models
    assert (model.versions, model.worst) == ((), Status.NEVER_CHECKED)

    with pytest.raises(UsageError, match="there is no such folder"):
        made.board(tmp_path / "nowhere")


def test_the_command_writes_pages(made: Shelf, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0 whatever they say; 4 when a model could not be asked, which is shown as not proven then; 2 for a file that cannot be meant."""
    made.put(tmp_path / "in" / "out", "unfair", days_ago=1)
    words = ["dashboard", "build", str(tmp_path / "site"), "--from", str(tmp_path / "in"), "--config"]
    assert main([*words, str(made.config("unfair"))]) == 0
    assert "2 pages in" in capsys.readouterr().out
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main([*words, str(made.config("unfair", ledger=tmp_path / "file"))]) == 4
    assert "loans could not be asked: the ledger cannot be read" in " ".join(capsys.readouterr().err.split())
    assert "NOT PROVEN" in (tmp_path / "site" / "index.html").read_text(encoding="utf-8")

    assert main([*words, str(tmp_path / "file")]) == 2


def test_it_is_served_until_it_is_told_to_stop(made: Shelf, tmp_path: Path) -> None:
    """The command says where it listens, answers with what is true then, and ends with 0 when it is terminated; a port that is taken is said to be."""
    made.put(tmp_path / "in" / "out", "fair", days_ago=3)
    words = ["dashboard", "serve", "--from", str(tmp_path / "in"), "--config", str(made.config("fair")), "--port"]
    process = subprocess.Popen([sys.executable, "-m", "gate", *words, "0"], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = process.stderr.readline()
        address = re.search(r"http://127\.0\.0\.1:(\d+)$", said.strip())
        assert address is not None, said
        connection = HTTPConnection("127.0.0.1", int(address[1]), timeout=120)
        connection.request("GET", "/")
        page = connection.getresponse().read().decode("utf-8")
        connection.close()
        assert main([*words, address[1]]) == 4
        process.terminate()
        assert process.wait(120) == 0
    finally:
        process.kill()
        process.communicate()

    assert 'href="models/loans-' in page
    assert "records alone" in page.lower()
