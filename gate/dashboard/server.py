"""The same pages, live: every request asks registry and ledger anew, and nothing is kept from one to the next.

Read only, with no login: it is meant for loopback, or for a place behind something that knows its readers. Requests that
name another host than the one listened at are refused, so that no page of the web can read it by a name that points here.
"""

import html
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from gate.core.loopback import is_loopback
from gate.dashboard.board import Board
from gate.dashboard.pages import INDEX, POLICY, index, model, page_name
from gate.dashboard.site import MODELS
from gate.errors import GateError
from gate.report.escape import clean

__all__ = ["DashboardServer", "Live", "serving"]

_SECONDS = 10
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": f"{POLICY}; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """What the server shows.

    Args:
        look: gathers the board now: of one model by its name, or of all for None.
        names: the models of `gate.yaml` now.
        say: told what went wrong.
    """

    look: Callable[[str | None], Board]
    names: Callable[[], tuple[str, ...]]
    say: Callable[[str], None]


def serving(host: str, port: int, live: Live) -> "DashboardServer":
    """A server that is ready to serve, bound to its address; 0 takes any port.

    Raises:
        OSError: the address cannot be listened at.
    """
    return DashboardServer((host, port), live)


class DashboardServer(ThreadingHTTPServer):
    """One gathering at a time: a reader who reloads does not multiply what the registry is asked."""

    daemon_threads = False  # what is being answered is finished

    def __init__(self, address: tuple[str, int], live: Live) -> None:
        self.live = live
        self.turn = threading.Lock()
        self.anywhere = not is_loopback(address[0])
        super().__init__(address, _Reader)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: whoever hung up gets no answer."""


class _Reader(BaseHTTPRequestHandler):
    """GET and HEAD show a page; everything else is refused."""

    server: DashboardServer
    timeout = _SECONDS
    server_version, sys_version = "gate", ""

    def do_GET(self) -> None:
        """A page, made now; 503 when nothing can be said, 404 when there is no such page."""
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname
        if not self.server.anywhere and not is_loopback(host or ""):
            self._answer(421, _plain("This address is not served here."))
            return
        status, page = self._page(urlsplit(self.path).path)
        self._answer(status, page)

    def do_HEAD(self) -> None:
        """The same without the page."""
        self.do_GET()

    def _page(self, path: str) -> tuple[int, str]:
        live = self.server.live
        with self.server.turn:
            try:
                if path in {"/", f"/{INDEX}"}:
                    return 200, index(live.look(None))
                named = next((name for name in live.names() if path == f"/{MODELS}/{page_name(name)}"), None)
                if named is None:
                    return 404, _plain("There is no such page.")
                board = live.look(named)
                return 200, model(board, board.models[0])
            except GateError as error:
                live.say(str(error))
                return 503, _plain(f"Nothing can be said now: {error}")
            except Exception as error:  # noqa: BLE001 -- an edge: a request that fails must not show an older page, nor end the server
                live.say(f"{type(error).__name__}: {error}")
                return 503, _plain("Nothing can be said now: internal failure. The server's log says more.")

    def _answer(self, status: int, page: str) -> None:
        data = page.encode("utf-8")
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in _HEADERS.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, *_words: object) -> None:
        """What is worth saying is said elsewhere."""


def _plain(text: str) -> str:
    return f'<!DOCTYPE html><html lang="en"><title>Fairness gate</title><p>{html.escape(clean(text))}</p><p><a href="/">All models</a></p></html>'
