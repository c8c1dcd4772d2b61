"""A folder with a model that is watched."""

from pathlib import Path

import pytest
from watched_site import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """gate.yaml, a policy, and no log yet."""
    return Site.new(tmp_path)
