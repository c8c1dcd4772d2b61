"""Metrics that a policy brings along: `module:function`, evaluated on the counts of every group.

The function has scikit-learn's signature. It never sees rows: the four cells are four weighted rows, so that its value
follows from counts. Its file lies beside the policy or in a folder of PYTHONPATH, never in the current folder, nor among
what a candidate brings; what is digested is what is run. It is trusted code: whoever may write the policy may write it.
"""

import math
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from gate.core.canonical import digest
from gate.core.confusion import ConfusionCounts
from gate.core.counts import ContingencyTable
from gate.core.facts import UserMetric, UserValue
from gate.core.model import ModelConfig
from gate.core.policy import Policy

__all__ = ["differing", "explained_user_metric", "user_metrics"]

_LABELS, _ANSWERS = (1, 0, 0, 1), (1, 1, 0, 0)
"""Label and prediction of TP, FP, TN and FN."""
_STEP = 1e-5
_SMOOTHING = 0.5
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*:[A-Za-z_][A-Za-z0-9_]*")


class _UnevaluatedError(Exception):
    """Why a user's metric has no number; it never leaves this file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    """A user's function, and the digest of the file that it is in."""

    function: Callable[..., object]
    digest: str


def user_metrics(policy: Policy, model: ModelConfig, table: ContingencyTable, *, folder: Path) -> tuple[UserMetric, ...]:
    """Every metric of its own that a policy names for this model, on every group and on all rows; `folder` is the policy's."""
    names = dict.fromkeys(rule.metric for rule in policy.applicable(model) if rule.of_user)
    return tuple(_evaluated(name, table, (folder, *_shared())) for name in names)


def differing(recorded: Sequence[UserMetric], table: ContingencyTable) -> tuple[str, ...]:
    """Where recorded numbers are not what their functions say of these counts; a function that is not here reproduces nothing.

    Only a file with the recorded digest is run, from a folder of PYTHONPATH: a record cannot bring code along.
    """
    return tuple(said for entry in recorded if entry.digest is not None and (said := _difference(entry, table)))


def explained_user_metric(name: str, folder: Path) -> str:
    """What a function says of itself, or why it cannot be had."""
    try:
        loaded = _load(name, (folder, *_shared()))
    except _UnevaluatedError as reason:
        return f"{name}: {reason}"
    said = (loaded.function.__doc__ or "It has no docstring.").strip()
    rule = f"In a rule: {{metric: {name}, scope: overall, max: 0.1, enforcement: advisory, …}}"
    return "\n".join([f"{name}: {said}", "Evaluated on the counts of every group. It may advise, and never block.", rule])


def _shared() -> tuple[Path, ...]:
    """The absolute folders of PYTHONPATH."""
    return tuple(Path(entry) for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if Path(entry).is_absolute())


def _difference(entry: UserMetric, table: ContingencyTable) -> str:
    path = _found(entry.metric, _shared())
    if path is None or digest(path.read_bytes()) != entry.digest:
        return f"facts.user_metrics: {entry.metric} is not replayable here: no folder of PYTHONPATH holds the file with digest {entry.digest}"
    again = _evaluated(entry.metric, table, (path.parent,))
    return "" if again == entry else f"facts.user_metrics: {entry.metric} gives other numbers than those recorded"


def _evaluated(name: str, table: ContingencyTable, folders: Sequence[Path]) -> UserMetric:
    try:
        loaded = _load(name, folders)
    except _UnevaluatedError as reason:
        return UserMetric(metric=name, digest=None, detail=str(reason))
    places: list[tuple[str | None, str, ConfusionCounts]] = [(None, "", table.overall)]
    places += [(entry.feature, entry.group, entry.counts) for entry in table.groups]
    return UserMetric(metric=name, digest=loaded.digest, values=tuple(_of_group(loaded.function, *place) for place in places))


