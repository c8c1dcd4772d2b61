"""What gate.yaml declares of errors, weights and clusters is held to it: a row beyond is never judged, and a tier may demand the declaration."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gate.cli import main
from gate.core.canonical import canonical, digest
from gate.core.counts import ContingencyTable
from gate.core.model import ModelConfig
from gate.judge.declared import beyond_range
from gate.policy import load_config
from gate.record.counts_file import read_counts
from gate.replay import replay

_REGRESSION = ("regression", "mean_absolute_error", "p", "y")
_BINARY = ("binary_classification", "selection_rate", "p", "y")


def _check(folder: Path, table: str, data: str, *, of: tuple[str, str, str, str], demand: str = "optional", output: Path | None = None) -> int:
    """The exit code of a check of this table."""
    task, metric, column, label = of
    (folder / "table.csv").write_text(table, encoding="utf-8")
    (folder / "policy.yaml").write_text(
        f"schema: gate.policy/v1\ntier: t\nevidence: {{declared_ranges: {demand}}}\nrules:\n"
        f"  - {{id: rule, metric: {metric}, scope: by_group, max: 1, enforcement: soft-mandatory}}\n",
        encoding="utf-8",
    )
    (folder / "gate.yaml").write_text(
        f"schema: gate.config/v1\nmodels:\n  m:\n    tier: t\n    task: {task}\n    data: {{label: {label}{data}}}\n"
        f"    predictions: {{column: {column}}}\n    sensitive_features:\n      g: {{column: g, groups: [a, b]}}\n",
        encoding="utf-8",
    )
    words = ["check", "--predictions", "table.csv", "--config", "gate.yaml", "--policy", "policy.yaml", "--no-record"]
    return main([*(str(folder / word) if "." in word else word for word in words), *([] if output is None else ["--output", str(output)])])


def _regressed(label: float = 6.0, prediction: float = 6.5) -> str:
    """700 rows between 5 and 8, and one row of this label and prediction."""
    return "g,y,p\n" + "a,5,5.5\nb,8,7.5\na,5,5.7\nb,8,7.2\n" * 175 + f"a,{label},{prediction}\n"


def _weighted(weight: float = 1.0, cluster: int = 0) -> str:
    """400 rows of weight 1 or 2, each a cluster, and one row more of this weight in this cluster."""
    rows = "".join(f"{'ab'[i % 2]},{i // 2 % 2},{i // 4 % 2},{1 + i % 3 // 2},{i}\n" for i in range(400))
    return f"g,y,p,w,c\n{rows}a,1,1,{weight},{cluster}\n"


@pytest.mark.parametrize("label", [4.0, 9.0, 0.0, -1.0])
def test_a_label_beyond_the_range_is_refused(label: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On either side, and 0 too, which is a number like any other."""
    assert _check(tmp_path, _regressed(label=label), ", label_range: [5, 8]", of=_REGRESSION) == 2
    assert "data.label_range" in capsys.readouterr().err


