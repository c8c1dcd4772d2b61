"""The surroundings of a hostile model: what it is to attack, and how one sees afterwards whether it did."""

import contextlib
import ctypes
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq
from hostile.entries import Entry, write_model
from loans import GATE, POLICY, holdout

import gate

__all__ = ["Outcome", "World"]

WARDEN, DISGUISE = (Path(__file__).with_name(name) for name in ("warden.py", "disguise.py"))
PATIENCE = 240.0
_PLACES = (*map(Path, ("/tmp", "/var/tmp", "/dev/shm")), Path(gate.__file__).parent, Path(sysconfig.get_path("purelib")))  # noqa: S108
_ELSEWHERE = """\
class Model:
    def predict(self, frame, params=None):
        return (frame["income"] - frame["debt"] > 2).astype("int64").to_numpy()


def _load_pyfunc(path):
    return Model()
"""
_OWN = ("tmp", "out", "artifacts", "mlflow.db", "mlflow.db-journal", "mlflow.db-wal", "mlflow.db-shm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a case ended, and whatever was found afterwards that should not be there; empty collections are good.

    Args:
        status: the exit code; negative for a signal, None when it did not end.
        printed: standard output and error.
        decision: `decision.json`, where there is one.
        left: processes that still ran.
        heard: what arrived on the planted sockets.
        written: files outside that were changed, made or removed, and what is left in the temporary folder.
        told: outputs that hold a planted secret.
        marked: the status that the registry shows for the version.
        victim: whether the bystander still runs.
        peak: bytes of memory that the gate itself has taken, where that is known.
    """

    status: int | None
    printed: str
    decision: dict[str, Any] | None
    left: list[str]
    heard: list[str]
    written: list[str]
    told: list[str]
    marked: str | None
    victim: bool
    peak: int


@dataclass(kw_only=True)
class World:
    """One user's folder, registry, secrets, sockets, bystander and warden; a context manager."""

    user: int
    root: Path = field(init=False)
    _warden: "subprocess.Popen[str]" = field(init=False)
    _exit: contextlib.ExitStack = field(init=False, default_factory=contextlib.ExitStack)

    def __enter__(self) -> Self:
        self.token = secrets.token_hex(8)
        self.root = Path(tempfile.mkdtemp(prefix="gate-zoo-"))
        self._exit.callback(shutil.rmtree, self.root, ignore_errors=True)
        self.secrets = {name: f"hunter2-{name}-{secrets.token_hex(8)}" for name in ("file", "environment", "configuration")}
        self._plant()
        self._listen()
        self._warden = self._exit.enter_context(self._process(sys.executable, str(WARDEN)))
        self._expect(ready=True)
        self._expect(self._preparation(), status=0, left=[])
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def meet(self, entry: Entry, *, backend: str) -> Outcome:
        """Register the model, check it, and look around."""
        name = f"{entry.name}-{backend}"
        with self._process("sleep", "7200") as victim:
            order = self._set_out(entry, name, backend, victim.pid)
            before = self._snapshot()
            said = self._ask(order)
            lives = victim.poll() is None
        out = self.root / "out" / name
        decision = out / "decision" / "decision.json"
        return Outcome(
            status=said["status"],
            printed="".join((out / stream).read_text(errors="replace") for stream in ("stdout", "stderr")),
            decision=json.loads(decision.read_text()) if decision.exists() else None,
            left=said["left"],
            heard=list(self._heard()),
            written=self._changes(before),
            told=list(self._told(out)),
            marked=self._mark(name),
            victim=lives,
            peak=int((out / "peak").read_text() or 0),
        )

    def _set_out(self, entry: Entry, name: str, backend: str, victim: int) -> dict[str, Any]:
        """Everything that the case needs, and the order to run it."""
        out, model, work = (self.root / kind / name for kind in ("out", "models", "work"))
        for folder in (out, model, work):
            folder.mkdir()
        _holdout(work / "holdout.parquet", name)
        (work / "gate.yaml").write_text(
            f"# {self.secrets['configuration']}\n{GATE}" + "    predictions: {score: score}\n" * entry.score + f"    limits: {{seconds: {entry.seconds}}}\n"
        )
        (work / "policy.yaml").write_text(POLICY)
        write_model(entry, model, self._aim(work, out, model, victim))
        for name_ in ("stdout", "stderr", "peak"):
            (out / name_).touch()
        self._give_away()
        return {
            "do": "check",
            "name": name,
            "uri": self._uri,
            "model": str(model),
            "words": self._words(name, out / "decision"),
            "stdout": str(out / "stdout"),
            "stderr": str(out / "stderr"),
            "peak": str(out / "peak"),
            "folder": str(work),
            "shell": entry.shell,
            "backend": backend,
            "patience": PATIENCE,
        }

    def _words(self, name: str, output: Path) -> list[str]:
        files = ["--policy", "policy.yaml", "--tracking-uri", self._uri, "--output", str(output)]
        return ["check", f"{name}/1", "--model-name", "loans", *files]

    @property
    def _uri(self) -> str:
        return f"sqlite:///{self.root / 'mlflow.db'}"

    def _preparation(self) -> dict[str, Any]:
        log = str(self.root / "out" / "prepared")
        place = {"stdout": log, "stderr": log, "folder": str(self.root)}
        return {"do": "prepare", "uri": self._uri, "artifacts": (self.root / "artifacts").as_uri(), "patience": PATIENCE, **place}

    def _aim(self, work: Path, out: Path, model: Path, victim: int) -> dict[str, Any]:
        """What an attacker who knows everything knows."""
        places = [self.root / "guarded", self.root / "home", work, out, model, *_PLACES]
        return {
            "secret": str(self.root / "home" / ".ssh" / "id_ed25519"),
            "guarded": str(self.root / "guarded"),
            "holdout": str(work / "holdout.parquet"),
            "configuration": str(work / "gate.yaml"),
            "registry": str(self.root / "mlflow.db"),
            "places": [str(place) for place in places],
            "marker": f"zoo-{self.token}",
            "victim": victim,
            "world": str(self.root),
            "tcp": self._tcp.getsockname()[1],
            "udp": self._udp.getsockname()[1],
            "abstract": f"zoo-{self.token}",
            "socket": str(self.root / "home" / "socket"),
            "key": self._key,
        }

    @property
    def _key(self) -> int:
        """A key of shared memory that is this world's own: such keys are the machine's, and several worlds live at once."""
        return int(self.token[:7], 16) + 1

    def _plant(self) -> None:
        for name in ("home/.ssh", "guarded", "tmp", "out", "models", "work", "artifacts"):
            (self.root / name).mkdir(parents=True)
        (self.root / "home" / ".ssh" / "id_ed25519").write_text(self.secrets["file"])
        (self.root / "guarded" / "keep.txt").write_text("as it was")
        (self.root / "guarded" / "keep.py").write_text(_ELSEWHERE)

    def _listen(self) -> None:
        """Sockets that nobody has any business with."""
        self._tcp = self._exit.enter_context(socket.create_server(("127.0.0.1", 0)))
        self._udp = self._exit.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self._udp.bind(("127.0.0.1", 0))
        self._abstract, self._named = (self._exit.enter_context(socket.socket(socket.AF_UNIX)) for _ in range(2))
        self._abstract.bind(f"\0zoo-{self.token}")
        self._named.bind(str(self.root / "home" / "socket"))
        for listener in (self._abstract, self._named):
            listener.listen()
        for listener in (self._tcp, self._udp, self._abstract, self._named):
            listener.settimeout(0)

    def _heard(self) -> Iterator[str]:
        for name, listener in (("tcp", self._tcp), ("abstract", self._abstract), ("named", self._named)):
            with contextlib.suppress(BlockingIOError):
                listener.accept()[0].close()
                yield name
        with contextlib.suppress(BlockingIOError):
            self._udp.recv(100)
            yield "udp"

    @contextlib.contextmanager
    def _process(self, *argv: str) -> Iterator["subprocess.Popen[str]"]:
        """A process of the user of this world; it starts with the name of a program or with its path."""
        self._give_away()
        disguise = [sys.executable, str(DISGUISE), str(self.user)] if self.user != os.getuid() else []
        command = [*disguise, shutil.which(argv[0]) or argv[0], *argv[1:]]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=self._environment(), cwd=self.root)
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                stream.close()  # type: ignore[union-attr]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root / "home"),
            "TMPDIR": str(self.root / "tmp"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "MPLCONFIGDIR": str(self.root / "out"),
            "GATE_ZOO_SECRET": self.secrets["environment"],
        }

    def _give_away(self) -> None:
        """Everything in the folder belongs to the user."""
        if self.user != os.getuid():
            for path in (self.root, *self.root.iterdir(), *self._guarded(), *(self.root / "out").rglob("*")):
                os.chown(path, self.user, self.user, follow_symlinks=False)

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        stdin: IO[str] = self._warden.stdin  # type: ignore[assignment]
        stdin.write(json.dumps(order) + "\n")
        stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        stdout: IO[str] = self._warden.stdout  # type: ignore[assignment]
        line = stdout.readline()
        if not line:
            return {"status": None, "left": [], "warden": f"ended with {self._warden.wait()}"}
        return dict(json.loads(line))

    def _expect(self, order: dict[str, Any] | None = None, **said: Any) -> None:  # noqa: ANN401 -- JSON
        found = self._answer() if order is None else self._ask(order)
        if found != said:
            raise AssertionError(f"the warden says {found} instead of {said}")

    def _snapshot(self) -> dict[str, tuple[object, ...]]:
        """What stands in the folder, outside what the gate itself writes."""
        return {str(path): _state(path) for path in self._guarded()}

    def _guarded(self) -> Iterator[Path]:
        for entry in self.root.iterdir():
            if entry.name not in _OWN:
                yield from (entry, *entry.rglob("*"))

    def _changes(self, before: dict[str, tuple[object, ...]]) -> list[str]:
        """What is new, gone or different."""
        after = self._snapshot()
        changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)]
        marks = [Path(place, f"zoo-{self.token}") for place in (*self._places(), *_PLACES)]
        found = [str(mark) for mark in marks if _gone(mark)]
        left = [str(path) for path in (self.root / "tmp").iterdir()] + list(_shared_memory(self._key))
        for path in (self.root / "tmp").iterdir():
            subprocess.run(["rm", "-rf", path], check=True)  # it may be nested too deeply for Python's own
        return sorted({*changed, *found, *left})

    def _places(self) -> Iterator[Path]:
        return (path for path in (self.root, *self._guarded()) if path.is_dir() and not path.is_symlink())

    def _told(self, out: Path) -> Iterator[str]:
        """Outputs that hold a secret."""
        outputs = [path for folder in (out, self.root / "artifacts") for path in folder.rglob("*") if path.is_file()]
        for path in (*outputs, self.root / "mlflow.db"):
            content = path.read_bytes()
            yield from (f"{name} in {path}" for name, secret in self.secrets.items() if secret.encode() in content)

    def _mark(self, name: str) -> str | None:
        with contextlib.closing(sqlite3.connect(self.root / "mlflow.db")) as database:
            row = database.execute("SELECT value FROM model_version_tags WHERE name = ? AND key = 'gate.status'", (name,)).fetchone()
        return None if row is None else str(row[0])


def _shared_memory(key: int) -> Iterator[str]:
    """The segment of the model that leaves one, if it did; it is removed."""
    libc = ctypes.CDLL(None)
    if (segment := libc.shmget(key, 0, 0)) >= 0:
        libc.shmctl(segment, 0, None)
        yield f"shared memory {key:x}"


def _gone(path: Path) -> bool:
    """Whether something stood there; it does no longer."""
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    return True


def _state(path: Path) -> tuple[object, ...]:
    found = path.lstat()
    content = path.read_bytes() if path.is_file() and not path.is_symlink() and found.st_size < 2**20 else b""
    return found.st_mode, found.st_size, content


def _holdout(path: Path, name: str) -> None:
    """The same rows for every case in a file of its own: other bytes, so that no case is a second look at a holdout."""
    table = pa.Table.from_pandas(holdout(2, rows=4000), preserve_index=False)
    pq.write_table(table.replace_schema_metadata({"case": name}), path)
