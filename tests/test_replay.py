"""A record that was touched does not replay, and says where."""

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gate.cli import main

CASE = Path(__file__).parent / "cases" / "inconclusive"


@pytest.fixture
def record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The files of one decision."""
    words = ["--predictions", str(CASE / "table.csv"), "--config", str(CASE / "gate.yaml"), "--policy", str(CASE / "policy.yaml")]
    main(["check", *words, "--output", str(tmp_path), "--no-record"])
    capsys.readouterr()
    return tmp_path


def _change(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the record and write it as canonical JSON again."""
    path = folder / "decision.json"
    value = json.loads(path.read_text(encoding="utf-8"))
    change(value)
    path.write_text(json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")


def _loosen(record: dict[str, Any]) -> None:
    record["policy"]["effective"]["rules"][0]["max"] = 0.5


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "verdict": (lambda record: record.update(verdict="passed"), "verdict: "),
    "value": (lambda record: record["findings"][0].update(value=0.01), "findings[0].value: "),
    "outcome": (lambda record: record["findings"][0].update(outcome="pass"), "findings[0].outcome: "),
    "finding removed": (lambda record: record["findings"].clear(), "findings: "),
    "counts of a group": (lambda record: record["groups"][0].update(tp=1), "groups[0].tp: "),
    "policy loosened": (_loosen, "policy.digest: "),
    "counts digest": (lambda record: record["counts"].update(digest="sha256:0"), "counts: "),
    "rows": (lambda record: record["data"].update(rows=10**6), "data.rows: "),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_touched_record_does_not_replay(record: Path, capsys: pytest.CaptureFixture[str], change: str) -> None:
    """Exit 1, and the place that differs is named."""
    touch, place = CHANGES[change]
    _change(record, touch)

    assert main(["replay", str(record)]) == 1
    assert place in capsys.readouterr().out


def test_touched_counts_do_not_replay(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other counts beside an untouched record: exit 1, both digests are shown."""
    other = record / "other"
    case = CASE.with_name("passed")
    words = ["--predictions", str(case / "table.csv"), "--config", str(case / "gate.yaml"), "--policy", str(case / "policy.yaml")]
    main(["check", *words, "--output", str(other), "--no-record"])
    (record / "counts.parquet").write_bytes((other / "counts.parquet").read_bytes())
    capsys.readouterr()

    assert main(["replay", str(record)]) == 1
    assert "counts: the record binds sha256:" in capsys.readouterr().out


def test_the_same_values_written_differently_are_not_the_record(record: Path) -> None:
    """Canonical form is part of the promise: indented JSON is another file."""
    path = record / "decision.json"
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")), indent=1), encoding="utf-8")

    assert main(["replay", str(path)]) == 1


def _recounted(record: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    """Forge the counts and make the record bind them."""
    path = record / "counts.parquet"
    table = pq.read_table(path)
    pq.write_table(pa.Table.from_pylist(change(table.to_pylist()), schema=table.schema), path)
    digest = "sha256:" + hashlib.sha256(path.read_bytes()).hexdigest()
    _change(record, lambda value: value["counts"].update(digest=digest))


FORGERIES: dict[str, Callable[[list[dict[str, Any]]], list[dict[str, Any]]]] = {
    "a group removed": lambda rows: [row for row in rows if row["group"] != "c"],
    "a group renamed": lambda rows: [{**row, "group": "d"} if row["group"] == "c" else row for row in rows],
    "a group twice": lambda rows: [*rows, rows[-1]],
    "rows invented": lambda rows: [{**row, "tp": 2**61} if row["group"] == "c" else row for row in rows],
    "nothing overall": lambda rows: [{**row, "tp": 0, "fp": 0, "tn": 0, "fn": 0} if row["kind"] == "overall" else row for row in rows],
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_counts_that_contradict_the_declaration_do_not_replay(record: Path, capsys: pytest.CaptureFixture[str], forgery: str) -> None:
    """Counts and record forged together: what the declaration cannot give is refused, never "reproduced"."""
    _recounted(record, FORGERIES[forgery])

    assert main(["replay", str(record)]) == 2
    printed = capsys.readouterr()
    assert "REPRODUCED" not in printed.out
    assert "Traceback" not in printed.err


@pytest.mark.parametrize("value", [-7, 0, True, "3", {"PASSED": 1}, 1.5])
def test_a_look_that_is_no_count_is_refused(record: Path, value: object) -> None:
    """What replay takes over from the record has at least to be of its kind."""
    _change(record, lambda written: written.update(looks=value))

    assert main(["replay", str(record)]) == 2


def test_a_pipe_is_not_waited_for(record: Path) -> None:
    """A counts file that never ends, or never begins, is no file."""
    (record / "counts.parquet").unlink()
    os.mkfifo(record / "counts.parquet")

    assert main(["replay", str(record)]) == 2


def test_deep_nesting_is_no_record(tmp_path: Path) -> None:
    """A hundred thousand brackets are exit 2, not an internal failure."""
    (tmp_path / "decision.json").write_text("[" * 100_000, encoding="utf-8")

    assert main(["replay", str(tmp_path)]) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"schema": "gate.decision/v2"}', "null", '{"schema": NaN}'])
def test_what_is_no_record_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Anything else is exit 2 with a sentence, never a traceback and never "reproduced"."""
    (tmp_path / "decision.json").write_text(text, encoding="utf-8")

    assert main(["replay", str(tmp_path)]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("part", ["policy", "config", "facts", "counts", "gate", "looks"])
def test_a_record_that_lacks_a_part_is_refused(record: Path, part: str) -> None:
    """A missing part is exit 2: there is nothing to recompute from."""
    _change(record, lambda value: value.pop(part))

    assert main(["replay", str(record)]) == 2
