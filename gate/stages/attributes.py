"""Sensitive features that are kept in a table of their own: opened here, joined only where rows are counted.

Nothing of that table is ever written beside the holdout, and none of its columns is among those that a candidate sees.
"""

from dataclasses import dataclass
from pathlib import Path

from gate.aggregate.attributes import beside, columns_apart
from gate.aggregate.interface import Engine, Table
from gate.checks.digest import data_digest
from gate.core.facts import AttributesFacts
from gate.core.model import AttributesSource, ModelConfig
from gate.errors import DataError, StorageError

__all__ = ["Apart", "attributes_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """A table of attributes, and what was found out about it."""

    source: AttributesSource
    table: Table
    facts: AttributesFacts

    def joined(self, judged: Table) -> Table:
        """The judged rows with the sensitive columns that are kept apart."""
        return beside(judged, self.table, on=self.source.join_on, columns=self.facts.columns)

    def require_unchanged(self) -> None:
        """Refuse counts of a table that is no longer the one that the record binds.

        Raises:
            StorageError: the file changed meanwhile.
        """
        if data_digest(Path(self.table.location)) != self.facts.digest:
            message = "the table of attributes changed while it was judged"
            raise StorageError(message, where=self.table.location, next_step="Check again, with a file that nobody writes.")


def attributes_of(model: ModelConfig, engine: Engine, holdout: Table) -> Apart | None:
    """The table of attributes of a model, and how it fits the holdout; None where the configuration names none.

    Raises:
        DataError: it cannot be used, is not the one that is pinned, or cannot be joined one to one.
    """
    source = model.data.attributes
    if source is None:
        return None
    table = engine.open(source.uri)
    found = _pinned(source)
    columns = columns_apart(holdout, table, on=source.join_on, wanted=tuple(feature.column for feature in model.declared_features))
    matches = engine.match(holdout, table, on=source.join_on)
    facts = AttributesFacts(digest=found, columns=columns, unmatched=matches.unmatched, unused=matches.unused)
    return Apart(source=source, table=table, facts=facts)


def _pinned(source: AttributesSource) -> str:
    """The digest of the file, which has to be the one that `gate.yaml` pins, if it does."""
    found = data_digest(Path(source.uri))
    if source.sha256 is not None and found != f"sha256:{source.sha256.lower()}":
        raise DataError(
            f"the table of attributes is not the one that gate.yaml pins: its digest is {found}, pinned is sha256:{source.sha256}",
            where=source.uri,
            next_step="Bring back the pinned file, or pin the new one and say why in review.",
        )
    return found
