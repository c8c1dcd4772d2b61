"""What was decided about groups, for a reader whom it may concern: plain words, no statistics, and no word of the trade.

It says of a finding what the finding says, and no more: what is not proven is not called fine, and what other outputs
warn of at their head is warned of here too.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import assert_never

from gate.core.decision import UNPUBLISHED, Decision, Effect, Estimate, Finding, GroupResult, Inherited, Outcome, Verdict
from gate.core.facts import PredictionSource
from gate.core.metric import REGRESSION_RATES, Rate
from gate.core.model import CROSS, WITHIN, Task
from gate.core.policy import Burden, Scope
from gate.metrics.catalogue import by_name
from gate.report import charts, declaration, figures, plain
from gate.report.phrases import listing, name
from gate.report.provisos import labels_of_the_accepted
from gate.report.remarks import ordered

__all__ = ["About", "Told", "called", "told"]

_FEATURES = 16
_SENTENCES = 12

_HOW: Mapping[Rate, str] = MappingProxyType(
    {
        Rate.SELECTION_RATE: "how often people are selected",
        Rate.REJECTION_RATE: "how often people are turned away",
        Rate.ACCURACY: "how often the model is right",
        Rate.BALANCED_ACCURACY: "how often the model is right",
        Rate.TRUE_POSITIVE_RATE: "how often those whose {label} is {positive} are selected",
        Rate.FALSE_NEGATIVE_RATE: "how often those whose {label} is {positive} are missed",
        Rate.FALSE_POSITIVE_RATE: "how often those whose {label} is not {positive} are selected all the same",
        Rate.TRUE_NEGATIVE_RATE: "how often those whose {label} is not {positive} are turned away",
        Rate.PRECISION: "how often a selection is right",
        Rate.FALSE_DISCOVERY_RATE: "how often a selection is wrong",
        Rate.FALSE_OMISSION_RATE: "how often a refusal is wrong",
    }
)
_COLUMNS: Mapping[Rate, str] = MappingProxyType(
    {
        Rate.SELECTION_RATE: "Selected, of 100",
        Rate.TRUE_POSITIVE_RATE: "Selected, of 100 whose {label} is {positive}",
        Rate.FALSE_POSITIVE_RATE: "Selected, of 100 whose {label} is not {positive}",
        Rate.FALSE_NEGATIVE_RATE: "Missed, of 100 whose {label} is {positive}",
        Rate.TRUE_NEGATIVE_RATE: "Turned away, of 100 whose {label} is not {positive}",
        Rate.ACCURACY: "Model is right, of 100",
        Rate.PRECISION: "Rightly selected, of 100 selected",
    }
)
_CHECKS: Mapping[str, str] = MappingProxyType(
    {
        "coverage-absent-group": "Of a group that should have been looked at, there was nobody among the cases",
        "coverage-excluded-group": "More people than allowed were left out of the comparison",
        "coverage-undeclared-value": "Some cases belong to a group that nobody had thought of",
        "coverage-missing-value": "Of too many cases, nobody knows to which group they belong",
        "coverage-missing-label": "Of too many cases, nobody knows how they came out",
        "attributes-unmatched": "Of some cases, nobody knows to which group they belong",
        "data-expectations": "The cases were not as they should have been",
        "data-age": "The cases are older than allowed",
        "forbidden-input": "The model looks at something that it must not look at",
        "untrusted-model-file": "A file of the model is not of a kind that is trusted",
        "documentation-missing": "The owner has not written down everything that has to be said about the model",
        "candidate-misbehaved": "The model did not answer as it has to",
        "constant-predictions": "The model gave everybody the same answer",
        "nothing-judged": "Nothing could be looked at",
        "looks-exhausted": "The same cases were used too often",
        "baseline-absent": "There was no model in use to compare with",
        "baseline-unavailable": "The model that it should be compared with did not answer",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What concerns the groups of one feature, or everybody where `feature` is None.

    `header` and `rows` are a table of what the model does with a hundred people of each group; both are empty where there
    is none. `omitted` groups are not in it.
    """

    feature: str | None
    sentences: tuple[str, ...]
    header: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    omitted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The answer in a sentence, what has to be known with it, and what was found, everybody first."""

    answer: str
    warnings: tuple[str, ...]
    about: tuple[About, ...]


def told(decision: Decision) -> Told:
    """The decision for somebody whom it may concern."""
    findings = ordered(decision.judgement.findings)
    features = list(dict.fromkeys(result.counts.feature for result in decision.judgement.groups))
    features = list(dict.fromkeys((*sorted(features, key=_crossed), *(finding.feature for finding in findings if finding.feature is not None))))
    about = (_about(decision, feature, [finding for finding in findings if finding.feature == feature]) for feature in (None, *features[:_FEATURES]))
    left = len(features) - _FEATURES
    more = (f"{figures.count(left)} more ways to group people were looked at; the view for reviewers has them.",) if left > 0 else ()
    return Told(answer=_answer(decision), warnings=(*_warnings(decision), *more), about=tuple(entry for entry in about if entry.sentences or entry.rows))


def _crossed(feature: str) -> int:
    """How many features it is made of: plain ones come first."""
    return feature.count(CROSS) + feature.count(WITHIN)


def _answer(decision: Decision) -> str:
    """What the verdict means for the model, in a sentence or three."""
    if decision.development:
        return "This was a rehearsal. Nothing was decided about the use of this model."
    match decision.verdict:
        case Verdict.BLOCKED:
            return "The answer is no: the model broke a rule that was set beforehand. As it is, it is not to be used."
        case Verdict.INCONCLUSIVE:
            return "There is no answer yet: the cases at hand do not tell whether the model keeps the rules. Until they do, it is not to be used."
        case Verdict.PASSED:
            return f"The answer is yes: {_reserve(decision)} That does not mean that the model is fair to everybody."
        case _:
            assert_never(decision.verdict)


def _reserve(decision: Decision) -> str:
    """How much the yes says: shown, or only not shown to be wrong."""
    findings = decision.judgement.findings
    if any(finding.inherited is not None for finding in findings):
        return "the model may be used, though it breaks rules, because the model in use breaks them already. That is accepted for a time."
    judged = [finding for finding in findings if finding.outcome is not Outcome.NOT_APPLICABLE]
    if not judged or any(finding.outcome is not Outcome.PASS or finding.burden_of_proof is Burden.POINT_ESTIMATE for finding in judged):
        return "the model may be used. Not everything is as the rules ask, or could be shown to be: below stands what."
    return "on the cases at hand the model keeps the rules that were set beforehand."


def _warnings(decision: Decision) -> Iterator[str]:
    """What other outputs say at their head, in these words."""
    effective = decision.policy.effective
    if isinstance(effective, Mapping) and effective.get("report_only_until"):
        yield f"Until {name(str(effective['report_only_until']))} the test only reports: a no need not have kept the model from use."
    if decision.facts.lowered:
        yield "Stricter rules held for this model before. They were lowered by somebody who may."
    if decision.facts.predictions.source is PredictionSource.FILE:
        yield "A table of answers was looked at. Whether a certain model may be used was not decided by this."
    if decision.facts.predictions.source is PredictionSource.ENDPOINT:
        yield "The answers came from a service. Nobody could see whether it runs the model that people will meet."
    if decision.facts.predictions.sandbox == "none":
        yield "During the test nothing kept the model from looking at more than the cases."
    if labels_of_the_accepted(decision.config.effective):
        yield "Only of people who were accepted before is it known how it came out. About the others, mistakes of the model were not seen."
    if decision.suppressed is not None:
        yield "Where groups are small, numbers are left out, so that nobody can be recognized."


def _about(decision: Decision, feature: str | None, findings: list[Finding]) -> About:
    """Everything about the groups of one feature."""
    said = list(dict.fromkeys(sentence for finding in findings if (sentence := _sentence(decision, finding))))
    more = len(said) - _SENTENCES
    sentences = (*said[:_SENTENCES], *((f"{figures.count(more)} more were looked at; the view for reviewers has them.",) if more > 0 else ()))
    if feature is None:
        return About(feature=None, sentences=sentences)
    results = [result for result in decision.judgement.groups if result.counts.feature == feature]
    rates = [Rate(rate) for rate in charts.rates_judged(decision) if rate in _COLUMNS] if _binary(decision) else []
    kept = charts.largest(results)
    rows = tuple(_row(decision, result, rates) for result in kept)
    header = ("Group", "Cases", *(plain.filled(decision, _COLUMNS[rate]) for rate in rates))
    return About(
        feature=feature, sentences=sentences, header=header if rows else (), rows=rows, omitted=max(len(results), len(decision.counts.of(feature))) - len(rows)
    )


def _row(decision: Decision, result: GroupResult, rates: Iterable[Rate]) -> tuple[str, ...]:
    judged = declaration.roles(decision.config.effective, result.counts.feature).judges(result.counts.feature, result.counts.group)
    group = _called(result.counts.feature, result.counts.group) + ("" if judged else " (not compared)")
    return (group, figures.count(result.counts.counts.rows), *(_share(result, rate) for rate in rates))


def _share(result: GroupResult, rate: Rate) -> str:
    """How many of a hundred, and whether that can be relied on."""
    found = result.metrics.get(rate.value)
    if not isinstance(found, Estimate):
        return "not known"
    return f"{plain.of_hundred(found.value)}{'' if found.sufficient else ' (too few cases to rely on)'}"


def called(feature: str) -> str:
    """A feature, or those of an intersection, as people say it."""
    parts = feature.split(CROSS)
    return name(feature) if len(parts) == 1 else f"{listing((name(part) for part in parts), most=len(parts))} together"


def _called(feature: str | None, group: str) -> str:
    """A group, or what an intersection is made of."""
    return ", ".join(name(part) for part in group.split(CROSS)) if feature is not None and CROSS in feature else name(group)


def _binary(decision: Decision) -> bool:
    return _task(decision) == Task.BINARY_CLASSIFICATION


def _task(decision: Decision) -> str:
    effective = decision.config.effective
    return str(effective.get("task", Task.BINARY_CLASSIFICATION)) if isinstance(effective, Mapping) else str(Task.BINARY_CLASSIFICATION)


# ------------------------------------------------------------------------------------------------------- sentences


def _sentence(decision: Decision, finding: Finding) -> str:
    """One finding; empty where the rule is not about this model, or a check had nothing to say."""
    if finding.outcome is Outcome.NOT_APPLICABLE:
        return ""
    if finding.metric is None:
        return (
            ""
            if finding.outcome is Outcome.PASS
            else f"{_CHECKS.get(finding.rule, 'A check of the cases or of the model did not come out well')}. {_does(decision, finding)}"
        )
    how = f"{_how(decision, finding)}{_against(finding)}: {_found(decision, finding)}"
    words = plain.hundred(decision, finding, unit="cases", called=partial(_called, finding.feature)) if _binary(decision) else ""
    return f"{how[0].upper()}{how[1:]} {words}".strip()


def _how(decision: Decision, finding: Finding) -> str:
    """What a rule looks at."""
    metric = by_name(finding.metric or "")
    rates = () if metric is None else metric.rates
    if rates and REGRESSION_RATES.issuperset(rates) and not _binary(decision):
        return "how far the model's numbers are off"
    known = [_HOW[rate] for rate in rates if rate in _HOW]
    usable = len(known) == len(rates) > 0 and (_binary(decision) or rates == (Rate.ACCURACY,))
    return plain.filled(decision, " and ".join(dict.fromkeys(known))) if usable else "how well the model does"


def _against(finding: Finding) -> str:
    """With what it is compared."""
    if finding.versus is not None:
        return ", beside another model on the same cases"
    return "" if finding.feature is None else ", group by group"


def _found(decision: Decision, finding: Finding) -> str:
    """What came out, and what follows from it."""
    match finding.outcome:
        case Outcome.PASS if finding.burden_of_proof is Burden.POINT_ESTIMATE:
            return "as the rules ask, going by these cases alone: how much of that is chance, nobody asked."
        case Outcome.PASS:
            return "as the rules ask, as far as these cases can show."
        case Outcome.FAIL:
            return f"not as the rules ask{_where(finding)}. {_does(decision, finding)}"
        case Outcome.INCONCLUSIVE:
            return f"whether that is as the rules ask, these cases do not tell{_where(finding)}. {_does(decision, finding)}"
        case Outcome.NOT_APPLICABLE:
            return "not asked of this model."
        case _:
            assert_never(finding.outcome)


def _where(finding: Finding) -> str:
    """The groups that decide: others may be in the same place."""
    if not finding.groups or finding.feature is None:
        return " (for which groups is left out here)" if finding.feature is not None and finding.reason == UNPUBLISHED else ""
    between = finding.scope is Scope.BETWEEN_GROUPS and len(finding.groups) > 1
    return f", {'most of all between' if between else 'for'} {listing((_called(finding.feature, group) for group in finding.groups), most=4)}"


def _does(decision: Decision, finding: Finding) -> str:
    """What it does to the use of the model."""
    if finding.inherited is not None:
        return _kept(finding.inherited)
    match finding.effect:
        case Effect.BLOCKS:
            return "In earnest, that would stop the model." if decision.development else "That stops the model."
        case Effect.HOLDS:
            return "In earnest, the model would wait until that is known." if decision.development else "Until that is known, the model waits."
        case Effect.NONE:
            return "That does not stop the model."
        case _:
            assert_never(finding.effect)


def _kept(inherited: Inherited) -> str:
    return f"The model in use breaks this rule already. That is accepted until {inherited.until.isoformat()}."
