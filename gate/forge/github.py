"""GitHub's API: who approved a deployment of this run and what they wrote, one comment under a pull request, one issue per alarm.

Sources: https://docs.github.com/rest/actions/workflow-runs (approvals of a run), https://docs.github.com/rest/issues (comments, issues).
"""

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from gate.errors import ForgeError, UsageError

__all__ = ["Approval", "Github"]

_SECONDS = 20
_PAGES = 50
_TRIES = Retry(total=4, backoff_factor=0.5, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET", "PATCH"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A person's word for a deployment: their account, such as `github:ann-m`, and what they wrote."""

    account: str
    comment: str

    def names(self, subject: str) -> bool:
        """Whether what they wrote names this version, `loans/3`: a run may hold several, and an approval is about what it names."""
        return re.search(rf"(?<![\w/.-]){re.escape(subject)}(?![\w-]|\.\d)", self.comment, re.IGNORECASE) is not None


class Github:
    """The API as a job of GitHub Actions reaches it.

    Args:
        environment: the job's variables: GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_RUN_ID and the like.

    Raises:
        UsageError: this is no job of GitHub Actions, or it was given no token.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._environment = environment
        self._repository, token = self._named("GITHUB_REPOSITORY"), self._named("GITHUB_TOKEN")
        self._api = environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
        self._session = requests.Session()
        self._session.trust_env = False  # no .netrc: the token is the job's
        self._session.verify = environment.get("REQUESTS_CA_BUNDLE") or environment.get("CURL_CA_BUNDLE") or True
        self._session.proxies = requests.utils.get_environ_proxies(self._api)
        self._session.headers.update({"Accept": "application/vnd.github+json", "Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"})
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=_TRIES))

    @property
    def actor(self) -> str:
        """Who started this run, as an account: whoever started it anew, if somebody did."""
        return f"github:{self._environment.get('GITHUB_TRIGGERING_ACTOR') or self._named('GITHUB_ACTOR')}"

    @property
    def run_url(self) -> str:
        """This run's page."""
        return f"{self._environment.get('GITHUB_SERVER_URL', 'https://github.com')}/{self._repository}/actions/runs/{self._named('GITHUB_RUN_ID')}"

    def approvals(self, environment: str) -> tuple[Approval, ...]:
        """Who let jobs of this run into an environment, and what they wrote; GitHub does not say which job.

        Raises:
            UsageError: it cannot be told who approved this attempt.
            ForgeError: GitHub did not answer, or not as documented.
        """
        if self._environment.get("GITHUB_RUN_ATTEMPT", "1") != "1":
            what = "this run was started again, and GitHub does not say which of its attempts an approval is about"
            raise UsageError(what, where="GITHUB_RUN_ATTEMPT", next_step="Start a new run instead of repeating this one.")
        found = self._asked("GET", f"actions/runs/{self._named('GITHUB_RUN_ID')}/approvals")
        try:
            said = [entry for entry in found if any(place["name"] == environment for place in entry["environments"])]
            states = {str(entry["state"]) for entry in said}
            if states - {"approved"}:
                raise UsageError(f"somebody did not approve: {', '.join(sorted(states))}", where=environment, next_step="Start a new run.")
            return tuple(Approval(account=f"github:{entry['user']['login']}", comment=str(entry["comment"]).strip()) for entry in said)
        except (KeyError, TypeError) as error:
            raise _strange("the approvals of this run") from error

    def pull_request(self) -> int:
        """The number of the pull request that this run is about.

        Raises:
            UsageError: it is about none.
        """
        try:
            event = json.loads(Path(self._named("GITHUB_EVENT_PATH")).read_text(encoding="utf-8"))
            return int(event["pull_request"]["number"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError("this run is about no pull request", where="GITHUB_EVENT_PATH", next_step="Comment in jobs of pull requests only.") from error

    def comment(self, number: int, text: str, *, mark: str) -> str:
        """Write the comment with this mark anew, or add it where there is none; returns its address.

        Args:
            number: the pull request.
            text: Markdown.
            mark: what tells this comment from others; not shown.

        Raises:
            ForgeError: GitHub did not answer, or refused.
        """
        body = {"body": f"<!-- {mark} -->\n{text}"}
        for comment in self._comments(number):
            if str(comment.get("body", "")).startswith(f"<!-- {mark} -->") and comment.get("user", {}).get("type") == "Bot":
                return str(self._asked("PATCH", f"issues/comments/{int(comment['id'])}", body).get("html_url", ""))
        return str(self._asked("POST", f"issues/{number}/comments", body).get("html_url", ""))

    def issue(self, title: str, text: str, *, mark: str, label: str, number: int | None = None) -> int:
        """Write an issue anew, by its number or as the open one with this mark, or add it where there is none; returns its number.

        Only issues with the mark are written, which is looked at before; of those without a known number only such with the
        label, which nobody sets who may not write to the repository. An issue that somebody closed stays closed; by its
        number it is written all the same.

        Raises:
            ForgeError: GitHub did not answer, or refused.
        """
        begin = f"<!-- {mark} -->"
        body = f"{begin}\n{text}"
        ours = number is not None and self._body_of(number).startswith(begin)
        known = number if ours else next((found for found, said in self._open_issues(label) if said.startswith(begin)), None)
        try:
            if known is not None:
                return int(self._asked("PATCH", f"issues/{known}", {"title": title, "body": body})["number"])
            return int(self._asked("POST", "issues", {"title": title, "body": body, "labels": [label]})["number"])
        except (KeyError, TypeError, ValueError) as error:
            raise _strange("an issue") from error

    def _body_of(self, number: int) -> str:
        """The text of an issue."""
        try:
            return str(self._asked("GET", f"issues/{number}").get("body") or "")
        except AttributeError as error:
            raise _strange("an issue") from error

    def _open_issues(self, label: str) -> Iterator[tuple[int, str]]:
        """Number and text of every open issue with a label."""
        for page in range(1, _PAGES + 1):
            found = self._asked("GET", f"issues?state=open&labels={label}&per_page=100&page={page}")
            try:
                yield from ((int(entry["number"]), str(entry.get("body") or "")) for entry in found if "pull_request" not in entry)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise _strange("the issues") from error
            if len(found) < 100:
                return

    def _comments(self, number: int) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            found = self._asked("GET", f"issues/{number}/comments?per_page=100&page={page}")
            yield from found
            if len(found) < 100:
                return

    def _asked(self, method: str, path: str, body: Mapping[str, object] | None = None) -> Any:  # noqa: ANN401 -- JSON
        try:
            answer = self._session.request(method, f"{self._api}/repos/{self._repository}/{path}", json=body, timeout=_SECONDS, allow_redirects=False)
        except (requests.RequestException, HTTPError, ValueError) as error:
            raise ForgeError("GitHub did not answer", where=type(error).__name__, next_step="Run the job again.") from error
        if answer.status_code not in {200, 201}:
            hint = "Give the job the permission that this takes." if answer.status_code in {401, 403, 404} else "Run the job again."
            raise ForgeError(f"GitHub answered with status {answer.status_code}", where=f"{method} {path.partition('?')[0]}", next_step=hint)
        try:
            return answer.json()
        except ValueError as error:
            raise _strange(path) from error

    def _named(self, variable: str) -> str:
        value = self._environment.get(variable)
        if not value:
            hint = "Give the step `GITHUB_TOKEN: ${{ github.token }}`." if variable == "GITHUB_TOKEN" else "Run it in a job of GitHub Actions."
            raise UsageError(f"{variable} is not set", where="environment", next_step=hint)
        return value


def _strange(what: str) -> ForgeError:
    return ForgeError(f"GitHub's answer is not of the documented form: {what}", next_step="See whether a newer gate knows it.")
