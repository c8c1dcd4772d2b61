"""The types in a file of skops, and that nothing strange in it means that there are none."""

import json
import zipfile
from pathlib import Path

import pytest

from gate.core.facts import Misbehaviour
from gate.predict.client import ChildPredictor
from gate.predict.columns import UnfitError
from gate.predict.skops_file import untrusted_types

pytestmark = pytest.mark.filterwarnings("ignore")  # importing scikit-learn warns about its own type hints


def _schema(*types: str) -> bytes:
    """The schema of a file of skops that holds one object of each type."""
    items = [
        {"__class__": kind.rpartition(".")[2], "__module__": kind.rpartition(".")[0], "__loader__": "ObjectNode", "__id__": place}
        for place, kind in enumerate(types)
    ]
    whole = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": items, "__id__": -1, "protocol": 2, "_skops_version": "0.11"}
    return json.dumps(whole).encode()


def _file(folder: Path, schema: bytes) -> Path:
    path = folder / "model.skops"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("schema.json", schema)
    return path


def test_types_are_those_that_skops_itself_would_ask_about(tmp_path: Path) -> None:
    """What it knows is left out; the rest is sorted."""
    found = untrusted_types(_file(tmp_path, _schema("sklearn.linear_model._logistic.LogisticRegression", "os.system", "collections.abc.Thing")))

    assert found == ("collections.abc.Thing", "os.system")


@pytest.mark.parametrize("schema", [b"", b"[]", b"{}", b"[" * 100_000, json.dumps({"__loader__": "Nobody"}).encode()])
def test_a_file_that_skops_cannot_read_is_not_trusted(tmp_path: Path, schema: bytes) -> None:
    """Strange bytes never mean that there are no untrusted types."""
    with pytest.raises(UnfitError, match="none that skops can read"):
        untrusted_types(_file(tmp_path, schema))


@pytest.mark.parametrize("types", [tuple(f"m.T{number}" for number in range(501)), ("m." + "T" * 40_000,)])
def test_too_many_types_are_not_cut(tmp_path: Path, types: tuple[str, ...]) -> None:
    """A list that would have to be shortened is no list to judge by."""
    with pytest.raises(UnfitError, match="more than 500 types"):
        untrusted_types(_file(tmp_path, _schema(*types)))


def test_huge_arrays_are_not_read(tmp_path: Path) -> None:
    """An archive that unpacks to many times its size is looked at by its schema alone."""
    array = {"__class__": "ndarray", "__module__": "numpy", "__loader__": "NdArrayNode", "type": "numpy", "file": "big.npy", "__id__": 1}
    schema = {"__class__": "list", "__module__": "builtins", "__loader__": "ListNode", "content": [array], "__id__": 9, "protocol": 2, "_skops_version": "0.11"}
    with zipfile.ZipFile(tmp_path / "model.skops", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big.npy", bytes(64 * 2**20))
        archive.writestr("schema.json", json.dumps(schema))

    assert untrusted_types(tmp_path / "model.skops") == ()


@pytest.mark.mlflow
def test_the_child_looks_into_it(tmp_path: Path) -> None:
    """Its answer is every type, a strange name in one piece; and what it cannot read it says, and goes on."""
    with ChildPredictor() as predictor:
        predictor.inspect(_file(tmp_path, _schema("m.A\nB", "os.system")))
        types = predictor.types()
        predictor.inspect(_file(tmp_path, b"[]"))
        unreadable = predictor.types()

    assert types == ("m.A\nB", "os.system")
    assert unreadable == Misbehaviour(check="skops", detail="its file is none that skops can read (AttributeError)")


@pytest.mark.mlflow
def test_what_the_parent_does_meanwhile_is_not_the_candidates_time(tmp_path: Path) -> None:
    """Reading a large holdout between question and answer may take longer than the candidate has in all."""
    with ChildPredictor() as predictor:
        predictor.inspect(_file(tmp_path, _schema("os.system")))
        predictor._deadline = 0.0

        assert predictor.types() == ("os.system",)
