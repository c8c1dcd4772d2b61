"""Strata: groups are compared within a control feature and never across, and no stratum is passed over."""

import json
from pathlib import Path
from typing import Any

import fairlearn.metrics as fl
import numpy as np
import pandas as pd
import pytest

from gate.aggregate.duckdb import DuckdbEngine
from gate.cli import main
from gate.core.model import ModelConfig
from gate.errors import PolicyError
from gate.judge.checks import forbidden_columns
from gate.judge.findings import crossings_of
from gate.policy import load_config, load_policy
from gate.policy.config import config_from_effective

HEAD = "schema: gate.policy/v1\ntier: high\n"
RULE = "  - {id: within, metric: demographic_parity_difference, max: 0.2, enforcement: soft-mandatory, control_features: [region]}\n"
BINARY = ("binary_classification", "y", "predictions: {column: p}")
TASKS = {
    "binary": BINARY,
    "scores": ("binary_classification", "y", "predictions: {score: s}"),
    "weights": ("binary_classification", "y, weight: w", "predictions: {column: p}"),
    "clusters": ("binary_classification", "y, cluster: c", "predictions: {column: p}"),
    "classes": ("multiclass_classification", "k, labels: [0, 1, 2]", "predictions: {column: q}"),
    "numbers": ("regression", "s", "predictions: {column: r}"),
}


def _rows(rates: dict[tuple[str, str], float], rows: int = 400) -> pd.DataFrame:
    """So many rows of each group and region, of which a share is selected; half of them are positives."""
    parts = [
        pd.DataFrame({"g": group, "region": region, "y": np.arange(rows) % 2, "p": (np.arange(rows) < rate * rows) * 1})
        for (group, region), rate in rates.items()
    ]
    return pd.concat(parts, ignore_index=True)


def _config(
    folder: Path, *, task: tuple[str, str, str] = BINARY, control: str = "{region: {column: region, groups: [north, south]}}", groups: str = "[a, b]"
) -> Path:
    (folder / "gate.yaml").write_text(
        "schema: gate.config/v1\nmodels:\n  m:\n    tier: high\n"
        f"    task: {task[0]}\n    data: {{label: {task[1]}}}\n    {task[2]}\n"
        f"    sensitive_features: {{g: {{column: g, groups: {groups}}}}}\n    control_features: {control}\n",
        encoding="utf-8",
    )
    return folder / "gate.yaml"


def _check(folder: Path, rows: pd.DataFrame, rules: str = RULE, *, evidence: str = "") -> tuple[int, list[dict[str, Any]]]:
    """Exit code and findings on these rows."""
    rows.to_parquet(folder / "table.parquet")
    (folder / "policy.yaml").write_text(f"{HEAD}{evidence}rules:\n{rules}", encoding="utf-8")
    words = ["check", "--predictions", str(folder / "table.parquet"), "--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml")]
    code = main([*words, "--no-record", "--output", str(folder / "out")])
    decision = folder / "out" / "decision.json"
    return code, json.loads(decision.read_text(encoding="utf-8"))["findings"] if decision.exists() else []


def _of(findings: list[dict[str, Any]], rule: str) -> dict[str, Any]:
    (found,) = (finding for finding in findings if finding["rule"] == rule)
    return found


def test_values_are_those_of_metricframe_with_control_features(tmp_path: Path) -> None:
    """Differences, ratios and minima within strata are the worst of MetricFrame's over the strata, to 1e-12."""
    rng = np.random.default_rng(4)
    rows = pd.DataFrame({"g": rng.choice(["a", "b"], 2000), "region": rng.choice(["north", "south"], 2000), "y": rng.integers(0, 2, 2000)})
    rows["p"] = (rng.random(2000) < 0.3 + 0.1 * (rows["g"] == "a") + 0.2 * (rows["region"] == "north")).astype(int)
    rules = "".join(
        f"  - {{id: {form}, metric: selection_rate_{metric}, {bound}, enforcement: soft-mandatory, control_features: [region]}}\n"
        for form, metric, bound in (("difference", "difference", "max: 0.5"), ("ratio", "ratio", "min: 0.5"), ("least", "group_min", "min: 0.1"))
    )
    _config(tmp_path)
    _, findings = _check(tmp_path, rows, rules)
    frame = fl.MetricFrame(metrics=fl.selection_rate, y_true=rows["y"], y_pred=rows["p"], sensitive_features=rows["g"], control_features=rows["region"])
    theirs = {"difference": frame.difference().max(), "ratio": frame.ratio().min(), "least": frame.group_min().min()}

    for rule, value in theirs.items():
        assert _of(findings, rule)["value"] == pytest.approx(value, abs=1e-11), rule


