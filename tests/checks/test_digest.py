"""Digests of the holdout."""

import hashlib
from pathlib import Path

import pytest

from gate.checks.digest import data_digest, file_digest, folder_digest
from gate.errors import DataError


def test_a_file_has_the_digest_of_its_bytes(tmp_path: Path) -> None:
    """The digest is what `sha256sum` prints."""
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a,b")

    assert file_digest(path) == data_digest(path) == f"sha256:{hashlib.sha256(b'a,b').hexdigest()}"


def test_a_folder_has_one_digest_wherever_it_lies(tmp_path: Path) -> None:
    """Name and content of the parts count; the folder's place and what is not Parquet do not."""
    for name in ("one", "two"):
        (tmp_path / name / "race=a").mkdir(parents=True)
        (tmp_path / name / "race=a" / "part-0.parquet").write_bytes(b"rows")
    (tmp_path / "two" / "_SUCCESS").touch()

    assert data_digest(tmp_path / "one") == folder_digest(tmp_path / "two")


@pytest.mark.parametrize(("name", "content"), [("part-1.parquet", b"rows"), ("part-0.parquet", b"rows2")])
def test_another_name_or_content_is_another_folder(tmp_path: Path, name: str, content: bytes) -> None:
    """A part that is renamed or rewritten changes the digest."""
    for folder, part, rows in (("one", "part-0.parquet", b"rows"), ("two", name, content)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / part).write_bytes(rows)

    assert folder_digest(tmp_path / "one") != folder_digest(tmp_path / "two")


def test_nothing_there_is_an_error(tmp_path: Path) -> None:
    """An absent file and a folder without Parquet are errors, not digests of nothing."""
    for path in (tmp_path / "absent.parquet", tmp_path):
        with pytest.raises(DataError, match=r"data\.uri"):
            data_digest(path)
