"""The receiver: one address, small requests, an answer at once; the work is done behind it."""

import json
import time
from collections.abc import Callable, Collection, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gate.webhook.events import Event, Kind, Refused, Seen, received
from gate.webhook.jobs import Jobs

__all__ = ["serving"]

_MOST_BYTES = 2**20
_SECONDS = 10


def serving(host: str, port: int, *, secret: str, models: Collection[str], jobs: Mapping[Kind, Jobs[Event]], say: Callable[[str], None]) -> ThreadingHTTPServer:
    """A server that is ready to serve, bound to its address.

    Args:
        host: the address to listen at.
        port: 0 takes any.
        secret: what registry and gate share.
        models: names that `gate.yaml` has.
        jobs: where events of each kind go.
        say: told what was refused.
    """
    seen = Seen()

    def receive(headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        found = received(headers, body, secret=secret, models=models, seen=seen, now=time.time())
        if isinstance(found, Refused):
            say(f"refused: {found.reason}")
            return found.status, found.reason
        if found is None:
            return 200, "nothing to do"
        jobs[found.kind].add(found)
        return 202, "queued"

    return _Server((host, port), receive, {id(queue): queue for queue in jobs.values()}.values())


class _Server(ThreadingHTTPServer):
    """A server for which somebody who hangs up is no event."""

    def __init__(self, address: tuple[str, int], receive: Callable[[Mapping[str, str], bytes], tuple[int, str]], queues: Collection[Jobs[Event]]) -> None:
        self.receive = receive
        self.queues = queues
        super().__init__(address, _Receiver)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever hung up gets no answer, and a request that was whole has been queued."""


class _Receiver(BaseHTTPRequestHandler):
    """POST receives an event; GET says whether the receiver is well."""

    server: _Server
    timeout = _SECONDS  # somebody who sends slowly is not waited for
    server_version, sys_version = "gate", ""

    def do_GET(self) -> None:
        """How many events wait."""
        if self.path == "/health":
            self._answer(200, {"status": "ok", "left": sum(queue.left for queue in self.server.queues)})
        else:
            self._answer(404, {"status": "there is /health, and POST /"})

    def do_POST(self) -> None:
        """Receive an event: 202 it is queued, 200 there is nothing to do, 400 and 401 it is refused."""
        size = _size(self.headers.get("Content-Length", ""))
        if size is None:
            self._answer(413, {"status": "an event says how long it is, and is smaller"})
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        status, said = self.server.receive(headers, self.rfile.read(size))
        self._answer(status, {"status": said})

    def _answer(self, status: int, said: Mapping[str, object]) -> None:
        data = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: object) -> None:
        """What is worth saying is said elsewhere."""


def _size(written: str) -> int | None:
    """How long a request says that it is; None when it does not say so, or is longer than any event."""
    size = int(written) if written.isascii() and written.isdigit() and len(written) < 10 else _MOST_BYTES + 1
    return size if size <= _MOST_BYTES else None
