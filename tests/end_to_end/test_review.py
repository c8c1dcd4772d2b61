"""What waits for a person is listed with all that deciding needs, and the dashboard shows what verify says; nothing hides by its tags."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from loans import Registry, signed

from gate.cli import main
from gate.dashboard.board import ModelBoard, State, Status
from gate.dashboard.gather import BoardRequest, gather

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

KEY = "GATE_SIGNING_KEY_FILE"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry in which one version passed, one is blocked, and the others were never checked."""
    folder = tmp_path_factory.mktemp("review")
    made = signed(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(folder / "gate.pem"))
        assert (main(made.check("fair")), main(made.check("unfair"))) == (0, 1)
    shutil.copytree(folder / "ledger", folder / "ledger.kept")
    return made


def _review(made: Registry, *words: str) -> list[str]:
    return ["review", *made.check("fair", *words)[2:]]


def _said(made: Registry, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(_review(made, *words)) == 0
    return capsys.readouterr().out


def _board(made: Registry, *, last: int = 20) -> ModelBoard:
    """What the dashboard says of the model."""
    request = BoardRequest(config=made.folder / "gate.yaml", policy=made.folder / "policy.yaml", tracking_uri=made.uri, last=last)
    (model,) = gather(request, now=datetime.now(UTC)).models
    return model


def _statuses(made: Registry) -> dict[str, Status]:
    return {shown.version: shown.status for shown in _board(made).versions}


def test_the_dashboard_says_what_verify_says(judged: Registry) -> None:
    """Passed, blocked and never checked, by bytes and records; whatever tags say, and a version under an alias is looked at however old it is."""
    fair, unfair, raising = (judged.versions[kind] for kind in ("fair", "unfair", "raising"))
    judged.client.set_model_version_tag("loans", raising, "gate.status", "passed")
    judged.client.set_registered_model_alias("loans", "champion", unfair)
    found, short = _statuses(judged), _board(judged, last=1)
    judged.client.delete_registered_model_alias("loans", "champion")

    assert (found[fair], found[unfair], found[raising], len(found)) == (Status.PASSED, Status.BLOCKED, Status.NEVER_CHECKED, 6)
    assert [(shown.version, shown.status, shown.waits) for shown in short.running] == [(unfair, Status.BLOCKED, True)]
    assert len(short.versions) <= 2
    assert [(entry.version, entry.verdict, entry.fault) for entry in short.decisions] == [(unfair, "blocked", ""), (fair, "passed", "")]
    assert all(point.lower is not None for entry in short.decisions for point in entry.points)


def test_a_record_that_the_ledger_lost_is_not_proven(judged: Registry) -> None:
    """Another ledger, or one whose end was cut off: the run's record is listed as not in it, and nothing is passed or blocked."""
    moved = judged.folder / "ledger.away"
    (judged.folder / "ledger").rename(moved)
    try:
        model = _board(judged)
    finally:
        shutil.rmtree(judged.folder / "ledger", ignore_errors=True)
        moved.rename(judged.folder / "ledger")
    found = {shown.version: shown.status for shown in model.versions}

    assert [found[judged.versions[kind]] for kind in ("fair", "unfair")] == [Status.NOT_PROVEN] * 2
    assert {entry.fault for entry in model.decisions} == {"it is not in the ledger"}


def test_a_registry_that_does_not_answer_is_no_empty_page(judged: Registry) -> None:
    """The model is shown as not proven, with the reason; not as one that was never checked."""
    request = BoardRequest(config=judged.folder / "gate.yaml", policy=judged.folder / "policy.yaml", tracking_uri=f"sqlite:///{judged.folder / 'none.db'}")
    board = gather(request, now=datetime.now(UTC))

    assert (board.whole, board.models[0].worst) == (False, Status.NOT_PROVEN)
    assert "There is no MLflow database" in board.models[0].fault


def test_what_waits_is_listed_with_why_and_what_to_type(judged: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """The blocked version with its finding and the command to ask with; not the one that passed; the rest as never checked."""
    said = _said(judged, capsys)

    assert f"loans/{judged.versions['unfair']}  BLOCKED under tier high" in said
    assert "parity on group: FAIL." in said
    assert f"gate override request loans/{judged.versions['unfair']} --key KEY" in said
    assert f"loans/{judged.versions['fair']}" not in said
    assert f"loans/{judged.versions['raising']}: it was never checked" in said
    assert "1 version waits for a person, of 6 versions looked at." in said


def test_tags_hide_nothing(judged: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Somebody who edits a version and says that it passed does not take it from the list."""
    version = judged.versions["unfair"]
    judged.client.set_model_version_tag("loans", version, "gate.status", "passed")
    judged.client.update_model_version("loans", version, description="PASSED")

    assert f"loans/{version}  BLOCKED" in _said(judged, capsys)


def test_a_request_waits_until_it_stands(judged: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for, it shows who, why, and how to answer; approved, it does not wait any more."""
    subject = [f"loans/{judged.versions['unfair']}", *judged.check("unfair")[2:]]
    assert main(["override", "request", *subject, "--reason", "Worse for everyone.", "--key", str(judged.folder / "lena.pem")]) == 0
    document = json.loads(_said(judged, capsys, "--format", "json"))
    (waiting,) = document["waiting"]
    (request,) = waiting["requests"]
    said = _said(judged, capsys)
    assert (waiting["left"], request["requester"], request["needed"], request["stands"]) == (["parity"], "lena", 1, False)
    assert f"gate override approve {subject[0]} --request {request['request'][7:19]}" in said
    assert "asked for by lena: Worse for everyone." in said

    assert main(["override", "approve", *subject, "--reason", "Seen.", "--key", str(judged.folder / "ann.pem")]) == 0
    assert "0 versions wait for a person" in _said(judged, capsys)
    model = _board(judged)
    shown = next(shown for shown in model.versions if shown.version == judged.versions["unfair"])
    assert (shown.status, shown.waits, shown.until is not None) == (Status.OVERRIDDEN, False, True)
    assert "by ann, asked for by lena: Worse for everyone." in shown.detail
    assert [(entry.state, entry.requester, entry.approvers) for entry in model.waived] == [(State.STANDS, "lena", ("ann",))]


def test_the_newest_are_looked_at_first(judged: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """`--last` counts from the newest; a model that gate.yaml does not know is a usage error."""
    document = json.loads(_said(judged, capsys, "--last", "2", "--format", "json"))
    newest = sorted(map(int, judged.versions.values()))[-2:]

    assert [entry["subject"] for entry in document["unknown"]] == [f"loans/{number}" for number in reversed(newest)]
    assert main(["review", "nobody", *judged.check("fair")[2:]]) == 2
