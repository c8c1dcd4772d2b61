"""The rows that are learnt from and compared on: inputs as a frame, label and groups as the same codes that the gate counts."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from gate.aggregate.duckdb import DuckdbEngine
from gate.checks.digest import data_digest
from gate.core.model import ModelConfig, SensitiveFeature, Value
from gate.errors import DataError
from gate.mitigate.serving import GroupOf, plain
from gate.stages.trial import declared_columns

__all__ = ["Rows", "group_of", "inputs_in", "inputs_of", "read_rows", "split"]

_BATCH = 65_536
_FEWEST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of a table.

    Args:
        frame: every column that a model may take, numbers as float64, all else as text.
        label: 1 where positive, 0 where negative, one per row.
        groups: sensitive feature → place of the row's group in the declaration, negative where it has none.
        declared: the declared columns as they stand in the file, for the judgement.
        digest: `sha256:…` of the table.
        textual: whether the declared columns are text, whatever they mean.
    """

    frame: pd.DataFrame
    label: NDArray[np.int64]
    groups: Mapping[str, NDArray[np.int64]]
    declared: pa.Table
    digest: str
    textual: bool

    def __len__(self) -> int:
        return len(self.label)

    def take(self, places: NDArray[np.int64]) -> "Rows":
        """Some of the rows, in this order."""
        return replace(
            self,
            frame=self.frame.iloc[places].reset_index(drop=True),
            label=self.label[places],
            groups={name: codes[places] for name, codes in self.groups.items()},
            declared=self.declared.take(pa.array(places)),
        )


def read_rows(engine: DuckdbEngine, location: Path, model: ModelConfig, labels: tuple[Value, Value] | None) -> tuple[Rows, tuple[Value, Value], int]:
    """The labelled rows of a table, the labels, and how many rows have none; the labels are those given, if any.

    Raises:
        DataError: the table is absent, lacks a declared column, or has too few labelled rows.
    """
    declared = declared_columns(model)
    table = engine.open(str(location), text=declared)
    found = labels or engine.labels(table, model.data)
    codes = engine.coded(table, model, found)
    columns = tuple(dict.fromkeys((*table.columns, *declared)))
    whole = pa.Table.from_batches(list(engine.batches(table, columns, size=_BATCH)))
    rows = Rows(
        frame=pd.DataFrame({name: _input(whole[name]) for name in columns if _usable(whole[name])}),
        label=codes["label"],
        groups={feature.name: codes[f"f{place}"] for place, feature in enumerate(model.declared_features) if feature in model.sensitive_features},
        declared=whole.select([name for name in declared if name in whole.column_names]),
        digest=data_digest(location),
        textual=table.textual,
    )
    labelled = np.flatnonzero(rows.label >= 0)
    if len(labelled) < _FEWEST:
        message = f"{len(labelled)} rows have a label, too few to learn from or to compare on"
        raise DataError(message, where=str(location), next_step=f"Give at least {_FEWEST} labelled rows.")
    return rows.take(labelled), found, len(rows) - len(labelled)


def inputs_in(engine: DuckdbEngine, location: Path, model: ModelConfig, inputs: tuple[str, ...]) -> pd.DataFrame:
    """Those of some inputs that another table has too, as a model would get them.

    Raises:
        DataError: the table cannot be read.
    """
    table = engine.open(str(location), text=declared_columns(model))
    held = tuple(name for name in inputs if name in table.columns)
    if not held:
        return pd.DataFrame()
    whole = pa.Table.from_batches(list(engine.batches(table, held, size=_BATCH)))
    return pd.DataFrame({name: _input(whole[name]) for name in held if _usable(whole[name])})


def _usable(column: pa.ChunkedArray) -> bool:
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_boolean(kind)
    return bool(number or pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _input(column: pa.ChunkedArray) -> "pd.Series[float] | pd.Series[str]":
    """As the gate hands it to a model whose signature says `double` or `string`."""
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    text = pa.types.is_string(kind) or pa.types.is_large_string(kind)
    found: pd.Series[float] | pd.Series[str] = column.cast(pa.string() if text else pa.float64(), safe=False).to_pandas()
    return found


def inputs_of(rows: Rows, model: ModelConfig, asked: tuple[str, ...], forbidden: frozenset[str]) -> tuple[str, ...]:
    """The columns that a model takes: those asked for, else every one that gate.yaml does not declare; never label, id or weight.

    Raises:
        DataError: a column is not there, may not be used, or none is left.
    """
    own = tuple(feature.column for feature in model.sensitive_features)
    barred = {name for name in declared_columns(model) if name not in own} | forbidden | {model.data.label}
    for name in asked:
        if name not in rows.frame.columns or name in barred:
            why = "the policy forbids it, or gate.yaml declares it as label, id, weight, cluster or control feature" if name in barred else "it is not there"
            message = f"column {name!r} cannot be an input: {why}"
            raise DataError(message, where="--inputs", next_step=f"The columns are {', '.join(map(str, list(rows.frame.columns)[:30]))}.")
    spare = {*declared_columns(model), model.data.label, model.predictions.column, model.predictions.champion, *forbidden}
    found = asked or tuple(str(name) for name in rows.frame.columns if name not in spare)
    if not found:
        raise DataError("no column is left that a model could take", where="the training table", next_step="Give a table with inputs beside label and groups.")
    return found


def split(rows: Rows, share: float, *, seed: int) -> tuple[Rows, Rows]:
    """Rows to learn from, and a share to compare on, drawn within every label and crossing of groups; the order stays."""
    rng = np.random.default_rng(seed)
    kinds = np.column_stack([rows.label, *rows.groups.values()])
    _, kind = np.unique(kinds, axis=0, return_inverse=True)
    held = np.zeros(len(rows), dtype=bool)
    for value in range(int(kind.max()) + 1):
        places = rng.permutation(np.flatnonzero(kind.reshape(-1) == value))
        held[places[: round(share * len(places))]] = True
    return rows.take(np.flatnonzero(~held)), rows.take(np.flatnonzero(held))


def group_of(feature: SensitiveFeature) -> GroupOf:
    """What finds the group of a row when the model answers."""
    values = {plain(group.value): place for place, group in enumerate(feature.groups) if group.value is not None}
    return GroupOf(feature.column, values, feature.bins, -1 if feature.other is None else len(feature.groups) - 1)
