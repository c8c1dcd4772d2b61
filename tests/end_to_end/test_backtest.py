"""What the gate would have said of versions that are registered already."""

import json
import shutil
from pathlib import Path

import pytest
from loans import Registry

from gate.cli import main

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

LENIENT = """\
schema: gate.policy/v1
tier: lenient
evidence: {burden_of_proof: gate}
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.99, enforcement: soft-mandatory}
"""


@pytest.fixture
def folder(registry: Registry, tmp_path: Path) -> Path:
    """A configuration with three tiers beside it."""
    for name in ("gate.yaml", "holdout.parquet"):
        shutil.copy(registry.folder / name, tmp_path / name)
    (tmp_path / "policies").mkdir()
    shutil.copy(registry.folder / "policy.yaml", tmp_path / "policies/high.yaml")
    (tmp_path / "policies/lenient.yaml").write_text(LENIENT, encoding="utf-8")
    (tmp_path / "policies/broken.yaml").write_text("schema: gate.policy/v1\n", encoding="utf-8")
    return tmp_path


def _backtest(registry: Registry, folder: Path, *words: str) -> list[str]:
    return ["backtest", "loans", "--config", str(folder / "gate.yaml"), "--tracking-uri", registry.uri, *words]


def test_every_version_is_judged_and_nothing_is_recorded(registry: Registry, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The verdict that a check gives, with what stops it, under each tier; the registry stays as it was."""
    runs = len(registry.client.search_runs([entry.experiment_id for entry in registry.client.search_experiments()]))
    assert main(_backtest(registry, folder, "--format", "json")) == 0
    found = json.loads(capsys.readouterr().out)
    judged = {entry["version"]: entry["tiers"] for entry in found["versions"]}

    assert [entry["version"] for entry in found["versions"]] == sorted(registry.versions.values(), key=int, reverse=True)
    fair, unfair, raising = (judged[registry.versions[kind]] for kind in ("fair", "unfair", "raising"))
    assert (fair["high"]["verdict"], unfair["high"], raising["high"]["verdict"]) == (
        "passed",
        {"verdict": "blocked", "stopped_by": ["parity on group"]},
        "blocked",
    )
    assert (unfair["lenient"]["verdict"], unfair["broken"]["verdict"]) == ("passed", None)
    assert len(registry.client.search_runs([entry.experiment_id for entry in registry.client.search_experiments()])) == runs


def test_it_says_what_each_tier_would_cost(registry: Registry, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In words, for whoever decides on a tier; a model that needs what is not there counts as not judged."""
    assert main(_backtest(registry, folder, "--last", "6")) == 0
    printed = capsys.readouterr().out

    assert f"loans/{registry.versions['unfair']}  BLOCKED: parity on group" in printed
    assert f"loans/{registry.versions['fair']}  PASSED" in printed
    assert "6 versions under tier high: 1 passed, " in printed
    assert "Under tier lenient: 2 passed, " in printed
    assert "Under tier broken: " in printed
    assert "6 not judged" in printed


def test_what_is_not_there_is_an_error(registry: Registry, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2: a name that gate.yaml or the registry does not have."""
    assert main(["backtest", "nobody", *_backtest(registry, folder)[2:]]) == 2
    gate = folder / "gate.yaml"
    gate.write_text(gate.read_text(encoding="utf-8").replace("loans:", "strange:"), encoding="utf-8")
    assert main(["backtest", "strange", *_backtest(registry, folder)[2:]]) == 2
    assert "no version of 'strange'" in capsys.readouterr().err
