"""What waits for a person: every version whose newest decision nobody has overridden where it did not pass, or answered for where the policy asks.

The registry says which versions there are; what became of each is asked of records and ledger, as verify asks. Tags are
not looked at, so nobody hides a version by them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gate.core.decision import Effect, Finding, Verdict
from gate.core.override import Standing
from gate.core.policy import OverrideTerms
from gate.core.review import Asked
from gate.errors import UsageError
from gate.policy import load_models
from gate.record.statement import Recorded
from gate.registry.interface import RecordLinks, Registry
from gate.stages.desk import Desk, VerifyRequest, desk_of
from gate.stages.proof import verdict_of

__all__ = ["Review", "ReviewRequest", "Waiting", "review"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRequest:
    """What to look through: the models of `config`, or one of them, and of each the newest versions.

    Args:
        config: `gate.yaml`.
        now: the time.
        model: the name of one model; None means all.
        last: how many versions of each, newest first.
        policy: a policy file instead of the lookup by tier.
        tracking_uri: address of the registry.
    """

    config: Path
    now: datetime
    model: str | None = None
    last: int = 20
    policy: Path | None = None
    tracking_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A version that waits.

    Args:
        subject: name and version.
        tier: the tier that it has to satisfy.
        verdict: what was decided; None where the record does not say so.
        decided: when.
        findings: what stops it; empty where it cannot be recomputed.
        standing: what people have asked for and said.
        terms: what an override takes; None: nobody may.
        links: where it can be looked at; None where no run shows it.
        open: the questions of the policy that wait for an answer.
    """

    subject: str
    tier: str
    verdict: Verdict | None
    decided: datetime
    findings: tuple[Finding, ...]
    standing: Standing
    terms: OverrideTerms | None
    links: RecordLinks | None
    open: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was found.

    Args:
        waiting: versions that wait for a person, newest first.
        unknown: versions without a decision that counts, each with why.
        looked: how many versions were looked at.
    """

    waiting: tuple[Waiting, ...]
    unknown: tuple[tuple[str, str], ...]
    looked: int


def review(request: ReviewRequest, *, tell: Callable[[str], None] = lambda _: None) -> Review:
    """Look through the versions.

    Raises:
        UsageError: the configuration cannot be meant, or knows no such model (exit 2).
        GateError: registry or ledger could not be asked (exit 4).
    """
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    registry: Registry = MlflowRegistry(request.tracking_uri)
    subjects = [(name, version) for name in _names(request) for version in registry.versions(name, last=request.last)]
    waiting: list[Waiting] = []
    unknown: list[tuple[str, str]] = []
    for name, version in subjects:
        subject = f"{name}/{version}"
        desk = desk_of(
            VerifyRequest(config=request.config, now=request.now, reference=subject, policy=request.policy, tracking_uri=request.tracking_uri), tell=tell
        )
        if desk.found.record is None or desk.standing is None:
            unknown.append((subject, desk.found.fault or "it was never checked"))
        elif (verdict_of(desk.found.record) is not Verdict.PASSED and desk.standing.left) or _open(desk):
            waiting.append(_waiting(desk, desk.found.record, desk.standing, None if desk.run_id is None else registry.pages(name, version, desk.run_id)))
    return Review(waiting=tuple(waiting), unknown=tuple(unknown), looked=len(subjects))


def _names(request: ReviewRequest) -> Sequence[str]:
    """The models of the configuration, or the one that is meant."""
    names = [loaded.config.name for loaded in load_models(request.config)]
    if request.model is None:
        return names
    if request.model not in names:
        raise UsageError(f"there is no model {request.model!r}", where=str(request.config), next_step=f"It has: {', '.join(names)}.")
    return [request.model]


def _waiting(desk: Desk, record: Recorded, standing: Standing, links: RecordLinks | None) -> Waiting:
    findings = () if desk.again is None else desk.again.judgement.findings
    return Waiting(
        subject=desk.subject,
        tier=desk.policy.tier,
        verdict=verdict_of(record),
        decided=record.making.issued,
        findings=tuple(finding for finding in findings if finding.effect is not Effect.NONE and finding.rule in standing.left),
        standing=standing,
        terms=desk.policy.override,
        links=links,
        open=_open(desk),
    )


def _open(desk: Desk) -> tuple[Asked, ...]:
    """The questions that wait: those in the way, and of a version that was promoted also those that are due later."""
    if desk.review is None:
        return ()
    promoted = desk.history is not None and desk.history.first is not None
    return (*desk.review.missing, *(desk.review.waiting if promoted else ()))
