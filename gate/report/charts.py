"""Where estimates, bounds and thresholds lie on a scale, in percent of its width; the page only draws them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import ceil, floor

from gate.core.counts import ConfusionCounts
from gate.core.decision import Decision, Estimate, Finding, GroupResult, Insufficient
from gate.core.metric import REGRESSION_RATES, Form, Rate
from gate.core.policy import Threshold
from gate.metrics.catalogue import by_name
from gate.metrics.kinds import SIGNED
from gate.report import figures
from gate.report.declaration import Roles, roles
from gate.report.remarks import ordered

__all__ = ["Forest", "Mark", "Row", "finding_marks", "forests", "largest", "rates_judged"]

ROWS = 40
"""Groups drawn per figure; the largest ones, where there are more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An estimate with its bounds, and the range that the policy allows, in percent from the left; None is not drawn."""

    value: float | None
    lower: float | None
    upper: float | None
    allowed: tuple[float, float] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One group in a figure: its estimate, or the reason why there is none; `base` counts what the rate divides by."""

    group: str
    base: int
    estimate: Estimate | None
    reason: str
    mark: Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """One rate over the groups of one feature, on one scale from `low` to `high`."""

    feature: str
    rate: str
    base: str
    low: float
    high: float
    rows: tuple[Row, ...]
    omitted: int
    allowance: str


_Scale = tuple[float, float]
_OVER_GROUPS = frozenset({Form.DIFFERENCE, Form.RATIO})


def finding_marks(findings: Iterable[Finding]) -> tuple[Mark | None, ...]:
    """Each finding's value beside its threshold: differences on one common scale, ratios and rates from 0 to 1."""
    chosen = tuple(findings)
    differences = [number for finding in chosen if _is_difference(finding) for number in _numbers(finding)]
    common = (min([0.0, *differences]), max([0.01, *differences]) * 1.05)
    return tuple(_finding_mark(finding, common if _is_difference(finding) else _own_scale(finding)) for finding in chosen)


def _own_scale(finding: Finding) -> _Scale:
    """From 0 to 1 for rates and ratios; as far as its numbers go for a mean of errors."""
    numbers = [number * 1.05 for number in _numbers(finding)] if _of_means(finding) else []
    return (min([0.0, *numbers]), max([1.0 if not numbers else 0.0, *numbers]))


def _of_means(finding: Finding) -> bool:
    metric = by_name(finding.metric or "")
    return metric is not None and metric.form is not Form.RATIO and bool(REGRESSION_RATES.intersection(metric.rates))


def forests(decision: Decision) -> tuple[Forest, ...]:
    """A figure for every feature and every rate that a rule judges, in the order of the groups."""
    results, findings, judged = decision.judgement.groups, ordered(decision.judgement.findings), rates_judged(decision)
    features = dict.fromkeys(result.counts.feature for result in results)
    of = {feature: [result for result in results if result.counts.feature == feature] for feature in features}
    pairs = [(feature, rate) for feature in features for rate in judged if any(rate in result.metrics for result in of[feature])]
    known = {feature: roles(decision.config.effective, feature) for feature in features}
    return tuple(_forest(of[feature], rate, findings, known[feature]) for feature, rate in pairs)


def rates_judged(decision: Decision) -> tuple[str, ...]:
    """The rates of the groups that some rule is made of; all of them where no rule says so."""
    measured = dict.fromkeys(rate for result in decision.judgement.groups for rate in result.metrics)
    metrics = (by_name(finding.metric or "") for finding in decision.judgement.findings)
    judged = {rate.value for metric in metrics if metric for rate in metric.rates}
    return tuple(rate for rate in measured if rate in judged) or tuple(measured)


def _form(finding: Finding) -> Form | None:
    metric = by_name(finding.metric or "")
    if metric is not None and metric.logarithmic:
        return Form.DIFFERENCE
    return metric.form if metric else None


def _is_difference(finding: Finding) -> bool:
    """Whether its value is a difference: between groups, or from a baseline."""
    return finding.versus is not None or _form(finding) is Form.DIFFERENCE


def _numbers(finding: Finding) -> Iterator[float]:
    """Every number that has to fit on a finding's scale."""
    for number in (finding.lower, finding.upper, finding.pair_value, finding.value, figures.bound(finding.threshold)):
        if number is not None:
            yield number


def _finding_mark(finding: Finding, scale: _Scale) -> Mark | None:
    """The deciding groups' value on a scale, with what the threshold allows; None where there is nothing to draw."""
    value = finding.value if finding.pair_value is None else finding.pair_value
    if value is None or finding.threshold is None or finding.metric is None:
        return None
    return _mark(Estimate(value=value, lower=finding.lower, upper=finding.upper), _beyond(finding.threshold, scale), scale)


def _beyond(threshold: Threshold, scale: _Scale) -> _Scale:
    """From the allowed side's end of the scale to the threshold."""
    low, high = scale
    return (low, threshold.ceiling) if threshold.ceiling is not None else (threshold.min or 0.0, high)


def _mark(estimate: Estimate | None, allowed: _Scale | None, scale: _Scale) -> Mark:
    at = None if allowed is None else (_percent(allowed[0], scale), _percent(allowed[1], scale))
    if estimate is None:
        return Mark(value=None, lower=None, upper=None, allowed=at)
    low, high = scale
    lower, upper = (low if estimate.lower is None else estimate.lower), (high if estimate.upper is None else estimate.upper)
    bounded = estimate.lower is not None or estimate.upper is not None
    return Mark(
        value=_percent(estimate.value, scale),
        lower=_percent(lower, scale) if bounded else None,
        upper=_percent(upper, scale) if bounded else None,
        allowed=at,
    )


