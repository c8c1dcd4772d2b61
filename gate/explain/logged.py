"""Single cases as a table for the audit trail: the prediction, and beside it what it rests on and what would change it."""

import json
from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pyarrow as pa

from gate.explain.box import AnswerForm, Box
from gate.explain.counterfactuals import Changes
from gate.explain.local import Cases
from gate.explain.reasons import Refusals

__all__ = ["SCHEMA", "logged"]

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("time", pa.timestamp("us", tz="UTC")),
        ("model", pa.string()),
        ("version", pa.string()),
        ("model_digest", pa.string()),
        ("prediction", pa.string()),
        ("reasons", pa.list_(pa.string())),
        ("reason_columns", pa.list_(pa.string())),
        ("stable", pa.bool_()),
        ("values", pa.map_(pa.string(), pa.float64())),
        ("change", pa.string()),
        ("change_cost", pa.float64()),
        ("change_plausible", pa.bool_()),
    ]
)
"""One line per case. `values` are Shapley values by input; `change` is JSON, input → value; null where nothing was looked for or found."""


def logged(box: Box, cases: Cases, ids: pa.ChunkedArray, *, words: Mapping[str, str], model: str, version: str, digest: str, time: datetime) -> pa.Table:
    """Every refusal that has reasons or a change, in the order of the rows.

    Args:
        box: the candidate and its rows.
        cases: what was found.
        ids: whose rows they are.
        words: input → reason.
        model: which model answered.
        version: its version.
        digest: of its files.
        time: when, with a zone.
    """
    rows = np.unique(np.concatenate([np.empty(0, dtype=np.int64), *(found.rows for found in (cases.refusals, cases.changes) if found is not None)]))
    whose = ids.cast(pa.string())
    shared = {"time": time, "model": model, "version": version, "model_digest": digest}
    lines = [
        {
            "id": whose[int(row)].as_py(),
            **shared,
            "prediction": _words(box, float(box.answers[row])),
            **_reasons(box, cases.refusals, int(row), words),
            **_change(box, cases.changes, int(row)),
        }
        for row in rows
    ]
    return pa.Table.from_pylist(lines, schema=SCHEMA)


def _words(box: Box, answer: float) -> str:
    return box.labels[int(answer)] if box.form in (AnswerForm.LABEL, AnswerForm.CLASS) else f"{answer:.17g}"


def _reasons(box: Box, found: Refusals | None, row: int, words: Mapping[str, str]) -> dict[str, object]:
    case = -1 if found is None else int(np.searchsorted(found.rows, row))
    if found is None or case >= len(found.rows) or found.rows[case] != row:
        return {}
    columns = [box.columns[place] for place in found.reasons(case)]
    return {
        "reasons": [words.get(column, column) for column in columns],
        "reason_columns": columns,
        "stable": bool(found.stable[case]),
        "values": [(column, float(value)) for column, value in zip(box.columns, found.values[case], strict=True)],
    }


def _change(box: Box, found: Changes | None, row: int) -> dict[str, object]:
    case = -1 if found is None else int(np.searchsorted(found.rows, row))
    if found is None or case >= len(found.rows) or found.rows[case] != row or not found.found[case]:
        return {}
    changed = {name: box.inputs.column(name)[int(found.sources[case, place])].as_py() for place, name in enumerate(box.columns) if found.changed[case, place]}
    return {
        "change": json.dumps(changed, ensure_ascii=False, default=str),
        "change_cost": float(found.cost[case]),
        "change_plausible": bool(found.plausible[case]),
    }
