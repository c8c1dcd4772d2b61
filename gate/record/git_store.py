"""A branch of a git repository as a store: each file is a commit, and a push that would write over another is refused.

Nothing is checked out: the branch is fetched into a repository of this process, read from its objects, and pushed to
without force. Whoever may push with force can cut a branch, so it is to be protected where it lives.
"""

import base64
import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from gate.core.ledger_place import GitPlace
from gate.errors import StorageError

__all__ = ["TOKEN", "GitStore"]

TOKEN = "GATE_LEDGER_TOKEN"
"""Names the variable with a token for a repository that is reached by https."""
_SECONDS = 120
_ATTEMPTS = 50
_MOST_BYTES = 256 * 2**20
_TAKEN = ("non-fast-forward", "fetch first", "stale info", "cannot lock ref", "failed to update ref", "reference already exists")


class GitStore:
    """See `Store`. The repository of this process is made at the first question, and removed with the store."""

    def __init__(self, place: GitPlace, environment: Mapping[str, str] = os.environ) -> None:
        self.where = f"git+{place.url}#{place.branch}"
        self._place = place
        self._ref = f"refs/heads/{place.branch}"
        self._environment = _environment(environment)
        self._folder: TemporaryDirectory[str] | None = None
        self._head: str | None = None

    def names(self, folder: str) -> tuple[str, ...]:
        """See `Store.names`: what the branch holds now."""
        self._fetch()
        return tuple(sorted(name.rpartition("/")[2] for name in self._listed(f"{folder}/")))

    def read(self, name: str) -> bytes | None:
        """See `Store.read`: as the branch was when names were asked for last."""
        if self._folder is None:
            self._fetch()
        entry = self._entry(name)
        if entry is None:
            return None
        if int(self._git("cat-file", "-s", entry).decode()) > _MOST_BYTES:
            raise StorageError("a file of the ledger is larger than any record", where=name, next_step="Find out who put it there.")
        return self._git("cat-file", "blob", entry)

    def create(self, name: str, data: bytes) -> bool:
        """See `Store.create`: pushed on top of what is there; when another was quicker, looked at and tried again."""
        for _ in range(_ATTEMPTS):
            self._fetch()
            if self._entry(name) is not None:
                return False
            if self._pushed(self._commit(name, data)):
                return True
        raise StorageError("others kept writing to the branch", where=self.where, next_step="Run it again.")

    @contextmanager
    def in_turn(self, folder: str) -> Iterator[None]:  # noqa: ARG002 -- see below
        """See `Store.in_turn`: nobody waits here; whoever is slower sees it at the push."""
        yield

    def _listed(self, folder: str) -> list[str]:
        return [] if self._head is None else self._git("ls-tree", "--name-only", "-z", self._head, "--", folder).decode().split("\0")[:-1]

    def _entry(self, name: str) -> str | None:
        """The id of a file's bytes."""
        if self._head is None:
            return None
        listed = self._git("ls-tree", "-z", self._head, "--", name).decode().rstrip("\0")
        mode, _, rest = listed.partition(" ")
        return rest.split("\t")[0].removeprefix("blob ") if mode == "100644" else None

    def _commit(self, name: str, data: bytes) -> str:
        """A commit on top of the branch with one file more."""
        blob = self._git("hash-object", "-w", "--stdin", given=data).decode().strip()
        self._git("read-tree", *(["--empty"] if self._head is None else [self._head]))
        self._git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
        tree = self._git("write-tree").decode().strip()
        parents = [] if self._head is None else ["-p", self._head]
        return self._git("commit-tree", tree, *parents, "-m", f"{name}").decode().strip()

    def _pushed(self, commit: str) -> bool:
        """Whether the branch is this commit now; never by force, and only if it was what we saw."""
        lease = f"--force-with-lease={self._ref}:{self._head or ''}"
        done = self._run("push", "--quiet", "--atomic", lease, self._place.url, f"{commit}:{self._ref}")
        if done.returncode == 0:
            self._head = commit
            return True
        said = done.stderr.decode("utf-8", "replace")
        if any(word in said for word in _TAKEN) and "protected" not in said and "denied" not in said:
            return False
        raise self._failed("written", said)

    def _fetch(self) -> None:
        """The branch as it is now; none of it when the repository has no such branch."""
        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="gate-ledger-")
            self._git("init", "--quiet", "--bare", ".")
        done = self._run("ls-remote", "--exit-code", self._place.url, self._ref)
        if done.returncode == 2:  # reached, and there is no such branch
            self._head = None
            return
        if done.returncode != 0:
            raise self._failed("read", done.stderr.decode("utf-8", "replace"))
        head = done.stdout.decode().split()[0]
        if head != self._head:
            got = self._run("fetch", "--quiet", "--no-tags", "--depth=1", self._place.url, f"+{self._ref}:refs/ledger")
            if got.returncode != 0:
                raise self._failed("read", got.stderr.decode("utf-8", "replace"))
            self._head = self._git("rev-parse", "refs/ledger").decode().strip()

    def _git(self, *words: str, given: bytes | None = None) -> bytes:
        """The output of a command that only an accident can fail."""
        done = self._run(*words, given=given)
        if done.returncode != 0:
            raise self._failed("used", done.stderr.decode("utf-8", "replace"))
        return done.stdout

    def _run(self, *words: str, given: bytes | None = None) -> "subprocess.CompletedProcess[bytes]":
        folder = "." if self._folder is None else self._folder.name
        try:
            return subprocess.run(  # noqa: S603 -- fixed words; the address was looked at
                ["git", *words],  # noqa: S607 -- the git of this machine
                cwd=folder,
                env={**self._environment, "GIT_DIR": folder},
                input=b"" if given is None else given,
                capture_output=True,
                timeout=_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise StorageError("git is not installed", where=self.where, next_step="Install git, or use a ledger in a folder or an object store.") from error
        except subprocess.TimeoutExpired as error:
            raise StorageError(f"git did not end within {_SECONDS} s", where=self.where, next_step="Look whether the repository can be reached.") from error

    def _failed(self, what: str, said: str) -> StorageError:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        last = next((line for line in lines if line.startswith(("fatal:", "error:", "!", "remote:"))), lines[-1] if lines else "no reason was given")
        hint = f"Check the address, and that this job may push to the branch; {TOKEN} holds a token for https."
        return StorageError(f"the ledger cannot be {what}: {last[:200]}", where=self.where, next_step=hint)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    """Git's own settings count, questions and other transports do not; a token is nowhere on a command line."""
    own = {name: value for name, value in given.items() if name not in {"GIT_INDEX_FILE", "GIT_WORK_TREE"}}
    who = {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in (("NAME", "fairness gate"), ("EMAIL", "gate@localhost"))}
    settings = {**own, **who, "GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "https:ssh:file", "LC_ALL": "C"}
    if token := given.get(TOKEN):
        word = base64.b64encode(f"x-access-token:{token}".encode()).decode()
        settings |= {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "http.extraHeader", "GIT_CONFIG_VALUE_0": f"Authorization: Basic {word}"}
    return settings
