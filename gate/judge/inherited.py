"""The ratchet: a violation that the champion has already may stay for a time; whatever is new or worse stops the candidate.

What a rule claims of a candidate, of every group or of every pair of groups, is taken one claim at a time. A claim
stands as the rule wants it, or it is inherited: the champion is *proven* to violate the same claim on the same rows,
and the candidate is *proven* to be at most `tolerance` worse in it. The finding is accepted when every claim is the one
or the other. Every part has to be shown, so that no correction for many claims is needed; nothing unknown is accepted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gate.core.confusion import ConfusionCounts
from gate.core.decision import Effect, Finding, Inherited
from gate.core.facts import BaselineFacts, BaselineStatus, Facts
from gate.core.metric import Form, Rate
from gate.core.paired import PairedCells
from gate.core.policy import CHAMPION, Burden, Enforcement, Rule
from gate.judge.questions import Question
from gate.metrics.intervals import Limits, contrast_lower, contrast_upper
from gate.metrics.kinds import inheritable_metric
from gate.metrics.measures import paired_with
from gate.metrics.paired import drop, rise
from gate.metrics.rates import Cells

__all__ = ["as_inherited"]

Mask = NDArray[np.bool_]


def as_inherited(rule: Rule, question: Question, finding: Finding, facts: Facts) -> Finding:
    """The finding as it is, or accepted because the champion has the violation already; the outcome never changes.

    Args:
        rule: what was asked.
        question: the same of the counts.
        finding: what was found.
        facts: the models that answered the same rows, who the candidate is, and under which rules it was still accepted.
    """
    terms = rule.inherits
    if terms is None or finding.effect is Effect.NONE:
        return finding
    champion = next((entry for entry in facts.baselines if entry.name == CHAMPION), None)
    refusal = _unheard(rule, question, finding, champion, facts) or _refuted(question, finding, tolerance=terms.tolerance)
    if champion is None or refusal:
        return replace(finding, message=f"{finding.message}; not accepted as inherited: {refusal}")
    inherited = Inherited(source=champion.version or CHAMPION, until=terms.until, tolerance=terms.tolerance)
    shown = f"{_named(champion)} is proven to violate this too, and the candidate to be at most {terms.tolerance:g} worse"
    message = f"{finding.message}; inherited violation, accepted until {terms.until.isoformat()}: {shown}"
    return replace(finding, effect=Effect.NONE, inherited=inherited, message=message)


def _named(champion: BaselineFacts) -> str:
    return CHAMPION if champion.version is None else f"{CHAMPION} (version {champion.version})"


def _unheard(rule: Rule, question: Question, finding: Finding, champion: BaselineFacts | None, facts: Facts) -> str:
    """Why the champion is not even looked at; empty when it is."""
    if rule.id not in facts.inheriting:
        return "it could be until an earlier day only"
    if finding.enforcement is not Enforcement.SOFT_MANDATORY or finding.burden_of_proof is Burden.POINT_ESTIMATE:
        return "nobody is excused from such a rule, or nothing is proven under it"
    if question.of_classes or question.sizes or question.baseline is not None or not inheritable_metric(question.metric):
        return "the two models cannot be compared in this"
    return _silent(champion, facts)


def _silent(champion: BaselineFacts | None, facts: Facts) -> str:
    """Why there is nobody to inherit from; empty when there is."""
    if champion is None or champion.status is BaselineStatus.ABSENT:
        return "there is no champion"
    if champion.status is not BaselineStatus.COMPARED:
        return f"{_named(champion)} did not answer: {champion.detail}"
    if champion.digest is not None and champion.digest == facts.candidate.digest:
        return "the candidate is the champion itself, and inherits from nobody"
    return ""


def _refuted(question: Question, finding: Finding, *, tolerance: float) -> str:
    """What is new, worse, or not shown to be neither; empty when every claim stands or is inherited."""
    if not question.provable:
        return "groups are too small to show that the candidate is not worse"
    claims = tuple(_claims(question, tolerance=tolerance))
    if not any(np.any(claim.before & ~claim.met) for claim in claims):
        return f"{CHAMPION} is not proven to violate it on the same rows"
    for claim in claims:
        stands = ~claim.broken if finding.burden_of_proof is Burden.GATE else np.where(claim.needed, claim.met, ~claim.broken)
        if np.any(~stands & ~claim.before):
            return f"it is also violated, or not shown to be met, where {CHAMPION} is not proven to violate it"
        if np.any(~stands & ~claim.no_worse):
            return f"the candidate is not proven to be at most {tolerance:g} worse than {CHAMPION}"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Claims:
    """Some claims of a rule, of one group or ordered pair each.

    Args:
        met: proven of the candidate.
        broken: disproved of it.
        needed: of groups that a pass needs.
        before: disproved of the champion.
        no_worse: the candidate is proven to be at most the tolerance worse than the champion.
    """

    met: Mask
    broken: Mask
    needed: Mask
    before: Mask
    no_worse: Mask


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Rates:
    """One rate of both models in every group: limits at the levels that pass and fail, and how much worse the candidate is."""

    passing: Limits
    failing: Limits
    champion: Limits
    worse: Limits
    judged: Mask


def _claims(question: Question, *, tolerance: float) -> Iterator[_Claims]:
    cells = paired_with(CHAMPION, question.statistics)
    champion = replace(question, cells=Cells.of([_answers(entry) for entry in cells]), statistics=())
    for rate in question.metric.rates:
        rates = _Rates(
            passing=question.limits(rate, level=question.levels.passing),
            failing=question.limits(rate, level=question.levels.failing),
            champion=champion.limits(rate, level=question.levels.failing),
            worse=_worse(question, rate, cells),
            judged=question.judged,
        )
        if question.metric.form is Form.DIFFERENCE:
            yield from _of_pairs(question, rate, rates, tolerance=tolerance)
        else:
            yield _of_groups(question, rates, tolerance=tolerance)


def _worse(question: Question, rate: Rate, cells: Sequence[PairedCells]) -> Limits:
    """Candidate minus champion, or, under a floor, champion minus candidate."""
    move = rise if question.threshold.max is not None else drop
    return move(rate, cells, level=question.levels.passing)


def _of_groups(question: Question, rates: _Rates, *, tolerance: float) -> _Claims:
    """A claim for every group: its rate is within the bound."""
    most, least = question.threshold.max, question.threshold.min or 0.0
    met = rates.passing.upper <= most if most is not None else rates.passing.lower >= least
    broken, before = (kind.lower > most if most is not None else kind.upper < least for kind in (rates.failing, rates.champion))
    return _Claims(
        met=met & rates.passing.defined,
        broken=broken & rates.failing.defined,
        needed=rates.judged,
        before=before & rates.champion.defined,
        no_worse=(rates.worse.upper <= tolerance) & rates.worse.defined,
    )


def _of_pairs(question: Question, rate: Rate, rates: _Rates, *, tolerance: float) -> Iterator[_Claims]:
    """A claim for every ordered pair that is compared, first group by first group: its gap is within the bound."""
    bound = question.threshold.max or 0.0
    for pairing in question.pairings(rate):
        for first in map(np.asarray, np.flatnonzero(pairing.first)):
            others = pairing.second.copy()
            others[first] = False
            second = np.flatnonzero(others)
            (passing, failing, champion, worse) = (
                (kind.take(first), kind.take(second)) for kind in (rates.passing, rates.failing, rates.champion, rates.worse)
            )
            yield _Claims(
                met=(contrast_upper(*passing) <= bound) & _both(passing),
                broken=(contrast_lower(*failing) > bound) & _both(failing),
                needed=rates.judged[first] & rates.judged[second],
                before=(contrast_lower(*champion) > bound) & _both(champion),
                no_worse=(contrast_upper(*worse) <= tolerance) & _both(worse),
            )


def _both(pair: tuple[Limits, Limits]) -> Mask:
    return pair[0].defined & pair[1].defined


def _answers(cells: PairedCells) -> ConfusionCounts:
    """What the champion answers in a group."""
    (tp, fn), (fp, tn), (selected, rejected) = cells.positives.baseline, cells.negatives.baseline, cells.unlabelled.baseline
    return ConfusionCounts(tp=tp, fn=fn, fp=fp, tn=tn, unlabelled_selected=selected, unlabelled_rejected=rejected)
