"""Several classes: every class is judged against the rest, and the worst one decides.

A pass needs every class, so it takes no correction. A fail needs one, so its error is shared by all classes.
"""

from collections.abc import Sequence
from dataclasses import replace

from gate.core.classes import ClassCounts
from gate.core.counts import Statistics
from gate.core.decision import Effect, Finding, Levels, Outcome
from gate.core.metric import Rate
from gate.core.model import Value
from gate.judge.questions import Question
from gate.metrics.rates import Cells

__all__ = ["class_name", "class_questions", "worst"]


def class_name(label: Value) -> str:
    """A label as people write it."""
    return str(label).lower() if isinstance(label, bool) else str(label)


def class_questions(question: Question, labels: Sequence[Value]) -> tuple[tuple[str, Question], ...]:
    """The question of every class against the rest, by the name of the class; accuracy asks for all of them at once.

    Raises:
        ValueError: the counts are not those of these classes.
    """
    if question.metric.rates == (Rate.ACCURACY,):
        return (("", replace(question, cells=Cells.of([entry.right_and_wrong for entry in _classes(question.statistics, labels)]), of_classes=True)),)
    counts = _classes(question.statistics, labels)
    levels = Levels(passing=question.levels.passing, failing=question.levels.failing / len(labels))
    return tuple(
        (class_name(label), replace(question, cells=Cells.of([entry.against_the_rest(i) for entry in counts]), levels=levels, of_classes=True))
        for i, label in enumerate(labels)
    )


def _classes(statistics: Sequence[Statistics], labels: Sequence[Value]) -> list[ClassCounts]:
    found = [entry.classes for entry in statistics if entry.classes is not None and entry.classes.classes == len(labels)]
    if len(found) < len(statistics):
        raise ValueError("the counts are not those of the declared classes")
    return found


_EFFECTS = (Effect.NONE, Effect.HOLDS, Effect.BLOCKS)
_OUTCOMES = (Outcome.NOT_APPLICABLE, Outcome.PASS, Outcome.INCONCLUSIVE, Outcome.FAIL)


def worst(findings: Sequence[tuple[str, Finding]]) -> Finding:
    """One finding for all classes: that of the class which decides, with the metric's worst value over the classes."""
    name, chosen = max(findings, key=lambda entry: _severity(entry[1]))
    values = [finding.value for _, finding in findings]
    known = [value for value in values if value is not None]
    ceiling = chosen.threshold is not None and chosen.threshold.max is not None
    value = None if len(known) < len(values) else max(known) if ceiling else min(known)
    lacking = dict.fromkeys(group for _, finding in findings for group in finding.insufficient)
    return replace(
        chosen,
        value=value,
        reason=chosen.reason if value is not None or chosen.reason is not None else "a class has no rows to divide by",
        insufficient=tuple(lacking),
        message=f"class {name}: {chosen.message}" if name else chosen.message,
    )


def _severity(finding: Finding) -> tuple[int, int, float]:
    """What it does, what it found, and how far it may be beyond the threshold; what is not known counts as far."""
    ceiling = finding.threshold is not None and finding.threshold.max is not None
    number = finding.detectable_gap if finding.not_disproved else finding.value
    far = float("inf") if number is None else number if ceiling else -number
    return _EFFECTS.index(finding.effect), _OUTCOMES.index(finding.outcome), far
