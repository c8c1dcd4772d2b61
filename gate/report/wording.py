"""The words that all formats share, as plain sentences; each sink escapes them in its own way."""

from collections.abc import Iterable, Mapping
from typing import assert_never

from gate.core.decision import CoverageEntry, Decision, Effect, Finding, Json, Outcome, RowsNeeded, Verdict
from gate.core.facts import PredictionSource
from gate.core.policy import Burden, Enforcement, Scope
from gate.report.escape import SHORT, clean
from gate.report.figures import count, number, share

__all__ = [
    "INTERVAL_LEGEND",
    "applicable_rules",
    "candidate",
    "caveats",
    "coverage",
    "data",
    "listing",
    "looks",
    "name",
    "next_step",
    "ordered",
    "outcome",
    "pair",
    "place",
    "predictions",
    "promise",
    "settle",
    "subject",
    "verdict_sentence",
]

INTERVAL_LEGEND = (
    "Intervals are the one-sided bounds of the groups that decide, each at its own level: the bound on the side of the "
    "threshold must be within it to pass, the other one beyond it to fail. The group with the higher rate comes first."
)


def name(text: str) -> str:
    """A name as it may stand in a sentence: one line, limited, quoted where a space at its edge would go unseen."""
    shown = clean(text, limit=SHORT)
    return shown if shown == shown.strip() and shown else f'"{shown}"'


