"""A registered model asked on executors: each task is the parent of a sandbox, and the decision is that of the embedded engine."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from loans import Registry, holdout, register

from gate.cli import main

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

pytestmark = [pytest.mark.spark, pytest.mark.mlflow]

GATE = """\
schema: gate.config/v1
models:
  loans:
    tier: high
    task: binary_classification
    data: {uri: parts, label: repaid, labels: [0, 1]}
    sensitive_features:
      group: {column: group, groups: [a, b]}
"""
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """Versions, and a holdout in three parts."""
    folder = tmp_path_factory.mktemp("there")
    versions = json.loads(register(folder))
    (folder / "gate.yaml").write_text(GATE, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    rows = holdout(2, rows=1500)
    rows.to_parquet(folder / "whole.parquet", index=False)
    (folder / "parts").mkdir()
    for place in range(3):
        rows[place * 500 : (place + 1) * 500].to_parquet(folder / "parts" / f"{place}.parquet", index=False)
    return Registry(uri=f"sqlite:///{folder / 'mlflow.db'}", folder=folder, versions=versions)


def _decided(registry: Registry, kind: str, output: Path, *words: str) -> tuple[int, dict[str, object]]:
    code = main(registry.check(kind, "--no-record", "--output", str(output), *words))
    return code, json.loads((output / "decision.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", ["fair", "unfair"])
def test_executors_ask_for_the_same_decision(kind: str, session: "SparkSession", registry: Registry, tmp_path: Path) -> None:
    """Verdict, findings and sandbox are those of the embedded engine on the same rows in one file; only the holdout's digest is another."""
    assert session is not None
    (registry.folder / "gate.yaml").write_text(GATE.replace("parts", "whole.parquet"), encoding="utf-8")
    code, expected = _decided(registry, kind, tmp_path / "one")
    (registry.folder / "gate.yaml").write_text(GATE, encoding="utf-8")
    other, found = _decided(registry, kind, tmp_path / "two", "--engine", "spark")

    assert other == code
    assert [(finding["outcome"], finding["value"]) for finding in found["findings"]] == [(f["outcome"], f["value"]) for f in expected["findings"]]  # type: ignore[attr-defined]
    assert (tmp_path / "one" / "counts.parquet").read_bytes() == (tmp_path / "two" / "counts.parquet").read_bytes()
    assert {key: value for key, value in found.items() if key in {"verdict", "sandbox", "candidate"}} == {
        key: value for key, value in expected.items() if key in {"verdict", "sandbox", "candidate"}
    }


@pytest.mark.parametrize("kind", ["raising", "leaving"])
def test_what_a_candidate_does_there_blocks_it(kind: str, session: "SparkSession", registry: Registry, tmp_path: Path) -> None:
    """A candidate that raises or leaves on an executor is blocked for it, and its task is not tried again until it happens to work."""
    assert session is not None
    code, found = _decided(registry, kind, tmp_path, "--engine", "spark")

    assert code == 1
    assert found["verdict"] == "blocked"
    assert "candidate-misbehaved" in json.dumps(found["findings"])
