"""A GitHub of a few addresses on loopback, made from its documentation: approvals of a run, comments under a pull request, and issues."""

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

__all__ = ["TOKEN", "Forge", "review"]

TOKEN = "ghs_test"


def review(login: str, comment: str, *, environment: str = "fairness-override", state: str = "approved") -> dict[str, Any]:
    """An entry of `GET /repos/{owner}/{repo}/actions/runs/{run_id}/approvals`."""
    return {"state": state, "comment": comment, "user": {"login": login, "id": 1, "type": "User"}, "environments": [{"id": 2, "name": environment}]}


@dataclass
class Forge:
    """What it answers, and what it was asked. `url` is its API while it serves."""

    approvals: Any = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    issues: list[dict[str, Any]] = field(default_factory=list)
    failing: list[int] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""

    def __enter__(self) -> Self:
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_words: object) -> None:
                """Say nothing."""

            def do_GET(self) -> None:
                forge.asked.append(("GET", self.path))
                self._answer(None)

            def do_POST(self) -> None:
                forge.asked.append(("POST", self.path))
                self._answer(self._body())

            def do_PATCH(self) -> None:
                forge.asked.append(("PATCH", self.path))
                self._answer(self._body())

            def _body(self) -> dict[str, Any]:
                return dict(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def _answer(self, body: dict[str, Any] | None) -> None:
                status, answer = forge.answer(self.command, self.path, body, self.headers.get("Authorization", ""))
                data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: dict[str, Any] | None, authorization: str) -> tuple[int, Any]:
        """Status and document."""
        if self.failing:
            return self.failing.pop(0), {"message": "no"}
        if authorization != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        return self._found(method, path, body) or (404, {"message": "Not Found"})

    def _found(self, method: str, path: str, body: dict[str, Any] | None) -> tuple[int, Any] | None:
        parts = urlsplit(path)
        place = parts.path.removeprefix("/repos/acme/models/")
        if (method, place) == ("GET", "actions/runs/77/approvals"):
            return 200, self.approvals
        if (method, place) == ("GET", "issues/5/comments"):
            page = int(parse_qs(parts.query)["page"][0])
            return 200, self.comments[(page - 1) * 100 : page * 100]
        if (method, place) == ("POST", "issues/5/comments") and body is not None:
            self.comments.append({"id": len(self.comments) + 1, "body": body["body"], "user": {"type": "Bot"}, "html_url": "https://github.test/c"})
            return 201, self.comments[-1]
        if method == "PATCH" and place.startswith("issues/comments/") and body is not None:
            found = next(entry for entry in self.comments if entry["id"] == int(place.rpartition("/")[2]))
            found["body"] = body["body"]
            return 200, found
        return self._issue(method, place, parse_qs(parts.query), body)

    def _issue(self, method: str, place: str, query: dict[str, list[str]], body: dict[str, Any] | None) -> tuple[int, Any] | None:
        if (method, place) == ("GET", "issues"):
            page, label = int(query["page"][0]), query["labels"][0]
            listed = [entry for entry in self.issues if entry["state"] == query["state"][0] and label in entry["labels"]]
            return 200, listed[(page - 1) * 100 : page * 100]
        if (method, place) == ("POST", "issues") and body is not None:
            self.issues.append({"number": len(self.issues) + 1, "state": "open", **body})
            return 201, self.issues[-1]
        if method in {"GET", "PATCH"} and place.startswith("issues/") and place.rpartition("/")[2].isdigit():
            found = self.issues[int(place.rpartition("/")[2]) - 1]
            found.update(body or {})
            return 200, found
        return None
