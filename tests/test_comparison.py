"""The comparison with other tools can be run, and the gate's own answers in it are never the harmful one."""

import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).parent.parent / "pipelines" / "comparison" / "run.py"


def test_the_comparison_runs() -> None:
    """One table of every world, by what is installed here."""
    done = subprocess.run([sys.executable, str(RUN), "--tables", "1"], capture_output=True, text=True, check=True)
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in done.stdout.splitlines()]

    assert rows[0] == ["1 tables each of", "harmful would be", "gate", "fairlearn"]
    assert [ours.split()[1] for _, harmful, ours, _ in rows[2:] if ours.split()[1] in {harmful, "error"}] == []
    assert {theirs.split()[1] for _, _, _, theirs in rows[2:]} == {"passed", "blocked", "error"}
