"""Reads the file of another tool as data, and finds out whose it is."""

import json
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import assert_never

from gate.errors import PolicyError
from gate.policy.foreign import bdp_model_gate, fairpipe, tfma
from gate.policy.foreign.found import Found
from gate.policy.problems import FaultyFileError, quoted
from gate.policy.yaml_loader import load

__all__ = ["Tool", "found_in"]

_MAX_BYTES = 1024 * 1024
_TEXT_FORMS = frozenset({".pbtxt", ".textproto", ".textpb", ".prototxt"})
_ENDINGS = frozenset({".json", ".toml", ".yaml", ".yml"})
_EVAL_CONFIG = frozenset({"metrics_specs", "metricsSpecs", "slicing_specs", "slicingSpecs", "model_specs", "modelSpecs"})
_EVAL_RUN = frozenset({"eval_config", "evalConfig"})


class Tool(StrEnum):
    """Whose configuration can be imported."""

    BDP_MODEL_GATE = bdp_model_gate.TOOL
    FAIRPIPE = fairpipe.TOOL
    TFMA = tfma.TOOL


def found_in(path: Path, *, tool: Tool | None, profile: str | None = None) -> Found:
    """The thresholds of the file, and what does not carry over.

    Args:
        path: JSON, TOML or YAML by its ending; protobuf's text form for TFMA.
        tool: whose it is; None to find out by its keys.
        profile: which profile of a file of fairpipe.

    Raises:
        PolicyError: it cannot be read, or says something that cannot be meant.
    """
    text = _text(path)
    tool = tool or _whose(path, text)
    if profile is not None and tool is not Tool.FAIRPIPE:
        raise PolicyError(f"files of {tool} have no profiles", where="--profile", next_step="Drop the option.")
    try:
        match tool:
            case Tool.BDP_MODEL_GATE:
                return bdp_model_gate.found(_values(path, text))
            case Tool.FAIRPIPE:
                return fairpipe.found(_values(path, text), profile)
            case Tool.TFMA:
                return tfma.found(_eval_config(path, text))
            case _:
                assert_never(tool)
    except PolicyError as error:
        raise PolicyError(error.what, where=error.where or str(path), next_step=error.next_step) from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        text = data.decode("utf-8").removeprefix("\ufeff")
    except (OSError, ValueError) as broken:  # ValueError: not UTF-8, or a NUL in the path
        raise PolicyError(f"the file cannot be read: {broken}", where=str(path), next_step="Check the path.") from None
    if len(data) > _MAX_BYTES:
        raise PolicyError(f"the file is larger than {_MAX_BYTES} bytes", where=str(path), next_step="No configuration of thresholds is that long.")
    return text


def _whose(path: Path, text: str) -> Tool:
    """The tool whose keys the file has."""
    if path.suffix in _TEXT_FORMS:
        return Tool.TFMA
    if path.suffix not in _ENDINGS:
        raise PolicyError("the name of the file does not end in what it is", where=str(path), next_step=f"Say whose it is: --from {', '.join(Tool)}.")
    keys = _values(path, text).keys()
    signs = {Tool.BDP_MODEL_GATE: bdp_model_gate.SECTIONS, Tool.FAIRPIPE: fairpipe.KEYS, Tool.TFMA: _EVAL_CONFIG | _EVAL_RUN}
    found = [tool for tool, known in signs.items() if not known.isdisjoint(keys)]
    if len(found) != 1:
        whose = f"has keys of {' and '.join(found)}" if found else "has no key of a known tool"
        raise PolicyError(f"the file {whose}", where=str(path), next_step=f"Say whose it is: --from {', '.join(Tool)}.")
    return found[0]


def _eval_config(path: Path, text: str) -> Mapping[str, object]:
    """The EvalConfig, by protobuf's readers, which refuse what they do not know."""
    from gate.policy.foreign.tfma_messages import read_json, read_text  # noqa: PLC0415 -- protobuf is imported only for its own files

    if path.suffix != ".json" and not text.lstrip().startswith("{"):
        return _mapping(read_text(text), path)
    return _mapping(read_json(text, run=not _EVAL_RUN.isdisjoint(_values(path, text, suffix=".json"))), path)


def _values(path: Path, text: str, suffix: str | None = None) -> Mapping[str, object]:
    """The file as a mapping: nothing is executed, and no key stands twice."""
    try:
        match suffix or path.suffix:
            case ".json":
                return _mapping(json.loads(text, object_pairs_hook=_once, parse_constant=_no_number), path)
            case ".toml":
                return tomllib.loads(text)
            case _:
                return _mapping(load(text.encode(), path=path, error=FaultyFileError).value, path)
    except FaultyFileError as faulty:
        problem = faulty.problems[0]
        raise PolicyError(problem.message, where=problem.where, next_step=problem.next_step) from None
    except (ValueError, RecursionError) as broken:
        raise PolicyError(f"this is not {(suffix or path.suffix)[1:].upper()}: {broken}", where=str(path), next_step="Mend it first.") from None


def _mapping(value: object, path: Path) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise PolicyError("the file holds no mapping", where=str(path), next_step="Check that it is the configuration.")
    return {str(key): inner for key, inner in value.items()}


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The mapping of these pairs, none of which hides another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(key for place, (key, _) in enumerate(pairs) if key in dict(pairs[:place]))
        raise ValueError(f"the key {quoted(twice)} stands twice")
    return found


def _no_number(written: str) -> object:
    raise ValueError(f"{written} is no number")
