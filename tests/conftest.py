"""What every test starts from."""

import pytest


@pytest.fixture(autouse=True)
def _plain_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No terminal width and no debugging switch from outside, so that what is printed does not depend on where it runs."""
    for name in ("COLUMNS", "LINES", "GATE_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
