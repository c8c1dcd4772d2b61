"""Black boxes with a known truth, for explanations: a function of the inputs instead of a model in a sandbox."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from gate.explain.box import AnswerForm, Box, Grouping

Floats = NDArray[np.float64]
Function = Callable[[pd.DataFrame], Floats]


def people(rows: int = 3000, *, seed: int = 0, revealing: float = 0.0, **more: Floats) -> pd.DataFrame:
    """Merit `x`, meaningless `noise`, a `region`, a `group` of a and b, and `proxy`, which is `revealing` standard deviations apart between them."""
    random = np.random.default_rng(seed)
    group = random.integers(0, 2, rows)
    table = {
        "x": random.normal(size=rows),
        "noise": random.normal(size=rows),
        "region": np.where(random.random(rows) < 0.3, "north", "south"),
        "proxy": random.normal(size=rows) + revealing * group,
        "group": np.array(["a", "b"])[group],
    }
    return pd.DataFrame({**table, **more})


def box(
    table: pd.DataFrame,
    function: Function,
    truth: Floats,
    *,
    form: AnswerForm = AnswerForm.LABEL,
    inputs: tuple[str, ...] | None = None,
    labels: tuple[str, ...] = ("no", "yes"),
    favourable: int = 1,
) -> Box:
    """A box that answers with a function of its inputs; by default it takes every column of the table."""
    codes = pd.Series(table["group"]).map({"a": 0, "b": 1}).fillna(-1).to_numpy(dtype=np.int64)
    return Box(
        inputs=pa.Table.from_pandas(table[list(inputs or table.columns)], preserve_index=False),
        ask=lambda batch: np.asarray(function(batch.to_pandas()), dtype=np.float64),
        form=form,
        truth=truth,
        labels=labels if form in (AnswerForm.LABEL, AnswerForm.CLASS) else (),
        groupings=(Grouping(name="group", column="group", groups=("a", "b"), codes=codes),),
        favourable=favourable,
    )


def merit(table: pd.DataFrame) -> Floats:
    """Selected by merit alone."""
    return np.asarray(table["x"] > 0, dtype=np.float64)
