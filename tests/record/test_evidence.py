"""The evidence of a decision of which cells were suppressed: what it is called by gives nothing away, and nothing else passes for it."""

import json
import math
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gate.cli import main
from gate.core.canonical import canonical, digest
from gate.pipeline import CheckRequest, check
from gate.record.evidence import Evidence, read_evidence, written_evidence
from gate.record.signing import Unsound

CASE = Path(__file__).parents[1] / "cases" / "intersection"
EVIDENCE = Evidence(counts=b"counts", facts={"look": 1}, salt="a" * 64)


def test_what_was_written_is_read() -> None:
    """The law of the file."""
    data = written_evidence(EVIDENCE)

    assert read_evidence(data, digest(data)) == EVIDENCE


def _without(key: str) -> bytes:
    return canonical({name: value for name, value in json.loads(written_evidence(EVIDENCE)).items() if name != key})


WRONG: dict[str, bytes] = {
    "no JSON": b"{",
    "no object": b"[]",
    "too deep": b"[" * 100_000,
    "no counts": _without("counts"),
    "no salt": _without("salt"),
    "no schema": _without("schema"),
    "no Base64": written_evidence(EVIDENCE).replace(b'"counts":"', b'"counts":"!'),
    "more than that": written_evidence(EVIDENCE).replace(b"{", b'{"more":1,', 1),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_no_evidence_is_a_sentence(wrong: str) -> None:
    """A file under the right digest that holds something else is refused, not believed."""
    assert isinstance(read_evidence(WRONG[wrong], digest(WRONG[wrong])), Unsound)


def test_other_evidence_and_none_are_refused() -> None:
    """It has to be there, to be named, and to be the one that is named."""
    data = written_evidence(EVIDENCE)

    assert [isinstance(read_evidence(*given), Unsound) for given in ((None, digest(data)), (data, None), (data + b" ", digest(data)))] == [True] * 3


@pytest.fixture
def case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], tuple[int, Path]]:
    """Checks a table under a policy with small cells, with this line before `models` of gate.yaml, into a folder of this name."""
    monkeypatch.delenv("GATE_LEDGER", raising=False)
    (tmp_path / "policy.yaml").write_text((CASE / "policy.yaml").read_text(encoding="utf-8") + "privacy: {min_cell: 160}\n", encoding="utf-8")

    def checked(line: str, name: str, *words: str) -> tuple[int, Path]:
        (tmp_path / "gate.yaml").write_text((CASE / "gate.yaml").read_text(encoding="utf-8").replace("models:", f"{line}models:", 1), encoding="utf-8")
        files = ["--predictions", str(CASE / "table.csv"), "--config", str(tmp_path / "gate.yaml"), "--policy", str(tmp_path / "policy.yaml")]
        return main(["check", *files, *words, "--output", str(tmp_path / name)]), tmp_path / name

    return checked


def test_without_a_ledger_nothing_is_judged(case: Callable[[str, str], tuple[int, Path]], capsys: pytest.CaptureFixture[str]) -> None:
    """Full counts that are kept nowhere could never be looked at again: exit 2, nothing written."""
    code, folder = case("", "out")

    assert (code, folder.exists() and any(folder.iterdir())) == (2, False)
    assert "there is no ledger to keep the full counts in" in " ".join(capsys.readouterr().err.split())


def test_the_same_decision_twice_has_the_same_bytes_and_two_digests_of_evidence(case: Callable[[str, str], tuple[int, Path]]) -> None:
    """What differs from run to run stands in the record; the salt is as long as the digest, so that no counts can be guessed from it."""
    (code, one), (_, two) = case("ledger: ledger\n", "one"), case("ledger: ledger\n", "two")
    kept = list((one.parent / "ledger" / "model-m" / "evidence").iterdir())
    salts = {json.loads(path.read_bytes())["salt"] for path in kept}

    assert (code, (one / "decision.json").read_bytes() == (two / "decision.json").read_bytes(), len(kept), len(salts)) == (1, True, 2, 2)
    assert {len(salt) * math.log2(16) for salt in salts} == {256}


