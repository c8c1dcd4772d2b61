"""Policies: defaults, shorthands, `extends`, and the document that a decision binds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gate.core.canonical import canonical, digest
from gate.core.policy import Burden, Confidence, Enforcement, Evidence, ForbiddenInputs, Intersections, MinGroup, Policy, Rule, SandboxDemand, Scope, Threshold
from gate.errors import PolicyError
from gate.policy import effective_policy, load_policy, policy_from_effective

Write = Callable[[str, str], Path]

HEAD = "schema: gate.policy/v1\ntier: high\n"
RULE = "{id: a, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}"
RULES = f"rules:\n  - {RULE}\n"

FULL = """\
schema: gate.policy/v1
tier: high
version: 3
description: All that a policy can say.
evidence:
  burden_of_proof: gate
  confidence: {pass: 0.9, fail: 0.98}
  min_group: {rows: 50, positives: 20, negatives: 10}
  intersections: {depth: 3, burden_of_proof: candidate}
  small_intersections: block
  sandbox: required
data: {expectations: required, max_unknown_share: 0.01, max_missing_labels: 0.1, max_age_days: 365, max_looks: 5}
inputs: {forbid: [zip, sensitive]}
rules:
  - id: four-fifths
    metric: disparate_impact
    min: 0.8
    features: [race, sex]
    depth: 2
    burden_of_proof: point_estimate
    enforcement: hard-mandatory
    applies_to: {task: binary_classification}
    why: A reason.
    satisfies: [eu-ai-act/art-10, nist-ai-rmf/measure-2.11]
  - {id: recall, metric: recall, scope: by_group, min: 1, enforcement: advisory}
