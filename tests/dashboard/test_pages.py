"""The pages show what was gathered, and what a stranger wrote acts in none of them."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import boards
import pytest

from gate.dashboard.board import Board, Holdout, ModelBoard, Shown, Status, Stray
from gate.dashboard.exceptions import sums
from gate.dashboard.pages import index, model, page_name
from gate.dashboard.site import write_site
from gate.dashboard.trend import changes, trends
from gate.errors import UsageError

HOSTILE = (
    "</script><script>window.bad = 1</script>",
    "</style><script>window.bad = 1</script>",
    "<img src=x onerror=window.bad=1>",
    "\"><svg onload='window.bad=1'>",
    "</td></tr></table><h1>PASSED</h1>",
    "<!-- hidden",
    "{{ 7 * 7 }}",
    "' onmouseover='window.bad=1",
    "\u202egnihtemos\u202c a\x00b\x1b[31m \ud800",
    "../../../etc/passwd",
    "javascript:window.bad=1",
    "A" * 5000,
)
TAGS = frozenset(
    re.findall(
        r"\w+",
        """html head meta title style body a header div h1 h2 p ul li nav main section form label input select option button span dl dt dd
        table thead tbody tr th td br code b strong figure figcaption svg path circle text details summary noscript script footer""",
    )
)


class _Reader(HTMLParser):
    """The elements and attributes of a page, and the text that is read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.words: list[str] = []
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note it."""
        self.tags.add(tag)
        self.scripts += tag == "script"
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}

    def handle_data(self, data: str) -> None:
        """Note it."""
        self.words.append(data)


def _hostile(text: str) -> Board:
    """A board in which every text that somebody else wrote is this one."""
    entry = boards.model("m", Status.OVERRIDDEN, running=True)
    decisions = tuple(
        replace(
            decided,
            version=text,
            fault=text if place else "",
            remark=text,
            actor=text,
            grounds=replace(decided.grounds, tier=text, policy=text, config=text, data=text),
            points=tuple(replace(point, rule=text, feature=text, outcome=text) for point in decided.points),
        )
        for place, decided in enumerate(entry.decisions)
    )
    waived = replace(boards.waived(text), kind=text, rules=(text, text), reason=text, requester=text, approvers=(text,), faults=(text,), conditions=(text,))
    versions = tuple(replace(shown, version=text, aliases=(text,), detail=text, left=(text,), waits=True, status=Status.LAPSED) for shown in entry.versions)
    holdout = Holdout(data=text, looks=5, most=5, last=boards.MADE)
    own = replace(entry, name=text, tier=text, owner=text, decisions=decisions, waived=(waived,), versions=versions, holdouts=(holdout,))
    faulty = ModelBoard(name=f"{text} silent", tier=text, owner=text, fault=text)
    return replace(boards.board(own, faulty, strays=(Stray(where=text, why=text),)), source=text)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_a_stranger_wrote_is_text(text: str) -> None:
    """No element, no attribute, no link and no script but ours, in either page; no invisible sign; a name is cut."""
    board = _hostile(text)
    pages = [index(board), *(model(board, entry) for entry in board.models)]
    for page in pages:
        found = _Reader(page)

        assert found.tags <= TAGS
        assert {name for name in found.attributes if name.startswith("on")} == set()
        assert {link for link in found.links if not link.startswith(("#", "models/", "../index.html", "https://mlflow.example/"))} == set()
        assert found.scripts <= 2
        assert not any(sign in page for sign in "\x00\x1b\u202e\ud800")
        assert "A" * 2001 not in page


def test_the_data_of_a_page_end_no_element() -> None:
    """The JSON in the page is read back as it was, without a sign that could end its element."""
    board = _hostile("</script><!--")
    text = model(board, board.models[0]).split('id="decisions">')[1].split("</script>")[0]
    data = json.loads(text)

    assert "<" not in text
    assert {rule for rule, _ in data["rules"]} == {"</script><!--"}


def test_names_of_files_never_meet_and_never_lead_away() -> None:
    """Names that differ only in case, in signs, or are paths, give different plain names."""
    names = ("a/b", "a-b", "A-B", "../a-b", "", ".", "..", "a b", "ä", "\ud800", "con", "x" * 300, "x" * 301)
    files = [page_name(name) for name in names]

    assert len({file.lower() for file in files}) == len(names)
    assert all(set(file) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.") and not file.startswith(("-", ".")) and len(file) < 70 for file in files)


def test_the_index_says_what_cannot_be_relied_on_first() -> None:
    """Worst first; a model that could not be asked is not proven, with the reason; sums count nothing of it as fine."""
    words = " ".join(" ".join(_Reader(index(boards.small())).words).split())

    assert words.index("not-proven-model") < words.index("lapsed-model") < words.index("passed-model")
    assert "NOT PROVEN MLflow did not list the versions: nobody answers at its address" in words
    assert "1 under an alias, not allowed" in words
    assert "3 not proven" in words
    assert "No holdout is worn" not in words
    assert "5 of 5: worn out" in words


def test_nothing_to_show_is_never_said_to_be_fine() -> None:
    """Where a model could not be asked, no sentence says that all is allowed, nor that nobody asked for an exception, without saying so."""
    words = " ".join(" ".join(_Reader(index(boards.board(ModelBoard(name="m", tier="t", fault="down")))).words).split())
    own = " ".join(_Reader(model(boards.board(entry := ModelBoard(name="m", tier="t", fault="down")), entry)).words)

    assert words.count("of the models that could be asked.") == 3
    assert "nothing is known of alarms, of: m." in words
    assert "Nothing is known of exceptions." in own
    assert "so nothing is known of it: down" in " ".join(own.split())


def test_records_alone_are_said_to_be_that() -> None:
    """A board from a folder says that no bytes were hashed and no aliases are known."""
    page = index(replace(boards.small(), hashed=False))

    assert "no bytes of a model were hashed" in page
    assert "Under an alias, and not allowed now" not in page


def test_the_same_board_gives_the_same_bytes() -> None:
    """Nothing of a page depends on the clock, or on chance."""
    board = boards.small()

    assert (index(board), model(board, board.models[2])) == (index(boards.small()), model(boards.small(), boards.small().models[2]))


def test_a_trend_leaves_out_what_is_not_believed() -> None:
    """A decision that is not proven is no point of a line, and is counted beside it."""
    entry = boards.model("m", Status.PASSED, decisions=4)
    doubted = replace(entry, decisions=(replace(entry.decisions[0], fault="not signed"), *entry.decisions[1:]))
    page = model(boards.board(doubted), doubted)

    assert {len(series.points) for series in trends(doubted.decisions)} == {3}
    assert "1 decision that is not proven is left out." in " ".join(_Reader(page).words)
    assert "NOT PROVEN" in page


def test_withheld_numbers_are_none() -> None:
    """A finding whose number is not published is no zero in the chart or the table."""
    entry = boards.model("m", Status.PASSED, decisions=3)
    hidden = replace(entry.decisions[1], points=tuple(replace(point, value=None, lower=None, upper=None) for point in entry.decisions[1].points))
    page = model(boards.board(held := replace(entry, decisions=(entry.decisions[0], hidden, entry.decisions[2]))), held)
    rows = [row for row in page.split("<tr") if '<td class="number">none</td>' in row]

    assert len(rows) == len(boards.RULES)
    assert "M" in page


def test_two_decisions_differ_by_their_grounds_and_outcomes() -> None:
    """The verdict, another policy, and each rule whose outcome changed, also one that was not asked before."""
    before, after = boards.decided("m", 1), boards.decided("m", 2, drift=0.06)
    moved = replace(after, grounds=replace(after.grounds, policy="sha256:other"), points=after.points[:-1])

    assert changes(before, before) == ()
    assert changes(before, moved)[:3] == ("verdict passed → blocked", "another policy", "equal-opportunity on race pass → fail")
    assert "useful-at-all pass → not asked" in changes(before, moved)


def test_the_register_in_numbers() -> None:
    """How many in which state, the oldest that stands, whose, and what was asked for more than once."""
    first = replace(boards.model("a", Status.OVERRIDDEN), waived=(boards.waived("a/2", turn=2), boards.waived("a/1")))
    found = sums([first, replace(boards.model("b", Status.PASSED), waived=(boards.waived("b/1"),))])

    assert (found.states["stands"], found.requesters, found.approvers) == (3, (("lena", 3),), (("ann", 3),))
    assert found.rules == (("a: equal-opportunity", 2),)


def test_an_alarm_is_on_both_pages_and_its_evidence_on_that_of_the_model() -> None:
    """Named, counted and linked; the ledger's alarm beside what the registry alone shows; numbers of a group that are withheld are not drawn."""
    board = boards.small()
    entry = next(found for found in board.models if found.raised)
    front, page = (" ".join(" ".join(_Reader(text).words).split()) for text in (index(board), model(board, entry)))

    assert "1 with an alarm of monitoring" in front
    assert front.count("no new decision") == page.count("no new decision") == 1
    assert "as the registry shows" in front
    assert "It alarmed on 13 days, first on 2026-11-13." in page
    assert model(board, entry).count('aria-labelledby="watch-0-') == 2


