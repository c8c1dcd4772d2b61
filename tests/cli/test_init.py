"""`gate init` writes what can be meant, and nothing over anything."""

import io
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from loans import holdout

from gate.cli import main
from gate.core.model import Task
from gate.policy import load_models

BIN = Path(sys.executable).parent
USUAL = ["--name", "loans", "--label", "repaid", "--data", "holdout.parquet"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty repository with a holdout."""
    monkeypatch.chdir(tmp_path)
    holdout(2, 200).to_parquet(tmp_path / "holdout.parquet")
    return tmp_path


@pytest.mark.parametrize("tier", ["minimal", "limited", "high"])
def test_what_it_writes_passes_every_linter(tier: str, folder: Path) -> None:
    """Policies and configuration can be meant, and the workflows are clean."""
    assert main(["init", *USUAL, "--tier", tier, "--feature", "group", "--feature", "debt:0.5,1,2", "--owner", "a: b # c", "--approved-by", "risk"]) == 0
    assert main(["policy", "lint", "policies", "gate.yaml"]) == 0
    for words in (
        ["zizmor", "--offline", "--quiet", ".github"],
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *map(str, folder.glob(".github/workflows/*.yml"))],
        ["check-jsonschema", "--builtin-schema", "vendor.github-actions", *map(str, folder.glob(".github/actions/*/action.yml"))],
    ):
        done = subprocess.run([BIN / words[0], *words[1:]], cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    (model,) = load_models(folder / "gate.yaml")
    group, debt = model.config.sensitive_features
    assert ([entry.name for entry in group.groups], len(debt.groups)) == (["a", "b"], 4)


def test_no_file_is_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file that exists, and nothing is written at all."""
    (folder / ".github/workflows").mkdir(parents=True)
    (folder / ".github/workflows/monitor.yml").write_text("mine", encoding="utf-8")

    assert main(["init", *USUAL, "--tier", "high", "--feature", "group"]) == 2
    assert "monitor.yml already" in capsys.readouterr().err
    assert ((folder / "gate.yaml").exists(), (folder / ".github/workflows/monitor.yml").read_text(encoding="utf-8")) == (False, "mine")


WRONG = {
    "an owner who approves": (
        ["--tier", "high", "--label", "y", "--name", "m", "--feature", "g=a,b", "--owner", "x", "--approved-by", "X"],
        "who owns the model",
    ),
    "no name": (["--tier", "high", "--label", "y", "--feature", "g=a,b"], "--name is missing"),
    "no feature": (["--tier", "high", "--label", "y", "--name", "m"], "--feature is missing"),
    "a tier that is none": (["--tier", "low", "--label", "y", "--name", "m", "--feature", "g=a,b"], "limited"),
    "a name that the runner would evaluate": (["--tier", "high", "--label", "y", "--name", "${{ secrets.X }}", "--feature", "g=a,b"], "{}$/:@"),
    "a name of two lines": (["--tier", "high", "--label", "y", "--name", "a\nb", "--feature", "g=a,b"], "control characters"),
    "a column that is not there": (["--tier", "high", "--label", "y", "--name", "m", "--data", "holdout.parquet", "--feature", "sex"], "'sex' cannot be read"),
    "a column with quotes": (["--tier", "high", "--label", "y", "--name", "m", "--data", "holdout.parquet", "--feature", 'x" FROM y --'], "cannot be read"),
    "a column of numbers": (["--tier", "high", "--label", "y", "--name", "m", "--data", "holdout.parquet", "--feature", "income"], "more than 20 values"),
    "groups without a table": (["--tier", "high", "--label", "y", "--name", "m", "--feature", "sex"], "are not known"),
    "a table that is not there": (["--tier", "high", "--label", "y", "--name", "m", "--data", "none.csv", "--feature", "sex"], "no such file"),
    "edges that are no numbers": (["--tier", "high", "--label", "y", "--name", "m", "--feature", "age:old"], "no numbers"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_writes_nothing(case: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2, with what to do, and an empty folder."""
    words, said = WRONG[case]

    assert main(["init", *words]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert [path.name for path in folder.iterdir()] == ["holdout.parquet"]


def test_a_person_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a terminal, what is missing is asked for."""
    answers = io.StringIO("loans\nlimited\nrepaid\ngroup=a,b age:25,40\n")
    answers.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stdin", answers)

    assert main(["init", "--no-github"]) == 0
    (model,) = load_models(folder / "gate.yaml")
    assert (model.config.name, [feature.name for feature in model.config.sensitive_features]) == ("loans", ["group", "age"])
    assert not (folder / ".github").exists()


def test_groups_keep_their_types(folder: Path) -> None:
    """Numbers stay numbers and yes/no stays a truth value, so that they are found in the table again."""
    table = pd.DataFrame({"male": [0, 1] * 50, "vip": [True, False] * 50, "plz": ["01", "02"] * 50, "repaid": [0, 1] * 50})
    table.to_parquet(folder / "t.parquet")
    table.to_csv(folder / "t.csv", index=False)
    for name in ("t.parquet", "t.csv"):
        words = ["--name", "m", "--tier", "limited", "--label", "repaid", "--data", name, "--feature", "male", "--feature", "vip"]
        assert main(["init", "--no-github", *words]) == 0
        (model,) = load_models(folder / "gate.yaml")
        assert [[entry.name for entry in feature.groups] for feature in model.config.sensitive_features] == [["0", "1"], ["false", "true"]]
        assert model.config.task is Task.BINARY_CLASSIFICATION
        (folder / "gate.yaml").unlink()
        for path in (folder / "policies").iterdir():
            path.unlink()
