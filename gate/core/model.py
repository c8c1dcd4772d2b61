"""What `gate.yaml` says of one model: its task, its holdout, its predictions and its sensitive features."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import combinations, product
from typing import TypeAlias

__all__ = [
    "CROSS",
    "WITHIN",
    "AttributesSource",
    "CaseTerms",
    "DataSource",
    "DeclaredGroup",
    "EngineName",
    "ExcludedGroup",
    "Intersection",
    "LabelsObserved",
    "ModelConfig",
    "PredictionColumns",
    "SensitiveFeature",
    "Task",
    "Value",
    "crossings",
]

CROSS = "×"
"""Joins feature names and group names of an intersection: `race×sex`, `black×female`."""

WITHIN = " within "
"""Joins a feature and the control feature whose strata it is compared in, and their groups: `race within region`, `black within north`."""

Value: TypeAlias = str | int | float | bool
"""A value as YAML gives it: its type says how the column is compared."""


class Task(StrEnum):
    """What kind of answer the model gives."""

    BINARY_CLASSIFICATION = "binary_classification"
    MULTICLASS_CLASSIFICATION = "multiclass_classification"
    REGRESSION = "regression"
    RANKING = "ranking"


class EngineName(StrEnum):
    """What counts the rows: the same counts either way, so nothing that is decided depends on it."""

    DUCKDB = "duckdb"
    SPARK = "spark"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredGroup:
    """A group that the holdout must contain: its name, and the value that stands for it in the column.

    For a binned feature `value` is None and the group's place in the tuple is the bin's place. The pool of undeclared
    values has none either.
    """

    name: str
    value: Value | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcludedGroup:
    """A group that is counted and shown, but not judged: at most `max_share` of the rows may be in it.

    `undeclared` when it is a value that nothing but the exclusion names.
    """

    group: str
    why: str
    max_share: float
    undeclared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SensitiveFeature:
    """A declared sensitive feature.

    Args:
        name: what rules and reports call it.
        column: where it stands.
        groups: every group that is counted: the declared ones, then values that are excluded only, then the pool `other`.
        bins: ascending edges: below the first, between two, at or above the last.
        reference: the group with which all others are compared; None means all pairs.
        protected: the groups of which only the disadvantages count; empty means that every gap counts.
        other: the group that pools undeclared values; None means that there is none.
        exclude: the groups that are not judged.
    """

    name: str
    column: str
    groups: tuple[DeclaredGroup, ...]
    bins: tuple[float, ...] = ()
    reference: str | None = None
    protected: tuple[str, ...] = ()
    other: str | None = None
    exclude: tuple[ExcludedGroup, ...] = ()

    @property
    def excluded(self) -> frozenset[str]:
        """The names of the groups that are not judged."""
        return frozenset(entry.group for entry in self.exclude)


@dataclass(frozen=True, slots=True, kw_only=True)
class Intersection:
    """One or more features looked at together; one feature alone is the plain case.

    `within` is a control feature: then every combination stands once per stratum, and is compared inside of it only.
    """

    features: tuple[SensitiveFeature, ...]
    within: SensitiveFeature | None = None

    @property
    def name(self) -> str:
        """The features' names joined by `×`, and what they are looked at within."""
        return CROSS.join(feature.name for feature in self.features) + ("" if self.within is None else f"{WITHIN}{self.within.name}")

    @property
    def parts(self) -> tuple[SensitiveFeature, ...]:
        """The features whose codes place a row, the slowest first: the order of `groups`."""
        return self.features if self.within is None else (self.within, *self.features)

    @property
    def groups(self) -> tuple[str, ...]:
        """Every declared combination, in the order of declaration, one stratum after the other."""
        names = tuple(CROSS.join(names) for names in product(*(tuple(group.name for group in feature.groups) for feature in self.features)))
        return names if self.within is None else tuple(f"{name}{WITHIN}{stratum.name}" for stratum in self.within.groups for name in names)

    @property
    def strata(self) -> tuple[int, ...] | None:
        """Per combination: the place of its stratum. None where there is no control feature."""
        if self.within is None:
            return None
        strata = len(self.within.groups)
        return tuple(stratum for stratum in range(strata) for _ in range(len(self.groups) // strata))

    @property
    def plain(self) -> bool:
        """True when every combination is judged, and compared with every other one."""
        return self.within is None and not any(feature.reference or feature.protected or feature.other or feature.exclude for feature in self.features)

    @property
    def excluded(self) -> tuple[bool, ...]:
        """Per combination: is one of its groups not judged?"""
        return self._cells(any, lambda feature, group: group in feature.excluded)

    @property
    def reference(self) -> tuple[bool, ...] | None:
        """Per combination: is it made of the reference groups? None unless every feature declares one."""
        if any(feature.reference is None for feature in self.features):
            return None
        return self._cells(all, lambda feature, group: group == feature.reference)

    @property
    def protected(self) -> tuple[bool, ...] | None:
        """Per combination: is one of its groups protected? None when no feature declares any."""
        if not any(feature.protected for feature in self.features):
            return None
        return self._cells(any, lambda feature, group: group in feature.protected)

    def pooled(self, features: Collection[str]) -> tuple[bool, ...]:
        """Per combination: does it hold the pool of undeclared values of one of these features?"""
        return self._cells(any, lambda feature, group: feature.name in features and group == feature.other)

    def _cells(self, joined: Callable[[tuple[bool, ...]], bool], flag: Callable[[SensitiveFeature, str], bool]) -> tuple[bool, ...]:
        """Per combination, in the order of `groups`: what its groups' flags say together."""
        once = tuple(joined(flags) for flags in product(*(tuple(flag(feature, group.name) for group in feature.groups) for feature in self.features)))
        return once if self.within is None else once * len(self.within.groups)


def crossings(features: tuple[SensitiveFeature, ...], *, depth: int) -> tuple[Intersection, ...]:
    """Every declared feature and every intersection of up to `depth` of them, plain features first."""
    sizes = range(1, min(depth, len(features)) + 1)
    return tuple(Intersection(features=chosen) for size in sizes for chosen in combinations(features, size))


class LabelsObserved(StrEnum):
    """For whom the truth was ever seen: everybody, or those whom an earlier decision accepted."""

    ALL = "all"
    SELECTED = "selected"


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesSource:
    """A table of its own that holds sensitive features, one line per row of the holdout.

    Args:
        uri: Parquet or CSV.
        join_on: the column of ids, of the same name in both tables.
        sha256: the pinned digest of the file, in hexadecimal.
    """

    uri: str
    join_on: str
    sha256: str | None = None


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
        weight: the column that says how much a row counts.
        cluster: the column that says which rows belong together, such as those of one person.
        max_weight: no row weighs more; None where nothing is known.
        max_cluster_rows: no cluster has more rows; None where nothing is known.
        label_range: between which two numbers labels and predictions of a regression lie; None where nothing is known.
        query: of a ranking, the column that says which rows compete for the same places.
        label_observed_for: for whom a label can exist at all.
        attributes: where sensitive features are kept apart; None means in the holdout itself.
        development: the table of unlimited, advisory looks.
    """

    label: str
    uri: str | None = None
    labels: tuple[Value, ...] | None = None
    positive_label: Value = 1
    sha256: str | None = None
    collected: date | None = None
    expectations: str | None = None
    tops_up: tuple[str, ...] = ()
    weight: str | None = None
    cluster: str | None = None
    max_weight: float | None = None
    max_cluster_rows: int | None = None
    label_range: tuple[float, float] | None = None
    query: str | None = None
    label_observed_for: LabelsObserved = LabelsObserved.ALL
    attributes: AttributesSource | None = None
    development: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionColumns:
    """What is judged: a column of predicted labels, or a score that selects when it is at or above the threshold.

    `champion` is the column in which a table of predictions holds the same of the champion. Of a ranking the column holds
    scores, and a row is selected when it stands among the first `top_k` of its query.
    """

    column: str = "prediction"
    score: str | None = None
    threshold: float = 0.5
    champion: str | None = None
    top_k: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLimits:
    """What a model may use while it is on trial: seconds of wall clock, and gigabytes (2³⁰ bytes) of address space."""

    seconds: float = 600.0
    memory_gb: float = 4.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TierAssignment:
    """Who put a model into its tier, and until when that stands; it judges nothing.

    Args:
        inventory_id: the model's number in the inventory.
        assigned_by: who assigned the tier.
        approved_by: who approved that, somebody else.
        review_by: the last day on which the tier stands without being looked at again; None for ever.
    """

    inventory_id: str = ""
    assigned_by: str = ""
    approved_by: str = ""
    review_by: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTerms:
    """What is known of inputs for the explanation of single cases; it judges nothing by itself.

    Args:
        reasons: pairs of an input and the words that a refused person is told.
        immutable: inputs that nobody can change, besides the sensitive features.
        only_increase: numbers that a person can only raise.
        only_decrease: numbers that a person can only lower.
    """

    reasons: tuple[tuple[str, str], ...] = ()
    immutable: tuple[str, ...] = ()
    only_increase: tuple[str, ...] = ()
    only_decrease: tuple[str, ...] = ()

    @property
    def columns(self) -> frozenset[str]:
        """Every column that is named."""
        return frozenset((*(name for name, _ in self.reasons), *self.immutable, *self.only_increase, *self.only_decrease))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """One model of `gate.yaml`, with every default filled in and every path absolute.

    `control_features` are declared like sensitive ones and never compared: rules may compare groups within their strata.
    """

    name: str
    task: Task
    data: DataSource
    predictions: PredictionColumns
    sensitive_features: tuple[SensitiveFeature, ...]
    tier: str | None = None
    policy: str | None = None
    owner: str = ""
    assigned: TierAssignment = field(default_factory=TierAssignment)
    limits: ModelLimits = field(default_factory=ModelLimits)
    control_features: tuple[SensitiveFeature, ...] = ()
    cases: CaseTerms = field(default_factory=CaseTerms)

    @property
    def declared_features(self) -> tuple[SensitiveFeature, ...]:
        """The features that every row is placed by: the sensitive ones, then the control features."""
        return (*self.sensitive_features, *self.control_features)

    def counted(self, *, depth: int) -> tuple[Intersection, ...]:
        """Everything that is counted: the crossings of sensitive features, every control feature, and each sensitive feature within it."""
        controls = tuple(Intersection(features=(control,)) for control in self.control_features)
        strata = tuple(Intersection(features=(feature,), within=control) for control in self.control_features for feature in self.sensitive_features)
        return (*crossings(self.sensitive_features, depth=depth), *controls, *strata)
