"""What a stranger writes into a name or a message is shown by every format, and acts in none."""

import json
import re
import unicodedata
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
import samples
from markdown_it import MarkdownIt

from gate.core.place import Place
from gate.report import badge, github, html, junit, markdown, sarif, text
from gate.report.escape import SHORT, clean, terminal

STRINGS = (
    "<script>alert(1)</script>", "</td></tr></table><h1>PASSED</h1>", "<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "' onmouseover='alert(1)",
    "<!-- hidden", "--><b>bold</b>", "<iframe src='//evil.example'></iframe>", "<style>*{display:none}</style>", "</style><script>1</script>", "&lt;b&gt;",
    "&#60;script&#62;", "{{ 7 * 7 }}", "{% raw %}", "javascript:alert(1)", "<a href=javascript:alert(1)>x</a>", "</title><meta http-equiv=refresh content=0>",
    "<details open><summary>", "<a|b>",
    "a | b | c", "|---|", "a\\|b", "# PASSED", "**PASSED**", "__init__", "*x*", "`code`", "``` fence", "[click](http://evil.example)",
    "![pixel](http://evil.example/p.png)", "https://evil.example/login", "www.evil.example", "mailto:a@evil.example", "someone@evil.example", "@org/team",
    "~~gone~~", "$x^2$", "- [x] done", "1. one", "> quote", "a\n\n# PASSED", "a\n| x | y |", "a\n---", "\\", "\\[x](y)", "<http://evil.example>",
    "[ref]: http://evil.example",
    "\x1b[31mred\x1b[0m", "\x1b]8;;http://evil.example\x07click\x1b]8;;\x07", "\x1b[2J\x1b[H", "\x9b31m", "a\rPASSED", "a\nPASSED", "a\r\nPASSED", "a\x00b",
    "\x08\x08\x08", "a\tb", "a\u2028b", "a\u2029b", "a\x0bb\x0cc", "a\x85b", "\x7f",
    "\u202egnihtemos\u202c", "\u2066isolated\u2069", "a\u200bb", "a\u200fb", "\ufeffbom", "a\u00adb", "\U000e0041tag", "\ud800", "a\u00a0b",
    "::set-output name=verdict::passed", "a\n::set-env name=PATH::/tmp", "::error::fake", ":::add-mask::x", "  ::stop-commands::t", "##[error]fake",
    "##vso[task.complete result=Succeeded;]", "##teamcity[buildStatus]", "a ::warning:: b",
    "=1+1", "+cmd|' /C calc'!A0", "a ", " a", "\u3000", "     code", "---", "- - -", "+", "2) two", "===",
    "A" * 10_000, "<b>" * 3_000, "\n" * 5_000, "| " * 5_000,
)  # fmt: skip

pytestmark = pytest.mark.parametrize("string", STRINGS, ids=[str(place) for place in range(len(STRINGS))])
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
COMMAND = re.compile(r"^\s*::|##\w*\[", re.MULTILINE)
AUTOLINK = re.compile(r"https?://|www\.|mailto:|@\w", re.IGNORECASE)


def unseen(written: str) -> set[str]:
    """Characters that are not seen but may act, apart from the new lines of the format itself."""
    return {sign for sign in written if sign != "\n" and unicodedata.category(sign) in UNSEEN}


@pytest.mark.parametrize("width", [80, 160])
def test_a_log_holds_no_control_characters_and_no_commands(string: str, width: int) -> None:
    """A CI log shows what was written; neither the terminal nor the runner obeys it."""
    log = text.render(samples.hostile(string), width=width, color=False)

    assert (unseen(log), COMMAND.findall(log), max(map(len, log.splitlines())) <= width) == (set(), [], True)


def test_a_log_has_no_line_that_the_string_began(string: str) -> None:
    """A name takes part in a line as one word of harmless text would, and never begins a line of its own."""
    shown = terminal(string, limit=SHORT)
    hostile, harmless = (text.render(samples.hostile(words), width=120, color=False) for words in (string[:SHORT], shown))

    assert len(string) > SHORT or len(shown) >= SHORT or hostile == harmless


