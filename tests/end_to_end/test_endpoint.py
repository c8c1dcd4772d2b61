"""A model that MLflow serves, judged by its answers alone."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from loans import POLICY, holdout

from gate.cli import main

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ENTRY = """\
  {name}:
    tier: high
    task: binary_classification
    data: {{uri: holdout.parquet, label: repaid}}
    predictions: {predictions}
    sensitive_features: {{group: {{column: group, groups: [a, b]}}}}
"""


@contextmanager
def _served(shape: str) -> Iterator[str]:
    """MLflow's server in a process of its own, on loopback, ended with the block."""
    program = Path(__file__).parents[1] / "serve_model.py"
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}
    with subprocess.Popen([sys.executable, str(program), shape], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/invocations"
        finally:
            process.terminate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A holdout, a configuration of two entries, and a policy."""
    holdout(2).drop(columns="wealth").to_parquet(tmp_path / "holdout.parquet")
    entries = [ENTRY.format(name="labels", predictions="{}"), ENTRY.format(name="scores", predictions="{score: score}")]
    (tmp_path / "gate.yaml").write_text("schema: gate.config/v1\nmodels:\n" + "".join(entries), encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def _check(folder: Path, url: str, entry: str, *words: str) -> int:
    files = ["--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml"), "--output", str(folder / "out")]
    return main(["check", "--endpoint", url, "--model-name", entry, *files, *words])


def _decision(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "out" / "decision.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(("shape", "entry"), [("labels", "labels"), ("frame", "labels"), ("scores", "scores")])
def test_a_served_model_is_judged_by_its_answers(folder: Path, shape: str, entry: str, capsys: pytest.CaptureFixture[str]) -> None:
    """MLflow's own server in its shapes; the record names the endpoint, binds no version, and says what it is not good for."""
    with _served(shape) as url:
        code = _check(folder, url, entry)
    decision, table = _decision(folder), holdout(2)
    chosen = (table["income"] - table["debt"] > 2).groupby(table["group"]).sum()

    assert (code, {group["group"]: group["tp"] + group["fp"] for group in decision["groups"]}) == (0, chosen.to_dict())
    assert decision["facts"]["predictions"] == {"source": "endpoint", "endpoint": url, "sandbox": None, "misbehaviour": None}
    assert (decision["candidate"]["version"], decision["facts"]["candidate"]["inputs"]) == (None, ["income", "debt"])
    assert "never accepted for a deployment" in " ".join(capsys.readouterr().out.split())


def test_the_label_and_the_groups_are_not_sent(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Asking for the label is refused; a sensitive feature that is sent is an input, and forbidden where the policy forbids it."""
    policy = folder / "policy.yaml"
    policy.write_text(POLICY + "inputs: {forbid: sensitive}\n", encoding="utf-8")
    with _served("labels") as url:
        assert _check(folder, url, "labels", "--inputs", "income,repaid") == 2
        assert "the label that the candidate is judged by" in " ".join(capsys.readouterr().err.split())
        assert _check(folder, url, "labels", "--inputs", "income,debt,group") == 1
        assert _check(folder, url, "labels") == 0


def test_a_policy_on_files_holds_what_shows_none(folder: Path) -> None:
    """An endpoint cannot show that its model is one of skops, so nothing passes that demand (exit 3)."""
    (folder / "policy.yaml").write_text(POLICY + "model: {format: skops}\nevidence: {sandbox: required}\n", encoding="utf-8")
    with _served("labels") as url:
        assert _check(folder, url, "labels") == 3


@pytest.mark.parametrize(
    "words",
    [
        ["--endpoint", "http://127.0.0.1:9/", "--predictions", "x.csv"],
        ["loans/1", "--endpoint", "http://127.0.0.1:9/"],
        ["--endpoint", "http://127.0.0.1:9/?token=secret"],
        ["--endpoint", "file:///etc/passwd"],
        ["loans/1", "--inputs", "income"],
        ["--predictions", "x.csv", "--env-manager", "uv"],
    ],
)
def test_what_cannot_be_meant(folder: Path, words: list[str]) -> None:
    """Two candidates at once, secrets in an address, and options about something else are usage errors (exit 2)."""
    assert main(["check", *words, "--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml"), "--model-name", "labels"]) == 2


def test_nobody_at_the_address(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4 and no decision: an endpoint that is down has answered nothing."""
    assert _check(folder, "http://127.0.0.1:9/invocations", "labels") == 4
    assert not (folder / "out" / "decision.json").exists()
    assert "Nothing was judged" in " ".join(capsys.readouterr().err.split())
