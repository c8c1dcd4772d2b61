"""`gate --help` is instant, and says what the exit codes mean."""

import subprocess
import sys
import time

import pytest

from gate import __version__
from gate.cli import main
from gate.cli.exit_codes import MEANING, ExitCode, of_verdict
from gate.core.decision import Verdict

HEAVY = ("mlflow", "pandas", "great_expectations", "sklearn", "duckdb", "numpy", "pyarrow", "pydantic", "matplotlib")


def test_help_imports_nothing_heavy() -> None:
    """Neither MLflow nor pandas nor anything else that takes a second is imported to print the help."""
    program = f"import sys; from gate.cli import main; code = main(['--help']); print([m for m in {HEAVY!r} if m in sys.modules], code)"
    result = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "[] 0"


def _seconds(*command: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def test_help_costs_little_more_than_python() -> None:
    """Paired with bare Python in one run, the best of nine `gate --help` costs at most 250 ms more; the best, because other work may disturb a pair."""
    extra = [_seconds("-m", "gate", "--help") - _seconds("-c", "pass") for _ in range(9)]

    assert min(extra) < 0.25


@pytest.mark.parametrize("words", [["--help"], ["check", "--help"], ["policy", "--help"], ["demo", "--help"]])
def test_every_help_text_has_an_example_or_the_exit_codes(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A reader of any help text sees how to go on."""
    assert main(words) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "Example" in printed or "Exit codes" in printed


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """`gate --version` prints the version and nothing else."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.strip() == __version__


def test_each_verdict_has_its_exit_code() -> None:
    """Passed is 0 and nothing else is; every code has a meaning."""
    assert {verdict: of_verdict(verdict).value for verdict in Verdict} == {Verdict.PASSED: 0, Verdict.BLOCKED: 1, Verdict.INCONCLUSIVE: 3}
    assert set(MEANING) == set(ExitCode)
