"""Logs in tables of SQLite: counted as those in Parquet are, to the same bytes; PostgreSQL is asked the same in `tests/servers/test_monitor_logs.py`."""

import math
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from watched_site import Site, day, rows

from gate.cli.app import main
from gate.errors import DataError, StorageError
from gate.monitor import tables
from gate.monitor.sources import Place, place_at
from gate.monitor.tables import SqlTable, Wanted, fetch


def _sqlite(site: Site, **named: pd.DataFrame) -> Path:
    path = site.folder / "logs.db"
    with sqlite3.connect(path) as connection:
        for name, table in named.items():
            table.to_sql(name, connection, index=False)
    connection.close()
    return path


def _at(path: Path, table: str) -> Place:
    return place_at(f"sqlite:///{path}#{table}")


def test_a_table_is_counted_as_a_file_is(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows as a file and as tables of log and labels, in several batches: the same findings, and the same store byte for byte."""
    monkeypatch.setattr(tables, "BATCH", 300)
    log = rows(range(7))
    path = _sqlite(site, log=log.drop(columns="y"), labels=log[["id", "y"]])
    from_file = site.run(site.log(log), as_of=day(7), store=str(site.folder / "file.duckdb"))
    from_table = site.run(_at(path, "log"), as_of=day(7), labels=[_at(path, "labels")])

    assert from_table == from_file
    assert site.content() == site.content(str(site.folder / "file.duckdb"))


def test_a_batch_of_other_types_is_read_alike(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite lets every value have a type of its own: whole numbers, floats and text are the same predictions, in one batch and from batch to batch."""
    log = rows(range(3))
    mixed = log.astype({"prediction": object})
    mixed["prediction"] = [[value, float(value), str(value)][place % 3] for place, value in enumerate(log["prediction"])]
    path = _sqlite(site, log=mixed)
    expected = site.run(site.log(log), as_of=day(3), store=str(site.folder / "file.duckdb"))
    found = []
    for size in (7, 10_000):
        monkeypatch.setattr(tables, "BATCH", size)
        found.append(site.run(_at(path, "log"), as_of=day(3), store=str(site.folder / f"{size}.duckdb")).groups)

    assert found == [expected.groups] * 2


VALUES: list[list[object]] = [
    [0, 1, None],
    [1, 2.5],
    [1, 2**60 + 1, 0.5],
    [Decimal(1), Decimal("1.0")],
    [Decimal("1.00"), Decimal("2.55")],
    [1, "x"],
    [1.0, 2, 1e16],
]


@pytest.mark.parametrize("values", VALUES)
def test_the_text_of_a_value_does_not_depend_on_its_batch(values: list[object], tmp_path: Path) -> None:
    """A one is a one, alone or beside a float, a decimal with more places, or a text: otherwise ids would not join with those of labels."""

    def texts(batch: list[object]) -> list[str | None]:
        path = tables._written({"v": tuple(batch)}, tmp_path / "batch.parquet")
        return [found for (found,) in duckdb.execute("SELECT CAST(v AS VARCHAR) FROM read_parquet(?)", [str(path)]).fetchall()]

    together = texts(values)
    assert together == [text for value in values for text in texts([value])]
    assert {text for value, text in zip(values, together, strict=True) if value == 1 and not isinstance(value, float)} <= {"1"}


def test_a_number_that_is_none_is_no_value() -> None:
    """Neither a float's nor a decimal's; long ids keep every digit."""
    assert tables._array([math.nan, 1, Decimal("NaN"), Decimal(10**30), Decimal("1E+3")]).to_pylist() == [None, "1", None, str(10**30), "1000"]


def test_ids_of_labels_join_in_whatever_batch_they_stand(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite's untyped column: one id that is no whole number makes no float of its neighbours."""
    log = rows(range(3)).assign(id=lambda table: range(len(table))).astype({"id": object})
    log.loc[5, "id"] = 0.5
    path = site.folder / "logs.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE log (id, time, g, prediction)")
        connection.executemany("INSERT INTO log VALUES (?, ?, ?, ?)", log[["id", "time", "g", "prediction"]].itertuples(index=False, name=None))
        connection.execute("CREATE TABLE labels (id, y)")
        connection.executemany("INSERT INTO labels VALUES (?, ?)", log[["id", "y"]].iloc[::-1].itertuples(index=False, name=None))
    connection.close()
    monkeypatch.setattr(tables, "BATCH", 300)
    found = site.run(_at(path, "log"), as_of=day(3), labels=[_at(path, "labels")])

    assert found.outcomes.rows == len(log)
    assert "unmatched labels" not in site.remarks(found)


def test_rows_that_are_written_meanwhile_wait(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Log and labels are of one moment: what is written between them is not seen by half."""
    log = rows([0])
    path = _sqlite(site, log=log, labels=log[["id", "y"]])
    writer = sqlite3.connect(path)
    writer.execute("PRAGMA journal_mode=WAL")
    written = tables._written

    def meanwhile(columns: dict[str, tuple[object, ...]], place: Path) -> Path:
        writer.execute("INSERT INTO labels VALUES ('late', 1)")
        writer.commit()
        return written(columns, place)

    monkeypatch.setattr(tables, "_written", meanwhile)
    wanted = Wanted(needed=("id",))
    found = fetch({SqlTable.at(f"sqlite:///{path}#{name}"): wanted for name in ("log", "labels")}, site.folder)
    writer.close()

    assert [sum(len(pd.read_parquet(file)) for file in files) for files in found.values()] == [140, 140]


def test_nothing_is_written_and_no_database_is_made(site: Site) -> None:
    """A file that is not there stays away, and the bytes of the one that is there stay as they were."""
    path = _sqlite(site, log=rows([0]))
    before = path.read_bytes()
    site.run(_at(path, "log"), as_of=day(1))
    with pytest.raises(StorageError, match="could not be read, and nothing was counted"):
        site.run(_at(site.folder / "nowhere.db", "log"), as_of=day(1))

    assert path.read_bytes() == before
    assert not (site.folder / "nowhere.db").exists()


def test_names_of_tables_and_columns_are_never_sql(site: Site) -> None:
    """A name that would end a statement is a name."""
    name = 'x"; DROP TABLE log; --'
    path = _sqlite(site, log=rows([0]))
    with pytest.raises(DataError, match="no such table"):
        site.run(_at(path, name), as_of=day(1))
    with sqlite3.connect(path) as connection:
        connection.execute('CREATE VIEW "x""; DROP TABLE log; --" AS SELECT * FROM log')
    connection.close()

    assert site.run(_at(path, name), as_of=day(1)).selections.rows == 140


def _faulty(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Callable[[Site], Place]:
    return lambda site: _at(_sqlite(site, log=change(rows([0]))), "log")


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (_faulty(lambda t: t.drop(columns="g")), "no column 'g'; the columns are id, time, prediction, y"),
        (_faulty(lambda t: t.assign(time=17)), "140 rows have no time"),
        (_faulty(lambda t: t.assign(id=None)), "rows have no id"),
        (_faulty(lambda t: t.assign(prediction=None)), "missing or no answer"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_by_its_name(site: Site, made: Callable[[Site], Place], said: str) -> None:
    """As of a file: exit 2, nothing counted; and no path of the gate's own is named."""
    with pytest.raises(DataError, match=said) as raised:
        site.run(made(site), as_of=day(1))

    assert "gate-" not in (raised.value.where or "")
    assert b'"windows":[]' in site.content()


def test_an_empty_table_is_not_quiet(site: Site) -> None:
    """No row, no window, no "nothing speaks against it"."""
    found = site.run(_at(_sqlite(site, log=rows([0]).iloc[:0]), "log"), as_of=day(1))

    assert found.answer.value == "inconclusive"


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://gate:hunter2@127.0.0.1/db#log",
        "postgresql://127.0.0.1/db?password=hunter2#log",
        "postgresql://gate@127.0.0.1/hunter2",
        "sqlite://#hunter2",
        "mysql://gate@127.0.0.1/db#hunter2",
        "s3://hunter2/log.parquet",
        "postgresql://gate:1#hunter2@127.0.0.1/db#log",
        "postgresql://gate:#hunter2@127.0.0.1/db",
    ],
)
def test_an_address_that_cannot_be_read_or_shows_a_password_is_refused(
    site: Site, address: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2 before anything is asked, and what may be a secret is not printed."""
    monkeypatch.chdir(site.folder)
    code = main(["monitor", address])
    printed = capsys.readouterr()

    assert (code, printed.out) == (2, "")
    assert "hunter2@" not in printed.err
    assert "password=hunter2" not in printed.err


def test_a_database_that_is_locked_is_not_waited_for_for_ever(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes it and does not end: exit 4, and nothing was counted."""
    path = _sqlite(site, log=rows([0]))
    monkeypatch.setattr(tables, "_SECONDS", 0)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StorageError, match="locked"):
        site.run(_at(path, "log"), as_of=day(1))
    holder.close()

    assert b'"windows":[]' in site.content()


