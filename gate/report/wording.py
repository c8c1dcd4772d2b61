"""What is said of the decision as a whole, in plain sentences; each sink escapes them in its own way."""

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never, cast

from gate.core.decision import CoverageEntry, Decision, Effect, Finding, Outcome, RowsNeeded, Verdict
from gate.core.document import Json
from gate.core.facts import BaselineFacts, BaselineStatus, PredictionSource
from gate.core.model import Task
from gate.core.policy import Burden, Confidence, Enforcement
from gate.judge.looks import passing_at
from gate.report import declaration
from gate.report.figures import count, share
from gate.report.phrases import listing, name, plural
from gate.report.provisos import ADVISORY, labels_of_the_accepted, verdict_word
from gate.report.remarks import beyond, ordered, outcome, subject

__all__ = [
    "applicable_rules",
    "candidate",
    "caveats",
    "counting",
    "coverage",
    "data",
    "inputs",
    "looks",
    "next_step",
    "predictions",
    "promise",
    "recomputed",
    "verdict_sentence",
]


def verdict_sentence(decision: Decision) -> str:
    """The verdict in one sentence, its word first."""
    match decision.verdict:
        case Verdict.BLOCKED:
            parts = _stopped(decision, Effect.BLOCKS, rules="violated", checks="failed")
        case Verdict.INCONCLUSIVE:
            parts = _stopped(decision, Effect.HOLDS, rules="undecided for want of evidence", checks="not met")
        case Verdict.PASSED:
            parts = _passed(decision)
        case _:
            assert_never(decision.verdict)
    return f"{verdict_word(decision)}: {'; '.join(parts)}."


def applicable_rules(decision: Decision) -> tuple[str, ...]:
    """The rules of the policy that apply, in the order in which they were judged."""
    return _rules(finding for finding in decision.judgement.findings if finding.outcome is not Outcome.NOT_APPLICABLE)


def _stopped(decision: Decision, effect: Effect, *, rules: str, checks: str) -> tuple[str, ...]:
    """What stops the candidate: rules, and checks of our own."""
    stopping = [finding for finding in ordered(decision.judgement.findings) if finding.effect is effect]
    broken, failed = _rules(stopping), [finding for finding in stopping if finding.metric is None]
    parts = (
        f"{len(broken)} of {plural(len(applicable_rules(decision)), 'rule')} {rules}: {_by_rule(stopping)}" if broken else "",
        f"{plural(len(failed), 'check')} {checks}: {listing(subject(finding) for finding in failed)}" if failed else "",
    )
    return tuple(part for part in parts if part) or ("nothing shows that the candidate may pass",)


def _passed(decision: Decision) -> tuple[str, ...]:
    """What is proven, what is only not disproved, and what the policy lets through for other reasons."""
    findings = [finding for finding in ordered(decision.judgement.findings) if finding.outcome is not Outcome.NOT_APPLICABLE]
    open_ = [finding for finding in findings if finding.not_disproved]
    points = [finding for finding in findings if finding.burden_of_proof is Burden.POINT_ESTIMATE]
    kept = [finding for finding in findings if finding.inherited is not None]
    others = [finding for finding in findings if finding.outcome is not Outcome.PASS and finding not in (*open_, *points, *kept)]
    total = len(_rules(findings))
    proven = total - len(_rules((*open_, *points, *kept, *others)))
    parts = (
        f"not disproved on {len(_rules(open_))} of {plural(total, 'rule')}: {_by_rule(open_)}" if _rules(open_) else "",
        f"no error control on {len(_rules(points))} of {plural(total, 'rule')}: {_by_rule(points)}" if _rules(points) else "",
        f"inherited violations of {len(_rules(kept))} of {plural(total, 'rule')}, accepted for a time: {_by_rule(kept)}" if kept else "",
        f"{proven} of {plural(total, 'rule')} proven met",
        f"let through without proof: {listing(f'{subject(finding)} ({outcome(finding)})' for finding in others)}" if others else "",
    )
    return tuple(part for part in parts if part)


