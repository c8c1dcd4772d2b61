"""Prediction logs in PostgreSQL: counted as those in Parquet are, of one moment, and only read."""

from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, text
from watched_site import Site, day, rows

from gate.errors import DataError, StorageError
from gate.monitor import tables
from gate.monitor.sources import place_at
from gate.monitor.tables import SqlTable, Wanted, fetch


def _address(postgres: str, table: str) -> str:
    return f"{postgres.replace('+psycopg', '')}#{table}"


@pytest.fixture
def filled(postgres: str) -> pd.DataFrame:
    """A schema `logs` with a log of proper types and its labels."""
    log = rows(range(7))
    typed = log.assign(time=pd.to_datetime(log["time"], utc=True), prediction=log["prediction"].astype("int16"))
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS logs CASCADE"))
        connection.execute(text("CREATE SCHEMA logs"))
        typed.drop(columns="y").to_sql("log", connection, schema="logs", index=False)
        log[["id", "y"]].to_sql("labels", connection, schema="logs", index=False)
    engine.dispose()
    return typed


def test_a_table_is_counted_as_a_file_is(postgres: str, filled: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times with a zone, small numbers and text: the same findings and the same store as from a file, whatever zone the session is in."""
    monkeypatch.setattr(tables, "BATCH", 300)
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    site = Site.new(tmp_path)
    from_file = site.run(site.log(filled), as_of=day(7), store=str(tmp_path / "file.duckdb"))
    from_table = site.run(place_at(_address(postgres, "logs.log")), as_of=day(7), labels=[place_at(_address(postgres, "logs.labels"))])

    assert from_table == from_file
    assert site.content() == site.content(str(tmp_path / "file.duckdb"))


@pytest.mark.usefixtures("filled")
def test_log_and_labels_are_of_one_moment(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels that somebody deletes and adds while the log is read are as they were when the reading began."""
    written, engine = tables._written, create_engine(postgres)

    def meanwhile(columns: dict[str, tuple[object, ...]], place: Path) -> Path:
        with engine.begin() as connection:
            connection.execute(text("DELETE FROM logs.labels"))
        return written(columns, place)

    monkeypatch.setattr(tables, "_written", meanwhile)
    wanted = Wanted(needed=("id",))
    found = fetch({SqlTable.at(_address(postgres, f"logs.{name}")): wanted for name in ("log", "labels")}, tmp_path)
    engine.dispose()

    assert [sum(len(pd.read_parquet(file)) for file in files) for files in found.values()] == [980, 980]


@pytest.mark.usefixtures("filled")
def test_a_view_that_writes_is_stopped_by_the_database(postgres: str, tmp_path: Path) -> None:
    """The transaction is read only: what a function behind a view would write is refused, and nothing is counted."""
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("CREATE FUNCTION logs.spoil() RETURNS text LANGUAGE plpgsql AS $$ BEGIN DELETE FROM logs.labels; RETURN 'a'; END $$"))
        connection.execute(text("CREATE VIEW logs.spoiled AS SELECT id, time, prediction, logs.spoil() AS g FROM logs.log"))
    site = Site.new(tmp_path)
    with pytest.raises(StorageError, match="read-only transaction"):
        site.run(place_at(_address(postgres, "logs.spoiled")), as_of=day(7))
    with engine.connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM logs.labels")).scalar()
    engine.dispose()

    assert left == 980


@pytest.mark.usefixtures("filled")
def test_what_is_not_there_is_said(postgres: str, tmp_path: Path) -> None:
    """A table in no schema of that name is the user's mistake; a server that is not there is none."""
    site = Site.new(tmp_path)
    with pytest.raises(DataError, match="no such table"):
        site.run(place_at(_address(postgres, "public.log")), as_of=day(7))
    with pytest.raises(StorageError, match="could not be read"):
        site.run(place_at("postgresql://gate@127.0.0.1:1/db#log"), as_of=day(7))
