"""Thresholds of other tools as policies: what carries over means the same or more, and what does not is named."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from gate.cli.policy import ForeignTool, app
from gate.errors import PolicyError
from gate.policy import lint, load_policy
from gate.policy.foreign import Found, Tool, found_in, written

Write = Callable[[str, str], Path]

BDP = """\
performance: {metric: f1, min_score: 0.85}
fairness: {disparity_threshold: 0.05, equalised_odds_threshold: 0.08}
"""
FAIRPIPE = """\
sensitive: [sex, region]
fairness_metric: equalized_odds_difference
validation_threshold: 0.06
"""
TFMA = """\
# limits of the screening model
model_specs { label_key: "repaid" }
slicing_specs {}
slicing_specs { feature_keys: ["sex"] }
metrics_specs {
  metrics {
    class_name: "Recall"
    threshold { value_threshold { lower_bound { value: 0.6 } } }
  }
  thresholds {
    key: "fairness_indicators_metrics/false_positive_rate@0.5"
    value { value_threshold { upper_bound { value: 0.2 } } }
  }
}
"""


def rules(found: Found) -> list[dict[str, object]]:
    """What the rules ask, without what all have in common."""
    return [{key: value for key, value in one.rule.items() if key != "enforcement"} for one in found.carried]


def named(found: Found) -> str:
    """Everything that does not carry over, in one text."""
    return "\n".join(f"{left.entry}: {left.why}" for left in found.left_out)


def tfma_metric(body: str, *, slices: str = "") -> str:
    """An EvalConfig with one metric."""
    return f"{slices} metrics_specs {{ metrics {{ {body} }} }}"


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `gate policy import …`."""
    result = CliRunner().invoke(app, ["import", *map(str, arguments)])
    if isinstance(result.exception, PolicyError):
        return 2, result.stdout, result.stderr + str(result.exception)
    return result.exit_code, result.stdout, result.stderr


# ------------------------------------------------------------------------------------------------- what carries over


def test_gaps_of_bdp_model_gate_are_upper_bounds_and_scores_lower_ones(write: Write) -> None:
    """A threshold of bdp-model-gate keeps its direction: gaps at most, scores at least."""
    found = found_in(write("config.yaml", BDP), tool=None)

    assert rules(found) == [
        {"metric": "demographic_parity_difference", "max": 0.05},
        {"metric": "equalized_odds_difference", "max": 0.08},
        {"metric": "f1_score", "min": 0.85, "scope": "overall"},
    ]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [("mae", {"metric": "mean_absolute_error", "max": 3.0, "scope": "overall"}), ("rmse", {"metric": "mean_squared_error", "max": 9.0, "scope": "overall"})],
)
def test_errors_of_bdp_model_gate_are_upper_bounds(write: Write, metric: str, expected: dict[str, object]) -> None:
    """An error metric is bounded from above, in the unit in which this gate measures it, and gaps of selection fall away by name."""
    found = found_in(write("c.yaml", f"performance: {{metric: {metric}, max_error: 3}}\nfairness: {{disparity_threshold: 0.05}}"), tool=None)

    assert rules(found) == [expected]
    assert "fairness.disparity_threshold: the tool does not apply it to a regression" in named(found)


def test_the_bound_of_fairpipe_is_an_upper_bound_on_its_features(write: Write) -> None:
    """The one bound of fairpipe is the most that is allowed, for the features that its file names."""
    found = found_in(write("config.yml", FAIRPIPE), tool=None)

    assert rules(found) == [{"metric": "equalized_odds_difference", "max": 0.06, "features": ["sex", "region"]}]


def test_bounds_of_tfma_keep_their_direction_on_the_table_and_on_every_slice(write: Write) -> None:
    """A lower bound becomes `min`, an upper one `max`, and both hold overall and in every group that TFMA slices on."""
    found = found_in(write("eval.pbtxt", TFMA), tool=None)

    in_groups = {"scope": "by_group", "features": ["sex"], "depth": 1}
    assert rules(found) == [
        {"metric": "true_positive_rate", "min": 0.6, "scope": "overall"},
        {"metric": "true_positive_rate", "min": 0.6, **in_groups},
        {"metric": "false_positive_rate", "max": 0.2, "scope": "overall"},
        {"metric": "false_positive_rate", "max": 0.2, **in_groups},
    ]


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("camel", [False, True])
def test_json_of_tfma_says_the_same_as_its_text(write: Write, *, wrapped: bool, camel: bool) -> None:
    """JSON with either spelling of the names, alone or as an evaluation leaves it, gives the rules of the text form."""
    specs, value, upper, per = (
        ("metricsSpecs", "valueThreshold", "upperBound", "className") if camel else ("metrics_specs", "value_threshold", "upper_bound", "class_name")
    )
    config = {specs: [{"metrics": [{per: "FallOut", "threshold": {value: {upper: 0.2}}}]}]}
    found = found_in(write("eval_config.json", json.dumps({"evalConfig": config, "version": "0.48.0"} if wrapped else config)), tool=None)

    assert rules(found) == [{"metric": "false_positive_rate", "max": 0.2, "scope": "overall"}]


