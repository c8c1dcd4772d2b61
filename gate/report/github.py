"""What GitHub's runner reads: annotations on lines of files, and outputs of a step.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands. A command ends with its line,
so that every text is made one line, and the signs that mean something to the runner are written as it decodes them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gate.core.decision import Decision, Effect, Finding, Verdict
from gate.core.place import Place
from gate.report import remarks, wording
from gate.report.escape import LONG, SHORT, clean, terminal
from gate.report.provisos import inherits, verdict_word

__all__ = ["MOST", "Annotation", "Level", "annotations", "command", "outputs"]

MOST = 10
"""Annotations of one kind that GitHub shows for a step; more are dropped without a word."""


class Level(StrEnum):
    """How loud an annotation is."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A message, and the line that it belongs to where there is one."""

    level: Level
    title: str
    message: str
    place: Place | None = None


_LEVELS = {Effect.BLOCKS: Level.ERROR, Effect.HOLDS: Level.WARNING}
_OF_VERDICT = {Verdict.BLOCKED: Level.ERROR, Verdict.INCONCLUSIVE: Level.WARNING, Verdict.PASSED: Level.NOTICE}


def annotations(decision: Decision, places: Mapping[str, Place]) -> tuple[Annotation, ...]:
    """The verdict, and what stops the candidate on the lines of the policy: ten at most, the worst first.

    Args:
        decision: what was decided.
        places: rule id → where it stands; "" → the policy's file, for the gate's own checks.
    """
    stopping = [finding for finding in remarks.ordered(decision.judgement.findings) if finding.effect is not Effect.NONE]
    shown = stopping[: MOST - 1]
    rest = f" {len(stopping) - len(shown)} more findings stop it." if len(shown) < len(stopping) else ""
    said = f"{wording.candidate(decision)}: {wording.verdict_sentence(decision)}{rest}"
    verdict = Annotation(level=_OF_VERDICT[decision.verdict], title=f"Fairness gate: {_title(decision)}", message=said)
    return (verdict, *(_of_finding(finding, places) for finding in shown))


def _title(decision: Decision) -> str:
    """The verdict, as it is recorded; with inherited violations it says so."""
    return verdict_word(decision).lower() if inherits(decision) else decision.verdict.value


def _of_finding(finding: Finding, places: Mapping[str, Place]) -> Annotation:
    said = " ".join(part for part in (remarks.message(finding), remarks.settle(finding)) if part)
    title = f"{remarks.subject(finding)}: {remarks.outcome(finding)}"
    return Annotation(level=_LEVELS[finding.effect], title=title, message=said or title, place=places.get(finding.rule) or places.get(""))


def command(annotation: Annotation) -> str:
    """The line that the runner obeys."""
    where = {} if annotation.place is None else {"file": annotation.place.path, "line": str(annotation.place.line)}
    properties = ",".join(f"{key}={_property(value)}" for key, value in {**where, "title": annotation.title}.items())
    return f"::{annotation.level.value} {properties}::{_data(annotation.message)}"


def outputs(values: Mapping[str, str]) -> Iterator[str]:
    """The lines of GITHUB_OUTPUT: one per value, each of one line."""
    yield from (f"{key}={clean(value, limit=LONG)}" for key, value in values.items())


def _data(text: str) -> str:
    return terminal(text, limit=LONG).replace("%", "%25")


def _property(text: str) -> str:
    return terminal(text, limit=SHORT).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
