"""Numbers as people read them: rates, counts, shares, intervals and thresholds."""

from math import ceil, floor

from gate.core.decision import UNPUBLISHED, Finding, Outcome
from gate.core.policy import Threshold

__all__ = ["bound", "count", "interval", "number", "points", "share", "signed", "span", "threshold", "value"]


def number(value: float | None, *, beside: float | None = None) -> str:
    """A rate or a gap with three decimals, or with as many as it takes to differ from the number beside it."""
    if value is None:
        return "undefined"
    if abs(value) >= 1000 or 0 < abs(value) < 1e-6:
        return f"{value:,.6g}"
    digits = next((digits for digits in range(3, 6) if beside is None or value == beside or round(value, digits) != round(beside, digits)), 6)
    shown = f"{value:.{digits}f}"
    return shown.lstrip("-") if float(shown) == 0 else shown


def count(value: int) -> str:
    """A whole number with its thousands apart."""
    return f"{value:,}"


def share(value: float) -> str:
    """A share as a percentage with one decimal."""
    return "under 0.1 %" if 0 < value < 0.0005 else f"{value * 100:.1f} %"


def bound(threshold: Threshold | None) -> float | None:
    """The number that a rule may not pass."""
    return None if threshold is None else threshold.ceiling if threshold.ceiling is not None else threshold.min


def threshold(threshold: Threshold | None) -> str:
    """`≤ 0.10`, `≥ 0.80` or `drop ≤ 0.05`: at least two decimals, and more only where they were written."""
    limit = bound(threshold)
    if threshold is None or limit is None:
        return ""
    short = f"{limit:.2f}"
    exact = f"{limit:,.6g}"
    moved = "drop " if threshold.max_drop is not None else "rise " if threshold.max_increase is not None else ""
    return f"{moved}{'≤' if threshold.ceiling is not None else '≥'} {short if abs(limit) <= 1 and float(short) == limit else exact}"


def span(lower: float | None, upper: float | None, *, beside: float | None = None) -> str:
    """`[0.130, 0.290]`, or the one bound that exists; empty when there is none."""
    low, high = number(lower, beside=beside), number(upper, beside=beside)
    if lower is not None and upper is not None:
        return f"[{low}, {high}]"
    return f"at least {low}" if lower is not None else f"at most {high}" if upper is not None else ""


def value(finding: Finding) -> str:
    """The metric's value, or what a check measured; nothing where a finding has none to give."""
    if finding.outcome is Outcome.NOT_APPLICABLE or (finding.metric is None and finding.value is None):
        return ""
    if finding.value is None and finding.reason == UNPUBLISHED:
        return UNPUBLISHED
    if finding.value is not None and abs(finding.value) > 1:
        return f"{finding.value:,.6g}"
    return number(finding.value, beside=bound(finding.threshold))


def interval(finding: Finding) -> str:
    """The bounds of the groups that decide, and their own value where it is not the metric's."""
    beside = bound(finding.threshold)
    bounds = span(finding.lower, finding.upper, beside=beside)
    own = finding.pair_value is not None and finding.value is not None and number(finding.pair_value) != number(finding.value)
    return f"pair {number(finding.pair_value, beside=beside)} {bounds}".strip() if own else bounds


def signed(value: float) -> str:
    """One decimal with its sign: `+4.2`, `−0.3`, `0.0`."""
    shown = f"{abs(value):.1f}"
    return shown if float(shown) == 0 else f"{'−' if value < 0 else '+'}{shown}"


def points(share: float, *, up: bool) -> str:
    """A limit in points of a hundred with one decimal, rounded to the side on which it stays true."""
    tenths = share * 1000
    whole = ceil(tenths - 1e-9) if up else floor(tenths + 1e-9)
    return f"{whole / 10:.1f}"