def test_a_folder_is_read_file_by_file_without_what_is_being_written(site: Site) -> None:
    """Files of a folder count as if each had been named; hidden ones are left out; a folder without a log is refused."""
    (site.folder / "logs").mkdir()
    with pytest.raises(DataError, match="holds no log"):
        site.run(site.folder / "logs", as_of=day(2))
    for number in (0, 1):
        site.log(rows([number]), f"logs/{number}.parquet")
    (site.folder / "logs" / ".2.parquet").write_bytes(b"half")
    (site.folder / "logs" / "_SUCCESS").write_bytes(b"")

    assert site.run(site.folder / "logs", as_of=day(2)).selections.rows == 280


@pytest.mark.parametrize("name", ["old.csv.gz", "old.parq", "day=2026-01-06/b.parquet", "b.parquet/part-0.parquet", "old"])
def test_what_a_folder_would_leave_out_is_refused(site: Site, name: str) -> None:
    """Half of the rows without a word would be quiet on half of the rows: exit 2, nothing counted, and the place is named."""
    path = site.folder / "logs" / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    site.log(rows([0]), "logs/a.parquet")
    with pytest.raises(DataError, match=r"is not read|neither Parquet nor CSV") as raised:
        site.run(site.folder / "logs", as_of=day(2))

    assert raised.value.where == str(site.folder / "logs" / name.partition("/")[0])
    assert not Path(site.store).exists()
