"""Which candidates of a search are less discriminatory alternatives, and whether a search on the record is what a policy demands."""

from collections.abc import Iterable, Iterator, Sequence

from gate.core.alternatives import Tried
from gate.core.mitigation import GROUP_DEPENDENT, Technique
from gate.core.model import ModelConfig
from gate.core.policy import Policy
from gate.core.searches import Searched, SignedSearch
from gate.judge.alternatives import Measured, measured, utility
from gate.judge.checks import forbidden_columns
from gate.judge.standing import Party

__all__ = ["NOTHING_TO_TRY", "alternatives", "incomparable", "refusal", "search_for", "wanted"]

NOTHING_TO_TRY = "the policy approves no technique, so nothing was searched"


def alternatives(tried: Sequence[Tried], tolerance: float) -> tuple[str, ...]:
    """The candidates that lose at most so much utility against the plain one, with no disparity greater and one smaller, as estimates.

    Raises:
        ValueError: the plain model was not judged, or lacks a number, so that there is nothing to compare with.
    """
    plain = _plain(tried)
    found = ((entry.name, _measured(entry)) for entry in tried if entry.technique is not Technique.PLAIN)
    return tuple(name for name, own in found if own is not None and own.gaps != plain.gaps and own.no_worse(plain, tolerance=tolerance))


def incomparable(tried: Sequence[Tried]) -> tuple[str, ...]:
    """The candidates that answer, and of which all the same nobody knows whether they are less discriminatory than the plain one.

    Raises:
        ValueError: as `alternatives`.
    """
    plain = _plain(tried)
    found = ((entry.name, _measured(entry)) for entry in tried if entry.judgement is not None)
    return tuple(name for name, own in found if own is None or own.gaps.keys() != plain.gaps.keys())


def _plain(tried: Sequence[Tried]) -> Measured:
    entry = next((entry for entry in tried if entry.technique is Technique.PLAIN), None)
    if entry is None or utility(entry) is None:
        raise ValueError("the plain model has no utility that may be shown, so that there is nothing to compare with")
    found = _measured(entry)
    if found is None or not found.gaps:
        raise ValueError("a disparity of the plain model is not known, so that there is nothing to compare with")
    return found


def _measured(entry: Tried) -> Measured | None:
    """The numbers before anything was left out: what is withheld for one feature must not be taken for a gap that is not there."""
    return measured(entry.whole or entry.judgement)


def wanted(policy: Policy, model: ModelConfig) -> tuple[Technique, ...]:
    """The techniques that a search has to try: all that the policy lets through, and whose models may get what they need."""
    barred = forbidden_columns(policy, model)
    grouped = any(feature.column not in barred for feature in model.sensitive_features)
    let_through = (technique for technique in Technique if policy.mitigation.refusal(technique.value) is None)
    return tuple(technique for technique in let_through if grouped or technique not in GROUP_DEPENDENT)


def search_for(
    policy: Policy, model: ModelConfig, searches: Iterable[SignedSearch], *, files: str, author: Party
) -> tuple[SignedSearch | None, tuple[str, ...]]:
    """The newest search about a model's files that counts, and why others do not.

    Args:
        policy: what it demands, and which techniques it lets through.
        model: its entry of gate.yaml.
        searches: what was signed.
        files: `sha256:…` of what would be deployed.
        author: who made the model, and so does not answer for it.
    """
    about = sorted((entry for entry in searches if entry.said.model == files), key=lambda entry: (entry.said.issued, entry.digest))
    faults = {entry.digest: refusal(policy, model, entry, author) for entry in about}
    counting = [entry for entry in about if not faults[entry.digest]]
    notes = tuple(
        f"the search that {entry.signer or 'an unknown key'} signed does not count: {faults[entry.digest]}" for entry in about if faults[entry.digest]
    )
    return (counting[-1] if counting else None), notes


def refusal(policy: Policy, model: ModelConfig, search: SignedSearch, author: Party) -> str:
    """Why a search is not the one that is demanded; empty where it is."""
    return "; ".join(_faults(policy, model, search, author))


def _faults(policy: Policy, model: ModelConfig, search: SignedSearch, author: Party) -> Iterator[str]:
    said, terms = search.said, policy.alternatives
    if search.fault is not None:
        yield search.fault
        return
    if not set(search.roles) & set(terms.require):
        yield f"{search.signer} does not have the role {' or '.join(terms.require)}"
    if author.unknown:
        yield f"nobody knows who made the model, so nobody can be shown to be somebody else: {author.unknown}"
    elif search.signer in author.names:
        yield f"{search.signer} made the model"
    if said.tolerance < terms.utility_tolerance:
        yield f"it looked for alternatives that lose at most {said.tolerance:g} of {said.utility}, and the policy wants {terms.utility_tolerance:g}"
    if said.not_reached:
        yield f"its budget left out {len(said.not_reached)} steps"
    yield from _untried(said, wanted(policy, model))


def _untried(said: Searched, asked: tuple[Technique, ...]) -> Iterator[str]:
    if missing := said.without(asked):
        yield f"it did not try {', '.join(missing)}"
    if set(asked) <= {Technique.PLAIN}:
        yield NOTHING_TO_TRY
