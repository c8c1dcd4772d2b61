"""What every test starts from."""

import sys

import pytest
from once import share

SLOW = ("hostile", "mlflow", "statistics", "wheel")

if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__  # a worker has none; without, PySpark takes a test for a doctest of its own and exits with 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several workers slow files are dealt out first, so that quick ones fill the gaps at the end and nobody waits for the last."""
    if hasattr(config, "workerinput"):
        slow = {item.path for item in items for name in SLOW if item.get_closest_marker(name)}
        items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(scope="session", autouse=True)
def _shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Workers of one run share what is made once."""
    own = tmp_path_factory.getbasetemp()
    share(own.parent if hasattr(request.config, "workerinput") else own)


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal width and no debugging switch from outside, so that what is printed does not depend on where it runs."""
    for name in ("COLUMNS", "LINES", "GATE_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
