"""The how-to from an empty folder to a blocked model, and the workflow that it wrote, run."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from workflows import BIN, act, committed

PAGE = Path(__file__).parents[2] / "docs/how-to/github.md"
pytestmark = pytest.mark.mlflow


def _followed(folder: Path) -> None:
    """Do what the page says, up to the settings on GitHub."""
    text = PAGE.read_text(encoding="utf-8")
    story = text[text.index("## From nothing") : text.index("## What the jobs do")]
    file, program = re.search(r"`([\w.]+)`:\n\n```python\n(.*?)```", story, re.DOTALL).groups()  # type: ignore[union-attr]
    (folder / file).write_text(program, encoding="utf-8")
    commands = re.findall(r"^\$ (.*)$", story, re.MULTILINE)
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    assert commands[1].startswith("gate init")
    for command in commands[:4]:
        subprocess.run(["bash", "-c", command], cwd=folder, env=environment, check=True, capture_output=True)


def test_an_empty_folder_becomes_a_pipeline_that_blocks(tmp_path: Path) -> None:
    """Nothing but what the page says: the version is blocked with exit code 1, and nothing is promoted or deployed."""
    folder = tmp_path / "repository"
    folder.mkdir()
    _followed(folder)
    caller = folder / ".github/workflows/model-gate.yml"
    text = caller.read_text(encoding="utf-8")
    caller.write_text(re.sub(r"requirements: fairness-gate==.*", 'requirements: ""\n      sandbox: "false"', text), encoding="utf-8")  # no package index here
    committed(folder)
    keys = {"GATE_SIGNING_KEY": (folder / "gate.pem").read_text(encoding="utf-8")}
    words = ("--var", f"MLFLOW_TRACKING_URI=sqlite:///{folder / 'mlflow.db'}", "--input", "model=loans@candidate")
    run = act(folder, "model-gate.yml", environment={"GITHUB_API_URL": "http://127.0.0.1:9"}, secrets=keys, words=words)

    assert (run.jobs.get("Check"), "deploy" in run.jobs, run.code == 0) == (False, False, False)
    assert ("1" in run.outputs("exit-code"), "blocked" in run.outputs("verdict"), "loans/1" in run.outputs("subject")) == (True, True, True)
    assert "Summary - ## Fairness gate: BLOCKED" in run.log
    assert "::error file=policies/limited.yaml,line=" in run.log


def test_the_workflows_of_the_page_are_clean(tmp_path: Path) -> None:
    """What people paste passes the linters."""
    text = PAGE.read_text(encoding="utf-8")
    found = re.findall(r"`\.github/workflows/([\w.-]+)`:\n\n```yaml\n(.*?)```", text, re.DOTALL)
    (tmp_path / ".github/workflows").mkdir(parents=True)
    for name, workflow in found:
        (tmp_path / ".github/workflows" / name).write_text(workflow, encoding="utf-8")
    for words in (["zizmor", "--offline", "--quiet", ".github"], ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *_files(tmp_path)]):
        done = subprocess.run([BIN / words[0], *words[1:]], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert len(found) == 1


def _files(folder: Path) -> list[str]:
    return [str(path) for path in (folder / ".github/workflows").glob("*.yml")]
