"""Looks are counted from what real MLflow stores hold: by digests, over pages, whatever was renamed or deleted."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

import mlflow
import pytest

from gate.core.decision import Verdict
from gate.core.facts import Candidate
from gate.errors import RegistryError
from gate.registry import looks
from gate.registry.interface import DatasetReference, Look, Record
from gate.registry.mlflow_registry import EXPERIMENT, MlflowRegistry

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")]

Keep = Callable[..., str]


class Store(Protocol):
    """What the fixture `store` gives."""

    uri: str
    client: mlflow.MlflowClient


def _digest(word: str) -> str:
    return f"sha256:{word.encode().hex():0>64}"


@pytest.fixture
def keep(store: Store, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Keep:
    """Record a decision on a candidate and a holdout of this test, both by a word; gives the run."""
    monkeypatch.chdir(tmp_path_factory.mktemp("current"))
    test = f"{abs(hash(request.node.name))}"

    def _keep(candidate: str, data: str = "", *, name: str = "a model") -> str:
        digest = _digest(test[:20] + data)
        record = Record(
            verdict=Verdict.BLOCKED, tier="high", decision_digest=digest, metrics={}, files={}, data=DatasetReference(name="h", uri="/h", digest=digest)
        )
        return MlflowRegistry(store.uri).record(Candidate(name=name, version=None, digest=_digest(candidate)), record).run_id

    _keep.holdout = lambda data="": _digest(test[:20] + data)  # type: ignore[attr-defined]
    return _keep


def _found(store: Store, keep: Keep, *data: str) -> list[Look]:
    return list(MlflowRegistry(store.uri).looks([keep.holdout(word) for word in data or ("",)]))  # type: ignore[attr-defined]


def _look(keep: Keep, candidate: str, data: str = "") -> Look:
    return Look(candidate=_digest(candidate), data=keep.holdout(data))  # type: ignore[attr-defined]


def test_candidates_are_counted_once_in_their_order(store: Store, keep: Keep) -> None:
    """Any verdict counts, a repeated check does not, and the name that the candidate goes by is nothing."""
    assert _found(store, keep) == []
    for candidate, name in (("one", "a model"), ("two", "a model"), ("one", "another name"), ("three", "a model")):
        keep(candidate, name=name)

    assert _found(store, keep) == [_look(keep, "one"), _look(keep, "two"), _look(keep, "three")]


def test_another_holdout_has_looks_of_its_own(store: Store, keep: Keep) -> None:
    """Looks are by the bytes of the holdout; several holdouts are put together only where they are asked for together."""
    keep("one", "old")
    keep("one", "new")

    assert _found(store, keep, "new") == [_look(keep, "one", "new")]
    assert _found(store, keep, "new", "old") == [_look(keep, "one", "old"), _look(keep, "one", "new")]


def test_deleting_a_record_gives_no_look_back(store: Store, keep: Keep) -> None:
    """A run in MLflow's bin still counts, and keeps its place."""
    store.client.delete_run(keep("one"))
    keep("two")

    assert _found(store, keep) == [_look(keep, "one"), _look(keep, "two")]


def test_renaming_the_experiment_gives_no_look_back(store: Store, keep: Keep) -> None:
    """Records are found in whatever experiment they are, also in a deleted one."""
    keep("one")
    experiment = store.client.get_experiment_by_name(EXPERIMENT)
    assert experiment is not None
    store.client.rename_experiment(experiment.experiment_id, "somewhere else")
    keep("two")
    second = store.client.get_experiment_by_name(EXPERIMENT)
    assert second is not None
    store.client.rename_experiment(second.experiment_id, "deleted soon")
    store.client.delete_experiment(second.experiment_id)
    found = _found(store, keep)
    store.client.restore_experiment(second.experiment_id)
    store.client.rename_experiment(second.experiment_id, f"old {second.experiment_id}")
    store.client.rename_experiment(experiment.experiment_id, EXPERIMENT)

    assert found == [_look(keep, "one"), _look(keep, "two")]


def test_no_page_is_left_out(store: Store, keep: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    """More records and experiments than one answer holds: every page is read, each experiment once."""
    for place in range(5):
        keep(f"c{place}")
    monkeypatch.setattr(looks, "_PAGE", 2)
    monkeypatch.setattr(looks, "_MOST_EXPERIMENTS", 1)

    assert _found(store, keep) == [_look(keep, f"c{place}") for place in range(5)]


def test_a_record_without_its_candidate_still_counts(store: Store, keep: Keep) -> None:
    """Taking the tag off a run makes a look of its own of it; it does not make it disappear."""
    run = keep("one")
    store.client.delete_tag(run, "gate.digest")

    assert _found(store, keep) == [replace(_look(keep, "one"), candidate=run)]


def test_who_cannot_ask_cannot_count(tmp_path: Path) -> None:
    """An unreachable registry is exit 4, never the first look."""
    with pytest.raises(RegistryError, match="no MLflow database"):
        MlflowRegistry(f"sqlite:///{tmp_path}/absent.db").looks([_digest("x")])
    with pytest.raises(RegistryError, match="count the looks"):
        MlflowRegistry("http://127.0.0.1:9").looks([_digest("x")])
