"""What GitHub says is read as documented, and nothing else is taken for an approval."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from github_server import TOKEN, Forge, review

from gate.cli import main
from gate.errors import ForgeError, GateError, UsageError
from gate.forge.github import Approval, Github


@pytest.fixture
def forge() -> Iterator[Forge]:
    """A GitHub on loopback."""
    with Forge() as forge:
        yield forge


def _job(forge: Forge, **variables: str) -> dict[str, str]:
    usual = {"GITHUB_TOKEN": TOKEN, "GITHUB_REPOSITORY": "acme/models", "GITHUB_RUN_ID": "77", "GITHUB_ACTOR": "lena", "GITHUB_API_URL": forge.url}
    return {**usual, **variables}


def test_who_approved_is_read_with_what_they_wrote(forge: Forge) -> None:
    """Of this environment only, each once; the actor is whoever started the run last."""
    forge.approvals = [review("ann-m", " Seen with the committee. "), review("bob", "prod is fine", environment="production")]
    github = Github(_job(forge, GITHUB_TRIGGERING_ACTOR="mia"))

    assert github.approvals("fairness-override") == (Approval(account="github:ann-m", comment="Seen with the committee."),)
    assert (github.actor, github.run_url) == ("github:mia", "https://github.com/acme/models/actions/runs/77")


STRANGE = {
    "nobody": ([], {}, None),
    "a rejection among approvals": ([review("ann-m", "yes"), review("bob", "no", state="rejected")], {}, UsageError),
    "a pending review": ([review("ann-m", "", state="waiting")], {}, UsageError),
    "a second attempt": ([review("ann-m", "yes")], {"GITHUB_RUN_ATTEMPT": "2"}, UsageError),
    "no login": ([{"state": "approved", "comment": "", "user": None, "environments": [{"name": "fairness-override"}]}], {}, ForgeError),
    "no list": ({"message": "moved"}, {}, ForgeError),
    "no JSON": (b"<html>", {}, ForgeError),
    "a token that is not good": ([], {"GITHUB_TOKEN": "other"}, ForgeError),
    "another run": ([], {"GITHUB_RUN_ID": "78"}, ForgeError),
}


@pytest.mark.parametrize("case", STRANGE)
def test_nothing_else_is_an_approval(case: str, forge: Forge) -> None:
    """Whatever is not exactly an approval of this run's first attempt raises, or names nobody."""
    forge.approvals, variables, error = STRANGE[case]
    github = Github(_job(forge, **variables))
    if error is None:
        assert github.approvals("fairness-override") == ()
    else:
        with pytest.raises(error):
            github.approvals("fairness-override")


@pytest.mark.parametrize("missing", ["GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"])
def test_outside_a_job_it_says_what_is_missing(missing: str, forge: Forge) -> None:
    """The variable is named."""
    with pytest.raises(GateError, match=missing):
        Github({**_job(forge), missing: ""}).approvals("fairness-override")


def test_it_tries_again_when_github_is_busy(forge: Forge) -> None:
    """Busy twice, then an answer; an error that stays is one."""
    forge.approvals, forge.failing = [review("ann-m", "yes")], [502, 503]
    assert len(Github(_job(forge)).approvals("fairness-override")) == 1

    forge.failing = [403]
    with pytest.raises(ForgeError, match="403"):
        Github(_job(forge)).approvals("fairness-override")


def test_a_comment_is_updated_and_not_repeated(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One comment per model, however often it is judged, and however many others have written; a person's copy of the mark stays theirs."""
    event, text = tmp_path / "event.json", tmp_path / "summary.md"
    event.write_text(json.dumps({"pull_request": {"number": 5}}), encoding="utf-8")
    for variable, value in _job(forge, GITHUB_EVENT_PATH=str(event)).items():
        monkeypatch.setenv(variable, value)
    forge.comments = [{"id": 1000 + number, "body": "hello", "user": {"type": "User"}} for number in range(150)]
    for words in ("BLOCKED", "PASSED"):
        text.write_text(f"## Fairness gate: {words}\n", encoding="utf-8")
        assert main(["comment", str(text), "--about", "loans"]) == 0
    forge.comments.insert(0, {"id": 9, "body": forge.comments[-1]["body"], "user": {"type": "User"}})
    text.write_text("# third\n" + "long\n\n" * 20_000, encoding="utf-8")
    assert main(["comment", str(text), "--about", "loans"]) == 0
    text.write_text("# other\n", encoding="utf-8")
    assert main(["comment", str(text), "--about", "--> fake"]) == 0

    ours = [entry["body"] for entry in forge.comments if entry["user"]["type"] == "Bot"]
    assert (len(ours), "# third" in ours[0], len(ours[0]) < 65_536, "does not fit" in ours[0], ours[1].endswith("# other\n")) == (2, True, True, True, True)
    assert "PASSED" in forge.comments[0]["body"]
    assert ours[1].count("-->") == 1


def test_without_a_summary_nothing_is_commented(forge: Forge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2, and GitHub is not asked."""
    for variable, value in _job(forge).items():
        monkeypatch.setenv(variable, value)

    assert (main(["comment", str(tmp_path / "none.md")]), forge.asked) == (2, [])


NAMING = {
    "loans/3: seen": True,
    "I have looked at Loans/3.": True,
    "models:/loans/3 may go": False,
    "loans/31": False,
    "loans/3.1": False,
    "other-loans/3": False,
    "loans/3-b": False,
    "fine": False,
    "": False,
}


@pytest.mark.parametrize("comment", NAMING)
def test_an_approval_is_about_the_version_that_it_names(comment: str) -> None:
    """As a word of its own."""
    assert Approval(account="github:ann", comment=comment).names("loans/3") == NAMING[comment]
