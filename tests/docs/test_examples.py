"""Every example of the documentation is executed, in temporary folders, in the order in which a reader meets it.

A section (`## …`) is one story with one folder. A fenced block after a line that is only a file's name in backquotes
and a colon is written to that file; the lines of a `console` block that begin with `$ ` are run in a shell, the others
are what they print, with `…` for whatever is left out.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md"), *ROOT.glob("pipelines/*.md")])
NOT_RUN = ("make ", "pip install ", "source .venv/bin/activate", "mlflow ui ")
"""Commands that install, repeat other tests or start a server: looked at in other ways."""
CONTINUES = re.compile(r"README\.md#([a-z0-9-]+)\)")
"""A section that starts with a link to a section of the README continues in its folder."""
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`([\w./-]+)`:\s*\Z")
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its language, its text, and the file that it is."""

    language: str
    text: str
    file: str | None

    @property
    def commands(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Commands with the lines that they print."""
        found: list[tuple[str, list[str]]] = []
        for line in self.text.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            else:
                found[-1][1].append(line)
        return tuple((command, tuple(lines)) for command, lines in found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One story: a page, a heading, and the text below it."""

    page: Path
    heading: str
    text: str

    @property
    def name(self) -> str:
        """The page and the anchor of the heading."""
        return f"{self.page.relative_to(ROOT).as_posix()}#{_anchor(self.heading)}"

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The fenced blocks, in order."""
        found = []
        for fence in _FENCE.finditer(self.text):
            named = _FILE.search(self.text[: fence.start()])
            found.append(Block(language=fence[1], text=fence[2], file=named[1] if named else None))
        return tuple(found)

    @property
    def commands(self) -> tuple[str, ...]:
        """Every command of the section."""
        return tuple(command for block in self.blocks if block.language == "console" for command, _ in block.commands)

    @property
    def runs(self) -> bool:
        """Whether any of them is executed here."""
        return any(not command.startswith(NOT_RUN) for command in self.commands)

    @property
    def needs_mlflow(self) -> bool:
        """Whether a registry is part of the story."""
        return any("--tracking-uri" in command for command in self.commands)

    @property
    def needs_spark(self) -> bool:
        """Whether rows are counted by Spark, which lies in a folder of its own."""
        return "\nengine: spark\n" in self.text

    @property
    def continued(self) -> str | None:
        """The README's section in whose folder this one continues."""
        found = CONTINUES.search(self.text) if self.page.name != "README.md" else None
        return f"README.md#{found[1]}" if found else None


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _sections() -> Iterator[Section]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        starts = [*_HEADING.finditer(text)]
        ends = [*(heading.start() for heading in starts[1:]), len(text)]
        for heading, end in zip(starts, ends if starts else [], strict=True):
            yield Section(page=page, heading=heading[1], text=text[heading.end() : end])


SECTIONS = {section.name: section for section in _sections()}
TOLD_BY_OTHERS = {section.continued for section in SECTIONS.values()}
STORIES = [
    pytest.param(name, marks=[pytest.mark.mlflow] * section.needs_mlflow + [pytest.mark.spark] * section.needs_spark)
    for name, section in SECTIONS.items()
    if section.runs and name not in TOLD_BY_OTHERS
]


def _run(command: str, folder: Path, before: int, first: Path | None) -> subprocess.CompletedProcess[str]:
    """The command in a shell that remembers how the one before ended; what lies in the folder `first` is found first."""
    path = os.pathsep.join([*([str(first)] if first else []), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "NO_COLOR": "1"}
    environment |= {name: os.environ[name] for name in ("PYTHONPATH", "JAVA_HOME") if name in os.environ}
    script = f"(exit {before}); {command}"
    return subprocess.run(["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False)


def _unseen(shown: tuple[str, ...], printed: list[str]) -> list[str]:
    """The shown lines that are not printed, in this order."""
    rest, unseen = iter(printed), []
    for line in shown:
        pattern = re.compile(".*".join(re.escape(part) for part in line.rstrip().split("…")))
        if line.strip() != "…" and not any(pattern.fullmatch(candidate.rstrip()) for candidate in rest):
            unseen.append(line)
            break
    return unseen


def _told(section: Section, folder: Path, first: Path | None) -> list[str]:
    """Tell the story in the folder; what did not come out as written."""
    wrong, code = [], 0
    for block in section.blocks:
        if block.file is not None:
            (folder / block.file).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.file).write_text(block.text, encoding="utf-8")
        for command, shown in block.commands if block.language == "console" else ():
            if command.startswith(NOT_RUN):
                continue
            result = _run(command, folder, code, first)
            code = result.returncode
            missing = _unseen(shown, [*result.stdout.splitlines(), *result.stderr.splitlines()])
            if missing or code == 4 or (not shown and code):
                wrong.append(f"$ {command}\nexit code {code}, not printed: {missing}\n{result.stdout}{result.stderr}")
    return wrong


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, list[str]]]:
    """The folder of a section of the README after its story, told once, and what did not come out as written."""

    @cache
    def told(name: str) -> tuple[Path, list[str]]:
        folder = tmp_path_factory.mktemp("readme")
        return folder, _told(SECTIONS[name], folder, None)

    return told


@pytest.mark.parametrize("name", STORIES)
def test_an_example_does_what_the_page_says(name: str, tmp_path: Path, begun: Callable[[str], tuple[Path, list[str]]], quick_gate: Path) -> None:
    """Every command can be pasted, and prints what stands below it. The README's, and those for Spark, start the installed program."""
    section = SECTIONS[name]
    first = None if section.page.name == "README.md" or section.needs_spark else quick_gate
    before: list[str] = []
    if section.continued:
        folder, before = begun(section.continued)
        shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    wrong = [*before, *_told(section, tmp_path, first)]

    assert "\n".join(wrong) == ""


def test_the_readme_and_every_guide_has_an_example() -> None:
    """No guide is only prose: each has at least one command that is executed."""
    running = {section.page for section in SECTIONS.values() if section.runs}

    assert {ROOT / "README.md", *ROOT.glob("docs/how-to/*.md")} <= running


def test_commands_that_are_not_run_here_exist() -> None:
    """Every `make` command of the documentation is a target of the Makefile."""
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for section in SECTIONS.values() for command in section.commands if command.startswith("make ") for word in shlex.split(command)[1:]}

    assert {"demo", "test"} <= named <= targets


def test_no_command_is_hidden_from_the_tests() -> None:
    """A line that looks like a command stands in a `console` block, where it is executed."""
    texts = [(section.name, block) for section in SECTIONS.values() for block in section.blocks if block.language not in {"console", "text"}]

    assert [name for name, block in texts if re.search(r"^\$ ", block.text, re.MULTILINE)] == []
