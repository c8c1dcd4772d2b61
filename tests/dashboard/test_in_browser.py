"""The dashboard in a real browser: it filters, opens and compares, takes back what is over, asks for nothing, and everybody can read it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boards
import pytest
from browser import axe_core, browsing, seen_as
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.select import Select

from gate.dashboard.board import Board, Status
from gate.dashboard.pages import page_name
from gate.dashboard.site import write_site

CLOCK = "const Real = Date; globalThis.Date = class extends Real { static now() { return WHEN; } };"


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A browser that shows sites, at the time at which they were made unless something else is said."""

    driver: Chrome
    folder: Path

    def show(self, board: Board, page: str = "index.html", *, when: datetime = boards.MADE, width: int = 1280, dark: bool = False) -> list[str]:
        """Write the site, open a page of it from its file, and say what the browser complains of."""
        write_site(board, self.folder / "site")
        seen_as(self.driver, size=(width, 900), dark=dark)
        source = CLOCK.replace("WHEN", str(int(when.timestamp() * 1000)))
        clock = self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
        self.driver.get((self.folder / "site" / page).as_uri())
        self.driver.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", clock)
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def ask(self, script: str, *values: object) -> Any:  # noqa: ANN401 -- JSON
        """What a script in the page returns."""
        return self.driver.execute_script(script, *values)

    def seen(self, rows: str) -> list[str]:
        """The first cell of every row that is shown."""
        found = self.ask("return [...document.querySelectorAll(arguments[0])].filter((row) => !row.hidden).map((row) => row.cells[0].innerText)", rows)
        return [text.splitlines()[0] for text in found]

    def type(self, text: str) -> None:
        """Search for something."""
        field = self.driver.find_element(By.ID, "filter-text")
        field.clear()
        field.send_keys(text)

    def choose(self, name: str, text: str) -> None:
        """Choose in a list."""
        Select(self.driver.find_element(By.ID, name)).select_by_visible_text(text)


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """One headless Chromium for the whole module."""
    folder = tmp_path_factory.mktemp("dashboard")
    with browsing(folder / "browser") as opened:
        opened.set_script_timeout(300)
        yield Viewer(driver=opened, folder=folder)


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's script."""
    return axe_core(tmp_path_factory.mktemp("axe"))


MODELS = "#table-models tbody tr"


def test_models_are_filtered_and_found(viewer: Viewer) -> None:
    """By words of names, owners and people, by status, and all that is not allowed; how many are shown is said; every table follows."""
    complaints = viewer.show(boards.small())
    assert (complaints, len(viewer.seen(MODELS))) == ([], 9)
    viewer.type("ann overridden")
    assert viewer.seen(MODELS) == ["overridden-model"]
    assert viewer.driver.find_element(By.ID, "filter-count").text == "1 of 9 shown"
    viewer.type("")
    viewer.choose("filter-owner", "claims")
    assert set(viewer.seen(MODELS)) == {"silent-model", "lapsed-model"}
    viewer.driver.find_element(By.CSS_SELECTOR, "#filter button").click()
    viewer.driver.execute_async_script("const done = arguments[0]; setTimeout(done, 0)")
    viewer.choose("filter-status", "not allowed")
    hidden = {"passed-model", "overridden-model"}
    assert hidden.isdisjoint(viewer.seen(MODELS))
    assert len(viewer.seen(MODELS)) == 7
    assert not any("overridden" in name for name in viewer.seen("tr[data-model]"))
    viewer.choose("filter-status", "passed")

    assert viewer.seen("tr[data-model]") == ["passed-model"]


def test_a_model_is_opened_and_two_decisions_compared(viewer: Viewer) -> None:
    """A click leads to the model's page; the two newest decisions are compared, any two can be, and the history leads there."""
    viewer.show(boards.small())
    viewer.driver.find_element(By.LINK_TEXT, "blocked-model").click()
    assert viewer.driver.find_element(By.TAG_NAME, "h1").text == "blocked-model"
    viewer.choose("compare-before", "2026-10-27 12:00 UTC version 1 PASSED")
    rows = viewer.ask("return [...document.querySelectorAll('#compare-result tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))")
    said = {row[0]: row[1:] for row in rows}
    assert said["verdict"] == ["PASSED", "BLOCKED", "changed"]
    assert said["holdout"][0] == boards.digest("data blocked-model")[:19]
    was, now, step = said["equal-opportunity on race"]
    first, last = (boards.decided("blocked-model", number, drift=0.08 * number / 30).points[0] for number in (1, 30))
    assert (was.startswith(f"pass {first.value:.4g} ["), now.startswith(f"fail {last.value:.4g} [")) == (True, True)
    assert step.startswith("changed, +0.0")
    viewer.ask("document.querySelectorAll('#table-history button.small')[20].click()")
    chosen = [Select(viewer.driver.find_element(By.ID, name)).first_selected_option.text for name in ("compare-before", "compare-after")]
    assert ["version 9 " in chosen[0], "version 10 " in chosen[1]] == [True, True]
    viewer.choose("filter-status", "blocked")

    assert len(viewer.seen("#table-history tbody tr")) == 14
    assert [str(entry["message"]) for entry in viewer.driver.get_log("browser")] == []


