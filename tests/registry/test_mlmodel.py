"""What the `MLmodel` file says, read as data."""

import json
from pathlib import Path

import pytest
import yaml

from gate.core.mitigation import Lineage
from gate.errors import CandidateError
from gate.registry.mlmodel import lineage_of, model_id_of, requirements_of, signature_inputs, tensor_width


def _write(folder: Path, inputs: object) -> Path:
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {}, "signature": {"inputs": json.dumps(inputs)}}), encoding="utf-8")
    return folder


def test_inputs_come_in_the_order_of_the_signature(tmp_path: Path) -> None:
    """A column signature names the model's inputs."""
    folder = _write(tmp_path, [{"name": "b", "type": "double"}, {"name": "a", "type": "string"}])

    assert signature_inputs(folder) == ("b", "a")


@pytest.mark.parametrize("inputs", [None, [], [{"type": "double"}], [{"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1, 3]}}]])
def test_inputs_without_names_are_unknown(tmp_path: Path, inputs: object) -> None:
    """Without named columns nothing is known about what the model sees, and None says so."""
    assert signature_inputs(_write(tmp_path, inputs)) is None


def _tensor(*shape: object) -> dict[str, object]:
    return {"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": list(shape)}}


@pytest.mark.parametrize(
    ("inputs", "width"),
    [
        ([_tensor(-1, 2)], 2),
        ([_tensor(-1, -1)], None),
        ([_tensor(-1, 28, 28)], None),
        ([_tensor(-1, "2")], None),
        ([_tensor(-1, 2), _tensor(-1, 3)], None),
        ([{"name": "a", "type": "double"}], None),
        (None, None),
    ],
)
def test_the_width_of_a_tensor(tmp_path: Path, inputs: object, width: int | None) -> None:
    """Only a signature of one table-like tensor says how many columns it takes."""
    assert tensor_width(_write(tmp_path, inputs)) == width


@pytest.mark.parametrize(
    "content",
    [
        None,
        "a: [",
        "- a",
        "!!python/object/apply:os.system ['true']",
        "signature: {inputs: '['}",
        "signature: {inputs: '3'}",
        "signature: {inputs: '[3]'}",
        "signature: {inputs: '[{\"tensor-spec\": 3}]'}",
        "signature: [1]",
        "[" * 1_000_000,
        "- " * 500_000,
        "a: &a {b: 1}\nc: {<<: *a}",
        "signature: {inputs: '" + "[" * 100_000 + "'}",
        "a: 2026-99-99",
        "\x00",
        "a" * 3_000_000,
    ],
)
def test_an_unreadable_file_is_a_candidate_error(tmp_path: Path, content: str | None) -> None:
    """What cannot be understood is refused, and no tag of YAML runs anything."""
    if content is not None:
        (tmp_path / "MLmodel").write_text(content, encoding="utf-8")

    with pytest.raises(CandidateError, match="MLmodel"):
        signature_inputs(tmp_path)


@pytest.mark.parametrize(
    ("conda", "expected"),
    [
        ("dependencies: [python=3.11, {pip: [mlflow==3.1, six]}]", ("mlflow==3.1", "six")),
        ("dependencies: [python=3.11]", ()),
        ("dependencies: {pip: [six]}", ()),
        ("dependencies: [{pip: six}]", ()),
        ("3", ()),
    ],
)
def test_requirements_of_conda(tmp_path: Path, conda: str, expected: tuple[str, ...]) -> None:
    """Without requirements.txt, what conda.yaml installs with pip is the list."""
    (tmp_path / "conda.yaml").write_text(conda, encoding="utf-8")

    assert requirements_of(tmp_path) == expected
    (tmp_path / "requirements.txt").write_text("numpy", encoding="utf-8")
    assert requirements_of(tmp_path) == ("numpy",)


def test_conda_that_cannot_be_read_is_a_candidate_error(tmp_path: Path) -> None:
    """A list that nobody can read is not taken for an empty one."""
    (tmp_path / "conda.yaml").write_text("a: [", encoding="utf-8")

    with pytest.raises(CandidateError, match=r"conda\.yaml"):
        requirements_of(tmp_path)


def test_requirements_are_the_lines_that_name_packages(tmp_path: Path) -> None:
    """Comments and options are left out; a model without the file has none known."""
    before = requirements_of(tmp_path)
    (tmp_path / "requirements.txt").write_text("# x\nmlflow==3\n--index-url x\n\n scikit-learn \n", encoding="utf-8")

    assert (before, requirements_of(tmp_path)) == ((), ("mlflow==3", "scikit-learn"))


@pytest.mark.parametrize(("source", "expected"), [("models:/m-0a", "m-0a"), ("models:/name/1", None), ("runs:/1/m", None), ("", None)])
def test_the_logged_model_is_read_from_the_source(source: str, expected: str | None) -> None:
    """MLflow leaves `model_id` empty and says it in `source`."""
    assert model_id_of(source) == expected


def _lineage(folder: Path, said: object) -> Path:
    (folder / "MLmodel").write_text(yaml.safe_dump({"flavors": {}, "metadata": {"gate.mitigation": said}}), encoding="utf-8")
    return folder


def test_lineage_is_what_the_metadata_say(tmp_path: Path) -> None:
    """Technique, candidate and parameters come back; without metadata there is none."""
    folder = _lineage(tmp_path, {"technique": "reweighing", "candidate": "reweighing/sex", "parameters": ["seed=0"], "parent": "loans/1"})

    assert lineage_of(folder) == Lineage(technique="reweighing", candidate="reweighing/sex", parameters=("seed=0",), parent="loans/1")
    assert lineage_of(_write(tmp_path, None)) is None


@pytest.mark.parametrize(
    "said",
    [
        "reweighing",
        ["reweighing"],
        {},
        {"technique": "reweighing"},
        {"technique": 1, "candidate": "x"},
        {"technique": "x", "candidate": "x", "parameters": "seed=0"},
        {"technique": "x", "candidate": "x", "parameters": [1]},
        {"technique": "x", "candidate": "x", "parameters": ["a"] * 500},
        {"technique": "x" * 500, "candidate": "x"},
        {"technique": "x", "candidate": "x", "approved": "yes"},
        {"technique": ["x"], "candidate": "x"},
    ],
)
def test_lineage_that_nobody_understands_is_refused(tmp_path: Path, said: object) -> None:
    """What is said in another way than the gate says it is no lineage, and no absence of one either."""
    with pytest.raises(CandidateError):
        lineage_of(_lineage(tmp_path, said))
