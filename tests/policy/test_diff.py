"""Diff: what became stricter, looser, changed, new or gone between two policies, or two `gate.yaml`."""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.cli import main
from gate.core.policy import (
    Burden,
    Confidence,
    DataTerms,
    Enforcement,
    Evidence,
    ForbiddenInputs,
    Intersections,
    MinGroup,
    Policy,
    Rule,
    SandboxDemand,
    Scope,
    SmallIntersections,
    Threshold,
)
from gate.errors import UsageError
from gate.policy import load_policy, loosenings
from gate.policy.diff import Heading, Order, diff_policies
from gate.policy.diff_files import diff_files
from gate.policy.tightening import published

Write = Callable[[str, str], Path]

ROOT = Path(__file__).parents[2]
RULE = Rule(id="a", metric="selection_rate_difference", threshold=Threshold(max=0.2), scope=Scope.BETWEEN_GROUPS, enforcement=Enforcement.SOFT_MANDATORY)
FLOOR = Rule(id="b", metric="accuracy", threshold=Threshold(min=0.6), scope=Scope.OVERALL, enforcement=Enforcement.SOFT_MANDATORY)
BASE = Policy(tier="t", rules=(RULE, FLOOR))


def told(before: Policy, after: Policy) -> list[tuple[str, str]]:
    """Heading and sentence of every difference."""
    return [(change.heading.value, change.message) for change in diff_policies(before, after).changes]


def with_rule(**changes: object) -> Policy:
    """The policy with another rule `a`."""
    return replace(BASE, rules=(replace(RULE, **changes), FLOOR))


def with_drop(drop: float, versus: str = "champion") -> Policy:
    """The policy with a rule `b` that compares with another model."""
    return replace(BASE, rules=(RULE, replace(FLOOR, threshold=Threshold(max_drop=drop), versus=versus)))


# --------------------------------------------------------------------------------------------------------- policies

SENTENCES: dict[str, tuple[Policy, Policy, Sequence[tuple[str, str]]]] = {
    "stricter": (BASE, with_rule(threshold=Threshold(max=0.1)), [("stricter", "rule `a`: `max` was 0.2 and is 0.1")]),
    "looser": (BASE, replace(BASE, data=DataTerms(max_unknown_share=0.1)), [("looser", "`data.max_unknown_share` was 0.02 and is 0.1")]),
    "features": (with_rule(features=("x",)), BASE, [("stricter", "rule `a`: `features` was [x] and is all")]),
    "point estimate": (
        BASE,
        with_rule(burden_of_proof=Burden.POINT_ESTIMATE),
        [("changed", "rule `a`: `burden_of_proof` was candidate and is point_estimate; cannot be ordered")],
    ),
    "inherited, so said once": (
        BASE,
        replace(BASE, evidence=Evidence(burden_of_proof=Burden.GATE)),
        [("looser", "`evidence.burden_of_proof` was candidate and is gate")],
    ),
    "other features": (
        with_rule(features=("x",)),
        with_rule(features=("y",)),
        [("changed", "rule `a`: `features` was [x] and is [y]; cannot be ordered")],
    ),
    "the same features": (with_rule(features=("x", "y")), with_rule(features=("y", "x")), []),
    "another metric": (
        BASE,
        with_rule(metric="accuracy_difference", threshold=Threshold(max=0.1)),
        [
            ("changed", "rule `a`: `metric` was selection_rate_difference and is accuracy_difference; cannot be ordered"),
            ("changed", "rule `a`: `max` was 0.2 and is 0.1; cannot be ordered"),
        ],
    ),
    "another side": (
        BASE,
        replace(BASE, rules=(RULE, replace(FLOOR, threshold=Threshold(max=0.6)))),
        [
            ("changed", "rule `b`: `max` was none and is 0.6; cannot be ordered"),
            ("changed", "rule `b`: `min` was 0.6 and is none; cannot be ordered"),
        ],
    ),
    "gone": (BASE, replace(BASE, rules=(RULE,)), [("gone", "rule `b` is gone; it was accuracy, min 0.6, soft-mandatory")]),
    "new": (replace(BASE, rules=(RULE,)), BASE, [("new", "rule `b` is new: accuracy, min 0.6, soft-mandatory")]),
    "a smaller drop": (with_drop(0.05), with_drop(0.02), [("stricter", "rule `b`: `max_drop` was 0.05 and is 0.02")]),
    "a larger drop": (with_drop(0.02), with_drop(0.05), [("looser", "rule `b`: `max_drop` was 0.02 and is 0.05")]),
    "another model to compare with": (
        with_drop(0.05),
        with_drop(0.02, versus="staging"),
        [
            ("changed", "rule `b`: `max_drop` was 0.05 and is 0.02; cannot be ordered"),
            ("changed", "rule `b`: `versus` was champion and is staging; cannot be ordered"),
        ],
    ),
    "a comparison gone": (
        with_drop(0.05),
        replace(BASE, rules=(RULE,)),
        [("gone", "rule `b` is gone; it was accuracy, max_drop 0.05 versus champion, soft-mandatory")],
    ),
    "words": (
        BASE,
        replace(with_rule(why="other", satisfies=("x/1",)), tier="u", version=2),
        [
            ("changed", "`tier` was t and is u; judges nothing"),
            ("changed", "`version` was none and is 2; judges nothing"),
            ("changed", "rule `a`: `why` is worded otherwise; judges nothing"),
            ("changed", "rule `a`: `satisfies` was [] and is [x/1]; judges nothing"),
        ],
    ),
}


