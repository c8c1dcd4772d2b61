"""Findings in whole people: "of 100 rows of black whose label is 1, the model selects 47; of 100 of white, 76"."""

import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import assert_never

from gate.core.decision import Decision, Estimate, Finding, GroupResult, Outcome
from gate.core.document import Json
from gate.core.metric import Form, Rate
from gate.core.policy import Burden
from gate.metrics.catalogue import by_name, meaning
from gate.report import figures
from gate.report.phrases import name

__all__ = ["filled", "hundred", "of_hundred", "sentence"]

_OF: Mapping[Rate, tuple[str, str]] = MappingProxyType(
    {
        Rate.SELECTION_RATE: ("", "the model selects {}"),
        Rate.REJECTION_RATE: ("", "the model turns away {}"),
        Rate.ACCURACY: (" with a label", "the model is right about {}"),
        Rate.TRUE_POSITIVE_RATE: (" whose {label} is {positive}", "the model finds {}"),
        Rate.FALSE_NEGATIVE_RATE: (" whose {label} is {positive}", "the model misses {}"),
        Rate.FALSE_POSITIVE_RATE: (" whose {label} is not {positive}", "the model selects {} all the same"),
        Rate.TRUE_NEGATIVE_RATE: (" whose {label} is not {positive}", "the model turns away {}"),
        Rate.PRECISION: (" that the model selects", "the {label} of {} is {positive}"),
        Rate.FALSE_DISCOVERY_RATE: (" that the model selects", "the {label} of {} is not {positive}"),
        Rate.FALSE_OMISSION_RATE: (" that the model turns away", "the {label} of {} is {positive}"),
    }
)
"""Of 100 rows of what, and what is said of how many of them."""


def sentence(decision: Decision, finding: Finding) -> str:
    """The finding for a reader who is no statistician: what was measured, for whom, and how sure that is; empty for checks of our own, which are sentences."""
    said = hundred(decision, finding) or _worded(decision, finding)
    return f"{said} {_sure(finding) or _settled(finding)}".strip() if said else ""


def hundred(decision: Decision, finding: Finding, *, unit: str = "rows", called: Callable[[str], str] = name) -> str:
    """The rates of the groups that decide as whole rows, or another unit, of a hundred; empty where the metric is no share of them."""
    rate, results = _rate(finding), _results(decision, finding)
    if rate is None or not results or finding.versus is not None:
        return ""
    metrics = [result.metrics.get(rate.value) for result in results]
    shares = [metric.value for metric in metrics if isinstance(metric, Estimate)]
    if len(shares) < len(results):
        return ""
    kind, says = (filled(decision, words) for words in _OF[rate])
    said = says.replace("{}", of_hundred(shares[0]))
    start = f"Of 100 {unit} of {called(results[0].counts.group)}{kind}, {said}"
    other = f"; of 100 such {unit} of {called(results[1].counts.group)}, {of_hundred(shares[1])}" if len(shares) > 1 else ""
    return f"{start}{other}."


def filled(decision: Decision, words: str) -> str:
    """Words with the names of the label and of its positive value where `{label}` and `{positive}` stand."""
    named = {"{label}": _label(decision), "{positive}": _positive(decision)}
    return re.sub(r"\{label\}|\{positive\}", lambda place: named[place.group()], words)


def _rate(finding: Finding) -> Rate | None:
    """The one rate that the finding is about: the metric's, or that of its several which the message names."""
    metric = by_name(finding.metric or "")
    if metric is None or metric.logarithmic:
        return None
    rates = [rate for rate in metric.rates if len(metric.rates) == 1 or finding.message.startswith(rate.value)]
    return rates[0] if len(rates) == 1 and rates[0] in _OF else None


def _worded(decision: Decision, finding: Finding) -> str:
    """What was measured, where it is no share of rows, or is compared with another model; empty where it has no metric of the catalogue."""
    metric = by_name(finding.metric or "")
    if metric is None:
        return ""
    named = [rate for rate in metric.rates if finding.message.startswith(rate.value)]
    rates = named if len(named) == 1 else list(metric.rates)
    said = "; and ".join(meaning(rate) for rate in rates)
    beside = "" if finding.versus is None else f", beside what {name(finding.versus)} answers to the same rows"
    return f"Measured is {said}{beside}.{_numbers(decision, finding, rates)}"


def _numbers(decision: Decision, finding: Finding, rates: Sequence[Rate]) -> str:
    """The number of each group that decides; nothing where it is not one number of each."""
    if len(rates) != 1 or finding.versus is not None:
        return ""
    numbers = [(result.counts.group, result.metrics.get(rates[0].value)) for result in _results(decision, finding)]
    known = [f"{figures.number(number.value)} for {name(group)}" for group, number in numbers if isinstance(number, Estimate)]
    return f" It is {' and '.join(known)}." if known and len(known) == len(numbers) else ""


def _results(decision: Decision, finding: Finding) -> list[GroupResult]:
    """The results of the groups that decide, in their order."""
    known = {result.counts.group: result for result in decision.judgement.groups if result.counts.feature == finding.feature}
    return [known[group] for group in finding.groups if group in known] if all(group in known for group in finding.groups) else []


def of_hundred(share: float) -> str:
    """A share as a number of a hundred: whole, but with a decimal where that would be 0 or 100 and is not."""
    points = share * 100
    whole = round(points)
    exact = whole not in (0, 100) or abs(points - whole) < 1e-9
    return str(whole) if exact else f"{points:.1f}" if 0.05 <= points <= 99.95 else "fewer than 0.1" if points < 50 else "more than 99.9"


def _sure(finding: Finding) -> str:
    """How sure it is, for gaps only: one side of the interval, in the policy's words of proof."""
    metric = by_name(finding.metric or "")
    if metric is None or metric.form is not Form.DIFFERENCE or finding.levels is None:
        return ""
    if finding.outcome is Outcome.FAIL and finding.lower is not None:
        return f"At the policy's level of proof, the gap is at least {figures.points(finding.lower, up=False)} of 100."
    if finding.outcome is Outcome.PASS and finding.upper is not None:
        return f"At the policy's level of proof, the gap is at most {figures.points(finding.upper, up=True)} of 100."
    if finding.outcome is Outcome.INCONCLUSIVE and finding.upper is not None:
        return f"With these rows, a gap of as much as {figures.points(finding.upper, up=True)} of 100 cannot be ruled out."
    return ""


def _settled(finding: Finding) -> str:
    """What the outcome means."""
    naive = finding.burden_of_proof is Burden.POINT_ESTIMATE
    match finding.outcome:
        case Outcome.PASS:
            return "By the number alone, whatever chance did to it, the rule is met." if naive else "These rows show that the rule is met."
        case Outcome.FAIL:
            return "By the number alone, whatever chance did to it, the rule is not met." if naive else "These rows show that the rule is not met."
        case Outcome.INCONCLUSIVE:
            let = "; the policy lets it through all the same" if finding.not_disproved else ""
            return f"These rows do not settle whether the rule is met{let}."
        case Outcome.NOT_APPLICABLE:
            return "The rule does not apply here."
        case _:
            assert_never(finding.outcome)


def _data(decision: Decision) -> Mapping[str, Json]:
    effective = decision.config.effective
    data = effective.get("data") if isinstance(effective, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def _label(decision: Decision) -> str:
    return name(str(_data(decision).get("label", "label")))


def _positive(decision: Decision) -> str:
    return name(str(_data(decision).get("positive_label", 1)))
