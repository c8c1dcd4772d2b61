"""The judgement again, on what a record holds: the same pure arithmetic as in a check."""

import re
from typing import Any

from gate.core.canonical import canonical, digest
from gate.core.decision import Decision
from gate.core.document import Document
from gate.judge import judge
from gate.judge.declared import beyond_range
from gate.judge.suppression import published
from gate.policy import config_from_effective, policy_from_effective
from gate.record.counts_file import read_counts
from gate.record.facts import facts_from_json
from gate.record.stored import Stored, parsed

__all__ = ["judged_again"]


def judged_again(stored: Stored) -> Decision:
    """The decision, recomputed from policy, configuration, facts and counts; nothing else of the record is believed.

    Where the policy suppresses cells, it comes out as it is published.

    Raises:
        UsageError: the record lacks a part, or one of them is malformed.
    """
    record = stored.record
    with parsed(stored.path):
        policy, config = record["policy"], record["config"]
        _refuse_no_count(record["looks"])
        table, facts = read_counts(stored.counts), facts_from_json(record["facts"])
        effective = policy_from_effective(policy["effective"])
        model = config_from_effective(config["effective"], facts.candidate.name)
        if beyond := beyond_range(table, model, predictions=facts.predictions.misbehaviour is None):
            raise ValueError(beyond)
        judgement = judge(effective, model, table, facts)
        decision = Decision(
            tier=effective.tier,
            judgement=judgement,
            facts=facts,
            counts=table,
            counts_digest=digest(stored.counts),
            policy=_bound(policy["effective"]),
            config=_bound(config["effective"]),
            gate_version=_version(record["gate"]["version"]),
        )
        return published(decision, effective.min_cell)


def _version(written: object) -> str:
    """The version that wrote the record: taken over, so it has to be one."""
    if not isinstance(written, str) or not re.fullmatch(r"[0-9][0-9A-Za-z.+-]{0,60}", written):
        raise ValueError("gate.version is no version")
    return written


def _refuse_no_count(written: object) -> None:
    """The number of the look, which is compared with that among the facts: it has to be one."""
    if written is not None and (not isinstance(written, int) or isinstance(written, bool) or not 1 <= written <= 10**6):
        raise ValueError("looks is neither null nor a count")


def _bound(effective: Any) -> Document:  # noqa: ANN401 -- JSON
    return Document(digest=digest(canonical(effective)), effective=effective)
