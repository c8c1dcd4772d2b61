"""The report in a real browser: it asks for nothing, complains of nothing, reads well, and its arithmetic is the gate's."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import samples
import scored
from browser import axe_core, browsing, seen_as
from card_texts import TEXTS, card
from selenium.webdriver import Chrome

from gate.core.counts import GroupCounts
from gate.core.decision import Decision, Finding
from gate.core.metric import Rate
from gate.core.model import WITHIN, DeclaredGroup, ExcludedGroup, ModelConfig, SensitiveFeature
from gate.core.policy import Evidence, Intersections, MinGroup, Policy, SmallIntersections
from gate.metrics.measures import measured
from gate.metrics.rates import Cells
from gate.report import html, page
from gate.report.whatif import COMPUTED

STEPS = 1024
SECTIONS = ("todo", "found", "groups", "pairs", "scores", "what-if", "coverage", "evidence", "champion", "looks", "promise", "provenance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """A browser and the folder whose pages it opens."""

    driver: Chrome
    folder: Path

    def show(self, written: str, *, scheme: str = "light", width: int = 1280) -> list[str]:
        """Open a page, and say what the browser complains of."""
        seen_as(self.driver, size=(width, 900), dark=scheme == "dark")
        path = self.folder / "report.html"
        path.write_text(written, encoding="utf-8")
        self.driver.get(path.as_uri())
        return [str(entry["message"]) for entry in self.driver.get_log("browser")]

    def ask(self, script: str, *values: object) -> Any:  # noqa: ANN401 -- JSON
        """What a script in the page returns."""
        return self.driver.execute_script(script, *values)


@pytest.fixture(scope="module")
def viewer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Viewer]:
    """One headless Chromium for the whole module."""
    folder = tmp_path_factory.mktemp("report")
    with browsing(folder) as opened:
        opened.set_script_timeout(300)
        yield Viewer(driver=opened, folder=folder)


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """axe-core's script, from its npm package."""
    return axe_core(tmp_path_factory.mktemp("axe"))


@pytest.fixture(scope="module")
def decision() -> Decision:
    """The scored holdout, judged at 0.5."""
    return scored.decided(scored.table(scored.rows(), 0.5))


BAD = {
    "scored": lambda: scored.decided(scored.table(scored.rows(), 0.5)),
    "hostile groups": lambda: scored.with_groups(0, tuple(scored.HOSTILE.values())),
    "hostile words": lambda: samples.hostile("</script><script>window.bad = 1</script>" * 250),
    "1,000 groups": lambda: scored.with_groups(1000),
    "no scores": samples.not_disproved,
}


@pytest.mark.parametrize("case", BAD)
def test_a_page_asks_for_nothing_and_nothing_acts(viewer: Viewer, case: str) -> None:
    """No complaint, no request, nothing wider than a phone, and no script but ours has run."""
    complaints = viewer.show(page.render(BAD[case]()), width=390)
    found = viewer.ask("return [performance.getEntriesByType('resource').length, window.bad === undefined, document.documentElement.scrollWidth <= 390]")

    assert (complaints, found) == ([], [0, True, True])


def test_the_policy_of_the_page_lets_nothing_be_asked(viewer: Viewer, decision: Decision) -> None:
    """Even a script that runs in the page reaches no address: the page's own policy refuses it."""
    viewer.show(page.render(decision))
    said = viewer.driver.execute_async_script(
        "const done = arguments[0]; const seen = [];"
        "document.addEventListener('securitypolicyviolation', (event) => { seen.push(event.effectiveDirective); });"
        "const image = new Image(); image.src = 'https://gate.invalid/p.png';"
        "fetch('https://gate.invalid/').catch(() => setTimeout(() => done(seen.sort()), 50));"
    )

    assert said == ["connect-src", "img-src"]


