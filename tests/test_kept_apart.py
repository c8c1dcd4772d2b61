"""A table of attributes on the whole path: what is refused, what is written down, and what never is."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from gate.aggregate.duckdb import DuckdbEngine
from gate.cli import main

GATE = """\
schema: gate.config/v1
models:
  m:
    tier: high
    task: binary_classification
    data: {{label: y, labels: [0, 1], attributes: {{uri: {attributes}, join_on: applicant_id{more}}}}}
    predictions: {{column: p}}
    sensitive_features:
      g: {{column: g, groups: [a, b]}}
"""
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}
"""
SECRET = "Łucja Nowak-77"


def _people(*, unmatched: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A fair table of predictions, and the groups of all its people but the first ones."""
    people = [f"{SECRET}-{i}" for i in range(2000)]
    rows = pd.DataFrame({"applicant_id": people, "y": [0, 0, 1, 1] * 500, "p": [0, 0, 0, 0, 1, 1, 1, 1] * 250})
    attributes = pd.DataFrame({"applicant_id": people, "g": ["a", "b"] * 1000})
    return rows, attributes.iloc[unmatched:].iloc[::-1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A configuration, a policy, and the table of attributes at a path of its own."""
    rows, attributes = _people(unmatched=5)
    (tmp_path / "restricted").mkdir()
    attributes.to_parquet(tmp_path / "restricted" / "g.parquet", index=False)
    rows.to_parquet(tmp_path / "t.parquet", index=False)
    (tmp_path / "gate.yaml").write_text(GATE.format(attributes="restricted/g.parquet", more=""), encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    return tmp_path


def _words(folder: Path, *more: str) -> list[str]:
    files = ["--predictions", str(folder / "t.parquet"), "--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml")]
    return ["check", *files, "--output", str(folder / "out"), "--no-record", *more]


def _record(folder: Path) -> Mapping[str, Any]:
    return dict(json.loads((folder / "out" / "decision.json").read_text(encoding="utf-8")))


def test_the_record_binds_the_attributes_and_replays(folder: Path) -> None:
    """Digest and matches stand in the facts, the digest beside that of the holdout, and the record reproduces."""
    digest = f"sha256:{hashlib.sha256((folder / 'restricted' / 'g.parquet').read_bytes()).hexdigest()}"

    assert main(_words(folder)) == 0
    assert _record(folder)["facts"]["data"]["attributes"] == {"digest": digest, "columns": ["g"], "unmatched": 5, "unused": 0}
    assert _record(folder)["data"]["attributes_digest"] == digest
    assert main(["replay", str(folder / "out")]) == 0


def test_csv_and_parquet_are_judged_alike(folder: Path) -> None:
    """Both tables as CSV give the counts of both as Parquet."""
    main(_words(folder))
    counts = _record(folder)["groups"]
    for name, path in (("t", "t"), ("g", "restricted/g")):
        pd.read_parquet(folder / f"{path}.parquet").to_csv(folder / f"{name}.csv", index=False)
    (folder / "gate.yaml").write_text(GATE.format(attributes="g.csv", more=""), encoding="utf-8")
    words = _words(folder)
    words[2] = str(folder / "t.csv")

    assert main(words) == 0
    assert _record(folder)["groups"] == counts


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_nobody_is_named(folder: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    """Ids are personal data: no output, file or message holds one, whether the check passes or is refused."""
    main(_words(folder, "--format", form))
    written = b"".join(path.read_bytes() for path in (folder / "out").iterdir())
    _, attributes = _people()
    pd.concat([attributes, attributes.iloc[:3]]).to_parquet(folder / "restricted" / "g.parquet", index=False)

    assert main(_words(folder, "--format", form)) == 2
    printed = capsys.readouterr()
    assert SECRET not in printed.out + printed.err
    assert SECRET.encode() not in written
    assert "3 ids in column 'applicant_id' are on more than one row" in printed.err


@pytest.mark.parametrize("pin", ["right", "wrong"])
def test_a_pinned_table_of_attributes_is_the_one_that_is_read(folder: Path, capsys: pytest.CaptureFixture[str], pin: str) -> None:
    """Another file than the pinned one is exit 2, though it would pass."""
    digest = hashlib.sha256((folder / "restricted" / "g.parquet").read_bytes()).hexdigest() if pin == "right" else "f" * 64
    (folder / "gate.yaml").write_text(GATE.format(attributes="restricted/g.parquet", more=f', sha256: "{digest}"'), encoding="utf-8")

    assert main(_words(folder)) == (0 if pin == "right" else 2)
    assert pin == "right" or "is not the one that gate.yaml pins" in capsys.readouterr().err


def test_attributes_that_change_meanwhile_are_not_judged(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of other bytes than the record binds are exit 4, and there is no decision."""
    count = DuckdbEngine.count

    def swapped(self: DuckdbEngine, *words: Any, **more: Any) -> Any:  # noqa: ANN401 -- passed on as it came
        counted = count(self, *words, **more)
        _people()[1].to_parquet(folder / "restricted" / "g.parquet", index=False)
        return counted

    monkeypatch.setattr(DuckdbEngine, "count", swapped)

    assert main(_words(folder)) == 4
    assert not (folder / "out" / "decision.json").exists()


def test_a_table_of_other_people_never_passes(folder: Path) -> None:
    """Ids that match nobody leave every group without rows: inconclusive, not passed."""
    _, attributes = _people()
    attributes.assign(applicant_id=attributes["applicant_id"] + "x").to_parquet(folder / "restricted" / "g.parquet", index=False)

    assert main(_words(folder)) == 3
    assert {"attributes-unmatched", "coverage-absent-group"} <= {finding["rule"] for finding in _record(folder)["findings"] if finding["effect"] == "holds"}


def test_a_table_that_is_not_there_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An absent file is exit 2 with its path."""
    (folder / "restricted" / "g.parquet").unlink()

    assert main(_words(folder)) == 2
    assert "g.parquet" in capsys.readouterr().err


def test_a_plan_joins_them_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate plan` sees the groups, and says how many rows have none."""
    words = ["plan", "--table", str(folder / "t.parquet"), "--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml")]

    assert main([*words, "--format", "json"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert "5 rows have no line in the table of attributes" in json.dumps(planned)
    assert planned["questions"][0]["prospect"] == "decidable"


def test_forged_matches_do_not_replay(folder: Path) -> None:
    """A record that hides rows without attributes is refused, or differs: never reproduced."""
    main(_words(folder))
    path, record = folder / "out" / "decision.json", dict(_record(folder))
    record["facts"]["data"]["attributes"]["unmatched"] = 0
    path.write_text(json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")

    assert main(["replay", str(path)]) == 1
    del record["facts"]["data"]["attributes"]
    path.write_text(json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")
    assert main(["replay", str(path)]) == 2


@pytest.mark.parametrize("key", ["weight", "cluster"])
def test_weights_and_clusters_work_beside_attributes(folder: Path, key: str) -> None:
    """A table of attributes changes nothing about how rows count: the same findings as with the group in the holdout."""
    rows, attributes = _people()
    rows = rows.assign(w=[1.0, 2.0] * 1000, c=[i // 2 for i in range(2000)])
    attributes.to_parquet(folder / "restricted" / "g.parquet", index=False)
    rows.to_parquet(folder / "t.parquet", index=False)
    column = {"weight": "w", "cluster": "c"}[key]
    config = GATE.format(attributes="restricted/g.parquet", more="").replace("label: y,", f"label: y, {key}: {column},")
    (folder / "gate.yaml").write_text(config, encoding="utf-8")
    code, apart = main(_words(folder)), _record(folder)
    rows.merge(attributes, on="applicant_id").to_parquet(folder / "t.parquet", index=False)
    (folder / "gate.yaml").write_text(config.replace(", attributes: {uri: restricted/g.parquet, join_on: applicant_id}", ""), encoding="utf-8")

    assert code == main(_words(folder))
    assert (apart["findings"], apart["groups"]) == (_record(folder)["findings"], _record(folder)["groups"])
    assert "attributes" in apart["facts"]["data"]
