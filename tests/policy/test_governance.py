"""Who answers for policies and tiers, and the days on which they count; and policies that only report."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gate.cli import main
from gate.core.decision import Verdict
from gate.errors import UsageError
from gate.pipeline import CheckRequest, Recorded, check
from gate.policy import lint, load_config, load_policy, loosenings

Write = Callable[[str, str], Path]
TODAY = date(2026, 11, 20)
YESTERDAY, TOMORROW = "2026-11-19", "2026-11-21"
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}
"""
GATE = """\
schema: gate.config/v1
models:
  m:
    tier: high
    task: binary_classification
    data: {label: y}
    predictions: {column: p}
    sensitive_features:
      g: {column: g, groups: [a, b]}
"""
UNFAIR = "g,y,p\n" + "a,1,1\na,0,1\nb,1,0\nb,0,0\n" * 200


def _answered(policy: str = "") -> str:
    return POLICY.replace("rules:", f"governance: {{owner: o, approved_by: [p]{policy}}}\nrules:")


def _named(more: str) -> str:
    return GATE.replace("    task:", f"{more}    task:")


def test_a_tier_that_decides_over_people_has_names(write: Write) -> None:
    """At `high`, lint wants an owner and an approval of the policy, of the model, and of its tier; elsewhere it does not."""
    bare = [problem.message for problem in lint([write("policies/high.yaml", POLICY), write("gate.yaml", GATE)])]
    names = "    owner: lending\n    tier_approved_by: risk\n    review_by: 2099-01-01\n"

    assert bare == [
        "a policy of tier high needs `governance.owner`",
        "a policy of tier high needs `governance.approved_by`",
        "a model of tier high needs `owner`",
        "a model of tier high needs `tier_approved_by`",
        "a model of tier high needs `review_by`",
    ]
    assert lint([write("policies/high.yaml", _answered()), write("gate.yaml", _named(names))]) == ()
    low = [write("policies/low.yaml", POLICY.replace("high", "low")), write("gate.yaml", GATE.replace("tier: high", "tier: low"))]
    assert lint(low) == ()


def test_a_question_that_nobody_may_answer_is_a_problem(write: Write) -> None:
    """At every tier, with its roles and its name, unless a person of approvers.yaml has one of them; a machine does not count."""
    asks = "review: {before_deployment: [{id: oversight, question: Who may overrule it?, roles: [risk, legal]}]}\nrules:"
    files = [write("policies/low.yaml", POLICY.replace("high", "low").replace("rules:", asks)), write("gate.yaml", GATE.replace("tier: high", "tier: low"))]
    said = "`review.before_deployment`: nobody of approvers.yaml has the role risk or legal, so nobody can answer 'oversight'"
    people = "schema: gate.approvers/v1\napprovers: [{name: ann, roles: [%s]}]\n"

    assert [problem.message for problem in lint(files)] == [said]
    write("policies/approvers.yaml", people % "ml")
    assert [problem.message for problem in lint(files)] == [said]
    write("policies/approvers.yaml", people % "legal")
    assert lint(files) == ()


