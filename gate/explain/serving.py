"""Reasons beside predictions inside a serving process: a small library call, with a stated cost per prediction.

What it is given is trusted, since it runs in the process of the model itself; nothing here needs a registry or a
sandbox. `gate.record.trail.append` keeps what it returns.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gate.explain.box import AnswerForm, Box
from gate.explain.local import Cases
from gate.explain.logged import logged
from gate.explain.reasons import Refusals, stable_firsts
from gate.explain.shapley import shapley_values

__all__ = ["Explainer"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Explainer:
    """Explains predictions of one model.

    Args:
        predict: (n,) scores, or 0 and 1, for n rows of the columns of `background`.
        background: rows that were selected, with which a case is compared; a few hundred do.
        threshold: a score is selected from here on; 0.5 does for 0 and 1.
        words: input → the reason in words; an input without words is named by its column.
        pairs: how often the orders are drawn, each with its reverse.
        seed: what every random draw comes from.
    """

    predict: Callable[[pa.Table], NDArray[np.float64]]
    background: pa.Table
    threshold: float = 0.5
    words: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    pairs: int = 10
    seed: int = 0

    @property
    def cost(self) -> int:
        """How many rows the model answers for one prediction: 2 × pairs × (inputs − 1), the prediction itself, and a share of the background's."""
        return 2 * self.pairs * max(len(self.background.column_names) - 1, 0) + 1

    def explained(self, rows: pa.Table, ids: pa.Array, *, model: str, version: str, digest: str, time: datetime) -> pa.Table:
        """One line per row, selected or not, for the audit trail: the prediction, its reasons and its Shapley values.

        Args:
            rows: n rows of the columns of `background`.
            ids: (n,) whose they are.
            model: which model answered.
            version: its version.
            digest: of its files.
            time: when, with a zone.

        Raises:
            ValueError: the columns are others, there are no rows, or there are not as many ids.
        """
        if rows.schema.names != self.background.schema.names:
            raise ValueError(f"the rows have other columns than the background, which has {', '.join(self.background.schema.names)}")
        if not rows.num_rows or not self.background.num_rows or len(ids) != rows.num_rows:
            raise ValueError("there have to be rows, as many ids, and rows to compare them with")
        whole = pa.concat_tables([rows, self.background.cast(rows.schema)])
        box = Box(inputs=whole, ask=self._ask, form=AnswerForm.SCORE, truth=np.full(whole.num_rows, np.nan), groupings=(), threshold=self.threshold)
        random = np.random.default_rng(self.seed)
        cases, compared = np.arange(rows.num_rows), np.arange(rows.num_rows, whole.num_rows)
        found = shapley_values(box, cases, compared, pairs=self.pairs, random=random, tell=lambda _: None)
        refusals = Refusals(rows=cases, refused=len(cases), values=found.mean, stable=stable_firsts(found.draws, random))
        whose = pa.chunked_array([ids.cast(pa.string())])
        return logged(box, Cases(refusals=refusals), whose, words=self.words, model=model, version=version, digest=digest, time=time)

    def _ask(self, batch: pa.RecordBatch) -> NDArray[np.float64]:
        answers = np.asarray(self.predict(pa.Table.from_batches([batch])), dtype=np.float64)
        if answers.shape != (batch.num_rows,) or not np.isfinite(answers).all():
            raise ValueError("the model has to answer one finite number per row")
        return answers
