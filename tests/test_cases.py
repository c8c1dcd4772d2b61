"""Acceptance cases: folders that anyone can read, run through the command line; `GOLDEN=write` writes `judged.json` anew."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gate.cli import main

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


def _run(case: Path, output: Path) -> int:
    words = ["--predictions", str(case / "table.csv"), "--config", str(case / "gate.yaml"), "--policy", str(case / "policy.yaml")]
    return main(["check", *words, "--output", str(output), "--no-record"])


def _matches(expected: dict[str, Any], found: dict[str, Any]) -> bool:
    """Whether a finding is the expected one; the keys `rows_needed` and `detectable` ask only whether there is one."""
    special = {"rows_needed": found["rows_needed"] is not None, "detectable": found["detectable_gap"] is not None}
    return all((special[key] if key in special else found[key]) == value for key, value in expected.items())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_comes_out_as_expected(case: Path, tmp_path: Path) -> None:
    """Exit code, verdict and the findings that matter are those of the case's `expected.json`."""
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    code = _run(case, tmp_path)
    decision = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))

    assert (expected["exit"], expected["verdict"]) == (code, decision["verdict"])
    for finding in expected["findings"]:
        assert any(_matches(finding, found) for found in decision["findings"]), (finding, [f["message"] for f in decision["findings"]])
    for found in decision["findings"]:
        limits = [found[key] for key in ("lower", "pair_value", "upper") if found[key] is not None]
        assert sorted(limits) == limits, found


@pytest.mark.parametrize("case", CASES[:3], ids=lambda case: case.name)
def test_the_same_inputs_give_the_same_bytes(case: Path, tmp_path: Path) -> None:
    """Twice the same check, twice the same files, byte for byte."""
    for name in ("one", "two"):
        _run(case, tmp_path / name)

    for file in ("decision.json", "counts.parquet", "model_card.md", "model_card.html", "report.html", "findings.sarif", "junit.xml"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_case_replays_bit_for_bit(case: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The record and its counts alone give the same bytes again."""
    _run(case, tmp_path)
    capsys.readouterr()

    assert main(["replay", str(tmp_path / "decision.json")]) == 0
    assert capsys.readouterr().out.startswith("REPRODUCED: ")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_is_judged_to_the_last_digit(case: Path, tmp_path: Path) -> None:
    """Every finding, every number and every sentence of the record is the one that was reviewed (`judged.json`)."""
    _run(case, tmp_path)
    decision = json.loads((tmp_path / "decision.json").read_text(encoding="utf-8"))
    judged = {key: decision[key] for key in ("verdict", "findings", "groups", "coverage")}
    golden = case / "judged.json"
    if os.environ.get("GOLDEN") == "write":
        golden.write_text(json.dumps(judged, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    assert json.loads(golden.read_text(encoding="utf-8")) == judged
