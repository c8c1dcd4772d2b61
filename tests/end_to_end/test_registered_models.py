"""The whole path with a real MLflow registry: what exits how, and what MLflow shows afterwards."""

import json
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import pytest
from loans import NAME, Registry, holdout

from gate.cli import main
from gate.errors import RegistryError, StorageError
from gate.registry.mlflow_registry import MlflowRegistry
from gate.stages import recording

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def _runs(registry: Registry) -> list[str]:
    experiment = registry.client.get_experiment_by_name("gate")
    return [run.info.status for run in registry.client.search_runs([experiment.experiment_id])]


def test_a_fair_model_passes_and_is_marked(registry: Registry, tmp_path: Path) -> None:
    """Exit 0; the version carries the verdict, the run carries card, counts and the same decision as the output folder."""
    code = main(registry.check("fair", "--output", str(tmp_path)))
    version = registry.client.get_model_version(NAME, registry.versions["fair"])
    decision = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))

    assert (code, decision["verdict"], version.tags["gate.status"], version.tags["gate.tier"]) == (0, "passed", "passed", "high")
    assert version.description.startswith("PASSED")
    run_id = version.tags["gate.report"].split("/")[1]
    stored = registry.client.download_artifacts(run_id, "decision.json", str(tmp_path))
    run = registry.client.get_run(run_id)
    assert json.loads(Path(stored).read_text(encoding="utf-8")) == decision
    assert {file.path for file in registry.client.list_artifacts(run_id)} == {
        "counts.parquet",
        "decision.dsse.json",
        "decision.json",
        "model_card.html",
        "card.json",
        "model_card.md",
        "report.html",
    }
    assert run.inputs.dataset_inputs[0].dataset.name == "holdout.parquet"
    assert run.data.metrics["parity/group"] == pytest.approx(decision["findings"][0]["value"])


