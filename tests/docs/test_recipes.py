"""The recipes for other pipelines: valid for their systems, and their commands do what the page says."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from gate.cli import main

PAGE = Path(__file__).parents[2] / "docs/how-to/other-ci.md"
BIN = Path(sys.executable).parent
FILES = dict(re.findall(r"`([\w./-]+)`:\n\n```\w+\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL))
OVERRIDE = "gate override attest"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with the page's own configuration and table."""
    for name in ("gate.yaml", "predictions.csv"):
        (tmp_path / name).write_text(FILES[name], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("name", "schema"), [(".gitlab-ci.yml", "vendor.gitlab-ci"), ("azure-pipelines.yml", "vendor.azure-pipelines")])
def test_it_is_valid_for_its_system(name: str, schema: str, folder: Path) -> None:
    """Against the published schema."""
    (folder / name).write_text(FILES[name], encoding="utf-8")
    done = subprocess.run([BIN / "check-jsonschema", "--builtin-schema", schema, name], cwd=folder, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def _commands() -> dict[str, str]:
    """Every line of the recipes that calls the gate."""
    gitlab: dict[str, Any] = yaml.safe_load(FILES[".gitlab-ci.yml"])
    azure: dict[str, Any] = yaml.safe_load(FILES["azure-pipelines.yml"])
    lines = {f"gitlab {job}": line for job, said in gitlab.items() if isinstance(said, dict) for line in said.get("script", ()) if line.startswith("gate ")}
    scripts = [str(step.get("script")) for step in azure["steps"]]
    lines |= {f"azure {place}": script.replace("$(MODEL)", "$MODEL") for place, script in enumerate(scripts) if script.startswith("gate ")}
    lines |= {f"jenkins {place}": line for place, line in enumerate(re.findall(r"sh '(gate [^']*)'", FILES["Jenkinsfile"]))}
    return lines | {f"airflow {place}": f"gate {line}" for place, line in enumerate(re.findall(r"return f'\{GATE\} ([^']*)'", FILES["release_dag.py"]))}


COMMANDS = _commands()


def test_every_recipe_checks_and_promotes() -> None:
    """Four systems, nine commands."""
    assert len(COMMANDS) == 9


@pytest.mark.mlflow
@pytest.mark.parametrize("name", COMMANDS)
def test_its_commands_are_commands(name: str, folder: Path) -> None:
    """Run as a shell would, without a registry: everything is understood, and nothing is let through."""
    variables = {
        "MODEL": "loan-approval/1",
        "GITLAB_USER_LOGIN": "ann",
        "REQUESTER": "lena",
        "REASON": "a 'quoted' reason",
        "APPROVER": "ann",
        "BUILD_USER_ID": "lena",
    }
    variables |= {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder), "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db"}
    done = subprocess.run(["bash", "-c", COMMANDS[name]], cwd=folder, env=variables, capture_output=True, text=True, check=False)

    assert done.returncode in {2, 4}, done.stderr
    assert "Usage:" not in done.stderr
    assert "loan-approval" in done.stderr or "There is no MLflow database" in done.stderr


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("table", "ran"), [("predictions.csv", ["fairness_gate"]), ("enough.csv", ["fairness_gate", "deploy"])])
def test_dagster_goes_on_only_after_a_pass(table: str, ran: list[str], folder: Path) -> None:
    """The job as Dagster runs it: four rows prove nothing, so that nothing is deployed, and nothing is tried again; many do."""
    _dagster()
    head, *rows = FILES["predictions.csv"].splitlines()
    (folder / "enough.csv").write_text("\n".join([head, *rows * 800, ""]), encoding="utf-8")
    (folder / "release_job.py").write_text(FILES["release_job.py"], encoding="utf-8")
    spec = importlib.util.spec_from_file_location("release_job", folder / "release_job.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    asked = {"ops": {"fairness_gate": {"config": {"predictions": table}}}}
    done = module.release.execute_in_process(run_config=asked, raise_on_error=False)

    assert done.success == ("deploy" in ran)
    assert [event.step_key for event in done.all_events if event.event_type_value == "STEP_START"] == ran
    assert [event.step_key for event in done.all_events if event.event_type_value == "STEP_UP_FOR_RETRY"] == []


def _dagster() -> None:
    """Skip without Dagster; where CI is set, that is a failure."""
    if importlib.util.find_spec("dagster"):
        return
    reason = "dagster is not installed: `make kinds` installs it"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def test_the_hook_lints(folder: Path) -> None:
    """The hook that the page names exists, and its command says what is wrong."""
    hooks = yaml.safe_load((PAGE.parents[2] / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    wanted = yaml.safe_load(FILES[".pre-commit-config.yaml"])["repos"][0]["hooks"][0]["id"]
    (hook,) = [entry for entry in hooks if entry["id"] == wanted]
    (folder / "policies").mkdir()
    (folder / "policies/limited.yaml").write_text("schema: gate.policy/v1\ntier: limited\nrules: []\n", encoding="utf-8")

    assert main([*hook["entry"].split()[1:], *hook["args"]]) == 2
    assert [bool(re.search(hook["files"], name)) for name in ("gate.yaml", "policies/high.yaml", "gate.d/a.yml", "src/gate.py")] == [True, True, True, False]