@pytest.mark.parametrize(("before", "after", "expected"), SENTENCES.values(), ids=SENTENCES.keys())
def test_each_difference_is_one_sentence_under_its_heading(before: Policy, after: Policy, expected: Sequence[tuple[str, str]]) -> None:
    """Rule or key and both values, and where they are listed."""
    assert told(before, after) == list(expected)


SUMMARIES = {
    "B only tightens A": with_rule(threshold=Threshold(max=0.1)),
    "B loosens A in 1 place": with_rule(threshold=Threshold(max=0.3)),
    "B loosens A in 2 places": replace(BASE, rules=(replace(RULE, enforcement=Enforcement.ADVISORY),)),
    "B changes A in 1 place that cannot be ordered": with_rule(burden_of_proof=Burden.POINT_ESTIMATE),
    "B loosens A in 1 place and changes it in 1 place that cannot be ordered": replace(
        BASE, rules=(replace(RULE, burden_of_proof=Burden.POINT_ESTIMATE),)
    ),
    "A and B judge alike": replace(BASE, description="other"),
}  # fmt: skip


@pytest.mark.parametrize("summary", SUMMARIES)
def test_the_summary_says_whether_b_only_tightens(summary: str) -> None:
    """The first line is the answer to the question that a reviewer has."""
    assert diff_policies(BASE, SUMMARIES[summary]).summary == summary


evidences = st.builds(
    Evidence,
    burden_of_proof=st.sampled_from(Burden),
    confidence=st.builds(Confidence, passing=st.sampled_from([0.9, 0.95]), failing=st.sampled_from([0.95, 0.99])),
    min_group=st.builds(MinGroup, rows=st.sampled_from([30, 40])),
    intersections=st.builds(Intersections, depth=st.integers(1, 2), burden_of_proof=st.sampled_from(Burden)),
    small_intersections=st.sampled_from(SmallIntersections),
    sandbox=st.sampled_from(SandboxDemand),
)
terms = st.builds(DataTerms, expectations_required=st.booleans(), max_age_days=st.sampled_from([None, 100, 200]), max_looks=st.sampled_from([None, 1, 5]))
inputs = st.builds(ForbiddenInputs, sensitive=st.booleans(), columns=st.sampled_from([(), ("zip",), ("zip", "name"), ("name", "zip")]))


def _rules(name: str) -> st.SearchStrategy[Rule]:
    return st.builds(
        Rule,
        id=st.just(name),
        metric=st.sampled_from(["selection_rate", "accuracy"]),
        threshold=st.sampled_from([Threshold(max=0.1), Threshold(max=0.2), Threshold(min=0.1), Threshold(min=0.2)]),
        scope=st.sampled_from([Scope.OVERALL, Scope.BY_GROUP]),
        enforcement=st.sampled_from(Enforcement),
        features=st.sampled_from([None, ("x",), ("x", "y"), ("y", "x")]),
        depth=st.sampled_from([None, 1, 2]),
        burden_of_proof=st.sampled_from([None, *Burden]),
        applies_to=st.sampled_from([{}, {"task": "binary_classification"}]),
    )


