"""Servers that lie, loiter or lead away: none of them gets an answer accepted that is none."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pyarrow as pa
import pytest

from gate.core.facts import Misbehaviour
from gate.errors import DataError, EndpointError, UsageError
from gate.predict.endpoint import Endpoint, EndpointLimits, address
from gate.predict.interface import Answer
from gate.predict.scoring import answers_in, question

BATCH = pa.record_batch({"x": [0.5, -1.0, 2.0, -3.0, 1.0]})
LABEL = Answer.label((0, 1), column="prediction")
Handler = Callable[[BaseHTTPRequestHandler, list[list[float]]], None]


def _send(handler: BaseHTTPRequestHandler, body: bytes, *, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def _truth(rows: list[list[float]]) -> list[int]:
    return [int(x > 0) for (x,) in rows]


def _saying(make: Callable[[list[int]], object]) -> Handler:
    return lambda handler, rows: _send(handler, json.dumps(make(_truth(rows))).encode())


def _endless(handler: BaseHTTPRequestHandler, _rows: list[list[float]]) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        for _ in range(4096):
            handler.wfile.write(b" " * 4096)
    except OSError:
        return


def _drip(handler: BaseHTTPRequestHandler, _rows: list[list[float]]) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while not handler.server.over.wait(0.05):  # type: ignore[attr-defined]  # an event of our own
            handler.wfile.write(b" ")
            handler.wfile.flush()
    except OSError:
        return


def _silent(handler: BaseHTTPRequestHandler, _rows: list[list[float]]) -> None:
    handler.server.over.wait(30)  # type: ignore[attr-defined]  # as above


@pytest.fixture
def serve() -> Iterator[Callable[[Handler], str]]:
    """Start a server on loopback that handles POST as it is told; it ends with the test."""
    servers: list[ThreadingHTTPServer] = []

    def start(handle: Handler) -> str:
        class Told(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.server.asked.append(self.path)  # type: ignore[attr-defined]  # a list of our own
                handle(self, json.loads(body)["dataframe_split"]["data"])

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
        server.over, server.asked = threading.Event(), []  # type: ignore[attr-defined]  # as above
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/invocations"

    yield start
    for server in servers:
        server.over.set()  # type: ignore[attr-defined]  # as above
        server.shutdown()
        server.server_close()


def _asked(url: str, *, batch: pa.RecordBatch = BATCH, answer: Answer = LABEL, **limits: float) -> pa.Array | Misbehaviour:
    return Endpoint(url, limits=EndpointLimits(**limits), random=np.random.default_rng(0)).answers(batch, answer)  # type: ignore[arg-type]  # whole numbers


@pytest.mark.parametrize(
    "make",
    [
        lambda truth: {"predictions": truth},
        lambda truth: {"predictions": [float(value) for value in truth], "more": 1},
        lambda truth: {"predictions": [bool(value) for value in truth]},
        lambda truth: {"predictions": [[value] for value in truth]},
        lambda truth: {"predictions": [{"0": value} for value in truth]},
        lambda truth: {"predictions": [{"why": "x", "prediction": value, "score": 0.5} for value in truth]},
    ],
)
def test_the_shapes_of_the_protocol(serve: Callable[[Handler], str], make: Callable[[list[int]], object]) -> None:
    """Values, lists, and records with the named column come back in the order of the rows, whatever order they were asked in."""
    assert _asked(serve(_saying(make))).to_pylist() == [1, 0, 1, 0, 1]


@pytest.mark.parametrize(
    ("handle", "check"),
    [
        (_saying(lambda truth: {"predictions": truth[1:]}), "length"),
        (_saying(lambda truth: {"predictions": [*truth, 1]}), "length"),
        (_saying(lambda _: {"predictions": []}), "length"),
        (_saying(lambda truth: {"predictions": [float("nan")] * len(truth)}), "finite"),
        (_saying(lambda truth: {"predictions": [10**400] * len(truth)}), "label"),
        (_saying(lambda truth: {"predictions": [None] * len(truth)}), "type"),
        (_saying(lambda truth: {"predictions": [{"a": 1, "b": 1, "c": 1}] * len(truth)}), "shape"),
        (_saying(lambda truth: {"predictions": [{"prediction": 1}, *[[1, 1]] * (len(truth) - 1)]}), "shape"),
        (_saying(lambda truth: {"predictions": [[]] * len(truth)}), "shape"),
        (_saying(lambda truth: {"predictions": [2] * len(truth)}), "label"),
        (_saying(lambda truth: {"predictions": list(range(len(truth)))}), "label"),
        (_saying(lambda truth: {"predictions": {"0": truth}}), "protocol"),
        (_saying(lambda truth: truth), "protocol"),
        (lambda handler, _: _send(handler, b"[" * 100_000), "protocol"),
        (lambda handler, _: _send(handler, b"\xff\xfe"), "protocol"),
        (lambda handler, _: _send(handler, b"<html>"), "protocol"),
        (_endless, "answer-size"),
    ],
)
def test_what_is_no_answer_is_the_candidates_fault(serve: Callable[[Handler], str], handle: Handler, check: str) -> None:
    """A response that is wrong in length, type, value, shape or size is misbehaviour, never an answer."""
    answered = _asked(serve(handle), answer_bytes=100_000)

    assert isinstance(answered, Misbehaviour)
    assert answered.check == check


def test_a_moody_endpoint_is_caught_by_a_row_that_is_asked_twice(serve: Callable[[Handler], str]) -> None:
    """Answers by position in the batch, not by row, differ for the same row."""
    answered = _asked(serve(_saying(lambda truth: {"predictions": [place % 2 for place in range(len(truth))]})))

    assert isinstance(answered, Misbehaviour)
    assert answered.check == "nondeterministic"


@pytest.mark.parametrize(
    ("handle", "said"),
    [
        (lambda handler, _: _send(handler, b"", status=302, Location="/elsewhere"), "a redirect, which is not followed"),
        (lambda handler, _: _send(handler, b"", status=307, Location="http://127.0.0.1:9/"), "a redirect, which is not followed"),
        (lambda handler, _: _send(handler, b"\x1b[31mboom", status=500), r"status 500: '\\x1b\[31mboom'"),
        (lambda handler, rows: _send(handler, json.dumps({"predictions": _truth(rows)}).encode(), status=203), "status 203"),
        (lambda handler, _: _send(handler, b"{", Content_Length="500"), "not|complete"),
        (lambda handler, _: handler.wfile.write(b"nonsense\r\n\r\n"), "was not reached"),
        (_drip, "within 0.5 s"),
        (_silent, "within 0.5 s"),
    ],
)
def test_an_endpoint_that_does_not_answer_is_nobodys_verdict(serve: Callable[[Handler], str], handle: Handler, said: str) -> None:
    """Redirects, errors, torn and slow answers are exit 4, with the reason and nothing of the terminal's codes."""
    with pytest.raises(EndpointError, match=said) as caught:
        _asked(serve(handle), request_seconds=0.5)

    assert "\x1b" not in str(caught.value)


