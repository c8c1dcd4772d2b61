"""`gate.check` in Python and the rules as tests: the same decision as the command's."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest

import gate
from gate.cli import main
from gate.core.decision import Verdict
from gate.errors import EndedError, GateError, UsageError
from gate.record.files import write_files
from gate.stages import recording

GATE = """\
schema: gate.config/v1
models:
  m:
    tier: limited
    task: binary_classification
    data: {label: y}
    predictions: {column: p}
    sensitive_features:
      g: {column: g, groups: [a, b]}
"""
FAIR = pd.DataFrame({"g": ["a", "b"] * 1_600, "y": ([1] * 4 + [0] * 4) * 400, "p": ([1] * 4 + [0] * 4) * 400})
UNFAIR = FAIR.assign(p=(FAIR["g"] == "a").astype(int))
FEW = FAIR[:8]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.yaml").write_text(GATE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("frame", "verdict"), [(FAIR, Verdict.PASSED), (UNFAIR, Verdict.BLOCKED), (FEW, Verdict.INCONCLUSIVE)])
def test_it_is_the_decision_of_the_command(frame: pd.DataFrame, verdict: Verdict, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A frame and the same table as a file, in Python and on the command line, give one decision."""
    frame.to_parquet(folder / "t.parquet", index=False)
    decisions = [gate.check(predictions=frame), gate.check(predictions="t.parquet"), gate.check(predictions=folder / "t.parquet", output="out")]
    capsys.readouterr()
    main(["check", "--predictions", "t.parquet", "--format", "json"])

    assert {decision.verdict for decision in decisions} == {verdict}
    assert json.loads(capsys.readouterr().out) == json.loads((folder / "out" / "decision.json").read_bytes())
    assert decisions[0] == decisions[1] == decisions[2]


def test_what_cannot_be_meant_is_an_exception(folder: Path) -> None:
    """The errors of the command, as exceptions."""
    with pytest.raises(UsageError):
        gate.check(predictions=folder / "none.parquet")
    with pytest.raises(AttributeError):
        _ = gate.nothing  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", ["0", "None", "'done'"])