rule_lists = st.sampled_from([("a",), ("a", "b"), ("b", "a"), ("b",)]).flatmap(lambda names: st.tuples(*map(_rules, names)))
policies = st.builds(Policy, tier=st.just("t"), rules=rule_lists, evidence=evidences, data=terms, forbidden_inputs=inputs)
MIRROR = {Order.TIGHTER: Order.LOOSER, Order.LOOSER: Order.TIGHTER, Order.UNORDERED: Order.UNORDERED}


def _steps(policy: Policy) -> st.SearchStrategy[Policy]:
    """Policies that differ in one section or rule at most, so that pure tightenings are drawn too."""
    kept, (first, *rest) = st.just(policy), policy.rules
    others = (
        evidences.map(lambda evidence: replace(policy, evidence=evidence)),
        terms.map(lambda data: replace(policy, data=data)),
        inputs.map(lambda forbidden: replace(policy, forbidden_inputs=forbidden)),
        st.sampled_from(Enforcement).map(lambda level: replace(policy, rules=(replace(first, enforcement=level), *rest))),
        st.sampled_from([1, 2, None]).map(lambda depth: replace(policy, rules=(replace(first, depth=depth), *rest))),
        _rules("c").map(lambda rule: replace(policy, rules=(*policy.rules, rule))),
    )
    return st.one_of(kept, *others)


pairs = st.one_of(st.tuples(policies, policies), policies.flatmap(lambda policy: st.tuples(st.just(policy), _steps(policy))))


@given(pairs)
def test_only_tightens_is_the_proof_of_tightening(pair: tuple[Policy, Policy]) -> None:
    """The diff and the proof that guards `extends` cannot disagree."""
    assert diff_policies(*pair).only_tightens is (loosenings(*pair) == ())


@given(pairs)
def test_alike_is_tightening_both_ways(pair: tuple[Policy, Policy]) -> None:
    """Two policies judge alike exactly when each tightens the other."""
    before, after = pair

    assert diff_policies(before, after).alike is (loosenings(before, after) == loosenings(after, before) == ())


@given(policies)
def test_a_policy_judges_like_itself(policy: Policy) -> None:
    """Nothing differs from itself."""
    diff = diff_policies(policy, policy)

    assert diff.changes == ()
    assert diff.summary == "A and B judge alike"


@given(pairs)
def test_the_way_back_mirrors_the_way_there(pair: tuple[Policy, Policy]) -> None:
    """Stricter one way is looser the other way, new is gone, and what cannot be ordered stays so."""
    there, back = diff_policies(*pair), diff_policies(*reversed(pair))
    mirrored = {(change.rule, change.key, MIRROR[change.order]) for change in back.changes}
    swapped = {Heading.NEW: Heading.GONE, Heading.GONE: Heading.NEW, Heading.STRICTER: Heading.LOOSER, Heading.LOOSER: Heading.STRICTER}

    assert {(change.rule, change.key, change.order) for change in there.changes} == mirrored
    assert sorted(swapped.get(change.heading, change.heading) for change in back.changes) == sorted(change.heading for change in there.changes)


# ---------------------------------------------------------------------------------------------------- the published table


def _cells(page: str, heading: str) -> list[list[str]]:
    below = (ROOT / "docs" / "reference" / page).read_text(encoding="utf-8").split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in below.splitlines() if line.startswith("| `")]


def test_the_published_table_is_the_one_that_proves() -> None:
    """docs/reference/tightening.md says of every key what the program means by tighter."""
    assert [[f"`{key}`", *meanings] for key, *meanings in published()] == _cells("tightening.md", "Policies")


def test_the_published_table_names_every_key() -> None:
    """No key of a policy file is without a direction, or the word that it has none."""
    known = {row[0] for heading in ("The file", "A rule") for row in _cells("policy-keys.md", heading)}

    assert sorted(known) == sorted(f"`{key}`" for key, *_ in published())


# --------------------------------------------------------------------------------------------------- configurations

