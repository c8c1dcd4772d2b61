"""Shapley values, dependence, reasons and changes in sentences, for terminal, card and report alike."""

from collections.abc import Iterator

from gate.core.estimates import Measured, Rate
from gate.core.explanation import Explanation
from gate.core.local_explanation import Counterfactuals, Dependence, LocalReasons, Shapley
from gate.report.figures import count, number, share
from gate.report.phrases import listing, name, plural

__all__ = ["local_sections"]

_MOST_INPUTS = 15
_MOST_POINTS = 10
_MOST_REASONS = 8


def local_sections(explanation: Explanation) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Title and sentences of these sections; without sentences where there is nothing to say."""
    yield "What single answers rest on (SHAP)", () if explanation.shapley is None else tuple(_shapley(explanation.shapley))
    yield "How the answer depends on an input", tuple(line for entry in explanation.dependences for line in _dependence(entry))
    yield "Why cases are refused", () if explanation.local_reasons is None else tuple(_reasons(explanation.local_reasons))
    yield "What would change a refusal", () if explanation.counterfactuals is None else tuple(_changes(explanation.counterfactuals))


def _shapley(found: Shapley) -> Iterator[str]:
    for entry in found.attributions[:_MOST_INPUTS]:
        yield f"{name(entry.feature)}: {_measured(entry.mean)}"
    rest = len(found.attributions) - _MOST_INPUTS
    more = f"{plural(rest, 'input')} of less weight are not listed. " if rest > 0 else ""
    how = f"Mean absolute Shapley values of {plural(found.rows, 'row')}, by {found.walks} orders each, over {plural(found.background, 'row')} of background."
    yield f"{more}{how}{_agreement(found)}"


def _agreement(found: Shapley) -> str:
    if found.shared is None:
        return ""
    ranked = "" if found.agreement is None else f"the rankings agree at {number(found.agreement)} (Spearman), and "
    return f" Beside shuffling, {ranked}{found.shared} of the first {found.top} are the same."


def _dependence(entry: Dependence) -> Iterator[str]:
    if not entry.reach:
        return
    points = listing(
        (f"{name(point.value)}: {number(point.mean.value)} ({number(point.low)} to {number(point.high)})" for point in entry.points), most=_MOST_POINTS
    )
    yield f"{name(entry.feature)}, {number(entry.reach)} from lowest to highest mean: {points}."
    if entry.against is not None and entry.against.hits:
        yield f"{name(entry.feature)}: of the rows whose answer moves, {_rate(entry.against)} move the other way, which the mean hides."


def _reasons(found: LocalReasons) -> Iterator[str]:
    for entry in found.reasons[:_MOST_REASONS]:
        said = name(entry.feature) if entry.words == entry.feature else f"“{name(entry.words)}” ({name(entry.feature)})"
        yield f"{said} comes first for {_rate(entry.first)} of the refusals."
        if entry.groups:
            yield f"{name(entry.feature)}, by group: {listing((f'{name(group.group)} {_rate(group.rate)}' for group in entry.groups), most=12)}."
    if len(found.reasons) > _MOST_REASONS:
        yield f"{plural(len(found.reasons) - _MOST_REASONS, 'reason')} that come first less often are not listed."
    looked = plural(found.cases, "refusal") if found.cases == found.refused else f"{count(found.cases)} of {plural(found.refused, 'refusal')}"
    yield f"{looked} compared with selected rows, by {found.walks} orders each."
    yield f"The first reason stays the same for {_rate(found.stable)} of them when these rows are drawn anew."
    if found.unspoken:
        yield f"Without words in gate.yaml: {listing(map(name, found.unspoken))}."


def _changes(found: Counterfactuals) -> Iterator[str]:
    yield f"A change that selects was found for {_rate(found.found)} of {plural(found.cases, 'refusal')}; it is the smallest that the search found."
    if found.plausible is not None:
        yield f"{_rate(found.plausible)} of the changed rows are as near to a real row as real rows are to one another."
    if found.cost is not None:
        yield f"Mean cost {_measured(found.cost)}: a number counts in standard deviations, another category 1."
    if found.changes:
        yield f"Changed: {listing((f'{name(entry.feature)} {_rate(entry.rate)}' for entry in found.changes), most=8)}."
    for entry in found.groups:
        cost = "too few for a mean cost" if entry.cost is None else f"mean cost {_measured(entry.cost)}"
        yield f"{name(entry.feature)}, {name(entry.group)}: found for {_rate(entry.found)}, {cost}."
    for gap in found.gaps:
        yield f"{name(gap.feature)}: a change costs {name(gap.high)} {_measured(gap.gap)} more than {name(gap.low)} on average."
    yield (
        f"Not to be changed: {listing(map(name, found.fixed))}." if found.fixed else "Every input may be changed; gate.yaml names none that nobody can change."
    )


def _measured(value: Measured) -> str:
    return f"{number(value.value)} [{number(value.low)}, {number(value.high)}]"


def _rate(rate: Rate | None) -> str:
    return "no rows" if rate is None else f"{share(rate.value)} [{share(rate.low)}, {share(rate.high)}]"