def _percent(number: float, scale: _Scale) -> float:
    low, high = scale
    return round(min(100.0, max(0.0, (number - low) / (high - low) * 100)), 2) if high > low else 50.0


# ---------------------------------------------------------------------------------------------- rates over groups


def largest(results: list[GroupResult]) -> list[GroupResult]:
    """The largest groups, as many as a figure or table shows, in their order of declaration."""
    by_size = sorted(range(len(results)), key=lambda place: (-results[place].counts.counts.rows, place))[:ROWS]
    return [results[place] for place in sorted(by_size)]


def _forest(results: list[GroupResult], rate: str, findings: Iterable[Finding], known: Roles) -> Forest:
    """One figure: the largest groups in their order of declaration, on a scale that ends at tenths."""
    feature = results[0].counts.feature
    shown = [result for result in largest(results) if rate in result.metrics]
    judged = [result.metrics.get(rate) for result in results if known.judges(feature, result.counts.group)]
    band, allowance = _allowance(judged, rate, [finding for finding in findings if finding.feature == feature], all_pairs=known.all_pairs)
    scale = _tenths([*_spread(shown, rate), *(band or ())])
    base = _base(rate)
    return Forest(
        feature=feature, rate=rate, base=base, low=scale[0], high=scale[1], omitted=len(results) - len(shown), allowance=allowance,
        rows=tuple(_row(result, rate, base, band, scale) for result in shown),
    )  # fmt: skip


def _row(result: GroupResult, rate: str, base: str, band: _Scale | None, scale: _Scale) -> Row:
    number = result.metrics[rate]
    estimate = number if isinstance(number, Estimate) else None
    reason = number.reason if isinstance(number, Insufficient) else ""
    return Row(group=result.counts.group, base=_amount(result.counts.counts, base), estimate=estimate, reason=reason, mark=_mark(estimate, band, scale))


def _spread(results: list[GroupResult], rate: str) -> Iterator[float]:
    for result in results:
        number = result.metrics[rate]
        if isinstance(number, Estimate):
            yield from (edge for edge in (number.lower, number.value, number.upper) if edge is not None)


def _tenths(numbers: list[float]) -> _Scale:
    """The scale from the tenth below all numbers to the tenth above; 0 to 1 where there are none."""
    if not numbers:
        return (0.0, 1.0)
    low, high = floor(min(numbers) * 10) / 10, ceil(max(numbers) * 10) / 10
    return (low, high if high > low else low + 0.1)


def _allowance(numbers: list[Estimate | Insufficient | None], rate: str, findings: list[Finding], *, all_pairs: bool) -> tuple[_Scale | None, str]:
    """The range that the tightest rule on this rate allows the groups, and its name; one range fits all only where all are compared with all."""
    values = [number.value for number in numbers if isinstance(number, Estimate) and number.sufficient]
    bands = [(band, words) for finding in findings for band, words in _band(finding, rate, values) if all_pairs or _form(finding) not in _OVER_GROUPS]
    return min(bands, key=lambda entry: entry[0][1] - entry[0][0], default=(None, ""))


def _band(finding: Finding, rate: str, values: list[float]) -> Iterator[tuple[_Scale, str]]:
    """The range that one rule allows, seen from the lowest group for a difference and from the highest for a ratio."""
    metric, threshold = by_name(finding.metric or ""), finding.threshold
    if metric is None or threshold is None or len(values) < 2 or rate not in metric.rates or finding.versus is not None:
        return
    low, high = min(values), max(values)
    limit = figures.threshold(threshold)[2:]
    if metric.form is Form.DIFFERENCE and threshold.max is not None:
        yield (low, low + threshold.max), f"up to {limit} above the lowest group ({finding.rule})"
    elif metric.form is Form.RATIO and threshold.min is not None:
        yield (high * threshold.min, high), f"at least {limit} of the highest group ({finding.rule})"
    elif metric.form not in _OVER_GROUPS and not SIGNED.isdisjoint(metric.rates) and threshold.max is not None:
        yield (-threshold.max, threshold.max), f"{limit} to either side of 0 ({finding.rule})"
    elif metric.form not in _OVER_GROUPS:
        yield _beyond(threshold, (min(0.0, *values), max(1.0, *values))), f"{figures.threshold(threshold)} ({finding.rule})"


_BASES = {
    Rate.TRUE_POSITIVE_RATE: "positives",
    Rate.FALSE_NEGATIVE_RATE: "positives",
    Rate.FALSE_POSITIVE_RATE: "negatives",
    Rate.TRUE_NEGATIVE_RATE: "negatives",
    Rate.SELECTION_RATE: "rows",
    Rate.REJECTION_RATE: "rows",
}


def _base(rate: str) -> str:
    """What the rate divides by, as far as the counts have a word for it."""
    return _BASES.get(Rate(rate), "labelled") if rate in list(Rate) else "rows"


def _amount(counts: ConfusionCounts, base: str) -> int:
    return {"positives": counts.positives, "negatives": counts.negatives, "labelled": counts.labelled, "rows": counts.rows}[base]
