"""Everything that the dashboard shows, asked anew: records and ledger as verify asks them, never tags.

What cannot be asked of one model does not hide the others: the model is shown as not proven, with the reason.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gate.core.decision import Decision, Verdict
from gate.core.override import Override
from gate.dashboard.board import Board, Decided, ModelBoard, Shown, Status, Stray
from gate.dashboard.exceptions import People, register
from gate.dashboard.records import Context, holdouts, written
from gate.dashboard.sources import FolderSource, Kept, RegistrySource, Source, Version
from gate.dashboard.status import after, end_of, status_of
from gate.dashboard.watch import raised, watches
from gate.errors import GateError, UsageError
from gate.policy import load_models
from gate.record.signing import Unsound
from gate.record.statement import Recorded
from gate.stages.alarms import answers
from gate.stages.archive import Chained, chained, filed
from gate.stages.desk import Desk, Rules, VerifyRequest, desk_of, recomputed, rules_of
from gate.stages.overriding import overrides_of
from gate.verify import verified

__all__ = ["BoardRequest", "gather"]

_MALFORMED = (KeyError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRequest:
    """What to show: the models of `config`.

    Args:
        config: `gate.yaml`.
        last: how many versions of each are verified, newest first, besides those that an alias stands for.
        folder: a folder of what `gate check --output` wrote; with it no registry is asked.
        policy: a policy file instead of the lookup by tier.
        tracking_uri: address of the registry.
        model: one model; None means all.
    """

    config: Path
    last: int = 3
    folder: Path | None = None
    policy: Path | None = None
    tracking_uri: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The records of a model, each once, with what lies beside them."""

    records: tuple[Recorded, ...]
    beside: dict[str, Kept]
    overrides: tuple[bytes, ...]
    strays: tuple[Stray, ...]


def gather(request: BoardRequest, *, now: datetime, tell: Callable[[str], None] = lambda _: None) -> Board:
    """Everything, as it is now.

    Raises:
        UsageError: configuration, policy, or the folder cannot be meant, or there is no such model (exit 2).
        GateError: the registry cannot be reached at all (exit 4).
    """
    names = [loaded.config.name for loaded in load_models(request.config)]
    if request.model is not None and request.model not in names:
        raise UsageError(f"there is no model {request.model!r}", where=str(request.config), next_step=f"It has: {', '.join(names)}.")
    source = _source(request)
    strays = _strays(source, names)
    models = []
    for name in names if request.model is None else [request.model]:
        tell(f"looking at {name}")
        model, unreadable = _model(name, source, request, now)
        models.append(model)
        strays += unreadable
    return Board(models=tuple(models), made=now, source=source.where, hashed=source.hashed, strays=tuple(strays))


def _strays(source: Source, names: list[str]) -> list[Stray]:
    """What belongs to no model here; that nobody can tell is such a line too, for an empty list would say that there is nothing."""
    try:
        return list(source.strays(names))
    except GateError as error:
        return [Stray(where=source.where, why=f"whether it holds models that are not configured here could not be asked: {error}")]


def _source(request: BoardRequest) -> Source:
    if request.folder is not None:
        return FolderSource(request.folder)
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    registry = MlflowRegistry(request.tracking_uri)
    return RegistrySource(registry, f"the registry {registry.shown}")


def _model(name: str, source: Source, request: BoardRequest, now: datetime) -> tuple[ModelBoard, tuple[Stray, ...]]:
    """One model, and what of its records cannot be read."""
    asking = VerifyRequest(config=request.config, now=now, entry=name, policy=request.policy, tracking_uri=request.tracking_uri)
    rules = rules_of(asking)
    blank = ModelBoard(name=name, tier=rules.policy.tier, owner=rules.model.config.owner)
    try:
        return _asked(blank, source, asking, rules, request.last)
    except GateError as error:
        return ModelBoard(name=blank.name, tier=blank.tier, owner=blank.owner, fault=str(error)), ()


def _asked(blank: ModelBoard, source: Source, asking: VerifyRequest, rules: Rules, last: int) -> tuple[ModelBoard, tuple[Stray, ...]]:
    name, now = blank.name, asking.now
    chain = None if rules.ledger is None else chained(rules.ledger, name, now=now)
    found = _records(name, source, chain)
    times = None if chain is None else chain.times
    urls = {**source.urls(name), **{kept.record.decision_digest: kept.url for kept in found.beside.values() if kept.url and isinstance(kept.record, Recorded)}}
    context = Context(demands=rules.demands, times=times, broken="" if chain is None else chain.fault or "", urls=urls)
    entries = [(record, written(record, context)) for record in found.records]
    decisions = tuple(sorted((entry for _, entry in entries if isinstance(entry, Decided)), key=lambda entry: (entry.issued, entry.record), reverse=True))
    strays = [Stray(where=f"{name}: {record.sealed.digest[:19]}…", why=entry.reason) for record, entry in entries if isinstance(entry, Unsound)]
    proven = [record for record, entry in entries if isinstance(entry, Decided) and not entry.fault]
    overrides = _overrides(name, source, (*found.overrides, *filed(rules.model.policies)), rules, times or {})
    people = People(terms=rules.policy.override, approvers=rules.approvers, now=now)
    model = ModelBoard(
        name=name,
        tier=blank.tier,
        owner=blank.owner,
        versions=tuple(_shown(version, source, chain, now) for version in source.versions(name, asking, rules.demands, last=last)),
        decisions=decisions,
        waived=register(overrides, proven, lambda record: _again(record, rules, found), people),
        holdouts=holdouts(decisions, rules.policy.data.max_looks),
        raised=None if chain is None or chain.fault is not None else raised(chain.alarms, _answered(chain)),
        watches=watches(source.watched(name)),
    )
    return model, (*found.strays, *strays)


