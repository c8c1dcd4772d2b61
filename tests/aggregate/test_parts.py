"""What the files of a folder say themselves, and what is refused before Spark reads them in a way of its own."""

from pathlib import Path

import pandas as pd
import pytest

from gate.aggregate.parts import by_footers, kind_of, refuse_inexact
from gate.errors import DataError


def _part(path: Path, **columns: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(columns).to_parquet(path, index=False)


def test_footers_name_columns_and_rows(tmp_path: Path) -> None:
    """The rows of all parts, in folders of folders too, and the columns that stand in the files."""
    _part(tmp_path / "1.parquet", y=[1, 0], g=["a", "b"])
    _part(tmp_path / "day=2" / "2.parquet", y=[1], g=["a"])

    assert by_footers(tmp_path) == (("y", "g"), 3)
    assert by_footers(tmp_path / "1.parquet") == (("y", "g"), 2)


def test_a_folder_without_parts_has_no_rows(tmp_path: Path) -> None:
    """Nothing there is nothing, not an error that says something else."""
    assert by_footers(tmp_path) == ((), 0)


@pytest.mark.parametrize("name", ["_a.parquet", ".a.parquet", "_old/a.parquet", "b.data", "b"])
def test_what_spark_would_pass_over_or_take_by_its_name_is_refused(name: str, tmp_path: Path) -> None:
    """Else what is digested were not what is counted; marks and checksums that Spark itself leaves are no rows."""
    _part(tmp_path / "1.parquet", y=[1, 0])
    for mark in ("_SUCCESS", ".1.parquet.crc"):
        (tmp_path / mark).touch()
    assert by_footers(tmp_path) == (("y",), 2)
    _part(tmp_path / name, y=[1, 0])

    with pytest.raises(DataError, match="is not read by its name"):
        by_footers(tmp_path)


@pytest.mark.parametrize("other", [{"y": [1]}, {"y": [1], "g": [2]}, {"g": ["a"], "y": [1]}])
def test_parts_of_two_schemas_are_no_table(other: dict[str, list[object]], tmp_path: Path) -> None:
    """A column that one part lacks, has with another type or elsewhere: Spark would fill or cast, so it is refused."""
    _part(tmp_path / "1.parquet", y=[1, 0], g=["a", "b"])
    _part(tmp_path / "2.parquet", **other)

    with pytest.raises(DataError, match=r"do not have the same columns: 2\.parquet differs"):
        by_footers(tmp_path)


def test_a_column_in_files_and_folders_is_refused(tmp_path: Path) -> None:
    """Spark would take the folder's name for the value, whatever stands in the file."""
    _part(tmp_path / "g=b" / "1.parquet", y=[1, 0], g=["a", "a"])

    with pytest.raises(DataError, match="the column 'g' is in the files and in the names of their folders"):
        by_footers(tmp_path)


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    """A part that was cut off is not a part with fewer rows."""
    _part(tmp_path / "1.parquet", y=[1, 0])
    (tmp_path / "2.parquet").write_bytes((tmp_path / "1.parquet").read_bytes()[:200])

    with pytest.raises(DataError, match="cannot be read as Parquet"):
        by_footers(tmp_path)


def test_long_decimals_are_refused() -> None:
    """Of 16 digits with a fraction two engines make two floats; of fewer, or of whole numbers, one."""
    refuse_inexact({"a": "DECIMAL(15,2)", "b": "DECIMAL(38,0)", "c": "BIGINT"}, "t")

    with pytest.raises(DataError, match=r"column 'd' holds decimal\(16,2\)"):
        refuse_inexact({"d": kind_of("decimal(16,2)")}, "t")
