"""Reasons inside a serving process: one line per prediction, at the stated cost, fit for the audit trail."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pytest
from boxes import Floats, people

from gate.explain.serving import Explainer
from gate.record.trail import append, checked

NOW = datetime(2026, 11, 26, tzinfo=UTC)
COLUMNS = ["x", "noise", "region"]


class _Model:
    """Selects by merit, and counts the rows that it is asked about."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, rows: pa.Table) -> Floats:
        self.asked += rows.num_rows
        return np.asarray(rows.column("x").to_numpy() > 0, dtype=np.float64)


def _explainer(model: _Model) -> tuple[Explainer, pd.DataFrame]:
    table = people(300)
    background = pa.Table.from_pandas(table[table["x"] > 0][COLUMNS], preserve_index=False)
    return Explainer(predict=model, background=background, words={"x": "Merit is too low."}), table[COLUMNS].head(20)


def _lines(explainer: Explainer, rows: pd.DataFrame) -> pa.Table:
    found = pa.Table.from_pandas(rows, preserve_index=False)
    return explainer.explained(found, pa.array([f"p{i}" for i in range(len(rows))]), model="m", version="3", digest="sha256:0", time=NOW)


def test_every_prediction_has_a_line_with_its_reasons(tmp_path: Path) -> None:
    """A refusal has the planted reason in words, a selection none; the trail takes them."""
    explainer, rows = _explainer(_Model())
    lines = _lines(explainer, rows)
    append(tmp_path / "trail", lines)
    kept = ds.dataset(tmp_path / "trail").to_table().to_pylist()

    assert checked(tmp_path / "trail") is not None
    assert [line["id"] for line in kept] == [f"p{i}" for i in range(20)]
    assert [line["reasons"] for line in kept] == [["Merit is too low."] if x <= 0 else [] for x in rows["x"]]
    assert all(line["stable"] for line, x in zip(kept, rows["x"], strict=True) if x <= 0)
    assert (kept[0]["time"], kept[0]["version"], kept[0]["model_digest"]) == (NOW, "3", "sha256:0")


def test_it_costs_what_it_says() -> None:
    """So many rows per prediction, and the background once."""
    model = _Model()
    explainer, rows = _explainer(model)
    _lines(explainer, rows)

    assert model.asked == 20 * explainer.cost + explainer.background.num_rows


@pytest.mark.parametrize("wrong", ["columns", "none"])
def test_rows_that_are_no_rows_of_the_model_are_refused(wrong: str) -> None:
    """Nothing is explained by what does not fit."""
    explainer, rows = _explainer(_Model())

    with pytest.raises(ValueError, match="columns" if wrong == "columns" else "rows"):
        _lines(explainer, rows[["x"]] if wrong == "columns" else rows.head(0))


def test_an_answer_that_is_no_number_is_refused() -> None:
    """It is not explained away."""
    explainer, rows = _explainer(_Model())
    broken = Explainer(predict=lambda table: np.full(table.num_rows, np.nan), background=explainer.background)

    with pytest.raises(ValueError, match="finite"):
        _lines(broken, rows)