def _rules(findings: Iterable[Finding]) -> tuple[str, ...]:
    """The rules of the policy among the findings, each once."""
    return tuple(dict.fromkeys(finding.rule for finding in findings if finding.metric is not None))


def _by_rule(findings: Iterable[Finding]) -> str:
    """`equal-opportunity (race, sex) and useful-at-all`."""
    features: dict[str, list[str]] = {}
    for finding in findings:
        if finding.metric is not None:
            features.setdefault(finding.rule, []).extend([] if finding.feature is None else [name(finding.feature)])
    return listing(f"{name(rule)} ({_commas(names)})" if names else name(rule) for rule, names in features.items())


def _commas(names: Iterable[str]) -> str:
    shown = tuple(dict.fromkeys(names))
    return ", ".join(shown if len(shown) <= 4 else (*shown[:3], f"{len(shown) - 3} more"))


def candidate(decision: Decision) -> str:
    """Who is on trial: the name, and the version if there is one."""
    version = decision.facts.candidate.version
    return f"{name(decision.facts.candidate.name)} version {name(version)}" if version is not None else name(decision.facts.candidate.name)


def data(decision: Decision) -> str:
    """How many rows were judged, and how many of them have a label."""
    rows, labelled = decision.counts.overall.rows, decision.counts.overall.labelled
    return f"{count(rows)} rows, all labelled" if rows == labelled else f"{count(rows)} rows, {count(labelled)} labelled"


def recomputed(decision: Decision) -> str:
    """What lies beside `decision.json` where the verdict is recomputed."""
    return "`counts.parquet` beside it" if decision.suppressed is None else "the ledger at hand (`--ledger`), which keeps the full counts"


def looks(decision: Decision) -> str:
    """Which look at this holdout it was, of how many, and the level at which it judges passes."""
    if decision.development:
        return "the development table, which is no look at the holdout"
    allowed = _written(decision, "data", "max_looks")
    if decision.looks is None:
        return "looks at this holdout are not counted" + ("" if allowed is None else f" (the tier allows {allowed})")
    of = "" if allowed is None else f" of {allowed}"
    passing = passing_at(Confidence(passing=_confidence(decision, "pass", 0.95)), decision.looks)
    return f"look {decision.looks}{of} at this holdout, passes at level {passing:.2g}"


def predictions(decision: Decision) -> str:
    """Where the predictions came from."""
    facts = decision.facts.predictions
    if facts.source is PredictionSource.FILE:
        return "read from a file; no candidate code ran"
    if facts.source is PredictionSource.ENDPOINT:
        return f"answered by {name(facts.endpoint or 'an endpoint')}; no code of the candidate ran here"
    if facts.sandbox is None and facts.misbehaviour is not None:
        return "none: no code of the candidate ran"
    lacking = () if facts.confinement is None or facts.sandbox == "none" else facts.confinement.missing
    lacks = f" (which does not keep {listing(name(word) for word in lacking)})" if lacking else ""
    return f"made by the candidate, sandbox: {name(facts.sandbox) if facts.sandbox else 'none'}{lacks}"


def limits(decision: Decision) -> str:
    """What the candidate was allowed to use; empty where no code of it ran."""
    confinement = decision.facts.predictions.confinement
    if confinement is None:
        return ""
    allowed = confinement.limits
    memory, folder, file = (f"{size / 2**30:.3g} GiB" for size in (allowed.memory_bytes, allowed.temporary_bytes, allowed.file_bytes))
    sized = "" if "disk" in confinement.missing else f", {folder} of temporary files"
    return f"{allowed.seconds:g} s, {memory} of address space{sized}, {file} a file, {allowed.open_files} open files"


def baselines(decision: Decision) -> str:
    """The models that the candidate was compared with on the same rows; empty where the policy compares with none."""
    return listing(_baseline(entry) for entry in decision.facts.baselines)