def test_what_is_over_is_not_shown_as_standing(viewer: Viewer) -> None:
    """A page that is opened later takes back passes and exceptions whose time is over, says how old it is, and filters by that."""
    later = datetime(2026, 12, 16, 12, 0, tzinfo=UTC)
    viewer.show(boards.small())
    assert viewer.driver.find_element(By.ID, "old").is_displayed() is False
    fresh = viewer.ask("return document.querySelectorAll('.badge.passed, .badge.overridden, .badge.state-stands').length")
    viewer.show(boards.small(), when=later)
    gone = viewer.ask("return document.querySelectorAll('.badge.passed, .badge.overridden, .badge.state-stands').length")
    viewer.choose("filter-status", "lapsed")

    assert (fresh, gone) == (4, 0)
    assert {"passed-model", "overridden-model", "lapsed-model"} <= set(viewer.seen(MODELS))
    assert "made 20 days ago" in viewer.driver.find_element(By.ID, "old").text
    assert "4 entries have lapsed since" in viewer.driver.find_element(By.ID, "old").text


@pytest.mark.parametrize("page", ["index.html", f"models/{page_name('blocked-model')}"])
def test_a_page_asks_for_nothing_and_fits_a_phone(viewer: Viewer, page: str) -> None:
    """No complaint, no request, nothing wider than a phone; and even a script in the page reaches no address."""
    complaints = viewer.show(boards.small(), page, width=390)
    found = viewer.ask("return [performance.getEntriesByType('resource').length, document.documentElement.scrollWidth <= 390]")
    refused = viewer.driver.execute_async_script(
        "const done = arguments[0]; const seen = [];"
        "document.addEventListener('securitypolicyviolation', (event) => { seen.push(event.effectiveDirective); });"
        "const image = new Image(); image.src = 'https://gate.invalid/p.png';"
        "fetch('https://gate.invalid/').catch(() => setTimeout(() => done(seen.sort()), 50));"
    )
    viewer.driver.get_log("browser")

    assert (complaints, found, refused) == ([], [0, True], ["connect-src", "img-src"])


@pytest.mark.parametrize("page", ["index.html", "model"])
def test_names_do_not_act(viewer: Viewer, page: str) -> None:
    """Names, rules and reasons that are markup and scripts are read as text, also where the page's script writes them."""
    bad = "</script><img src=x onerror='window.bad=1'><script>window.bad=1</script>"
    entry = boards.model(bad, Status.OVERRIDDEN)
    points = [tuple(replace(point, rule=bad, feature=bad) for point in decided.points) for decided in entry.decisions]
    own = replace(
        entry,
        owner=bad,
        decisions=tuple(replace(decided, points=own, actor=bad) for decided, own in zip(entry.decisions, points, strict=True)),
        waived=(replace(boards.waived(bad), reason=bad),),
    )
    complaints = viewer.show(boards.board(own), page if page == "index.html" else f"models/{page_name(bad)}")
    text = viewer.ask("return document.body.innerText")

    assert (complaints, viewer.ask("return window.bad === undefined"), viewer.ask("return document.images.length")) == ([], True, 0)
    assert bad in text


@pytest.mark.parametrize(("dark", "width"), [(False, 1280), (True, 390)])
@pytest.mark.parametrize("page", ["index.html", *(f"models/{page_name(f'{name}-model')}" for name in ("blocked", "overridden", "lapsed"))])
def test_everybody_can_read_it(viewer: Viewer, axe: str, page: str, width: int, *, dark: bool) -> None:
    """axe-core finds no violation of WCAG 2.2 AA, with every table of numbers open."""
    viewer.show(boards.small(), page, width=width, dark=dark)
    viewer.ask("document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    viewer.ask(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = viewer.driver.execute_async_script(
        "const done = arguments[1]; axe.run(document, {runOnly: arguments[0]}).then((r) => done(r.violations.map((v) => [v.impact, v.id, v.nodes[0].html])));",
        tags,
    )

    assert found == []


def test_it_reads_without_javascript(viewer: Viewer) -> None:
    """Without scripts all tables, charts and changes are there, and no control that would do nothing."""
    viewer.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        viewer.show(boards.small(), f"models/{page_name('blocked-model')}")
        rows = viewer.driver.find_elements(By.CSS_SELECTOR, "#table-history tbody tr")
        charts = viewer.driver.find_elements(By.CSS_SELECTOR, "svg.trend")
        controls = [entry for entry in viewer.driver.find_elements(By.CSS_SELECTOR, "form, #compare-tool, button") if entry.is_displayed()]
        told = viewer.driver.find_element(By.CSS_SELECTOR, "#table-history").text
    finally:
        viewer.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert (len(rows), len(charts), controls) == (30, 4, [])
    assert "verdict passed → blocked" in told


def test_a_long_history_is_still_a_page(viewer: Viewer) -> None:
    """Ten models with 300 decisions each: the index stays small, a page lists and finds every decision, and its charts the newest."""
    complaints = viewer.show(boards.large(10, 300), f"models/{page_name('model-007')}")
    viewer.type("299")
    size = (viewer.folder / "site" / "index.html").stat().st_size

    assert (complaints, viewer.ask("return document.querySelectorAll('#table-history tbody tr').length")) == ([], 300)
    assert 0 < len(viewer.seen("#table-history tbody tr")) < 20
    assert size < 100_000
