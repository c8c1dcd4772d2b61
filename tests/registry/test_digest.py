"""The digest of a folder of files."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.errors import CandidateError
from gate.registry.digest import tree_digest

TREES = st.dictionaries(st.sampled_from(["a", "b", "ab", "a/b", "a/a", "b/a/b"]), st.binary(max_size=3), max_size=4).filter(
    lambda tree: not any(f"{one}/" == other[: len(one) + 1] for one in tree for other in tree)
)


def _write(folder: Path, tree: dict[str, bytes]) -> Path:
    for name, content in tree.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@given(one=TREES, other=TREES)
def test_digests_are_equal_exactly_when_trees_are(tmp_path_factory: pytest.TempPathFactory, one: dict[str, bytes], other: dict[str, bytes]) -> None:
    """Neither a byte that moves from a name to a content nor a file that moves between folders goes unnoticed."""
    first, second = (tree_digest(_write(tmp_path_factory.mktemp("tree"), tree)) for tree in (one, other))

    assert (first == second) == (one == other)


def test_modes_times_and_place_do_not_count(tmp_path: Path) -> None:
    """Two downloads of the same files have the same digest."""
    one, two = (_write(tmp_path / name, {"a": b"1", "b/c": b"2"}) for name in ("one", "two"))
    (two / "a").chmod(0o755)
    os.utime(two / "a", (0, 0))
    (two / "empty").mkdir()

    assert tree_digest(one) == tree_digest(two)


def test_the_digest_stays_what_it_was(tmp_path: Path) -> None:
    """Records outlive versions of the gate, so this value never changes."""
    digest = tree_digest(_write(tmp_path, {"MLmodel": b"flavors: {}\n", "data/ü.bin": b"\x00\x01"}))

    assert digest == "sha256:cdfb5a2175942d275f211ebf2e700f6c168b41df3d55703bf2528790892d726f"


def test_a_link_to_a_file_of_the_model_counts_as_that_file(tmp_path: Path) -> None:
    """Some tools store one file under two names."""
    one, two = _write(tmp_path / "one", {"a": b"1", "b": b"1"}), _write(tmp_path / "two", {"a": b"1"})
    (two / "b").symlink_to("a")

    assert tree_digest(one) == tree_digest(two)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        lambda path: path.symlink_to("../outside"),
        lambda path: path.symlink_to("."),
        lambda path: path.symlink_to("folder"),
        lambda path: path.symlink_to("nowhere"),
        lambda path: path.symlink_to(path.name),
        os.mkfifo,
        _socket,
    ],
)
def test_links_outwards_and_devices_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]) -> None:
    """Nothing outside the model's files is ever read in their name, and nothing that is no file is opened."""
    (tmp_path / "outside").touch()
    folder = _write(tmp_path / "model", {"a": b"1", "folder/b": b"2"})
    monkeypatch.chdir(folder)
    make(Path("strange"))

    with pytest.raises(CandidateError, match="strange"):
        tree_digest(folder)
