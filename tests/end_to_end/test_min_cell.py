"""Small cells stay out of everything that is published of a registered version; with the ledger at hand it is verified all the same."""

import json
import shutil
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import mlflow
import pytest
from loans import Registry, signed

from gate.cli import main
from gate.core.canonical import digest

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

KEY = "GATE_SIGNING_KEY_FILE"
TERMS = "privacy: {min_cell: 300}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry in which the fair version was checked under a policy that suppresses what has fewer than 300 rows."""
    folder = tmp_path_factory.mktemp("min-cell")
    registry = signed(folder, terms=TERMS, identities={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(folder / "gate.pem"))
        assert main(registry.check("fair", "--output", str(folder / "out"))) == 0
    return registry


@pytest.fixture(autouse=True)
def _key(made: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY, str(made.folder / "gate.pem"))


@pytest.fixture
def evidence(made: Registry) -> Iterator[Path]:
    """The one file of evidence in the ledger, put back afterwards."""
    (path,) = (made.folder / "ledger" / "model-loans" / "evidence").iterdir()
    data = path.read_bytes()
    yield path
    path.write_bytes(data)


def _verify(made: Registry, *words: str) -> int:
    return main(["verify", *made.check("fair", *words)[1:]])


def _published(made: Registry, folder: Path) -> dict[str, bytes]:
    """Everything that MLflow and the output folder show of the decision, by name."""
    version = made.client.get_model_version("loans", made.versions["fair"])
    found = {"version": f"{version.description} {version.tags}".encode()}
    for run in made.client.search_runs([experiment.experiment_id for experiment in made.client.search_experiments()]):
        found[f"{run.info.run_id} data"] = json.dumps(run.to_dictionary()).encode()
        place = folder / run.info.run_id
        if made.client.list_artifacts(run.info.run_id):
            mlflow.artifacts.download_artifacts(run_id=run.info.run_id, dst_path=str(place), tracking_uri=made.uri)
        found |= {str(path.relative_to(folder)): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return found | {f"out/{path.name}": path.read_bytes() for path in (made.folder / "out").iterdir()}


def test_only_the_ledger_holds_the_counts(made: Registry, tmp_path: Path, evidence: Path) -> None:
    """No file of counts, no digest of it, no number of a group and no metric by group is in MLflow or in the output folder."""
    counts = b64decode(json.loads(evidence.read_bytes())["counts"])
    published = _published(made, tmp_path)
    decision = json.loads(published["out/decision.json"])

    assert decision["suppressed"] == {"min_cell": 300, "features": ["group"], "overall": False}
    assert (decision["groups"], decision["counts"]) == ([], {"digest": None, "file": None})
    assert [
        (name, what)
        for name, data in published.items()
        for what in (b"parity/group", b"selection_rate/group", digest(counts)[7:].encode(), counts)
        if what in data
    ] == []
    assert [name for name in published if name.endswith("counts.parquet")] == []
    assert sum("decision.json" in name for name in published) == 2
    assert f"sha256:{evidence.stem}" == digest(evidence.read_bytes())


def test_with_the_ledger_it_is_verified_and_without_the_evidence_refused(made: Registry, evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Verify recomputes what is published from the evidence; where that is gone or another one, it says so and refuses."""
    assert _verify(made) == 0
    full = evidence.read_bytes()
    evidence.write_bytes(full.replace(b'"salt":"', b'"salt":"0'))
    assert _verify(made) == 1
    evidence.unlink()
    capsys.readouterr()

    assert _verify(made) == 1
    assert "evidence store of the ledger" in " ".join(capsys.readouterr().out.split())


def test_a_bundle_is_verified_and_replayed_with_a_copy_of_the_evidence(made: Registry, evidence: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Replay needs the ledger, or a copy of the evidence beside the record: exit 0 with either, 1 without."""
    monkeypatch.delenv("GATE_LEDGER", raising=False)
    bundle = shutil.copytree(made.folder / "out", tmp_path / "bundle")

    assert [main(["replay", str(bundle)]), main(["replay", str(bundle), "--ledger", str(made.folder / "ledger")])] == [1, 0]
    shutil.copy(evidence, bundle / "evidence.json")
    assert main(["replay", str(bundle)]) == 0
    (bundle / "evidence.json").write_bytes(evidence.read_bytes().replace(b'"salt":"', b'"salt":"0'))
    assert main(["replay", str(bundle), "--ledger", str(made.folder / "ledger")]) == 1


def test_evidence_that_cannot_be_kept_leaves_no_record(made: Registry, tmp_path: Path) -> None:
    """Without the full counts nobody could replay a pass, so it is none: exit 4, no file, and nothing new in the ledger."""
    store = made.folder / "ledger" / "model-loans"
    kept = shutil.move(store / "evidence", tmp_path / "evidence")
    (store / "evidence").write_bytes(b"no folder")
    before = sorted(path.name for path in (store / "entries").iterdir())

    assert main(made.check("fair", "--output", str(tmp_path / "out"))) == 4
    assert (sorted(path.name for path in (store / "entries").iterdir()), list((tmp_path / "out").glob("decision*"))) == (before, [])
    (store / "evidence").unlink()
    shutil.move(kept, store / "evidence")