@pytest.mark.parametrize(
    ("metric", "change", "expected"),
    [
        ("Recall", "absolute { value: -0.02 } direction: HIGHER_IS_BETTER", {"max_drop": 0.02}),
        ("FallOut", "absolute { value: 0.02 } direction: LOWER_IS_BETTER", {"max_increase": 0.02}),
        ("Recall", "absolute { value: 0.02 } direction: HIGHER_IS_BETTER", None),
        ("FallOut", "absolute { value: -0.02 } direction: LOWER_IS_BETTER", None),
        ("Recall", "absolute { value: 0.02 } direction: LOWER_IS_BETTER", None),
        ("FallOut", "absolute { value: -0.02 } direction: HIGHER_IS_BETTER", None),
        ("Recall", "absolute { value: -0.02 }", None),
        ("Recall", "relative { value: -0.02 } direction: HIGHER_IS_BETTER", None),
    ],
)
def test_only_an_absolute_limit_of_a_loss_compares_with_the_champion(write: Write, metric: str, change: str, expected: dict[str, float] | None) -> None:
    """A change threshold carries over in its direction if it limits a loss absolutely; else it is named, and no other number takes its place."""
    found = found_in(write("e.pbtxt", tfma_metric(f'class_name: "{metric}" threshold {{ change_threshold {{ {change} }} }}')), tool=None)

    if expected is None:
        assert rules(found) == []
        assert metric in named(found)
    else:
        name = {"Recall": "true_positive_rate", "FallOut": "false_positive_rate"}[metric]
        assert rules(found) == [{"metric": name, **expected, "versus": "champion", "scope": "overall"}]


@pytest.mark.parametrize(("name", "text"), [("c.yaml", BDP), ("c.yml", FAIRPIPE), ("e.pbtxt", TFMA)])
def test_what_is_written_passes_lint_and_asks_the_candidate_for_proof(write: Write, tmp_path: Path, name: str, text: str) -> None:
    """Every policy that is written is one without problems, in which only a proven pass passes and nobody may override."""
    output = tmp_path / "hiring.yaml"
    code, _, _ = run(write(name, text), "--output", output)
    policy = load_policy(output).policy

    assert code == 0
    assert lint([output]) == ()
    assert (policy.tier, policy.evidence.burden_of_proof.value, policy.override) == ("hiring", "candidate", None)


# ------------------------------------------------------------------------------- how it could come to pass wrongly


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.yaml", "fairness: {disparity_threshold: 10}"),
        ("c.yaml", "fairness: {equalised_odds_threshold: 5%}"),
        ("c.yaml", "performance: {metric: accuracy, min_score: 80}"),
        ("c.toml", "[fairness]\ndisparity_threshold = nan\n"),
        ("c.yml", "fairness_metric: demographic_parity_difference\nvalidation_threshold: 5"),
        ("c.yml", "fairness_metric: demographic_parity_difference\nvalidation_threshold: true"),
        ("e.pbtxt", tfma_metric('class_name: "Recall" threshold { value_threshold { lower_bound { value: 60 } } }')),
        ("e.pbtxt", tfma_metric('class_name: "FallOut" threshold { value_threshold { upper_bound { value: 20 } } }')),
        ("e.pbtxt", tfma_metric('class_name: "FallOut" threshold { value_threshold { upper_bound { value: nan } } }')),
    ],
)
def test_a_percentage_is_an_error_and_no_missing_rule(write: Write, name: str, text: str) -> None:
    """A bound that is no share stops the import, since read as a share it could never be exceeded."""
    code, printed, said = run(write(name, text))

    assert (code, printed) == (2, "")
    assert "is needed" in said


def test_what_bdp_model_gate_checks_without_being_told_becomes_a_rule(write: Write) -> None:
    """A threshold that the file leaves to its default is a rule, so that the policy asks no less than the tool did."""
    found = found_in(write("c.yaml", "fairness: {disparity_threshold: 0.05}"), tool=None)

    assert rules(found)[1:] == [{"metric": "equalized_odds_difference", "max": 0.1}, {"metric": "roc_auc_score", "min": 0.8, "scope": "overall"}]
    assert all("not in the file" in one.notes[0] for one in found.carried[1:])


