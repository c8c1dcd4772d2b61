"""Models that need something else than what is here, or that a policy on files does not trust: whose fault, and what to do."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from loans import GATE, POLICY, Registry, holdout
from once import database
from two_groups import POLICY as TWO_GROUPS

from gate.cli import main
from gate.core.facts import Candidate, EnvManager
from gate.core.policy import ModelFormat, ModelTerms
from gate.registry.interface import FetchedModel
from gate.stages import environment

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

PROGRAM = Path(__file__).parents[1] / "register_needy.py"


@pytest.fixture(scope="module")
def needy(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry of models with needs."""
    folder = tmp_path_factory.mktemp("needy")
    database(folder)
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run([sys.executable, str(PROGRAM), str(folder)], capture_output=True, text=True, check=False, cwd=folder, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    holdout(2).to_parquet(folder / "holdout.parquet")
    (folder / "gate.yaml").write_text(GATE, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return Registry(uri=f"sqlite:///{folder / 'mlflow.db'}", folder=folder, versions=json.loads(done.stdout.splitlines()[-1]))


def _checked(registry: Registry, kind: str, output: Path, *words: str, policy: str = POLICY) -> int:
    """The exit code of a check under a policy."""
    file = output / "policy.yaml"
    file.write_text(policy, encoding="utf-8")
    every = registry.check(kind, "--no-record", "--output", str(output / "out"), *words)
    every[every.index("--policy") + 1] = str(file)
    return main(every)


def _decision(output: Path) -> dict[str, Any]:
    return dict(json.loads((output / "out" / "decision.json").read_text(encoding="utf-8")))


def test_a_missing_requirement_is_not_the_models_fault(needy: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4 before anything of the model runs, with its own list and what to type; no decision is written."""
    code = _checked(needy, "absent", tmp_path)
    said = " ".join(capsys.readouterr().err.split())

    assert (code, (tmp_path / "out" / "decision.json").exists()) == (4, False)
    assert "a-package-that-nobody-wrote>=1 <- not installed" in said
    assert "mlflow==" in said
    assert "--env-manager uv" in said


def test_another_version_is_a_note(needy: Registry, tmp_path: Path) -> None:
    """A model that then fails is the candidate's fault, and the record says what was different here."""
    code = _checked(needy, "other-version", tmp_path)
    predictions = _decision(tmp_path)["facts"]["predictions"]

    assert (code, predictions["misbehaviour"]["check"]) == (1, "predict")
    assert predictions["differing"][0].startswith("six==1.16.0, here ")


def test_uv_brings_what_was_recorded(needy: Registry, tmp_path: Path) -> None:
    """The same model passes in an environment of its own, made from its list, and the record says so."""
    if shutil.which("uv") is None and not Path(sys.executable).with_name("uv").is_file():
        reason = "uv is not installed: `make test` installs it"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    code = _checked(needy, "other-version", tmp_path, "--env-manager", "uv")
    predictions = _decision(tmp_path)["facts"]["predictions"]

    assert (code, predictions["env_manager"], predictions["misbehaviour"], "differing" in predictions) == (0, "uv", None, False)


def test_uv_follows_no_address(needy: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A requirement with an address is refused (exit 4): following it would fetch what the author wrote down."""
    assert _checked(needy, "address", tmp_path, "--env-manager", "uv") == 4
    assert "no name and version of a package" in " ".join(capsys.readouterr().err.split())


def test_dying_while_loading_is_the_candidates_fault(needy: Registry, tmp_path: Path) -> None:
    """The child was ready and its requirements are here: a process that ends, with status 0 even, blocks (exit 1)."""
    code = _checked(needy, "dying", tmp_path)
    fault = _decision(tmp_path)["facts"]["predictions"]["misbehaviour"]

    assert (code, fault["check"]) == (1, "exit")
    assert "during load" in fault["detail"]


def test_skops_is_the_gates_own_in_any_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where its trust in types decides, the environment has the version that looked at them, or none is made."""
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(environment, "prepare", lambda lines, _: asked.append(tuple(lines)))
    candidate = Candidate(name="m", version="1", digest="sha256:0")
    fetched = FetchedModel(candidate=candidate, folder=tmp_path, requirements=("skops==0.1",))
    policy = replace(TWO_GROUPS, model_terms=ModelTerms(format=ModelFormat.SKOPS))
    for pins in (environment.pins_of(policy), environment.pins_of(TWO_GROUPS)):
        environment.environment_for(fetched, EnvManager.UV, tmp_path, pins=pins, tell=lambda _: None)

    assert asked == [("skops==0.1", f"skops=={metadata.version('skops')}"), ("skops==0.1",)]


@pytest.mark.parametrize(("kind", "code", "outcome"), [("skops", 0, "pass"), ("pickle", 1, "fail"), ("disguised", 1, "fail")])
def test_a_policy_may_want_skops_alone(needy: Registry, tmp_path: Path, kind: str, code: int, outcome: str) -> None:
    """A pickle, and a file of skops with code beside it, are blocked before any of it is loaded: no child says how it ended."""
    found = _checked(needy, kind, tmp_path, policy=POLICY + "model: {format: skops}\n")
    decision = _decision(tmp_path)
    rules = {finding["rule"]: finding["outcome"] for finding in decision["findings"]}

    assert (found, rules["untrusted-model-file"]) == (code, outcome)
    assert (decision["facts"]["predictions"]["sandbox"] is None) == (code == 1)
    assert decision["facts"]["predictions"]["misbehaviour"] is None or decision["facts"]["predictions"]["misbehaviour"]["check"] == "model-file"


def test_what_the_files_say_stands_in_the_record_and_on_the_card(needy: Registry, tmp_path: Path) -> None:
    """Without any demand in the policy, the pickle's names and the signature are there for a reader."""
    _checked(needy, "pickle", tmp_path)
    files = _decision(tmp_path)["facts"]["model_files"]
    card = (tmp_path / "out" / "model_card.md").read_text(encoding="utf-8")

    assert (files["loader"], files["signature"], files["beside_skops"]) == (
        "mlflow.sklearn",
        ["income: double", "debt: double"],
        ["its format is pickle, not skops"],
    )
    assert "sklearn.linear_model._logistic.LogisticRegression" in files["pickles"][0]["imports"]
    assert "its format is pickle, not skops" in card
    assert "is a pickle that names" in card