@pytest.mark.parametrize("prediction", [4.9, 8.1, 0.0])
def test_a_prediction_beyond_the_range_is_misbehaviour(prediction: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its error could be larger than any that was declared."""
    assert _check(tmp_path, _regressed(prediction=prediction), ", label_range: [5, 8]", of=_REGRESSION) == 1
    assert "outside the range of labels" in " ".join(capsys.readouterr().out.split())


def test_rows_within_the_range_are_judged(tmp_path: Path) -> None:
    """Its ends belong to it; so what refuses the rows above is the one row that they have more."""
    assert _check(tmp_path, _regressed(label=5, prediction=8), ", label_range: [5, 8]", of=_REGRESSION) == 0


@pytest.mark.parametrize(
    ("table", "said"), [(_weighted(weight=2.5), "data.max_weight"), (_weighted(cluster=7), "data.max_cluster_rows")], ids=["weight", "cluster"]
)
def test_a_weight_or_cluster_beyond_the_largest_is_refused(table: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One row is enough."""
    declared = ", weight: w, max_weight: 2, cluster: c, max_cluster_rows: 1"

    assert _check(tmp_path, table, declared, of=_BINARY) == 2
    assert said in capsys.readouterr().err


def test_weights_and_clusters_within_are_judged(tmp_path: Path) -> None:
    """The largest weight and the largest cluster themselves are allowed."""
    assert _check(tmp_path, _weighted(weight=2, cluster=401), ", weight: w, max_weight: 2, cluster: c, max_cluster_rows: 1", of=_BINARY) == 0


@pytest.mark.parametrize(
    ("table", "data", "of", "missing"),
    [
        (_regressed(), "", _REGRESSION, "label_range"),
        (_weighted(), ", weight: w", _BINARY, "max_weight"),
        (_weighted(cluster=401), ", cluster: c", _BINARY, "max_cluster_rows"),
    ],
)
def test_a_tier_that_demands_ranges_judges_nothing_without(
    table: str, data: str, of: tuple[str, str, str, str], missing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names the key; without the demand the same is judged."""
    assert _check(tmp_path, table, data, of=of, demand="required") == 2
    assert f"data.{missing}" in capsys.readouterr().err
    assert _check(tmp_path, table, data, of=of) == 0


@pytest.mark.parametrize(
    "data",
    [", label_range: [8, 5]", ", label_range: [5, 5]", ", max_weight: 2", ", max_cluster_rows: 3", ", weight: w, max_weight: 2, cluster: c"],
    ids=["turned round", "no width", "no weight", "no cluster", "one of two"],
)
def test_a_declaration_that_limits_nothing_is_refused(data: str, tmp_path: Path) -> None:
    """Whoever wrote it believes that something holds which does not."""
    of = _REGRESSION if "range" in data else _BINARY

    assert _check(tmp_path, _regressed() if of is _REGRESSION else _weighted(), data, of=of) == 2


def _kept(folder: Path) -> tuple[ContingencyTable, ModelConfig]:
    """The counts and the configuration of a check of 701 rows between 5 and 8, which reproduces."""
    data = ", label_range: [5, 8]"
    assert _check(folder, _regressed(), data, of=_REGRESSION, output=folder / "out") == 0
    found = replay(folder / "out")
    assert (found.differences, found.decision is not None) == ((), True)
    model = load_config(folder / "gate.yaml", "m").config
    return read_counts((folder / "out" / "counts.parquet").read_bytes()), model


def test_sums_that_no_rows_within_the_range_have_are_no_record(tmp_path: Path) -> None:
    """Labels in the middle, on average, or spread beyond it, errors too large for it: each is named; what was counted is not."""
    table, model = _kept(tmp_path)
    moments = table.statistics.moments
    assert moments is not None
    wrong = {
        "the middle of the labels": replace(moments, scale=replace(moments.scale, label_centre=9.0)),
        "the mean of the labels": replace(moments, label_1=moments.labelled << 80),
        "spread beyond": replace(moments, label_2=moments.labelled << 82),
        "the middle of the predictions": replace(moments, scale=replace(moments.scale, prediction_centre=4.0)),
        "the errors are larger": replace(moments, residual_2=moments.labelled << 90),
    }
    changed = {said: replace(table, statistics=replace(table.statistics, moments=sums)) for said, sums in wrong.items()}

    assert beyond_range(table, model, predictions=True) == ""
    assert [said in beyond_range(other, model, predictions=True) for said, other in changed.items()] == [True] * len(wrong)
    assert [beyond_range(changed[said], model, predictions=False) for said in ("the middle of the predictions", "the errors are larger")] == ["", ""]
    assert beyond_range(changed["spread beyond"], replace(model, data=replace(model.data, label_range=None)), predictions=True) == ""


def test_a_record_whose_sums_lie_beyond_its_range_does_not_replay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A range that somebody narrows in the record, digests and all, is refused with what contradicts it."""
    _kept(tmp_path)
    path = tmp_path / "out" / "decision.json"
    record = json.loads(path.read_text())
    record["config"]["effective"]["data"]["label_range"] = [7.9, 8.0]
    record["config"]["digest"] = digest(canonical(record["config"]["effective"]))
    path.write_bytes(canonical(record) + b"\n")

    assert main(["replay", str(path)]) == 2
    assert "outside data.label_range" in " ".join(capsys.readouterr().err.split())
