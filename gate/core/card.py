"""What people write on a model card: sections of text that no machine can know, bound to a decision by their digest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gate.core.canonical import canonical, digest

__all__ = ["DATASHEET", "LONGEST", "CardFacts", "CardText", "Section", "card_facts", "is_written"]

DATASHEET: Final = "datasheet"
"""The word of a policy for every section of the datasheet."""
LONGEST: Final = 8_000
"""Characters that a section may have."""
_FEWEST_SIGNS = 10
_FEWEST_DIFFERENT = 4
_OPEN = re.compile(r"\b(?:TODO|FIXME|TBD|TBA|XXX)\b|\blorem ipsum\b|\[(?:more information needed|fill in|to be written)\]", re.IGNORECASE)
_HOLLOW = re.compile(
    r"\W*(?:to be (?:done|written|determined|announced|filled in)|more information needed|not (?:yet )?(?:written|available)|placeholder)\W*",
    re.IGNORECASE,
)


class Section(StrEnum):
    """A section: the nine of Mitchell et al. 2019, "Model Cards for Model Reporting", then the seven of Gebru et al. 2021, "Datasheets for Datasets"."""

    MODEL_DETAILS = "model_details"
    INTENDED_USE = "intended_use"
    FACTORS = "factors"
    METRICS = "metrics"
    EVALUATION_DATA = "evaluation_data"
    TRAINING_DATA = "training_data"
    QUANTITATIVE_ANALYSES = "quantitative_analyses"
    ETHICAL_CONSIDERATIONS = "ethical_considerations"
    CAVEATS = "caveats"
    MOTIVATION = "datasheet.motivation"
    COMPOSITION = "datasheet.composition"
    COLLECTION = "datasheet.collection"
    PREPROCESSING = "datasheet.preprocessing"
    USES = "datasheet.uses"
    DISTRIBUTION = "datasheet.distribution"
    MAINTENANCE = "datasheet.maintenance"

    @property
    def of_datasheet(self) -> bool:
        """Whether it is about the evaluation data, not about the model."""
        return self.value.startswith(f"{DATASHEET}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CardText:
    """One section as somebody wrote it; it may still say nothing (see `is_written`)."""

    section: Section
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CardFacts:
    """Everything that `card.yaml` says of a model.

    Args:
        digest: `sha256:…` of all the rest, as canonical JSON.
        texts: the sections, each once, in the order of `Section`.
        license: an identifier such as `apache-2.0`; None when none is given.
        tags: words to find the model by.
        datasets: names of the data that the model was made from.

    Raises:
        ValueError: the digest is not that of the text, a section stands twice or out of its order, or is too long.
    """

    digest: str
    texts: tuple[CardText, ...]
    license: str | None = None
    tags: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        places = [list(Section).index(entry.section) for entry in self.texts]
        if places != sorted(set(places)):
            raise ValueError("the card has a section twice, or not in their order")
        if any(len(entry.text) > LONGEST for entry in self.texts):
            raise ValueError(f"a section of the card has more than {LONGEST} characters")
        if self.digest != _digest(self.texts, self.license, self.tags, self.datasets):
            raise ValueError("the text of the card is not the text that its digest is about")

    def text(self, section: Section) -> str | None:
        """What is written there; None where nothing is, or nothing but a placeholder."""
        return next((entry.text for entry in self.texts if entry.section is section and is_written(entry.text)), None)


def card_facts(texts: Iterable[CardText], *, license_: str | None = None, tags: Iterable[str] = (), datasets: Iterable[str] = ()) -> CardFacts:
    """The card with its digest."""
    ordered = tuple(sorted(texts, key=lambda entry: list(Section).index(entry.section)))
    words, names = tuple(tags), tuple(datasets)
    return CardFacts(digest=_digest(ordered, license_, words, names), texts=ordered, license=license_, tags=words, datasets=names)


def is_written(text: str) -> bool:
    """Whether somebody wrote something: neither blank nor a placeholder, and no `TODO` is left in it.

    It cannot know whether the text is true, or about this model.
    """
    signs = [sign for sign in text.casefold() if sign.isalnum()]
    enough = len(signs) >= _FEWEST_SIGNS and len(set(signs)) >= _FEWEST_DIFFERENT
    return enough and _OPEN.search(text) is None and _HOLLOW.fullmatch(text) is None


def _digest(texts: tuple[CardText, ...], license_: str | None, tags: tuple[str, ...], datasets: tuple[str, ...]) -> str:
    said = {"texts": {entry.section.value: entry.text for entry in texts}, "license": license_, "tags": tags, "datasets": datasets}
    return digest(canonical(said))
