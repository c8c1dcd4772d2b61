"""Links between the pages of the documentation lead somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", ".github/**/*.md", "pipelines/**/*.md", "policies/*.md")
    for page in ROOT.glob(pattern)
    if ".venv" not in page.parts
)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"```.*?^\s*```|`[^`\n]*`", re.DOTALL | re.MULTILINE)


def _text(page: Path) -> str:
    """The page without code."""
    return _CODE.sub("", page.read_text(encoding="utf-8"))


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def _broken(page: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    return not target.exists() or bool(anchor and anchor not in _anchors(target))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_page_that_exists(page: Path) -> None:
    """A relative link names a file of the repository, and its anchor a heading there."""
    links = [link for link in _LINK.findall(_text(page)) if not link.startswith(("https://", "mailto:"))]

    assert [link for link in links if _broken(page, link)] == []


def test_the_readme_leads_to_every_page() -> None:
    """Nobody has to list folders to find a page: each is linked from the README."""
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in _LINK.findall(_text(ROOT / "README.md")) if "://" not in link}

    assert [page for page in ROOT.glob("docs/**/*.md") if page.resolve() not in linked] == []


def test_decisions_are_numbered_without_gaps() -> None:
    """Decision records are 0001, 0002, …, and each says context, decision and consequences."""
    records = sorted((ROOT / ".github" / "decisions").glob("*.md"))
    headings = {record.name: re.findall(r"^## (.*)$", record.read_text(encoding="utf-8"), re.MULTILINE) for record in records}

    assert [f"{number:04d}" for number in range(1, len(records) + 1)] == [record.name[:4] for record in records]
    assert {tuple(found) for found in headings.values()} == {("Context", "Decision", "Consequences")}
