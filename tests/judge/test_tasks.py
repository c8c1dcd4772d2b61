"""A rule is judged on models whose task has its metric, and on no others."""

from pathlib import Path

import pytest

from gate.cli import main

GATE = """schema: gate.config/v1
models:
  m:
    tier: high
    task: {task}
    data: {{label: y}}
    sensitive_features: {{g: {{column: g, groups: [a, b]}}}}
"""
POLICY = "schema: gate.policy/v1\ntier: high\nrules:\n  - {{id: r, metric: {metric}, max: {bound}, enforcement: soft-mandatory{more}}}\n"


def _check(folder: Path, *, task: str, metric: str, more: str = "", bound: str = "0.5") -> int:
    (folder / "gate.yaml").write_text(GATE.format(task=task), encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY.format(metric=metric, more=more, bound=bound), encoding="utf-8")
    rows = [f"{i % 2},{i // 2 % 2},{'ab'[i // 4 % 2]}" for i in range(1600)]
    (folder / "t.csv").write_text("\n".join(["y,prediction,g", *rows]) + "\n", encoding="utf-8")
    words = ["--predictions", str(folder / "t.csv"), "--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml")]
    return main(["check", *words, "--output", str(folder / "out"), "--no-record"])


@pytest.mark.parametrize(
    ("task", "metric"),
    [
        ("regression", "demographic_parity_difference"),
        ("regression", "roc_auc_score_difference"),
        ("binary_classification", "mean_absolute_error_difference"),
    ],
)
def test_a_metric_of_another_task_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str], task: str, metric: str) -> None:
    """Exit 2 with rule, metric and task; no decision."""
    code = _check(tmp_path, task=task, metric=metric)
    said = " ".join(capsys.readouterr().err.split())

    assert code == 2
    assert f"asks for {metric}" in said
    assert f"the task of 'm' is {task}" in said
    assert not (tmp_path / "out" / "decision.json").exists()


def test_residuals_of_a_classifier_need_scores(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The one metric of both tasks is judged of a regression as it is, of a classifier from its scores only."""
    assert _check(tmp_path, task="regression", metric="mean_residual_difference") in (0, 3)
    assert _check(tmp_path, task="binary_classification", metric="mean_residual_difference") == 2
    assert "gives no scores" in " ".join(capsys.readouterr().err.split())


def test_a_bound_that_no_score_can_break_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Bounds beyond 1 are for labels that are numbers: of scores such a rule would pass everything."""
    wide = tmp_path / "wide"
    wide.mkdir()
    code = _check(wide, task="binary_classification", metric="mean_residual_difference", bound="1.5")

    assert code == 2
    assert "no score of 'm' misses by more than 1" in " ".join(capsys.readouterr().err.split())


def test_a_comparison_of_several_classes_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only binary answers are compared row by row; of anything else a drop would be judged on nothing."""
    gate = GATE.format(task="multiclass_classification").replace("label: y", "label: y, labels: [0, 1, 2]").replace("tier: high", "policy: policy.yaml")
    rule = "{id: r, metric: accuracy, scope: overall, versus: champion, max_drop: 0.1, enforcement: soft-mandatory}"
    (tmp_path / "gate.yaml").write_text(gate, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(f"schema: gate.policy/v1\ntier: high\nrules:\n  - {rule}\n", encoding="utf-8")
    code = main(["policy", "lint", str(tmp_path / "gate.yaml")])
    printed = capsys.readouterr()

    assert code != 0
    assert "compares with 'champion'" in " ".join((printed.out + printed.err).split())


def test_a_rule_for_another_task_passes_it_by_and_proves_nothing(tmp_path: Path) -> None:
    """`applies_to` makes the rule not applicable; with no other rule, nothing was shown: exit 3, not 0."""
    more = ", applies_to: {task: binary_classification}"

    assert _check(tmp_path, task="regression", metric="demographic_parity_difference", more=more) == 3


def test_lint_names_the_rule_that_does_not_fit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Before any row is read: exit 2 at the model's task."""
    (tmp_path / "gate.yaml").write_text(GATE.format(task="regression").replace("tier: high", "policy: policy.yaml"), encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY.format(metric="demographic_parity_difference", more="", bound="0.5"), encoding="utf-8")
    code = main(["policy", "lint", str(tmp_path / "gate.yaml")])
    printed = capsys.readouterr()

    assert code != 0
    assert "asks for demographic_parity_difference" in " ".join((printed.out + printed.err).split())


def test_a_mandatory_rule_cannot_rest_on_what_is_only_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """R² has no calibrated limits."""
    code = _check(tmp_path, task="regression", metric="r2_score_difference")

    assert code == 2
    assert "may advise only" in capsys.readouterr().err


def test_a_plan_for_a_regression_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so instead of simulating rates that the model does not have."""
    _check(tmp_path, task="regression", metric="mean_absolute_error_difference")
    capsys.readouterr()
    code = main(["plan", "--config", str(tmp_path / "gate.yaml"), "--policy", str(tmp_path / "policy.yaml"), "--table", str(tmp_path / "t.csv")])

    assert code == 2
    assert "cannot be planned without predictions" in " ".join(capsys.readouterr().err.split())