def test_a_gap_between_strata_is_none(tmp_path: Path) -> None:
    """Groups that are treated alike in every region pass, however much regions differ, at a level for the pairs of both regions."""
    _config(tmp_path)
    code, findings = _check(tmp_path, _rows({("a", "north"): 0.8, ("b", "north"): 0.8, ("a", "south"): 0.2, ("b", "south"): 0.2}))
    found = _of(findings, "within")

    assert (code, found["outcome"], found["value"], found["feature"]) == (0, "pass", 0.0, "g within region")
    assert found["levels"]["fail"] == pytest.approx(0.01 / 4)


@pytest.mark.parametrize("rates", [{("a", "north"): 0.5, ("b", "north"): 0.5}, {("a", "north"): 0.5, ("b", "north"): 0.5, ("a", "south"): 0.5}])
@pytest.mark.parametrize("evidence", ["", "evidence: {burden_of_proof: gate}\n", "evidence: {intersections: 2, small_intersections: report}\n"])
def test_a_stratum_without_rows_never_passes(tmp_path: Path, rates: dict[tuple[str, str], float], evidence: str) -> None:
    """A region without rows, or without rows of one group, proves nothing: inconclusive, and no intersection's leniency helps."""
    _config(tmp_path)
    code, findings = _check(tmp_path, _rows(rates), evidence=evidence)
    found = _of(findings, "within")

    assert (code, found["outcome"]) == (3, "inconclusive")
    assert "b within south" in found["insufficient"]


def test_a_small_stratum_is_insufficient(tmp_path: Path) -> None:
    """A group below `min_group` in one region leaves the rule undecided, and the finding names it."""
    _config(tmp_path)
    rows = pd.concat([_rows({("a", "north"): 0.5, ("b", "north"): 0.5, ("a", "south"): 0.5}), _rows({("b", "south"): 0.5}, rows=29)])
    code, findings = _check(tmp_path, rows)

    assert code == 3
    assert _of(findings, "within")["insufficient"] == ["b within south"]


def test_rows_without_a_stratum_are_a_finding(tmp_path: Path) -> None:
    """Moving the rows of a bad region out of the declared strata does not pass: they count against `max_unknown_share`."""
    _config(tmp_path)
    rows = pd.concat([_rows({(group, region): 0.5 for group in "ab" for region in ("north", "south")}), _rows({("a", "west"): 0.9, ("b", "west"): 0.1})])
    code, findings = _check(tmp_path, rows)

    assert code == 3
    assert (_of(findings, "coverage-undeclared-value")["feature"], _of(findings, "within")["outcome"]) == ("region", "pass")


