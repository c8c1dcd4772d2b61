"""Who may ask, what is refused before the model is asked, and what happens when it dies."""

import json
import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from numpy.typing import NDArray

from gate.errors import UsageError
from gate.explain.box import AnswerForm, MisbehavedError
from gate.tryout.booth import Booth
from gate.tryout.person import fields_of
from gate.tryout.server import TryoutServer

ROWS = 100


class _Model:
    """A model that scores by income, and dies when asked about a negative one; it remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[pa.RecordBatch] = []

    def ask(self, batch: pa.RecordBatch) -> NDArray[np.float64]:
        """The scores."""
        self.seen.append(batch)
        income = np.array(batch.column("income").to_pylist(), dtype=float)
        if (income < 0).any():
            raise MisbehavedError("exit: the candidate's process ended <b>badly</b>")
        answers: NDArray[np.float64] = income / 100
        return answers


@pytest.fixture
def model() -> _Model:
    """The model."""
    return _Model()


@pytest.fixture
def server(model: _Model) -> Iterator[TryoutServer]:
    """It, served."""
    inputs = pa.table({"income": np.linspace(10, 90, ROWS), "sex": ["f", "m"] * (ROWS // 2)})
    booth = Booth(title="loans/1", sandbox="none", fields=fields_of(inputs), schema=inputs.schema, ask=model.ask, form=AnswerForm.SCORE)
    made = TryoutServer("127.0.0.1", 0, booth, say=lambda _: None)
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def _send(server: TryoutServer, verb: str, path: str, body: object = None, **headers: str) -> tuple[int, str, Any]:
    connection = HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
    connection.request(verb, path, body=data, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, text, answer.headers


def _headers(server: TryoutServer, **other: str) -> dict[str, str]:
    here = f"127.0.0.1:{server.server_port}"
    return {"Content_Type": "application/json", "Origin": f"http://{here}", "Host": here, "X_Gate_Token": server.token, **other}


def _ask(server: TryoutServer, values: object, shown: object = 0, **other: str) -> tuple[int, Any]:
    status, text, _ = _send(server, "POST", "/ask", {"values": values, "shown": shown}, **_headers(server, **other))
    return status, json.loads(text)


def test_what_moves_the_answer_is_said(server: TryoutServer) -> None:
    """The input that was moved, with the answer of the case that has it back; another one changes nothing; the curve is the model's own."""
    start = float(str(server.booth.fields[0].start))
    status, said = _ask(server, [80, "m"])

    assert (status, said["answer"]["number"], said["answer"]["words"]) == (200, 0.8, "0.8000, selected")
    assert [(entry["input"], entry["apart"]) for entry in said["effects"]] == [(0, pytest.approx(0.8 - start / 100)), (1, 0.0)]
    assert all(point["number"] == pytest.approx(point["at"] / 100) for point in said["curve"])


def test_a_model_that_dies_is_said_and_never_asked_again(server: TryoutServer, model: _Model) -> None:
    """503 with its fault, once and ever after, although the next case is harmless; the page is still there."""
    answers = [_ask(server, [-1, "f"]), _ask(server, [50, "f"])]

    assert [status for status, _ in answers] == [503, 503]
    assert all("The model misbehaved and was ended: exit:" in said["fault"] for _, said in answers)
    assert len(model.seen) == 1
    assert _send(server, "GET", "/")[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1.evil.example"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Origin": ""}, 403),
        ({"X_Gate_Token": "wrong"}, 403),
        ({"X_Gate_Token": ""}, 403),
        ({"Content_Type": "text/plain"}, 403),
    ],
)
def test_only_the_page_itself_may_ask(server: TryoutServer, model: _Model, headers: dict[str, str], status: int) -> None:
    """Another host, another origin, no token, or what a plain form sends: refused before the model is asked."""
    assert (_ask(server, [50, "f"], **headers)[0], model.seen) == (status, [])


@pytest.mark.parametrize("values", [None, [50], [50, "x"], ["50", "f"], [True, "f"], [1e300, "f"]])
def test_a_case_that_is_none_is_refused(server: TryoutServer, model: _Model, values: object) -> None:
    """422 with the input's name, and the model is not asked."""
    status, said = _ask(server, values)

    assert (status, said["fault"].startswith("The model was not asked: "), model.seen) == (422, True, [])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 100_000, b'{"values": NaN}', b" " * (2**20 + 1)])
def test_a_question_that_is_none_is_refused(server: TryoutServer, model: _Model, body: bytes) -> None:
    """What is no JSON, no object, too deep or too long."""
    status, _, _ = _send(server, "POST", "/ask", body, **_headers(server))

    assert (status, model.seen) == (422, [])


def test_the_page_by_another_name_is_refused(server: TryoutServer) -> None:
    """A name of the web that points here gets neither page nor token; nor does any other path."""
    status, text, _ = _send(server, "GET", "/", Host="evil.example")

    assert (status, server.token in text) == (421, False)
    assert _send(server, "GET", "/../etc/passwd")[0] == 404


def test_the_browser_is_told_what_the_page_may_do(server: TryoutServer) -> None:
    """Nothing from outside, no frame, no inline script but the page's own."""
    _, _, headers = _send(server, "GET", "/")
    policy = headers["Content-Security-Policy"]

    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "connect-src 'self'" in policy
    assert not re.search(r"unsafe|http|\*|data:", policy)
    assert (headers["X-Frame-Options"], headers["Cache-Control"], headers["Referrer-Policy"]) == ("DENY", "no-store", "same-origin")


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.org", ""])  # noqa: S104 -- to see it refused
def test_no_other_address_than_this_machines_is_listened_at(server: TryoutServer, host: str) -> None:
    """There is no login, so there is no way to serve it to others."""
    with pytest.raises(UsageError):
        TryoutServer(host, 0, server.booth, say=lambda _: None)


def test_labels_are_said_in_words() -> None:
    """Of a classifier the label is said, and which input alone changes it."""
    inputs = pa.table({"income": np.linspace(10, 90, ROWS)})
    booth = Booth(
        title="m",
        sandbox="none",
        fields=fields_of(inputs),
        schema=inputs.schema,
        ask=lambda batch: np.array([float(value > 70) for value in batch.column(0).to_pylist()]),
        form=AnswerForm.LABEL,
        labels=("no", "yes"),
    )
    said: Any = booth.tried({"values": [80], "shown": 0})

    assert (said["answer"], said["effects"][0]["without"]["words"], said["effects"][0]["apart"]) == ({"number": 1.0, "words": "yes"}, "no", 1.0)
