"""What a candidate is shown when sensitive features are kept apart, and what a look at the development table leaves behind."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from loans import NAME, Registry, holdout

from gate.cli import main

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

GATE = """\
schema: gate.config/v1
models:
  loans:
    tier: high
    task: binary_classification
    data: {uri: holdout.parquet, label: repaid, attributes: {uri: restricted.parquet, join_on: applicant}, development: dev.parquet}
    sensitive_features:
      group: {column: group, groups: [a, b]}
"""


@pytest.fixture
def apart(registry: Registry, tmp_path: Path) -> Registry:
    """The registry's models, to be judged on a holdout without groups, which a table of attributes holds; and a development table."""
    rows = holdout(2).reset_index(names="applicant")
    rows[["applicant", "group"]].iloc[::-1].to_parquet(tmp_path / "restricted.parquet", index=False)
    rows.drop(columns="group").to_parquet(tmp_path / "holdout.parquet", index=False)
    (tmp_path / "gate.yaml").write_text(GATE, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text((registry.folder / "policy.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    return replace(registry, folder=tmp_path)


def _record(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "decision.json").read_text(encoding="utf-8")))


def test_the_verdict_is_that_of_a_whole_table(apart: Registry, registry: Registry, tmp_path: Path) -> None:
    """The same rows with and without the group beside them: the same counts of every group, and exit 0."""
    codes = [main(each.check("fair", "--no-record", "--output", str(tmp_path / name))) for name, each in (("apart", apart), ("whole", registry))]

    assert codes == [0, 0]
    assert _record(tmp_path / "apart")["groups"] == _record(tmp_path / "whole")["groups"]
    assert _record(tmp_path / "apart")["facts"]["data"]["attributes"]["unmatched"] == 0


def test_a_candidate_without_signature_sees_features_only(apart: Registry, tmp_path: Path) -> None:
    """Neither the group nor the id nor the label is among the columns that the model itself reports."""
    code = main(apart.check("telling", "--no-record", "--output", str(tmp_path / "out")))

    assert code == 1
    assert "I saw debt and income and wealth" in _record(tmp_path / "out")["facts"]["predictions"]["misbehaviour"]["detail"]


def test_a_candidate_that_asks_for_what_is_apart_is_not_served(apart: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The holdout lacks what its signature asks for (exit 2); where the policy forbids that column, it is blocked (exit 1)."""
    words = apart.check("asking", "--no-record", "--output", str(tmp_path / "out"))

    assert main(words) == 2
    assert "the holdout has no column 'group'" in capsys.readouterr().err
    policy = tmp_path / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("rules:", "inputs: {forbid: sensitive}\nrules:"), encoding="utf-8")
    assert main(words) == 1
    assert [finding["rule"] for finding in _record(tmp_path / "out")["findings"]] == ["candidate-misbehaved", "forbidden-input"]


def test_a_baseline_sees_no_more_than_the_candidate(apart: Registry, tmp_path: Path) -> None:
    """A champion without a signature is shown neither group nor id, as its complaint says."""
    apart.client.set_registered_model_alias(NAME, "champion", apart.versions["telling"])
    rule = "  - {id: drop, metric: accuracy, scope: overall, versus: champion, max_drop: 0.02, enforcement: soft-mandatory}\n"
    policy = tmp_path / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + rule, encoding="utf-8")
    try:
        code = main(apart.check("fair", "--no-record", "--output", str(tmp_path / "out")))
    finally:
        apart.client.delete_registered_model_alias(NAME, "champion")

    assert code == 3
    assert "I saw debt and income and wealth" in _record(tmp_path / "out")["facts"]["baselines"][0]["detail"]


# -------------------------------------------------------------------------------------------- the development table


def _traces(registry: Registry) -> tuple[object, ...]:
    experiment = registry.client.get_experiment_by_name("gate")
    version = registry.client.get_model_version(NAME, registry.versions["fair"])
    return len(registry.client.search_runs([experiment.experiment_id])), dict(version.tags), version.description


def test_a_look_at_the_development_table_decides_nothing(apart: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every output says so first, the record has the key, the registry keeps nothing, and the record replays as what it is."""
    rows = holdout(3).reset_index(names="applicant")
    rows.drop(columns="group").to_parquet(tmp_path / "dev.parquet", index=False)
    before = _traces(apart)
    code = main(apart.check("fair", "--development", "--output", str(tmp_path / "out")))
    printed = capsys.readouterr()
    record, out = _record(tmp_path / "out"), tmp_path / "out"

    assert (code, record["development"], record["facts"]["data"]["development"], record["looks"]) == (0, True, True, None)
    assert printed.out.splitlines()[0].startswith("WOULD PASS: ")
    assert printed.out.splitlines()[1] == "Development table: advisory, not a decision."
    assert "development table: advisory, not a decision" in printed.err
    assert "PASSED" not in printed.out + printed.err
    for name in ("model_card.md", "model_card.html"):
        card = (out / name).read_text(encoding="utf-8")
        assert "Development table: advisory, not a decision." in card
        assert "WOULD PASS" in card
        assert "may be promoted" not in card
        assert "probability at most" not in card
    assert _traces(apart) == before
    assert main(["replay", str(out)]) == 0
    assert capsys.readouterr().out.startswith("REPRODUCED: WOULD PASS, ")


def test_a_development_record_is_not_judged_again_as_a_decision(apart: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate policy diff --decisions` lists it as one that was never a decision."""
    holdout(3).reset_index(names="applicant").drop(columns="group").to_parquet(tmp_path / "dev.parquet", index=False)
    main(apart.check("unfair", "--development", "--output", str(tmp_path / "out")))
    policy = str(tmp_path / "policy.yaml")
    capsys.readouterr()
    main(["policy", "diff", policy, policy, "--decisions", str(tmp_path / "out")])

    assert "it is about the development table: advisory, not a decision" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["copy", "pinned", "absent", "undeclared"])
def test_a_development_table_that_cannot_be_one_is_refused(apart: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str) -> None:
    """A copy of the holdout, an earlier version of it, no file and no declaration are exit 2: unlimited looks would wear the holdout out."""
    config, text = tmp_path / "gate.yaml", GATE
    message = "the development table is the holdout, or an earlier version of it"
    match kind:
        case "copy":
            (tmp_path / "dev.parquet").write_bytes((tmp_path / "holdout.parquet").read_bytes())
        case "pinned":
            import hashlib  # noqa: PLC0415 -- only here

            holdout(4).to_parquet(tmp_path / "dev.parquet")
            digest = hashlib.sha256((tmp_path / "dev.parquet").read_bytes()).hexdigest()
            text = text.replace("label: repaid,", f"label: repaid, tops_up: ['{digest}'],")
        case "absent":
            message = "dev.parquet"
        case _:
            text, message = GATE.replace(", development: dev.parquet", ""), "names no development table"
    config.write_text(text, encoding="utf-8")

    assert main(apart.check("fair", "--development")) == 2
    assert message in " ".join(capsys.readouterr().err.split())


def test_a_table_of_predictions_is_no_development_table(apart: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--development` and `--predictions` each say which rows are judged, so both together are exit 2."""
    words = ["check", "--predictions", str(tmp_path / "holdout.parquet"), "--config", str(apart.folder / "gate.yaml"), "--development"]

    assert main([*words, "--policy", str(tmp_path / "policy.yaml")]) == 2
    assert "--predictions brings a table of its own" in " ".join(capsys.readouterr().err.split())