def _baseline(entry: BaselineFacts) -> str:
    version = f" version {name(entry.version)}" if entry.version is not None else ""
    digest = f" ({name(entry.digest)})" if entry.digest is not None else ""
    said = "" if entry.status is BaselineStatus.COMPARED else f", {entry.status.value}"
    return f"{name(entry.name)}{version}{digest}{said}"


def inputs(decision: Decision) -> str:
    """The columns that the model takes."""
    columns = decision.facts.candidate.inputs
    return "unknown" if columns is None else listing((name(column) for column in columns), most=20) or "none"


def coverage(entry: CoverageEntry) -> str:
    """Rows that a feature's declaration does not cover, or a declared group without rows, as a sentence."""
    examples = f", such as {listing((name(value) for value in entry.examples), most=3)}" if entry.examples else ""
    group = f" {name(entry.group)}" if entry.group is not None else ""
    rows = "no rows" if entry.rows == 0 else f"{plural(entry.rows, 'row')} ({share(entry.share)})"
    why = f": {name(entry.why)}" if entry.why else ""
    return f"{name(entry.feature)}: {name(entry.kind).replace('-', ' ')}{group}, {rows}{examples}{why}"


def next_step(decision: Decision) -> tuple[str, ...]:
    """What to do about the verdict, in steps."""
    if decision.development:
        return (ADVISORY, "Register the model and check it on the holdout, without --development: only that decides.")
    match decision.verdict:
        case Verdict.BLOCKED:
            changed = "Register the changed model as a new version and check that one."
            return ("Do not promote this version.", _start(decision), changed, *_override(decision))
        case Verdict.INCONCLUSIVE:
            return (*_collect(decision), *_override(decision))
        case Verdict.PASSED:
            return _keep(decision)
        case _:
            assert_never(decision.verdict)


def _override(decision: Decision) -> tuple[str, ...]:
    """Who may let it pass all the same, where the policy lets anybody and nothing hard stands in the way."""
    effective, candidate = decision.policy.effective, decision.facts.candidate
    terms = effective.get("override") if isinstance(effective, Mapping) else None
    stopping = [finding for finding in decision.judgement.findings if finding.effect is not Effect.NONE]
    if not isinstance(terms, Mapping) or candidate.version is None or any(finding.enforcement is Enforcement.HARD_MANDATORY for finding in stopping):
        return ()
    roles = " or ".join(name(str(role)) for role in cast("list[str]", terms["roles"]))
    needed = f"{terms['approvers']} approval{'' if terms['approvers'] == 1 else 's'} by {roles}, for {terms['max_days']} days at most"
    return (f"Or ask for an override on the record (gate override request {name(candidate.name)}/{candidate.version} --reason '…'): it takes {needed}.",)


def _start(decision: Decision) -> str:
    worst = next((finding for finding in ordered(decision.judgement.findings) if finding.effect is Effect.BLOCKS), None)
    if worst is None or worst.metric is None:
        return "Start with the check that failed: its message says what has to change."
    advice = "More rows do not turn a proven violation into a pass: the model, its training data or its decision threshold has to change."
    return f"Start with {subject(worst)}. {advice}"


def _collect(decision: Decision) -> tuple[str, ...]:
    holding = [finding for finding in ordered(decision.judgement.findings) if finding.effect is Effect.HOLDS]
    worse = [subject(finding) for finding in holding if finding.metric is not None and beyond(finding)]
    binding = dict.fromkeys(_binding(finding.rows_needed) for finding in holding if finding.rows_needed)
    steps = (
        "Do not promote this version yet: nothing is proven against it, and not enough for it.",
        f"Improve the model where the estimate itself is at or beyond the bound, as more rows will rather block it: {listing(worse)}." if worse else "",
        f"Collect more rows where most are missing: {listing(binding)}; then check the same version on the larger holdout." if binding else "",
    )
    return tuple(step for step in steps if step) if worse or binding else (*steps[:1], "Settle what the findings name, then check the same version again.")


