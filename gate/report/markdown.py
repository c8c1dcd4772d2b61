"""The decision in Markdown: the model card, the short block for a version's description in MLflow, and a job's summary."""

from collections.abc import Iterable, Iterator, Mapping

from gate.core.card import LONGEST, Section
from gate.core.decision import Decision, Estimate, Finding, GroupResult, Insufficient, Outcome
from gate.core.facts import ExpectationResult
from gate.report import card_text, charts, figures, remarks, wording
from gate.report.escape import SHORT, code, link
from gate.report.escape import markdown as safe
from gate.report.explanation_lines import everything
from gate.report.front_matter import front_matter
from gate.report.model_files import described
from gate.report.phrases import name, sentence
from gate.report.provisos import attributes, provisos, verdict_word

__all__ = ["SUMMARY_BYTES", "description_block", "render", "summary"]

MOST = 40
"""Findings that the card lists; the rest is in the record."""
WORST = 5
"""Findings in a description."""
SUMMARY_BYTES = 512 * 1024
"""What a job's summary may take: GitHub drops one of more than 1,024 KiB without a word."""
_RATES = "Rates that rules judge, with their one-sided bounds; `decision.json` has the others. † marks a rate that rests on too few rows to judge."


def render(decision: Decision) -> str:
    """The model card: the verdict, what it rests on, and what it does not say.

    The sections bear the names of Mitchell et al. 2019, "Model Cards for Model Reporting".
    """
    return "\n\n".join(block for block in _blocks(decision) if block) + "\n"


def description_block(decision: Decision, links: Mapping[str, str]) -> str:
    """A few lines for a reviewer who looks at the version in MLflow.

    MLflow's list shows about twelve characters, so that the verdict is the first word, without any markup.

    Args:
        decision: what was decided.
        links: label → address of the card, the record and the like.
    """
    worst = remarks.ordered(decision.judgement.findings)[:WORST]
    rest = len(decision.judgement.findings) - len(worst)
    blocks = (
        safe(wording.verdict_sentence(decision)),
        " ".join(safe(proviso) for proviso in provisos(decision)),
        _table(("Rule", "Where", "Value", "Bound", "Outcome"), (_finding_row(finding) for finding in worst)),
        f"{rest} more in the model card." if rest else "",
        _bullets(
            f"{safe(remarks.subject(finding))}: {safe(words)}"
            for finding in worst
            if finding.outcome is Outcome.INCONCLUSIVE and (words := remarks.open_question(finding))
        ),
        " ".join(safe(step) for step in wording.next_step(decision)),
        " · ".join(link(label, url) for label, url in links.items()),
    )
    return "\n\n".join(block for block in blocks if block) + "\n"


def summary(decision: Decision, links: Mapping[str, str], *, limit: int = SUMMARY_BYTES) -> str:
    """What whoever opens a CI job sees first: the verdict, every finding that matters, what would settle it, and what to do.

    Args:
        decision: what was decided.
        links: label → address of the card, the record and the like.
        limit: bytes that it may take; what does not fit is left out from the end, and it says so.
    """
    findings = remarks.ordered(decision.judgement.findings)
    blocks = (
        f"## Fairness gate: {verdict_word(decision)}",
        safe(f"{wording.candidate(decision)}, tier {name(decision.tier)}, {wording.data(decision)}, {wording.looks(decision)}."),
        *(f"**{safe(proviso)}**" for proviso in provisos(decision)),
        safe(wording.verdict_sentence(decision)),
        " · ".join(link(label, url) for label, url in links.items()),
        "### What to do",
        _bullets(safe(step) for step in wording.next_step(decision)),
        _table(("Rule", "Where", "Value", "Bound", "Outcome"), (_finding_row(finding) for finding in findings[:MOST])),
        f"{figures.count(len(findings) - MOST)} more findings are in `decision.json`." if len(findings) > MOST else "",
        *_explained(findings[:MOST]),
        safe(remarks.INTERVAL_LEGEND),
        _provenance(decision),
    )
    return _fitting((block for block in blocks if block), limit)


def _fitting(blocks: Iterable[str], limit: int) -> str:
    """As many blocks as fit, whole, and a word where some do not."""
    cut = "The rest does not fit here: it is in the model card.\n"
    written: list[str] = []
    room = limit - len(cut)
    for block in blocks:
        room -= len(block.encode("utf-8", "replace")) + 2
        if room < 0:
            return "".join([*written, cut])
        written.append(f"{block}\n\n")
    return "".join(written)


