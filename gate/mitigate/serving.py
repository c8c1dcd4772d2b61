"""What a mitigated model is made of where scikit-learn's own classes do not suffice.

These classes travel inside the model, pickled by value, so that a server needs no package of ours: nothing but numpy and
pandas may be imported here, and nothing may be read but the columns that the signature names.
"""

# ruff: noqa: ANN401 -- models are whatever has `predict` and `predict_proba`

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Decorrelated", "GroupCalibrated", "GroupOf", "GroupThresholds", "Labelled", "RejectOption"]

_MISSING = -1


class GroupOf:
    """The place of a row's group in the declaration; -1 where it has none.

    Args:
        column: where the sensitive feature stands.
        values: the value of every group, as text, by its place; for a binned feature empty.
        bins: ascending edges.
        other: the place of the pool of undeclared values; -1 where there is none.
    """

    def __init__(self, column: str, values: Mapping[str, int], bins: Iterable[float], other: int = _MISSING) -> None:
        self.column, self.values, self.bins, self.other = column, dict(values), list(bins), other

    def __call__(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """The places, one per row."""
        column = frame[self.column]
        if self.bins:
            numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
            places = np.searchsorted(np.asarray(self.bins), numbers, side="right")
            return np.where(np.isfinite(numbers), places, _MISSING).astype("int64")
        found = [_MISSING if pd.isna(value) else self.values.get(plain(value), self.other) for value in column.tolist()]
        return np.asarray(found, dtype="int64")


def plain(value: object) -> str:
    """A value as text, the same for 1, 1.0 and "1"."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, float, np.integer, np.floating)):
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    text = str(value)
    return {"true": "1", "false": "0"}.get(text.lower(), text)


class Labelled:
    """A model that answers 0 and 1, under the labels of the table."""

    def __init__(self, model: Any, labels: Sequence[object]) -> None:
        self.model, self.labels = model, list(labels)

    def predict(self, frame: pd.DataFrame) -> NDArray[Any]:
        """The negative or the positive label, one per row."""
        chosen = np.asarray(self.model.predict(frame)).astype("int64")
        said: NDArray[Any] = np.asarray(self.labels)[chosen]
        return said


class _ByGroup:
    """A model with scores, and what becomes of them group by group."""

    def __init__(self, model: Any, inputs: Sequence[str], group_of: GroupOf) -> None:
        self.model, self.inputs, self.group_of = model, list(inputs), group_of

    def _scores(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        return np.asarray(self.model.predict_proba(frame[self.inputs]))[:, 1]


class GroupThresholds(_ByGroup):
    """Selected is who reaches the threshold of the group; who is in none, the common one."""

    def __init__(self, model: Any, inputs: Sequence[str], group_of: GroupOf, thresholds: Sequence[float], common: float = 0.5) -> None:
        super().__init__(model, inputs, group_of)
        self.thresholds, self.common = list(thresholds), common

    def predict(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """0 or 1, one per row."""
        places = self.group_of(frame)
        limits = np.asarray([*self.thresholds, self.common])[places]  # -1 is the last
        return (self._scores(frame) >= limits).astype("int64")


class GroupCalibrated(_ByGroup):
    """The score is calibrated by the group's own logistic curve, then the threshold is common."""

    def __init__(self, model: Any, inputs: Sequence[str], group_of: GroupOf, curves: Sequence[tuple[float, float]], threshold: float = 0.5) -> None:
        super().__init__(model, inputs, group_of)
        self.curves, self.threshold = [tuple(curve) for curve in curves], threshold

    def predict_proba(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The calibrated scores, shape (rows, 2)."""
        slopes = np.asarray([*self.curves, (1.0, 0.0)])[self.group_of(frame)]
        scores = np.clip(self._scores(frame), 1e-6, 1 - 1e-6)
        positive = 1 / (1 + np.exp(-(slopes[:, 0] * np.log(scores / (1 - scores)) + slopes[:, 1])))
        return np.column_stack([1 - positive, positive])

    def predict(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """0 or 1, one per row."""
        return (self.predict_proba(frame)[:, 1] >= self.threshold).astype("int64")


class RejectOption(_ByGroup):
    """Within the margin around one half, the favoured groups are selected and the others are not; outside, the score decides."""

    def __init__(self, model: Any, inputs: Sequence[str], group_of: GroupOf, favoured: Sequence[int], margin: float) -> None:
        super().__init__(model, inputs, group_of)
        self.favoured, self.margin = list(favoured), margin

    def predict(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """0 or 1, one per row."""
        scores, places = self._scores(frame), self.group_of(frame)
        near = (np.abs(scores - 0.5) <= self.margin) & (places >= 0)
        return np.where(near, np.isin(places, self.favoured), scores >= 0.5).astype("int64")


class Decorrelated:
    """A classifier on inputs from which the linear part that the group explains was taken out."""

    def __init__(self, prepare: Any, classifier: Any, inputs: Sequence[str], group_of: GroupOf, mean: NDArray[np.float64], beta: NDArray[np.float64]) -> None:
        self.prepare, self.classifier, self.inputs, self.group_of = prepare, classifier, list(inputs), group_of
        self.mean, self.beta = np.asarray(mean), np.asarray(beta)

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The inputs without that part, shape (rows, prepared columns)."""
        places, prepared = self.group_of(frame), np.asarray(self.prepare.transform(frame[self.inputs]))
        shown = (places[:, None] == np.arange(len(self.mean))).astype("float64")
        shown[places < 0] = self.mean  # whose group is not known stays as they are
        rest: NDArray[np.float64] = prepared - (shown - self.mean) @ self.beta
        return rest

    def predict(self, frame: pd.DataFrame) -> NDArray[np.int64]:
        """0 or 1, one per row."""
        return np.asarray(self.classifier.predict(self.transform(frame))).astype("int64")

    def predict_proba(self, frame: pd.DataFrame) -> Any:
        """The scores, shape (rows, 2)."""
        return self.classifier.predict_proba(self.transform(frame))
