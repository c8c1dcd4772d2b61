"""Why a candidate answers as it does, as far as its answers show it: the numbers of `gate explain`, for reports and for judgement.

Counts stand beside every rate, and a variance beside every area, so that judgement can take limits at the levels of a
policy without anything being asked again.
"""

from dataclasses import dataclass
from enum import StrEnum

from gate.core.estimates import GroupRate, Measured, Rate
from gate.core.local_explanation import Counterfactuals, Dependence, LocalReasons, Shapley

__all__ = [
    "Area",
    "Carrier",
    "Explanation",
    "FlipAudit",
    "FlipPair",
    "Gap",
    "GroupRate",
    "Importance",
    "Leaf",
    "Measured",
    "Part",
    "Proxy",
    "ProxyFlips",
    "Rate",
    "Remaining",
    "Revealed",
    "Subgroup",
    "SubgroupSearch",
    "Surrogate",
]


class Part(StrEnum):
    """The parts of an explanation, by the names that a policy demands them by."""

    IMPORTANCE = "importance"
    PROXIES = "proxies"
    FLIPS = "flips"
    SURROGATE = "surrogate"
    SUBGROUPS = "subgroups"
    SHAP = "shap"
    DEPENDENCE = "dependence"
    REASONS = "reasons"
    COUNTERFACTUALS = "counterfactuals"


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """An area under the ROC curve with its two-sided 95 % interval; variance and `fewest` are what limits at other levels need."""

    value: float
    low: float
    high: float
    variance: float
    fewest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remaining:
    """The gap of a sensitive feature, between the groups of its `Gap`, once an input tells nothing."""

    feature: str
    gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Importance:
    """What an input does for the answers: its column is shuffled over the rows, and the answers are compared.

    Args:
        feature: the input.
        loss: how much the loss grows; None where no row has a label.
        moved: the mean absolute change of the answer; of a label, the share of answers that change.
        found: whether the growth is above 0 at 95 %, corrected for the number of inputs.
        remaining: what becomes of the gaps between groups.
    """

    feature: str
    moved: float
    loss: Measured | None = None
    found: bool = False
    remaining: tuple[Remaining, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """The widest gap between two groups in what is answered on average: `high` minus `low`."""

    feature: str
    high: str
    low: str
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Carrier:
    """An input that reveals a sensitive feature: by itself, and how much less all inputs reveal without what it tells."""

    feature: str
    alone: float
    drop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Revealed:
    """How well a group is told from all others: by the inputs (cross-fitted), and by the answers. None where too few rows allow no number."""

    group: str
    rows: int
    inputs: Area | None = None
    answers: Area | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """How well inputs and answers reveal a sensitive feature.

    Args:
        feature: the sensitive feature.
        is_input: whether its own column is an input, which is left out of the inputs here.
        groups: one against all others; of two groups, the first.
        carriers: the inputs that reveal most, the strongest first.
        reason: why a group has no number; empty where all have one.
    """

    feature: str
    is_input: bool
    groups: tuple[Revealed, ...]
    carriers: tuple[Carrier, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipPair:
    """Every row answered twice, as one of the one group and as one of the other, with nothing else changed.

    Args:
        first, second: the groups.
        rate: the share of rows whose answer changes.
        first_higher: rows whose answer is higher as one of the first group; of labels, selected only there.
        second_higher: the other way round.
        p_value: of the exact matched-pair test that neither way is more frequent (McNemar), not corrected.
    """

    first: str
    second: str
    rate: Rate
    first_higher: int
    second_higher: int
    p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipAudit:
    """Whether answers change when nothing but a sensitive feature does.

    Args:
        feature: the sensitive feature.
        is_input: whether it is an input at all; if not, its value cannot be changed, and no answer depends on it directly.
        any: rows whose answer is not the same as one of every group.
        pairs: the groups two by two.
        groups: the share of `any`, by the group that a row is really of.
        reason: why there are no numbers; empty where there are.
    """

    feature: str
    is_input: bool
    any: Rate | None = None
    pairs: tuple[FlipPair, ...] = ()
    groups: tuple[GroupRate, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyFlips:
    """Whether answers change when a row gets the proxies that it would have as one of another group, and its value where that is an input.

    Args:
        feature: the sensitive feature.
        proxies: the inputs that are exchanged; none where no input is shown to tell it, and then there are no numbers.
        any, pairs, groups: as in `FlipAudit`.
        reason: why there are no numbers, or why they may say too little; empty where neither.
    """

    feature: str
    proxies: tuple[str, ...]
    any: Rate | None = None
    pairs: tuple[FlipPair, ...] = ()
    groups: tuple[GroupRate, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A rule of the surrogate: conditions that hold together, what it then answers, and for how many of the held-out rows; None where that is not shown."""

    conditions: tuple[str, ...]
    answer: str
    rows: int | None = None
    agreeing: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surrogate:
    """A decision tree that imitates the candidate, measured on rows that it has not seen.

    Args:
        depth: the most conditions of a rule.
        fidelity: how often it answers as the candidate does, or comes within `tolerance` of its number.
        plain: how often the best constant answer does; a fidelity is to be read against it.
        groups: the fidelity in every group.
        leaves: its rules.
        tolerance: a tenth of the spread of the candidate's numbers; None where answers are labels.
    """

    depth: int
    fidelity: Rate
    plain: Rate
    groups: tuple[GroupRate, ...]
    leaves: tuple[Leaf, ...]
    tolerance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroup:
    """Rows that meet some conditions together, on the half of the rows that confirms.

    Args:
        conditions: one to three.
        rows: how many meet them.
        loss: their mean loss.
        others: the mean loss of all other rows.
        p_value: one-sided, corrected for the number of subgroups that were put to confirmation.
        confirmed: whether it is at most 0.05.
    """

    conditions: tuple[str, ...]
    rows: int
    loss: float
    others: float
    p_value: float
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SubgroupSearch:
    """The search for subgroups with a worse error: `tried` on one half of the rows, the worst put to confirmation on the other."""

    tried: int
    searched_rows: int
    confirming_rows: int
    subgroups: tuple[Subgroup, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that was found out by asking a candidate.

    Args:
        seed: what every random draw comes from.
        rows: how many rows of the table were looked at.
        of: how many it has.
        inputs: the columns that the candidate takes.
        loss: how a row's loss is measured, in words.
        base_loss: the mean loss; None where no row has a label.
        repeats: how often every input was shuffled.
        shuffled: over how many of the rows.
        gaps: of every sensitive feature.
        importances: of every input, the most important first.
        agreement: Spearman's correlation of the two rankings, by loss and by what moves; None where there is none.
        proxies, flips: one per sensitive feature.
        proxy_flips: the same; none in records from before they were known.
        shapley, dependences, local_reasons, counterfactuals: of `local_explanation`.
        not_produced: what was asked for and is not here, with the reason: `part: reason`.
        asked: how many rows the candidate was asked about, the table's own included.
        fault: what the candidate did wrong when it was asked; empty where nothing.
        withheld: whether numbers by group, and of few rows, are left out, because a policy does not let them be shown.
    """

    seed: int
    rows: int
    of: int
    inputs: tuple[str, ...]
    loss: str
    base_loss: float | None = None
    repeats: int = 0
    shuffled: int = 0
    gaps: tuple[Gap, ...] = ()
    importances: tuple[Importance, ...] = ()
    agreement: float | None = None
    proxies: tuple[Proxy, ...] = ()
    flips: tuple[FlipAudit, ...] = ()
    proxy_flips: tuple[ProxyFlips, ...] = ()
    surrogate: Surrogate | None = None
    subgroups: SubgroupSearch | None = None
    shapley: Shapley | None = None
    dependences: tuple[Dependence, ...] = ()
    local_reasons: LocalReasons | None = None
    counterfactuals: Counterfactuals | None = None
    not_produced: tuple[str, ...] = ()
    asked: int = 0
    fault: str = ""
    withheld: bool = False
