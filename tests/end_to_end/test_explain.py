"""`gate explain`, and a policy that demands an explanation, on the models of a real registry in their sandbox."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.dataset as ds
import pytest
from loans import NAME, Registry

from gate.cli import main
from gate.record.trail import checked

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FEW = ("--rows", "1000")
DEMANDS = "explanations: {require: [importance], proxy_auc_max: 0.75, flip_rate_max: 0.01}\n"


def _words(registry: Registry, kind: str, *words: str, policy: Path | None = None) -> list[str]:
    _, reference, *files = registry.check(kind)
    if policy is not None:
        files[files.index("--policy") + 1] = str(policy)
    return [reference, *files, *words]


def _check(registry: Registry, kind: str, folder: Path, *, demands: str = DEMANDS) -> tuple[int, dict[str, Any]]:
    policy = folder / "policy.yaml"
    policy.write_text((registry.folder / "policy.yaml").read_text(encoding="utf-8") + demands, encoding="utf-8")
    code = main(["check", *_words(registry, kind, "--no-record", "--output", str(folder / "out"), policy=policy)])
    return code, json.loads((folder / "out" / "decision.json").read_text(encoding="utf-8"))


def _of(decision: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    return [finding for finding in decision["findings"] if finding["rule"] == rule]


def test_an_unfair_model_is_explained(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The proxy that was planted is named, and without what it tells no gap is left."""
    code = main(["explain", *_words(registry, "unfair", *FEW, "--output", str(tmp_path))])
    printed = capsys.readouterr()
    found = json.loads((tmp_path / "explanation.json").read_text(encoding="utf-8"))["explanation"]
    left = {entry["feature"]: abs(entry["remaining"][0]["gap"]) for entry in found["importances"]}

    assert code == 0
    assert "group is told by wealth" in printed.out
    assert "not counted" in printed.err
    assert found["proxies"][0]["carriers"][0]["feature"] == "wealth"
    assert found["gaps"][0]["value"] > 0.3
    assert left["wealth"] < 0.1 < left["income"]
    assert (found["flips"][0]["is_input"], found["not_produced"], found["rows"], found["of"]) == (False, [], 1000, 6000)