def _blocks(decision: Decision) -> Iterator[str]:
    """The paragraphs, lists and tables of the card, in order."""
    yield front_matter(decision)
    yield f"# {verdict_word(decision)}: {safe(wording.candidate(decision))}"
    yield from (f"**{safe(proviso)}**" for proviso in provisos(decision))
    yield safe(wording.verdict_sentence(decision))
    yield safe(f"Tier {name(decision.tier)}, {wording.data(decision)}, {wording.looks(decision)}.")
    yield "## Verdict"
    yield from _verdict(decision)
    yield from (block for section in card_text.MODEL for block in _section(decision, section))
    yield from _explanation(decision)
    yield from _datasheet(decision)
    yield "## Provenance"
    yield _provenance(decision)
    yield f"To recompute this verdict from the record: `gate replay decision.json` (with {wording.recomputed(decision)})."
    yield "Every chart, all pairs, the scores, and what another threshold would come to: `report.html`."


# --------------------------------------------------------------------------------------------------- the sections


def _section(decision: Decision, section: Section) -> Iterator[str]:
    """A section of Mitchell et al.: what people wrote, and then what the machine knows."""
    yield f"## {card_text.MODEL[section]}"
    written, known = _written(decision, section), [block for block in _known(decision, section) if block]
    yield from (*written, *known) if written or known else (card_text.UNWRITTEN,)


def _written(decision: Decision, section: Section) -> tuple[str, ...]:
    return tuple(safe(paragraph, limit=LONGEST) for paragraph in card_text.paragraphs(decision.facts.card, section))


def _known(decision: Decision, section: Section) -> Iterator[str]:
    """What the machine knows of a section; nothing of those that only people can write."""
    match section:
        case Section.MODEL_DETAILS:
            yield _model(decision)
        case Section.FACTORS:
            yield _bullets(safe(factor) for factor in card_text.factors(decision))
        case Section.METRICS:
            yield _bullets(code(metric) for metric in card_text.rules(decision))
        case Section.EVALUATION_DATA:
            yield from _evaluation_data(decision)
        case Section.QUANTITATIVE_ANALYSES:
            yield from _analyses(decision)
        case Section.CAVEATS:
            yield safe(f"The promise: {wording.promise(decision)}")
            yield _bullets(safe(caveat) for caveat in wording.caveats(decision))
        case _:
            return


def _datasheet(decision: Decision) -> Iterator[str]:
    """The datasheet of the evaluation data, after Gebru et al. 2021, where somebody wrote any of it."""
    written = {heading: _written(decision, section) for section, heading in card_text.DATASHEET.items()}
    if any(written.values()):
        yield "## Datasheet of the evaluation data"
        for heading, paragraphs in written.items():
            yield f"### {heading}"
            yield from paragraphs or (card_text.UNWRITTEN,)


# ---------------------------------------------------------------------------------------------------- the verdict


def _verdict(decision: Decision) -> Iterator[str]:
    findings = remarks.ordered(decision.judgement.findings)
    shown = findings[:MOST]
    yield _table(("Rule", "Where", "Value", "Bound", "Outcome"), (_finding_row(finding) for finding in shown)) or "No rule was judged."
    if len(shown) < len(findings):
        yield f"{figures.count(len(findings) - len(shown))} more findings are in `decision.json`."
    yield safe(remarks.INTERVAL_LEGEND)
    yield from _explained(shown)
    yield "### What to do"
    yield _bullets(safe(step) for step in wording.next_step(decision))


def _finding_row(finding: Finding) -> tuple[str, ...]:
    value = " ".join(part for part in (figures.value(finding), figures.interval(finding)) if part)
    words = safe(remarks.outcome(finding))
    return (
        code(name(finding.rule)),
        safe(remarks.place(finding)),
        safe(value),
        figures.threshold(finding.threshold),
        f"**{words}**" if finding.outcome in {Outcome.FAIL, Outcome.INCONCLUSIVE} else words,
    )


def _explained(findings: Iterable[Finding]) -> Iterator[str]:
    """Each finding that does not pass: what it says, why the rule exists, and what would settle it."""
    for finding in findings:
        settle = remarks.settle(finding)
        lines = (
            remarks.message(finding),
            f"Why this rule: {sentence(finding.why)}" if finding.why else "",
            f"What would settle it: {settle}" if settle else "",
        )
        if finding.outcome is not Outcome.PASS and any(lines):
            yield f"### {safe(remarks.subject(finding))}: {safe(remarks.outcome(finding))}"
            yield _bullets(safe(line) for line in lines if line)


# ------------------------------------------------------------------------------------- model, data, groups, digests


