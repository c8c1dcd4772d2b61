"""The child: says READY, loads the model it is handed, and answers batches until nobody asks any more.

Whatever it says after READY may have been said by the candidate instead; the parent treats it so. It is run as a
part of the program `child.py`, behind its walls, and may import heavy libraries, since nothing of it is imported by the
parent.
"""

import json
import os
import platform
import traceback
from pathlib import Path
from typing import Any, BinaryIO

import mlflow
import mlflow.pyfunc
import numpy as np
import pyarrow as pa
from mlflow.pyfunc import PyFuncModel

from gate.core.version import __version__
from gate.predict.columns import UnfitError, to_pandas
from gate.predict.returned import answer_columns
from gate.predict.skops_file import untrusted_types
from gate.predict.wire import ANSWER_NAME, Frame, Kind, encode, read_frame

_STAGES = {Kind.INSPECT: "inspect", Kind.LOAD: "load", Kind.BATCH: "predict"}
Reply = tuple[Kind, bytes | dict[str, str]]


def main(requests: int, answers: int, walls: str) -> None:
    """Serve one parent over two inherited descriptors; READY repeats the walls behind which this runs."""
    with os.fdopen(requests, "rb") as source, os.fdopen(answers, "wb") as sink:
        _send(sink, (Kind.READY, {"python": platform.python_version(), "mlflow": mlflow.__version__, "gate": __version__, "walls": walls}))
        candidate = _Candidate()
        while (frame := read_frame(source)) is not None:
            _send(sink, _reply(candidate, frame))


class _Candidate:
    """The model, once it has been loaded."""

    _model: PyFuncModel

    def inspect(self, frame: Frame) -> Reply:
        """The types in a file of skops; nothing of the model is loaded."""
        return Kind.TYPES, {str(place): name for place, name in enumerate(untrusted_types(Path(frame.said["file"])))}

    def load(self, frame: Frame) -> Reply:
        self._model = mlflow.pyfunc.load_model(Path(frame.said["folder"]).as_uri())
        return Kind.LOADED, b""

    def predict(self, frame: Frame) -> Reply:
        table = pa.ipc.open_stream(frame.payload).read_all()
        answer = self._model.predict(to_pandas(table, self._model.metadata.signature))
        return Kind.PREDICTIONS, _packed(answer_columns(answer, name=_answer_name(table)))


def _reply(candidate: _Candidate, frame: Frame) -> Reply:
    steps = {Kind.INSPECT: candidate.inspect, Kind.LOAD: candidate.load, Kind.BATCH: candidate.predict}
    try:
        return steps[frame.kind](frame)
    except UnfitError as error:
        return Kind.FAULT, {"check": error.check, "message": str(error)[:2000]}
    except Exception as error:  # noqa: BLE001  whatever the candidate raises is its fault: to be reported, not to be sorted
        traceback.print_exc()
        return Kind.FAULT, {"check": _STAGES[frame.kind], "message": f"{type(error).__name__}: {error}"[:2000]}


def _send(sink: BinaryIO, reply: Reply) -> None:
    sink.write(encode(*reply))
    sink.flush()


def _answer_name(table: pa.Table) -> str | None:
    """How gate.yaml calls the column that counts, where a model answers several."""
    name = (table.schema.metadata or {}).get(ANSWER_NAME)
    return None if name is None else name.decode()


def _packed(values: np.ndarray[Any, Any]) -> bytes:
    """Type code, number of columns, then numbers in little-endian order by row, or a JSON list."""
    columns = bytes([values.shape[1]])
    match values.dtype.kind:
        case "b":
            return b"i" + columns + values.astype("<i8").tobytes()
        case "i" | "u":
            return b"i" + columns + values.astype("<i8", casting="same_kind").tobytes()
        case "f":
            return b"f" + columns + values.astype("<f8").tobytes()
        case _:
            return b"j" + columns + json.dumps([_plain(value) for value in values.ravel().tolist()]).encode()


def _plain(value: object) -> bool | float | str | None:
    """A value of an object column as JSON can say it; anything that is no label becomes None."""
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, bool | int | float | str) else None
