"""The messages between parent and child: one byte of kind, eight bytes of length, then that many bytes.

Features travel as an Arrow stream, from us to the child. Predictions travel in a form with nothing to exploit, because
the candidate may have forged them: a type, a number of columns, and plain numbers or a JSON list. All else is JSON.
"""

import json
import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

__all__ = ["ANSWER_NAME", "HEADER", "Frame", "Kind", "MalformedError", "encode", "framed", "header", "read_frame"]

HEADER = struct.Struct(">BQ")
ANSWER_NAME = b"gate:answer"
"""The key of the features' metadata that says which column of an answer counts, where a model answers several."""
_SAID = 2**16


class Kind(IntEnum):
    """What a message is. The child begins with READY, before any code of the candidate is loaded."""

    READY = 1
    LOAD = 2
    LOADED = 3
    BATCH = 4
    PREDICTIONS = 5
    FAULT = 6
    INSPECT = 7
    TYPES = 8


class MalformedError(ValueError):
    """The bytes are not a message. Never leaves this room."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message."""

    kind: Kind
    payload: bytes

    @property
    def said(self) -> dict[str, str]:
        """The payload as a flat JSON object of texts. It is short: a little JSON can fill a lot of memory."""
        if len(self.payload) > _SAID:
            raise MalformedError(f"a message of {len(self.payload)} bytes where {_SAID} are allowed")
        try:
            value = json.loads(self.payload)
        except (ValueError, RecursionError) as error:
            raise MalformedError("a message that is not JSON") from error
        if not isinstance(value, dict):
            raise MalformedError("a message that is not an object")
        return {str(key): str(entry) for key, entry in value.items()}


def encode(kind: Kind, payload: bytes | dict[str, str] = b"") -> bytes:
    """The bytes of one message."""
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return HEADER.pack(kind, len(body)) + body


def framed(kind: Kind, payload: memoryview) -> tuple[bytes, memoryview]:
    """The bytes of one message in two pieces, so that a large payload is not copied."""
    return HEADER.pack(kind, payload.nbytes), payload


def header(data: bytes, *, limit: int) -> tuple[Kind, int]:
    """Kind and length that a message announces.

    Raises:
        MalformedError: there is no such kind, or the message would be longer than `limit` bytes.
    """
    number, length = HEADER.unpack_from(data)
    if length > limit:
        raise MalformedError(f"a message of {length} bytes where {limit} are allowed")
    try:
        return Kind(number), length
    except ValueError as error:
        raise MalformedError("bytes that are no message") from error


def read_frame(source: BinaryIO) -> Frame | None:
    """The next message of a blocking stream; None at its end. For the child, which trusts its parent."""
    start = source.read(HEADER.size)
    if len(start) < HEADER.size:
        return None
    kind, length = header(start, limit=2**62)
    return Frame(kind, source.read(length))