@pytest.mark.parametrize(
    ("scheme", "width", "reader"), [("light", 1280, "engineer"), ("dark", 390, "engineer"), ("light", 390, "affected"), ("dark", 1280, "affected")]
)
def test_everybody_can_read_it(viewer: Viewer, axe: str, decision: Decision, scheme: str, width: int, reader: str) -> None:
    """axe-core finds no serious or critical violation of WCAG 2.2 AA, with every table of numbers open."""
    viewer.show(page.render(decision), scheme=scheme, width=width)
    viewer.ask("document.querySelectorAll('details').forEach((part) => { part.open = true; }); whatif.preset('opportunity')")
    viewer.ask("document.getElementById(`reader-${arguments[0]}`).click()", reader)

    assert _violations(viewer, axe) == []


def _violations(viewer: Viewer, axe: str) -> list[list[str]]:
    """What axe-core calls serious or critical."""
    viewer.ask(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found: list[list[str]] = viewer.driver.execute_async_script(
        "const done = arguments[1]; axe.run(document, {runOnly: arguments[0]}).then((r) => done(r.violations.map((v) => [v.impact, v.id, v.nodes[0].html])));",
        tags,
    )
    return [entry for entry in found if entry[0] in {"serious", "critical"}]


READERS = {
    "engineer": SECTIONS,
    "reviewer": tuple(section for section in SECTIONS if section not in {"pairs", "scores", "what-if"}),
    "affected": ("about-you",),
}
"""What each reader sees."""


@pytest.mark.parametrize("reader", READERS)
def test_one_switch_says_who_reads(viewer: Viewer, decision: Decision, reader: str) -> None:
    """By mouse or keyboard and without JavaScript, each reader sees what is for them, links lead to nothing hidden, and the verdict always stands on top."""
    viewer.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        viewer.show(page.render(decision))
        viewer.driver.find_element("css selector", f"label:has(#reader-{reader})").click()
        shown = [heading.get_attribute("id") for heading in viewer.driver.find_elements("css selector", "h2") if heading.is_displayed()]
        links = [link.get_dom_attribute("href") for link in viewer.driver.find_elements("css selector", "nav a") if link.is_displayed()]
        word = viewer.driver.find_element("css selector", "h1").is_displayed()
    finally:
        viewer.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert (tuple(shown), word) == (READERS[reader], True)
    assert {link.lstrip("#") for link in links if link} <= set(shown)


def test_it_reads_without_javascript(viewer: Viewer, decision: Decision) -> None:
    """Without scripts every section is there, the explorer says why it is not, and nothing else is missing."""
    viewer.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        viewer.show(page.render(decision))
        seen = viewer.driver.find_elements("css selector", "h2")
        ids = [heading.get_attribute("id") for heading in seen if heading.is_displayed()]
        without = viewer.driver.find_element("id", "whatif-without").is_displayed(), viewer.driver.find_element("id", "whatif").is_displayed()
    finally:
        viewer.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})

    assert (tuple(ids), without) == (SECTIONS, (True, False))


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_card_holds_any_text(viewer: Viewer, axe: str, scheme: str, width: int) -> None:
    """Of 8,000 characters without a space, in any script, with markup: on the card they stay in their place, do nothing, and can be read by everybody."""
    decision = samples.passed()
    complaints = viewer.show(html.render(replace(decision, facts=replace(decision.facts, card=card()))), scheme=scheme, width=width)
    found = viewer.ask(
        "const all = [...document.querySelectorAll('main *')].map((part) => part.getBoundingClientRect());"
        "return [document.documentElement.scrollWidth <= arguments[0], all.every((box) => box.right <= arguments[0] + 1 && box.left >= -1),"
        "document.querySelectorAll('script, img, main a').length, window.bad === undefined,"
        "getComputedStyle(document.querySelectorAll('.written')[5]).direction]",
        width,
    )
    shown = viewer.ask("return [...document.querySelectorAll('h3.feature + .written')].length")

    assert (complaints, found, shown) == ([], [True, True, 0, True, "rtl"], len(TEXTS))
    assert _violations(viewer, axe) == []


PAPER = 690
"""CSS pixels between the margins of a sheet of A4."""
PRINTED = {
    "report": lambda: page.render(scored.unplanned(scored.table(scored.rows(700, 5), 0.5))),
    "report of hostile groups": lambda: page.render(scored.with_groups(0, tuple(scored.HOSTILE.values()))),
    "card": lambda: html.render(samples.blocked()),
    "card of hostile words": lambda: html.render(samples.hostile("</script><script>window.bad = 1</script>" * 250)),
}


