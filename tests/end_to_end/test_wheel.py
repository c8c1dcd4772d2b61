"""An installed wheel, outside the repository, has all it needs."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.wheel, pytest.mark.mlflow]
ROOT = Path(__file__).parents[2]
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


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the unpacked wheel, which comes before the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder / "site"), str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    return folder / "site"


def _gate(installed: Path, folder: Path, *words: str, setting: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(installed), **(setting or {})}
    return subprocess.run([sys.executable, "-m", "gate", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_it_is_the_wheel_that_runs(installed: Path, tmp_path: Path) -> None:
    """The tests below do not run the checkout by accident."""
    program = "import gate; print(gate.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    result = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)

    assert Path(result.stdout.strip()).is_relative_to(installed)


def test_a_table_is_judged_by_the_shipped_policies(installed: Path, tmp_path: Path) -> None:
    """From a folder with nothing but a table and `gate.yaml`, the tier's policy comes with the wheel."""
    (tmp_path / "gate.yaml").write_text(GATE, encoding="utf-8")
    (tmp_path / "t.csv").write_text("g,y,p\n" + "a,1,1\na,0,0\na,1,0\na,0,1\nb,1,1\nb,0,0\nb,1,1\nb,0,0\n" * 200, encoding="utf-8")
    result = _gate(installed, tmp_path, "check", "--predictions", "t.csv", "--output", "out")

    assert result.returncode == 1, result.stderr
    assert result.stdout.startswith("BLOCKED")
    assert (tmp_path / "out" / "model_card.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_demo_tells_its_story(installed: Path, tmp_path: Path) -> None:
    """`gate demo` works from an empty folder, blocks the plain model, and leaves nothing outside its own folder."""
    result = _gate(installed, tmp_path, "demo")
    verdicts = {path.parent.name: json.loads(path.read_text(encoding="utf-8"))["verdict"] for path in tmp_path.glob("gate-demo/*/decision.json")}

    assert result.returncode == 0, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["gate-demo"]
    assert verdicts["1-plain-limited"] == "blocked"
    assert len(verdicts) == 4
    assert "BLOCKED: " in result.stdout
    assert "What would settle it: " in result.stdout
    assert result.stderr == ""
    said = ("does not stand: ", "  STANDS: ", "approved by ann (1 of 1)", "ALLOWED: mortgage-approval/2", "champion is version 2 now.", "REFUSED record")
    places = [result.stdout.find(words) for words in said]
    assert -1 not in places
    assert places == sorted(places)


def test_the_demo_tells_what_it_can_where_no_sandbox_works(installed: Path, tmp_path: Path) -> None:
    """The tier that requires one is said not to be judged, the others say that there was none; the story goes on."""
    result = _gate(installed, tmp_path, "demo", setting={"GATE_SANDBOX": "none"})

    assert result.returncode == 0, result.stderr
    assert "(tier high): not judged on this machine, which is exit code 4" in result.stdout
    assert "No sandbox: the model ran as a plain process" in " ".join(result.stdout.split())
    assert "champion is version 2 now." in result.stdout


def test_a_repository_is_started_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    """The action, the workflows and the templates come with it, and the plugin is found by pytest."""
    result = _gate(installed, tmp_path, "init", "--name", "m", "--tier", "high", "--label", "y", "--feature", "g=a,b")

    assert result.returncode == 0, result.stderr
    assert (tmp_path / ".github/actions/fairness-gate/action.yml").read_bytes() == (ROOT / ".github/actions/fairness-gate/action.yml").read_bytes()
    assert (tmp_path / ".github/workflows/model-gate.yml").is_file()
    (metadata,) = installed.glob("fairness_gate-*.dist-info/entry_points.txt")
    assert "gate.pytest_plugin = gate.pytest_plugin" in metadata.read_text(encoding="utf-8")
