"""From a search to a registered candidate and its verdict: on a hiring task, and on the mortgages of the demo."""

import json
from dataclasses import dataclass
from pathlib import Path

import mlflow
import pytest
from hiring import NAME, POLICY, write

from gate.cli import main

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]  # those of MLflow and what it stands on
MORTGAGE = """\
schema: gate.config/v1
models:
  mortgage:
    tier: minimal
    task: binary_classification
    data: {uri: holdout.parquet, label: approve, labels: [0, 1]}
    sensitive_features:
      race: {column: race, groups: [black, hispanic, white]}
      sex: {column: sex, groups: [female, male]}
"""
TIER = """\
schema: gate.policy/v1
tier: minimal
record: {signature: optional, ledger: optional}
evidence: {burden_of_proof: gate}
inputs: {forbid: sensitive}
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, features: [race], enforcement: soft-mandatory}
  - {id: useful, metric: balanced_accuracy, scope: overall, min: 0.55, enforcement: hard-mandatory, burden_of_proof: candidate}
"""
ESTIMATOR = """\
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def balanced():
    return make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(class_weight="balanced", max_iter=1000))
"""


@dataclass(frozen=True)
class Place:
    """A folder with tables, gate.yaml, policy and registry."""

    folder: Path

    @property
    def uri(self) -> str:
        """The registry's address."""
        return f"sqlite:///{self.folder / 'mlflow.db'}"

    @property
    def _common(self) -> list[str]:
        return ["--config", str(self.folder / "gate.yaml"), "--tracking-uri", self.uri]

    def mitigate(self, out: str, *words: str, policy: str = "policy.yaml") -> int:
        """`gate mitigate --register`, its files in a folder of this name."""
        files = ["--train", str(self.folder / "train.parquet"), "--policy", str(self.folder / policy), "--output", str(self.folder / out)]
        return main(["mitigate", *files, *self._common, "--share", "0.4", "--register", *words])

    def check(self, reference: str, out: str, *words: str, policy: str = "policy.yaml") -> int:
        """`gate check`, its files in a folder of this name."""
        return main(["check", reference, "--policy", str(self.folder / policy), "--output", str(self.folder / out), *self._common, *words])

    def decision(self, out: str) -> dict[str, object]:
        """The decision in a folder."""
        found: dict[str, object] = json.loads((self.folder / out / "decision.json").read_text(encoding="utf-8"))
        return found

    def findings(self, out: str) -> dict[str, str]:
        """Outcome by rule."""
        return {finding["rule"]: finding["outcome"] for finding in self.decision(out)["findings"]}  # type: ignore[attr-defined,union-attr]


def _registry(folder: Path) -> Place:
    place = Place(folder)
    client = mlflow.MlflowClient(tracking_uri=place.uri)
    for experiment in ("gate", "gate mitigate"):
        client.create_experiment(experiment, artifact_location=(folder / "artifacts" / experiment.replace(" ", "-")).as_uri())
    return place


