"""What a candidate answered, believed only after every value has been looked at.

The bytes may have been forged, so nothing here parses anything richer than plain numbers or a JSON list.
"""

import json
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.core.model import Value
from gate.predict.interface import Answer, AnswerKind

__all__ = ["checked", "column_type"]

_NUMBERS = {b"i": "<i8", b"f": "<f8"}
_SHOWN = 40
_NUMBER, _SLACK = 64, 4096
_Floats = npt.NDArray[np.float64]


def checked(payload: bytes, answer: Answer, *, rows: int) -> pa.Array | Misbehaviour:
    """One valid answer per row, in the type of the declared labels or as float64, or what is wrong with them."""
    values = _unpacked(payload, answer, rows=rows)
    if isinstance(values, Misbehaviour):
        return values
    match answer.kind:
        case AnswerKind.SCORE:
            return _scores(values)
        case AnswerKind.LABEL:
            return _labels(values, answer.labels)
        case AnswerKind.NUMBER:
            return _plain_numbers(values, answer.limit)


def column_type(answer: Answer) -> pa.DataType:
    """The type of the column of predictions."""
    if answer.kind is not AnswerKind.LABEL:
        return pa.float64()
    return pa.array(list(answer.labels)).type


def _unpacked(payload: bytes, answer: Answer, *, rows: int) -> list[Any] | _Floats | Misbehaviour:
    """The values of the column that counts."""
    code, columns, body = payload[:1], payload[1:2], payload[2:]
    most = _most_text(answer, rows=rows)
    if code not in _NUMBERS and len(body) > most:  # a little JSON can fill a lot of memory
        return Misbehaviour(check="length", detail=f"the candidate answered {len(body):,} bytes of text where valid answers take no more than {most:,}")
    try:
        values = np.frombuffer(body, dtype=_NUMBERS[code]).astype(np.float64) if code in _NUMBERS else json.loads(body)
    except (ValueError, RecursionError):
        return Misbehaviour(check="protocol", detail="the candidate wrote something that is no answer to the descriptors of the gate")
    if columns not in {b"\x01", b"\x02"} or not isinstance(values, list | np.ndarray):
        return Misbehaviour(check="protocol", detail="the candidate wrote something that is no answer to the descriptors of the gate")
    if columns == b"\x02" and answer.kind is not AnswerKind.SCORE:
        return Misbehaviour(check="shape", detail=f"the candidate answered two columns where one {answer.kind} per row is asked for")
    if len(values) != rows * columns[0]:
        return Misbehaviour(check="length", detail=f"the candidate answered {len(values) // columns[0]} rows where {rows} were asked")
    return values[columns[0] - 1 :: columns[0]]


def _most_text(answer: Answer, *, rows: int) -> int:
    """More bytes than a JSON list of that many valid answers takes: two columns of numbers, or of the longest label."""
    longest = max((len(json.dumps(label)) for label in answer.labels), default=0)
    return _SLACK + rows * 2 * (_NUMBER + longest)


def _scores(values: list[Any] | _Floats) -> pa.Array | Misbehaviour:
    numbers = _as_numbers(values)
    if isinstance(numbers, Misbehaviour):
        return numbers
    outside = (numbers < 0) | (numbers > 1)
    if outside.any():
        return Misbehaviour(check="score", detail=f"the candidate answered {outside.sum()} scores outside [0, 1], for example {float(numbers[outside][0])!r}")
    return pa.array(numbers, pa.float64())


def _plain_numbers(values: list[Any] | _Floats, limit: float) -> pa.Array | Misbehaviour:
    numbers = _as_numbers(values)
    if isinstance(numbers, Misbehaviour):
        return numbers
    beyond = np.abs(numbers) > limit
    if beyond.any():
        return Misbehaviour(check="number", detail=f"the candidate answered {beyond.sum()} numbers beyond {limit:g}, for example {float(numbers[beyond][0])!r}")
    return pa.array(numbers, pa.float64())


def _labels(values: list[Any] | _Floats, labels: tuple[Value, ...]) -> pa.Array | Misbehaviour:
    if any(isinstance(label, str) for label in labels):
        return _text_labels(list(values), labels)
    numbers = _as_numbers(values)
    if isinstance(numbers, Misbehaviour):
        return numbers
    known = np.array([float(label) for label in labels])
    strange = ~np.isin(numbers, known)
    if strange.any():
        return _stranger(repr(float(numbers[strange][0])), labels, rows=int(strange.sum()))
    places = (numbers[:, np.newaxis] == known).argmax(axis=1)
    return pa.array(list(labels)).take(pa.array(places, pa.int64()))


def _text_labels(values: list[Any], labels: tuple[Value, ...]) -> pa.Array | Misbehaviour:
    strange = [value for value in values if not isinstance(value, str) or value not in labels]
    if strange:
        return _stranger(ascii(strange[0])[:_SHOWN], labels, rows=len(strange))
    return pa.array(values, pa.string())


def _as_numbers(values: list[Any] | _Floats) -> _Floats | Misbehaviour:
    """The values as finite floats."""
    if isinstance(values, list):
        strange = [value for value in values if not isinstance(value, bool | int | float)]
        if strange:
            return Misbehaviour(check="type", detail=f"the candidate answered {ascii(strange[0])[:_SHOWN]} where a number is expected")
        values = np.array([min(max(value, -1e300), 1e300) if isinstance(value, int) else value for value in values], dtype=np.float64)
    lost = ~np.isfinite(values)
    if lost.any():
        return Misbehaviour(check="finite", detail=f"the candidate answered NaN or infinity for {lost.sum()} of {len(values)} rows asked at once")
    return values


def _stranger(example: str, labels: tuple[Value, ...], *, rows: int) -> Misbehaviour:
    declared = " and ".join(repr(label) for label in labels)
    return Misbehaviour(check="label", detail=f"the candidate answered {example} where only {declared} are declared, in {rows} rows of a batch")
