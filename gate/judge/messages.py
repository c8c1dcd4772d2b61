"""One sentence per finding, for a person. Names are raw here: every output escapes them for itself."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from gate.core.decision import Outcome
from gate.core.metric import RANKING_RATES, Form, Rate
from gate.core.policy import Burden
from gate.judge.questions import Answer, Question
from gate.metrics.catalogue import ADVISORY_ONLY
from gate.metrics.comparisons import Worse, both_ways, worse
from gate.metrics.design import FEWEST_CLUSTERS
from gate.metrics.kinds import is_two_sided
from gate.metrics.measures import measured
from gate.metrics.paired import LEAST_TRIALS, shares_denominator
from gate.metrics.ranking import queries

__all__ = ["number", "rule_message"]

_MOST_NAMES = 5


def number(value: float) -> str:
    """Three decimals: enough to compare with a threshold, no more than the data carry."""
    return f"{value:.3f}"


def _figure(question: Question, value: float) -> str:
    """A rate with three decimals; a mean of errors, which may be of any size, with four digits."""
    return f"{value:.4g}" if question.of_means else number(value)


def rule_message(question: Question, found: Answer | None, outcome: Outcome, burden: Burden, *, detectable: float | None, not_disproved: bool) -> str:
    """What was found, what is proven of it, and which groups are too small."""
    if found is None:
        return _join("no estimate: too few groups have the rows that this metric divides by", _small(question, burden=burden))
    parts = [_observed(question, found)]
    if burden is Burden.POINT_ESTIMATE:
        parts.append("point estimate, no error control")
    else:
        parts.append(_proven(question, found, outcome))
    parts.extend(_compared(question))
    if not_disproved and question.measurable:
        parts.append(_caught(question, detectable))
    return _join("; ".join(parts), _small(question, burden=burden))


def _observed(question: Question, found: Answer) -> str:
    if question.baseline is not None:
        return _moved(question, found)
    name = f"|{found.rate.value}|" if is_two_sided(question.metric) else found.rate.value
    names = [question.groups[i] for i in found.deciding]
    if len(found.deciding) == 2:
        return f"{name} is {_figure(question, found.rates[0])} for {names[0]} and {_figure(question, found.rates[1])} for {names[1]}"
    return f"{name} is {_figure(question, found.rates[0])}" + (f" for {names[0]}" if names[0] else "")


def _moved(question: Question, found: Answer) -> str:
    """What the candidate's rate is beside the baseline's: the answer's own value is how far it moved."""
    (index,) = found.deciding
    own = float(measured(found.rate, question.cells, question.statistics, level=question.levels.passing).value[index])
    before = own + found.rates[0] if question.threshold.max_drop is not None else own - found.rates[0]
    group = f" for {question.groups[index]}" if question.groups[index] else ""
    return f"{found.rate.value} is {number(own)}{group} and {number(before)} with {question.baseline} on the same rows"


def _proven(question: Question, found: Answer, outcome: Outcome) -> str:
    """What the limits say, in the units of the metric."""
    what = _what(question)
    bound = _bound(question)
    at_least, at_most = _limit(question, found.lower), _limit(question, found.upper)
    ceiling = question.threshold.ceiling is not None
    proven = "is proven to be" if question.metric.calibrated else "is, by approximate limits,"
    match outcome:
        case Outcome.FAIL:
            return f"{what} {proven} {'at least ' + at_least if ceiling else 'at most ' + at_most}, {bound}"
        case Outcome.PASS:
            return f"{what} {proven} {'at most ' + at_most if ceiling else 'at least ' + at_least}, {bound}"
        case _ if found.lower is None and found.upper is None:
            return f"{what} has no limits on these rows, {bound}"
        case _:
            return f"{what} may lie anywhere from {at_least} to {at_most}, {bound}"


def _what(question: Question) -> str:
    if question.baseline is not None:
        return "the drop" if question.threshold.max_drop is not None else "the rise"
    return {Form.DIFFERENCE: "the gap", Form.RATIO: "the ratio"}.get(question.metric.form, "the mean" if question.of_means else "the rate")


