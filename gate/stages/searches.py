"""Searches for alternatives as they are found: unsealed, their signers named, and held against what the policy demands."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from gate.core.approvers import Approvers
from gate.core.model import ModelConfig
from gate.core.policy import Policy
from gate.core.searches import SignedSearch
from gate.core.verification import Check
from gate.judge.searches import search_for
from gate.record.searches import read_search
from gate.record.signing import Unsound, unseal
from gate.record.statement import Recorded
from gate.stages.people import early, party_of, place_fault, signer_of
from gate.stages.reviewing import NOTHING

__all__ = ["account", "searched_check", "searches_of"]


def searches_of(envelopes: Iterable[bytes], approvers: Approvers, *, chained: Mapping[str, datetime], now: datetime) -> tuple[SignedSearch, ...]:
    """The searches in these envelopes, each statement once; what is damaged, or something else, is none.

    Arguments as for `gate.stages.overriding.overrides_of`.
    """
    found: dict[str, SignedSearch] = {}
    for data in envelopes:
        sealed = unseal(data)
        read = sealed if isinstance(sealed, Unsound) else read_search(sealed)
        if isinstance(sealed, Unsound) or isinstance(read, Unsound):
            continue
        said, link = read
        fault, signer, roles = signer_of(sealed, approvers, issued=said.issued, since=chained.get(sealed.digest))
        fault = fault or early(said.issued, now) or place_fault(sealed, link, chained)
        found[sealed.digest] = SignedSearch(said=said, digest=sealed.digest, signer=signer, fault=fault, roles=roles)
    return tuple(found.values())


def searched_check(check: Check, record: Recorded, searches: Iterable[SignedSearch], *, policy: Policy, model: ModelConfig, approvers: Approvers) -> Check:
    """The check of the review, refused where the policy demands a search that nobody has signed, and with what was found where somebody has."""
    if not policy.alternatives.require:
        return check
    author = party_of(record.making.author, approvers)
    search, notes = search_for(policy, model, searches, files=record.sealed.subject, author=author)
    asked = "" if check.detail == NOTHING else f"{check.detail}; "
    if search is None:
        why = f" ({'; '.join(notes)})" if notes else ""
        detail = f"no search for less discriminatory alternatives is on the record, which the policy demands: gate mitigate --search{why}"
        return Check(about=check.about, holds=False, detail=f"{asked}{detail}")
    return Check(about=check.about, holds=check.holds, detail=f"{asked}{account(search)}")


def account(search: SignedSearch) -> str:
    """What was found beside a plain retraining, with which nobody says that the deployed model agrees; why it was not taken, and what the model is for."""
    said = search.said
    found = f"{len(said.better)} of {len(said.tried)} candidates are less discriminatory than a plain retraining within {said.tolerance:g} of {said.utility}"
    why = f", not taken: {said.reason}" if said.better else ""
    return f"{found}{why}; needed for: {said.necessity.purpose} ({search.signer}, {said.issued:%Y-%m-%d})"
