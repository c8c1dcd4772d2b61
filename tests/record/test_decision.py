"""The record keeps the contract of `decision.json`."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
import samples

from gate.core.canonical import canonical
from gate.core.decision import Decision, Estimate, Insufficient
from gate.record.decision import INLINE_GROUPS, decision_bytes, decision_json

CONTRACT = {"schema", "judgement", "verdict", "candidate", "policy", "config", "data", "counts", "facts", "findings", "groups", "coverage", "looks", "gate"}
FINDING = {
    "rule", "metric", "scope", "feature", "groups", "outcome", "enforcement", "burden_of_proof", "value", "pair_value", "lower", "upper", "threshold",
    "rows_needed", "rows_needed_reason", "message",
}  # fmt: skip


def read(decision: Decision) -> dict[str, Any]:
    """The record, read back from its bytes."""
    record: dict[str, Any] = json.loads(decision_bytes(decision))
    return record


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_the_record_has_exactly_the_keys_of_the_contract(sample: str) -> None:
    """Scripts find every key that the contract names, and no other one at the top."""
    record = read(samples.DECISIONS[sample]())

    assert set(record) == CONTRACT


def test_a_finding_has_all_keys_of_the_contract() -> None:
    """A script may read every field of every finding without asking first."""
    missing = [FINDING - set(entry) for entry in read(samples.not_disproved())["findings"]]

    assert missing == [set()] * 5


def test_the_head_of_the_record_says_who_was_judged_under_what() -> None:
    """Candidate, tier, digests, rows, looks and version stand where the contract puts them."""
    record = read(samples.blocked())
    head = {key: record[key] for key in ("schema", "judgement", "verdict", "candidate", "data", "counts", "looks", "gate")}

    assert head == {
        "schema": "gate.decision/v1",
        "judgement": "v1",
        "verdict": "blocked",
        "candidate": {"name": "loan-approval", "version": "3", "digest": f"sha256:{'c' * 64}"},
        "data": {"digest": f"sha256:{'d' * 64}", "rows": 995, "labelled": 995},
        "counts": {"digest": f"sha256:{'e' * 64}", "file": "counts.parquet"},
        "looks": 1,
        "gate": {"version": "0.1.0"},
    }


def test_policy_and_configuration_carry_what_they_say_and_its_digest() -> None:
    """A replay finds the effective policy and configuration in the record."""
    record = read(samples.blocked())

    assert (set(record["policy"]), set(record["config"])) == ({"tier", "digest", "effective"}, {"digest", "effective"})


def test_rows_needed_names_groups_sizes_and_the_binding_one() -> None:
    """What would settle an inconclusive finding is in the record, in numbers."""
    (finding,) = (entry for entry in read(samples.inconclusive())["findings"] if entry["outcome"] == "inconclusive")

    assert finding["rows_needed"] == {
        "if_equal": {"black": 240, "hispanic": 210},
        "if_half": {"black": 780, "hispanic": 690},
        "unit": "positives",
        "have": {"black": 73, "hispanic": 42},
        "binding": "hispanic",
    }


def test_only_the_bound_that_is_set_is_written() -> None:
    """A threshold is `max` or `min`, never both."""
    thresholds = [entry["threshold"] for entry in read(samples.blocked())["findings"]]

    assert thresholds == [{"min": 0.55}, {"max": 0.1}, {"max": 0.1}, {"max": 0.1}, {"min": 0.8}]


def test_an_undefined_rate_is_null_with_a_reason() -> None:
    """A group without rows has no rate, rather than a rate of zero."""
    (group,) = (entry for entry in read(samples.not_disproved())["groups"] if entry["group"] == "hispanic×female")

    assert group["metrics"]["true_positive_rate"] == {"value": None, "reason": "no rows to divide by"}


def test_a_rate_on_few_rows_says_so() -> None:
    """A number below `min_group` is marked as insufficient."""
    (group,) = (entry for entry in read(samples.blocked())["groups"] if entry["group"] == "hispanic")

    assert (group["rows"], group["tp"], group["metrics"]["false_positive_rate"]["sufficient"]) == (55, 31, False)


def test_unlabelled_rows_are_named_where_there_are_any() -> None:
    """Unlabelled cells appear only in groups that have some."""
    decision = samples.passed()
    first = decision.judgement.groups[0]
    counts = replace(first.counts, counts=replace(first.counts.counts, unlabelled_selected=4))
    judgement = replace(decision.judgement, groups=(replace(first, counts=counts), *decision.judgement.groups[1:]))
    groups = read(replace(decision, judgement=judgement))["groups"]

    assert [entry.get("unlabelled_selected") for entry in groups] == [4, None, None, None, None]


def test_coverage_names_groups_and_examples_where_it_has_them() -> None:
    """Coverage entries keep to the contract's keys, and add ours only when they say something."""
    plain, rich = read(samples.blocked())["coverage"], read(samples.hostile("odd"))["coverage"]

    assert (set(plain[0]), set(rich[0])) == ({"feature", "kind", "rows", "share"}, {"feature", "kind", "rows", "share", "group", "examples"})