@pytest.fixture(scope="module")
def hiring(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """The hiring task, with a candidate that was put forward, registered and checked as version 1."""
    folder = tmp_path_factory.mktemp("hiring")
    write(folder)
    place = _registry(folder)
    assert place.mitigate("out", "--technique", "reweighing", "--technique", "reject_option", "--technique", "drop_proxies") == 0
    return place


def test_a_candidate_passes_the_tier_that_the_plain_one_fails(hiring: Place) -> None:
    """The search puts a candidate forward which passes on the holdout; the plain model is blocked there."""
    assert hiring.decision("out")["verdict"] == "passed"

    assert hiring.mitigate("plain", "--technique", "reweighing", "--choose", "plain") == 1
    assert hiring.decision("plain")["verdict"] == "blocked"


def test_the_verdict_is_the_one_of_gate_check(hiring: Place) -> None:
    """The same version checked again gives the same decision, byte for byte: one function decided both times."""
    assert hiring.check(f"{NAME}/1", "again") == 0
    assert (hiring.folder / "again" / "decision.json").read_bytes() == (hiring.folder / "out" / "decision.json").read_bytes()


def test_where_it_comes_from_is_in_its_bytes_and_in_tags(hiring: Place) -> None:
    """Technique, parameters, training table and parent are facts of the decision, and tags for people."""
    search = json.loads((hiring.folder / "out" / "mitigation.json").read_text(encoding="utf-8"))
    lineage = hiring.decision("out")["facts"]["lineage"]  # type: ignore[index,call-overload]
    tags = mlflow.MlflowClient(tracking_uri=hiring.uri).get_model_version(NAME, "1").tags

    assert lineage["candidate"] == search["recommendation"]["name"]
    assert lineage["training"] == search["training"]["digest"]
    assert tags["gate.mitigation"] == lineage["technique"]
    assert hiring.findings("out")["mitigation-technique"] == "pass"


def test_a_group_dependent_model_runs_in_the_sandbox_and_can_be_forbidden(hiring: Place) -> None:
    """It travels with all that it needs; where the policy forbids it, both its files and its signature give it away."""
    (hiring.folder / "forbids.yaml").write_text(POLICY + "mitigation: {approved: [reweighing], forbid_group_dependent: true}\n", encoding="utf-8")
    hiring.mitigate("by-group", "--technique", "reject_option", "--choose", "reject_option/sex/1")
    facts = hiring.decision("by-group")["facts"]
    version = hiring.decision("by-group")["candidate"]["version"]  # type: ignore[index,call-overload]

    assert facts["predictions"]["misbehaviour"] is None  # type: ignore[index,call-overload]
    assert facts["lineage"]["parent"].startswith(f"{NAME}/")  # type: ignore[index,call-overload]
    assert hiring.check(f"{NAME}/{version}", "forbidden", "--no-record", policy="forbids.yaml") == 1
    assert hiring.findings("forbidden")["mitigation-technique"] == "fail"
    assert hiring.findings("forbidden")["mitigation-group-dependent"] == "fail"


def test_a_registry_that_is_not_there_is_found_out_first(hiring: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is trained for a registry that cannot be asked: exit 4, and no file of a search."""
    words = ["--train", str(hiring.folder / "train.parquet"), "--policy", str(hiring.folder / "policy.yaml"), "--output", str(hiring.folder / "nothing")]
    code = main(["mitigate", *words, "--config", str(hiring.folder / "gate.yaml"), "--register", "--tracking-uri", f"sqlite:///{hiring.folder}/absent.db"])

    assert code == 4
    assert "no MLflow database" in " ".join(capsys.readouterr().err.split())
    assert not (hiring.folder / "nothing").exists()


def test_nothing_put_forward_is_nothing_registered(hiring: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no candidate meets the rules even as an estimate, --register registers none and does not exit 0."""
    (hiring.folder / "strict.yaml").write_text(POLICY.replace("max: 0.15", "max: 0.0001"), encoding="utf-8")
    before = len(mlflow.MlflowClient(tracking_uri=hiring.uri).search_model_versions(f"name='{NAME}'"))

    assert hiring.mitigate("strict", "--technique", "reweighing", policy="strict.yaml") == 2
    assert "nothing was registered" in " ".join(capsys.readouterr().err.split())
    assert len(mlflow.MlflowClient(tracking_uri=hiring.uri).search_model_versions(f"name='{NAME}'")) == before


def test_the_mortgages_of_the_demo(tmp_path: Path) -> None:
    """Under a tier that lets no gap of 10 points be proven, the class-weighted model is blocked, and a candidate that asks for no race passes."""
    from gate.demo.loans import load_loans  # noqa: PLC0415 -- the package with the data is an extra

    loans = load_loans()
    loans.train.to_parquet(tmp_path / "train.parquet", index=False)
    loans.holdout.to_parquet(tmp_path / "holdout.parquet", index=False)
    (tmp_path / "gate.yaml").write_text(MORTGAGE, encoding="utf-8")
    (tmp_path / "own_balanced.py").write_text(ESTIMATOR, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(TIER, encoding="utf-8")
    place = _registry(tmp_path)
    words = ("--estimator", "own_balanced:balanced", "--feature", "race", "--technique", "prejudice_remover")

    assert place.mitigate("plain", *words, "--choose", "plain") == 1
    assert place.mitigate("out", *words) == 0
    assert "race" not in place.decision("out")["facts"]["candidate"]["inputs"]  # type: ignore[index,call-overload]
