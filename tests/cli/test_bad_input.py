"""Bad input: one paragraph on stderr that says what, where and what next; the right exit code; nothing written."""

from pathlib import Path

import pytest

from gate.cli import main

GATE = """\
schema: gate.config/v1
models:
  m:
    tier: high
    task: binary_classification
    data: {label: y}
    predictions: {column: p}
    sensitive_features:
      g: {column: g, groups: [a, b]}
"""
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}
"""
TABLE = "g,y,p\n" + "a,1,1\na,0,0\nb,1,1\nb,0,0\n" * 10
HOLDOUT = "    data: {uri: table.csv, label: y}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a good table, configuration and policy."""
    monkeypatch.chdir(tmp_path)
    for name, text in (("gate.yaml", GATE), ("policy.yaml", POLICY), ("table.csv", TABLE)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _check(*words: str) -> int:
    return main(["check", *words, "--policy", "policy.yaml", "--output", "out", "--no-record"])


def _complains(capsys: pytest.CaptureFixture[str], *fragments: str) -> bool:
    """Nothing on stdout, one paragraph without a traceback on stderr, and these words in it."""
    printed = capsys.readouterr()
    joined = " ".join(printed.err.split())
    return printed.out == "" and "Traceback" not in printed.err and "\n\n" not in printed.err.strip() and all(words in joined for words in fragments)


BAD_TABLES = {
    "missing file": (None, ["no such file", "table.csv"]),
    "empty file": ("", ["empty", "table.csv"]),
    "0 rows": ("g,y,p\n", ["0 rows"]),
    "one class only": ("g,y,p\na,1,1\nb,1,0\n", ["two values", "data.labels"]),
    "no label column": ("g,p\na,1\nb,0\n", ["no column 'y'"]),
    "no sensitive column": ("y,p\n1,1\n0,0\n", ["no column 'g'"]),
    "binary rubbish": ("\x00\x01\x02g,y", ["gate:"]),
}


@pytest.mark.parametrize("case", BAD_TABLES)
def test_a_table_that_cannot_be_judged(folder: Path, capsys: pytest.CaptureFixture[str], case: str) -> None:
    """A missing, empty or unfitting table is exit 2, with the file's name and what to mend."""
    text, fragments = BAD_TABLES[case]
    (folder / "table.csv").unlink()
    if text is not None:
        (folder / "table.csv").write_text(text, encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert _complains(capsys, *fragments)
    assert not (folder / "out" / "decision.json").exists()


def test_one_group_only_is_never_a_pass(folder: Path) -> None:
    """Rows of one declared group only: the other is absent, so nothing is shown (exit 3)."""
    (folder / "table.csv").write_text("g,y,p\n" + "a,1,1\na,0,0\n" * 50, encoding="utf-8")

    assert _check("--predictions", "table.csv") == 3


def test_one_declared_group_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A feature with one group has no gap that could be judged (exit 2)."""
    (folder / "gate.yaml").write_text(GATE.replace("[a, b]", "[a]"), encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert _complains(capsys, "gate.yaml:9", "groups")


def test_an_unknown_metric(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The line, the metric and the nearest one are named (exit 2)."""
    (folder / "policy.yaml").write_text(POLICY.replace("demographic_parity_difference", "demografic_parity_difference"), encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert _complains(capsys, "policy.yaml:4", "demografic_parity_difference", "demographic_parity_difference")


@pytest.mark.parametrize(
    "words", [[], ["m/1", "--predictions", "table.csv"], ["--nonsense"], ["m/1", "extra"], ["--format", "xml", "--predictions", "table.csv"]]
)
@pytest.mark.usefixtures("folder")
def test_a_command_that_cannot_be_meant(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Nothing to judge, two things to judge, an unknown option: exit 2 and a hint."""
    assert _check(*words) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("reference", ["m", "models:/m", "http://127.0.0.1/x", "../m/1", "m/latest", "file:///etc/passwd", "runs:/abc/model"])
def test_a_reference_that_names_no_version(folder: Path, capsys: pytest.CaptureFixture[str], reference: str) -> None:
    """Only a version or an alias of a registered model is accepted (exit 2), and never an address or a path."""
    (folder / "gate.yaml").write_text(GATE.replace("    data: {label: y}\n", HOLDOUT), encoding="utf-8")

    assert _check(reference, "--model-name", "m") == 2
    assert "Traceback" not in capsys.readouterr().err


def test_old_files_never_stand_for_a_new_answer(folder: Path) -> None:
    """What an earlier check wrote is gone after a failed one."""
    assert _check("--predictions", "table.csv") == 3
    assert (folder / "out" / "decision.json").exists()
    (folder / "table.csv").write_text("", encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert not list((folder / "out").iterdir())


def test_a_policy_of_another_tier(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--policy` cannot bring a looser tier in (exit 2)."""
    (folder / "policy.yaml").write_text(POLICY.replace("tier: high", "tier: minimal"), encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert _complains(capsys, "tier", "minimal", "high")


def test_a_rule_about_a_feature_that_is_not_declared(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule is never silently empty (exit 2)."""
    (folder / "policy.yaml").write_text(POLICY.replace("max: 0.10", "max: 0.10, features: [race]"), encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert _complains(capsys, "race", "Declare it")


def test_a_pinned_holdout_that_changed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other bytes than the pinned ones are refused before anything is judged (exit 2)."""
    (folder / "gate.yaml").write_text(GATE.replace("data: {label: y}", f"data: {{label: y, sha256: {'a' * 64}}}"), encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert _complains(capsys, "pins", "sha256:")


def test_an_output_that_cannot_be_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file where the folder should be: nothing is decided (exit 4), since a pass that leaves no card does not count."""
    (folder / "out").write_text("in the way", encoding="utf-8")

    assert _check("--predictions", "table.csv") == 4
    assert _complains(capsys, "out")


def test_debug_shows_the_traceback(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--debug` anywhere on the line shows where it happened; the exit code stays."""
    (folder / "table.csv").unlink()

    assert _check("--predictions", "table.csv", "--debug") == 2
    assert "Traceback" in capsys.readouterr().err


def test_a_failure_of_ours_is_never_a_pass(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever breaks inside is exit 4, in one paragraph."""
    monkeypatch.setattr("gate.pipeline.judge", lambda *_: 1 / 0)

    assert _check("--predictions", "table.csv") == 4
    assert _complains(capsys, "internal failure", "ZeroDivisionError", "--debug")
    assert not (folder / "out" / "decision.json").exists()


def test_an_expectations_suite_that_is_required_and_not_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A policy that requires data checks is not met by leaving them out (exit 2)."""
    (folder / "policy.yaml").write_text(POLICY + "data: {expectations: required}\n", encoding="utf-8")

    assert _check("--predictions", "table.csv") == 2
    assert _complains(capsys, "data.expectations")
