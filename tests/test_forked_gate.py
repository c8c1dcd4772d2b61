"""The forked `gate` of stories in a shell is the installed one but for its start: a story that it tells is a story that a user sees."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from forked_gate import forked_gate

pytestmark = pytest.mark.mlflow
BIN = Path(sys.executable).parent
POLICY = "schema: gate.policy/v1\ntier: high\nrules:\n  - {id: a, metric: selection_rate, scope: overall, min: 0.9, enforcement: soft-mandatory}\n"
CONFIG = """\
schema: gate.config/v1
models:
  m: {policy: policy.yaml, task: binary_classification, data: {label: y}, sensitive_features: {g: {column: g, groups: [a, b]}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A table, a configuration, a policy, and one with a fault."""
    files = {"policy.yaml": POLICY, "gate.yaml": CONFIG, "broken.yaml": POLICY.replace("metric:", "metrik:")}
    files["table.csv"] = "y,prediction,g\n" + "".join(f"{row % 2},{row % 3 % 2},{'ab'[row // 2 % 2]}\n" for row in range(400))
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def _ran(command: str, folder: Path, *first: Path, **more: str) -> tuple[int, str, str]:
    environment = {"PATH": os.pathsep.join(map(str, [*first, BIN, "/usr/bin", "/bin"])), "HOME": str(folder), "LANG": "C.UTF-8", **more}
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    said = [line for line in done.stderr.splitlines() if not line.endswith("…")]  # what it is doing is told to those who have waited for a while
    return done.returncode, done.stdout, "\n".join(said)


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("gate policy show policy.yaml", 0),
        ("gate policy lint broken.yaml", 2),
        ("gate check --predictions table.csv --no-record > said; code=$?; head -n 3 said; exit $code", 1),
        ("cat policy.yaml | gate card check -- -", 2),
    ],
)
def test_it_says_what_the_installed_one_says(command: str, code: int, folder: Path, quick_gate: Path) -> None:
    """The exit code and both streams, to the last letter, whether it passes, blocks or refuses."""
    forked, installed = _ran(command, folder, quick_gate), _ran(command, folder)

    assert (forked, forked[0]) == (installed, code)


def test_a_call_leaves_nothing_to_the_next(folder: Path, quick_gate: Path) -> None:
    """What is set for one is not set for another: neither the debugging switch nor a folder."""
    loud = _ran("gate policy show none.yaml", folder, quick_gate, GATE_DEBUG="1")
    quiet = _ran("gate policy show none.yaml", folder, quick_gate)
    elsewhere = _ran("mkdir other && cd other && gate policy lint policy.yaml", folder, quick_gate)

    assert ("Traceback" in loud[2], "Traceback" in quiet[2]) == (True, False)
    assert (loud[0], quiet[0], elsewhere[0]) == (2, 2, 2)


def test_without_the_process_that_forks_nothing_succeeds(folder: Path) -> None:
    """Nobody answers: an exit code that no gate has, and a reason."""
    with forked_gate() as first:
        (first / "socket").unlink()
        code, _, said = _ran("gate policy lint policy.yaml", folder, first)

    assert (code, "nobody forks a gate here" in said) == (70, True)
