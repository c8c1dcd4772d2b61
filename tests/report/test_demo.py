"""The demo's blocked model, as people open it: card and report of its record, kept as files and reviewed in a browser."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gate.core.decision import Decision
from gate.record.stored import read_stored
from gate.replay import replay
from gate.report import html, markdown, page
from gate.stages.again import judged_again

HERE = Path(__file__).parent
RECORD = HERE / "demo"
PAGES: Mapping[str, Callable[[Decision], str]] = {"card.md": markdown.render, "card.html": html.render, "report.html": page.render}


@pytest.fixture(scope="module")
def decision() -> Decision:
    """What `gate demo` decided about its first model."""
    return judged_again(read_stored(RECORD))


def test_the_record_of_the_demo_replays() -> None:
    """The pages below come from a record whose every number follows from its counts."""
    assert replay(RECORD).differences == ()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_the_demo_reads_as_it_was_reviewed(decision: Decision, name: str) -> None:
    """Nobody changes a word, a chart or a colour of the demo's pages without seeing them whole."""
    file, rendered = RECORD / name, PAGES[name](decision)
    if os.environ.get("GOLDEN") == "write":
        file.write_text(rendered, encoding="utf-8")

    assert rendered == file.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_the_same_twice(decision: Decision, name: str) -> None:
    """The same decision gives the same bytes."""
    assert PAGES[name](decision) == PAGES[name](judged_again(read_stored(RECORD)))
