"""What GitHub shows of a decision: the worst first, within its limits, and never greener than the verdict."""

from dataclasses import replace
from pathlib import Path

import pytest
import samples

from gate.cli.ci import Ci, telling
from gate.core.decision import Effect, Verdict
from gate.core.place import Place
from gate.errors import RegistryError
from gate.pipeline import Recorded
from gate.report import badge, markdown
from gate.report.github import MOST, Level, annotations

PLACES = {"": Place(path="policies/high.yaml"), "equal-opportunity": Place(path="policies/high.yaml", line=7)}


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_what_stops_is_annotated_at_its_loudness(sample: str) -> None:
    """The verdict first, then an error for what blocks and a warning for what holds; never more than GitHub shows."""
    decision = samples.DECISIONS[sample]()
    stopping = [finding for finding in decision.judgement.findings if finding.effect is not Effect.NONE]
    verdict, *rest = annotations(decision, PLACES)
    loud = {Verdict.BLOCKED: Level.ERROR, Verdict.INCONCLUSIVE: Level.WARNING, Verdict.PASSED: Level.NOTICE}

    assert (verdict.level, verdict.place, len(rest)) == (loud[decision.verdict], None, min(len(stopping), MOST - 1))
    assert [entry.level for entry in rest].count(Level.ERROR) == min(MOST - 1, [finding.effect for finding in stopping].count(Effect.BLOCKS))


def test_more_than_github_shows_is_said() -> None:
    """Of thirty rules that stop it, the worst are shown, and the verdict says how many are not."""
    decision = samples.blocked()
    finding = next(entry for entry in decision.judgement.findings if entry.effect is Effect.BLOCKS)
    many = tuple(replace(finding, rule=f"rule-{number}") for number in range(30))
    found = annotations(replace(decision, judgement=replace(decision.judgement, findings=many)), PLACES)

    assert (len(found), f"{30 - MOST + 1} more findings stop it." in found[0].message) == (MOST, True)


@pytest.mark.parametrize("sample", samples.DECISIONS)
@pytest.mark.parametrize("limit", [200, 2_000, 20_000])
def test_a_summary_that_does_not_fit_is_cut_at_a_block(sample: str, limit: int) -> None:
    """What is left out is said; the verdict is never what is left out."""
    decision = samples.DECISIONS[sample]()
    whole, cut = markdown.summary(decision, {}), markdown.summary(decision, {}, limit=limit)

    assert len(cut.encode()) <= limit
    assert cut == whole or (cut.endswith("it is in the model card.\n") and whole.startswith(cut.rpartition("The rest")[0]))
    assert cut.startswith(f"## Fairness gate: {decision.verdict.value.upper()}")


def test_a_summary_of_very_much_is_shown_at_all() -> None:
    """GitHub drops a summary of more than 1,024 KiB whole."""
    decision = samples.blocked()
    finding = decision.judgement.findings[0]
    many = tuple(replace(finding, rule=f"r{number}", why="<&>" * 3_000, message="|" * 30_000) for number in range(200))
    said = markdown.summary(replace(decision, judgement=replace(decision.judgement, findings=many)), {})

    assert (len(said.encode()) < 1024 * 1024, said.startswith("## Fairness gate: BLOCKED")) == (True, True)


def test_a_badge_is_green_for_a_pass_alone() -> None:
    """Every other verdict, and a development table, has another colour."""
    coloured = {sample: '"brightgreen"' in badge.render(made()) for sample, made in samples.DECISIONS.items()}
    development = replace(samples.passed(), facts=replace(samples.passed().facts, data=replace(samples.passed().facts.data, development=True, look=None)))

    assert coloured == {sample: made().verdict is Verdict.PASSED for sample, made in samples.DECISIONS.items()}
    assert '"lightgrey"' in badge.render(development)


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The files that GitHub's runner names, and a checkout in which the step works in a folder."""
    (tmp_path / "work/models/policies").mkdir(parents=True)
    (tmp_path / "work/models/policies/high.yaml").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path / "work/models")
    for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path / "work"))
    return tmp_path


def test_the_runner_is_told(runner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Summary and outputs are added to its files, and annotations name files as the repository does."""
    (runner / "GITHUB_OUTPUT").write_text("before=1\n", encoding="utf-8")
    with telling(Ci.GITHUB) as told:
        told.decided(Recorded(decision=samples.blocked(), summary="## said\n", places=PLACES))

    outputs = dict(line.split("=", 1) for line in (runner / "GITHUB_OUTPUT").read_text(encoding="utf-8").splitlines())
    assert (outputs["before"], outputs["verdict"], outputs["exit-code"], outputs["subject"]) == ("1", "blocked", "1", "loan-approval/3")
    assert (runner / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8") == "## said\n"
    printed = capsys.readouterr()
    assert (printed.out, "file=models/policies/high.yaml,line=" in printed.err) == ("", True)


def test_a_place_outside_the_repository_is_no_place(runner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The shipped policies are no file of the repository."""
    with telling(Ci.GITHUB) as told:
        told.decided(Recorded(decision=samples.blocked(), places={"": Place(path="limited.yaml")}))

    assert (runner.exists(), "file=" in capsys.readouterr().err) == (True, False)


@pytest.mark.parametrize("error", [RegistryError("MLflow did not answer", next_step="Wait."), KeyError("x"), KeyboardInterrupt(), MemoryError()])
def test_whatever_happens_is_told_as_no_verdict(error: BaseException, runner: Path) -> None:
    """Nothing was decided, the outputs say so, and the error goes on."""
    with pytest.raises(type(error)), telling(Ci.GITHUB):
        raise error

    outputs = (runner / "GITHUB_OUTPUT").read_text(encoding="utf-8")
    assert ("verdict=none" in outputs, "exit-code=4" in outputs, "allowed=false" in outputs) == (True, True, True)
    assert "COULD NOT JUDGE" in (runner / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")


def test_a_runner_that_cannot_be_told_changes_nothing(runner: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Files that cannot be written, or are not named, are no reason to lose the verdict."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(runner / "nowhere" / "summary"))
    monkeypatch.delenv("GITHUB_OUTPUT")
    with telling(Ci.GITHUB) as told:
        told.decided(Recorded(decision=samples.blocked(), summary="x"))

    assert "GITHUB_STEP_SUMMARY cannot be written" in capsys.readouterr().err


def test_nobody_is_told_by_default(runner: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --ci there are no workflow commands in the log."""
    with telling(Ci.NONE) as told:
        told.decided(Recorded(decision=samples.blocked(), summary="x"))

    assert (capsys.readouterr().err, (runner / "GITHUB_OUTPUT").exists()) == ("", False)