def listing(items: Iterable[str], *, most: int = 5) -> str:
    """The items as prose: `a, b and c`, or `a, b and 7 more`."""
    shown = tuple(items)
    if len(shown) > most:
        shown = (*shown[: most - 1], f"{count(len(shown) - most + 1)} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


# ---------------------------------------------------------------------------------------------------- one finding


def outcome(finding: Finding) -> str:
    """What a finding came to, in two words or three."""
    match finding.outcome:
        case Outcome.PASS:
            return "pass, no error control" if finding.burden_of_proof is Burden.POINT_ESTIMATE else "pass"
        case Outcome.FAIL:
            return "FAIL" if finding.effect is Effect.BLOCKS else "fail, advisory"
        case Outcome.INCONCLUSIVE:
            return _undecided(finding)
        case Outcome.NOT_APPLICABLE:
            return "not applicable"
        case _:
            assert_never(finding.outcome)


def _undecided(finding: Finding) -> str:
    if finding.effect is Effect.BLOCKS:
        return "INCONCLUSIVE, blocks"
    if finding.effect is Effect.HOLDS:
        return "INCONCLUSIVE"
    if finding.enforcement is Enforcement.ADVISORY:
        return "undecided, advisory"
    return "not disproved" if finding.not_disproved else "undecided, reported"


def pair(finding: Finding) -> str:
    """The groups that decide, or what the finding is about when no group does."""
    return " vs ".join(name(group) for group in finding.groups) or ("all rows" if finding.feature is None else "all groups")


def place(finding: Finding) -> str:
    """The feature and the groups that decide."""
    return pair(finding) if finding.feature is None else f"{name(finding.feature)}: {pair(finding)}" if finding.groups else name(finding.feature)


def subject(finding: Finding) -> str:
    """The rule and the feature, as a sentence names them."""
    return name(finding.rule) if finding.feature is None else f"{name(finding.rule)} on {name(finding.feature)}"


def settle(finding: Finding) -> str:
    """What would settle a finding, or why nothing would; empty where there is nothing to say."""
    parts = (
        _needed(finding.rows_needed, scope=finding.scope) if finding.rows_needed else "",
        _sentence(finding.rows_needed_reason or ""),
        _caught(finding) if finding.not_disproved else "",
    )
    return " ".join(part for part in parts if part)


def _needed(needed: RowsNeeded, *, scope: Scope) -> str:
    equal, half = (
        ("If the groups are truly equal", "If the true gap is half the threshold")
        if scope is Scope.BETWEEN_GROUPS
        else ("At least", "If the true distance is half as large")
    )
    sentences = [f"{equal}: {_sizes(needed.if_equal, unit=needed.unit, have=needed.have)}, in total."]
    if needed.if_half is not None:
        sentences.append(f"{half}: {_sizes(needed.if_half, unit=needed.unit, have={})}.")
    if len(needed.if_equal) > 1:
        sentences.append(f"Most is missing for {name(needed.binding)}.")
    return " ".join(sentences)


def _sizes(sizes: Mapping[str, int], *, unit: str, have: Mapping[str, int]) -> str:
    """`1,120 positives of black (99 now) and 900 of hispanic (55 now)`: the unit once, what there is where it is known."""
    now = {group: f" ({count(have[group])} now)" if group in have else "" for group in sizes}
    amounts = [f"{count(size)} of {name(group)}{now[group]}" for group, size in sizes.items()]
    return listing(amounts, most=8).replace(" of ", f" {name(unit)} of ", 1)


def _caught(finding: Finding) -> str:
    if finding.detectable_gap is None:
        return "" if finding.rows_needed_reason else "No size of gap is known that these rows would have caught."
    return f"A true gap of {number(finding.detectable_gap)} or more would have been caught (80 % power)."


# ------------------------------------------------------------------------------------------------------ the order


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, worst first: by what they do, then by how far they are beyond the threshold; unknown counts as far."""
    return tuple(sorted(findings, key=lambda finding: (_rank(finding), -_excess(finding))))


def _rank(finding: Finding) -> int:
    ranks = (
        finding.effect is Effect.BLOCKS,
        finding.effect is Effect.HOLDS,
        finding.outcome is Outcome.FAIL,
        finding.outcome is Outcome.INCONCLUSIVE and not finding.not_disproved,
        finding.outcome is Outcome.INCONCLUSIVE,
        finding.outcome is Outcome.PASS,
        True,
    )
    return ranks.index(True)


def _excess(finding: Finding) -> float:
    threshold = finding.threshold
    if finding.value is None or threshold is None:
        return float("inf")
    return finding.value - threshold.max if threshold.max is not None else (threshold.min or 0.0) - finding.value


# ---------------------------------------------------------------------------------------------------- the verdict


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
    return f"{decision.verdict.value.upper()}: {'; '.join(parts)}."


def applicable_rules(decision: Decision) -> tuple[str, ...]:
    """The rules of the policy that apply, in the order in which they were judged."""
    return _rules(finding for finding in decision.judgement.findings if finding.outcome is not Outcome.NOT_APPLICABLE)


def _stopped(decision: Decision, effect: Effect, *, rules: str, checks: str) -> tuple[str, ...]:
    """What stops the candidate: rules, and checks of our own."""
    stopping = [finding for finding in ordered(decision.judgement.findings) if finding.effect is effect]
    broken, failed = _rules(stopping), [finding for finding in stopping if finding.metric is None]
    parts = (
        f"{len(broken)} of {_plural(len(applicable_rules(decision)), 'rule')} {rules}: {_by_rule(stopping)}" if broken else "",
        f"{_plural(len(failed), 'check')} {checks}: {listing(subject(finding) for finding in failed)}" if failed else "",
    )
    return tuple(part for part in parts if part) or ("nothing shows that the candidate may pass",)


def _passed(decision: Decision) -> tuple[str, ...]:
    """What is proven, what is only not disproved, and what the policy lets through for other reasons."""
    findings = [finding for finding in ordered(decision.judgement.findings) if finding.outcome is not Outcome.NOT_APPLICABLE]
    open_ = [finding for finding in findings if finding.not_disproved]
    points = [finding for finding in findings if finding.burden_of_proof is Burden.POINT_ESTIMATE]
    others = [finding for finding in findings if finding.outcome is not Outcome.PASS and finding not in open_ and finding not in points]
    total = len(_rules(findings))
    proven = total - len(_rules((*open_, *points, *others)))
    parts = (
        f"not disproved on {len(_rules(open_))} of {_plural(total, 'rule')}: {_by_rule(open_)}" if _rules(open_) else "",
        f"no error control on {len(_rules(points))} of {_plural(total, 'rule')}: {_by_rule(points)}" if _rules(points) else "",
        f"{proven} of {_plural(total, 'rule')} proven met",
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


# ------------------------------------------------------------------------------------------- candidate, data, rows


def candidate(decision: Decision) -> str:
    """Who is on trial: the name, and the version if there is one."""
    version = decision.facts.candidate.version
    return f"{name(decision.facts.candidate.name)} version {name(version)}" if version is not None else name(decision.facts.candidate.name)


def data(decision: Decision) -> str:
    """How many rows were judged, and how many of them have a label."""
    rows, labelled = decision.counts.overall.rows, decision.counts.overall.labelled
    return f"{count(rows)} rows, all labelled" if rows == labelled else f"{count(rows)} rows, {count(labelled)} labelled"


def looks(decision: Decision) -> str:
    """Which look at this holdout it was."""
    return "look not counted" if decision.looks is None else f"look {decision.looks} at this holdout"


def predictions(decision: Decision) -> str:
    """Where the predictions came from."""
    facts = decision.facts.predictions
    if facts.source is PredictionSource.FILE:
        return "read from a file; no candidate code ran"
    return f"made by the candidate, sandbox: {name(facts.sandbox) if facts.sandbox else 'none'}"


def coverage(entry: CoverageEntry) -> str:
    """Rows that a feature's declaration does not cover, or a declared group without rows, as a sentence."""
    examples = f", such as {listing((name(value) for value in entry.examples), most=3)}" if entry.examples else ""
    group = f" {name(entry.group)}" if entry.group is not None else ""
    rows = "no rows" if entry.rows == 0 else f"{_plural(entry.rows, 'row')} ({share(entry.share)})"
    return f"{name(entry.feature)}: {name(entry.kind).replace('-', ' ')}{group}, {rows}{examples}"


# -------------------------------------------------------------------------------------------- advice and promises


def next_step(decision: Decision) -> tuple[str, ...]:
    """What to do about the verdict, in steps."""
    match decision.verdict:
        case Verdict.BLOCKED:
            return ("Do not promote this version.", _start(decision), "Register the changed model as a new version and check that one.")
        case Verdict.INCONCLUSIVE:
            return _collect(decision)
        case Verdict.PASSED:
            return _keep(decision)
        case _:
            assert_never(decision.verdict)


def _start(decision: Decision) -> str:
    worst = next((finding for finding in ordered(decision.judgement.findings) if finding.effect is Effect.BLOCKS), None)
    if worst is None or worst.metric is None:
        return "Start with the check that failed: its message says what has to change."
    return (
        f"Start with {subject(worst)}. More rows do not turn a proven violation into a pass: the model, its training data or its decision threshold has to change."
    )


def _collect(decision: Decision) -> tuple[str, ...]:
    needed = [finding.rows_needed for finding in ordered(decision.judgement.findings) if finding.effect is Effect.HOLDS and finding.rows_needed]
    binding = dict.fromkeys(f"{name(entry.binding)} ({name(entry.unit)})" for entry in needed)
    collect = f"Collect more rows where they are missing most: {listing(binding)}." if binding else "Settle what the findings above name."
    return ("Do not promote this version yet: nothing is proven against it, and not enough for it.", collect, "Then check the same version again on the larger holdout.")


def _keep(decision: Decision) -> tuple[str, ...]:
    keep = f"This version may be promoted under tier {name(decision.tier)}; keep decision.json and counts.parquet with the release."
    if any(finding.not_disproved for finding in decision.judgement.findings):
        return (keep, "Gaps smaller than those named may exist: a larger holdout would show them.")
    return (keep,)


def promise(decision: Decision) -> str:
    """What the gate promises, with the error rates that this policy sets."""
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
        "Where labels were observed only for those whom an earlier decision selected, error rates describe them only.",
        "A champion that produced the labels, or was chosen on this holdout, is favoured by it.",
        *(
            ("Rules judged by point_estimate have no error control.",)
            if any(finding.burden_of_proof is Burden.POINT_ESTIMATE for finding in findings)
            else ()
        ),
    )


def _level(decision: Decision, side: str, default: float) -> str:
    """The error rate that the effective policy sets, as a percentage."""
    value: Json = decision.policy.effective
    for key in ("evidence", "confidence", side):
        value = value.get(key) if isinstance(value, Mapping) else None
    confidence = value if isinstance(value, float) else default
    return f"{(1 - confidence) * 100:.3g} %"


# --------------------------------------------------------------------------------------------------------- grammar


def _plural(amount: int, noun: str) -> str:
    return f"{count(amount)} {noun}{'' if amount == 1 else 's'}"


def _commas(names: Iterable[str]) -> str:
    shown = tuple(dict.fromkeys(names))
    return ", ".join(shown if len(shown) <= 4 else (*shown[:3], f"{len(shown) - 3} more"))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _sentence(text: str) -> str:
    """The text with a capital and a full stop."""
    return _capital(text.rstrip(".")) + "." if text.strip() else ""
