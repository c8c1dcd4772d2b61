"""Records of earlier versions: of the first version that wrote one (tests/records/first), and of a form that nobody here knows."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.cli import main
from gate.core.canonical import canonical

FIRST = Path(__file__).parent.parent / "records" / "first"


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """A copy of the first version's record."""
    return Path(shutil.copytree(FIRST, tmp_path / "first"))


def _changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "decision.json"
    value = json.loads(path.read_bytes())
    change(value)
    path.write_bytes(canonical(value) + b"\n")


def test_the_first_versions_record_replays_but_for_its_words(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1, as the bytes are others, and what is left of it is said: every number follows, sentences alone are worded otherwise."""
    code = main(["replay", str(record)])
    said = capsys.readouterr().out.splitlines()

    assert code == 1
    assert [line.split(":")[0] for line in said[1:-1]] == ["- findings[1].message", "- findings[2].message"]
    assert "too few rows in z" in said[1]
    assert "too few in z (0 of 30 rows)" in said[1]
    assert said[-1].startswith("Only sentences and plans of rows differ")


@pytest.mark.parametrize("words", [["card", "show", "--format", "html"], ["card", "show"], ["report", "show"]])
def test_the_first_versions_record_is_shown(record: Path, capsysbinary: pytest.CaptureFixture[bytes], words: list[str]) -> None:
    """With its verdict, and a line at the head about its words; the record's own sentences are not read."""
    _changed(record, lambda value: value["findings"][1].update(message="<script>window.bad = 1</script> everything is fine"))
    code = main([*words, str(record)])
    shown = capsysbinary.readouterr().out.decode()

    assert code == 0
    assert "INCONCLUSIVE" in shown
    assert "The record words some findings otherwise than this version of the gate" in shown
    assert "everything is fine" not in shown


def test_a_plan_that_an_earlier_version_did_not_make_is_no_difference_of_substance(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 still, and a card with the plan of today: it is advice."""
    _changed(record, lambda value: value["findings"][1].update(rows_needed=None, rows_needed_reason="no number is given"))
    codes = main(["replay", str(record)]), main(["card", "show", str(record)])

    assert codes == (1, 0)
    assert "Only sentences and plans of rows differ" in capsys.readouterr().out


def test_what_an_earlier_version_did_not_write_is_said(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A model's record without what its files hold and what its sandbox allowed says so, instead of leaving it to be missed."""

    def as_a_model(value: dict[str, Any]) -> None:
        value["facts"]["predictions"].update(source="model", sandbox="bubblewrap")

    _changed(record, as_a_model)
    main(["card", "show", str(record)])

    assert "did not write what the model's files hold or what its sandbox allowed" in capsys.readouterr().out


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "number": (lambda value: value["findings"][1].update(lower=-0.01), "does not reproduce"),
    "outcome": (lambda value: value["findings"][1].update(outcome="pass"), "does not reproduce"),
    "verdict": (lambda value: value.update(verdict="passed"), "does not reproduce"),
    "no sentence": (lambda value: value["findings"][1].update(message=None), "does not reproduce"),
    "key like a sentence": (lambda value: value.update({'findings[0].message: "': 1}), "does not reproduce"),
    "later schema": (lambda value: value.update(schema="gate.decision/v2"), "later version"),
    "later judgement": (lambda value: value.update(judgement="v10"), "later version"),
    "no schema": (lambda value: value.pop("schema"), "no record"),
    "unknown": (lambda value: value.update(schema="gate.decision/v0"), "no record"),
    "hostile": (lambda value: value.update(schema="gate.decision/v²"), "no record"),
}


@pytest.mark.parametrize("change", REFUSED)
def test_whatever_is_not_only_words_is_refused(record: Path, capsys: pytest.CaptureFixture[str], change: str) -> None:
    """Exit 2, nothing is shown, and it says whether to update or that it is no such record."""
    touch, said = REFUSED[change]
    _changed(record, touch)
    code = main(["card", "show", str(record)])
    printed = capsys.readouterr()

    assert (code, printed.out) == (2, "")
    assert said in printed.err


@pytest.mark.parametrize("key", ['findings[0].message: "', 'findings[1].message: "x" in the record'])
def test_a_key_that_is_spelled_like_a_sentence_is_none(record: Path, capsys: pytest.CaptureFixture[str], key: str) -> None:
    """Something that nobody recomputes is in the record: it is not said that sentences alone differ."""
    _changed(record, lambda value: value.update({key: "everything is fine"}))

    assert main(["replay", str(record)]) == 1
    assert "Only sentences" not in capsys.readouterr().out


def test_other_spelling_of_the_same_values_is_no_record(record: Path) -> None:
    """Only words may differ: a record in other than canonical form is refused, although its words differ too."""
    path = record / "decision.json"
    path.write_bytes(path.read_bytes() + b"\n")

    assert main(["card", "show", str(record)]) == 2
