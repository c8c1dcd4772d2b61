"""What waits for a person is listed with all that deciding needs; what does not wait is not, and nothing hides by its tags."""

import json
import shutil

import pytest
from loans import Registry, signed

from gate.cli import main

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


def test_the_newest_are_looked_at_first(judged: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """`--last` counts from the newest; a model that gate.yaml does not know is a usage error."""
    document = json.loads(_said(judged, capsys, "--last", "2", "--format", "json"))
    newest = sorted(map(int, judged.versions.values()))[-2:]

    assert [entry["subject"] for entry in document["unknown"]] == [f"loans/{number}" for number in reversed(newest)]
    assert main(["review", "nobody", *judged.check("fair")[2:]]) == 2
