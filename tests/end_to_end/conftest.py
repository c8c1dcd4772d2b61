"""The registry is made once for all tests of the whole path."""

from collections.abc import Iterator

import pytest
from registered import Registry, registry_in


@pytest.fixture(scope="session")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    """A real registry with a fair, an unfair, a raising and a leaving version."""
    with registry_in(tmp_path_factory.mktemp("registry")) as made:
        yield made