def test_the_same_seed_prints_the_same(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, to the last digit, although the order in which rows are asked is drawn anew."""
    words = ["explain", *_words(registry, "fair", *FEW, "--part", "flips", "--part", "surrogate", "--format", "json")]
    outputs = []
    for _ in range(2):
        assert main(words) == 0
        outputs.append(capsys.readouterr().out)

    assert outputs[0] == outputs[1]


@pytest.mark.parametrize("kind", ["raising", "asking"])
def test_a_model_that_cannot_be_asked_is_not_explained(registry: Registry, kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What it did wrong is said, without a traceback."""
    code = main(["explain", *_words(registry, kind, *FEW)])
    printed = capsys.readouterr()

    assert code == 1
    assert "the candidate misbehaved" in printed.err
    assert "Traceback" not in printed.err
    assert "\x1b" not in printed.err


def test_a_model_with_a_memory_hides_no_flips(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It passes the interview of a check, favours a group, and answers alike what differs in the group alone: in a process of its own it is found out."""
    words = _words(registry, "fair", *FEW, "--part", "flips", "--model-name", NAME, "--output", str(tmp_path))
    code = main(["explain", f"{NAME}-remembering/1", *words[1:]])
    found = json.loads((tmp_path / "explanation.json").read_text(encoding="utf-8"))

    assert code == 1
    assert found["misbehaviour"] is None
    assert "otherwise than when it was judged" in found["explanation"]["fault"]
    assert found["explanation"]["flips"] == []
    assert "otherwise than when it was judged" in capsys.readouterr().err


def test_a_version_that_does_not_exist_is_a_usage_error(registry: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 2."""
    words = _words(registry, "fair")

    assert main(["explain", f"{NAME}/99", *words[1:]]) == 2
    assert "99" in capsys.readouterr().err


def test_a_fair_model_meets_what_is_demanded(registry: Registry, tmp_path: Path) -> None:
    """The findings pass, and card, page and report have a section on them."""
    code, decision = _check(registry, "fair", tmp_path)
    (area,), (flips,) = _of(decision, "proxy-auc"), _of(decision, "flip-rate")

    assert "no input is shown to tell it" in flips["message"]

    assert (code, area["outcome"], flips["outcome"], _of(decision, "explanation-missing")) == (0, "pass", "pass", [])
    for page, sign in (("model_card.md", "## Explanation"), ("model_card.html", 'id="explanation"'), ("report.html", 'id="explanation"')):
        assert sign in (tmp_path / "out" / page).read_text(encoding="utf-8")


def test_the_decision_replays_without_the_model(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Its explanation is among the facts."""
    _, decision = _check(registry, "unfair", tmp_path)
    code = main(["replay", str(tmp_path / "out" / "decision.json")])

    assert code == 0, capsys.readouterr().out
    assert [finding["outcome"] for finding in _of(decision, "proxy-auc")] == ["fail"]
    assert [finding["outcome"] for finding in _of(decision, "flip-rate")] == ["fail"]
    assert decision["verdict"] == "blocked"


def test_a_table_of_predictions_cannot_meet_it(registry: Registry, tmp_path: Path) -> None:
    """There is no model to ask, so that what is demanded is missing: inconclusive, never passed."""
    table = pd.read_parquet(registry.folder / "holdout.parquet")
    table.assign(prediction=(table["income"] - table["debt"] > 2).astype(int)).to_parquet(tmp_path / "predictions.parquet")
    policy = tmp_path / "policy.yaml"
    policy.write_text((registry.folder / "policy.yaml").read_text(encoding="utf-8") + DEMANDS, encoding="utf-8")
    words = ["--config", str(registry.folder / "gate.yaml"), "--policy", str(policy), "--output", str(tmp_path / "out")]
    code = main(["check", "--predictions", str(tmp_path / "predictions.parquet"), *words])
    decision = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))

    assert code == 3
    assert [finding["outcome"] for finding in _of(decision, "explanation-missing")] == ["inconclusive"]


def test_single_cases_go_to_the_trail_and_nowhere_else(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the reasons of gate.yaml, beside the answer, whose it is, and the digest of the model; twice is two parts of one chain."""
    config = tmp_path / "gate.yaml"
    known = "    explanations: {reasons: {debt: Debts are too high.}, only_decrease: [debt], immutable: [income]}\n"
    config.write_text(
        (registry.folder / "gate.yaml").read_text(encoding="utf-8").replace("holdout", str(registry.folder / "holdout")) + known, encoding="utf-8"
    )
    words = _words(registry, "fair", *FEW, "--part", "reasons", "--part", "counterfactuals", "--cases", "40", "--log", str(tmp_path / "trail"))
    words[words.index("--config") + 1] = str(config)
    code = main(["explain", *words, "--output", str(tmp_path), "--id-column", "wealth"])
    printed = capsys.readouterr()
    lines = ds.dataset(tmp_path / "trail").to_table().to_pylist()
    whose = {str(value) for value in pd.read_parquet(registry.folder / "holdout.parquet")["wealth"]}
    shown = printed.out + (tmp_path / "explanation.json").read_text(encoding="utf-8")

    assert (code, len(lines)) == (0, 40)
    assert str(checked(tmp_path / "trail")) in printed.err
    assert {line["id"] for line in lines} <= whose
    assert not any(line["id"] in shown for line in lines)
    assert {line["prediction"] for line in lines} == {"0"}
    assert "Debts are too high." in {reason for line in lines for reason in line["reasons"]}
    assert {key for line in lines if line["change"] for key in json.loads(line["change"])} == {"debt"}
    assert {line["model_digest"][:7] for line in lines} == {"sha256:"}


def test_a_name_that_is_no_column_frees_nothing(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A typo in what nobody can change is an error, and no change of it."""
    config = tmp_path / "gate.yaml"
    text = (registry.folder / "gate.yaml").read_text(encoding="utf-8").replace("holdout", str(registry.folder / "holdout"))
    config.write_text(text + "    explanations: {immutable: [incme]}\n", encoding="utf-8")
    words = _words(registry, "fair", *FEW, "--part", "counterfactuals")
    words[words.index("--config") + 1] = str(config)

    assert main(["explain", *words]) == 2
    assert "incme" in capsys.readouterr().err


def test_reasons_are_judged_and_shown(registry: Registry, tmp_path: Path) -> None:
    """A floor that the fair model meets passes; card and page have the sections, and no id of anybody."""
    demands = "explanations: {require: [shap, dependence, counterfactuals], reasons_stability_min: 0.5}\n"
    code, decision = _check(registry, "fair", tmp_path, demands=demands)
    (stable,) = _of(decision, "reasons-stability")

    assert (code, stable["outcome"], _of(decision, "explanation-missing")) == (0, "pass", [])
    for page in ("model_card.md", "model_card.html", "report.html"):
        text = (tmp_path / "out" / page).read_text(encoding="utf-8")
        assert "Why cases are refused" in text
        assert "What would change a refusal" in text
