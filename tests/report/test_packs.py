"""Packs for regulators: what is on record clause by clause, what is missing said as loudly, and every number the record's."""

import csv
import io
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
import samples
import scored

from gate.cli import main
from gate.core.decision import Decision
from gate.judge.suppression import published
from gate.record.stored import read_stored
from gate.report import packs
from gate.report.packs.impact import SMALL, impact_tables
from gate.stages.again import judged_again

RECORD = Path(__file__).parent / "demo"


@pytest.fixture(scope="module")
def decision() -> Decision:
    """What `gate demo` decided about its first model."""
    return judged_again(read_stored(RECORD))


@pytest.mark.parametrize("pack", packs.PACKS.values(), ids=lambda pack: pack.id)
def test_no_clause_is_passed_over(pack: packs.Pack, decision: Decision) -> None:
    """Every clause says what there is or what is missing, for a record with and without groups; and all is dated and no legal advice."""
    for known in (decision, samples.passed(), published(decision, 10_000)):
        for clause in pack.clauses:
            said = clause.evidence(known)

            assert said.shown or said.missing
        assert "2026-11" in packs.markdown(pack, [known])
        assert "not legal advice" in packs.html(pack, [known])


@pytest.mark.parametrize("pack", packs.PACKS.values(), ids=lambda pack: pack.id)
def test_what_nobody_wrote_is_missing_and_not_covered(pack: packs.Pack, decision: Decision) -> None:
    """Without card.yaml, sections that people have to write are named as missing on the page too."""
    shown = packs.html(pack, [decision])

    assert decision.facts.card is None
    assert "Missing:" in shown
    assert "as people wrote it" not in shown


def test_impact_ratios_are_rates_over_the_highest(decision: Decision) -> None:
    """Computed anew from the cells: selected over rows, over the highest such rate; below 2 % is marked, and nothing is left out."""
    tables = {table.feature: table for table in impact_tables(decision)}
    for feature, table in tables.items():
        counts = {entry.group: entry.counts for entry in decision.counts.of(feature)}
        rates = {group: (cells.tp + cells.fp) / cells.rows for group, cells in counts.items()}
        highest = max(rates.values())

        assert {line.category: line.ratio for line in table.lines} == {group: pytest.approx(rate / highest) for group, rate in rates.items()}
        assert {line.category for line in table.lines if line.small} == {g for g, cells in counts.items() if cells.rows / decision.counts.overall.rows < SMALL}
    assert set(tables) == {"race", "sex", "race×sex"}
    assert [line.category for line in tables["race×sex"].lines if line.small] == ["hispanic×female"]


def test_the_matrix_leads_from_clauses_to_findings(decision: Decision) -> None:
    """Every finding of a rule that names the clause has a line with its numbers; a clause that no rule names has one that says so."""
    lines = list(csv.DictReader(io.StringIO(packs.traceability(packs.PACKS["nist-ai-rmf"], [decision]))))
    measured = [line for line in lines if line["clause"] == "nist-ai-rmf/measure-2.11"]
    race = next(line for line in measured if (line["rule"], line["where"]) == ("demographic-parity", "race"))
    (found,) = [f for f in decision.judgement.findings if (f.rule, f.feature) == ("demographic-parity", "race")]

    assert float(race["value"]) == found.value
    assert race["outcome"] == "inconclusive"
    assert [line["outcome"] for line in lines if line["clause"] == "nist-ai-rmf/map"] == ["no rule names this clause"]


def test_a_pack_publishes_no_more_than_the_decision(decision: Decision) -> None:
    """Where small cells are not published, there is no table, and the page says that it is missing."""
    shown = packs.markdown(packs.PACKS["nyc-ll144"], [published(decision, 10_000)])

    assert "no numbers of groups are published" in shown
    assert "| black |" not in shown


class _Tags(HTMLParser):
    def __init__(self, written: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(written)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what acts."""
        if tag in {"script", "img", "iframe", "a", "form", "object"} or any(name.startswith("on") or name in {"src", "href"} for name, _ in attrs):
            self.found.add(tag)


@pytest.mark.parametrize("pack", packs.PACKS.values(), ids=lambda pack: pack.id)
def test_names_act_nowhere(pack: packs.Pack, decision: Decision) -> None:
    """Hostile names of groups, rules and models stay text on the page, and no cell of the matrix is a formula."""
    words = " ".join(scored.HOSTILE.values())
    said = replace(decision.judgement.findings[0], message=words, feature=words)
    candidate = replace(decision.facts.candidate, name=f"=cmd|'/c calc'!A1 {words}")
    hostile = replace(decision, judgement=replace(decision.judgement, findings=(said,)), facts=replace(decision.facts, candidate=candidate))

    assert _Tags(packs.html(pack, [hostile])).found == set()
    for line in csv.reader(io.StringIO(packs.traceability(pack, [hostile]))):
        assert not any(cell.startswith(("=", "+", "@")) for cell in line)


def test_the_same_decisions_give_the_same_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice the same bytes, with the records beside them; what is printed are the files."""
    for name in ("one", "two"):
        assert main(["pack", "eu-ai-act", str(RECORD), str(RECORD / "decision.json"), "--output", str(tmp_path / name)]) == 0
    files = [sorted(path.relative_to(tmp_path / name) for path in (tmp_path / name).rglob("*") if path.is_file()) for name in ("one", "two")]

    assert files[0] == files[1]
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files[0])
    assert str(tmp_path / "one" / "pack.html") in capsys.readouterr().out.split()
    assert (tmp_path / "one" / "evidence" / "2" / "decision.json").read_bytes() == (RECORD / "decision.json").read_bytes()


def test_a_record_that_does_not_reproduce_makes_no_pack(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A decision in which somebody changed an outcome is no evidence (exit 2), and nothing is written."""
    (tmp_path / "counts.parquet").write_bytes((RECORD / "counts.parquet").read_bytes())
    (tmp_path / "decision.json").write_text((RECORD / "decision.json").read_text(encoding="utf-8").replace('"blocked"', '"passed"'), encoding="utf-8")

    assert main(["pack", "sr-26-2", str(tmp_path), "--output", str(tmp_path / "out")]) == 2
    assert "does not reproduce" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_old_evidence_never_stands_beside_new(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder that holds something is left as it is (exit 2): files of another pack would be taken for this one's."""
    (tmp_path / "old.txt").write_text("of another year", encoding="utf-8")

    assert main(["pack", "sr-26-2", str(RECORD), "--output", str(tmp_path)]) == 2
    assert "there is something already" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["old.txt"]


def test_an_unknown_pack_is_named_with_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A misspelled name is a usage error (exit 2) that lists every pack."""
    assert main(["pack", "eu-ai", str(RECORD), "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err

    assert [name for name in packs.PACKS if name not in said] == []