def test_where_no_ledger_was_read_nothing_is_said_of_alarms() -> None:
    """No page says that there is no alarm: one of nothing but such models says that nobody knows, one of others too names those."""
    read = boards.model("read", Status.PASSED)
    unread = replace(boards.model("unread", Status.PASSED), raised=None)
    alone, both = boards.board(unread), boards.board(read, unread)

    assert "No alarm is on" not in index(alone)
    assert "nothing is known of alarms, of: unread." in index(alone)
    assert "No alarm is on a ledger that was read" in index(both)
    assert "nothing is known of alarms, of: unread." in index(both)
    assert "nothing is known of alarms" not in index(boards.board(read))
    assert "nothing is known of alarms" in model(both, unread)
    assert "holds no alarm" not in model(both, unread)
    assert "The ledger holds no alarm." in model(both, read)


def test_no_page_of_an_earlier_site_stays(tmp_path: Path) -> None:
    """A model that is gone has no page with an old verdict; files of somebody else are not touched, and their pages not overwritten."""
    write_site(boards.board(boards.model("gone", Status.PASSED), boards.model("kept", Status.PASSED)), tmp_path)
    (tmp_path / "models" / "notes.txt").write_text("mine", encoding="utf-8")
    assert write_site(boards.board(boards.model("kept", Status.BLOCKED)), tmp_path) == 2
    assert {path.name for path in (tmp_path / "models").iterdir()} == {page_name("kept"), "notes.txt"}
    (tmp_path / "models" / "mine.html").write_text("<p>mine</p>", encoding="utf-8")
    with pytest.raises(UsageError, match="did not write"):
        write_site(boards.board(), tmp_path)

    assert (tmp_path / "models" / "mine.html").read_text(encoding="utf-8") == "<p>mine</p>"


@pytest.mark.parametrize("status", Status)
def test_only_what_is_allowed_looks_allowed(status: Status) -> None:
    """A version has the colour of a pass if, and only if, it passed; an overridden one has its own."""
    shown = Shown(version="1", aliases=("champion",), status=status, detail="")
    page = index(boards.board(ModelBoard(name="m", tier="t", versions=(shown,))))

    assert ('class="badge passed"' in page) is (status is Status.PASSED)
    assert ("Every version that an alias stands for is allowed" in page) is status.allowed
