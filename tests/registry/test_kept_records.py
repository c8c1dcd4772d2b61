"""What lies beside runs, against a database file and a server: found by the candidate's bytes, kept and read back."""

from pathlib import Path

import pytest

from gate.core.decision import Verdict
from gate.core.facts import Candidate
from gate.registry.interface import KeptRecord, Record
from gate.registry.mlflow_registry import MlflowRegistry

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")]

NAME = "mortgage approval"
ENVELOPE = "decision.dsse.json"


class Store:
    """What the fixture `store` gives."""

    uri: str


def _recorded(registry: MlflowRegistry, folder: Path, digest: str, envelope: bytes | None) -> str:
    """A run that says it is about these bytes, with a record beside it or without."""
    (folder / "decision.json").write_text("{}", encoding="utf-8")
    candidate = Candidate(name=NAME, version=None, digest=digest)
    finish = (lambda _: None) if envelope is None else (lambda put: put(ENVELOPE, envelope))
    record = Record(verdict=Verdict.PASSED, tier="high", decision_digest=digest, metrics={}, files={"decision.json": folder / "decision.json"}, finish=finish)
    return registry.record(candidate, record).run_id


@pytest.fixture
def registry(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowRegistry:
    """The gate's view of a store."""
    monkeypatch.chdir(tmp_path)
    return MlflowRegistry(store.uri)


def test_records_are_found_by_the_bytes_that_they_are_about(registry: MlflowRegistry, store: Store, tmp_path: Path) -> None:
    """Every run of this digest that has a record, deleted ones too; none of another digest, and none without a record."""
    own, other = f"sha256:{'1' * 63}{store.uri[0] == 'h':d}", f"sha256:{'2' * 63}{store.uri[0] == 'h':d}"
    first, second = (_recorded(registry, tmp_path, own, data) for data in (b"first", b"second"))
    _recorded(registry, tmp_path, own, None)
    _recorded(registry, tmp_path, other, b"other")
    registry._client().delete_run(first)
    found = registry.records(Candidate(name=NAME, version="1", digest=own), ENVELOPE)

    assert set(found) == {KeptRecord(run_id=first, envelope=b"first"), KeptRecord(run_id=second, envelope=b"second")}
    assert registry.records(Candidate(name=NAME, version="1", digest=f"sha256:{'3' * 64}"), ENVELOPE) == ()


def test_files_are_kept_beside_a_run_and_read_back(registry: MlflowRegistry, tmp_path: Path) -> None:
    """In a folder of their own, by name; what is not there is nothing."""
    run = _recorded(registry, tmp_path, f"sha256:{'4' * 64}", b"record")
    assert registry.artifacts(run, "overrides") == ()
    for name, data in (("b.json", b"later"), ("a.json", b"earlier")):
        registry.keep(run, f"overrides/{name}", data)

    assert registry.artifacts(run, "overrides") == (b"earlier", b"later")
    assert [registry.artifact(run, name) for name in (ENVELOPE, "overrides/a.json", "absent", "overrides/absent", "overrides")] == [
        b"record",
        b"earlier",
        None,
        None,
        None,
    ]


def test_an_alias_stands_for_the_version_that_it_is_pointed_at(registry: MlflowRegistry) -> None:
    """And is moved by pointing again."""
    for version in ("1", "2"):
        registry.point(NAME, "pointed", version)

        assert registry.version_of(NAME, "pointed") == version


@pytest.mark.parametrize("name", ["it's", "50%_off", 'a"b', "a\\b"])
def test_decisions_are_found_by_the_name_of_the_model(registry: MlflowRegistry, tmp_path: Path, name: str) -> None:
    """Every run that says it is about exactly this model, deleted ones too, whatever signs its name has; none about a similar one."""
    (tmp_path / "decision.json").write_text("{}", encoding="utf-8")
    runs = []
    for candidate in (name, f"{name}x", name.replace("'", "_").replace("%", "x").replace('"', "_").replace("\\", "_")):
        about = Candidate(name=candidate, version=None, digest=f"sha256:{'5' * 64}")
        record = Record(verdict=Verdict.PASSED, tier="t", decision_digest=f"sha256:{'6' * 64}", metrics={}, files={"decision.json": tmp_path / "decision.json"})
        runs.append(registry.record(about, record).run_id)
    registry._client().delete_run(runs[0])

    assert [(run.run_id, run.decision) for run in registry.decided(name)] == [(runs[0], f"sha256:{'6' * 64}")]


def test_aliases_are_listed(registry: MlflowRegistry) -> None:
    """Each with the version that it stands for; a model that does not exist has none."""
    client = registry._client()
    model = f"aliased {registry.shown[:4]}"
    client.create_registered_model(model)
    client.create_model_version(model, "s3://nowhere/model")
    client.set_registered_model_alias(model, "champion", "1")

    assert (registry.aliases(model), registry.aliases("nobody")) == ({"champion": "1"}, {})
