"""What the files of a model say before they run, and that none of it can be talked into saying too little."""

import io
import json
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import yaml

from gate.core.model_files import UNSEEN
from gate.errors import CandidateError
from gate.registry.model_files import files_of, skops_file
from gate.registry.pickles import pickles_in


def _model(folder: Path, file: bytes, **python: object) -> Path:
    """A model of scikit-learn's flavour in skops' format; `python` overrides what its loader is told."""
    flavor = {"loader_module": "mlflow.sklearn", "model_path": "model.skops", "predict_fn": "predict", "python_version": "3.11.7", **python}
    document = {"flavors": {"python_function": flavor, "sklearn": {"serialization_format": "skops", "code": None}}}
    (folder / "MLmodel").write_text(yaml.safe_dump(document), encoding="utf-8")
    (folder / "model.skops").write_bytes(file)
    return folder


def test_a_file_of_skops_alone(tmp_path: Path) -> None:
    """It is the one to look into, and until somebody has done so it is not taken for trusted."""
    files = files_of(_model(tmp_path, b"any"))

    assert (files.loader, files.beside_skops, files.untrusted) == ("mlflow.sklearn", (UNSEEN,), ())
    assert skops_file(tmp_path) == tmp_path / "model.skops"


@pytest.mark.parametrize(
    ("python", "said"),
    [
        ({"loader_module": "model.skops"}, "it is loaded by model.skops, not by mlflow.sklearn"),
        ({"loader_module": None}, "it is loaded by nothing that MLmodel names, not by mlflow.sklearn"),
        ({"loader_module": ["mlflow.sklearn"]}, "it is loaded by nothing that MLmodel names, not by mlflow.sklearn"),
        ({"code": "code"}, "MLmodel brings code"),
        ({"model_code_path": "model.py"}, "MLmodel brings model_code_path"),
        ({"data": "."}, "MLmodel does not name one file of the model's folder to load"),
        ({"data": "nested/model.skops"}, "MLmodel does not name one file of the model's folder to load"),
        ({"model_path": "../model.skops"}, "MLmodel does not name one file of the model's folder to load"),
        ({"model_path": None}, "MLmodel does not name one file of the model's folder to load"),
        ({"model_path": "absent.skops"}, "MLmodel does not name one file of the model's folder to load"),
    ],
)
def test_whatever_stands_beside_skops_is_said(tmp_path: Path, python: dict[str, Any], said: str) -> None:
    """Each word of MLmodel by which other code could run, or another file be read, is named."""
    assert files_of(_model(tmp_path, b"any", **python)).beside_skops == (said,)
    assert skops_file(tmp_path) is None


def test_data_goes_before_the_path(tmp_path: Path) -> None:
    """MLflow reads `data` first, so a second file of innocent types does not stand for the one that is loaded."""
    folder = _model(tmp_path, b"any", data="model.skops", model_path="innocent.skops")
    (folder / "innocent.skops").write_bytes(b"any")

    assert skops_file(folder) == folder / "model.skops"


@pytest.mark.parametrize("form", ["pickle", "cloudpickle", None, 3])
def test_another_format_is_not_skops(tmp_path: Path, form: object) -> None:
    """A name that ends in .skops is no format: MLflow takes what its flavour says, and pickle where it says nothing."""
    _model(tmp_path, b"any")
    document = yaml.safe_load((tmp_path / "MLmodel").read_text(encoding="utf-8"))
    document["flavors"]["sklearn"] = {} if form is None else {"serialization_format": form}
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(document), encoding="utf-8")

    assert files_of(tmp_path).beside_skops == (f"its format is {form or 'not named'}, not skops",)


def test_the_signature_is_shown_with_its_types(tmp_path: Path) -> None:
    """Columns and tensors, as people read them."""
    _model(tmp_path, b"any")
    document = yaml.safe_load((tmp_path / "MLmodel").read_text(encoding="utf-8"))
    inputs = [{"name": "a b", "type": "double"}, {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 2]}}]
    document["signature"] = {"inputs": json.dumps(inputs)}
    (tmp_path / "MLmodel").write_text(yaml.safe_dump(document), encoding="utf-8")

    assert files_of(tmp_path).signature == ("a b: double", "unnamed: tensor of float32 [-1, 2]")


@pytest.mark.parametrize("flavors", [[1], {"python_function": 3}, {3: {}}])
def test_flavours_that_are_none(tmp_path: Path, flavors: object) -> None:
    """What is no mapping of mappings is refused, not skipped."""
    (tmp_path / "MLmodel").write_text(yaml.safe_dump({"flavors": flavors}), encoding="utf-8")

    with pytest.raises(CandidateError, match="flavours"):
        files_of(tmp_path)


class _Running:
    """A thing that runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        """The command."""
        import os  # noqa: PLC0415

        return os.system, ("true",)


@pytest.mark.parametrize("protocol", [0, 2, 4, 5])
def test_what_a_pickle_names(tmp_path: Path, protocol: int) -> None:
    """Functions and classes of every protocol are listed, those fetched from the memo included; nothing is called."""
    thing = [OrderedDict(a=1), _Running(), OrderedDict(b=2), _Running()]
    (tmp_path / "m.pkl").write_bytes(pickle.dumps(thing, protocol=protocol) + pickle.dumps(OrderedDict, protocol=protocol))
    (entry,) = pickles_in(tmp_path)

    assert (entry.path, entry.imports, entry.unread) == ("m.pkl", ("collections.OrderedDict", "posix.system"), None)


def test_pickles_are_found_by_their_bytes_and_in_archives(tmp_path: Path) -> None:
    """An innocent name, or an archive such as PyTorch's, does not hide a pickle; text and pictures are none."""
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("archive/data.pkl", pickle.dumps(OrderedDict()))
    (tmp_path / "weights.bin").write_bytes(pickle.dumps(_Running()))
    (tmp_path / "model.pth").write_bytes(inner.getvalue())
    (tmp_path / "readme.md").write_text("PKs and pickles", encoding="utf-8")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04 nothing")
    (tmp_path / "squeezed.joblib").write_bytes(b"x\x9cnothing")

    assert [(entry.path, entry.imports, entry.unread is None) for entry in pickles_in(tmp_path)] == [
        ("broken.zip", (), False),
        ("model.pth", ("collections.OrderedDict",), True),
        ("squeezed.joblib", (), False),
        ("weights.bin", ("posix.system",), True),
    ]


def test_a_name_made_up_while_loading_is_said_to_be(tmp_path: Path) -> None:
    """A stack that no plain text leads to has no name to show, and the list does not pretend to be complete."""
    (tmp_path / "m.pkl").write_bytes(b"\x80\x04\x8c\x02os)\x93.")
    (entry,) = pickles_in(tmp_path)

    assert entry.imports == ("a name that is made up while loading",)


def test_many_pickles_are_read_no_longer_than_one(tmp_path: Path) -> None:
    """What is read of all files together is limited: the second of two archives that unpack to much is too large."""
    for name in ("a.pth", "b.pth"):
        with zipfile.ZipFile(tmp_path / name, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("data.pkl", pickle.dumps(bytes(150 * 2**20)))

    assert [entry.unread for entry in pickles_in(tmp_path)] == [None, "it is too large to look into"]
