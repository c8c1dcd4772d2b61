"""The pipelines to copy, run as their READMEs say: what is planted is found, what is mended passes, and nothing else is promoted."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
pytestmark = pytest.mark.mlflow


def _steps(name: str) -> list[str]:
    """The commands of a README, without its installation, which is done."""
    text = (ROOT / "pipelines" / name / "README.md").read_text(encoding="utf-8")
    block = re.search(r"```sh\n(.*?)```", text, re.DOTALL)
    assert block is not None
    return [line.partition(" #")[0].strip() for line in block[1].splitlines() if not line.startswith(("pip ", "export "))]


def _ran(name: str, folder: Path, first: Path) -> list[tuple[int, str]]:
    """Exit code and output of every command, in a copy of the folder."""
    shutil.copytree(ROOT / "pipelines" / name, folder, dirs_exist_ok=True)
    own = {key: value for key, value in os.environ.items() if not key.startswith(("GATE_", "MLFLOW_", "GITHUB_"))}
    environment = {**own, "PATH": os.pathsep.join([str(first), str(BIN), os.environ["PATH"]]), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    ended = []
    for step in _steps(name):
        done = subprocess.run(["bash", "-c", step], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        ended.append((done.returncode, done.stdout + done.stderr))
    return ended


def test_lending(tmp_path: Path, quick_gate: Path) -> None:
    """The plain model is blocked and moves nothing; the mitigated one goes on because people answer for it; it is what is deployed."""
    trained, people, blocked, released, watched = _ran("lending", tmp_path, quick_gate)

    assert (trained[0], "mortgage/1 mortgage/2" in trained[1], people[0]) == (0, True, 0), trained[1] + people[1]
    assert (blocked[0], "BLOCKED" in blocked[1], "PROMOTED" in blocked[1]) == (1, True, False), blocked[1]
    assert (released[0], "PROMOTED: mortgage/2 is champion now." in released[1]) == (0, True), released[1]
    assert (watched[0], "ALLOWED: mortgage/2" in watched[1]) == (0, True), watched[1]


def test_hiring(tmp_path: Path, quick_gate: Path) -> None:
    """The planted disparity is found at sex and nowhere else; the mended model passes."""
    trained, first, mended, again = _ran("hiring", tmp_path, quick_gate)
    decision = json.loads((tmp_path / "gate-out/1/decision.json").read_bytes())
    stopping = {finding["feature"] for finding in decision["findings"] if finding["effect"] != "none"}

    assert (trained[0], "screening/1 screening/2" in trained[1]) == (0, True), trained[1]
    assert (first[0], stopping) == (1, {"sex", "sex×age"} & stopping | {"sex"}), first[1]
    assert (mended[0], "PASSED" in mended[1]) == (0, True), mended[1]
    assert "2 decisions judged again" in again[1]


@pytest.mark.parametrize("name", ["lending", "hiring"])
def test_its_files_can_be_meant(name: str) -> None:
    """Policies and configuration pass lint as they stand."""
    folder = ROOT / "pipelines" / name
    done = subprocess.run([BIN / "gate", "policy", "lint", "policies/", "gate.yaml"], cwd=folder, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_the_workflow_is_clean(tmp_path: Path) -> None:
    """Against the schema, and zizmor."""
    place = tmp_path / ".github/workflows/lending.yml"
    place.parent.mkdir(parents=True)
    shutil.copy(ROOT / "pipelines/lending/lending.yml", place)
    for words in (["zizmor", "--offline", "--quiet", ".github"], ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(place)]):
        done = subprocess.run([BIN / words[0], *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
