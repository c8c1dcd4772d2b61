"""What people read, kept as files and reviewed as prose; `GOLDEN=write` before pytest writes them anew."""

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import samples
from card_texts import card

from gate.core.decision import Decision
from gate.report import html, markdown, text

GOLDEN = Path(__file__).parent / "golden"
LINKS = {"Model card": "#/experiments/1/runs/5f0c/artifacts/gate/model_card.html", "Decision": "https://mlflow.example/decision.json"}
FORMATS: Mapping[str, Callable[[Decision], str]] = {
    "80.txt": lambda decision: text.render(decision, width=80, color=False),
    "100.txt": lambda decision: text.render(decision, width=100, color=False),
    "160.txt": lambda decision: text.render(decision, width=160, color=False),
    "md": markdown.render,
    "description.md": lambda decision: markdown.description_block(decision, LINKS),
    "html": html.render,
}


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_a_decision_reads_as_it_was_reviewed(sample: str, suffix: str) -> None:
    """Nobody changes a word that users read without seeing the whole page that it stands on."""
    file = GOLDEN / f"{sample}.{suffix}"
    rendered = FORMATS[suffix](samples.DECISIONS[sample]())
    if os.environ.get("GOLDEN") == "write":
        file.write_text(rendered, encoding="utf-8")

    assert rendered == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("suffix", ["md", "html"])
def test_a_card_with_texts_reads_as_it_was_reviewed(suffix: str) -> None:
    """Long, right-to-left and hostile texts stand on the card as they were looked at in a browser."""
    file, decision = GOLDEN / f"texts.{suffix}", samples.passed()
    rendered = FORMATS[suffix](replace(decision, facts=replace(decision.facts, card=card())))
    if os.environ.get("GOLDEN") == "write":
        file.write_text(rendered, encoding="utf-8")

    assert rendered == file.read_text(encoding="utf-8")
