"""What a truly fair model could show on given rows, before any model exists.

The questions are those of a check, and the answers come from the same simulation that says what would settle an
undecided finding. What a model does is assumed instead of counted: the rates that `Assumed` names, the same in every
group. Nothing here is a verdict, and nothing here changes one.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics
from gate.core.metric import Form, Metric, Rate
from gate.core.model import Intersection, ModelConfig
from gate.core.policy import Burden, Enforcement, Policy, Rule, Scope, Threshold
from gate.judge.asked import asked
from gate.judge.assumed_scores import assumed_scores
from gate.judge.findings import burden_of, crossings_of, question_of
from gate.judge.growing import Growing
from gate.judge.planning import beyond, detectable, plan_of
from gate.judge.questions import Question
from gate.judge.simulation import POWER
from gate.judge.sizing import Sizing
from gate.metrics.catalogue import ADVISORY_ONLY, by_name
from gate.metrics.kinds import SCORE_RATES
from gate.metrics.rates import Cells

__all__ = ["Assumed", "Case", "Forecast", "Needs", "Plan", "Prospect", "Remedy", "RemedyKind", "Shortage", "cases", "forecast", "spread_of", "undecidable"]

HOPELESS = 0.05
"""Below this chance to pass, a question counts as one that these rows never decide."""
HELPS = 0.1
"""A remedy is worth naming when it raises the chance to pass by this much, or changes the prospect."""
_IDEAL = 10**9


class Prospect(StrEnum):
    """What becomes of a question on these rows."""

    DECIDABLE = "decidable"  # a fair model passes with a chance of at least 80 %
    UNLIKELY = "unlikely"
    NEVER = "never on this data"
    UNKNOWN = "not computed"  # the metric is none that planning can simulate
    WATCHED = "watched"  # the gate bears the burden: nothing has to be shown, some gaps would be caught


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What a truly fair and decent model does, in every group alike; rates in [0, 1].

    `base_rate` is the share of positives among the labelled rows. Rules on selection are planned with
    `selection_rate`, all others with the two error rates; the three need not agree with one another. Where `recorded`,
    none of them is used: groups are as a record shows them together.
    """

    base_rate: float
    selection_rate: float
    true_positive_rate: float = 0.8
    false_positive_rate: float = 0.2
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortage:
    """A group below the policy's minimum; the whole table is the group without a name."""

    group: str
    unit: str
    have: int
    need: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Sizes at which a fair model passes with a chance of 80 %: every group has at least so many, larger ones stay.

    Args:
        unit: what is counted: rows, positives or negatives.
        if_equal: if the groups are truly alike; None where no size suffices.
        if_half: if the true gap is half the threshold, or the true distance half as large.
        have: what the groups that are smaller have now.
        binding: the smallest of the groups that a pass needs.
        binding_have: what it has now; sizes at or below it are there already.
    """

    unit: str
    if_equal: int | None
    if_half: int | None
    have: Mapping[str, int]
    binding: str
    binding_have: int


class RemedyKind(StrEnum):
    """What can be changed about a question."""

    BALANCE = "balance"  # draw as many rows of every group, at the same total
    POOL = "pool"  # join the smallest groups into one
    BURDEN = "burden"  # let the gate bear the burden of proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A change that helps, and what comes of it.

    Args:
        kind: what is changed.
        power: the chance to pass after it; None where the burden changes.
        prospect: what becomes of the question after it.
        groups: the groups that are pooled.
        rows: the rows of every group after balancing, or of the pooled group.
        detectable: the smallest true violation that would still be caught if the gate bore the burden.
    """

    kind: RemedyKind
    power: float | None
    prospect: Prospect
    groups: tuple[str, ...] = ()
    rows: int | None = None
    detectable: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What can become of one rule on one feature or intersection.

    Args:
        rule, metric, scope, feature, threshold, enforcement, burden: what is asked.
        prospect: one word.
        power: the chance that a fair model passes; None where no proof is asked of it.
        needs: the sizes that it takes; None where no proof is asked or no size suffices.
        shortages: groups below the policy's minimum that a pass needs.
        detectable: where the gate bears the burden, the smallest true violation caught with 80 % power.
        reason: why it is never decided, where a size cannot say it.
        remedies: what would help, computed only where the question is not decidable.
    """

    rule: str
    metric: str
    scope: Scope
    feature: str | None
    threshold: Threshold
    enforcement: Enforcement
    burden: Burden
    prospect: Prospect
    power: float | None = None
    needs: Needs | None = None
    shortages: tuple[Shortage, ...] = ()
    detectable: float | None = None
    reason: str = ""
    remedies: tuple[Remedy, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The forecasts of a whole policy, and what they rest on; `notes` says what else was assumed of the rows."""

    model: str
    tier: str
    rows: int
    labelled: int
    assumed: Assumed
    forecasts: tuple[Forecast, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A rule on one feature or intersection, or on the whole table, at a look at the holdout; None is one that is not counted."""

    policy: Policy
    rule: Rule
    metric: Metric
    crossing: Intersection | None
    burden: Burden
    look: int | None = None

    @property
    def feature(self) -> str | None:
        """Its name; None for the whole table."""
        return self.crossing.name if self.crossing else None

    def question(self, table: ContingencyTable, assumed: Assumed) -> Question:
        """What would be asked of a model that behaves as assumed on the rows of `table`."""
        return question_of(self.policy, self.rule, self.metric, self.crossing, _behaving(table, self.metric, assumed), look=self.look)


def cases(policy: Policy, model: ModelConfig, *, look: int | None = None) -> Iterator[Case]:
    """Everything that a check would ask under this policy, in its order.

    Rules that do not apply are left out, and so are comparisons with another model and metrics with approximate limits,
    which are advisory: nothing is promised about them.
    """
    for rule in (rule for rule in policy.rules if not rule.of_user):
        metric = by_name(rule.metric)
        if metric is None:
            raise ValueError(f"unknown metric {rule.metric}")
        if rule.baseline is None and metric.calibrated and rule.applies(model):
            crossings = (None,) if rule.scope is Scope.OVERALL else crossings_of(policy, rule, model)
            for crossing in crossings:
                yield Case(policy=policy, rule=rule, metric=metric, crossing=crossing, burden=burden_of(policy, rule, crossing), look=look)


def undecidable(policy: Policy, model: ModelConfig, table: ContingencyTable, assumed: Assumed) -> tuple[Forecast, ...]:
    """The questions that these rows never decide, without remedies; `table` needs labels and groups only."""
    found = (forecast(case, table, assumed, remedies=False) for case in cases(policy, model))
    return tuple(entry for entry in found if entry.prospect is Prospect.NEVER)


def forecast(case: Case, table: ContingencyTable, assumed: Assumed, *, remedies: bool = True) -> Forecast:
    """What can become of one question on these rows.

    Args:
        case: the question.
        table: rows and labels per group; how they are predicted is ignored.
        assumed: how a fair model behaves.
        remedies: whether to look for what would help.
    """
    question = case.question(table, assumed)
    if not ADVISORY_ONLY.isdisjoint(case.metric.rates):
        return _forecast(case, Prospect.UNKNOWN, shortages=(), reason="its limits are not calibrated, so it may advise only")
    if question.of_means and case.burden is Burden.GATE:
        return _forecast(case, Prospect.UNKNOWN, shortages=_shortages(question), reason="what these rows would catch is not computed for means of errors")
    if case.burden is Burden.GATE:
        return _watched(case, question)
    if case.burden is Burden.POINT_ESTIMATE:
        prospect = Prospect.DECIDABLE if question.provable else Prospect.NEVER
        return _forecast(case, prospect, shortages=_shortages(question), reason="decided by the estimate alone, without error control")
    sizing = _sizing(question, assumed)
    power = _chance(question, assumed)
    found = _forecast(case, _prospect(power), power=power, needs=_needs(question, sizing), shortages=_shortages(question), reason=_hindrance(question, sizing))
    if not remedies or found.prospect is Prospect.DECIDABLE:
        return found
    return replace(found, remedies=tuple(_remedies(case, table, assumed, power)))


def _forecast(
    case: Case,
    prospect: Prospect,
    *,
    shortages: tuple[Shortage, ...],
    reason: str = "",
    power: float | None = None,
    needs: Needs | None = None,
    detectable: float | None = None,
) -> Forecast:
    rule = case.rule
    return Forecast(
        rule=rule.id, metric=rule.metric, scope=rule.scope, feature=case.feature, threshold=rule.threshold, enforcement=rule.enforcement,
        burden=case.burden, prospect=prospect, power=power, needs=needs, shortages=shortages, detectable=detectable, reason=reason,
    )  # fmt: skip


def _watched(case: Case, question: Question) -> Forecast:
    """Under the gate's burden nothing has to be shown; the question is what would be caught."""
    shortages = _shortages(question)
    if not question.sampled or not question.measurable:
        return _forecast(case, Prospect.NEVER, shortages=shortages, reason=_ungrouped(question))
    gap = detectable(question)
    if gap is None:
        return _forecast(case, Prospect.NEVER, shortages=shortages, reason="not even the largest violation would be caught")
    return _forecast(case, Prospect.WATCHED, shortages=shortages, detectable=case.metric.shown(gap))


def _prospect(power: float) -> Prospect:
    if power >= POWER:
        return Prospect.DECIDABLE
    return Prospect.NEVER if power < HOPELESS else Prospect.UNLIKELY


def _chance(question: Question, assumed: Assumed) -> float:
    """The chance that a fair model passes: none where a group that a pass needs is below the minimum."""
    if not question.provable:
        return 0.0
    sizing = _sizing(question, assumed)
    return sizing.chance(sizing.equal(sizing.pooled_rate(0)))


def _sizing(question: Question, assumed: Assumed) -> Sizing | Growing:
    """The question's trials with the rates that are assumed, free of the rounding of small groups; or what was counted, grown."""
    sizing = plan_of(question)
    if isinstance(sizing, Growing):
        return sizing
    positives = round(_IDEAL * assumed.base_rate)
    ideal = Cells.of([_behaving_group(ConfusionCounts(fn=positives, tn=_IDEAL - positives), *_answers(question.metric, assumed))])
    pooled = tuple(tuple(float(part.successes(ideal)[0] / max(int(part.trials(ideal)[0]), 1)) for part in rate) for rate in sizing.parts)
    return replace(sizing, pooled=pooled)


def _needs(question: Question, sizing: Sizing | Growing) -> Needs | None:
    """Sizes for 80 % power, and the smallest group that a pass needs."""
    judged = [index for index in range(len(question.groups)) if question.judged[index]]
    rate = sizing.pooled_rate(0)
    if not judged or _out_of_reach(question, rate):
        return None
    binding = min(judged, key=sizing.have)
    have = sizing.have(binding)
    equal, half = (_at_least(sizing.smallest(world), have) for world in (sizing.equal(rate), sizing.half(rate, (binding,))))
    largest = max((size for size in (equal, half) if size is not None), default=0)
    lacking = {question.groups[index]: sizing.have(index) for index in judged if sizing.have(index) < largest}
    return Needs(unit=sizing.unit, if_equal=equal, if_half=half, have=lacking, binding=question.groups[binding], binding_have=have)


def _at_least(size: int | None, have: int) -> int | None:
    return None if size is None else max(size, have)


def _out_of_reach(question: Question, rate: float) -> bool:
    """True for a floor or ceiling that the assumed model itself does not meet."""
    return question.metric.form not in (Form.DIFFERENCE, Form.RATIO) and beyond(question, rate)


def _hindrance(question: Question, sizing: Sizing | Growing) -> str:
    """Why no number of rows helps, or why no group is judged at all."""
    rate = sizing.pooled_rate(0)
    if _out_of_reach(question, rate):
        return f"the assumed model does not meet it either: its {question.metric.rates[0].value} is {rate:.3f}"
    return _ungrouped(question)


def _ungrouped(question: Question) -> str:
    """Where small groups are only reported, too few may be left to ask at all."""
    return "too few of its groups reach the policy's minimum" if question.lenient and not question.provable else ""


def _shortages(question: Question) -> tuple[Shortage, ...]:
    """The groups that a pass needs and that are below the minimum, each with what it lacks first."""
    needed = np.logical_not(question.sufficient) & (question.judged if np.any(question.judged) else True)
    return tuple(_shortage(question, int(index)) for index in np.flatnonzero(needed))


def _shortage(question: Question, index: int) -> Shortage:
    for unit in ("rows", "labelled", "positives", "negatives"):
        have, need = int(getattr(question.cells, unit)[index]), question.needed(unit)
        if unit in question.units and have < need:
            return Shortage(group=question.groups[index], unit=unit, have=have, need=need)
    return Shortage(group=question.groups[index], unit="rows to divide by", have=0, need=1)


def spread_of(statistics: Statistics) -> bool:
    """Whether a record shows how numbers vary, so that nothing is assumed of it, and no row moved from group to group."""
    return any(entry is not None for entry in (statistics.scores, statistics.moments, statistics.sums, statistics.ranks))


# ---------------------------------------------------------------------------------------------- an assumed model


def _answers(metric: Metric, assumed: Assumed) -> tuple[float, float]:
    """How often a positive and a negative row are selected."""
    if metric.rates[0] in {Rate.SELECTION_RATE, Rate.REJECTION_RATE}:
        return assumed.selection_rate, assumed.selection_rate
    return assumed.true_positive_rate, assumed.false_positive_rate


def _behaving(table: ContingencyTable, metric: Metric, assumed: Assumed) -> ContingencyTable:
    """The rows of the table, answered as assumed."""
    answers = _answers(metric, assumed)
    scored = not SCORE_RATES.isdisjoint(metric.rates)
    groups = tuple(
        replace(
            entry, counts=_behaving_group(entry.counts, *answers), statistics=_scoring(entry.counts, entry.statistics, assumed) if scored else entry.statistics
        )
        for entry in table.groups
    )
    overall = _scoring(table.overall, table.statistics, assumed) if scored else table.statistics
    return replace(table, overall=_behaving_group(table.overall, *answers), groups=groups, statistics=overall)


def _scoring(counts: ConfusionCounts, statistics: Statistics, assumed: Assumed) -> Statistics:
    """With scores: those that were counted, or else such as the assumed model gives."""
    if statistics.scores is not None or statistics.moments is not None:
        return statistics
    rates = {"true_positive_rate": assumed.true_positive_rate, "false_positive_rate": assumed.false_positive_rate}
    return replace(statistics, scores=assumed_scores(counts, base_rate=assumed.base_rate, **rates))


def _behaving_group(counts: ConfusionCounts, of_positives: float, of_negatives: float) -> ConfusionCounts:
    tp, fp = round(counts.positives * of_positives), round(counts.negatives * of_negatives)
    return replace(counts, tp=tp, fn=counts.positives - tp, fp=fp, tn=counts.negatives - fp)


# ------------------------------------------------------------------------------------------------ what would help


def _remedies(case: Case, table: ContingencyTable, assumed: Assumed, power: float) -> Iterator[Remedy]:
    """The changes that help, each tried by the simulation of the forecast itself."""
    tried = () if spread_of(table.statistics) else (_balanced(case, table, assumed), _pooled(case, table, assumed))
    yield from (remedy for remedy in tried if remedy is not None and _helps(remedy, power))
    question = replace(case, look=None).question(table, assumed)  # the gate's own proofs do not get harder by looks
    gap = detectable(question) if question.measurable else None
    if gap is not None and not _out_of_reach(question, _sizing(question, assumed).pooled_rate(0)):
        yield Remedy(kind=RemedyKind.BURDEN, power=None, prospect=Prospect.WATCHED, detectable=case.metric.shown(gap))


def _helps(remedy: Remedy, before: float) -> bool:
    return remedy.power is not None and (remedy.power >= before + HELPS or remedy.prospect is not _prospect(before))


def _balanced(case: Case, table: ContingencyTable, assumed: Assumed) -> Remedy | None:
    """As many rows of every group, at the same total; each keeps its own share of positives."""
    groups = asked(case.metric, case.crossing, table).entries if case.crossing else ()
    if len(groups) < 2:
        return None
    rows = sum(entry.counts.rows for entry in groups) // len(groups)
    resized = {(entry.feature, entry.group): replace(entry, counts=_resized(entry.counts, rows, assumed.base_rate)) for entry in groups}
    after = [resized.get((entry.feature, entry.group), entry) for entry in table.groups]
    power = _chance(case.question(replace(table, groups=tuple(after)), assumed), assumed)
    return Remedy(kind=RemedyKind.BALANCE, power=power, prospect=_prospect(power), rows=rows)


def _resized(counts: ConfusionCounts, rows: int, base_rate: float) -> ConfusionCounts:
    """So many rows with the same shares of labels; a group without labels is taken to have the base rate."""
    labelled = round(rows * counts.labelled / counts.rows) if counts.labelled else rows
    positives = round(labelled * (counts.positives / counts.labelled if counts.labelled else base_rate))
    return ConfusionCounts(fn=positives, tn=labelled - positives, unlabelled_rejected=rows - labelled)


def _pooled(case: Case, table: ContingencyTable, assumed: Assumed) -> Remedy | None:
    """The fewest of the smallest groups in one that make the question decidable; else the number that helps most.

    Features only: a cell of an intersection has no neighbour that it could be pooled with. Groups with a role of their
    own (reference, protected, pool, excluded) are not offered for pooling.
    """
    if case.crossing is None or len(case.crossing.features) > 1 or not case.crossing.plain:
        return None
    groups = sorted(table.of(case.crossing.name), key=lambda entry: entry.counts.rows)
    best: Remedy | None = None
    for size in range(2, len(groups)):
        power = _chance(case.question(replace(table, groups=_joined(groups, size)), assumed), assumed)
        if best is None or power > (best.power or 0.0):
            names = tuple(entry.group for entry in groups[:size])
            best = Remedy(kind=RemedyKind.POOL, power=power, prospect=_prospect(power), groups=names, rows=sum(entry.counts.rows for entry in groups[:size]))
        if power >= POWER:
            break
    return best


def _joined(groups: Sequence[GroupCounts], size: int) -> tuple[GroupCounts, ...]:
    """The first `size` groups as one, and the others as they are."""
    total = sum((entry.counts for entry in groups[1:size]), groups[0].counts)
    return (replace(groups[0], group="", counts=total), *groups[size:])
