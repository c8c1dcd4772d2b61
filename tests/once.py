"""What takes seconds to make is made once in a run, by whichever worker is first, and copied by everybody who needs it.

Two things are: the tables of MLflow's database, which it makes by three dozen migrations, and the registry of the loans.
A copy is as good as one made anew: it has other paths, and nothing else in it depends on where it was made.
"""

import fcntl
import shutil
import sqlite3
import warnings
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

__all__ = ["database", "moved", "once", "share"]

_SHARED: list[Path] = []


def share(folder: Path) -> None:
    """From here on, what is made once is kept in this folder of the whole run."""
    _SHARED[:] = [folder]


def once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, filled by the first who asks; who asks meanwhile waits, and who finds it half made begins anew."""
    folder, done = _SHARED[0] / name, _SHARED[0] / f"{name}.done"
    with (_SHARED[0] / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            done.touch()
    return folder


def database(folder: Path) -> str:
    """The address of a new database in this folder: MLflow's tables, as its first use would make them, and nothing in them."""
    shutil.copy(once("tables", _tables) / "mlflow.db", folder / "mlflow.db")
    return f"sqlite:///{folder / 'mlflow.db'}"


def _tables(folder: Path) -> None:
    from mlflow.store.db import utils  # noqa: PLC0415 -- seconds, for those who need none

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine = utils.create_sqlalchemy_engine_with_retry(f"sqlite:///{folder / 'mlflow.db'}")
        utils._initialize_tables(engine)
        engine.dispose()


def moved(folder: Path, *, origin: Path) -> None:
    """A registry that was copied from `origin` into the folder knows its models where they are now."""
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection, connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = [(table, column[1]) for table in tables for column in connection.execute(f'PRAGMA table_info("{table}")')]
        for table, column in columns:
            words = f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?) WHERE instr("{column}", ?)'  # noqa: S608 -- MLflow's own names
            connection.execute(words, (str(origin), str(folder), str(origin)))
    for model in folder.rglob("MLmodel"):
        model.write_text(model.read_text(encoding="utf-8").replace(str(origin), str(folder)), encoding="utf-8")