def _model(decision: Decision) -> str:
    facts = decision.facts.candidate
    details = (
        ("Model", safe(wording.candidate(decision))),
        ("Risk tier", safe(name(decision.tier))),
        ("Inputs", safe(wording.inputs(decision))),
        ("MLflow run", code(name(facts.run_id)) if facts.run_id else "none"),
        ("Predictions", safe(wording.predictions(decision))),
        *((("Compared with", safe(wording.baselines(decision))),) if decision.facts.baselines else ()),
    )
    return _bullets((*(f"{what}: {says}" for what, says in details), *(safe(said) for said in described(decision))))


def _analyses(decision: Decision) -> Iterator[str]:
    """The rates that rules judge, of every group, with their bounds: a table per feature, of its largest groups where there are many."""
    results = decision.judgement.groups
    yield (
        "Rates that rules judge, with their one-sided bounds; `decision.json` has the others. † marks a rate that rests on too few rows to judge."
        if results
        else "No group was measured."
    )
    for feature in dict.fromkeys(result.counts.feature for result in results):
        of_feature = [result for result in results if result.counts.feature == feature]
        shown = charts.largest(of_feature)
        rates = charts.rates_judged(decision)
        yield f"### By {safe(name(feature))}"
        yield _table(("Group", "Rows", *(code(rate) for rate in rates)), (_group_row(result, rates) for result in shown))
        yield f"{figures.count(len(of_feature) - len(shown))} smaller groups are in `counts.parquet`." if len(shown) < len(of_feature) else ""


def _explanation(decision: Decision) -> Iterator[str]:
    """Why the candidate answers as it does, where the policy demanded to know."""
    found = decision.facts.explanation
    if found is not None:
        yield "## Explanation"
        yield "Found by asking the candidate as a black box about rows that nobody holds; the intervals are of 95 %."
        for heading, lines in everything(found):
            yield f"### {heading}"
            yield _bullets(safe(line) for line in lines)


def _group_row(result: GroupResult, rates: tuple[str, ...]) -> tuple[str, ...]:
    return (
        safe(name(result.counts.group)),
        figures.count(result.counts.counts.rows),
        *(_rate(result.metrics.get(rate, Insufficient(reason="not measured"))) for rate in rates),
    )


def _rate(number: Estimate | Insufficient) -> str:
    if isinstance(number, Insufficient):
        return f"– ({safe(number.reason, limit=SHORT)})"
    return safe(f"{figures.number(number.value)} {figures.span(number.lower, number.upper)}") + ("" if number.sufficient else " †")


def _evaluation_data(decision: Decision) -> Iterator[str]:
    age, apart = decision.facts.data.age_days, decision.facts.data.attributes
    yield _bullets(
        (
            f"Rows: {wording.data(decision)}{'' if age is None else f', collected {figures.count(age)} days before'}",
            f"Use of the holdout: {wording.looks(decision)}",
            *((f"Sensitive features: {safe(attributes(apart))}",) if apart is not None else ()),
            *(f"Coverage of {safe(wording.coverage(entry))}" for entry in decision.judgement.coverage),
        )
    )
    expectations = decision.facts.expectations
    if expectations is not None:
        yield safe(f"Great Expectations suite {name(expectations.suite)}:")
        yield _table(("Expectation", "Column", "Met", "Rows against it"), (_expectation_row(result) for result in expectations.results))


def _expectation_row(result: ExpectationResult) -> tuple[str, ...]:
    rows = "" if result.unexpected_rows is None else figures.count(result.unexpected_rows)
    return (
        code(name(result.expectation)),
        "" if result.column is None else code(name(result.column)),
        "yes" if result.success else "**no**",
        rows,
    )


def _provenance(decision: Decision) -> str:
    apart = decision.facts.data.attributes
    rows = (
        ("Candidate", code(decision.facts.candidate.digest)),
        ("Development table" if decision.development else "Holdout", code(decision.facts.data.digest)),
        *((("Table of attributes", code(apart.digest)),) if apart is not None else ()),
        ("Policy", code(decision.policy.digest)),
        ("Configuration", code(decision.config.digest)),
        *((("Text of the card (`card.yaml`)", code(decision.facts.card.digest)),) if decision.facts.card is not None else ()),
        ("Counts (`counts.parquet`)", "in the ledger alone" if decision.counts_digest is None else code(decision.counts_digest)),
        ("Gate version", code(name(decision.gate_version))),
    )
    return _table(("What", "Digest or version"), rows)


# --------------------------------------------------------------------------------------------------------- markup


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table of cells that are safe already; nothing when there are no rows."""
    lines = [f"| {' | '.join(cells)} |" for cells in rows]
    return "\n".join([f"| {' | '.join(header)} |", f"|{' --- |' * len(header)}", *lines]) if lines else ""


def _bullets(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)
