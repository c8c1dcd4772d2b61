"""A record as an entry of the history: what it says, and whether that may be believed.

What is read here was written by others. A record that lacks a part is none, and is said to be none.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gate.core.decision import Outcome
from gate.core.facts import Candidate, PredictionSource
from gate.core.verification import Checked
from gate.dashboard.board import Decided, Grounds, Holdout, Point
from gate.record.signing import Unsound, unseal
from gate.record.statement import Recorded, read_statement
from gate.stages.proof import Demands, about_record, verdict_of

__all__ = ["Context", "holdouts", "read", "written"]

_CEILINGS = ("max", "max_drop", "max_increase")
_UNSIGNED = "not signed, which the policy allows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a record is held against.

    Args:
        demands: what it has to fit now.
        times: digest of what the ledger holds → the moment before which it cannot have been signed; None where no ledger is named.
        broken: why the ledger cannot be relied on; empty when it can.
        urls: digest of a decision → where the registry shows it.
    """

    demands: Demands
    times: Mapping[str, datetime] | None = None
    broken: str = ""
    urls: Mapping[str, str] = field(default_factory=dict)


def read(data: bytes) -> Recorded | Unsound:
    """The record in an envelope, if it is one of a decision."""
    sealed = unseal(data)
    return sealed if isinstance(sealed, Unsound) else read_statement(sealed)


def written(record: Recorded, context: Context) -> Decided | Unsound:
    """The record as an entry of the history, if it has all of its parts."""
    try:
        decision: Mapping[str, Any] = record.decision
        said = decision["candidate"]
        return Decided(
            digest=record.decision_digest,
            record=record.sealed.digest,
            version=None if said["version"] is None else str(said["version"]),
            verdict=verdict_of(record),
            fault=_fault(record, context),
            remark="; ".join(_remarks(record)),
            issued=record.making.issued,
            expires=record.making.expires,
            actor=_text(record.making.actor),
            grounds=Grounds(
                tier=str(decision["policy"]["tier"]),
                policy=str(decision["policy"]["digest"]),
                config=str(decision["config"]["digest"]),
                data=str(decision["data"]["digest"]),
                look=_whole(decision["looks"]),
            ),
            points=tuple(_points(decision["findings"])),
            url=context.urls.get(record.decision_digest),
        )
    except (KeyError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError) as error:
        return Unsound(reason=f"the record lacks a part, or one is malformed ({type(error).__name__})")


def holdouts(decisions: tuple[Decided, ...], most: int | None) -> tuple[Holdout, ...]:
    """How often each holdout was looked at, by the decisions that are believed; newest first."""
    found: dict[str, Holdout] = {}
    for entry in decisions:
        look = entry.grounds.look
        if entry.fault or look is None:
            continue
        old = found.get(entry.grounds.data)
        looks, last = (look, entry.issued) if old is None else (max(look, old.looks), max(entry.issued, old.last))
        found[entry.grounds.data] = Holdout(data=entry.grounds.data, looks=looks, most=most, last=last)
    return tuple(sorted(found.values(), key=lambda holdout: holdout.last, reverse=True))


def _fault(record: Recorded, context: Context) -> str:
    """Why the record is not believed; empty when its signature counts, and the ledger holds it where one is named."""
    if context.broken:
        return f"the ledger cannot be relied on: {context.broken}"
    if verdict_of(record) is None:
        return "it names no verdict"
    since = None if context.times is None else context.times.get(record.sealed.digest)
    if context.times is not None and since is None and record.recorded:
        return "it is not in the ledger"
    said = record.decision["candidate"]
    about = Candidate(name=said["name"], version=said["version"], digest=record.sealed.subject)
    signature = next(check for check in about_record(record, about, context.demands, since=since) if check.about is Checked.SIGNATURE)
    return "" if signature.holds else signature.detail


def _remarks(record: Recorded) -> Iterator[str]:
    """What else has to be known of a decision."""
    facts: Mapping[str, Any] = record.decision["facts"]
    if record.sealed.keyid is None:
        yield _UNSIGNED
    if facts["predictions"].get("source") != PredictionSource.MODEL.value:
        yield "judged without running the model, so it is about no bytes that could be deployed"
    if not record.recorded:
        yield "kept in a folder only: its look was not counted"
    if facts["data"].get("development"):
        yield "development table: advisory, not a decision"
    if record.decision.get("suppressed") is not None:
        yield "numbers of small cells are not published"


def _points(findings: Any) -> Iterator[Point]:  # noqa: ANN401 -- JSON
    for finding in findings:
        threshold = finding["threshold"] or {}
        own = finding["pair_value"] if finding["pair_value"] is not None else finding["value"]
        ceiling = next((name for name in _CEILINGS if threshold.get(name) is not None), None)
        yield Point(
            rule=str(finding["rule"]),
            feature=_text(finding["feature"]),
            outcome=Outcome(finding["outcome"]).value,
            stops=finding["effect"] != "none",
            value=_number(own),
            lower=_number(finding["lower"]),
            upper=_number(finding["upper"]),
            bound=_number(threshold.get("min") if ceiling is None else threshold[ceiling]),
            ceiling=ceiling is not None,
        )


def _number(value: object) -> float | None:
    """A finite number, or none: nothing else is drawn."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 1 else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