def _compared(question: Question) -> Iterator[str]:
    """Which gaps are looked at, where not all are."""
    if question.metric.form not in (Form.DIFFERENCE, Form.RATIO):
        return
    comparison = question.comparison
    if comparison.reference is not None:
        yield f"compared with {_listed(question, comparison.reference)} only"
    if comparison.protected is not None:
        ambiguous = both_ways(question.metric) or all(worse(rate) is Worse.EITHER for rate in question.metric.rates)
        yield f"judged only {'for' if ambiguous else 'to the disadvantage of'} {_listed(question, comparison.protected)}"


def _listed(question: Question, chosen: NDArray[np.bool_]) -> str:
    names = [question.groups[i] for i in np.flatnonzero(chosen)]
    return ", ".join(names[:_MOST_NAMES]) + (f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else "")


def _limit(question: Question, value: float | None) -> str:
    return _figure(question, value) if value is not None else "no limit"


def _bound(question: Question) -> str:
    threshold = question.threshold
    return f"at most {threshold.ceiling:g} is allowed" if threshold.ceiling is not None else f"at least {threshold.min:g} is required"


def _caught(question: Question, detectable: float | None) -> str:
    if (unknown := _not_worked_out(question)) is not None:
        return unknown
    if detectable is None:
        return "not disproved, but these rows could not have disproved any value"
    direction = "or more" if question.threshold.max is not None else "or less"
    return f"not disproved: a true value of {detectable:g} {direction} would have been caught with 80 % power"


def _not_worked_out(question: Question) -> str | None:
    """Why it is not known what these rows would have caught; None where it is."""
    if question.baseline is not None:
        return f"not disproved; how large {_what(question)} has to be to be caught on these rows was not worked out"
    if not question.metric.calibrated:
        return "not disproved; what these rows would have caught is not known for this metric"
    if question.of_means:
        return "not disproved; what these rows would have caught is not computed for means of errors"
    if not ADVISORY_ONLY.isdisjoint(question.metric.rates):
        return "not disproved; which true value these rows would have caught is not computed for this metric"
    return None


def _small(question: Question, *, burden: Burden) -> str:
    """Which groups are below the policy's minimum, and what follows."""
    small = [_lacking(question, i) for i, enough in enumerate(question.sufficient) if not enough]
    if not small:
        return ""
    listed = ", ".join(small[:_MOST_NAMES]) + (f" and {len(small) - _MOST_NAMES} more" if len(small) > _MOST_NAMES else "")
    consequence = "reported, not judged" if question.lenient else ("so nothing is proven" if burden is Burden.GATE else "so this cannot pass")
    return f"too few in {listed}: {consequence}"


def _lacking(question: Question, index: int) -> str:
    """A group and what it lacks: `hispanic (13 of 30 negatives)`."""
    name = question.groups[index] or "the whole table"
    for unit in ("rows", "labelled", "positives", "negatives"):
        have, needed = int(getattr(question.cells, unit)[index]), question.needed(unit)
        if unit in question.units and have < needed:
            return f"{name} ({have} of {needed} {'labelled rows' if unit == 'labelled' else unit})"
    if lacking := _of_queries(question, index):
        return f"{name} ({lacking})"
    if question.baseline is not None and not shares_denominator(question.metric.rates[0]):
        return f"{name} (fewer than {LEAST_TRIALS} rows that {question.metric.id} divides by, for one of the models)"
    return f"{name} ({_weakened(question, index) or 'nothing to divide by'})"


def _of_queries(question: Question, index: int) -> str:
    """Which queries a group of a ranking lacks; empty where none."""
    for rate in (rate for rate in question.metric.rates if rate in RANKING_RATES):
        have = int(queries(rate, [entry.ranks for entry in question.statistics])[index])
        if have < FEWEST_CLUSTERS:
            which = {Rate.NDCG: " with a label above 0 and none missing", Rate.TOP_K_SELECTION_RATE: " with more rows than first places"}.get(rate, "")
            return f"{have} of {FEWEST_CLUSTERS} queries{which}"
    return ""


def _weakened(question: Question, index: int) -> str:
    """What a group lacks because its rows are weighted or clustered; empty where nothing."""
    for unit, sized, least in question.sizes:
        size = float(sized.size[index])
        if 0 < size < least:
            return f"its {unit} count as {size:.1f} independent ones, of {least}"
        if sized.clusters is not None and 0 < sized.clusters[index] < FEWEST_CLUSTERS:
            return f"{int(sized.clusters[index])} of {FEWEST_CLUSTERS} clusters with {unit}"
    return ""


def _join(*parts: str) -> str:
    return "; ".join(part for part in parts if part)