CONFIG = """\
schema: gate.config/v1
models:
  m:
    tier: high
    owner: lending
    task: binary_classification
    data: {uri: a.csv, label: y, labels: [0, 1], positive_label: 1}
    predictions: {score: p, threshold: 0.5}
    sensitive_features:
      sex: {column: male, groups: {1: male, 0: female}}
      age: {column: age, bins: [25, 40]}
"""
UNORDERED = "; cannot be ordered"
ONE_PLACE = "B changes A in 1 place that cannot be ordered"

CONFIGS: dict[str, tuple[tuple[str, str], tuple[str, str], str]] = {
    "tier": (("tier: high", "tier: low"), ("changed", f"model `m`: `tier` was 'high' and is 'low'{UNORDERED}"), ONE_PLACE),
    "data": (
        ("uri: a.csv", "uri: b.csv"),
        ("changed", f"model `m`: `data.uri` was 'a.csv' and is 'b.csv'{UNORDERED}"),
        ONE_PLACE,
    ),
    "positive label": (
        ("positive_label: 1", "positive_label: 0"),
        ("changed", f"model `m`: `data.positive_label` was 1 and is 0{UNORDERED}"),
        ONE_PLACE,
    ),
    "pinned": (
        ("label: y,", f"label: y, sha256: {'a' * 64},"),
        ("stricter", f"model `m`: `data.sha256` was none and is '{'a' * 60}…'"),
        "B only tightens A",
    ),
    "topped up": (
        ("label: y,", f"label: y, tops_up: [{'a' * 64}],"),
        ("stricter", f"model `m`: `data.tops_up` was none and is ['{'a' * 60}…']"),
        "B only tightens A",
    ),
    "labels of the accepted": (
        ("label: y,", "label: y, label_observed_for: selected,"),
        ("looser", "model `m`: `data.label_observed_for` was 'all' and is 'selected'"),
        "B loosens A in 1 place",
    ),
    "developed": (
        ("label: y,", "label: y, development: dev.csv,"),
        ("changed", "model `m`: `data.development` was none and is 'dev.csv'; judges nothing"),
        "A and B judge alike",
    ),
    "checked": (
        ("label: y,", "label: y, expectations: e.json,"),
        ("stricter", "model `m`: `data.expectations` was none and is 'e.json'"),
        "B only tightens A",
    ),
    "threshold": (
        ("threshold: 0.5", "threshold: 0.4"),
        ("changed", f"model `m`: `predictions.threshold` was 0.5 and is 0.4{UNORDERED}"),
        ONE_PLACE,
    ),
    "feature gone": (
        ("      age: {column: age, bins: [25, 40]}\n", ""),
        ("gone", "model `m`: sensitive feature `age` is gone: nothing compares its groups any more"),
        "B loosens A in 1 place",
    ),
    "feature new": (
        ("      age:", "      race: {column: race, groups: [x, y]}\n      age:"),
        ("new", "model `m`: sensitive feature `race` is new: its groups are compared too"),
        "B only tightens A",
    ),
    "group new": (
        ("0: female}", "0: female, 2: other}"),
        ("new", f"model `m`: group `other` of `sex` is new: one group more that needs rows and is compared{UNORDERED}"),
        ONE_PLACE,
    ),
    "group renamed": (
        ("0: female", "0: woman"),
        ("changed", "model `m`: `sensitive_features.sex.groups[0]` was 'female' and is 'woman'; judges nothing"),
        "A and B judge alike",
    ),
    "bins": (
        ("[25, 40]", "[25, 50]"),
        ("changed", f"model `m`: `sensitive_features.age.bins` was [25.0, 40.0] and is [25.0, 50.0]{UNORDERED}"),
        ONE_PLACE,
    ),
    "column": (
        ("column: male", "column: sex"),
        ("changed", f"model `m`: `sensitive_features.sex.column` was 'male' and is 'sex'{UNORDERED}"),
        ONE_PLACE,
    ),
    "reference": (
        ("0: female}", "0: female}, reference: male"),
        ("looser", "model `m`: `sensitive_features.sex.reference` was none and is 'male'"),
        "B loosens A in 1 place",
    ),
    "protected": (
        ("0: female}", "0: female}, protected: [female]"),
        ("looser", "model `m`: `sensitive_features.sex.protected` was none and is ['female']"),
        "B loosens A in 1 place",
    ),
    "pool": (
        ("0: female}", "0: female}, other: X"),
        ("changed", f"model `m`: `sensitive_features.sex.other` was none and is 'X'{UNORDERED}"),
        ONE_PLACE,
    ),
    "excluded": (
        ("0: female}", "0: female}, exclude: [{group: 9, why: w, max_share: 0.1}]"),
        ("looser", "model `m`: `sensitive_features.sex.exclude['9'].max_share` was none and is 0.1"),
        "B loosens A in 1 place",
    ),
    "owner": (("owner: lending", "owner: risk"), ("changed", "model `m`: `owner` was 'lending' and is 'risk'; judges nothing"), "A and B judge alike"),
    "policies": (("models:", "policies: lax/\nmodels:"), ("changed", f"`policies` was none and is 'lax/'{UNORDERED}"), ONE_PLACE),
    "model renamed": (
        ("  m:", "  n:"),
        ("gone", f"model `m` is gone: this file judges it no more{UNORDERED}"),
        "B changes A in 2 places that cannot be ordered",
    ),
}