def test_a_card_is_made_anew_with_the_ledger(case: Callable[[str, str], tuple[int, Path]], capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    """`gate card show` and `diff` take the full counts from there; without them there is no card (exit 2), and it shows no count of a small cell."""
    _, folder = case("ledger: ledger\n", "one")
    ledger = ["--ledger", str(folder.parent / "ledger")]
    assert main(["card", "show", str(folder)]) == 2
    capsysbinary.readouterr()
    assert main(["card", "show", str(folder), *ledger]) == 0

    assert capsysbinary.readouterr().out == (folder / "model_card.md").read_bytes()
    assert [main(["card", "diff", str(folder), str(folder), *words]) for words in ([], ledger)] == [2, 0]


def test_what_only_looks_keeps_no_evidence(case: Callable[[str, str], tuple[int, Path]]) -> None:
    """As `gate backtest` does: the same verdict, counts for its own folder, nothing in the ledger, which need not even be there."""
    _, folder = case("ledger: ledger\n", "one")
    shutil.rmtree(folder.parent / "ledger")
    given = {"config": folder.parent / "gate.yaml", "policy": folder.parent / "policy.yaml", "predictions": CASE / "table.csv"}
    judged = check(CheckRequest(**given, today=date(2026, 11, 1), output=folder.parent / "own", keep=False, judge_only=True)).decision

    assert (judged.verdict.value, judged.suppressed) == (json.loads((folder / "decision.json").read_text(encoding="utf-8"))["verdict"], None)
    assert ((folder.parent / "ledger").exists(), (folder.parent / "own" / "counts.parquet").exists()) == (False, True)


def test_what_may_be_kept_is_never_only_looked_at(case: Callable[[str, str], tuple[int, Path]]) -> None:
    """Whatever was asked for: where a record could be kept, small cells are suppressed."""
    _, folder = case("ledger: ledger\n", "one")
    files = {"config": folder.parent / "gate.yaml", "policy": folder.parent / "policy.yaml", "predictions": CASE / "table.csv"}

    assert check(CheckRequest(**files, today=date(2026, 11, 1), judge_only=True)).decision.suppressed is not None


def test_what_needs_the_counts_says_where_they_are(case: Callable[[str, str], tuple[int, Path]], capsys: pytest.CaptureFixture[str]) -> None:
    """A rollout of another policy cannot be tried on a decision without counts: it is named as not judged, never as unchanged."""
    _, folder = case("ledger: ledger\n", "one")
    capsys.readouterr()
    policy = str(folder.parent / "policy.yaml")
    main(["policy", "diff", policy, policy, "--decisions", str(folder.parent)])

    assert "evidence store of the ledger alone" in " ".join(capsys.readouterr().out.split())


KINDS = ("auc-gap", "regression-passed", "multiclass-passed", "weighted-gap", "clustered-rows", "champion-not-worse", "attributes-unmatched", "bad-prediction")


@pytest.mark.parametrize("kind", KINDS)
def test_models_of_every_kind_are_published_without_counts_and_replayed(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The verdict is that of the case, its files hold no counts, and the evidence alone gives the same bytes again."""
    monkeypatch.delenv("GATE_LEDGER", raising=False)
    shutil.copytree(CASE.parent / kind, tmp_path / "case")
    policy, config = tmp_path / "case" / "policy.yaml", tmp_path / "case" / "gate.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + "\nprivacy: {min_cell: 10}\n", encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8").replace("models:", "ledger: ledger\nmodels:", 1), encoding="utf-8")
    files = ["--predictions", str(tmp_path / "case" / "table.csv"), "--config", str(config), "--policy", str(policy)]
    expected = json.loads((tmp_path / "case" / "expected.json").read_text(encoding="utf-8"))

    assert main(["check", *files, "--output", str(tmp_path / "out")]) == expected["exit"]
    assert not (tmp_path / "out" / "counts.parquet").exists()
    assert "whatif-data" not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert main(["replay", str(tmp_path / "out"), "--ledger", str(tmp_path / "case" / "ledger")]) == 0
