"""What every test starts from."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from forked_gate import forked_gate
from hypothesis import HealthCheck, settings
from once import share

LONGEST = (
    "docs/test_examples.py",
    "hostile/test_bubblewrap_as_user.py",
    "github/test_workflows.py",
    "test_pipelines.py",
    "servers/test_webhook.py",
    "faults/test_grid.py",
    "faults/test_promotion_grid.py",
    "hostile/test_landlock_as_root.py",
    "end_to_end/test_kinds.py",
    "end_to_end/test_verify.py",
    "predict/test_client.py",
)
SLOW = ("hostile", "mlflow", "statistics", "wheel")

settings.register_profile("patient", parent=settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")  # a busy machine is no property of the code; whether examples are drawn anew stays as it is by default there

if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__  # a worker has none; without, PySpark takes a test for a doctest of its own and exits with 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Among several workers long files are dealt out first, then slow ones, so that quick ones fill the gaps at the end and nobody waits for the last."""
    if hasattr(config, "workerinput"):
        first = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
        slow = {item.path for item in items for name in SLOW if item.get_closest_marker(name)}
        items.sort(key=lambda item: (first.get(item.path, len(first)), item.path not in slow))


@pytest.fixture(scope="session", autouse=True)
def _shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Workers of one run share what is made once."""
    own = tmp_path_factory.getbasetemp()
    share(own.parent if hasattr(request.config, "workerinput") else own)


@pytest.fixture(scope="session")
def quick_gate() -> Iterator[Path]:
    """A folder to be put first on the path, whose `gate` has everything imported already."""
    with forked_gate() as folder:
        yield folder


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal width and no debugging switch from outside, so that what is printed does not depend on where it runs."""
    for name in ("COLUMNS", "LINES", "GATE_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
