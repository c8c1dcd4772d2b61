"""JUnit XML, as Jenkins, GitLab and GitHub's reporters read it: never greener than the verdict."""

import os
import subprocess
import sys
import tarfile
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
import samples
from junitparser import JUnitXml, TestCase, TestSuite
from xmlschema import XMLSchema

from gate.core.decision import Decision, Effect, Verdict
from gate.report import junit

SCHEMA = "testing/example_scripts/junit-10.xsd"
"""Where the source of pytest, which writes JUnit itself, keeps the schema of Jenkins' xUnit plugin."""


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> XMLSchema:
    """What Jenkins validates files with, from a package that carries it."""
    folder = tmp_path_factory.mktemp("junit")
    fetch = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", "pytest", f"pytest=={pytest.__version__}"]
    done = subprocess.run(fetch, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode and not os.environ.get("CI"):
        pytest.skip(f"the schema comes from the source of pytest, which pip did not get: {done.stderr}")
    assert done.returncode == 0, done.stderr
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        member = archive.extractfile(f"pytest-{pytest.__version__}/{SCHEMA}")
        assert member is not None
        return XMLSchema(member.read().decode("utf-8"))


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
def test_jenkins_takes_every_file(sample: str, schema: XMLSchema) -> None:
    """Jenkins refuses a whole file for one attribute that its schema does not have, and then shows no failure."""
    assert [error.reason for error in schema.iter_errors(junit.render(samples.DECISIONS[sample]()))] == []


def test_a_hostile_name_gives_a_file_that_jenkins_takes(schema: XMLSchema) -> None:
    """Control characters, lone surrogates, markup and very long names change nothing about that."""
    written = [junit.render(samples.hostile(string)) for string in ("\ud800", "\x00", "\x1b[2J", "A" * 10_000, "]]><failure/>", "")]

    assert [error.reason for file in written for error in schema.iter_errors(file)] == []


def test_the_schema_refuses_what_jenkins_refuses(schema: XMLSchema) -> None:
    """The validation of the tests above can fail: the number of skipped cases on the root, which other readers know, does."""
    root = ET.fromstring(junit.render(samples.blocked()))  # noqa: S314 -- our own file
    root.set("skipped", "0")

    assert not schema.is_valid(ET.tostring(root, encoding="unicode"))


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