def test_an_unfair_model_is_blocked_with_the_reason(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1; the first line says BLOCKED and names the rule; the version says so too, and keeps what people wrote."""
    registry.client.update_model_version(NAME, registry.versions["unfair"], description="Trained for the autumn campaign.")
    code = main(registry.check("unfair"))
    version = registry.client.get_model_version(NAME, registry.versions["unfair"])

    assert code == 1
    assert capsys.readouterr().out.startswith("BLOCKED: 1 of 2 rules violated: parity (group)")
    assert (version.tags["gate.status"], version.description[:7]) == ("blocked", "BLOCKED")
    assert version.description.endswith("Trained for the autumn campaign.")


@pytest.mark.parametrize(("kind", "check"), [("raising", "predict"), ("leaving", "exit")])
def test_a_model_that_fails_is_the_candidates_fault(registry: Registry, capsys: pytest.CaptureFixture[str], tmp_path: Path, kind: str, check: str) -> None:
    """Exit 1 with a finding `candidate-misbehaved` that names the check; leaving with status 0 is no success; no control characters come through."""
    code = main(registry.check(kind, "--no-record", "--output", str(tmp_path)))
    printed = capsys.readouterr()
    decision = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))

    assert code == 1
    assert [finding["rule"] for finding in decision["findings"]] == ["candidate-misbehaved"]
    assert decision["facts"]["predictions"]["misbehaviour"]["check"] == check
    assert "\x1b" not in printed.out + printed.err


def test_json_on_stdout_is_exactly_the_decision(registry: Registry, capsysbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    """`--format json` prints decision.json byte for byte, and nothing else on stdout."""
    code = main(registry.check("fair", "--format", "json", "--no-record", "--output", str(tmp_path)))

    assert code == 0
    assert capsysbinary.readouterr().out == (tmp_path / "decision.json").read_bytes()


def test_no_record_leaves_no_trace(registry: Registry) -> None:
    """`--no-record` writes nothing to MLflow."""
    before = _runs(registry)
    main(registry.check("fair", "--no-record"))

    assert _runs(registry) == before


def test_a_version_that_is_not_there(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that is not registered is a usage error (exit 2) that says so."""
    words = registry.check("fair", "--no-record")
    words[1] = f"{NAME}/99"

    assert main(words) == 2
    assert "99" in capsys.readouterr().err


def test_a_registry_that_is_down(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 4 within 30 seconds, with the address and the setting; never a pass."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
    words = [*registry.check("fair")[:-1], address]
    started = time.monotonic()
    code = main(words)
    printed = capsys.readouterr().err

    assert (code, time.monotonic() - started < 30) == (4, True)
    assert address in printed
    assert "MLFLOW_TRACKING_URI" in printed


def test_a_block_that_cannot_be_recorded_is_still_a_block(registry: Registry, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A demonstrated violation outranks a registry that fails while recording (exit 1); a pass does not (exit 4)."""

    def down(*_: object) -> None:
        raise RegistryError("MLflow did not keep the record", where="here", next_step="Try again.")

    monkeypatch.setattr(MlflowRegistry, "record", down)

    assert main(registry.check("unfair")) == 1
    assert "could not be recorded" in capsys.readouterr().err
    assert main(registry.check("fair")) == 4


def test_a_block_is_recorded_even_where_its_files_cannot_be_written(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A full disk keeps no block from the registry (exit 1), where an older verdict would stay otherwise."""
    write = recording.write_files

    def full(folder: Path, contents: Mapping[str, bytes]) -> None:
        if folder == tmp_path:
            raise StorageError("the output folder cannot be written: no space left", where=str(folder))
        write(folder, contents)

    monkeypatch.setattr(recording, "write_files", full)
    version = registry.versions["unfair"]
    registry.client.set_model_version_tag(NAME, version, "gate.status", "passed")

    assert main(registry.check("unfair", "--output", str(tmp_path))) == 1
    assert registry.client.get_model_version(NAME, version).tags["gate.status"] == "blocked"
    assert "the block stands" in capsys.readouterr().err


def test_a_csv_holdout_is_judged_like_a_parquet_one(registry: Registry, tmp_path: Path) -> None:
    """The same rows as text give the same counts: types come from the signature and from gate.yaml."""
    table = holdout(2)
    table.to_csv(tmp_path / "holdout.csv", index=False)
    text = (registry.folder / "gate.yaml").read_text(encoding="utf-8").replace("holdout.parquet", "holdout.csv")
    (tmp_path / "gate.yaml").write_text(text, encoding="utf-8")
    words = registry.check("fair", "--no-record", "--output", str(tmp_path / "csv"))
    words[words.index("--config") + 1] = str(tmp_path / "gate.yaml")

    assert main(words) == 0
    assert main(registry.check("fair", "--no-record", "--output", str(tmp_path / "parquet"))) == 0
    csv, parquet = (json.loads((tmp_path / name / "decision.json").read_text(encoding="utf-8"))["groups"] for name in ("csv", "parquet"))
    assert csv == parquet


def test_the_candidate_sees_neither_labels_nor_groups(registry: Registry, tmp_path: Path) -> None:
    """A model whose signature asks for the label does not get to grade itself unnoticed: forbidden inputs block it."""
    policy = tmp_path / "policy.yaml"
    policy.write_text((registry.folder / "policy.yaml").read_text(encoding="utf-8") + "inputs: {forbid: [wealth]}\n", encoding="utf-8")
    words = registry.check("unfair", "--no-record", "--output", str(tmp_path))
    words[words.index("--policy") + 1] = str(policy)

    assert main(words) == 1
    rules = {finding["rule"]: finding["outcome"] for finding in json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))["findings"]}
    assert rules["forbidden-input"] == "fail"


def test_data_expectations_are_findings(registry: Registry, tmp_path: Path) -> None:
    """A suite that the rows do not meet blocks (exit 1), with counts and no values of rows."""
    suite = {"name": "s", "expectations": [{"type": "expect_column_values_to_be_between", "kwargs": {"column": "income", "min_value": 2.5}}]}
    (tmp_path / "suite.json").write_text(json.dumps(suite), encoding="utf-8")
    pd.read_parquet(registry.folder / "holdout.parquet").to_parquet(tmp_path / "holdout.parquet")
    text = (registry.folder / "gate.yaml").read_text(encoding="utf-8").replace("label: repaid", "label: repaid, expectations: suite.json")
    (tmp_path / "gate.yaml").write_text(text, encoding="utf-8")
    words = registry.check("fair", "--no-record", "--output", str(tmp_path / "out"))
    words[words.index("--config") + 1] = str(tmp_path / "gate.yaml")

    assert main(words) == 1
    decision = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))
    (result,) = decision["facts"]["expectations"]["results"]
    assert (result["success"], result["column"], result["unexpected_rows"] > 1000) == (False, "income", True)
