"""What the `MLmodel` file and its neighbours say of a model, read as data: no code of the model runs here."""

import json
from pathlib import Path
from typing import Any

import yaml

from gate.errors import CandidateError

__all__ = ["model_id_of", "requirements_of", "signature_inputs"]

_SIZE_LIMIT = 10_000_000
_NEXT = "Register the model again with an MLflow flavour's log_model."


def signature_inputs(folder: Path) -> tuple[str, ...] | None:
    """The columns that the signature takes, in its order; None without a signature or where its inputs have no names.

    Raises:
        CandidateError: there is no `MLmodel` file, or it cannot be understood.
    """
    try:
        columns = json.loads((_document(folder).get("signature") or {}).get("inputs") or "null")
        names = tuple(column.get("name") for column in columns or ())
    except (ValueError, TypeError, AttributeError) as error:
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


def _document(folder: Path) -> dict[str, Any]:
    path = folder / "MLmodel"
    if not path.is_file() or path.stat().st_size > _SIZE_LIMIT:
        raise CandidateError("The version's files are no MLflow model: there is no readable MLmodel file", where="MLmodel", next_step=_NEXT)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise CandidateError("The MLmodel file is not readable YAML", where="MLmodel", next_step=_NEXT) from error
    if not isinstance(document, dict):
        raise CandidateError("The MLmodel file is not a mapping", where="MLmodel", next_step=_NEXT)
    return document
