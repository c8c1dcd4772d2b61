"""What a figure shades as allowed: never more than the rules allow the groups that they judge, and never something else."""

from pathlib import Path

import pytest

from gate.cli import main
from gate.replay import replay
from gate.report import charts

CELLS = {"a": (0.9, 400, 200), "b": (0.8, 400, 200), "c": (0.7, 400, 200), "u": (0.1, 10, 5)}
CONFIG = """
schema: gate.config/v1
models:
  m:
    tier: high
    task: binary_classification
    data: {label: y}
    predictions: {score: s}
    sensitive_features:
      g: {column: g, groups: [a, b, c], exclude: [{group: u, why: unknown, max_share: 0.02}]ROLE}
"""
POLICY = """
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.30, enforcement: soft-mandatory}
  - {id: residual, metric: mean_residual, scope: by_group, max: 0.25, enforcement: soft-mandatory}
"""


def _bands(folder: Path, role: str) -> dict[str, charts.Forest]:
    """The figures of one feature: selection rates .9, .8 and .7, and .1 in a group that is excluded."""
    lines = ["g,y,s"]
    for group, (rate, rows, positives) in CELLS.items():
        lines += [f"{group},{int(i < positives)},{0.9 if i % 10 < 10 * rate else 0.1}" for i in range(rows)]
    (folder / "table.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "gate.yaml").write_text(CONFIG.replace("ROLE", role), encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    words = ["--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml"), "--output", str(folder / "out")]
    main(["check", "--predictions", str(folder / "table.csv"), *words])
    decision = replay(folder / "out").decision
    assert decision is not None
    return {forest.rate: forest for forest in charts.forests(decision)}


def test_an_excluded_group_does_not_move_the_band(tmp_path: Path) -> None:
    """The band of a gap starts at the lowest group that is judged, not at one that nobody judges."""
    forest = _bands(tmp_path, "")["selection_rate"]
    by_group = {row.group: row.mark for row in forest.rows}

    assert forest.allowance == "up to 0.30 above the lowest group (parity)"
    assert by_group["c"].allowed is not None
    assert by_group["c"].allowed[0] == by_group["c"].value
    assert by_group["u"].value is not None


@pytest.mark.parametrize("role", [", reference: a", ", protected: [c]"])
def test_no_band_where_not_all_are_compared(role: str, tmp_path: Path) -> None:
    """Where groups are compared with one only, or in one direction, no single range is what the rule allows."""
    assert _bands(tmp_path, role)["selection_rate"].allowance == ""


def test_a_rate_that_errs_to_both_sides_has_a_band_around_zero(tmp_path: Path) -> None:
    """A mean residual of -.03 is as good as one of .03, and is drawn inside what is allowed."""
    forest = _bands(tmp_path, "")["mean_residual"]
    mark = forest.rows[0].mark

    assert forest.allowance == "0.25 to either side of 0 (residual)"
    assert mark.allowed is not None
    assert mark.value is not None
    assert mark.allowed[0] + mark.allowed[1] == pytest.approx(2 * (0 - forest.low) / (forest.high - forest.low) * 100, abs=0.1)