"""


def test_everything_that_is_not_written_has_the_documented_default(write: Write) -> None:
    """The shortest policy means exactly what the documentation says."""
    policy = load_policy(write("p.yaml", HEAD + RULES)).policy

    rule = Rule(
        id="a", metric="demographic_parity_difference", threshold=Threshold(max=0.1), scope=Scope.BETWEEN_GROUPS, enforcement=Enforcement.SOFT_MANDATORY
    )
    assert policy == Policy(tier="high", rules=(rule,))


def test_everything_that_is_written_arrives(write: Write) -> None:
    """No key of a policy is read and dropped."""
    policy = load_policy(write("p.yaml", FULL)).policy

    assert policy.evidence == Evidence(
        burden_of_proof=Burden.GATE,
        confidence=Confidence(passing=0.9, failing=0.98),
        min_group=MinGroup(rows=50, positives=20, negatives=10),
        intersections=Intersections(depth=3, burden_of_proof=Burden.CANDIDATE),
        small_intersections=policy.evidence.small_intersections.BLOCK,
        sandbox=SandboxDemand.REQUIRED,
    )
    assert (policy.data.expectations_required, policy.data.max_unknown_share, policy.data.max_missing_labels, policy.data.max_age_days) == (
        True,
        0.01,
        0.1,
        365,
    )
    assert policy.data.max_looks == 5
    assert policy.forbidden_inputs == ForbiddenInputs(sensitive=True, columns=("zip",))
    assert policy.rules[0] == Rule(
        id="four-fifths",
        metric="demographic_parity_ratio",
        threshold=Threshold(min=0.8),
        scope=Scope.BETWEEN_GROUPS,
        enforcement=Enforcement.HARD_MANDATORY,
        features=("race", "sex"),
        depth=2,
        burden_of_proof=Burden.POINT_ESTIMATE,
        applies_to={"task": "binary_classification"},
        why="A reason.",
        satisfies=("eu-ai-act/art-10", "nist-ai-rmf/measure-2.11"),
    )


@pytest.mark.parametrize(
    ("written", "threshold", "versus", "anchor"),
    [
        ("metric: recall, versus: champion, max_drop: 0.05", Threshold(max_drop=0.05), "champion", None),
        ('metric: false_positive_rate, versus: "3", max_increase: 0.05', Threshold(max_increase=0.05), "3", None),
        ("metric: accuracy, anchor: first, cumulative_max_drop: 0.1", Threshold(max_drop=0.1), None, "first"),
    ],
)
def test_a_comparison_arrives_and_survives_its_document(write: Write, written: str, threshold: Threshold, versus: str | None, anchor: str | None) -> None:
    """The bound, the other model, and a document that says neither of rules that compare with nothing."""
    rules = f"rules:\n  - {{id: b, scope: by_group, {written}, enforcement: soft-mandatory}}\n"
    loaded, plain = load_policy(write("p.yaml", HEAD + rules)), load_policy(write("q.yaml", HEAD + RULES))
    (rule,) = loaded.policy.rules

    assert (rule.threshold, rule.versus, rule.anchor, rule.baseline) == (threshold, versus, anchor, versus or anchor)
    assert policy_from_effective(loaded.document.effective) == loaded.policy
    assert not {"versus", "anchor", "max_drop"} & set(plain.document.effective["rules"][0])


@pytest.mark.parametrize(
    ("written", "long"),
    [
        ("evidence: {confidence: 0.9}", "evidence: {confidence: {pass: 0.9, fail: 0.99}}"),
        ("evidence: {intersections: 2}", "evidence: {intersections: {depth: 2, burden_of_proof: gate}}"),
        ("inputs: {forbid: sensitive}", "inputs: {forbid: [sensitive]}"),
        ("inputs: {forbid: none}", "inputs: {forbid: []}"),
        ("inputs: {forbid: ~}", "inputs: {}"),
        ("data: {max_age_days: ~}", "data: {}"),
    ],
)
def test_a_shorthand_means_its_long_form(write: Write, written: str, long: str) -> None:
    """Two ways of writing the same policy have the same digest."""
    digests = {load_policy(write(f"{number}.yaml", f"{HEAD}{line}\n{RULES}")).document.digest for number, line in enumerate((written, long))}

    assert len(digests) == 1


def test_the_document_is_bound_by_the_digest_of_its_canonical_json(write: Write) -> None:
    """Anyone can recompute the digest from the effective policy alone."""
    document = load_policy(write("p.yaml", FULL)).document

    assert document.digest == digest(canonical(document.effective))


def test_a_child_inherits_what_it_does_not_write(write: Write) -> None:
    """Mappings are laid over key by key, rules by id; new rules come last."""
    write(
        "parent.yaml",
        f"{HEAD}version: 7\nevidence: {{burden_of_proof: gate, confidence: {{pass: 0.9, fail: 0.98}}}}\n{RULES}  - {RULE.replace('id: a', 'id: b')}\n",
    )
    added = "{id: c, metric: accuracy, scope: overall, min: 0.5, enforcement: advisory}"
    child = f"rules:\n  - {added}\n  - {RULE.replace('0.1', '0.05')}\n"
    policy = load_policy(write("child.yaml", f"schema: gate.policy/v1\ntier: top\nextends: parent.yaml\nevidence: {{confidence: 0.95}}\n{child}")).policy

    assert (policy.tier, policy.version, policy.evidence.burden_of_proof) == ("top", None, Burden.GATE)
    assert policy.evidence.confidence == Confidence(passing=0.95, failing=0.98)
    assert [(rule.id, rule.threshold.max) for rule in policy.rules] == [("a", 0.05), ("b", 0.1), ("c", None)]


def test_a_child_may_have_no_rules_of_its_own(write: Write) -> None:
    """A tier that only asks for better evidence need not repeat its parent's rules."""
    write("parent.yaml", HEAD + RULES)
    policy = load_policy(write("child.yaml", f"{HEAD}extends: parent.yaml\nevidence: {{sandbox: required}}\n")).policy

    assert [rule.id for rule in policy.rules] == ["a"]


def test_a_parent_may_stand_in_a_folder_below(write: Write) -> None:
    """Policies in common can live in a subfolder, and are found from where they are named."""
    write("common/parent.yaml", HEAD + RULES)
    write("common/middle.yaml", f"{HEAD}extends: parent.yaml\n")

    assert len(load_policy(write("child.yaml", f"{HEAD}extends: common/middle.yaml\n")).policy.rules) == 1