@pytest.mark.parametrize("case", PRINTED)
def test_it_can_be_printed(viewer: Viewer, case: str) -> None:
    """On paper nothing is wider than the sheet or cut off, every table of numbers is open, no row or chart is parted, and nothing to click is left."""
    viewer.show(PRINTED[case](), width=PAPER)
    viewer.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        cut, closed, shown, parted = viewer.ask(
            "const all = (query) => [...document.querySelectorAll(query)];"
            "const wide = [document.documentElement, ...all('.scroll')].filter((part) => part.scrollWidth > part.clientWidth + 1);"
            "const closed = all('details').filter((part) => part.lastElementChild.getBoundingClientRect().height === 0);"
            "const shown = all('.reader, nav, .controls, .slides').filter((part) => part.checkVisibility());"
            "const parted = all('tr, figure, .heat, .story, .forest').filter((part) => getComputedStyle(part).breakInside !== 'avoid');"
            "return [wide, closed, shown, parted].map((found) => found.map((part) => part.outerHTML.slice(0, 200)));"
        )
        printed = viewer.driver.execute_cdp_cmd("Page.printToPDF", {})
    finally:
        viewer.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})

    assert (cut, closed, shown, parted) == ([], [], [], [])
    assert printed["data"].startswith("JVBER")


# ------------------------------------------------------------------------------------------------------- arithmetic


def _wanted(finding: Finding) -> tuple[str, tuple[float | None, ...]]:
    """Outcome and numbers of the judgement; limits only where they are recorded."""
    return finding.outcome.value, (finding.value, finding.lower, finding.upper) if finding.levels else (finding.value,)


def _differences(found: Sequence[Mapping[str, Any]], findings: Sequence[Finding]) -> Iterator[str]:
    """Where the page says something else than the gate."""
    for entry, finding in zip(found, (finding for finding in findings if finding.metric is not None), strict=True):
        if "say" in entry:
            continue
        outcome, numbers = _wanted(finding)
        own = [entry[key] for key in ("value", "lower", "upper")][: len(numbers)]
        same = all(one is other if one is None or other is None else abs(one - other) <= 1e-9 for one, other in zip(own, numbers, strict=True))
        if not same or entry["outcome"] != outcome:
            yield f"{finding.rule} {finding.feature}: {entry['outcome']} {own}, judged {outcome} {numbers}"


