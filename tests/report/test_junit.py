"""JUnit XML, as Jenkins, GitLab and GitHub's reporters read it: never greener than the verdict."""

from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import samples
from junitparser import JUnitXml, TestCase, TestSuite

from gate.core.decision import Decision, Effect, Verdict
from gate.report import junit

ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "properties": set[str](),
    "property": {"name", "value"},
    "testcase": {"name", "classname"},
    "failure": {"message", "type"},
    "error": {"message", "type"},
    "skipped": {"message"},
    "system-out": set[str](),
}
"""What we write, of the elements and attributes that Jenkins' junit-10.xsd allows: `skipped` of the root is not among them."""


def cases(decision: Decision) -> list[TestCase]:
    """The cases of a decision's file, as a reader of JUnit sees them."""
    suites = [suite for suite in JUnitXml.fromstring(junit.render(decision)) if isinstance(suite, TestSuite)]
    return [case for suite in suites for case in suite]


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_the_counts_say_what_the_verdict_says(sample: str) -> None:
    """A reader that adds up failures and errors stops exactly where the exit code would."""
    decision = samples.DECISIONS[sample]()
    root = ET.fromstring(junit.render(decision))  # noqa: S314 -- our own file
    stopped = int(root.attrib["failures"]) + int(root.attrib["errors"])

    assert (stopped > 0) == (decision.verdict is not Verdict.PASSED)


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_each_finding_is_a_case(sample: str) -> None:
    """What blocks is a failure, what holds an error, and there is one case more for the verdict."""
    findings = samples.DECISIONS[sample]().judgement.findings
    found = cases(samples.DECISIONS[sample]())[1:]

    assert [bool(case.result) for case in found] == [finding.effect is not Effect.NONE or finding.outcome == "not_applicable" for finding in findings]


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_jenkins_knows_every_element_and_attribute(sample: str) -> None:
    """Jenkins refuses a whole file for one attribute that its schema does not have, and then shows no failure."""
    root = ET.fromstring(junit.render(samples.DECISIONS[sample]()))  # noqa: S314 -- our own file

    assert [(element.tag, name) for element in root.iter() for name in element.attrib if name not in ATTRIBUTES[element.tag]] == []


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_gitlab_takes_no_two_cases_for_one(sample: str) -> None:
    """Of cases with the same class and name GitLab reads the first alone, so that a failure behind it would be lost."""
    named = [(case.classname, case.name) for case in cases(samples.DECISIONS[sample]())]

    assert len(set(named)) == len(named)


def test_a_file_without_findings_is_not_green() -> None:
    """Where nothing was found but the verdict is a block, the verdict itself is the failure."""
    decision = samples.blocked()
    empty = replace(decision, judgement=replace(decision.judgement, findings=()))

    assert [type(case.result[0]).__name__ for case in cases(empty)] == ["Failure"]


def test_the_same_decision_gives_the_same_bytes() -> None:
    """There is no time and no host in the file."""
    assert junit.render(samples.blocked()) == junit.render(samples.blocked())
