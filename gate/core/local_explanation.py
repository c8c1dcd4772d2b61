"""What single answers rest on, counted over many of them: nothing here is about one person.

The reasons and the changes of single cases go to the audit trail (`gate explain --log`) and nowhere else.
"""

from dataclasses import dataclass

from gate.core.estimates import GroupRate, Measured, Rate

__all__ = ["Attribution", "Changed", "Counterfactuals", "Dependence", "LocalReasons", "Point", "RecourseCost", "RecourseGap", "Shapley", "TopReason"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """The mean absolute Shapley value of an input, in units of the answer."""

    feature: str
    mean: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Shapley:
    """Shapley values by sampled permutations, over a background of rows.

    Args:
        rows: how many rows were explained.
        background: how many rows stand for what an input is when it is not known.
        walks: orders of the inputs per row, every other one the reverse of the one before.
        attributions: of every input, the strongest first.
        agreement: Spearman's correlation with permutation importance; None where that was not produced, or has no ranking.
        shared: how many of the `top` inputs both rank first; None likewise.
        top: how many first places were compared.
    """

    rows: int
    background: int
    walks: int
    attributions: tuple[Attribution, ...]
    agreement: float | None = None
    shared: int | None = None
    top: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The mean answer when every row has this value of an input, and between which two answers four of five rows lie (ICE)."""

    value: str
    mean: Measured
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """Partial dependence on an input.

    Args:
        feature: the input.
        reach: how far the mean answers are apart.
        points: in the order of the values; categories by how frequent they are.
        against: the share of rows whose own answer goes the other way between the points of the lowest and the highest mean.
        rows: how many rows it was measured on.
    """

    feature: str
    reach: float
    points: tuple[Point, ...]
    against: Rate | None
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TopReason:
    """How often an input is the first reason of a refusal: in words, over all, and in every group."""

    feature: str
    words: str
    first: Rate
    groups: tuple[GroupRate, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalReasons:
    """Why cases were refused, as compared with rows that are selected.

    Args:
        cases: how many refusals were explained.
        refused: how many there are among the rows.
        walks: orders of the inputs per case.
        stable: cases whose first reason stays the same when the rows that they are compared with are drawn anew.
        reasons: the first reasons, the most frequent first.
        unspoken: inputs that are a first reason and have no words in `gate.yaml`.
    """

    cases: int
    refused: int
    walks: int
    stable: Rate
    reasons: tuple[TopReason, ...]
    unspoken: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """How often the smallest change that was found changes an input."""

    feature: str
    rate: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class RecourseCost:
    """What the smallest change costs those of a group: `found` is the share for whom there is one; no cost where they are few."""

    feature: str
    group: str
    found: Rate
    cost: Measured | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecourseGap:
    """How much more it costs one group than another on average, with an interval of 95 % for all pairs of the feature together."""

    feature: str
    high: str
    low: str
    gap: Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactuals:
    """The smallest changes by which refusals become selections, as far as a search found them.

    Args:
        cases: how many refusals were searched.
        fixed: the inputs that nobody can change: declared ones, and the sensitive features.
        found: cases with a change.
        plausible: of these, the ones whose changed row is as near to a real row as real rows are to one another; None without any.
        cost: the mean cost; a number counts in standard deviations, a category one.
        changes: which inputs are changed, the most frequent first.
        groups: by group.
        gaps: the widest gap of every sensitive feature with two groups of cases enough.
    """

    cases: int
    fixed: tuple[str, ...]
    found: Rate
    plausible: Rate | None = None
    cost: Measured | None = None
    changes: tuple[Changed, ...] = ()
    groups: tuple[RecourseCost, ...] = ()
    gaps: tuple[RecourseGap, ...] = ()