@pytest.mark.parametrize(("edit", "expected", "summary"), CONFIGS.values(), ids=CONFIGS.keys())
def test_a_changed_configuration_is_said_as_far_as_it_can_be_ordered(write: Write, edit: tuple[str, str], expected: tuple[str, str], summary: str) -> None:
    """One change of `gate.yaml`, its sentence, and whether B is called looser."""
    diff = diff_files(write("a.yaml", CONFIG), write("b.yaml", CONFIG.replace(*edit))).diff

    assert (diff.changes[0].heading.value, diff.changes[0].message) == expected
    assert diff.summary == summary


def test_a_larger_share_of_excluded_rows_is_looser(write: Write) -> None:
    """The limit of an excluded group has a direction, and its reason has none."""
    one, other = (
        CONFIG.replace("0: female}", f"0: female}}, exclude: [{{group: 9, why: {why}, max_share: {most}}}]") for why, most in (("v", 0.1), ("w", 0.2))
    )
    a, b = write("a.yaml", one), write("b.yaml", other)

    assert [change.order for change in diff_files(a, b).diff.changes] == [Order.LOOSER, Order.EQUAL]
    assert [change.order for change in diff_files(b, a).diff.changes] == [Order.TIGHTER, Order.EQUAL]


REVERSED = {
    "reference": ONE_PLACE,
    "protected": ONE_PLACE,
    "excluded": ONE_PLACE,
    "pinned": "B loosens A in 1 place",
    "feature gone": "B only tightens A",
    "group new": ONE_PLACE,
}


@pytest.mark.parametrize("name", REVERSED)
def test_the_way_back_of_a_configuration(write: Write, name: str) -> None:
    """A pin removed is looser, a feature added tightens, and a group removed stays without an order."""
    diff = diff_files(write("b.yaml", CONFIG.replace(*CONFIGS[name][0])), write("a.yaml", CONFIG)).diff

    assert diff.summary == REVERSED[name]


def test_a_threshold_without_a_score_judges_nothing(write: Write) -> None:
    """Where labels are judged, the threshold of scores has nothing to select."""
    one, other = (CONFIG.replace("{score: p, threshold: 0.5}", f"{{threshold: {value}}}") for value in (0.4, 0.5))
    diff = diff_files(write("a.yaml", one), write("b.yaml", other)).diff

    assert [change.order for change in diff.changes] == [Order.EQUAL]


def test_true_is_another_label_than_one(write: Write) -> None:
    """Python's `True == 1` must not hide that another column type is meant."""
    other = CONFIG.replace("labels: [0, 1], positive_label: 1", "labels: [false, true], positive_label: true")
    diff = diff_files(write("a.yaml", CONFIG), write("b.yaml", other)).diff

    assert [change.key for change in diff.changes] == ["data.labels", "data.positive_label"]


def test_the_same_file_elsewhere_is_the_same(write: Write) -> None:
    """Paths are compared as written: moving a folder changes nothing."""
    assert diff_files(write("x/gate.yaml", CONFIG), write("y/gate.yaml", CONFIG)).diff.changes == ()


