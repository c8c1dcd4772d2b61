"""The monitor's store in PostgreSQL: the same content as a file, and as sure."""

from pathlib import Path

import pytest
from watched_site import Site, day, rows

from gate.errors import StorageError
from gate.monitor.store import Store


@pytest.fixture
def address(postgres: str) -> str:
    """The database, as the monitor names it."""
    return postgres.replace("+psycopg", "")


def test_a_database_holds_what_a_file_holds(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bytes of content; a run that fails midway adds nothing, and one that is repeated changes nothing."""
    site = Site.new(tmp_path)
    log = site.log(rows(range(10)))
    site.run(log, as_of=day(10))
    add = Store.add

    def failing(self: Store, model: str, windows: tuple[object, ...]) -> None:
        add(self, model, windows[:5])  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Store, "add", failing)
        with pytest.raises(KeyboardInterrupt):
            site.run(log, as_of=day(10), store=address)
    empty = site.content(address)
    found = [site.run(log, as_of=day(10), store=address) for _ in range(2)]

    assert b'"windows":[]' in empty
    assert site.content(address) == site.content()
    assert [entry.added for entry in found] == [20, 0]


def test_a_database_that_is_not_there_is_an_error_without_its_password(address: str, tmp_path: Path) -> None:
    """Exit 4, and the address is shown without who asks."""
    site = Site.new(tmp_path)
    nowhere = address.replace("gate@", "gate:secret@").rpartition("/")[0] + "/nowhere"
    with pytest.raises(StorageError, match="nothing was added") as refused:
        site.run(site.log(rows([0])), as_of=day(1), store=nowhere)

    assert "secret" not in str(refused.value)
