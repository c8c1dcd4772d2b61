"""What an engine has to offer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from gate.core.counts import ContingencyTable
from gate.core.facts import Misbehaviour
from gate.core.model import DataSource, ModelConfig, Value

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["Beside", "Counted", "Engine", "Matches", "Table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """What another table holds for the rows of this one: some columns, found by an id that both have."""

    table: "Table"
    on: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An opened table.

    Args:
        location: path or address.
        columns: name → the engine's name of its type, in order.
        rows: how many; at least 1.
        textual: True when the declared columns come from CSV: they hold text, whatever is declared.
        numbers: columns of a CSV that are read as numbers, with their types; the others are text.
        beside: where those of its columns are that the file itself does not hold.
    """

    location: str
    columns: Mapping[str, str]
    rows: int
    textual: bool
    numbers: Mapping[str, str] = field(default_factory=dict)
    beside: Beside | None = None

    @property
    def own(self) -> tuple[str, ...]:
        """The columns that stand in the file itself."""
        return tuple(name for name in self.columns if self.beside is None or name not in self.beside.columns)

    def holds_text(self, column: str) -> bool:
        """Whether a column comes from CSV, so that it holds text, whatever is declared."""
        return self.beside.table.textual if self.beside is not None and column in self.beside.columns else self.textual


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Rows of a table without a line among the attributes, and lines of these that belong to no row."""

    unmatched: int
    unused: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The counts, or what the predictions do wrong; `refused` says per baseline why it is not among the counts."""

    counts: ContingencyTable
    misbehaviour: Misbehaviour | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


class Engine(Protocol):
    """Reads tables and counts them."""

    def open(self, location: str, *, text: Sequence[str] | None = None) -> Table:
        """The table's columns and size. Of a CSV, `text` columns (default: all) are read as text, the types of the others guessed."""
        ...

    def labels(self, table: Table, data: DataSource) -> tuple[Value, Value]:
        """The negative and the positive label."""
        ...

    def match(self, table: Table, attributes: Table, *, on: str) -> Matches:
        """How the lines of a table of attributes fit the rows of a table, one to one by an id."""
        ...

    def batches(self, table: Table, columns: Sequence[str], *, size: int) -> "Iterator[pa.RecordBatch]":
        """The rows of some columns, in the table's order."""
        ...

    def placed(self, table: Table, model: ModelConfig, labels: tuple[Value, ...], columns: Sequence[str], *, size: int) -> "Iterator[pa.RecordBatch]":
        """The rows of some columns, beside them the codes of groups (`gate:f0`, …) and of the label (`gate:truth`)."""
        ...

    def frame(self, table: Table, columns: Sequence[str]) -> "pd.DataFrame":
        """Some columns as a frame, for data checks that need one."""
        ...

    def coded(self, table: Table, model: ModelConfig, labels: tuple[Value, Value]) -> "Mapping[str, NDArray[np.int64]]":
        """The code of every feature and of the label, row by row in the table's order."""
        ...

    def count(
        self,
        table: Table,
        model: ModelConfig,
        labels: tuple[Value, ...],
        *,
        depth: int,
        scores: bool = False,
        baselines: Mapping[str, str] = MappingProxyType({}),
    ) -> Counted:
        """Counts of every declared feature and of every intersection up to `depth`, in one pass; with `scores`, their histograms too.

        `baselines` names columns of other models' predictions.
        """
        ...