def test_an_undeclared_control_feature_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A rule that names what the model does not declare is exit 2, a problem to lint, and no judgement at all."""
    config = _config(tmp_path)
    (tmp_path / "policies").mkdir()
    written = f"{HEAD}governance: {{owner: a, approved_by: [b]}}\nrules:\n{RULE.replace('[region]', '[regoin]')}"
    (tmp_path / "policies" / "high.yaml").write_text(written, encoding="utf-8")
    code, _ = _check(tmp_path, _rows({("a", "north"): 0.5, ("b", "south"): 0.5}), RULE.replace("[region]", "[regoin]"))
    capsys.readouterr()
    linted = main(["policy", "lint", str(config)])
    policy = load_policy(tmp_path / "policies" / "high.yaml").policy

    assert (code, linted) == (2, 2)
    assert "judges within regoin, no control feature of 'm': declared are region" in "".join(capsys.readouterr())
    with pytest.raises(ValueError, match="regoin"):
        crossings_of(policy, policy.rules[0], load_config(config).config)


@pytest.mark.parametrize("change", ["", ", control_features: [branch]"])
def test_a_child_keeps_the_strata(tmp_path: Path, change: str) -> None:
    """A policy that extends another neither drops nor exchanges the control feature of a rule."""
    (tmp_path / "parent.yaml").write_text(f"{HEAD}rules:\n{RULE}", encoding="utf-8")
    (tmp_path / "child.yaml").write_text(f"{HEAD}extends: parent.yaml\nrules:\n{RULE.replace(', control_features: [region]', change)}", encoding="utf-8")

    with pytest.raises(PolicyError, match="control_features"):
        load_policy(tmp_path / "child.yaml")


@pytest.mark.parametrize("also", ["depth: 2", "versus: champion, max_drop: 0.1", "control_features: [region, branch]"])
def test_what_strata_do_not_support_is_refused(tmp_path: Path, also: str) -> None:
    """Intersections, another model and several control features within strata are errors, not ignored."""
    rule = "{id: r, metric: true_positive_rate, scope: by_group, enforcement: soft-mandatory, control_features: [region], "
    rule = rule.replace("control_features: [region], ", "") if "branch" in also else rule
    bound = "" if "max_drop" in also else ", min: 0.5"
    (tmp_path / "policy.yaml").write_text(f"{HEAD}evidence: {{intersections: 2}}\nrules:\n  - {rule}{also}{bound}}}\n".replace(", ,", ","), encoding="utf-8")

    with pytest.raises(PolicyError, match="control_features"):
        load_policy(tmp_path / "policy.yaml")


@pytest.mark.parametrize(
    ("control", "groups"),
    [
        ("{g: {column: region, groups: [north, south]}}", "[a, b]"),
        ("{region: {column: g, groups: [a, b]}}", "[a, b]"),
        ("{region: {column: y, groups: [0, 1]}}", "[a, b]"),
        ("{region: {column: region, groups: [north, south], reference: north}}", "[a, b]"),
        ("{region: {column: region, groups: [north, south]}}", "[a within north, b]"),
    ],
    ids=["a name twice", "a column twice", "the label", "a role", "an ambiguous name"],
)
def test_a_control_feature_that_means_two_things_is_refused(tmp_path: Path, control: str, groups: str) -> None:
    """Names and columns of control features are theirs alone, and strata have no roles."""
    _config(tmp_path, control=control, groups=groups)
    code, _ = _check(tmp_path, _rows({("a", "north"): 0.5}))

    assert code == 2


def test_a_control_feature_may_be_an_input(tmp_path: Path) -> None:
    """`inputs: {forbid: sensitive}` forbids the sensitive columns, and a control feature only where it is named."""
    model = load_config(_config(tmp_path)).config
    (tmp_path / "policy.yaml").write_text(f"{HEAD}inputs: {{forbid: sensitive}}\nrules:\n{RULE}", encoding="utf-8")

    assert forbidden_columns(load_policy(tmp_path / "policy.yaml").policy, model) == {"g"}


@pytest.mark.parametrize("control", ["{region: {column: region, groups: {n: north, s: south}}}", "{income: {column: income, bins: [1000, 2000]}}"])
def test_a_control_feature_is_recorded_and_read_again(tmp_path: Path, control: str) -> None:
    """The effective configuration spells control features out, and gives the same configuration again."""
    loaded = load_config(_config(tmp_path, control=control))

    assert config_from_effective(loaded.document.effective, "m", folder=tmp_path.resolve()) == loaded.config


def test_other_strata_cannot_be_ordered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate policy diff` says what changed in a control feature, and calls it neither stricter nor looser."""
    old = _config(tmp_path).rename(tmp_path / "old.yaml")
    new = _config(tmp_path, control="{region: {column: area, groups: [north, west]}}")
    main(["policy", "diff", str(old), str(new)])
    said = capsys.readouterr().out

    assert "control_features.region.column" in said
    assert "control_features.region.groups" in said
    assert "TIGHTER" not in said
    assert "LOOSER" not in said


@pytest.mark.parametrize("task", TASKS)
def test_strata_add_up(tmp_path: Path, task: str) -> None:
    """Over the strata, the counts of a group and whatever else was summed are those of the group, for every task."""
    rng = np.random.default_rng(9)
    rows = _rows({(group, region): 0.4 for group in "ab" for region in ("north", "south")}, rows=50)
    rows = rows.assign(
        s=rng.random(200).round(3), r=rng.random(200).round(3), w=rng.integers(1, 4, 200), c=np.arange(200), k=np.arange(200) % 3, q=rng.integers(0, 3, 200)
    )
    rows.to_parquet(tmp_path / "table.parquet")
    model: ModelConfig = load_config(_config(tmp_path, task=TASKS[task])).config
    engine = DuckdbEngine()
    labels = {"classes": (0, 1, 2), "numbers": ()}.get(task, (0, 1))
    counts = engine.count(engine.open(str(tmp_path / "table.parquet")), model, labels, depth=1, scores=task == "scores").counts

    within = {entry.group: entry for entry in counts.of("g within region")}
    for whole in counts.of("g"):
        north, south = (within[f"{whole.group} within {region}"] for region in ("north", "south"))
        assert north.counts.rows == south.counts.rows == 50
        assert (north.counts + south.counts, north.statistics + south.statistics) == (whole.counts, whole.statistics)
