"""The audit trail: it is only ever added to, and what was done to it shows."""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from gate.errors import StorageError
from gate.record import trail as module
from gate.record.trail import append, checked, last_digest


def _rows(*ids: str) -> pa.Table:
    return pa.table({"id": list(ids)})


def _trail(folder: Path, parts: int = 3) -> Path:
    trail = folder / "reasons.parquet"
    for place in range(parts):
        append(trail, _rows(f"{place}-a", f"{place}-b"))
    return trail


def _part(trail: Path, place: int) -> Path:
    return trail / f"part-{place:08d}.parquet"


def test_parts_follow_one_another_and_read_as_one_table(tmp_path: Path) -> None:
    """Any reader of Parquet folders takes it, and the digest is that of the last part."""
    trail = tmp_path / "reasons.parquet"
    first, second = append(trail, _rows("a")), append(trail, _rows("b", "c"))

    assert ds.dataset(trail).to_table().column("id").to_pylist() == ["a", "b", "c"]
    assert checked(trail) == last_digest(trail) == second
    assert pq.read_schema(_part(trail, 1)).metadata[b"gate.previous"].decode() == first


def test_there_is_no_trail_yet(tmp_path: Path) -> None:
    """Which is no fault."""
    assert checked(tmp_path / "none") is None


def test_a_part_that_was_changed_shows(tmp_path: Path) -> None:
    """The next one names another digest."""
    trail = _trail(tmp_path)
    part = _part(trail, 1)
    kept = pq.read_schema(part).metadata
    part.chmod(0o640)
    pq.write_table(_rows("forged").replace_schema_metadata(kept), part)

    with pytest.raises(StorageError, match=r"part-00000002\.parquet does not follow"):
        checked(trail)


def test_a_part_that_is_gone_shows(tmp_path: Path) -> None:
    """In the middle and at the beginning; at the end only the digest that somebody kept shows it."""
    trail = _trail(tmp_path)
    kept = checked(trail)
    _part(trail, 2).unlink()
    shorter = checked(trail)
    _part(trail, 0).unlink()

    assert shorter != kept
    with pytest.raises(StorageError, match=r"part-00000000\.parquet is missing"):
        checked(trail)
    with pytest.raises(StorageError, match="a part is missing"):
        append(trail, _rows("x"))


def test_a_crash_midway_leaves_the_earlier_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The part is there whole or not at all, and the trail goes on afterwards."""
    trail = _trail(tmp_path)
    before = checked(trail)

    def crash(*_: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "link", crash)
        with pytest.raises(StorageError, match="no space left"):
            append(trail, _rows("lost"))
    after = checked(trail)
    append(trail, _rows("next"))

    assert after == before
    assert ds.dataset(trail).to_table().column("id").to_pylist()[-1] == "next"
    assert "lost" not in ds.dataset(trail).to_table().column("id").to_pylist()


def test_half_a_file_that_was_left_is_no_part(tmp_path: Path) -> None:
    """What a killed process left behind is neither read nor counted."""
    trail = _trail(tmp_path)
    (trail / ".0f0f").write_bytes(b"PAR1 half")

    assert checked(trail) == last_digest(trail)
    assert ds.dataset(trail).to_table().num_rows == 6


def test_two_writers_do_not_overwrite_each_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second takes the next number, and follows the first."""
    trail = _trail(tmp_path, 1)
    link, others = os.link, iter([True])

    def overtaken(source: Path, target: Path) -> None:
        if next(others, False):
            append(trail, _rows("the other's"))
        link(source, target)

    monkeypatch.setattr(module.os, "link", overtaken)
    append(trail, _rows("ours"))

    assert ds.dataset(trail).to_table().column("id").to_pylist()[-2:] == ["the other's", "ours"]
    assert checked(trail) is not None


def test_a_file_is_no_trail(tmp_path: Path) -> None:
    """It is refused and stays as it is."""
    file = tmp_path / "reasons.parquet"
    file.write_bytes(b"mine")

    with pytest.raises(StorageError):
        append(file, _rows("a"))
    assert file.read_bytes() == b"mine"