def test_many_groups_are_cut_to_the_largest_and_the_deciding_ones() -> None:
    """Beyond the limit the record keeps the groups that decide, then the largest, and counts the rest."""
    record = read(samples.many_groups(300))
    names = [entry["group"] for entry in record["groups"]]

    assert (len(names), names[:2], names[-1], record["groups_omitted"]) == (INLINE_GROUPS, ["area-000", "area-101"], "area-299", 100)


def test_deciding_groups_are_never_cut() -> None:
    """Even more deciding groups than the limit all stay in the record."""
    decision = samples.many_groups(300)
    deciding = replace(decision.judgement.findings[-1], groups=tuple(f"area-{place:03}" for place in range(250)))
    record = read(replace(decision, judgement=replace(decision.judgement, findings=(deciding,))))

    assert (len(record["groups"]), record["groups_omitted"]) == (250, 50)


def test_few_groups_are_all_there_and_nothing_is_counted_as_left_out() -> None:
    """Up to the limit the record is complete and does not speak of omissions."""
    record = read(samples.many_groups(INLINE_GROUPS))

    assert (len(record["groups"]), "groups_omitted" in record) == (INLINE_GROUPS, False)


def test_equal_decisions_give_equal_bytes() -> None:
    """The record of a decision is one sequence of bytes, which ends in a new line."""
    one, other = decision_bytes(samples.blocked()), decision_bytes(samples.blocked())

    assert (one == other, one.endswith(b"}\n"), one.count(b"\n")) == (True, True, 1)


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_is_none_is_never_written(number: float) -> None:
    """NaN and infinity stop the record instead of slipping into it."""
    decision = samples.blocked()
    bad = replace(decision.judgement.findings[0], value=number)

    with pytest.raises(ValueError, match="canonical"):
        decision_bytes(replace(decision, judgement=replace(decision.judgement, findings=(bad,))))


def test_the_bytes_are_the_canonical_form_of_the_record() -> None:
    """Whoever has the JSON values can write the same bytes."""
    decision = samples.inconclusive()

    assert decision_bytes(decision) == canonical(decision_json(decision)) + b"\n"


def test_estimates_and_reasons_are_the_only_metrics() -> None:
    """Every metric of every group is a value with bounds, or null with a reason."""
    metrics = [metric for entry in samples.not_disproved().judgement.groups for metric in entry.metrics.values()]
    shapes = {tuple(sorted(metric)) for entry in read(samples.not_disproved())["groups"] for metric in entry["metrics"].values()}

    assert ({type(metric) for metric in metrics}, shapes) == ({Estimate, Insufficient}, {("lower", "sufficient", "upper", "value"), ("reason", "value")})
