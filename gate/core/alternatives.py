"""A search for less discriminatory alternatives: what was tried, what the judgement says of each, and what follows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gate.core.decision import Judgement
from gate.core.mitigation import GROUP_DEPENDENT, Technique

__all__ = ["Recommendation", "Search", "Tried", "UtilityMetric"]


class UtilityMetric(StrEnum):
    """What a candidate is good for, as one number over all rows."""

    BALANCED_ACCURACY = "balanced_accuracy"
    ACCURACY = "accuracy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One candidate of a search: how it was made, and what the judgement says of it on the validation rows.

    Args:
        name: unique within the search.
        technique: how it was made.
        feature: the sensitive feature that it was made for; empty for none.
        parameters: `key=value`, in order.
        judgement: the judgement, with findings of utility and disparities beside those of the policy; None when there is no model.
        whole: the same before `privacy.min_cell` left anything out: for comparing, never shown; None where nothing was left out.
        reason: why there is no model, or no judgement; empty otherwise.
        nothing: whether that is so because the technique did all its work and nothing comes of it, instead of failing.
    """

    name: str
    technique: Technique
    feature: str = ""
    parameters: tuple[str, ...] = ()
    judgement: Judgement | None = None
    whole: Judgement | None = None
    reason: str = ""
    nothing: bool = False

    @property
    def group_dependent(self) -> bool:
        """Whether its answer depends on the sensitive feature itself."""
        return self.technique in GROUP_DEPENDENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """The candidate that is put forward; None where none meets the rules even as an estimate. `nearest` is then what comes closest."""

    name: str | None
    nearest: str | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Everything that was tried, on which rows, and what follows. Nothing in it is a verdict: that is given on the holdout.

    Args:
        model: the entry of gate.yaml.
        tier: the tier whose policy judged.
        utility: what a candidate is good for.
        training_rows, validation_rows: how many rows were learnt from, and judged on.
        training, validation: `sha256:…` of the tables; equal where the validation rows were split off.
        tried: every candidate, in the order in which they were tried.
        not_reached: what the budget left out.
        excluded: what was not tried at all, and why.
        recommendation: what is put forward.
        notes: what a reader has to know besides.
        min_cell: the fewest rows of a published cell; None where everything is shown.
        settings: what else the search depends on: `estimator`, `seed`, `budget`.
    """

    model: str
    tier: str
    utility: UtilityMetric
    training_rows: int
    validation_rows: int
    training: str
    validation: str
    tried: tuple[Tried, ...]
    not_reached: tuple[str, ...]
    excluded: tuple[str, ...]
    recommendation: Recommendation
    notes: tuple[str, ...] = ()
    min_cell: int | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    def of(self, name: str) -> Tried | None:
        """The candidate of this name."""
        return next((entry for entry in self.tried if entry.name == name), None)
