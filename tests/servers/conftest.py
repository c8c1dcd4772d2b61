"""Real MLflow servers: over PostgreSQL, and with users and passwords."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from loans import Registry
from mlflow_servers import PASSWORD, STARTING, User, awaited, free_port, judged, needs, running, serving
from once import database


def pytest_configure(config: pytest.Config) -> None:
    """MLflow keeps its sessions in a cache that drops them without closing their sockets; Python says so much later."""
    config.addinivalue_line("filterwarnings", r"ignore:Exception ignored in. <socket\.socket:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of an empty database of a PostgreSQL that runs as an ordinary user."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    needs(programs, "PostgreSQL (Debian's package postgresql)")
    folder, number = Path(tempfile.mkdtemp(prefix="gate-pg-")), free_port()
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    as_user = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    if user is not None:
        os.chown(folder, user.pw_uid, user.pw_gid)
    data, bins = folder / "data", programs[-1]
    try:
        initial = [str(bins / "initdb"), "-D", str(data), "-U", "gate", "-A", "trust", "--no-sync", "-E", "UTF8"]
        subprocess.run(initial, check=True, capture_output=True, cwd=folder, **as_user)  # type: ignore[call-overload]
        words = [str(bins / "postgres"), "-D", str(data), "-p", str(number), "-k", str(folder), "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
        asking = [str(bins / "createdb"), "-h", "127.0.0.1", "-p", str(number), "-U", "gate", "mlflow"]
        with running(words, folder, folder.with_suffix(".log"), **as_user) as process:
            made = (subprocess.run(asking, capture_output=True, check=False).returncode == 0 for _ in range(STARTING))
            awaited(process, made, folder.with_suffix(".log"))
            yield f"postgresql+psycopg://gate@127.0.0.1:{number}/mlflow"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.with_suffix(".log").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def on_postgres(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A server over PostgreSQL."""
    folder = tmp_path_factory.mktemp("postgres")
    with serving(folder, postgres) as url:
        yield judged(folder, url)


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A server that asks who you are, and lets everybody whom it knows edit: the gate has judged there, and mallory has an account."""
    needs(find_spec("flask_wtf"), "Flask-WTF (mlflow[auth])")
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "auth.ini").write_text(
        f"[mlflow]\ndefault_permission = EDIT\ndatabase_uri = sqlite:///{folder}/users.db\nadmin_username = admin\nauth_cache_ttl_seconds = 600\n"
    )
    secrets = {"MLFLOW_AUTH_CONFIG_PATH": str(folder / "auth.ini"), "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD, "MLFLOW_FLASK_SERVER_SECRET_KEY": PASSWORD}
    with serving(folder, database(folder), "--app-name", "basic-auth", **secrets) as url:
        from mlflow.server import get_app_client  # noqa: PLC0415 -- it takes a second to import

        with User("admin").logged_in():
            for name in ("gate", "mallory"):
                get_app_client("basic-auth", tracking_uri=url).create_user(username=name, password=PASSWORD)
        with User("gate").logged_in():
            made = judged(folder, url)
        yield made  # logged out: what other tests start is not to inherit an account
