"""What `gate.yaml` says of one model: its task, its holdout, its predictions and its sensitive features."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import combinations, product
from typing import TypeAlias

__all__ = ["CROSS", "DataSource", "DeclaredGroup", "Intersection", "ModelConfig", "PredictionColumns", "SensitiveFeature", "Task", "Value", "crossings"]

CROSS = "×"
"""Joins feature names and group names of an intersection: `race×sex`, `black×female`."""

Value: TypeAlias = str | int | float | bool
"""A value as YAML gives it: its type says how the column is compared."""


class Task(StrEnum):
    """What kind of answer the model gives."""

    BINARY_CLASSIFICATION = "binary_classification"
    MULTICLASS_CLASSIFICATION = "multiclass_classification"
    REGRESSION = "regression"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredGroup:
    """A group that the holdout must contain: its name, and the value that stands for it in the column.

    For a binned feature `value` is None and the group's place in the tuple is the bin's place.
    """

    name: str
    value: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitiveFeature:
    """A declared sensitive feature. `bins` are ascending edges: below the first, between two, at or above the last."""

    name: str
    column: str
    groups: tuple[DeclaredGroup, ...]
    bins: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Intersection:
    """One or more features looked at together; one feature alone is the plain case."""

    features: tuple[SensitiveFeature, ...]

    @property
    def name(self) -> str:
        """The features' names joined by `×`."""
        return CROSS.join(feature.name for feature in self.features)

    @property
    def groups(self) -> tuple[str, ...]:
        """Every declared combination, in the order of declaration."""
        return tuple(CROSS.join(names) for names in product(*(tuple(group.name for group in feature.groups) for feature in self.features)))


def crossings(features: tuple[SensitiveFeature, ...], *, depth: int) -> tuple[Intersection, ...]:
    """Every declared feature and every intersection of up to `depth` of them, plain features first."""
    sizes = range(1, min(depth, len(features)) + 1)
    return tuple(Intersection(features=chosen) for size in sizes for chosen in combinations(features, size))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSource:
    """Where the holdout is and which column holds the truth.

    Args:
        uri: Parquet or CSV; None when `--predictions` brings the table.
        label: the column of true outcomes.
        labels: the values it may hold: two, or as many as there are classes; None means the distinct values found, which must be two.
        positive_label: the outcome counted as selected or favourable.
        sha256: the pinned digest of the file, in hexadecimal.
        collected: when the rows were collected.
        expectations: path of a Great Expectations suite.
        tops_up: the digests of earlier versions of this holdout, in hexadecimal: looks at them count as looks at this one.
    """

    label: str
    uri: str | None = None
    labels: tuple[Value, ...] | None = None
    positive_label: Value = 1
    sha256: str | None = None
    collected: date | None = None
    expectations: str | None = None
    tops_up: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionColumns:
    """What is judged: a column of predicted labels, or a score that selects when it is at or above the threshold.

    `champion` is the column in which a table of predictions holds the same of the champion.
    """

    column: str = "prediction"
    score: str | None = None
    threshold: float = 0.5
    champion: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """One model of `gate.yaml`, with every default filled in and every path absolute."""

    name: str
    task: Task
    data: DataSource
    predictions: PredictionColumns
    sensitive_features: tuple[SensitiveFeature, ...]
    tier: str | None = None
    policy: str | None = None
    owner: str = ""