def test_groups_of_one_slice_are_not_lost(write: Write) -> None:
    """A bound on one slice becomes one on every group of its feature, and combinations have to be proven as TFMA judges them."""
    one = 'slicing_specs { feature_values: [{key: "sex", value: "f"}] feature_keys: ["age"] }'
    per = f"per_slice_thresholds {{ {one} threshold {{ value_threshold {{ lower_bound {{ value: 0.6 }} }} }} }}"
    found = found_in(write("e.pbtxt", tfma_metric(f'class_name: "Recall" {per}')), tool=None)

    assert rules(found) == [{"metric": "true_positive_rate", "min": 0.6, "scope": "by_group", "features": ["age", "sex"], "depth": 2}]
    assert found.evidence["intersections"] == {"depth": 2, "burden_of_proof": "candidate"}
    assert found.evidence["small_intersections"] == "block"


def test_a_relative_gap_is_never_read_as_an_absolute_one(write: Write) -> None:
    """Gaps that bdp-model-gate measures relative to an overall figure are named and become no rule."""
    found = found_in(write("c.yaml", f"{BDP.strip()[:-1]}, mean_gap_threshold: 0.1, error_parity_threshold: 0.2}}"), tool=None)

    assert len(found.carried) == 3
    assert "mean_gap_threshold: relative" in named(found)
    assert "error_parity_threshold: relative" in named(found)


@pytest.mark.parametrize(
    "metric", ['class_name: "Recall" config: \'"thresholds": [0.3]\'', 'class_name: "AUC" config: \'"curve": "PR"\'', 'class_name: "NDCG"']
)
def test_a_metric_that_means_another_number_is_named(write: Write, metric: str) -> None:
    """Another cut, another curve and an unknown metric do not become a rule about the nearest number."""
    found = found_in(write("e.pbtxt", tfma_metric(f"{metric} threshold {{ value_threshold {{ lower_bound {{ value: 0.6 }} }} }}")), tool=None)

    assert rules(found) == []
    assert "metrics[0]" in named(found)


def test_a_bound_that_nothing_exceeds_is_no_rule(write: Write) -> None:
    """A policy of idle bounds only is not written, because it would pass everything."""
    code, printed, said = run(write("e.pbtxt", tfma_metric('class_name: "Recall" threshold { value_threshold { lower_bound { value: 0 } } }')))

    assert (code, printed) == (2, "")
    assert "asks nothing" in said
    assert "carries over" in said


# ---------------------------------------------------------------------------------------- what does not carry over


@pytest.mark.parametrize(
    ("name", "text", "key"),
    [
        ("c.yaml", "fairness: {disparty_threshold: 0.05}", "fairness.disparty_threshold"),
        ("c.yaml", "fairnes: {disparity_threshold: 0.05}\nperformance: {min_score: 0.9}", "fairnes"),
        ("c.yml", f"{FAIRPIPE}validation_treshold: 0.01\n", "validation_treshold"),
        ("c.yml", f"{FAIRPIPE}alpha: 0.01\n", "alpha"),
        ("c.yaml", f"{BDP}security: {{injection_depth: 3}}\n", "security.injection_depth"),
        ("c.yaml", f"{BDP}uncertainty: {{on_uncertain: point}}\n", "uncertainty.on_uncertain"),
        ("e.pbtxt", f"{TFMA}options {{ min_slice_size {{ value: 10 }} }}", "options.min_slice_size"),
        ("e.pbtxt", TFMA, "model_specs[0]: label_key"),
    ],
)
def test_every_other_entry_is_named_beside_the_policy_and_in_it(write: Write, name: str, text: str, key: str) -> None:
    """An entry that becomes no rule, known or misspelled, stands on standard error and in a comment of the policy."""
    code, printed, said = run(write(name, text))

    assert code == 0
    assert f"does not carry over: {key}" in said
    assert any(line.startswith(f"# - {key}") for line in printed.splitlines())


def test_a_field_that_tfma_does_not_have_stops_the_import(write: Write) -> None:
    """The reader of protobuf is not told to skip what it does not know, since it could be a bound."""
    code, printed, said = run(write("e.pbtxt", f"{TFMA}metric_specs {{}}"))

    assert (code, printed) == (2, "")
    assert "metric_specs" in said


