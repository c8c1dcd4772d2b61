"""What another policy would have answered: recorded decisions, judged again under two policies from their counts and facts.

Only what the record holds is used, with the configuration that it binds. Where that does not suffice for one of the
two policies, the decision is reported as one that could not be judged again: never as one whose verdict stays.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gate.core.canonical import canonical, digest
from gate.core.counts import ContingencyTable
from gate.core.decision import Effect, Judgement, Verdict
from gate.core.facts import Facts, PredictionSource
from gate.core.model import CROSS, ModelConfig
from gate.core.policy import ModelFormat, Policy
from gate.errors import GateError, UsageError
from gate.judge import judge
from gate.judge.baselines import comparing
from gate.judge.checks import MODEL_FILE, untrusted_file
from gate.policy import config_from_effective
from gate.record.counts_file import read_counts
from gate.record.facts import facts_from_json
from gate.record.stored import parsed, read_beside, read_record
from gate.stages.agreement import agree, rules_on_scores
from gate.stages.sandbox import require_sandbox

__all__ = ["Rejudged", "Rejudgements", "Unjudged", "rejudge", "under"]

_FILE = "decision.json"
_STOPS: Mapping[Verdict, Effect] = {Verdict.BLOCKED: Effect.BLOCKS, Verdict.INCONCLUSIVE: Effect.HOLDS}
_STRICTNESS = (Verdict.PASSED, Verdict.INCONCLUSIVE, Verdict.BLOCKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudged:
    """One decision under both policies.

    Args:
        path: where its record is.
        candidate: the candidate's name and version.
        before, after: the verdicts under A and under B.
        reasons: what stops the candidate under the stricter of two different verdicts: `equal-opportunity on race`.
    """

    path: Path
    candidate: str
    before: Verdict
    after: Verdict
    reasons: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """True when the verdict would be another one."""
        return self.before is not self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """A record that could not be judged again under both policies, and why."""

    path: Path
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejudgements:
    """What became of every record of a folder; `others` counts those of another tier or another model."""

    judged: tuple[Rejudged, ...]
    unjudged: tuple[Unjudged, ...]
    others: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inputs:
    """What a judgement is reached from, besides the policy."""

    config: ModelConfig
    table: ContingencyTable
    facts: Facts


class _CannotJudgeError(GateError):
    """The record does not hold what a policy needs."""


def rejudge(folder: Path, before: Policy, after: Policy, *, model: str | None = None) -> Rejudgements:
    """Every recorded decision of a tier of the two policies, judged under both.

    Args:
        folder: searched through for `decision.json` with its counts beside it; links to folders are not followed.
        before: policy A.
        after: policy B.
        model: only decisions on the candidate of this name.

    Raises:
        UsageError: there is no such folder.
    """
    if not folder.is_dir():
        raise UsageError("there is no such folder of decisions", where=str(folder), next_step="Name a folder that holds decision.json files.")
    unread: list[Unjudged] = []
    results = [_of_record(path, (before, after), model) for path in _records(folder, unread)]
    return Rejudgements(
        judged=tuple(result for result in results if isinstance(result, Rejudged)),
        unjudged=(*unread, *(result for result in results if isinstance(result, Unjudged))),
        others=sum(result is None for result in results),
    )


def under(path: Path, policy: Policy) -> Judgement | Unjudged:
    """One recorded decision, judged under another policy, of whatever tier; its counts lie beside it."""
    try:
        _, record = read_record(path)
        return _judgement("that policy", policy, _inputs(path, record))
    except GateError as error:
        return Unjudged(path=path, reason=error.what)


def _records(folder: Path, unread: list[Unjudged]) -> tuple[Path, ...]:
    """Every record below the folder, in order; folders that cannot be entered are added to `unread`."""

    def _refused(error: OSError) -> None:
        unread.append(Unjudged(path=Path(str(error.filename)), reason=f"this folder cannot be searched: {error.strerror}"))

    return tuple(sorted(Path(place) / _FILE for place, _, names in os.walk(folder, onerror=_refused) if _FILE in names))


def _of_record(path: Path, policies: tuple[Policy, Policy], model: str | None) -> Rejudged | Unjudged | None:
    """The record judged under both policies; None when it is not about their tiers, or not about the model."""
    try:
        _, record = read_record(path)
        with parsed(path):
            wanted = record["policy"]["tier"] in [policy.tier for policy in policies] and model in (None, record["candidate"]["name"])
        return _under_both(path, _inputs(path, record), policies) if wanted else None
    except GateError as error:
        return Unjudged(path=path, reason=error.what)
    except (ValueError, ArithmeticError, RecursionError) as error:  # whatever a malformed record leads to that is not named above
        return Unjudged(path=path, reason=f"the record is malformed: {error}")


def _inputs(path: Path, record: Mapping[str, Any]) -> _Inputs:
    """Configuration, counts and facts, if they are what the record binds."""
    counts = read_beside(path, record)
    with parsed(path):
        _bound("other counts", record["counts"]["digest"], counts)
        _bound("another configuration", record["config"]["digest"], canonical(record["config"]["effective"]))
        facts = facts_from_json(record["facts"])
        return _Inputs(config=config_from_effective(record["config"]["effective"], facts.candidate.name), table=read_counts(counts), facts=facts)


def _bound(what: str, written: object, data: bytes) -> None:
    if written != digest(data):
        raise _CannotJudgeError(f"the record binds {what}: its digest is {str(written)[:80]}, found {digest(data)}")


def _under_both(path: Path, inputs: _Inputs, policies: tuple[Policy, Policy]) -> Rejudged:
    before, after = (_judgement(label, policy, inputs) for label, policy in zip("AB", policies, strict=True))
    candidate = inputs.facts.candidate
    return Rejudged(
        path=path,
        candidate=candidate.name if candidate.version is None else f"{candidate.name}/{candidate.version}",
        before=before.verdict,
        after=after.verdict,
        reasons=tuple(_reasons((before, after))) if before.verdict is not after.verdict else (),
    )


def _judgement(label: str, policy: Policy, inputs: _Inputs) -> Judgement:
    """The same pure judgement as in a check, where the record holds all that this policy asks for."""
    predictions = inputs.facts.predictions
    if inputs.facts.data.development:
        raise _CannotJudgeError("it is about the development table: advisory, not a decision")
    try:
        agree(policy, inputs.config)
        require_sandbox(policy, predictions)
    except GateError as error:
        raise _CannotJudgeError(f"{label} would not have judged it: {error.what}") from error
    if lacking := _lacking(policy, inputs):
        raise _CannotJudgeError(f"{lacking}, which {label} needs")
    return judge(policy, inputs.config, _as_deep(inputs.table, policy.evidence.intersections.depth), inputs.facts)


def _as_deep(table: ContingencyTable, depth: int) -> ContingencyTable:
    """The counts as a check under a policy of this depth would have taken them: without the crossings of more features."""
    return replace(table, groups=tuple(entry for entry in table.groups if entry.feature.count(CROSS) < depth))


def _lacking(policy: Policy, inputs: _Inputs) -> str:
    """What the policy asks for and the record does not say; empty when nothing is missing."""
    files = _unknown_files(policy, inputs.facts)
    if files or inputs.facts.predictions.misbehaviour is not None:
        return files
    if policy.data.max_age_days is not None and inputs.config.data.collected is not None and inputs.facts.data.age_days is None:
        return "the record does not say how old the holdout was"
    if rules_on_scores(policy, inputs.config) and inputs.table.statistics.scores is None:
        return "the counts hold no scores"
    known = {entry.name for entry in inputs.facts.baselines}
    unknown = [rule.baseline for rule in comparing(policy, inputs.config) if rule.baseline not in known]
    if unknown:
        return f"the record does not say what {unknown[0]} answers"
    depth = policy.evidence.intersections.depth
    for crossing in inputs.config.counted(depth=depth):
        if tuple(entry.group for entry in inputs.table.of(crossing.name)) != crossing.groups:
            return f"the counts do not hold every group of {crossing.name}"
    return ""


def _unknown_files(policy: Policy, facts: Facts) -> str:
    """What the record does not say of a model's files, or of what it would have answered had it been loaded."""
    fault = facts.predictions.misbehaviour
    if policy.model_terms.format is not ModelFormat.ANY and facts.predictions.source is PredictionSource.MODEL and facts.model_files is None:
        return "the record does not say what the model's files hold"
    if fault is not None and fault.check == MODEL_FILE and facts.model_files is not None and untrusted_file(policy, facts.model_files) is None:
        return "the model was not loaded under its policy, so nobody knows what it answers"
    return ""


def _reasons(judgements: Sequence[Judgement]) -> Iterator[str]:
    """The findings that stop the candidate under the stricter verdict; under the other one, none does so."""
    stricter = max(judgements, key=lambda judgement: _STRICTNESS.index(judgement.verdict))
    for finding in stricter.findings:
        if finding.effect is _STOPS[stricter.verdict]:
            yield finding.rule if finding.feature is None else f"{finding.rule} on {finding.feature}"
