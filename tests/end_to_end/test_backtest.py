"""What the gate would have said of versions that are registered already."""

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from loans import Registry

from gate.backtest import Backtest, BacktestRequest, backtest
from gate.cli import main
from gate.cli.backtest import _document, _lines

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

LENIENT = """\
schema: gate.policy/v1
tier: lenient
evidence: {burden_of_proof: gate}
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.99, enforcement: soft-mandatory}
"""


@pytest.fixture(scope="module")
def folder(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A configuration with three tiers beside it."""
    folder = tmp_path_factory.mktemp("backtest")
    for name in ("gate.yaml", "holdout.parquet"):
        shutil.copy(registry.folder / name, folder / name)
    (folder / "policies").mkdir()
    shutil.copy(registry.folder / "policy.yaml", folder / "policies/high.yaml")
    (folder / "policies/lenient.yaml").write_text(LENIENT, encoding="utf-8")
    (folder / "policies/broken.yaml").write_text("schema: gate.policy/v1\n", encoding="utf-8")
    return folder


def _runs(registry: Registry) -> int:
    return len(registry.client.search_runs([entry.experiment_id for entry in registry.client.search_experiments()]))


@pytest.fixture(scope="module")
def found(registry: Registry, folder: Path) -> Backtest:
    """Every version judged, once; the registry stays as it was."""
    before = _runs(registry)
    judged = backtest(BacktestRequest(config=folder / "gate.yaml", name="loans", last=20, today=date(2026, 11, 1), tracking_uri=registry.uri))
    assert _runs(registry) == before
    return judged


def test_every_version_is_judged(registry: Registry, found: Backtest) -> None:
    """The verdict that a check gives, with what stops it, under each tier."""
    document = json.loads(json.dumps(_document(found)))
    judged = {entry["version"]: entry["tiers"] for entry in document["versions"]}

    assert [entry["version"] for entry in document["versions"]] == sorted(registry.versions.values(), key=int, reverse=True)
    fair, unfair, raising = (judged[registry.versions[kind]] for kind in ("fair", "unfair", "raising"))
    assert (fair["high"]["verdict"], raising["high"]["verdict"]) == ("passed", "blocked")
    assert unfair["high"] == {"verdict": "blocked", "stopped_by": ["parity on group"]}
    assert (unfair["lenient"]["verdict"], unfair["broken"]["verdict"]) == ("passed", None)


def test_it_says_what_each_tier_would_cost(registry: Registry, found: Backtest) -> None:
    """In words, for whoever decides on a tier; a model that needs what is not there counts as not judged."""
    printed = "\n".join(_lines(found))

    assert f"loans/{registry.versions['unfair']}  BLOCKED: parity on group" in printed
    assert f"loans/{registry.versions['fair']}  PASSED" in printed
    assert "6 versions under tier high: 1 passed, " in printed
    assert "Under tier lenient: 2 passed, " in printed
    assert "Under tier broken: 6 not judged." in printed


def test_what_is_not_there_is_an_error(registry: Registry, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2: a name that gate.yaml or the registry does not have."""
    words = ["--config", str(folder / "gate.yaml"), "--tracking-uri", registry.uri]
    assert main(["backtest", "nobody", *words]) == 2
    gate = folder / "gate.yaml"
    gate.write_text(gate.read_text(encoding="utf-8").replace("loans:", "strange:"), encoding="utf-8")
    assert main(["backtest", "strange", *words]) == 2
    assert "no version of 'strange'" in capsys.readouterr().err
