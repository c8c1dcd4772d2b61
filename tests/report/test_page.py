"""The report as text: bounded, inert, the same twice, and nothing in it that the decision does not say."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
import samples
import scored
from scored import HOSTILE

from gate.core.counts import Statistics
from gate.core.decision import Decision, Effect, Outcome, Verdict
from gate.core.policy import Burden
from gate.core.sums import CELLS, PAIRS, CellSums
from gate.report import page, whatif
from gate.report.escape import clean
from gate.report.plain import sentence


class Elements(HTMLParser):
    """Every start tag with the names of its attributes, and all text outside scripts and styles."""

    def __init__(self, written: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.words: list[str] = []
        self.feed(written)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a start tag and which attributes it has."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.words.append(data)


@pytest.fixture(scope="module")
def decision() -> Decision:
    """The scored holdout, judged at 0.5."""
    return scored.decided(scored.table(scored.rows(), 0.5))


def _inconclusive() -> Decision:
    base = samples.inconclusive()
    held = [finding for finding in base.judgement.findings if finding.outcome is Outcome.INCONCLUSIVE]
    return replace(base, judgement=replace(base.judgement, findings=tuple(held)))


def _two_hundred() -> Decision:
    long = "a reason that goes on and on " * 200
    findings = tuple(samples.finding(f"rule-{place}-{'x' * 300}", Outcome.FAIL, Effect.BLOCKS, value=0.3, lower=0.2, upper=0.4, message=long, why=long)
                     for place in range(200))  # fmt: skip
    return samples.decision(Verdict.BLOCKED, findings, samples.RACE)


BAD = {
    "1,000 groups": lambda: scored.with_groups(1000),
    "200 findings": _two_hundred,
    "hostile groups": lambda: scored.with_groups(0, tuple(HOSTILE.values())),
    "hostile words": lambda: samples.hostile("</script><b>" * 1000),
    "no scores": samples.not_disproved,
    "only inconclusive": _inconclusive,
    "nothing judged": samples.misbehaved,
}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_decision_is_a_page_within_bounds(case: str) -> None:
    """Whatever it holds, the page takes at most 1.5 MB, is the same twice, and holds no handler, frame, image or address to load."""
    bad = BAD[case]()
    written = page.render(bad)
    found = Elements(written)
    attributes = {name for _, names in found.tags for name in names}

    assert len(written.encode()) <= 1_500_000
    assert page.render(bad) == written
    assert {tag for tag, _ in found.tags}.isdisjoint({"img", "iframe", "link", "object", "embed", "form", "base", "image", "foreignobject"})
    assert not {name for name in attributes if name.startswith("on")} | (attributes & {"src", "action", "formaction", "srcdoc"})
    assert [tag for tag, _ in found.tags].count("script") in {0, 2}


def test_a_name_adds_no_element() -> None:
    """Groups with hostile names give the page the elements that harmless ones give, in text, drawings and JSON alike."""
    hostile, harmless = (Elements(page.render(scored.with_groups(0, names))) for names in (tuple(HOSTILE.values()), tuple("abcdefghijklmnop"[: len(HOSTILE)])))
    said = "".join(hostile.words)

    assert sorted(hostile.tags) == sorted(harmless.tags)
    assert [name for name in HOSTILE.values() if clean(name)[:17].strip() not in said] == []


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_the_word_on_top_is_the_verdict(sample: str) -> None:
    """The one first heading, and the first word of the title, is the verdict of the decision."""
    written, word = page.render(samples.DECISIONS[sample]()), samples.DECISIONS[sample]().verdict.value.upper()

    assert (re.findall(r"<h1>(.*?)</h1>", written), re.findall(r"<title>(\w+):", written)) == ([word], [word])


def test_nothing_is_embedded_where_small_cells_are_kept_apart(decision: Decision) -> None:
    """Under privacy.min_cell no histogram leaves the record: no explorer, no curves, and the page says why."""
    effective = {**dict(decision.policy.effective), "privacy": {"min_cell": 10}}  # type: ignore[call-overload]
    kept = replace(decision, policy=replace(decision.policy, effective=effective))
    written = page.render(kept)

    assert whatif.explorer(kept).document == ""
    assert ("whatif-data" in written, "ROC by" in written, "privacy.min_cell" in written, "<script" in written) == (False, False, True, False)


def test_weighted_rows_have_no_explorer(decision: Decision) -> None:
    """A histogram of rows says nothing of weighted rates, so nothing is offered."""
    sums = CellSums(totals=(0,) * len(CELLS), products=(0,) * len(PAIRS))
    statistics = replace(decision.counts.statistics, sums=sums)
    weighted = replace(decision, counts=replace(decision.counts, statistics=statistics))

    assert (whatif.explorer(weighted).document, "weighted" in whatif.explorer(weighted).reason) == ("", True)


def test_scores_of_some_groups_only_offer_nothing(decision: Decision) -> None:
    """Where one group has no histogram, the explorer would count it as empty: it is not offered."""
    first, *rest = decision.counts.groups
    partial = replace(decision, counts=replace(decision.counts, groups=(replace(first, statistics=Statistics()), *rest)))

    assert whatif.explorer(partial).document == ""


def test_embedded_text_ends_nothing() -> None:
    """JSON in the page holds no sign that ends a script element or begins a comment, and no line separator."""
    written = whatif.embedded(list(HOSTILE.values()))

    assert set(written).isdisjoint("<>&\u2028\u2029\n")


def test_a_threshold_between_steps_is_said(decision: Decision) -> None:
    """Where the judged threshold is no offered one, the page says that its numbers differ from the verdict's."""
    effective = {**dict(decision.config.effective), "predictions": {"score": "score", "threshold": 0.3333}}  # type: ignore[call-overload]
    notes = whatif.explorer(replace(decision, config=replace(decision.config, effective=effective))).notes

    assert any("judged at 0.3333" in note and "differ from the verdict" in note for note in notes)


def test_plain_words_count_people(decision: Decision) -> None:
    """A gap is told in whole rows of a hundred, and its proven side is rounded so that it stays true."""
    told = {finding.rule: sentence(decision, finding) for finding in decision.judgement.findings if finding.feature == "race"}
    gap = next(finding for finding in decision.judgement.findings if (finding.rule, finding.feature) == ("equal-opportunity", "race"))

    assert told["equal-opportunity"] == (
        "Of 100 rows of white whose repaid is 1, the model finds 78; of 100 such rows of black, 54. "
        "At the policy's level of proof, the gap is at least 18.0 of 100."
    )
    assert gap.lower is not None
    assert gap.lower >= 0.18


def test_a_point_estimate_proves_nothing_in_words(decision: Decision) -> None:
    """Where there is no error control, no sentence speaks of a level of proof."""
    told = [sentence(decision, finding) for finding in decision.judgement.findings if finding.burden_of_proof is Burden.POINT_ESTIMATE]

    assert told
    assert not any("level of proof" in said for said in told)


def test_nobodys_settings_change_a_drawing(decision: Decision) -> None:
    """A matplotlibrc of the machine changes no byte of the page, and the page changes none of its settings."""
    import matplotlib as mpl  # noqa: PLC0415 -- takes half a second, for one test

    before = page.render(decision)
    with mpl.rc_context({"font.size": 20, "lines.linewidth": 9, "svg.fonttype": "path", "axes.facecolor": "red"}):
        written, kept = page.render(decision), mpl.rcParams["font.size"]

    assert (written == before, kept) == (True, 20)
