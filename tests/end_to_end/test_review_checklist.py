"""Questions of a policy: no version is deployed before people with the right roles have answered them, signed."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from loans import POLICY, TERMS, Registry, signed

from gate.cli import main
from gate.verify import VerifyRequest, verify

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

KEY = "GATE_SIGNING_KEY_FILE"
ASKS = """\
review:
  before_deployment:
    - {id: oversight, question: Can an officer overrule it?, roles: [model-risk]}
    - {id: limits, question: What must it not be used for?, roles: [model-risk, ml], answer: text}
  after_deployment:
    - {id: complaints, question: Were there complaints?, roles: [model-risk], answer: text, due_days: 30}
"""
BOTH = "oversight: yes\nlimits: Mortgages abroad.\n"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry whose fair version passed under a policy with questions."""
    folder = tmp_path_factory.mktemp("checklist")
    made = signed(folder, terms=TERMS + ASKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(folder / "gate.pem"))
        assert main(made.check("fair", "--output", str(folder / "out"))) == 0
    shutil.copytree(folder / "ledger", folder / "ledger.kept")
    return made


@pytest.fixture
def made(judged: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The same, before anybody has answered: the ledger as it was, and answers in files rather than at the run."""
    monkeypatch.setenv(KEY, str(judged.folder / "gate.pem"))
    shutil.rmtree(judged.folder / "ledger")
    shutil.copytree(judged.folder / "ledger.kept", judged.folder / "ledger")
    shutil.rmtree(judged.folder / "policies" / "reviews", ignore_errors=True)
    (judged.folder / "policy.yaml").write_text(POLICY + TERMS + ASKS, encoding="utf-8")
    return judged


def _words(made: Registry, *verb: str) -> list[str]:
    return [*verb, *made.check("fair")[1:]]


def _answer(made: Registry, who: str, text: str, *words: str, checklist: str = "before_deployment") -> int:
    path = made.folder / "answers.yaml"
    path.write_text(text, encoding="utf-8")
    given = ["--checklist", checklist, "--answers", str(path), "--key", str(made.folder / f"{who}.pem")]
    return main([*_words(made, "review", "answer"), *given, *words])


def _file(made: Registry, name: str) -> list[str]:
    return ["--output", str(made.folder / "policies" / "reviews" / f"{name}.json")]


def _at(made: Registry, *, days: int) -> dict[str, bool]:
    """What verify says some days from now, check by check."""
    request = VerifyRequest(
        config=made.folder / "gate.yaml",
        now=datetime.now(UTC) + timedelta(days=days),
        reference=f"loans/{made.versions['fair']}",
        policy=made.folder / "policy.yaml",
        tracking_uri=made.uri,
    )
    return {check.about.value: check.holds for check in verify(request).checks}


def test_nothing_is_deployed_before_it_is_answered(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Verify and promote refuse and name the questions, review lists them, and answers of the right people open the way."""
    assert main(_words(made, "verify")) == 1
    said = capsys.readouterr().out
    assert "REFUSED  review        questions that are open (2 before deployment, 0 after it): oversight: nobody with the role model-risk" in said
    assert main([*_words(made, "promote"), "--alias", "champion"]) == 1
    assert _answer(made, "ann", BOTH, *_file(made, "ann")) == 0
    capsys.readouterr()
    assert main(_words(made, "verify")) == 0
    said = capsys.readouterr().out

    assert "ok       review        2 of 3 questions answered by ann; complaints is due by" in said


def test_what_waits_is_listed_with_the_question_and_what_to_type(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """The version passed, and waits all the same; answered in part, the other question waits."""
    assert _answer(made, "bob", "oversight: yes\n", *_file(made, "bob")) == 0
    capsys.readouterr()
    assert main(["review", *made.check("fair")[2:]]) == 0
    said = capsys.readouterr().out
    assert "OPEN  limits (a text, before deployment): What must it not be used for?" in said
    assert f"gate review answer loans/{made.versions['fair']} --checklist before_deployment" in said
    assert "1 version waits" in said
    assert "An override takes" not in said

    assert main(["review", "loans", *made.check("fair")[2:], "--format", "json"]) == 0
    (waiting,) = json.loads(capsys.readouterr().out)["waiting"]
    assert [(entry["id"], entry["open"]) for entry in waiting["questions"]] == [("limits", "nobody with the role model-risk or ml has answered")]


REFUSED = {
    "who made the model": ("lena", "limits: None.\n", "made the model and cannot answer for it"),
    "another role": ("lena", "oversight: yes\n", "answered by the role model-risk"),
    "the gate": ("gate", BOTH, "is answered by people"),
    "no such question": ("ann", "oversigth: yes\n", "Did you mean `oversight`?"),
    "neither yes nor no": ("ann", "oversight: maybe\n", "neither yes nor no"),
    "a boolean": ("ann", "oversight: true\n", "is no text"),
    "nothing": ("ann", "oversight: ''\n", "neither yes nor no"),
    "no answers": ("ann", "[]\n", "there are no answers in it"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_answer_that_could_not_count_is_refused_at_once(case: str, made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """With exit 2 and the reason; nothing is written."""
    who, text, said = REFUSED[case]

    assert _answer(made, who, text, *_file(made, "x")) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (made.folder / "policies" / "reviews").exists()


def test_answers_that_are_not_there_are_a_usage_error(made: Registry) -> None:
    """A file of answers that does not exist, and a list that the command does not know: exit 2."""
    words = [*_words(made, "review", "answer"), "--key", str(made.folder / "ann.pem"), "--answers", str(made.folder / "none.yaml")]

    assert [main([*words, "--checklist", checklist]) for checklist in ("before_deployment", "sometime")] == [2, 2]


def test_a_no_and_a_changed_file_and_a_reworded_question_refuse(made: Registry) -> None:
    """A colleague's no stops it beside a yes; a file that was touched, and an answer to other words, answer nothing."""
    assert _answer(made, "ann", BOTH, *_file(made, "ann")) == 0
    assert _at(made, days=0)["review"]
    policy = made.folder / "policy.yaml"
    policy.write_text(policy.read_text().replace("Can an officer", "Can anybody"), encoding="utf-8")
    assert not _at(made, days=0)["review"]
    policy.write_text(POLICY + TERMS + ASKS, encoding="utf-8")
    assert _answer(made, "bob", "oversight: no\n", *_file(made, "bob")) == 0
    assert not _at(made, days=0)["review"]
    (made.folder / "policies" / "reviews" / "bob.json").unlink()
    file = made.folder / "policies" / "reviews" / "ann.json"
    file.write_bytes(file.read_bytes().replace(b"payload", b"payl0ad", 1))
    assert not _at(made, days=0)["review"]


def test_after_the_deployment_the_clock_runs_from_the_first_promotion(made: Registry) -> None:
    """Overdue it refuses, a second promotion does not put it off, and an answer on the ledger ends that; taken out of the ledger it does not."""
    assert _answer(made, "ann", BOTH) == 0
    promote = [*_words(made, "promote"), "--alias", "champion"]
    assert (main(promote), main(promote)) == (0, 0)
    assert (_at(made, days=30)["review"], _at(made, days=31)["review"]) == (True, False)
    assert _answer(made, "bob", "complaints: None so far.\n", checklist="after_deployment") == 0
    assert _at(made, days=300)["review"]
    max((made.folder / "ledger").glob("*/entries/*.json")).unlink()
    assert not _at(made, days=300)["review"]


def test_the_dashboard_shows_which_questions_wait(made: Registry, tmp_path: Path) -> None:
    """A version that passed and that nobody has answered for waits for a person, and no page says that it is allowed."""
    config = ["--config", str(made.folder / "gate.yaml"), "--policy", str(made.folder / "policy.yaml"), "--tracking-uri", made.uri, "--last", "20"]
    assert main(["dashboard", "build", str(tmp_path / "site"), *config]) == 0
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    waiting = page.partition('id="waiting"')[2].partition("</section>")[0]

    assert "oversight" in waiting
    assert "limits" in waiting


def test_a_bundle_with_its_answers_is_enough_for_an_auditor(made: Registry, tmp_path: Path) -> None:
    """The folder and the files of answers, checked without a registry: the line `review` holds, and without the answers it refuses."""
    bundle = tmp_path / "bundle"
    shutil.copytree(made.folder / "out", bundle)
    assert _answer(made, "ann", BOTH, "--output", str(bundle / "reviews" / "ann.json")) == 0
    files = {"config": made.folder / "gate.yaml", "policy": made.folder / "policy.yaml"}

    def review() -> bool:
        found = verify(VerifyRequest(now=datetime.now(UTC), bundle=bundle, **files))  # type: ignore[arg-type]  # paths
        return next(check.holds for check in found.checks if check.about == "review")

    assert review()
    shutil.rmtree(bundle / "reviews")
    assert not review()


def test_a_version_is_not_deployed_under_a_tier_that_fell_in_silence(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """A laxer tier in gate.yaml is not judged, signed it is; without the statement verify refuses what was allowed a moment ago."""
    laxer = made.folder / "laxer.yaml"
    laxer.write_text(POLICY.replace("tier: high", "tier: limited").replace("0.10", "0.20"), encoding="utf-8")
    config, approvers = made.folder / "gate.yaml", made.folder / "policies" / "approvers.yaml"
    written = (config.read_text(encoding="utf-8"), approvers.read_text(encoding="utf-8"))
    words = ["--config", str(config), "--policy", str(laxer), "--tracking-uri", made.uri]
    subject, file = f"loans/{made.versions['fair']}", made.folder / "policies" / "downgrades" / "high.json"
    try:
        config.write_text(written[0].replace("tier: high", "tier: limited"), encoding="utf-8")
        approvers.write_text(written[1].replace("- ml", "- tier-approver"), encoding="utf-8")
        assert main(["check", subject, *words]) == 2
        assert main(["verify", subject, *words]) == 1
        lower = ["tier", "lower", "loans", *words[:4], "--reason", "Drafts only.", "--key", str(made.folder / "lena.pem"), "--output", str(file)]
        assert (main(lower), main(["check", subject, *words])) == (0, 0)
        capsys.readouterr()
        assert main(["verify", subject, *words]) == 0
        assert "lowered from high by lena: Drafts only." in capsys.readouterr().out
        file.unlink()
        assert main(["verify", subject, *words]) == 1
        assert "no statement by the role tier-approver lowers it" in capsys.readouterr().out
    finally:
        config.write_text(written[0], encoding="utf-8")
        approvers.write_text(written[1], encoding="utf-8")
        shutil.rmtree(made.folder / "policies" / "downgrades", ignore_errors=True)