def test_a_looser_child_is_refused_where_it_is_looser(write: Write) -> None:
    """The message names rule, key and both values, at the place in the child's file."""
    write("parent.yaml", HEAD + RULES)
    child = write("child.yaml", f"{HEAD}extends: parent.yaml\nrules:\n  - {RULE.replace('0.1', '0.2')}\n")
    with pytest.raises(PolicyError, match=r"rule `a`: `max` is 0\.1 in the parent and 0\.2 here; it may only fall") as refused:
        load_policy(child)

    assert refused.value.where == f"{child}:5:57"


def test_looser_evidence_is_refused_where_it_is_written(write: Write) -> None:
    """A key outside the rules is shown at its own place, also where it loosens a rule that is inherited."""
    write("parent.yaml", HEAD + RULES)
    child = write("child.yaml", f"{HEAD}extends: parent.yaml\nevidence:\n  burden_of_proof: gate\n")
    with pytest.raises(PolicyError, match="is candidate in the parent and gate here") as refused:
        load_policy(child)

    assert refused.value.where == f"{child}:5:20"


def test_a_rule_that_crosses_beyond_the_tier_is_refused_where_it_is_written(write: Write) -> None:
    """Depth is judged after `extends`: the parent's depth limits the child's rule, the child's own lifts the limit."""
    write("parent.yaml", f"{HEAD}evidence: {{intersections: 2}}\n{RULES}")
    deeper = RULE.replace("id: a", "id: b, depth: 3")
    refused_path = write("child.yaml", f"{HEAD}extends: parent.yaml\nrules:\n  - {deeper}\n")
    with pytest.raises(PolicyError, match="rule `b`: `depth` is 3, but") as refused:
        load_policy(refused_path)
    accepted = load_policy(write("other.yaml", f"{HEAD}extends: parent.yaml\nevidence: {{intersections: 3}}\nrules:\n  - {deeper}\n")).policy

    assert refused.value.where == f"{refused_path}:5:20"
    assert accepted.rules[1].depth == 3


def test_a_tier_may_not_become_shallower_than_an_inherited_rule(write: Write) -> None:
    """The refusal stands at the child's depth, because the rule is not in the child's file."""
    write("parent.yaml", f"{HEAD}evidence: {{intersections: 2}}\nrules:\n  - {RULE.replace('id: a', 'id: a, depth: 2')}\n")
    child = write("child.yaml", f"{HEAD}extends: parent.yaml\nevidence:\n  intersections: {{depth: 1}}\n")
    with pytest.raises(PolicyError, match="rule `a`: `depth` is 2, but") as refused:
        load_policy(child)

    assert refused.value.where == f"{child}:5:26"


def test_a_child_that_leaves_no_rule_in_force_is_refused(write: Write) -> None:
    """Making the only mandatory rule advisory would leave a policy that blocks nothing."""
    write("parent.yaml", HEAD + RULES)
    child = write("child.yaml", f"{HEAD}extends: parent.yaml\n{RULES.replace('soft-mandatory', 'advisory')}")
    with pytest.raises(PolicyError, match="every rule is advisory") as refused:
        load_policy(child)

    assert refused.value.where == f"{child}:4:1"


def test_a_circle_of_parents_is_refused(write: Write) -> None:
    """Two policies that extend each other are an error, not an endless loop."""
    write("a.yaml", f"{HEAD}extends: b.yaml\n")
    path = write("b.yaml", f"{HEAD}extends: a.yaml\n")
    with pytest.raises(PolicyError) as refused:
        load_policy(path)

    assert "extends this file in turn" in refused.value.what


def test_a_long_chain_of_parents_is_refused(write: Write) -> None:
    """Nobody can review a policy with nine parents; eight are still accepted."""
    write("0.yaml", HEAD + RULES)
    paths = [write(f"{number}.yaml", f"{HEAD}extends: {number - 1}.yaml\n") for number in range(1, 10)]
    eight = load_policy(paths[7])
    with pytest.raises(PolicyError, match="longer than 8"):
        load_policy(paths[8])

    assert len(eight.policy.rules) == 1


