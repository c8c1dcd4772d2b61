"""Ledgers in a git branch and in an object store keep the promises of a folder: added to, one place each, whole or not at all."""

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from gate.errors import GateError, StorageError
from gate.policy.places import ledger_fault
from gate.record.git_store import TOKEN
from gate.record.ledger import Chain, Ledger
from gate.record.object_store import ObjectStore
from gate.record.places import store_at
from gate.record.signing import Unsound
from gate.record.statement import Link

pytestmark = pytest.mark.filterwarnings("ignore")


def _git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=t", "-c", "user.email=t@t"]
    return subprocess.run(["git", *who, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="session")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An object store on loopback, with a bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    kept = {
        name: os.environ.get(name) for name in ("AWS_ENDPOINT_URL_S3", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION", "AWS_CONFIG_FILE")
    }
    settings = (f"http://{host}:{port}", "test", "test", "us-east-1", str(tmp_path_factory.mktemp("aws") / "none"))
    os.environ.update(dict(zip(kept, settings, strict=True)))
    import s3fs  # noqa: PLC0415 -- reads the variables

    s3fs.S3FileSystem().mkdir("ledgers")
    yield "s3://ledgers"
    server.stop()
    for name, value in kept.items():
        os.environ.pop(name) if value is None else os.environ.update({name: value})


@pytest.fixture(params=["git", "s3"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty place."""
    if request.param == "git":
        _git(tmp_path, "init", "--quiet", "--bare", "ledger.git")
        return f"git+file://{tmp_path}/ledger.git#gate/ledger"
    return f"{request.getfixturevalue('objects')}/{tmp_path.name}"


def _sealed(name: str) -> Callable[[Link], bytes]:
    return lambda link: json.dumps({"name": name, "position": link.position, "previous": link.previous}).encode()


def test_a_chain_grows_and_is_read_by_others(place: str) -> None:
    """What one gate wrote, another one finds: entries in order, records and counts by their digests, models apart."""
    writer = Ledger(store_at(place))
    assert writer.chain("a/b") == Chain(entries=())
    for name in ("first", "second"):
        writer.append("a/b", _sealed(name))
    writer.append("..", _sealed("other"))
    writer.keep_counts("a/b", b"counts")
    writer.keep_counts("a/b", b"counts")
    reader = Ledger(store_at(place))
    chain = reader.chain("a/b")

    assert isinstance(chain, Chain)
    assert ([entry.position for entry in chain.entries], chain.entries[1].previous) == ([1, 2], chain.entries[0].digest)
    assert json.loads(reader.record("a/b", chain.entries[1].record) or b"")["name"] == "second"
    assert reader.counts("a/b", "sha256:" + "0" * 64) is None
    assert reader.record("a/b", "../../secret") is None
    writer.append("a/b", _sealed("third"))
    assert isinstance(again := reader.chain("a/b"), Chain)
    assert len(again.entries) == 3


def test_a_file_is_created_once(place: str) -> None:
    """A second content under a name is refused, and the first one stays."""
    store = store_at(place)

    assert (store.create("m/a.json", b"first"), store.create("m/a.json", b"second"), store_at(place).create("m/a.json", b"third")) == (True, False, False)
    assert (store_at(place).read("m/a.json"), store_at(place).read("m/b.json")) == (b"first", None)


def test_writers_at_once_all_get_a_place_of_their_own(place: str) -> None:
    """Four writers, three records each: twelve positions without a gap, every record there once."""
    start = threading.Barrier(4)
    failed: list[BaseException] = []

    def write(number: int) -> None:
        start.wait()
        try:
            ledger = Ledger(store_at(place))
            for turn in range(3):
                ledger.append("m", _sealed(f"{number}/{turn}"))
        except BaseException as error:  # noqa: BLE001 -- shown below
            failed.append(error)

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    ledger = Ledger(store_at(place))
    chain = ledger.chain("m")

    assert (failed, isinstance(chain, Chain)) == ([], True)
    assert isinstance(chain, Chain)
    assert [entry.position for entry in chain.entries] == list(range(1, 13))
    assert len({json.loads(ledger.record("m", entry.record) or b"")["name"] for entry in chain.entries}) == 12


def test_what_is_taken_out_of_a_branch_breaks_the_chain(tmp_path: Path) -> None:
    """An entry removed by a commit, and a history that was rewritten, are seen."""
    _git(tmp_path, "init", "--quiet", "--bare", "ledger.git")
    ledger = Ledger(store_at(f"git+file://{tmp_path}/ledger.git#ledger"))
    for name in ("first", "second", "third"):
        ledger.append("m", _sealed(name))
    _git(tmp_path, "clone", "--quiet", "--branch", "ledger", "ledger.git", "work")
    work = tmp_path / "work"
    assert len(_git(work, "log", "--oneline").splitlines()) == 6
    _git(work, "rm", "--quiet", "model-m/entries/00000002.json")
    _git(work, "commit", "--quiet", "--message", "tidy")
    _git(work, "push", "--quiet", "--force")

    assert isinstance(ledger.chain("m"), Unsound)
    with pytest.raises(StorageError, match="not whole"):
        ledger.append("m", _sealed("fourth"))


def test_a_branch_that_may_not_be_written_is_said_so(tmp_path: Path) -> None:
    """A server that refuses is not asked fifty times; what it said is passed on."""
    _git(tmp_path, "init", "--quiet", "--bare", "ledger.git")
    hook = tmp_path / "ledger.git/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\necho tried >> {tmp_path}/tries\necho 'this branch is protected' >&2\nexit 1\n", encoding="utf-8")
    hook.chmod(0o755)

    with pytest.raises(StorageError, match="protected"):
        store_at(f"git+file://{tmp_path}/ledger.git#ledger").create("m/a", b"x")
    assert (tmp_path / "tries").read_text(encoding="utf-8") == "tried\n"


@pytest.mark.parametrize("place", ["git+file:///nowhere/ledger.git#ledger", "git+https://127.0.0.1:9/ledger.git#ledger", "s3://absent-bucket/x"])
def test_a_place_that_cannot_be_reached_is_an_error(place: str, objects: str) -> None:
    """Never an empty ledger."""
    if place.startswith("s3"):
        assert objects
        with pytest.raises(StorageError):
            Ledger(store_at(place)).append("m", _sealed("first"))
    else:
        for act in (lambda: Ledger(store_at(place)).chain("m"), lambda: Ledger(store_at(place)).append("m", _sealed("first"))):
            with pytest.raises(StorageError, match="cannot be read"):
                act()


def test_a_token_is_on_no_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git is told by variables, and its words hold no secret."""
    log = tmp_path / "words"
    fake = tmp_path / "bin" / "git"
    fake.parent.mkdir()
    fake.write_text(f'#!/bin/sh\necho "$@" >> {log}\necho "$GIT_CONFIG_VALUE_0" >> {log}.header\nexit 1\n', encoding="utf-8")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setenv(TOKEN, "very-secret")
    with pytest.raises(StorageError):
        store_at("git+https://git.example/ledger.git#ledger").names("m")

    assert "very-secret" not in log.read_text(encoding="utf-8")
    assert "Authorization: Basic" in Path(f"{log}.header").read_text(encoding="utf-8")


def test_a_store_that_writes_over_objects_is_refused(objects: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where two gates could take one place, nothing is recorded."""
    store = ObjectStore(f"{objects}/careless")
    whole = store._files.pipe_file
    monkeypatch.setattr(store._files, "pipe_file", lambda path, data, **_: whole(path, data))

    with pytest.raises(StorageError, match="writes over objects"):
        store.create("m/a", b"x")


def test_a_store_whose_package_is_absent_says_what_to_install() -> None:
    """By name."""
    with pytest.raises(GateError, match="gcsfs"):
        store_at("gs://bucket/prefix")


PLACES = {
    "ledger": True,
    "/srv/ledger": True,
    "git+https://git.example/a/b.git#ledger": True,
    "git+ssh://git@git.example/a/b.git#gate/ledger": True,
    "s3://bucket/prefix": True,
    "abfs://container/x": True,
    "git+https://git.example/a/b.git": False,
    "git+https://git.example/a/b.git#../x": False,
    "git+https://git.example/a/b.git#-x": False,
    "git+ext::sh -c id#x": False,
    "git+https://user:secret@git.example/a/b.git#ledger": False,
    "git+https://user@git.example/a/b.git#ledger": False,
    "git+ssh://git:secret@git.example/a/b.git#ledger": False,
    "git+http://git.example/a.git#x": False,
    "http://bucket/prefix": False,
    "s3://": False,
    "s3://key:secret@bucket/x": False,
    "memory://x": False,
}


@pytest.mark.parametrize("written", PLACES)
def test_what_names_no_place_is_refused_when_it_is_read(written: str) -> None:
    """Addresses with secrets, other transports, and branches that are options or paths."""
    assert (ledger_fault(written) is None) == PLACES[written]


def test_a_bucket_that_is_not_there_is_no_empty_ledger(objects: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither its names nor a file of it are taken for absent; an empty prefix of a bucket that is there has none."""
    monkeypatch.delenv("GATE_LEDGER", raising=False)
    absent = store_at("s3://no-such-bucket/gate")

    assert (store_at(f"{objects}/nothing-yet").names("m/entries"), store_at(f"{objects}/nothing-yet").read("m/a.json")) == ((), None)
    for ask in (lambda: absent.names("m/entries"), lambda: absent.read("m/a.json"), lambda: Ledger(absent).chain("m")):
        with pytest.raises(StorageError, match="there is no bucket 'no-such-bucket'"):
            ask()