def test_time_in_all_is_limited_too(serve: Callable[[Handler], str]) -> None:
    """Many quick answers do not stretch a check for ever."""
    with pytest.raises(EndpointError, match="too slowly"):
        _asked(serve(_saying(lambda truth: {"predictions": truth})), seconds=0.0)


def test_nobody_at_the_address() -> None:
    """A port that nobody listens on is said to be one."""
    with pytest.raises(EndpointError, match="was not reached"):
        _asked("http://127.0.0.1:9/invocations")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "127.0.0.1:5000",
        "http://",
        "http://user:secret@127.0.0.1/",
        "http://127.0.0.1/?token=x",
        "http://127.0.0.1/#x",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:0/",
        "http://127.0.0.1/a b",
        "http://127.0.0.1/a\r\nX: y",
        "http://[::1",
        "",
    ],
)
def test_only_plain_web_addresses(url: str) -> None:
    """Other schemes, passwords and queries that would stand in the record, and broken addresses are refused."""
    with pytest.raises(UsageError):
        address(url)


def test_answers_do_not_depend_on_how_rows_were_cut(serve: Callable[[Handler], str]) -> None:
    """Thousands of rows go in parts of varied size; answers and digest are those of the rows in their order."""
    url = serve(_saying(lambda truth: {"predictions": truth}))
    values = np.random.default_rng(1).normal(size=1000)
    batch = pa.record_batch({"x": values})
    endpoints = [Endpoint(url, limits=EndpointLimits(batch_rows=rows)) for rows in (90, 2000)]
    answered = [endpoint.answers(batch, LABEL).to_pylist() for endpoint in endpoints]

    assert answered[0] == answered[1] == [int(value > 0) for value in values]
    assert endpoints[0].digest == endpoints[1].digest


def test_rows_as_json() -> None:
    """Dates, bytes, decimals and missing values as JSON says them; NaN is missing, infinity is refused without its value."""
    batch = pa.record_batch(
        {
            "a b": pa.array([1.5, float("nan"), None]),
            "day": pa.array([0, 1, None], pa.date32()),
            "at": pa.array([0, 1, None], pa.timestamp("s")),
            "raw": pa.array([b"a", b"", None]),
            "yes": pa.array([True, False, None]),
        }
    )
    said = json.loads(question(batch))["dataframe_split"]

    assert said["columns"] == ["a b", "day", "at", "raw", "yes"]
    assert said["data"][0] == [1.5, "1970-01-01", "1970-01-01T00:00:00", "YQ==", True]
    assert (said["data"][1][0], said["data"][2]) == (None, [None] * 5)
    with pytest.raises(DataError, match="infinity"):
        question(pa.record_batch({"x": [float("inf")]}))


def test_of_two_columns_the_second_is_the_score() -> None:
    """Probabilities as scikit-learn gives them."""
    assert answers_in(b'{"predictions": [[0.25, 0.75]]}', Answer.score(column="score"), rows=1).to_pylist() == [0.75]
