"""`card.yaml`: what people write on the model cards of the models of a `gate.yaml`, read as strictly as that."""

from pathlib import Path
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from gate.core.card import DATASHEET, LONGEST, CardFacts, CardText, Section, card_facts
from gate.errors import ConfigError
from gate.policy.problems import FaultyConfigError
from gate.policy.schema import Kind, Name, Strict, read
from gate.policy.yaml_loader import no_scalar_keys

__all__ = ["CARD", "FILE", "load_card"]

FILE = "card.yaml"
"""The file's name beside `gate.yaml`."""

Text = Annotated[str, Field(max_length=LONGEST)]
Short = Annotated[str, Field(min_length=1, max_length=200)]


class DatasheetEntry(Strict):
    """The datasheet of the evaluation data, after Gebru et al. 2021."""

    noun: ClassVar[str] = "`datasheet`"

    motivation: Text | None = Field(None, description="Why the data were collected, and by whom.")
    composition: Text | None = Field(None, description="What a row is, whom the rows are about, what is missing.")
    collection: Text | None = Field(None, description="How and when the rows were collected, and whether people knew.")
    preprocessing: Text | None = Field(None, description="What was cleaned, labelled or left out.")
    uses: Text | None = Field(None, description="What the data may be used for, and what not.")
    distribution: Text | None = Field(None, description="Who gets the data, and under which terms.")
    maintenance: Text | None = Field(None, description="Who keeps the data up to date, and until when.")


class CardEntry(Strict):
    """What people write on the card of one model, after Mitchell et al. 2019."""

    noun: ClassVar[str] = "a card"

    license_: Short | None = Field(None, alias="license", description="The model's licence, as an identifier: apache-2.0.")
    tags: list[Short] = Field(default_factory=list, max_length=50, description="Words to find the model by.")
    datasets: list[Short] = Field(default_factory=list, max_length=50, description="Names of the data that the model was made from.")
    model_details: Text | None = Field(None, description="Who made the model, when, how, and whom to ask.")
    intended_use: Text | None = Field(None, description="What it is for, who uses it, and what it is not for.")
    factors: Text | None = Field(None, description="Which groups, instruments and circumstances matter, and why these.")
    metrics: Text | None = Field(None, description="Why these metrics and bounds.")
    evaluation_data: Text | None = Field(None, description="Which data it is judged on, and why these.")
    training_data: Text | None = Field(None, description="Which data it was made from.")
    quantitative_analyses: Text | None = Field(None, description="What the numbers mean for the people concerned.")
    ethical_considerations: Text | None = Field(None, description="Whom it may harm, and what is done against that.")
    caveats: Text | None = Field(None, description="What else somebody has to know, and recommendations.")
    datasheet: DatasheetEntry = Field(default_factory=DatasheetEntry, description="The datasheet of the evaluation data.")


class CardFile(Strict):
    """What people write on model cards."""

    noun: ClassVar[str] = "card.yaml"

    schema_: Literal["gate.card-text/v1"] = Field(alias="schema", description="Always gate.card-text/v1.")
    models: dict[Name, CardEntry] = Field(min_length=1, description="By the model's name in gate.yaml.")


CARD = Kind(schema="gate.card-text/v1", noun="card.yaml", model=CardFile, error=FaultyConfigError, scalar_keys=no_scalar_keys)
"""Files of card texts."""


def load_card(config: Path, name: str) -> CardFacts | None:
    """What the `card.yaml` beside a `gate.yaml` says of a model; None when there is none, or it does not name the model.

    Raises:
        ConfigError: it cannot be read or cannot be meant.
    """
    path = config.parent / FILE
    try:
        path.lstat()
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as broken:
        raise ConfigError(f"the file cannot be read: {broken}", where=str(path), next_step="Make it readable, or remove it.") from broken
    written = read(path, CARD).model.models.get(name)
    return None if written is None else _facts(written)


def _facts(written: CardEntry) -> CardFacts:
    texts = [CardText(section=section, text=text) for section in Section if (text := _written(written, section)) is not None]
    return card_facts(texts, license_=written.license_, tags=written.tags, datasets=written.datasets)


def _written(written: CardEntry, section: Section) -> str | None:
    """The text of a section as it stands in the file."""
    holder = written.datasheet if section.of_datasheet else written
    text = getattr(holder, section.value.removeprefix(f"{DATASHEET}."))
    return None if text is None else str(text)
