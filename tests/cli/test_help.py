"""`gate --help` is instant, and says what the exit codes mean."""

import subprocess
import sys

import pytest

from gate import __version__
from gate.cli import main
from gate.cli.exit_codes import MEANING, ExitCode, of_verdict
from gate.core.decision import Verdict

LIGHT = {"annotated_doc", "gate", "rich", "shellingham", "typer"}
"""What the parser of arguments needs."""
OWN = 80
"""Modules of ours: the verbs and the nouns that their options name. Each costs about a millisecond."""


def test_help_imports_nothing_but_the_parser_and_the_verbs() -> None:
    """Neither MLflow nor pandas nor any other library is imported to print the help, and little of our own: so it is instant on any machine."""
    program = "import sys; from gate.cli import main; code = main(['--help']); print(*sys.modules); print(code)"
    result = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True)
    *_, named, code = result.stdout.splitlines()
    modules = [name for name in named.split() if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("_")]

    assert code == "0"
    assert {name.partition(".")[0] for name in modules} <= LIGHT
    assert sum(name.partition(".")[0] == "gate" for name in modules) <= OWN


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
