"""What a rule says when the model that it compares with is not there, and whether the paired counts fit the others.

Not knowing how a baseline answers is no sampling uncertainty: it never passes, whoever bears the burden of proof. The
one exception is a first release, where there is no champion yet: then the rule does not apply, and that is listed.
"""

from collections.abc import Iterator, Sequence

from gate.core.counts import ConfusionCounts, ContingencyTable
from gate.core.decision import Effect, Finding, Outcome
from gate.core.facts import BaselineFacts, BaselineStatus
from gate.core.model import ModelConfig
from gate.core.paired import PairedCells, PairedCounts
from gate.core.policy import CHAMPION, Enforcement, Policy, Rule
from gate.judge.verdict import effect

__all__ = ["asked_models", "baseline_findings", "comparing", "inheritable", "unpaired", "without_baseline"]

_MENDED = "more rows do not settle this: the model to compare with has to answer every row"


def comparing(policy: Policy, model: ModelConfig) -> tuple[Rule, ...]:
    """The rules that compare this model with another one."""
    return tuple(rule for rule in policy.applicable(model) if rule.baseline is not None)


def inheritable(policy: Policy, model: ModelConfig) -> tuple[Rule, ...]:
    """The rules that accept, for a time, what the champion violates already."""
    return tuple(rule for rule in policy.applicable(model) if rule.inherits is not None)


def asked_models(policy: Policy, model: ModelConfig) -> tuple[str, ...]:
    """The other models that have to answer the same rows, each once."""
    compared = [rule.baseline for rule in comparing(policy, model) if rule.baseline is not None]
    return tuple(dict.fromkeys((*compared, *([CHAMPION] if inheritable(policy, model) else []))))


def baseline_findings(policy: Policy, model: ModelConfig, baselines: Sequence[BaselineFacts]) -> Iterator[Finding]:
    """A finding of our own for every baseline that is not compared with, naming the rules that depend on it."""
    rules = comparing(policy, model)
    for name in dict.fromkeys(rule.baseline for rule in rules if rule.baseline is not None):
        reason = _missing(name, baselines)
        if reason is None:
            continue
        concerned = [rule for rule in rules if rule.baseline == name]
        first = _is_first(name, baselines)
        mandatory = any(rule.enforcement is not Enforcement.ADVISORY for rule in concerned)
        yield Finding(
            rule="baseline-absent" if first else "baseline-unavailable",
            outcome=Outcome.NOT_APPLICABLE if first else Outcome.INCONCLUSIVE,
            effect=Effect.HOLDS if mandatory and not first else Effect.NONE,
            enforcement=Enforcement.SOFT_MANDATORY if mandatory else Enforcement.ADVISORY,
            reason="a check, not a metric",
            rows_needed_reason="not applicable" if first else _MENDED,
            message=f"{reason}; not judged: {', '.join(rule.id for rule in concerned)}",
        )


def without_baseline(policy: Policy, rule: Rule, baselines: Sequence[BaselineFacts]) -> Finding | None:
    """What a rule says when it cannot compare; None when it can, or compares with nothing."""
    reason = None if rule.baseline is None else _missing(rule.baseline, baselines)
    if rule.baseline is None or reason is None:
        return None
    outcome = Outcome.NOT_APPLICABLE if _is_first(rule.baseline, baselines) else Outcome.INCONCLUSIVE
    burden = rule.burden_of_proof or policy.evidence.burden_of_proof
    return Finding(
        rule=rule.id,
        metric=rule.metric,
        scope=rule.scope,
        outcome=outcome,
        effect=effect(outcome, rule.enforcement, burden, sampling_only=False),
        enforcement=rule.enforcement,
        burden_of_proof=None if outcome is Outcome.NOT_APPLICABLE else burden,
        threshold=rule.threshold,
        reason=reason,
        rows_needed_reason="not applicable" if outcome is Outcome.NOT_APPLICABLE else _MENDED,
        message=reason,
        why=rule.why,
        versus=rule.baseline,
    )


def _missing(name: str, baselines: Sequence[BaselineFacts]) -> str | None:
    """Why there is nothing to compare with, in words; None when there is."""
    found = next((entry for entry in baselines if entry.name == name), None)
    if found is None:
        return f"nothing is known of {name}"
    match found.status:
        case BaselineStatus.COMPARED:
            return None
        case BaselineStatus.ABSENT:
            return "no champion yet: first release" if name == CHAMPION else f"the model has no alias or version {name}"
        case BaselineStatus.UNAVAILABLE:
            version = f" (version {found.version})" if found.version is not None else ""
            return f"{name}{version} did not answer: {found.detail}"


def _is_first(name: str, baselines: Sequence[BaselineFacts]) -> bool:
    """Whether the registry says that there is no champion; any other baseline has to be there."""
    return name == CHAMPION and any(entry.name == name and entry.status is BaselineStatus.ABSENT for entry in baselines)


def unpaired(table: ContingencyTable, baselines: Sequence[BaselineFacts]) -> str | None:
    """What contradicts the paired counts, in words: other baselines than the facts name, or other answers of the candidate."""
    names = tuple(entry.name for entry in baselines if entry.status is BaselineStatus.COMPARED)
    if len({entry.name for entry in baselines}) < len(baselines):
        return "a baseline is named twice"
    entries = (
        ("the whole table", table.overall, table.statistics),
        *((f"{entry.feature}: {entry.group}", entry.counts, entry.statistics) for entry in table.groups),
    )
    for place, counts, statistics in entries:
        paired = statistics.paired
        if (paired.names if paired is not None else ()) != names:
            return f"the paired counts of {place} are not those of {', '.join(names) or 'no baseline'}"
        if paired is not None and not _fits(counts, paired):
            return f"the paired counts of {place} do not add up to its counts"
    return None


def _fits(counts: ConfusionCounts, paired: PairedCounts) -> bool:
    """Whether the candidate answers in every comparison as it does by itself."""
    return all(_answers(cells) == counts for _, cells in paired.baselines)


def _answers(cells: PairedCells) -> ConfusionCounts:
    (tp, fn), (fp, tn), (selected, rejected) = cells.positives.candidate, cells.negatives.candidate, cells.unlabelled.candidate
    return ConfusionCounts(tp=tp, fn=fn, fp=fp, tn=tn, unlabelled_selected=selected, unlabelled_rejected=rejected)