def _of_group(function: Callable[..., object], feature: str | None, group: str, counts: ConfusionCounts) -> UserValue:
    cells = np.array([counts.tp, counts.fp, counts.tn, counts.fn], dtype=np.float64)
    if not cells.sum():
        return UserValue(feature=feature, group=group, detail="it has no labelled rows")
    try:
        value = _number(function, cells)
        if value != _number(function, cells):
            return UserValue(feature=feature, group=group, detail="two calls on the same counts gave two numbers")
        variance = max(_variance(function, cells), _variance(function, cells + _SMOOTHING))
    except _UnevaluatedError as reason:
        return UserValue(feature=feature, group=group, detail=str(reason))
    if not (math.isfinite(variance) and variance > 0):
        return UserValue(feature=feature, group=group, value=_rounded(value), detail="it does not move with the counts, so that nothing is known of its error")
    return UserValue(feature=feature, group=group, value=_rounded(value), error=_rounded(math.sqrt(variance)))


def _rounded(number: float) -> float:
    """As a record writes it, so that replay starts from the same number."""
    return float(f"{number:.12g}")


def _variance(function: Callable[..., object], cells: NDArray[np.float64]) -> float:
    """The delta method over multinomial cells, with a numerical gradient: n (Σ p g² − (Σ p g)²)."""
    at, total = _number(function, cells), float(cells.sum())
    steps = _STEP * np.maximum(cells, 1.0)
    slopes = np.array([(_number(function, cells + step * np.eye(4)[place]) - at) / step for place, step in enumerate(steps)])
    with np.errstate(all="ignore"):
        p = cells / total
        return float(total * (np.sum(p * slopes**2) - np.sum(p * slopes) ** 2))


def _number(function: Callable[..., object], cells: NDArray[np.float64]) -> float:
    """What the function says of these counts: a finite number.

    Raises:
        _UnevaluatedError: it raised, changed its input, or returned something else.
    """
    given = (np.array(_LABELS), np.array(_ANSWERS), cells.copy())
    kept = tuple(entry.copy() for entry in given)
    value = _called(lambda: function(given[0], given[1], sample_weight=given[2]), "it")
    if not all(np.array_equal(one, other) for one, other in zip(given, kept, strict=True)):
        raise _UnevaluatedError("it changes its input")
    if isinstance(value, bool) or not isinstance(value, Real):
        raise _UnevaluatedError(f"it returned a {type(value).__name__}, not a number")
    number = _called(lambda: float(value), "it")
    if not isinstance(number, float) or not math.isfinite(number):
        raise _UnevaluatedError(f"it returned {number}, which is no finite number")
    return number


def _called(call: Callable[[], object], what: str) -> object:
    """What foreign code returns; whatever it raises is its answer, and what it prints does not reach a decision on stdout."""
    try:
        with redirect_stdout(sys.stderr), np.errstate(all="ignore"):
            return call()
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code may raise anything, which must not become a traceback
        raise _UnevaluatedError(f"{what} raised {type(error).__name__}: {_text(error)}") from None


def _text(error: BaseException) -> str:
    """The first line of an error, cut; printable, since it goes into records."""
    try:
        lines = str(error).splitlines()
    except Exception:  # noqa: BLE001 -- an error's own text is foreign code as well
        return "no text"
    return "".join(letter for letter in (lines or [""])[0] if letter.isprintable())[:160]


def _found(name: str, folders: Sequence[Path]) -> Path | None:
    if not _NAME.fullmatch(name):
        return None
    paths = (folder / f"{name.partition(':')[0]}.py" for folder in folders)
    return next((path for path in paths if path.is_file()), None)


def _load(name: str, folders: Sequence[Path]) -> _Loaded:
    """The function, from the bytes that are digested.

    Raises:
        _UnevaluatedError: there is no such file or function, or the file cannot be run.
    """
    path, (module_name, _, function_name) = _found(name, folders), name.partition(":")
    if path is None:
        raise _UnevaluatedError(f"there is no {module_name}.py beside the policy or in a folder of PYTHONPATH")
    try:
        source = path.read_bytes()
    except OSError as error:
        raise _UnevaluatedError(f"{path.name} cannot be read: {error.strerror}") from None
    module = ModuleType(module_name)
    module.__file__ = str(path)
    _called(lambda: exec(compile(source, path.name, "exec"), module.__dict__), path.name)  # noqa: S102 -- the policy's own code
    names: Mapping[str, object] = vars(module)
    function = names.get(function_name)
    if not callable(function):
        raise _UnevaluatedError(f"{path.name} has no function {function_name}")
    return _Loaded(function=function, digest=digest(source))
