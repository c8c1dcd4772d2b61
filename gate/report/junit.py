"""The findings as JUnit XML, for every system that shows test results: each finding a test case, and the verdict one too.

A pipeline that reads nothing but this file stops where the exit code would: what blocks is a failure, what holds for
want of evidence is an error, and the first case is the verdict itself, so that no file without findings looks green.
"""

from collections.abc import Iterator

from junitparser import Error, Failure, JUnitXml, Skipped, TestCase, TestSuite

from gate.core.decision import Decision, Effect, Finding, Outcome, Verdict
from gate.report import remarks, wording
from gate.report.escape import SHORT
from gate.report.escape import inert as safe
from gate.report.provisos import provisos, status

__all__ = ["render"]


def render(decision: Decision) -> bytes:
    """One suite for the candidate. No times are in it: the same decision gives the same bytes."""
    suite = TestSuite(safe(f"fairness gate: {wording.candidate(decision)}, tier {decision.tier}", limit=SHORT))
    suite.add_property("status", "advisory" if decision.development else status(decision))
    for case in _cases(decision):
        suite.add_testcase(case)
    suite.update_statistics()
    document = JUnitXml("fairness gate")
    document.add_testsuite(suite)
    document.update_statistics()
    document._elem.attrib.pop("skipped")  # noqa: SLF001 -- Jenkins' schema (junit-10.xsd of its xUnit plugin) refuses it on the root
    return b"<?xml version='1.0' encoding='utf-8'?>\n" + bytes(document.tostring()) + b"\n"


def _cases(decision: Decision) -> Iterator[TestCase]:
    yield _verdict(decision)
    for finding in decision.judgement.findings:
        case = TestCase(safe(remarks.subject(finding), limit=SHORT), classname=safe(f"gate.{finding.rule}", limit=SHORT))
        result = _result(finding)
        if result is not None:
            case.result = [result]
        case.system_out = safe(" ".join((remarks.message(finding), remarks.open_question(finding))).strip())
        yield case


def _verdict(decision: Decision) -> TestCase:
    """The verdict as a case: a failure where it is blocked, an error where it is inconclusive."""
    case = TestCase("verdict", classname="gate")
    said = safe(" ".join((wording.verdict_sentence(decision), *provisos(decision), *wording.next_step(decision))))
    match decision.verdict:
        case Verdict.BLOCKED:
            case.result = [Failure(said, "blocked")]
        case Verdict.INCONCLUSIVE:
            case.result = [Error(said, "inconclusive")]
        case Verdict.PASSED:
            case.system_out = said
    return case


def _result(finding: Finding) -> Failure | Error | Skipped | None:
    """What a finding does to the promotion, in JUnit's words; None where it stops nothing."""
    said = safe(f"{remarks.outcome(finding)}: {remarks.message(finding)}")
    if finding.outcome is Outcome.NOT_APPLICABLE or finding.inherited is not None:
        return Skipped(said)
    match finding.effect:
        case Effect.BLOCKS:
            return Failure(said, finding.outcome.value)
        case Effect.HOLDS:
            return Error(said, finding.outcome.value)
        case Effect.NONE:
            return None