def test_a_link_out_of_the_folder_is_refused(write: Write, tmp_path: Path) -> None:
    """A symbolic link is no way around the folder of policies."""
    write("outside/parent.yaml", HEAD + RULES)
    child = write("inside/child.yaml", f"{HEAD}extends: link.yaml\n")
    (tmp_path / "inside" / "link.yaml").symlink_to(tmp_path / "outside" / "parent.yaml")
    with pytest.raises(PolicyError) as refused:
        load_policy(child)

    assert "its own folder or below" in refused.value.what


def test_a_parent_that_is_only_advisory_is_refused_by_itself_only(write: Write) -> None:
    """A child cannot make up for a parent that is no policy."""
    write("parent.yaml", HEAD + RULES.replace("soft-mandatory", "advisory"))
    child = write("child.yaml", f"{HEAD}extends: parent.yaml\n{RULES}")
    with pytest.raises(PolicyError) as refused:
        load_policy(child)

    assert "parent.yaml:" in refused.value.where


def test_a_missing_file_and_a_folder_are_policy_errors(tmp_path: Path) -> None:
    """Whatever stands at the path, the answer is a sentence."""
    messages = []
    for path in (tmp_path / "nothing.yaml", tmp_path, Path("\0"), Path("x" * 5000)):
        with pytest.raises(PolicyError) as refused:
            load_policy(path)
        messages.append(refused.value.what.split(":")[0])

    assert messages[:2] == ["there is no such file", "a policy must be a file, and this is none"]


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "gate.policy/v2"},
        {"extends": "x.yaml"},
        {"tier": "other tier"},
        {"surprise": 1},
        {"rules": []},
        {"version": "1"},
        {"evidence": {}},
        {"evidence": None},
        {"inputs": {"forbid": "sensitive"}},
    ],
)
def test_a_document_that_this_version_does_not_write_is_refused(write: Write, change: dict[str, object]) -> None:
    """A replay never guesses what a foreign document might have meant."""
    effective = load_policy(write("p.yaml", HEAD + RULES)).document.effective
    with pytest.raises(PolicyError, match="not one that this version"):
        policy_from_effective({**effective, **change})  # type: ignore[dict-item, arg-type]


@pytest.mark.parametrize("effective", [None, 1, "text", [], {}, {"rules": [{"id": []}]}])
def test_what_is_no_document_is_refused(effective: object) -> None:
    """Whatever JSON a record holds, reading it back gives a policy or a PolicyError."""
    with pytest.raises(PolicyError):
        policy_from_effective(effective)  # type: ignore[arg-type]


names = st.sampled_from(["a", "b", "c-d", "e9"])
shares = st.integers(0, 100).map(lambda percent: percent / 100)
words = st.text(max_size=8)
rules = st.builds(
    Rule,
    id=names,
    metric=st.just("equalized_odds_difference"),
    threshold=st.builds(Threshold, max=shares),
    scope=st.just(Scope.BETWEEN_GROUPS),
    enforcement=st.sampled_from(Enforcement),
    features=st.none() | st.lists(names, min_size=1, unique=True).map(tuple),
    depth=st.none() | st.integers(1, 4),
    burden_of_proof=st.none() | st.sampled_from(Burden),
    applies_to=st.sampled_from([{}, {"task": "binary_classification"}]),
    why=words,
    satisfies=st.lists(st.sampled_from(["x/1", "y/2.b"])).map(tuple),
)
mandatory = rules.filter(lambda rule: rule.enforcement is not Enforcement.ADVISORY)
policies = st.builds(
    Policy,
    tier=names,
    rules=st.tuples(mandatory),
    version=st.none() | st.integers(1, 9),
    description=words,
    evidence=st.builds(Evidence, intersections=st.builds(Intersections, depth=st.just(4))),
    forbidden_inputs=st.builds(ForbiddenInputs, sensitive=st.booleans(), columns=st.lists(names, unique=True).map(tuple)),
)


@given(policies)
def test_a_policy_survives_its_document(policy: Policy) -> None:
    """Law: `policy_from_effective` undoes `effective_policy`."""
    assert policy_from_effective(effective_policy(policy)) == policy


def test_a_document_survives_its_policy(write: Write) -> None:
    """Law: writing the policy of a document again gives the same bytes."""
    effective = load_policy(write("p.yaml", FULL)).document.effective

    assert canonical(effective_policy(policy_from_effective(effective))) == canonical(effective)