def test_the_explorer_counts_and_judges_as_the_gate(viewer: Viewer, decision: Decision) -> None:
    """At 20 random thresholds, for everybody or one a race, counts, rates, limits and outcomes are those of the rows themselves."""
    viewer.show(page.render(decision))
    rng, found_rows, computed = np.random.default_rng(20261126), scored.rows(), 0
    for turn in range(20):
        places = [int(place) for place in rng.integers(150, 900, 3 if turn % 2 else 1)]
        cut = dict(zip(scored.RACES, [place / STEPS for place in places], strict=True)) if turn % 2 else places[0] / STEPS
        table = scored.table(found_rows, cut)
        said = viewer.ask("return whatif.at(arguments[0], arguments[1])", *((STEPS // 2, [0, places]) if turn % 2 else (places[0], None)))
        names = {"tp": "tp", "fp": "fp", "tn": "tn", "fn": "fn", "us": "unlabelled_selected", "ur": "unlabelled_rejected"}
        races = [{short: getattr(entry.counts, cell) for short, cell in names.items()} for entry in table.of("race")]

        assert [{short: group[short] for short in names} for group in said["groups"][0]] == races
        assert {short: said["overall"][short] for short in names} == {short: getattr(table.overall, cell) for short, cell in names.items()}
        assert list(_differences(said["outcomes"], scored.unplanned(table).judgement.findings)) == []
        computed += sum("say" not in entry for entry in said["outcomes"])
        shown = viewer.ask("return whatif.rates(arguments[0])", said["overall"])
        for rate in sorted(COMPUTED):
            limits = measured(Rate(rate), Cells.of([table.overall]), (), level=0.05)
            assert [shown[rate][key] for key in ("value", "lower", "upper")] == pytest.approx([limits.value[0], limits.lower[0], limits.upper[0]], abs=1e-9)

    assert computed > 400


def _declared(**roles: object) -> ModelConfig:
    race, sex = scored.MODEL.sensitive_features
    return replace(scored.MODEL, sensitive_features=(replace(race, **roles), sex))  # type: ignore[arg-type]


DECLARATIONS: Mapping[str, tuple[ModelConfig, Evidence]] = {
    "reference": (_declared(reference="white"), Evidence(intersections=Intersections(depth=2))),
    "protected": (_declared(protected=("black",)), Evidence(intersections=Intersections(depth=2))),
    "excluded": (_declared(exclude=(ExcludedGroup(group="hispanic", why="few", max_share=0.5),)), Evidence(intersections=Intersections(depth=2))),
    "block": (scored.MODEL, Evidence(intersections=Intersections(depth=2), small_intersections=SmallIntersections.BLOCK, min_group=MinGroup(rows=80))),
}


@pytest.mark.parametrize("case", DECLARATIONS)
def test_the_explorer_heeds_the_declaration(viewer: Viewer, case: str) -> None:
    """References, protected and excluded groups, small groups and few rows count in the page as they count in the gate, also at the ends of the scale."""
    model, evidence = DECLARATIONS[case]
    policy: Policy = replace(scored.POLICY, evidence=evidence)
    few = scored.rows(700, 5)
    viewer.show(page.render(scored.unplanned(scored.table(few, 0.5), policy, model, look=None)))
    for place in (0, 300, 560, 1000, 1023):
        said = viewer.ask("return whatif.at(arguments[0], null).outcomes", place)
        judged = scored.unplanned(scored.table(few, place / STEPS), policy, model, look=None).judgement.findings

        assert list(_differences(said, judged)) == []


def _stratified(cut: float | Mapping[str, float]) -> Decision:
    """Few rows, whose races are compared within two regions too, at a threshold, or at one for each race."""
    found = scored.rows(700, 5)
    region = SensitiveFeature(name="region", column="region", groups=tuple(DeclaredGroup(name=name, value=name) for name in ("north", "south")))
    north = np.arange(len(found.race)) % 2 == 0
    cuts = np.full(len(scored.RACES) + 1, cut) if isinstance(cut, float) else np.array([*(cut[race] for race in scored.RACES), 0.5])
    selected = found.score >= cuts[found.race]
    sides = {"north": north, "south": ~north}
    places = {"race": (scored.RACES, found.race), "sex": (scored.SEXES, found.sex)}
    strata = [
        (f"{feature}{WITHIN}region", f"{group}{WITHIN}{name}", (column == place) & side)
        for feature, (groups, column) in places.items()
        for name, side in sides.items()
        for place, group in enumerate(groups)
    ]
    masks = [*(("region", name, side) for name, side in sides.items()), *strata]
    entries = tuple(
        GroupCounts(feature=feature, group=group, counts=scored._counts(found, selected, mask), statistics=scored._statistics(found, mask))
        for feature, group, mask in masks
    )
    table = scored.table(found, cut)
    within = replace(scored.POLICY.rules[0], id="within", control_features=("region",), features=("race",))
    policy = replace(scored.POLICY, rules=(*scored.POLICY.rules, within))
    return scored.unplanned(replace(table, groups=(*table.groups, *entries)), policy, replace(scored.MODEL, control_features=(region,)), look=None)


def _within(said: Sequence[Mapping[str, Any]], judged: Sequence[Finding]) -> list[tuple[Mapping[str, Any], Finding]]:
    return [(entry, finding) for entry, finding in zip(said, judged, strict=True) if finding.rule == "within"]


def test_strata_come_to_what_the_gate_finds(viewer: Viewer) -> None:
    """A rule within strata counts as the gate counts it, with one threshold and with one for each race, of which every stratum holds whole groups."""
    complaints = viewer.show(page.render(_stratified(0.5)))
    single = [0, 300, 400, 512, 700]
    outcomes = set()
    for place in single:
        said = viewer.ask("return whatif.at(arguments[0], null).outcomes", place)
        judged = [finding for finding in _stratified(place / STEPS).judgement.findings if finding.metric is not None]
        outcomes |= {entry["outcome"] for entry, _ in _within(said, judged)}

        assert list(_differences(said, judged)) == []
    said = viewer.ask("return whatif.at(512, [0, [300, 400, 500]]).outcomes")
    cuts = dict(zip(scored.RACES, (300 / STEPS, 400 / STEPS, 500 / STEPS), strict=True))
    judged = [finding for finding in _stratified(cuts).judgement.findings if finding.metric is not None]
    apart = _within(said, judged)

    assert (complaints, outcomes - {"pass", "fail", "inconclusive"}) == ([], set())
    assert [entry["outcome"] for entry, _ in apart] == [finding.outcome.value for _, finding in apart] != []
    assert [entry["value"] for entry, _ in apart] == pytest.approx([finding.value for _, finding in apart], abs=1e-9)


def test_presets_do_what_they_are_called(viewer: Viewer, decision: Decision) -> None:
    """Demographic parity brings selection rates together, equal opportunity true positive rates; no threshold is more accurate than the most accurate."""
    viewer.show(page.render(decision))
    rows = scored.rows()
    parity, opportunity = (viewer.ask("return whatif.preset(arguments[0])", name) for name in ("parity", "opportunity"))
    accurate = viewer.ask("return whatif.preset('accuracy')")["single"]
    selected = [
        entry.counts.selected / entry.counts.rows
        for entry in scored.table(rows, dict(zip(scored.RACES, [k / STEPS for k in parity["each"]], strict=True))).of("race")
    ]
    found = [
        entry.counts.tp / entry.counts.positives
        for entry in scored.table(rows, dict(zip(scored.RACES, [k / STEPS for k in opportunity["each"]], strict=True))).of("race")
    ]
    known = rows.label >= 0
    right = {place: int(np.sum((rows.score[known] >= place / STEPS) == (rows.label[known] == 1))) for place in range(STEPS)}

    assert (max(selected) - min(selected) < 0.02, max(found) - min(found) < 0.02) == (True, True)
    assert right[accurate] == max(right.values())


def test_moving_a_slider_updates_the_tables_at_once(viewer: Viewer, decision: Decision) -> None:
    """What is shown follows the slider and the costs, and nowhere does the explorer speak of a verdict."""
    viewer.show(page.render(decision))
    before = viewer.ask("return document.getElementById('whatif-rates').textContent")
    viewer.ask(
        "const slider = document.querySelector('#whatif-thresholds input'); slider.value = 700; slider.dispatchEvent(new Event('input'));"
        "const cost = document.getElementById('whatif-fn'); cost.value = '5'; cost.dispatchEvent(new Event('input'));"
    )
    drawn = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(document.getElementById('whatif').textContent)))"
    after = viewer.driver.execute_async_script(drawn)
    table = scored.table(scored.rows(), 700 / STEPS).overall
    cost = (table.fp + 5 * table.fn) * 100 / table.labelled

    assert before not in after
    assert all(words in after for words in ("0.6836", f"{table.selected / table.rows * 100:.1f} %", f"{cost:.1f}"))
    assert not any(word in after for word in ("PASSED", "BLOCKED", "verdict"))


def test_the_data_of_the_page_are_counts(decision: Decision) -> None:
    """What is embedded are names of groups, whole numbers and the rules' bounds: no score and no row."""
    written = page.render(decision)
    document = json.loads(written.split('id="whatif-data">')[1].split("</script>")[0])
    numbers = [number for feature in document["features"] for group in feature["groups"] for label in group["rows"] for number in label]

    assert set(document) == {"bins", "start", "whole", "features", "rules"}
    assert all(type(number) is int for number in numbers)
    assert sum(sum(label[1::2]) for label in document["whole"]) == decision.counts.overall.rows