def _binding(needed: RowsNeeded) -> str:
    return f"{name(needed.binding) if needed.binding else 'the whole table'} ({name(needed.unit)})"


def _keep(decision: Decision) -> tuple[str, ...]:
    files = "decision.json and counts.parquet" if decision.suppressed is None else "decision.json and the ledger"
    keep = f"This version may be promoted under tier {name(decision.tier)}; keep {files} with the release."
    if any(finding.not_disproved for finding in decision.judgement.findings):
        return (keep, "Gaps smaller than those named may exist: a larger holdout would show them.")
    return (keep,)


def promise(decision: Decision) -> str:
    """What the gate promises, with the error rates that this policy sets."""
    if decision.development:
        return "none, as nobody counts the looks at a development table, and models are chosen by it."
    passing, failing = _level(decision, "pass", 0.95), _level(decision, "fail", 0.99)
    return (
        "On one planned look at independent, representative, correctly labelled rows, a model that truly violates a rule whose burden lies on the "
        f"candidate passes with probability at most {passing}, and a model that truly meets a rule is reported as failing it, for one feature, with "
        f"probability at most {failing}."
    )


def caveats(decision: Decision) -> tuple[str, ...]:
    """What every card warns of."""
    findings = decision.judgement.findings
    return (
        "Passing means “not worse than the threshold on these rows”; it does not mean that the model is fair.",
        "Not promised: more than the second half of that sentence for rules whose burden lies on the gate; other populations; the future.",
        _accepted(decision),
        *counting(decision),
        "A champion that produced the labels, or was chosen on this holdout, is favoured by it.",
        *declaration.remarks(decision.config.effective),
        *(("Rules judged by point_estimate have no error control.",) if any(finding.burden_of_proof is Burden.POINT_ESTIMATE for finding in findings) else ()),
    )


def counting(decision: Decision) -> Iterator[str]:
    """That rows do not all count the same, or not by themselves, where gate.yaml says so; and where few rows may decide."""
    config = decision.config.effective if isinstance(decision.config.effective, Mapping) else {}
    data = config.get("data")
    written = data if isinstance(data, Mapping) else {}
    weight, cluster = written.get("weight"), written.get("cluster")
    if config.get("task") == Task.REGRESSION and written.get("label_range") is None:
        yield "The error rates promised do not hold where rare, very large errors decide: rows that happen to hold none of them do not show them."
    if weight is not None:
        yield f"Rates are weighted by the column {name(str(weight))}; rows are counted without weights."
    if weight is not None and written.get("max_weight") is None:
        yield (
            "The error rates promised do not hold where few heavy rows decide, such as fewer than some 30 rows of a group that weigh ten times the others "
            "or more: rows that happen to hold none of them, or only such as agree, do not show how uncertain the rate is."
        )
    if cluster is not None:
        yield (
            f"Rows with the same {name(str(cluster))} are one cluster: intervals allow for the likeness of rows within it, "
            "but take the groups as independent, which a cluster that spans two groups makes them not."
        )


def _accepted(decision: Decision) -> str:
    if labels_of_the_accepted(decision.config.effective):
        return "Labels were observed only for those whom an earlier decision selected: error rates describe them only, and say nothing of the others."
    return "Where labels were observed only for those whom an earlier decision selected, error rates describe them only."


def _level(decision: Decision, side: str, default: float) -> str:
    """The error rate that the effective policy sets, as a percentage."""
    return f"{(1 - _confidence(decision, side, default)) * 100:.3g} %"


def _confidence(decision: Decision, side: str, default: float) -> float:
    confidence = _written(decision, "evidence", "confidence", side)
    return confidence if isinstance(confidence, float) else default


def _written(decision: Decision, *keys: str) -> Json:
    """What the effective policy says under a key; None where it says nothing."""
    value: Json = decision.policy.effective
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
