"""Searches for less discriminatory alternatives as signed statements about a model's files.

Law: `read_search(unseal(seal(search_statement(...))))` gives back what was said, and accepts nothing else.
"""

import math
from dataclasses import fields
from typing import Any

from gate.core.document import Json
from gate.core.searches import Attempt, Necessity, Searched
from gate.record.override import LONGEST
from gate.record.signing import Sealed, Unsound, statement
from gate.record.statement import Link, link_of, moment, written_moment

__all__ = ["SEARCHES", "SEARCH_TYPE", "read_search", "search_statement"]

SEARCH_TYPE = "urn:fairness-gate:alternatives:v1"
SEARCHES = "alternatives"
"""The folder of the artifacts, and of the files beside the policies."""
_COMPARED_WITH = "a plain retraining"
"""What every statement says of itself, for whoever reads the envelope alone: the deployed model is not measured."""


def search_statement(said: Searched, *, link: Link | None = None) -> dict[str, Json]:
    """The statement; its subject is the model, by the digest of its files.

    Raises:
        ValueError: the model is no digest.
    """
    predicate: dict[str, Json] = {
        "search": said.search,
        "training": said.training,
        "validation": said.validation,
        "utility": said.utility,
        "compared_with": _COMPARED_WITH,
        "tolerance": said.tolerance,
        "tried": [_written(entry) for entry in said.tried],
        "not_reached": list(said.not_reached),
        "better": list(said.better),
        "reason": said.reason,
        "necessity": {field.name: getattr(said.necessity, field.name) for field in fields(Necessity)},
        "issued": written_moment(said.issued),
        "nonce": said.nonce,
        "chain": None if link is None else {"position": link.position, "previous": link.previous},
    }
    return statement(subject=said.model, name=said.subject, predicate_type=SEARCH_TYPE, predicate=predicate)


def read_search(sealed: Sealed) -> tuple[Searched, Link | None] | Unsound:
    """What a sealed statement says, and its place in the ledger, if it is a search that could have been written here."""
    if sealed.predicate_type != SEARCH_TYPE:
        return Unsound(reason="it is signed, but no search for alternatives")
    said = sealed.predicate
    try:
        link = link_of(said["chain"])
        found = Searched(
            model=sealed.subject,
            subject=sealed.name,
            search=said["search"],
            training=said["training"],
            validation=said["validation"],
            utility=said["utility"],
            tolerance=float(said["tolerance"]),
            tried=tuple(_attempt(entry) for entry in said["tried"]),
            not_reached=tuple(said["not_reached"]),
            better=tuple(said["better"]),
            reason=said["reason"],
            necessity=Necessity(**said["necessity"]),
            issued=moment(said["issued"]),
            nonce=said["nonce"],
        )
        sound = _meant(found) and search_statement(found, link=link)["predicate"] == said
    except (KeyError, TypeError, ValueError, AttributeError):
        return Unsound(reason="it is no search for alternatives that this version can read")
    return (found, link) if sound else Unsound(reason="it contradicts itself")


def _written(entry: Attempt) -> dict[str, Json]:
    told: dict[str, Json] = {"nothing": entry.nothing} if entry.nothing else {}
    return {"name": entry.name, "technique": entry.technique, "utility": entry.utility, **told}


def _attempt(entry: Any) -> Attempt:  # noqa: ANN401 -- JSON
    utility = entry["utility"]
    return Attempt(name=entry["name"], technique=entry["technique"], utility=None if utility is None else float(utility), nothing=entry.get("nothing", ""))


def _meant(found: Searched) -> bool:
    """Texts are texts, what has a utility is not nothing, every alternative was tried, and where there is one it is said why not."""
    needed: list[object] = [found.search, found.training, found.validation, found.utility, found.nonce, *found.not_reached]
    needed += [getattr(found.necessity, field.name) for field in fields(Necessity)]
    needed += [text for entry in found.tried for text in (entry.name, entry.technique, entry.nothing or entry.name)]
    said = all(isinstance(text, str) and 0 < len(text.strip()) <= LONGEST for text in needed)
    names = [entry.name for entry in found.tried if entry.utility is not None]
    numbers = [found.tolerance, *(entry.utility for entry in found.tried if entry.utility is not None)]
    reasoned = len(found.reason) <= LONGEST and bool(found.reason.strip() or not found.better)
    decided = not any(entry.nothing and entry.utility is not None for entry in found.tried)
    return said and reasoned and decided and all(map(math.isfinite, numbers)) and 0 <= found.tolerance <= 1 and set(found.better) <= set(names)