def test_one_model_of_many(write: Write) -> None:
    """`--model` leaves the other entries out, and a name that neither file has is refused."""
    entry = CONFIG.partition("models:\n")[2]
    two = CONFIG + entry.replace("  m:", "  n:")
    diff = diff_files(write("a.yaml", two), write("b.yaml", two.replace("tier: high", "tier: low")), model="n").diff

    assert [change.model for change in diff.changes] == ["n"]
    with pytest.raises(UsageError, match="neither file has a model 'k'"):
        diff_files(write("a.yaml", two), write("b.yaml", two), model="k")


# ----------------------------------------------------------------------------------------------------- the command line

POLICY = "schema: gate.policy/v1\ntier: t\nrules:\n  - {id: a, metric: demographic_parity_difference, max: 0.2, enforcement: soft-mandatory}\n"


def test_the_text_is_grouped_and_exits_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """From a shipped tier to the one below: information, not a verdict."""
    code = main(["policy", "diff", str(ROOT / "policies" / "high.yaml"), str(ROOT / "policies" / "minimal.yaml")])
    printed = capsys.readouterr().out

    assert code == 0
    assert printed.startswith("B loosens A in 15 places\n\nLOOSER\n- `evidence.burden_of_proof` was candidate and is gate\n")
    assert re.findall(r"^[A-Z]+$", printed, re.MULTILINE) == ["LOOSER", "CHANGED", "GONE"]


def test_the_list_holds_the_same_sentences(capsys: pytest.CaptureFixture[str]) -> None:
    """`--format json` is one list, each entry with its kind and its sentence."""
    files = [str(ROOT / "policies" / name) for name in ("limited.yaml", "high.yaml")]
    code = main(["policy", "diff", *files, "--format", "json"])
    entries = json.loads(capsys.readouterr().out)
    expected = diff_policies(*(load_policy(Path(file)).policy for file in files))

    assert code == 0
    assert [(entry["kind"], entry["message"]) for entry in entries] == [
        ("summary", "B only tightens A"),
        *((change.heading.value, change.message) for change in expected.changes),
    ]


def test_a_configuration_is_judged_by_its_words_only(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """That two files agree in words says nothing of the policies and data behind them, and the output says so."""
    files = [str(write(name, CONFIG)) for name in ("a.yaml", "b.yaml")]
    codes = [main(["policy", "diff", *files]), main(["policy", "diff", *files, "--format", "json"])]
    printed = capsys.readouterr().out

    assert codes == [0, 0]
    assert printed.startswith("A and B judge alike\n\nPolicies, data and suites were compared by name: ")
    assert '"kind": "proviso"' in printed


def test_hostile_names_do_not_reach_the_terminal(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing that a file says can move the cursor, begin a line or command a CI runner."""
    hostile = CONFIG.replace("  m:", '  "x\\u202e\\n::error::y":')
    code = main(["policy", "diff", str(write("a.yaml", CONFIG)), str(write("b.yaml", hostile))])
    printed = capsys.readouterr().out

    assert code == 0
    assert "x\\u202e\\n: :error: :y" in printed
    assert "\u202e" not in printed


REFUSED: dict[str, list[str]] = {
    "kinds mixed": ["p.yaml", "c.yaml"],
    "kinds mixed the other way": ["c.yaml", "p.yaml"],
    "absent": ["p.yaml", "absent.yaml"],
    "no schema": ["p.yaml", "n.yaml"],
    "broken": ["p.yaml", "b.yaml"],
    "decisions of a configuration": ["c.yaml", "c.yaml", "--decisions", "."],
    "absent decisions": ["p.yaml", "p.yaml", "--decisions", "absent"],
    "model of a policy": ["p.yaml", "p.yaml", "--model", "m"],
}


@pytest.mark.parametrize("words", REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_compared_is_refused(write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    """Exit 2 with a sentence, and nothing on standard output that could be taken for an answer."""
    for name, text in (("p.yaml", POLICY), ("c.yaml", CONFIG), ("n.yaml", "tier: t\n"), ("b.yaml", POLICY.replace("0.2", "2"))):
        monkeypatch.chdir(write(name, text).parent)
    code = main(["policy", "diff", *words])
    printed = capsys.readouterr()

    assert code == 2
    assert printed.out == ""
    assert printed.err.startswith("gate: ")
