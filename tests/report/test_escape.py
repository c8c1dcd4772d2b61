"""Escaping: one function per sink."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from gate.report.escape import clean, code, link, markdown, terminal, terminal_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Ünïcode 黒人 naïve", "Ünïcode 黒人 naïve"),
        ("a\nb", "a\\nb"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\u202eabc", "\\u202eabc"),
        ("\ud800", "\\ud800"),
        ("a\u00a0b", "a\\xa0b"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(text: str, shown: str) -> None:
    """A reader sees every character of a name, also those that have no shape."""
    assert clean(text) == shown


def test_a_long_name_is_cut_and_says_so() -> None:
    """A name never floods a report, and never looks complete when it is not."""
    assert clean("a" * 300, limit=200) == "a" * 199 + "…"


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """Text may pass through `clean` more than once on its way."""
    assert clean(clean(text)) == clean(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("::error::x", ": :error: :x"), (":::x", ": : :x"), ("##[error]", "## [error]"), ("##vso[x]", "## vso[x]"), ("#1, a:b", "#1, a:b")],
)
def test_commands_of_ci_runners_are_parted(text: str, shown: str) -> None:
    """A runner finds no command in a log, and a reader still sees what was written."""
    assert terminal(text) == shown


def test_a_folded_line_never_begins_with_a_command() -> None:
    """Folding may bring colons together at the start of a line; the finished log is looked at once more."""
    assert terminal_lines("a\n  ::b\n::c ::d") == "a\n  : :b\n: :c ::d"


@given(st.text(alphabet="ab|*_`[]()<>&\\#~$-+.!1: @/\n", max_size=40))
def test_escaped_markdown_is_one_paragraph_of_text(text: str) -> None:
    """A Markdown parser reads back plain text, for any mixture of signs."""
    tokens = MarkdownIt("commonmark").parse(f"x {markdown(text)} x")

    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert {child.type for child in tokens[1].children or ()} == {"text"}


@pytest.mark.parametrize(
    ("text", "shown"), [("equal-opportunity", "`equal-opportunity`"), ("race×sex", "`race×sex`"), ("a`b", "a\\`b"), ("a|b", "a&#124;b"), ("", "")]
)
def test_an_id_is_set_as_code_where_that_is_safe(text: str, shown: str) -> None:
    """Ordinary ids look like ids; anything else is escaped."""
    assert code(text) == shown


@pytest.mark.parametrize(
    ("url", "written"),
    [
        ("https://mlflow.example/#/runs/1", "[card](https://mlflow.example/#/runs/1)"),
        ("#/experiments/1/runs/2", "[card](#/experiments/1/runs/2)"),
        ("https://a.example/(x) y", "[card](https://a.example/%28x%29%20y)"),
        ("javascript:alert(1)", "card: javascript:alert(1)"),
        ("//evil.example", "card: //evil.example"),
        ("http://[", "card: http: //\\["),
        ("https:evil", "card: https:evil"),
        ("surprise", "card: surprise"),
        ("data:text/html,x", "card: data:text/html,x"),
        ("https://a.example/\n[x](y)", "card: https: //a.example/\\\\n\\[x\\](y)"),
    ],
)
def test_only_web_addresses_become_links(url: str, written: str) -> None:
    """A link leads to the web or to the page's own site, or is no link."""
    assert link("card", url) == written
