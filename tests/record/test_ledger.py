"""The ledger: only ever added to, and whatever is changed in it shows."""

import json
import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gate.errors import StorageError
from gate.record.ledger import Chain, Ledger
from gate.record.signing import Unsound
from gate.record.statement import Link
from gate.record.stores import FolderStore


def _sealed(name: str) -> Callable[[Link], bytes]:
    return lambda link: json.dumps({"name": name, "position": link.position, "previous": link.previous}).encode()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A ledger with three entries of a model and one of another."""
    made = Ledger(FolderStore(tmp_path))
    for name in ("first", "second", "third"):
        made.append("a/b", _sealed(name))
    made.append("..", _sealed("other"))
    return made


def _files(ledger: Ledger, kind: str) -> list[Path]:
    return sorted(Path(ledger.where).glob(f"model-a%2Fb/{kind}/*"))


def test_a_chain_grows_and_says_where_the_next_one_stands(ledger: Ledger) -> None:
    """Positions from 1, each naming the one before; models do not mix, whatever they are called, and stay inside the folder."""
    chain = ledger.chain("a/b")

    assert isinstance(chain, Chain)
    assert [entry.position for entry in chain.entries] == [1, 2, 3]
    assert [entry.previous for entry in chain.entries] == [None, chain.entries[0].digest, chain.entries[1].digest]
    assert chain.link == Link(position=4, previous=chain.entries[2].record)
    assert ledger.record("a/b", chain.entries[1].record) is not None
    assert ledger.chain("nobody") == Chain(entries=())
    assert {path.name for path in Path(ledger.where).iterdir()} == {"model-a%2Fb", "model-.."}


@pytest.mark.parametrize("place", [0, 1])
def test_a_gap_breaks_the_chain(ledger: Ledger, place: int) -> None:
    """An entry that was removed from before the end."""
    _files(ledger, "entries")[place].unlink()
    found = ledger.chain("a/b")

    assert isinstance(found, Unsound)
    assert f"position {place + 1}" in found.reason
    with pytest.raises(StorageError, match="not whole"):
        ledger.append("a/b", _sealed("fourth"))


def test_a_changed_entry_breaks_the_chain_behind_it(ledger: Ledger) -> None:
    """Another record under an entry, even if that is written properly, is not what the next entry names."""
    path = _files(ledger, "entries")[1]
    entry = json.loads(path.read_bytes())
    path.write_text(json.dumps({**entry, "record": "sha256:" + "0" * 64}, sort_keys=True, separators=(",", ":")) + "\n", encoding="utf-8")

    assert isinstance(ledger.chain("a/b"), Unsound)


def test_a_changed_record_is_no_record(ledger: Ledger) -> None:
    """What does not have its digest is not there; and it cannot be written a second time either."""
    chain = ledger.chain("a/b")
    assert isinstance(chain, Chain)
    for path in _files(ledger, "records"):
        path.write_bytes(path.read_bytes() + b" ")

    assert [ledger.record("a/b", entry.record) for entry in chain.entries] == [None] * 3
    assert ledger.record("a/b", "../../secret") is None


def test_many_at_once_all_get_a_place_of_their_own(tmp_path: Path) -> None:
    """Twenty writers, ten records each: two hundred positions without a gap, every record there once."""
    start = threading.Barrier(20)

    def write(number: int) -> None:
        start.wait()
        ledger = Ledger(FolderStore(tmp_path))
        for turn in range(10):
            ledger.append("m", _sealed(f"{number}/{turn}"))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(20)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    chain = Ledger(FolderStore(tmp_path)).chain("m")

    assert isinstance(chain, Chain)
    assert [entry.position for entry in chain.entries] == list(range(1, 201))
    names = {json.loads(Ledger(FolderStore(tmp_path)).record("m", entry.record) or b"")["name"] for entry in chain.entries}
    assert len(names) == 200
    assert not list(tmp_path.rglob("*.partial"))


def test_a_turn_that_somebody_keeps_is_an_error_with_their_name(tmp_path: Path) -> None:
    """Nobody waits for ever, the message says which process it is, and when the turn is free again it can be had."""
    mine, other = FolderStore(tmp_path), FolderStore(tmp_path, patience=0)
    with mine.in_turn("m"), pytest.raises(StorageError, match=f"process {os.getpid()} on .* has held the turn for 0 s") as error, other.in_turn("m"):
        pass
    with other.in_turn("m"):
        written = (tmp_path / "m" / ".turn").read_text(encoding="utf-8")

    assert "end it" in error.value.next_step
    assert written.startswith(f"process {os.getpid()} on ")


@contextmanager
def _room(size: int) -> Iterator[None]:
    """No file may grow beyond so many bytes: what a disk says that is full halfway through a write."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("room", [100, 200])
def test_a_disk_that_is_full_halfway_leaves_the_ledger_as_it_was(ledger: Ledger, room: int) -> None:
    """A record of which half fits, or no room for its entry: an error, nothing half written, and the next one takes the place."""
    data = b"x" * 150  # an entry has more than 200 bytes
    before = ledger.chain("a/b")
    with _room(room), pytest.raises(StorageError, match="cannot be written"):
        ledger.append("a/b", lambda _: data)

    assert ledger.chain("a/b") == before
    assert [path.name for path in Path(ledger.where).rglob(".*.partial")] == []
    ledger.append("a/b", lambda _: data)
    after = ledger.chain("a/b")
    assert isinstance(after, Chain)
    assert len(after.entries) == 4