def test_a_metric_that_fairpipe_would_pass_unseen_is_no_rule(write: Write) -> None:
    """An unknown metric, which fairpipe takes for 0.0, leaves nothing to import, and the reason is said."""
    code, printed, said = run(write("c.yml", "fairness_metric: equalised_odds\nvalidation_threshold: 0.05"))

    assert (code, printed) == (2, "")
    assert "passes there unseen" in said


def test_one_of_several_profiles_has_to_be_chosen(write: Write) -> None:
    """A profile is laid over what stands outside, others are named, and none is chosen by chance."""
    path = write("c.yml", f"{FAIRPIPE}profiles:\n  strict: {{validation_threshold: 0.02}}\n  loose: {{validation_threshold: 0.5}}\n")
    found = found_in(path, tool=None, profile="strict")

    assert [one["max"] for one in rules(found)] == [0.02]
    assert "profiles.loose" in named(found)
    with pytest.raises(PolicyError, match="several profiles"):
        found_in(path, tool=None)


def test_only_stricter_terms_of_evidence_carry_over(write: Write) -> None:
    """A surer interval and larger groups are taken over; what is laxer than this gate anyway is named and is not."""
    strict = found_in(write("c.yaml", "fairness: {min_group_size: 50}\nuncertainty: {confidence_level: 0.98}"), tool=None)
    lax = found_in(write("c.yaml", "fairness: {min_group_size: 5}\nuncertainty: {confidence_level: 0.8}"), tool=None)

    assert strict.evidence == {"burden_of_proof": "candidate", "min_group": {"rows": 50}, "confidence": {"pass": 0.99}}
    assert lax.evidence == {"burden_of_proof": "candidate"}
    assert "uncertainty.confidence_level" in named(lax)
    assert "fairness.min_group_size" in named(lax)


# ------------------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.yaml", "fairness: !!python/object/apply:os.system [id]"),
        ("c.yaml", "fairness: &a {disparity_threshold: 0.05}\nperformance: *a"),
        ("c.json", '{"fairness": {"disparity_threshold": 0.05, "disparity_threshold": 0.9}}'),
        ("c.json", '{"fairness": {"disparity_threshold": NaN}}'),
        ("c.json", "[" * 100_000),
        ("c.toml", "fairness = "),
        ("c.yaml", "[1]"),
        ("c.yaml", "models: {}"),
        ("c.yaml", "fairness: {}\nsensitive: [a]"),
        ("c.yaml", "fairness: 3"),
        ("c.yaml", "fairness: {intersectional: 1}"),
        ("c.yaml", "performance: {min_score: 0.5, min_accuracy: 0.9}"),
        ("c.txt", BDP),
        ("c.yaml", "performance: {metric: [f1]}"),
        ("c.yaml", "#" * (1024 * 1024 + 1)),
        ("e.json", '{"metrics_specs": [{"thresholds": {"auc": {}, "auc": {}}}]}'),
        ("e.pbtxt", tfma_metric('class_name: "Recall" config: "{" threshold { value_threshold { lower_bound { value: 0.6 } } }')),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused(write: Write, name: str, text: str) -> None:
    """Nothing is executed, guessed or half imported: exit 2, and no policy."""
    code, printed, _ = run(write(name, text))

    assert (code, printed) == (2, "")


def test_a_foreign_name_cannot_write_into_the_policy(write: Write) -> None:
    """A line break inside a key stays inside its comment."""
    key = "x\nrules: []\n\u2028evidence: {burden_of_proof: gate}"
    code, printed, _ = run(write("c.json", json.dumps({"fairness": {key: 1}})))

    assert code == 0
    assert len(yaml.safe_load(printed)["rules"]) == 3
    assert yaml.safe_load(printed)["evidence"] == {"burden_of_proof": "candidate"}


def test_nothing_is_overwritten_and_the_tier_is_the_name_of_the_file(write: Write) -> None:
    """A policy that exists stays, and a tier that lint would refuse is not written."""
    path, output = write("c.yaml", BDP), write("hiring.yaml", "mine")

    assert CliRunner().invoke(app, ["import", str(path), "--output", str(output)]).exit_code != 0
    assert output.read_text(encoding="utf-8") == "mine"
    with pytest.raises(PolicyError, match="governance"):
        written(found_in(path, tool=None), file="c.yaml", tier="high")
    with pytest.raises(PolicyError, match="tier"):
        written(found_in(path, tool=None), file="c.yaml", tier="No Tier")


def test_the_command_knows_every_tool() -> None:
    """`--from` offers what can be read."""
    assert [tool.value for tool in ForeignTool] == [tool.value for tool in Tool]
