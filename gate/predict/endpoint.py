"""A model that is served elsewhere, asked over HTTP as MLflow's own server is: bounded, timed, and never redirected.

Whatever keeps it from answering at all is nobody's verdict (exit 4); what it answers is the candidate's, checked as a
child's answers are.
"""

import hashlib
import http.client
import ipaddress
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import numpy as np
import pyarrow as pa

from gate.core.facts import Misbehaviour
from gate.errors import EndpointError, UsageError
from gate.predict.interface import Answer
from gate.predict.interview import Interview
from gate.predict.scoring import answers_in, question

__all__ = ["Endpoint", "EndpointLimits", "address"]

_CHUNK = 2**16
_QUOTED = 300
_NEXT = "Check that the endpoint serves the model and answers a POST of `dataframe_split`, then check again. Nothing was judged."


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLimits:
    """What an endpoint may take: seconds per request and in all, bytes of one response, rows of one request."""

    request_seconds: float = 60.0
    seconds: float = 600.0
    answer_bytes: int = 16 * 2**20
    batch_rows: int = 2_000


def address(url: str) -> SplitResult:
    """The parts of an endpoint's address.

    Raises:
        UsageError: it is no plain http or https address; one with a password or a query would put secrets into the record.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), None
    plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or port == 0 or not plain:
        example = "Give an address such as http://127.0.0.1:5000/invocations, without user, password, query or fragment."
        raise UsageError("--endpoint is no plain http or https address", where="--endpoint", next_step=example)
    return parts


class Endpoint:
    """A served candidate; a `Predictor`. It keeps the digest of everything that was answered.

    Args:
        url: where it is.
        limits: what it may take.
        random: the order of rows is drawn from it.
    """

    sandbox = "none"

    def __init__(self, url: str, *, limits: EndpointLimits | None = None, random: np.random.Generator | None = None) -> None:
        self._url, self._parts = url, address(url)
        self._limits = limits or EndpointLimits()
        self._interview = Interview(batch_rows=self._limits.batch_rows, random=random)
        self._deadline = time.monotonic() + self._limits.seconds
        self._answered = hashlib.sha256()

    @property
    def digest(self) -> str:
        """`sha256:…` of all answers so far, in the order of the rows."""
        return f"sha256:{self._answered.hexdigest()}"

    def answers(self, features: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:
        """One valid answer per row, asked in parts of varied size and hidden order.

        Raises:
            EndpointError: it was not reached, or did not answer in time, or refused.
        """
        whole = self._interview.answers(features, answer, self._part)
        for value in [] if isinstance(whole, Misbehaviour) else whole.to_pylist():
            self._answered.update(f"{value!r}\n".encode())
        return whole

    def _part(self, part: pa.RecordBatch, answer: Answer) -> pa.Array | Misbehaviour:
        body = self._post(question(part))
        return body if isinstance(body, Misbehaviour) else answers_in(body, answer, rows=part.num_rows)

    def _post(self, body: bytes) -> bytes | Misbehaviour:
        """The response to one request; whoever drips it byte by byte is cut off at the deadline."""
        seconds = min(self._limits.request_seconds, self._deadline - time.monotonic())
        if seconds <= 0:
            raise self._failed(f"answered too slowly: {self._limits.seconds:g} s are over")
        connect = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        connection = connect(self._parts.hostname or "", self._parts.port, timeout=seconds)
        until = time.monotonic() + seconds
        sockets: list[socket.socket] = []  # the connection forgets its own when the server says that it will close it
        watch = threading.Timer(seconds, _cut, [sockets])
        watch.daemon = True
        watch.start()
        try:
            connection.connect()
            sockets.append(connection.sock)
            self._refuse_metadata(connection)
            connection.request("POST", self._parts.path or "/", body=body, headers={"Content-Type": "application/json", "Accept": "application/json"})
            with closing(connection.getresponse()) as response:
                return self._read(response, until=until)
        except (OSError, http.client.HTTPException, ValueError) as error:
            slow = isinstance(error, TimeoutError) or time.monotonic() >= until  # the watch cuts then, and not before
            raise self._failed(f"did not answer within {seconds:.3g} s" if slow else f"was not reached: {type(error).__name__}: {error}") from error
        finally:
            watch.cancel()
            connection.close()

    def _read(self, response: http.client.HTTPResponse, *, until: float) -> bytes | Misbehaviour:
        """The body of a response of status 200, no longer than allowed."""
        if response.status != http.client.OK:
            said = response.read1(_QUOTED).decode("ascii", errors="replace")
            moved = ", a redirect, which is not followed" if 300 <= response.status < 400 else ""
            raise self._failed(f"answered with status {response.status}{moved}: {said!r}")
        body = bytearray()
        while data := response.read1(_CHUNK):
            body += data
            if len(body) > self._limits.answer_bytes:
                return Misbehaviour(check="answer-size", detail=f"the endpoint answered more than {self._limits.answer_bytes:,} bytes to one request")
            if time.monotonic() >= until:
                break
        if time.monotonic() >= until:  # the end of the body may be the cut
            raise TimeoutError
        if response.length:
            raise self._failed("ended its answer before it was complete")
        return bytes(body)

    def _refuse_metadata(self, connection: http.client.HTTPConnection) -> None:
        """A link-local address is a cloud's own service, with credentials to steal, and no model."""
        peer = ipaddress.ip_address(str(connection.sock.getpeername()[0]).partition("%")[0])
        if peer.is_link_local:
            raise UsageError("--endpoint leads to a link-local address", where=self._url, next_step="Name the address of a model server.")

    def _failed(self, what: str) -> EndpointError:
        return EndpointError(f"The endpoint {what}", where=self._url, next_step=_NEXT)


def _cut(sockets: Sequence[socket.socket]) -> None:
    """End a connection under whoever waits for it."""
    for connected in sockets:
        with suppress(OSError):
            connected.shutdown(socket.SHUT_RDWR)