def test_a_library_that_ends_the_program_ends_no_check(code: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Half installed libraries do (one of Great Expectations' own imports says 0): an error in Python, exit 4 on the command line."""
    (folder / "great_expectations.py").write_text(f"raise SystemExit({code})\n", encoding="utf-8")
    monkeypatch.syspath_prepend(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "great_expectations" or name == "gate.checks.expectations"]:
        monkeypatch.delitem(sys.modules, name)
    (folder / "gate.yaml").write_text(GATE.replace("{label: y}", "{label: y, expectations: suite.json}"), encoding="utf-8")
    (folder / "suite.json").write_text('{"name": "s", "expectations": [{"type": "expect_column_to_exist", "kwargs": {"column": "y"}}]}', encoding="utf-8")
    FAIR.to_parquet(folder / "t.parquet", index=False)

    assert (main(["check", "--predictions", "t.parquet"]), "A library ended the program" in capsys.readouterr().err) == (4, True)
    with pytest.raises(EndedError):
        gate.check(predictions="t.parquet")


@pytest.mark.parametrize("error", [SystemExit(0), TypeError("a library's own"), GateError("ours")])
@pytest.mark.parametrize(("frame", "code"), [(FAIR, 4), (UNFAIR, 1)])
def test_whatever_fails_after_the_verdict_leaves_no_pass(
    frame: pd.DataFrame, code: int, error: BaseException, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass that could not be told is none: no file says it, exit 4; a demonstrated block stands, exit 1."""
    frame.to_parquet(folder / "t.parquet", index=False)
    written: list[object] = []

    def failing(place: Path, contents: Mapping[str, bytes]) -> None:
        written.append(contents)
        if len(written) == 2:
            raise error
        write_files(place, contents)

    monkeypatch.setattr(recording, "write_files", failing)

    assert main(["check", "--predictions", "t.parquet", "--output", "out"]) == code
    assert (folder / "out" / "decision.json").exists() == (code == 1)


def test_importing_it_costs_nothing() -> None:
    """`import gate` brings neither pandas nor MLflow with it."""
    program = "import sys, gate; print([name for name in ('pandas', 'mlflow', 'duckdb', 'pydantic') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_a_notebook_shows_the_card(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """IPython's formatter renders a decision as the page of the card."""
    shown: dict[type, object] = {}

    class Formatter:
        def for_type(self, kind: type, render: object) -> None:
            shown[kind] = render

    class Shell:
        class display_formatter:  # noqa: N801 -- IPython's name
            formatters = {"text/html": Formatter()}  # noqa: RUF012 -- as above

    class Module:
        @staticmethod
        def get_ipython() -> Shell:
            return Shell()

    monkeypatch.setitem(sys.modules, "IPython", Module())  # type: ignore[arg-type]
    decision = gate.check(predictions=FAIR)
    render = shown[type(decision)]

    assert folder.exists()
    assert callable(render)
    assert "PASSED" in render(decision)


def _pytest(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "pytest", "-p", "gate.pytest_plugin", "-p", "no:cacheprovider", "-q", "-rA", *words]
    return subprocess.run(command, cwd=folder, env={**os.environ, "PYTEST_ADDOPTS": ""}, capture_output=True, text=True, check=False)


def test_every_rule_is_a_test(folder: Path) -> None:
    """What stops the candidate fails with the gate's words and no traceback; what is met passes; own tests run beside."""
    UNFAIR.to_parquet(folder / "t.parquet")
    (folder / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    done = _pytest(folder, "--gate-config", "gate.yaml", "--gate-predictions", "t.parquet")

    assert done.returncode == 1
    for line in ("FAILED gate.yaml::verdict", "FAILED gate.yaml::demographic-parity", "PASSED test_own.py::test_own"):
        assert line in done.stdout
    assert "the gap is proven to be at least" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_a_candidate_that_passes_is_green(folder: Path) -> None:
    """And one for which there is no policy is an error of usage, never a green run."""
    FAIR.to_parquet(folder / "t.parquet")
    done = _pytest(folder, "--gate-config", "gate.yaml", "--gate-predictions", "t.parquet")
    assert done.returncode == 0, done.stdout
    assert "PASSED gate.yaml::verdict" in done.stdout

    assert _pytest(folder, "--gate-config", "none.yaml", "--gate-predictions", "t.parquet").returncode == 4
    assert _pytest(folder, "--gate-config", "gate.yaml", "--gate-predictions", "none.parquet").returncode == 1


def test_what_cannot_be_judged_is_tried_once(folder: Path) -> None:
    """Every rule fails with the reason, and none of them starts the check anew."""
    (folder / "conftest.py").write_text(
        "import gate.api\nfrom gate.errors import UsageError\n\ndef check(*words, **options):\n"
        "    open('calls', 'a').write('x')\n    raise UsageError('nothing is there')\n\ngate.api.check = check\n",
        encoding="utf-8",
    )
    done = _pytest(folder, "--gate-config", "gate.yaml", "--gate-predictions", "t.parquet")

    assert (done.returncode, (folder / "calls").read_text(encoding="utf-8")) == (1, "x")
    assert done.stdout.count("nothing is there") >= 2
    assert "FAILED gate.yaml::demographic-parity" in done.stdout


def test_inside_a_test_it_is_a_fixture(folder: Path) -> None:
    """`gate_check` gives the decision, to be asserted about."""
    FEW.to_parquet(folder / "t.parquet")
    (folder / "test_own.py").write_text(
        "def test_own(gate_check):\n    assert gate_check(predictions='t.parquet').verdict == 'inconclusive'\n", encoding="utf-8"
    )
    done = _pytest(folder, "--gate-config", "gate.yaml")

    assert done.returncode == 0, done.stdout


def test_an_empty_candidate_is_no_green_run(folder: Path) -> None:
    """A variable that is not set makes an error of usage; and with the fixture alone, the header says that nothing is judged."""
    (folder / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")

    assert _pytest(folder, "--gate-config", "gate.yaml", "--gate-model", "").returncode == 4
    assert _pytest(folder, "--gate-predictions", "t.parquet").returncode == 4
    done = _pytest(folder, "-v", "--gate-config", "gate.yaml")
    assert (done.returncode, "no rule is a test here" in done.stdout) == (0, True)
