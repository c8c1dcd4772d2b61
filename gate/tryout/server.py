"""The page and the answers to it, for readers of this machine.

A question has to name this machine as its host, to come from the page itself (`Origin`), and to carry the token that only
the page knows: so that no page of the web can ask the model, or read the page by a name that points here.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from gate.core.document import Json
from gate.core.loopback import is_loopback
from gate.errors import UsageError
from gate.report.escape import clean
from gate.tryout.booth import Booth, FallenError
from gate.tryout.page import POLICY, render

__all__ = ["TryoutServer"]

_SECONDS = 10
_MOST_BYTES = 2**20
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class TryoutServer(ThreadingHTTPServer):
    """Bound to an address of this machine and ready to serve; 0 takes any port.

    Args:
        host: an address of loopback.
        port: the port.
        booth: the model.
        say: told what went wrong.

    Raises:
        UsageError: the host is not this machine.
        OSError: the address cannot be listened at.
    """

    daemon_threads = True  # a model that hangs keeps nobody from stopping the server

    def __init__(self, host: str, port: int, booth: Booth, *, say: Callable[[str], None]) -> None:
        if not is_loopback(host):
            raise UsageError("the page has no login, so it is served on this machine alone", where="--host", next_step="Name 127.0.0.1 or localhost.")
        self.booth, self.say = booth, say
        self.token = secrets.token_urlsafe(32)
        super().__init__((host, port), _Reader)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever hung up gets no answer."""


class _Reader(BaseHTTPRequestHandler):
    """GET / shows the page; POST /ask asks the model."""

    server: TryoutServer
    timeout = _SECONDS
    server_version, sys_version = "gate", ""

    def do_GET(self) -> None:
        """The page."""
        if not self._here():
            self._answer(421, "This address is not served here.", kind="text/plain")
        elif self.path != "/":
            self._answer(404, "There is no such page.", kind="text/plain")
        else:
            self._answer(200, render(self.server.booth, token=self.server.token), kind="text/html")

    def do_POST(self) -> None:
        """The answer to a case, or why there is none."""
        if not self._here():
            self._say(421, {"fault": "This address is not served here."})
        elif not self._ours():
            self._say(403, {"fault": "Only the page itself may ask. Load it again."})
        elif self.path != "/ask":
            self._say(404, {"fault": "There is no such question."})
        else:
            self._say(*self._asked())

    def _here(self) -> bool:
        """Whether the request is to this machine by a name of its own."""
        return is_loopback(urlsplit(f"//{self.headers.get('Host', '')}").hostname or "")

    def _ours(self) -> bool:
        """Whether the page itself asks."""
        known = hmac.compare_digest(self.headers.get("X-Gate-Token", "").encode(), self.server.token.encode())
        return known and self.headers.get("Origin") == f"http://{self.headers.get('Host')}" and self.headers.get_content_type() == "application/json"

    def _asked(self) -> tuple[int, Mapping[str, Json]]:
        try:
            return 200, self.server.booth.tried(self._written())
        except UsageError as error:
            return 422, {"fault": f"The model was not asked: {error.where}: {error.what}."}
        except FallenError as error:
            self.server.say(error.what)
            return 503, {"fault": f"{error.what} Start `gate report serve` again to go on."}
        except Exception as error:  # noqa: BLE001 -- an edge: a question that fails must not end the server
            self.server.say(f"{type(error).__name__}: {error}")
            return 500, {"fault": "Internal failure. The server's log says more."}

    def _written(self) -> Mapping[str, object]:
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or int(length) > _MOST_BYTES:
            raise UsageError("it is too long, or does not say how long it is", where="question")
        try:
            written = json.loads(self.rfile.read(int(length)))
        except (ValueError, RecursionError) as error:
            raise UsageError("it is no JSON", where="question") from error
        if not isinstance(written, dict):
            raise UsageError("it is no object", where="question")
        return written

    def _say(self, status: int, document: Mapping[str, Json]) -> None:
        spoken = {key: clean(value) if key == "fault" and isinstance(value, str) else value for key, value in document.items()}
        self._answer(status, json.dumps(spoken, allow_nan=False), kind="application/json")

    def _answer(self, status: int, text: str, *, kind: str) -> None:
        data = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: object) -> None:
        """What is worth saying is said elsewhere."""
