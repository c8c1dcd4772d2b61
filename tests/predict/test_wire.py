"""Messages between parent and child."""

import io

import pytest

from gate.predict.wire import HEADER, Frame, Kind, MalformedError, encode, header, read_frame


def test_what_is_encoded_is_read() -> None:
    """Messages survive the wire one after the other, and its end is no message."""
    stream = io.BytesIO(encode(Kind.BATCH, b"rows") + encode(Kind.LOAD, {"folder": "/m"}))
    first, second, third = read_frame(stream), read_frame(stream), read_frame(stream)

    assert (first, third) == (Frame(Kind.BATCH, b"rows"), None)
    assert second is not None
    assert second.said == {"folder": "/m"}


@pytest.mark.parametrize("data", [HEADER.pack(0, 1), HEADER.pack(99, 1), HEADER.pack(Kind.PREDICTIONS, 101)])
def test_a_header_that_cannot_be_meant_is_malformed(data: bytes) -> None:
    """Unknown kinds and messages beyond the bound are refused before anything is read."""
    with pytest.raises(MalformedError):
        header(data, limit=100)


@pytest.mark.parametrize("payload", [b"", b"[]", b"\xff", b"[" * 50_000, b"{}" + b" " * 100_000])
def test_a_payload_that_is_no_object_is_malformed(payload: bytes) -> None:
    """A fault whose words cannot be read is not read."""
    with pytest.raises(MalformedError):
        _ = Frame(Kind.FAULT, payload).said
