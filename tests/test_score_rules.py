"""Rules on scores, through the command line: judged, refused where they cannot be, and never passed by default."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from gate.cli import main
from gate.core.canonical import canonical, digest
from gate.errors import PolicyError
from gate.policy import load_policy

HEAD = "schema: gate.policy/v1\ntier: high\n"
GAP = "metric: roc_auc_score_difference, max: 0.1"


def _policy(folder: Path, *rules: str, head: str = "") -> Path:
    path = folder / "policy.yaml"
    lines = "".join(f"  - {{id: r{place}, {rule}}}\n" for place, rule in enumerate(rules))
    path.write_text(f"{HEAD}{head}rules:\n{lines}", encoding="utf-8")
    return path


def _table(folder: Path, *, size: int = 800, scale: float = 1.0, lift: float = 0.35) -> Path:
    """Two groups whose scores order the labels well, and well in group a only where `lift` is 0; `scale` shrinks scores."""
    rng = np.random.default_rng(11)
    y, b = np.arange(2 * size) % 2, np.arange(2 * size) >= size
    score = np.clip(rng.normal(0.5 + (2 * y - 1) * np.where(b, lift, 0.35) / 2, 0.15), 0, 1) * scale
    path = folder / "table.parquet"
    pd.DataFrame({"g": np.where(b, "b", "a"), "y": y, "s": score, "p": (score >= 0.5 * scale).astype(int)}).to_parquet(path, index=False)
    return path


def _config(folder: Path, predictions: str = "{score: s}") -> Path:
    path = folder / "gate.yaml"
    path.write_text(
        "schema: gate.config/v1\nmodels:\n  m:\n    tier: high\n    task: binary_classification\n    data: {label: y}\n"
        f"    predictions: {predictions}\n    sensitive_features:\n      g: {{column: g, groups: [a, b]}}\n",
        encoding="utf-8",
    )
    return path


def _check(folder: Path, table: Path, policy: Path, *, predictions: str = "{score: s}") -> int:
    words = ["--predictions", str(table), "--config", str(_config(folder, predictions)), "--policy", str(policy)]
    return main(["check", *words, "--output", str(folder / "out"), "--no-record"])


def _decision(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "out" / "decision.json").read_text(encoding="utf-8"))
    return found


def test_equal_scores_pass_and_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Gaps of every kind that are small and proven so pass; the record reproduces bit for bit."""
    soft = "enforcement: soft-mandatory"
    names = ("roc_auc_score_difference", "mean_residual_difference", "brier_score_loss_difference", "positive_class_balance", "negative_class_balance")
    policy = _policy(tmp_path, *(f"metric: {name}, max: 0.1, {soft}" for name in names), f"metric: scoring_rate_ratio, min: 0.8, {soft}")
    code = _check(tmp_path, _table(tmp_path), policy)

    assert code == 0
    assert [finding["outcome"] for finding in _decision(tmp_path)["findings"]] == ["pass"] * 6
    capsys.readouterr()
    assert main(["replay", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize("metric", ["roc_auc_score_difference", "positive_class_balance", "negative_class_balance"])
def test_a_proven_gap_blocks(tmp_path: Path, metric: str) -> None:
    """Scores that say nothing about group b are found out, in the area and in the mean scores of both classes."""
    assert _check(tmp_path, _table(tmp_path, lift=0.0), _policy(tmp_path, f"metric: {metric}, max: 0.1, enforcement: soft-mandatory")) == 1


def test_scores_that_share_a_bin_do_not_pass(tmp_path: Path) -> None:
    """Scores of rare events, all in the first bin, would show an area of one half for both groups: inconclusive, no gap of 0."""
    policy = _policy(tmp_path, f"{GAP}, enforcement: soft-mandatory")
    code = _check(tmp_path, _table(tmp_path, scale=2e-4, lift=0.0), policy, predictions="{score: s, threshold: 0.0001}")
    (finding,) = _decision(tmp_path)["findings"]

    assert (code, finding["outcome"], finding["lower"] <= 0, finding["upper"] > 0.1) == (3, "inconclusive", True, True)


def test_few_rows_prove_no_mean(tmp_path: Path) -> None:
    """200 rows a group are above `min_group` and below what a mean needs: it says so and does not pass."""
    code = _check(tmp_path, _table(tmp_path, size=200), _policy(tmp_path, "metric: brier_score_loss_difference, max: 0.9, enforcement: soft-mandatory"))
    (finding,) = _decision(tmp_path)["findings"]

    assert (code, finding["insufficient"]) == (3, ["a", "b"])
    assert "a (200 of 300 labelled rows)" in finding["message"]


def test_the_gate_names_the_gap_that_it_would_have_caught(tmp_path: Path) -> None:
    """Under the gate's burden the message names a gap beyond the bound, worked out with the limits of the judgement; where bins hide the order, none."""
    policy = _policy(tmp_path, "metric: roc_auc_score_difference, max: 0.01, enforcement: soft-mandatory", head="evidence: {burden_of_proof: gate}\n")
    code = _check(tmp_path, _table(tmp_path), policy)
    (finding,) = _decision(tmp_path)["findings"]

    assert (code, finding["outcome"]) == (0, "inconclusive")
    assert 0.03 < finding["detectable_gap"] < 0.15
    assert f"a true value of {finding['detectable_gap']:g} or more would have been caught" in finding["message"]
    code = _check(tmp_path, _table(tmp_path, scale=2e-4), policy, predictions="{score: s, threshold: 0.0001}")
    (hidden,) = _decision(tmp_path)["findings"]

    assert (code, hidden["detectable_gap"]) == (0, None)
    assert "could not have disproved any value" in hidden["message"]


@pytest.mark.parametrize("burden", ["candidate", "point_estimate"])
def test_a_residual_is_judged_on_both_sides(tmp_path: Path, burden: str) -> None:
    """Scores that are too high by .2 violate a bound of .1 as those do that are too low, under every burden."""
    rng = np.random.default_rng(5)
    y = (rng.random(4000) < 0.4).astype(int)
    for shift in (0.2, -0.2):
        table = tmp_path / "table.parquet"
        frame = pd.DataFrame({"g": np.where(np.arange(4000) % 2, "a", "b"), "y": y, "s": np.clip(0.4 + shift + rng.normal(0, 0.05, 4000), 0, 1)})
        frame.to_parquet(table, index=False)
        rule = f"metric: mean_residual, scope: by_group, max: 0.1, enforcement: soft-mandatory, burden_of_proof: {burden}"

        assert _check(tmp_path, table, _policy(tmp_path, rule), predictions="{score: s, threshold: 0.4}") == 1


def test_a_rule_on_scores_needs_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model that gives answers only is refused with the rule's name, exit 2, before anything is judged."""
    code = _check(tmp_path, _table(tmp_path), _policy(tmp_path, f"{GAP}, enforcement: soft-mandatory"), predictions="{column: p}")
    said = capsys.readouterr().err

    assert code == 2
    assert "rule 'r0' of tier 'high' judges roc_auc_score_difference, and 'm' gives no scores" in said
    assert not (tmp_path / "out" / "decision.json").exists()


def test_scores_are_summed_only_where_a_rule_asks(tmp_path: Path) -> None:
    """Under a policy without such a rule the counts have no columns of scores, and the record no numbers of them."""
    for rule, present in ((GAP, True), ("metric: demographic_parity_difference, max: 0.9", False)):
        _check(tmp_path, _table(tmp_path), _policy(tmp_path, f"{rule}, enforcement: soft-mandatory"))
        columns = pq.read_schema(tmp_path / "out" / "counts.parquet").names

        assert ("score_cells" in columns, "score_ks" in _decision(tmp_path)["groups"][0]["metrics"]) == (present, present)


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("score_rows", lambda rows: [rows[0] + 1, *rows[1:]]),
        ("score_errors_high", lambda sums: [one + 2**20 for one in sums]),
        ("score_cells", lambda c: c[1:]),
    ],
)
def test_mended_scores_do_not_replay(tmp_path: Path, column: str, change: Any) -> None:  # noqa: ANN401 -- any mending
    """Scores that do not add up to the rows, or do not fit their bins, are refused even where record and digest agree."""
    _check(tmp_path, _table(tmp_path), _policy(tmp_path, f"{GAP}, enforcement: soft-mandatory"))
    counts, path = tmp_path / "out" / "counts.parquet", tmp_path / "out" / "decision.json"
    table = pq.read_table(counts)
    lists = table.column(column).to_pylist()
    place = table.schema.get_field_index(column)
    pq.write_table(table.set_column(place, table.schema.field(place), [[change(lists[0]), *lists[1:]]]), counts)
    record = json.loads(path.read_text(encoding="utf-8"))
    record["counts"]["digest"] = digest(counts.read_bytes())
    path.write_bytes(canonical(record) + b"\n")

    assert main(["replay", str(path)]) != 0


