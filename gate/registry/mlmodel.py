"""What the `MLmodel` file and its neighbours say of a model, read as data: no code of the model runs here."""

import json
from pathlib import Path
from typing import Any

import yaml

from gate.errors import CandidateError

__all__ = ["model_id_of", "requirements_of", "signature_inputs"]

_SIZE_LIMIT = 2_000_000
_DEPTH_LIMIT = 50
_NEXT = "Register the model again with an MLflow flavour's log_model."


def signature_inputs(folder: Path) -> tuple[str, ...] | None:
    """The columns that the signature takes, in its order; None without a signature or where its inputs have no names.

    Raises:
        CandidateError: there is no `MLmodel` file, or it cannot be understood.
    """
    try:
        columns = json.loads((_document(folder).get("signature") or {}).get("inputs") or "null")
        names = tuple(column.get("name") for column in columns or ())
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise CandidateError("The model's signature cannot be understood", where="MLmodel", next_step=_NEXT) from error
    return names if names and all(isinstance(name, str) for name in names) else None


def requirements_of(folder: Path) -> tuple[str, ...]:
    """The packages of `requirements.txt`, one line each; empty when there is no such file."""
    path = folder / "requirements.txt"
    if not path.is_file():
        return ()
    lines = (line.strip() for line in path.read_text(encoding="utf-8", errors="replace").splitlines())
    return tuple(line for line in lines if line and not line.startswith(("#", "-")))


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