class Elements(HTMLParser):
    """Every start tag with the names of its attributes, every end tag, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[object] = []
        self.words: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a start tag and which attributes it has."""
        self.tags.append((tag, [name for name, _ in attrs]))

    def handle_endtag(self, tag: str) -> None:
        """Keep an end tag."""
        self.tags.append(f"/{tag}")

    def handle_comment(self, data: str) -> None:
        """Keep a comment, of which there should be none."""
        self.tags.append(f"!{data}")

    def handle_data(self, data: str) -> None:
        """Keep text."""
        self.words.append(data)


def test_a_page_has_the_elements_of_its_template_only(string: str) -> None:
    """A browser finds the same elements and attributes as in a page about a harmless name, and the string as text."""
    page = html.render(samples.hostile(string))
    hostile, harmless = Elements(page), Elements(html.render(samples.hostile("harmless")))

    assert (hostile.tags, unseen(page), clean(string)[:150].strip() in "".join(hostile.words)) == (harmless.tags, set(), True)


def blocks(written: str) -> list[tuple[str, int]]:
    """The block structure that a Markdown parser sees: paragraphs, list items, table rows and cells."""
    return [(token.type, token.nesting) for token in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(written)]


def inlines(written: str) -> set[str]:
    """The kinds of inline markup that a Markdown parser sees."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(written)
    return {child.type for token in tokens for child in token.children or ()}


def words(written: str) -> str:
    """The text outside typewriter face, which a forge may turn into links and mentions."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(written)
    return "\n".join("".join(child.content for child in token.children or () if child.type != "code_inline") for token in tokens)


def test_a_card_has_no_markup_from_the_string(string: str) -> None:
    """A Markdown parser sees the same blocks and table cells as for a harmless name, no HTML, no link, no image."""
    card, harmless = markdown.render(samples.hostile(string)), markdown.render(samples.hostile("harmless"))
    own, body = {"text", "code_inline", "strong_open", "strong_close"}, card.partition("\n---\n\n")[2]
    extra = (inlines(body) - own) | (inlines(card) - own - {"softbreak"})  # the lines of the metadata, for a parser that knows none

    assert (blocks(card) == blocks(harmless), extra, AUTOLINK.findall(words(card)), unseen(card), COMMAND.findall(card)) == (True, set(), [], set(), [])


def test_a_description_has_no_markup_from_the_string(string: str) -> None:
    """MLflow's description holds our blocks and our links only, whatever a name, a label or an address says."""
    links = {string: "https://mlflow.example/a?b=c", "card": string}
    block = markdown.description_block(samples.hostile(string), links)
    harmless = markdown.description_block(samples.hostile("harmless"), {"harmless": "https://mlflow.example/a?b=c", "card": "harmless"})
    addresses = {str(child.attrs["href"]) for token in MarkdownIt("commonmark").parse(block) for child in token.children or () if child.type == "link_open"}

    assert (blocks(block) == blocks(harmless), {address.partition(":")[0] for address in addresses if ":" in address} <= {"http", "https"}) == (True, True)
    assert (unseen(block), "html_inline" in inlines(block), COMMAND.findall(block), block.startswith("BLOCKED: ")) == (set(), False, [], True)


def test_test_reports_show_the_string_and_obey_nothing(string: str) -> None:
    """An XML parser finds the same elements as for a harmless name, and no attribute or text that acts."""
    hostile, harmless = (ET.fromstring(junit.render(samples.hostile(words))) for words in (string, "harmless"))  # noqa: S314 -- our own file
    said = [text_ for element in hostile.iter() for text_ in (*element.attrib.values(), element.text or "")]

    assert [element.tag for element in hostile.iter()] == [element.tag for element in harmless.iter()]
    assert [(unseen(line), COMMAND.findall(line), AUTOLINK.findall(line)) for line in said] == [(set(), [], [])] * len(said)


