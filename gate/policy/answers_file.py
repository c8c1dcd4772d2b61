"""A file of answers to the questions of a review: one line for each question, its id and the answer."""

from collections.abc import Mapping
from pathlib import Path

from gate.errors import UsageError
from gate.policy.problems import FaultyFileError, Problem
from gate.policy.yaml_loader import load

__all__ = ["read_answers"]

_MOST_BYTES = 2**20
_HINT = "Write a line for each question: its id, a colon, and the answer. A text that YAML reads as something else goes in quotes."


def read_answers(path: Path) -> Mapping[str, str]:
    """Question → answer, as texts.

    Raises:
        FaultyFileError: it is no such file (exit 2).
        UsageError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"the answers cannot be read: {error.strerror}", where=str(path), next_step="Name a file with answers.") from error
    tree = load(data, path=path, error=FaultyFileError)
    if not isinstance(tree.value, dict) or not tree.value:
        raise FaultyFileError([Problem(path=path, message="there are no answers in it", next_step=_HINT)])
    faults = [
        Problem(path=path, message=f"the answer to `{key}` is no text", next_step=_HINT, mark=tree.mark((key,)))
        for key, value in tree.value.items()
        if not isinstance(key, str) or not isinstance(value, str)
    ]
    if faults:
        raise FaultyFileError(faults)
    return {str(key): str(value).strip() for key, value in tree.value.items()}
