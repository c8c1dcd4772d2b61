"""Answers as they are found: unsealed, their signers named, and held against the decision and the questions of the policy."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gate.core.approvers import Approvers
from gate.core.policy import Policy
from gate.core.review import Asked, Checklist, Review, Signed
from gate.core.verification import Check, Checked
from gate.judge.reviewing import Deployed, reviewed
from gate.record.review import read_review
from gate.record.signing import Unsound, unseal
from gate.record.statement import Recorded
from gate.stages.people import early, party_of, place_fault, signer_of
from gate.stages.promoting import History

__all__ = ["NOTHING", "answers_of", "review_check", "review_of"]

NOTHING = "the policy asks people nothing"


def answers_of(envelopes: Iterable[bytes], approvers: Approvers, *, chained: Mapping[str, datetime], now: datetime) -> tuple[Signed, ...]:
    """The answers in these envelopes, each statement once; what is damaged, or something else, is none.

    Arguments as for `gate.stages.overriding.overrides_of`.
    """
    found: dict[str, Signed] = {}
    for data in envelopes:
        sealed = unseal(data)
        read = sealed if isinstance(sealed, Unsound) else read_review(sealed)
        if isinstance(sealed, Unsound) or isinstance(read, Unsound):
            continue
        said, link = read
        since = chained.get(sealed.digest)
        fault, signer, roles = signer_of(sealed, approvers, issued=said.issued, since=since)
        found[sealed.digest] = Signed(
            said=said,
            digest=sealed.digest,
            signer=signer,
            fault=fault or early(said.issued, now),
            roles=roles,
            placed=place_fault(sealed, link, chained) is None,
            since=said.issued if since is None else max(since, said.issued),
        )
    return tuple(found.values())


def review_of(record: Recorded, answers: Iterable[Signed], policy: Policy, approvers: Approvers, history: History | None, *, now: datetime) -> Review:
    """What became of every question about a decision that was recorded.

    Args:
        record: the decision.
        answers: what was signed.
        policy: what is in force now, with its questions.
        approvers: who is who.
        history: its promotions, by the ledger.
        now: the time.
    """
    first = None if history is None else history.first
    deployed = Deployed(since=record.making.issued if first is None else first, known=first is not None)
    author = party_of(record.making.author, approvers)
    return reviewed(policy.review, answers, decision=record.decision_digest, author=author, deployed=deployed, now=now)


def review_check(review: Review) -> Check:
    """Whether nothing that the policy asks people stands in the way today."""
    if not review.asked:
        return Check(about=Checked.REVIEW, holds=True, detail=NOTHING)
    if missing := review.missing:
        said = "; ".join(f"{entry.question.id}: {entry.fault}{_noted(entry)}" for entry in missing)
        before = sum(entry.checklist is Checklist.BEFORE for entry in missing)
        what = f"{before} before deployment, {len(missing) - before} after it"
        return Check(about=Checked.REVIEW, holds=False, detail=f"questions that are open ({what}): {said}")
    answered = len(review.asked) - len(review.waiting)
    later = "".join(f"; {entry.question.id} is due by {entry.due}" for entry in review.waiting)
    return Check(about=Checked.REVIEW, holds=True, detail=f"{answered} of {len(review.asked)} questions answered{_by(review)}{later}")


def _by(review: Review) -> str:
    names = sorted({name for entry in review.asked for name, _, _ in entry.answers})
    return f" by {' and '.join(names)}" if names else ""


def _noted(entry: Asked) -> str:
    return f" ({'; '.join(entry.notes)})" if entry.notes else ""