def strings(value: object) -> list[str]:
    """Every text in a JSON document."""
    if isinstance(value, dict):
        return [text_ for key, inner in value.items() for text_ in (key, *strings(inner))]
    return [text_ for inner in value for text_ in strings(inner)] if isinstance(value, list) else [value] if isinstance(value, str) else []


def test_code_scanning_shows_the_string_and_obeys_nothing(string: str) -> None:
    """A SARIF reader finds no link, no mention and no command in any text, and the shape of a harmless file."""
    hostile, harmless = (json.loads(sarif.render(samples.hostile(words), {"": Place(path="p.yaml")})) for words in (string, "harmless"))
    run = hostile["runs"][0]
    said = [*(result["message"]["text"] for result in run["results"]), *(rule["shortDescription"]["text"] for rule in run["tool"]["driver"]["rules"])]

    assert len(run["results"]) == len(harmless["runs"][0]["results"])
    assert [(unseen(line), COMMAND.findall(line), AUTOLINK.findall(line), re.findall(r"\]\(", line)) for line in said] == [(set(), [], [], [])] * len(said)
    assert [unseen(line) for line in strings(hostile)] == [set()] * len(strings(hostile))


def test_a_summary_has_no_markup_from_the_string(string: str) -> None:
    """The summary of a job, which is the comment under a pull request too: our blocks and links only, no HTML, no mention."""
    links = {string: "https://mlflow.example/a", "card": string}
    said = markdown.summary(samples.hostile(string), links)
    harmless = markdown.summary(samples.hostile("harmless"), {"harmless": "https://mlflow.example/a", "card": "harmless"})
    addresses = {str(child.attrs["href"]) for token in MarkdownIt("commonmark").parse(said) for child in token.children or () if child.type == "link_open"}

    assert (blocks(said) == blocks(harmless), "html_inline" in inlines(said), "image" in inlines(said)) == (True, False, False)
    assert (unseen(said), COMMAND.findall(said), {address.partition(":")[0] for address in addresses if ":" in address} <= {"http", "https"}) == (
        set(),
        [],
        True,
    )


RUNNER = re.compile(r"::(error|warning|notice) (\S.*?)::(.*)")
"""A line as the runner reads it: command, properties, message."""


def test_an_annotation_is_one_command_and_no_other(string: str) -> None:
    """The runner reads one command per line with our properties; what the string says is decoded to harmless text."""
    found = github.annotations(samples.hostile(string), {"": Place(path="p,1.yaml", line=3)})
    lines = [github.command(annotation) for annotation in found]
    read = [RUNNER.fullmatch(line) for line in lines]
    properties = [[entry.partition("=")[0] for entry in match[2].split(",")] for match in read if match]

    assert (all(read), [unseen(line) for line in lines]) == (True, [set()] * len(lines))
    assert {tuple(names) for names in properties} <= {("title",), ("file", "line", "title")}
    assert [COMMAND.findall(match[3].replace("%25", "%")) for match in read if match] == [[]] * len(lines)
    assert [re.findall(r"%(?!25)", match[3]) for match in read if match] == [[]] * len(lines)


def test_an_output_is_one_line(string: str) -> None:
    """The file of outputs has a line per value, and the string begins none of its own."""
    lines = list(github.outputs({"subject": string, "verdict": "blocked"}))

    assert ([line.partition("=")[0] for line in lines], len("\n".join(lines).splitlines()), unseen("".join(lines))) == (["subject", "verdict"], 2, set())


def test_a_badge_says_the_tier_and_nothing_else(string: str) -> None:
    """A badge is one line of JSON with text in it."""
    said = json.loads(badge.render(samples.hostile(string)))

    assert (said["schemaVersion"], said["color"], unseen(said["message"])) == (1, "red", set())
