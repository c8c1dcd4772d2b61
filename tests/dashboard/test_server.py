"""The live pages: made anew for every request, for readers of this machine, and never older than they say."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPResponse

import boards
import pytest

from gate.dashboard.board import Board, ModelBoard, Status
from gate.dashboard.pages import page_name
from gate.dashboard.server import Live, serving
from gate.errors import RegistryError


class _Registry:
    """What is looked at: a board that tests change, or that cannot be asked."""

    def __init__(self) -> None:
        self.models = (boards.model("loans", Status.PASSED),)
        self.asked: list[str | None] = []
        self.said: list[str] = []
        self.error: Exception | None = None

    def look(self, name: str | None) -> Board:
        """The board now."""
        self.asked.append(name)
        if self.error is not None:
            raise self.error
        return boards.board(*(model for model in self.models if name in {None, model.name}))


@contextmanager
def _served(registry: _Registry, host: str = "127.0.0.1") -> Iterator[int]:
    live = Live(look=registry.look, names=lambda: tuple(model.name for model in registry.models), say=registry.said.append)
    server = serving(host, 0, live)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def registry() -> _Registry:
    """One model that passed."""
    return _Registry()


@pytest.fixture
def port(registry: _Registry) -> Iterator[int]:
    """Where it is served."""
    with _served(registry) as number:
        yield number


def _ask(port: int, path: str = "/", verb: str = "GET", **headers: str) -> tuple[HTTPResponse, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(verb, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode("utf-8")
    connection.close()
    return answer, text


def test_every_request_looks_again(registry: _Registry, port: int) -> None:
    """A verdict that changed is on the next page, of all models and of one; nothing may be kept on the way."""
    path = f"/models/{page_name('loans')}"
    first, passed = _ask(port)
    registry.models = (boards.model("loans", Status.LAPSED),)
    pages = [_ask(port, where)[1] for where in ("/", "/index.html", path)]

    assert ('class="badge passed"' in passed, first.headers["Cache-Control"]) == (True, "no-store")
    assert all('class="badge lapsed"' in page and 'badge passed" data-until' not in page for page in pages)
    assert registry.asked == [None, None, None, "loans"]


@pytest.mark.parametrize("error", [RegistryError("MLflow did not <b>answer</b>"), KeyError("oops")])
def test_what_cannot_be_asked_is_no_page(registry: _Registry, port: int, error: Exception) -> None:
    """503 and no verdict, though a page was made before; the reason as text, an internal one only in the log; and the server goes on."""
    assert _ask(port)[0].status == 200
    registry.error = error
    answer, text = _ask(port)
    assert (answer.status, "badge" in text, "<b>answer" in text, "oops" in text, len(registry.said)) == (503, False, False, False, 1)
    registry.error = None

    assert _ask(port)[0].status == 200


def test_a_page_may_do_nothing_but_show_itself(port: int) -> None:
    """The browser is told: no outside source, no frame, no guessing of types, no referrer; also with an error."""
    for path, status in (("/", 200), ("/../etc/passwd", 404), ("/models/", 404), ("/models/..%2f..%2fx", 404)):
        answer, _ = _ask(port, path)
        policy = answer.headers["Content-Security-Policy"]

        assert answer.status == status
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert not any(word in policy for word in ("unsafe", "http", "*", "data:"))
        assert "frame-ancestors 'none'" in policy
        assert (answer.headers["X-Content-Type-Options"], answer.headers["Referrer-Policy"]) == ("nosniff", "no-referrer")


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "", "10.0.0.1"])
def test_a_page_of_the_web_cannot_read_it_by_a_name_that_points_here(registry: _Registry, port: int, host: str) -> None:
    """On loopback another name than this machine's is refused, before anything is asked."""
    answer, text = _ask(port, Host=host)

    assert (answer.status, "loans" in text, registry.asked) == (421, False, [])


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1", "[::1]:8071"])
def test_this_machine_is_known_by_its_names(port: int, host: str) -> None:
    """Loopback by name, by number, and through a forwarded port."""
    assert _ask(port, Host=host)[0].status == 200


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(registry: _Registry, port: int, verb: str) -> None:
    """Every verb but GET and HEAD is refused and asks nothing."""
    assert (_ask(port, verb=verb)[0].status, registry.asked) == (501, [])


def test_head_is_the_page_without_it(port: int) -> None:
    """The length is that of the page."""
    (head, empty), (_, page) = _ask(port, verb="HEAD"), _ask(port)

    assert (head.status, empty, int(head.headers["Content-Length"])) == (200, "", len(page.encode()))


def test_a_model_that_could_not_be_asked_is_shown_so(registry: _Registry, port: int) -> None:
    """One model's failure is on the page as not proven, beside the others."""
    registry.models = (replace(registry.models[0]), ModelBoard(name="other", tier="t", fault="the ledger cannot be read"))
    _, text = _ask(port)

    assert ('badge passed"' in text, 'NOT PROVEN</span><br><span class="quiet">the ledger cannot be read' in text) == (True, True)