WRONG = {
    "a day that is none": (_answered(", effective_from: 2026-02-30"), GATE, "must be a date"),
    "never in force": (_answered(", effective_from: 2026-02-02, effective_until: 2026-02-01"), GATE, "is before `effective_from`"),
    "approved twice": (POLICY.replace("rules:", "governance: {owner: o, approved_by: [p, p]}\nrules:"), GATE, "stands there 2 times"),
    "reported until never": (POLICY.replace("rules:", "report_only_until: soon\nrules:"), GATE, "must be a date"),
    "the owner approves": (_answered(), _named("    owner: risk\n    tier_approved_by: Risk\n"), "who owns the model or assigned its tier"),
    "who assigned it approves": (_answered(), _named("    tier_assigned_by: x\n    tier_approved_by: x\n"), "who owns the model or assigned its tier"),
    "a review on no day": (_answered(), _named("    review_by: 31.12.2026\n"), "must be a date"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_meant_is_refused(case: str, write: Write) -> None:
    """With the file and the key."""
    policy, config, said = WRONG[case]

    assert said in " ".join(problem.message for problem in lint([write("policies/high.yaml", policy), write("gate.yaml", config)]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table that shows a violation."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text(UNFAIR, encoding="utf-8")
    (tmp_path / "policies").mkdir()
    return tmp_path


def _check(folder: Path, policy: str, config: str = GATE) -> Recorded:
    """The check of that day."""
    (folder / "policies/high.yaml").write_text(policy, encoding="utf-8")
    (folder / "gate.yaml").write_text(config, encoding="utf-8")
    return check(CheckRequest(config=folder / "gate.yaml", today=TODAY, predictions=folder / "t.csv", output=folder / "out"))


DAYS = {
    "in force from tomorrow": (_answered(f", effective_from: {TOMORROW}"), GATE, f"is in force from {TOMORROW} on"),
    "in force until yesterday": (_answered(f", effective_until: {YESTERDAY}"), GATE, f"was in force until {YESTERDAY}"),
    "to be looked at yesterday": (_answered(), _named(f"    review_by: {YESTERDAY}\n"), f"had to be looked at again by {YESTERDAY}"),
}


@pytest.mark.parametrize("case", DAYS)
def test_outside_its_days_nothing_is_judged(case: str, folder: Path) -> None:
    """An error of usage before anything is counted; on the days themselves it is judged."""
    policy, config, said = DAYS[case]

    with pytest.raises(UsageError, match=said):
        _check(folder, policy, config)
    assert not (folder / "out").exists()
    for day in (TOMORROW, YESTERDAY):
        policy, config = policy.replace(day, TODAY.isoformat()), config.replace(day, TODAY.isoformat())
    assert _check(folder, policy, config).decision.verdict is Verdict.BLOCKED


def test_it_is_said_of_one_file_and_not_inherited(write: Write) -> None:
    """Names, days and leniency of a parent are not its child's; and a child may end the leniency sooner only."""
    lenient = _answered(", effective_until: 2020-01-01").replace("rules:", "report_only_until: 2026-05-01\nrules:")
    write("policies/high.yaml", lenient)
    child = "schema: gate.policy/v1\ntier: child\nextends: high.yaml\n"
    policy = load_policy(write("policies/child.yaml", child)).policy

    assert (policy.governance.owner, policy.governance.effective_until, policy.report_only_until) == ("", None, None)
    assert load_policy(write("policies/child.yaml", f"{child}report_only_until: 2026-04-30\n")).policy.report_only_until == date(2026, 4, 30)
    later = lint([write("policies/child.yaml", f"{child}report_only_until: 2026-05-02\n")])
    assert ["report_only_until" in str(problem) for problem in later] == [True]
    parent = load_policy(write("policies/plain.yaml", POLICY)).policy
    assert [loosening.path for loosening in loosenings(parent, load_policy(write("policies/high.yaml", lenient)).policy)] == [("report_only_until",)]


def test_a_policy_that_only_reports_lets_the_job_go_on(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 0, and it says so; the verdict is what it was, on the card and in the record; the day after, it stops."""
    reporting = POLICY.replace("rules:", "report_only_until: 2099-12-31\nrules:")
    recorded = _check(folder, reporting)
    assert (recorded.report_only, recorded.decision.verdict) == (True, Verdict.BLOCKED)
    assert main(["check", "--predictions", "t.csv", "--output", "out"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("BLOCKED")
    assert "Report only until" in printed.out
    assert "would have stopped the candidate" in printed.err
    assert json.loads((folder / "out/decision.json").read_bytes())["verdict"] == "blocked"
    assert "Report only until" in (folder / "out/model_card.md").read_text(encoding="utf-8")
    assert main(["replay", "out/decision.json"]) == 0

    for day, reports in ((TODAY.isoformat(), True), (YESTERDAY, False)):
        assert _check(folder, reporting.replace("2099-12-31", day)).report_only == reports
    assert main(["check", "--predictions", "t.csv"]) == 1


def test_nothing_written_keeps_the_digests_of_before(write: Write) -> None:
    """Without any of these keys, policy and configuration are the documents that they were."""
    policy = load_policy(write("policies/high.yaml", POLICY)).document.effective
    config = load_config(write("gate.yaml", GATE)).document.effective

    assert isinstance(policy, dict)
    assert isinstance(config, dict)
    assert {"governance", "report_only_until", "review_by", "inventory_id"}.isdisjoint({*policy, *config})