def _answered(chain: Chained) -> frozenset[int]:
    """The positions of the alarms that the newest decision about the bytes of their version answers to, as verify asks it."""
    subjects = {str(record.decision["candidate"].get("version")): record.sealed.subject for record in chain.records}
    newest = {record.sealed.subject: record for record in chain.records}
    return frozenset(position for alarm, position in chain.alarms if alarm.version in subjects and answers(newest[subjects[alarm.version]], chain, position))


def _records(name: str, source: Source, chain: Chained | None) -> _Found:
    """Every record of a model, by the ledger and by the source, each once; what is about another model is none of its own, whatever a tag says."""
    in_ledger = () if chain is None else chain.records
    kept = source.kept(name, known=frozenset(record.decision_digest for record in in_ledger))
    read = {entry.record.sealed.digest: entry for entry in kept if isinstance(entry.record, Recorded)}
    records = {record.sealed.digest: record for record in (*in_ledger, *(entry.record for entry in read.values() if isinstance(entry.record, Recorded)))}
    own = {place: record for place, record in records.items() if record.decision["candidate"]["name"] == name}
    strays = [Stray(where=entry.where, why=entry.record.reason) for entry in kept if isinstance(entry.record, Unsound)]
    strays += [Stray(where=f"{name}: {place[:19]}…", why="it lies with this model, and is about another one") for place in records if place not in own]
    beside = tuple(envelope for entry in kept for envelope in entry.overrides)
    return _Found(records=tuple(own.values()), beside=read, overrides=(*(() if chain is None else chain.overrides), *beside), strays=tuple(strays))


def _overrides(name: str, source: Source, envelopes: tuple[bytes, ...], rules: Rules, times: Mapping[str, datetime]) -> tuple[Override, ...]:
    """Every statement about an exception, also those that lie beside a record of which there are statements elsewhere."""
    found = overrides_of(envelopes, rules.approvers, chained=times, now=rules.demands.now)
    beside = source.overrides(name, frozenset(entry.said.decision for entry in found))
    return overrides_of((*envelopes, *beside), rules.approvers, chained=times, now=rules.demands.now) if beside else found


def _again(record: Recorded, rules: Rules, found: _Found) -> Decision | None:
    """A decision that people were asked to waive, recomputed from its counts, wherever they are."""
    kept, ledger, name = found.beside.get(record.sealed.digest), rules.ledger, rules.model.config.name
    counts = None if ledger is None else ledger.counts(name, str(record.decision["counts"].get("digest")))
    evidence = None if ledger is None or record.evidence is None else ledger.evidence(name, record.evidence)
    if kept is not None:
        counts, evidence = counts or kept.counts(), evidence or kept.evidence
    return recomputed(record, counts, evidence)


def _shown(version: Version, source: Source, chain: Chained | None, now: datetime) -> Shown:
    """A version as it stands now; whatever keeps it from being asked leaves it unproven."""
    if version.request is None:
        return _unproven(version, "none of its records is signed as the policy wants it")
    try:
        return _standing(version, desk_of(version.request, tell=lambda _: None, chain=chain), source, now)
    except GateError as error:
        return _unproven(version, str(error))
    except _MALFORMED as error:  # a record that somebody wrote by hand
        return _unproven(version, f"its record lacks a part, or one is malformed ({type(error).__name__})")


def _days(desk: Desk) -> Iterator[datetime]:
    """From when something else ends that a pass rests on: questions that are due, tiers that were lowered for a time, days of policy and tier."""
    yield from (after(entry.due) for entry in (() if desk.review is None else desk.review.waiting) if entry.due is not None)
    yield from (one.said.expires for one in desk.fallen.signed if one.said.expires is not None)
    last_days = (desk.policy.governance.effective_until, desk.model.config.assigned.review_by)
    yield from (after(day) for day in last_days if day is not None)


def _unproven(version: Version, why: str) -> Shown:
    return Shown(version=version.name, aliases=version.aliases, status=Status.NOT_PROVEN, detail=why, url=version.url)


def _standing(version: Version, desk: Desk, source: Source, now: datetime) -> Shown:
    found, record, standing = verified(desk), desk.found.record, desk.standing
    status, detail = status_of(found, standing, fault=desk.found.fault, hashed=source.hashed, now=now)
    believed = record is not None and standing is not None and status is not Status.NOT_PROVEN
    if record is None or standing is None or not believed:
        return Shown(version=version.name, aliases=version.aliases, status=status, detail=detail, url=version.url)
    questions = () if desk.review is None else tuple(entry.question.id for entry in desk.review.missing)
    return Shown(
        version=version.name,
        aliases=version.aliases,
        status=status,
        detail=detail,
        decided=record.making.issued,
        until=end_of(record, desk.again, standing, desk.demands.terms, desk.history, also=_days(desk)) if status.allowed else None,
        waits=bool(questions) or (found.verdict is not Verdict.PASSED and bool(standing.left)),
        left=(*standing.left, *questions),
        url=version.url,
    )
