"""The zoo as a collection: what the headers may say, and the page that is made of them."""

import ast
from pathlib import Path

import pytest
from hostile.backends import BACKENDS, GUARANTEES
from hostile.entries import HEADER, MODELS, Entry, entries, table

README = Path(__file__).with_name("README.md")
ENTRIES = entries()


def _constants(entry: Entry) -> set[str]:
    """The words in capitals that stand at the top of a model before its first function or class, if they could be the header's."""
    tree = ast.parse((MODELS / f"{entry.name}.py").read_text(encoding="utf-8"))
    names = (node.targets[0].id for node in tree.body if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name))
    return {name.lower() for name in names if name.isupper()}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_header_says_what_the_attack_is_and_what_stops_it(entry: Entry) -> None:
    """One sentence, an exit code that means something, and for a block the finding or what the message says."""
    assert entry.attack.endswith(".")
    assert entry.exit in {0, 1, 2, 4}
    assert (entry.exit == 1) == bool(entry.finding)
    assert entry.exit == 0 or entry.check or entry.words
    assert "check" in _constants(entry) or entry.finding != "candidate-misbehaved"
    assert _constants(entry) & HEADER


def test_guarantees_are_called_by_their_names() -> None:
    """A misspelt one would keep a model, or a backend, out of every trial, and nobody would notice."""
    assert {word for entry in ENTRIES for word in entry.needs} <= GUARANTEES.keys()
    assert frozenset().union(*(tried.guarantees for tried in BACKENDS)) <= GUARANTEES.keys()


def test_the_page_says_what_every_guarantee_is() -> None:
    """README.md has each word and its meaning."""
    page = README.read_text(encoding="utf-8")

    assert [word for word, meaning in GUARANTEES.items() if f"| `{word}` | {meaning} |" not in page] == []


def test_there_are_honest_models_and_many_others() -> None:
    """At least forty attacks, ten of them through the command line from its start, and honest models that have to pass."""
    hostile = [entry for entry in ENTRIES if entry.exit]

    assert len(hostile) >= 40
    assert len([entry for entry in hostile if entry.shell]) >= 10
    assert len(ENTRIES) - len(hostile) >= 2


def test_attacks_differ() -> None:
    """No two models say that they do the same."""
    assert len({entry.attack for entry in ENTRIES}) == len(ENTRIES)


def test_the_page_lists_every_model() -> None:
    """The table of README.md is the one that the headers give."""
    assert table() in README.read_text(encoding="utf-8")
