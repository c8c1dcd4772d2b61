"""In the dock nothing is loaded that the policy does not trust, and nothing is trusted that nobody has seen."""

import json
import zipfile
from pathlib import Path

import mlflow
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from gate.core.facts import Candidate, EnvManager, PredictionFacts, PredictionSource
from gate.core.model_files import UNSEEN
from gate.judge.checks import MODEL_FILE
from gate.predict.backends import PlainBackend
from gate.predict.interface import Limits
from gate.registry.interface import FetchedModel
from gate.registry.model_files import files_of, skops_file
from gate.stages.dock import Dock, Terms

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]
FACTS = PredictionFacts(source=PredictionSource.MODEL)


def _fetched(folder: Path) -> FetchedModel:
    model = LogisticRegression().fit(np.array([[0.0], [1.0]]), np.array([0, 1]))
    mlflow.sklearn.save_model(model, str(folder), serialization_format="skops", pip_requirements=[])
    return FetchedModel(
        candidate=Candidate(name="m", version="1", digest="sha256:" + "0" * 64), folder=folder, files=files_of(folder), skops_file=skops_file(folder)
    )


def _terms(*, strict: bool, seconds: float = 600.0) -> Terms:
    """A policy that trusts what nothing stands beside, and no type; or one that trusts everything."""

    def distrusts(files: object) -> str | None:
        return next(iter((*getattr(files, "beside_skops", ()), *getattr(files, "untrusted", ()))), None) if strict else None

    limits = Limits(seconds=seconds)
    return Terms(backend=PlainBackend(), limits=limits, forbidden=frozenset(), distrusts=distrusts, env_manager=EnvManager.LOCAL, pins=())


def _schema(fetched: FetchedModel, schema: bytes) -> None:
    """Another schema in its file of skops."""
    with zipfile.ZipFile(str(fetched.skops_file), "w") as archive:
        archive.writestr("schema.json", schema)


@pytest.mark.parametrize("early", [True, False])
def test_what_is_trusted_is_loaded(tmp_path: Path, *, early: bool) -> None:
    """Whether the look began before the holdout was read or not."""
    with Dock(_terms(strict=True), tmp_path / "model", tmp_path, tell=lambda _: None) as dock:
        fetched = _fetched(tmp_path / "model")
        if early:
            dock.look(fetched)
        facts, seen = dock.load(fetched, FACTS)

    assert (facts.misbehaviour, facts.sandbox) == (None, "none")
    assert seen.files is not None
    assert (fetched.files.beside_skops if fetched.files else None, seen.files.beside_skops, seen.files.untrusted) == ((UNSEEN,), (), ())


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (b"[]", "none that skops can read"),
        (json.dumps({"__class__": "system", "__module__": "os", "__loader__": "FunctionNode", "__id__": 1, "protocol": 2}).encode(), "os.system"),
    ],
)
def test_what_is_not_trusted_is_not_loaded(tmp_path: Path, schema: bytes, said: str) -> None:
    """Its fault is that of its file, and the record says what was seen."""
    with Dock(_terms(strict=True), tmp_path / "model", tmp_path, tell=lambda _: None) as dock:
        fetched = _fetched(tmp_path / "model")
        _schema(fetched, schema)
        facts, seen = dock.load(fetched, FACTS)

    assert facts.misbehaviour is not None
    assert (facts.misbehaviour.check, said in facts.misbehaviour.detail) == (MODEL_FILE, True)
    assert said in str(seen.files)


@pytest.mark.parametrize(("strict", "check"), [(True, MODEL_FILE), (False, "time-limit")])
def test_a_look_that_does_not_end_is_no_trust(tmp_path: Path, *, strict: bool, check: str) -> None:
    """Where skops has said nothing in time, its types are not taken for none: it is refused, or fails at the next step."""
    with Dock(_terms(strict=strict, seconds=0.0), tmp_path / "model", tmp_path, tell=lambda _: None) as dock:
        facts, seen = dock.load(_fetched(tmp_path / "model"), FACTS)

    assert facts.misbehaviour is not None
    assert facts.misbehaviour.check == check
    assert seen.files is not None
    assert "longer than" in seen.files.beside_skops[0]