REFUSED = {
    "metric: expected_calibration_error, max: 0.1, scope: by_group, enforcement: advisory": "`expected_calibration_error` is reported and never judged",
    "metric: score_ks_difference, max: 0.1, enforcement: advisory": "`score_ks` is reported and never judged",
    "metric: log_loss, max: 0.7, scope: overall, enforcement: soft-mandatory": "`log_loss` may advise only",
    "metric: mean_residual, min: 0.1, scope: overall, enforcement: advisory": "`mean_residual` is judged by its size",
    "metric: scoring_rate, min: 0.1, scope: overall, enforcement: advisory": "half of the whole table scores above its own median",
    "metric: mean_residual_ratio, min: 0.8, enforcement: advisory": "there is no metric",
}


@pytest.mark.parametrize(("rule", "said"), REFUSED.items())
def test_rules_that_scores_do_not_allow_are_refused(tmp_path: Path, rule: str, said: str) -> None:
    """A lint error that says why, and never a rule that looks at something else."""
    policy = _policy(tmp_path, rule, "metric: accuracy, scope: overall, min: 0.5, enforcement: soft-mandatory")

    with pytest.raises(PolicyError) as refused:
        load_policy(policy)
    assert said in str(refused.value)


def test_scores_are_planned_before_there_are_any(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Assumed scores tell the labels apart as the two error rates do; more rows are better, and few never decide; the gate's burden names a gap."""
    policy = _policy(tmp_path, f"{GAP}, enforcement: soft-mandatory", f"{GAP}, enforcement: soft-mandatory, burden_of_proof: gate")
    found = []
    for rows in (40, 120, 2000):
        assert main(["plan", "--policy", str(policy), "--groups", f"g=a:{rows},b:{rows}", "--base-rate", "0.4", "--format", "json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    asked = [plan["questions"][0] for plan in found]

    assert [question["prospect"] for question in asked] == ["never on this data", "unlikely", "decidable"]
    assert asked[1]["needs"]["unit"] == "rows"
    assert 120 < asked[1]["needs"]["if_equal"] < asked[1]["needs"]["if_half"]
    assert found[2]["questions"][1]["detectable"] > 0.1
    assert "tell the labels apart with an area of 0.88" in " ".join(found[0]["assumed"]["notes"])


def test_a_record_of_scores_plans_the_next_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was counted takes the place of what is assumed."""
    policy = _policy(tmp_path, "metric: brier_score_loss_difference, max: 0.02, enforcement: soft-mandatory")
    _check(tmp_path, _table(tmp_path, size=400), policy)
    capsys.readouterr()

    assert main(["plan", "--decision", str(tmp_path / "out"), "--format", "json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert "is that of the record" in " ".join(plan["assumed"]["notes"])
    assert plan["questions"][0]["needs"]["if_equal"] > 0


def test_a_policy_that_asks_for_scores_cannot_judge_a_record_without(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate policy diff --decisions` reports such a decision as one that could not be judged again."""
    old = _policy(tmp_path, "metric: demographic_parity_difference, max: 0.9, enforcement: soft-mandatory")
    _check(tmp_path, _table(tmp_path), old)
    (tmp_path / "new").mkdir()
    new = _policy(tmp_path / "new", f"{GAP}, enforcement: soft-mandatory")
    capsys.readouterr()
    main(["policy", "diff", str(old), str(new), "--decisions", str(tmp_path / "out")])

    assert "the counts hold no scores, which B needs" in " ".join(capsys.readouterr().out.split())


def test_gate_metrics_shows_what_is_only_reported(capsys: pytest.CaptureFixture[str]) -> None:
    """The list names them, and `show` says why no rule may."""
    assert main(["metrics"]) == 0
    assert main(["metrics", "show", "score_wasserstein"]) == 0
    assert "biased upward in small groups" in capsys.readouterr().out
