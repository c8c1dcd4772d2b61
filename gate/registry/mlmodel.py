"""What the `MLmodel` file and its neighbours say of a model, read as data: no code of the model runs here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from gate.core.mitigation import Lineage
from gate.errors import CandidateError

__all__ = ["LINEAGE", "Loading", "lineage_of", "loading_of", "model_id_of", "requirements_of", "signature_inputs", "signature_types", "tensor_width"]

_SIZE_LIMIT = 2_000_000
_DEPTH_LIMIT = 50
_SHOWN = 200
_LINEAGE = {field.name for field in fields(Lineage)}
LINEAGE = "gate.mitigation"
"""The key of the metadata under which `gate mitigate` writes how it made a model."""
_NEXT = "Register the model again with an MLflow flavour's log_model."


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """How MLflow is told to load a model: `flavors` by name, and what the one for Python functions says."""

    flavors: Mapping[str, Mapping[str, object]]

    @property
    def python(self) -> Mapping[str, object]:
        """The flavour that every loader goes by; empty when there is none."""
        return self.flavors.get("python_function", {})

    @property
    def loader(self) -> str | None:
        """The module that loads it."""
        found = self.python.get("loader_module")
        return found if isinstance(found, str) else None


def loading_of(folder: Path) -> Loading:
    """How the model says that it is to be loaded.

    Raises:
        CandidateError: as for `signature_inputs`, or the flavours cannot be understood.
    """
    flavors = _document(folder).get("flavors") or {}
    if not isinstance(flavors, dict) or not all(isinstance(name, str) and isinstance(flavor, dict) for name, flavor in flavors.items()):
        raise CandidateError("The model's flavours cannot be understood", where="MLmodel", next_step=_NEXT)
    return Loading(flavors=flavors)


def lineage_of(folder: Path) -> Lineage | None:
    """What the model's metadata say of the mitigation that made it; None when they say nothing.

    Raises:
        CandidateError: as for `signature_inputs`, or they say it in another way than `gate mitigate` does.
    """
    metadata = _document(folder).get("metadata") or {}
    said = metadata.get(LINEAGE) if isinstance(metadata, dict) else None
    if said is None:
        return None
    texts = isinstance(said, dict) and said.keys() <= _LINEAGE and {"technique", "candidate"} <= said.keys()
    if not texts or not all(_lineage_fits(key, value) for key, value in said.items()):
        raise CandidateError(f"The model's metadata say under {LINEAGE} what nobody can understand", where="MLmodel", next_step=_NEXT)
    texts_of: dict[str, Any] = {key: tuple(value) if key == "parameters" else value for key, value in said.items()}
    return Lineage(**texts_of)


def _lineage_fits(key: str, value: object) -> bool:
    """Short texts, and a list of them for the parameters."""
    texts = value if key == "parameters" and isinstance(value, list) else [value]
    return (key == "parameters") == isinstance(value, list) and len(texts) <= _SHOWN and all(isinstance(text, str) and len(text) <= _SHOWN for text in texts)


def signature_types(folder: Path) -> tuple[str, ...] | None:
    """The signature's inputs with their types, for people; None without a signature.

    Raises:
        CandidateError: as for `signature_inputs`.
    """
    columns = _columns(folder)
    return tuple(f"{column.get('name', 'unnamed')}: {_type(column)}"[:_SHOWN] for column in columns[:_SHOWN]) or None


def _type(column: Mapping[str, Any]) -> str:
    """A column's type, or a tensor's type and shape."""
    tensor = column.get("tensor-spec")
    return str(column.get("type", "unknown")) if tensor is None else f"tensor of {tensor.get('dtype')} {tensor.get('shape')}"


def signature_inputs(folder: Path) -> tuple[str, ...] | None:
    """The columns that the signature takes, in its order; None without a signature or where its inputs have no names.

    Raises:
        CandidateError: there is no `MLmodel` file, or it cannot be understood.
    """
    columns = _columns(folder)
    names = tuple(name for column in columns if isinstance(name := column.get("name"), str))
    return names if names and len(names) == len(columns) else None


def tensor_width(folder: Path) -> int | None:
    """How many columns the signature's only tensor takes; None where it takes no tensor, several, or any number of columns.

    Raises:
        CandidateError: as for `signature_inputs`.
    """
    columns = _columns(folder)
    shape = (columns[0].get("tensor-spec") or {}).get("shape") if len(columns) == 1 else None
    width = shape[1] if isinstance(shape, list) and len(shape) == 2 else None
    return width if isinstance(width, int) and width > 0 else None


def _columns(folder: Path) -> tuple[dict[str, Any], ...]:
    """The inputs of the signature, as MLflow wrote them."""
    try:
        columns = tuple(json.loads((_document(folder).get("signature") or {}).get("inputs") or "null") or ())
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CandidateError("The model's signature cannot be understood", where="MLmodel", next_step=_NEXT) from error
    if not all(isinstance(column, dict) and isinstance(column.get("tensor-spec", {}), dict) for column in columns):
        raise CandidateError("The model's signature cannot be understood", where="MLmodel", next_step=_NEXT)
    return columns


def requirements_of(folder: Path) -> tuple[str, ...]:
    """The packages of `requirements.txt`, one line each; of `conda.yaml` where there is no such file; empty without either."""
    path = folder / "requirements.txt"
    written = path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else _conda_lines(folder / "conda.yaml")
    lines = (line.strip() for line in written)
    return tuple(line for line in lines if line and not line.startswith(("#", "-")))


def _conda_lines(path: Path) -> list[str]:
    """What `conda.yaml` installs with pip; its other packages are conda's own."""
    if not path.is_file() or path.stat().st_size > _SIZE_LIMIT:
        return []
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_ShallowLoader)  # noqa: S506  it is a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        raise CandidateError("The model's conda.yaml is not readable YAML", where="conda.yaml", next_step=_NEXT) from error
    entries = document.get("dependencies") if isinstance(document, dict) else None
    listed = [entry.get("pip") for entry in entries or () if isinstance(entry, dict)] if isinstance(entries, list) else []
    return [str(line) for lines in listed if isinstance(lines, list) for line in lines]


def model_id_of(source: str) -> str | None:
    """The logged model that a version was registered from; its `source` says so where its `model_id` does not."""
    _, _, name = source.partition("models:/")
    return name if source.startswith("models:/m-") and "/" not in name else None


class _ShallowLoader(yaml.SafeLoader):
    """Safe YAML of bounded depth and without merge keys: either could make a small file take for ever.

    Not libyaml's loader: deep nesting overflows its stack and takes the whole process with it.
    """

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """The next node, unless it lies too deep."""
        self._depth += 1
        if self._depth > _DEPTH_LIMIT:
            raise yaml.YAMLError("nested too deeply")
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Nothing is merged, since MLflow writes nothing to merge."""
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _ in node.value):
            raise yaml.YAMLError("merge keys are not accepted")


def _document(folder: Path) -> dict[str, Any]:
    path = folder / "MLmodel"
    if not path.is_file() or path.stat().st_size > _SIZE_LIMIT:
        raise CandidateError("The version's files are no MLflow model: there is no readable MLmodel file", where="MLmodel", next_step=_NEXT)
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_ShallowLoader)  # noqa: S506  it is a SafeLoader
    except (yaml.YAMLError, ValueError) as error:
        raise CandidateError("The MLmodel file is not readable YAML", where="MLmodel", next_step=_NEXT) from error
    if not isinstance(document, dict):
        raise CandidateError("The MLmodel file is not a mapping", where="MLmodel", next_step=_NEXT)
    return document
