"""Strict YAML: the scalars of YAML 1.2's core schema, nothing that surprises, and the place of every value.

PyYAML only cuts the text into events here; what an event means is decided below. Anchors, aliases, tags, merge keys,
directives, duplicate keys and numbers that people misread are refused, so that a reviewer sees what the gate sees.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import yaml

from gate.policy.problems import FaultyFileError, KeyPath, Mark, Problem, quoted, spelled
from gate.policy.scalars import MisreadError, Scalar, plain_scalar

if TYPE_CHECKING:
    from yaml import SafeLoader as _Engine
else:
    try:
        from yaml import CSafeLoader as _Engine  # libyaml, twenty times as fast
    except ImportError:  # pragma: no cover - PyYAML built without libyaml
        from yaml import SafeLoader as _Engine

__all__ = ["Plain", "Tree", "load", "no_scalar_keys"]

Plain: TypeAlias = "Scalar | list[Plain] | dict[Scalar, Plain] | None"
"""What a document can hold. Keys are text, except where the caller allows other scalars."""

_MAX_BYTES = 1024 * 1024
_MAX_DEPTH = 50

_FORBIDDEN = re.compile(r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
"""Control characters, surrogates, byte-order marks inside the text, and separators that only some readers call a line end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A document with the places of its values and keys."""

    value: Plain
    values: Mapping[KeyPath, Mark]
    keys: Mapping[KeyPath, Mark]

    def mark(self, path: KeyPath, *, at_key: bool = False) -> Mark:
        """The place of the value (or key) at `path`; of the nearest enclosing value where there is none."""
        if at_key and path in self.keys:
            return self.keys[path]
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Mark())


def no_scalar_keys(_: KeyPath) -> bool:
    """Keys are text everywhere."""
    return False


def load(data: bytes, *, path: Path, error: type[FaultyFileError], scalar_keys: Callable[[KeyPath], bool] = no_scalar_keys) -> Tree:
    """Read one YAML document.

    Args:
        data: the file's bytes, UTF-8.
        path: the file's name, for messages.
        error: what to raise.
        scalar_keys: says whether the mapping at a path may have numbers and booleans as keys.

    Raises:
        FaultyFileError: `error`, with every problem up to the first that breaks the syntax.
    """
    text = _decoded(data, path, error)
    reader = _Reader(path, scalar_keys)
    try:
        value = reader.document(iter(yaml.parse(text, Loader=_Engine)))
    except _BrokenError as broken:
        reader.report(broken.mark, str(broken), broken.next_step)
        value = None
    except (yaml.YAMLError, ValueError) as broken:  # ValueError: PyYAML's own scanner on `"\U00110000"`
        reader.report(_mark(getattr(broken, "problem_mark", None)), f"this is not YAML: {_syntax(broken)}")
        value = None
    if reader.problems:
        raise error(reader.problems)
    return Tree(value=value, values=reader.values, keys=reader.keys)


def _decoded(data: bytes, path: Path, error: type[FaultyFileError]) -> str:
    """The text of the file, without a byte-order mark."""
    if len(data) > _MAX_BYTES:
        raise error([Problem(path=path, message=f"the file is larger than {_MAX_BYTES} bytes", next_step="Nobody can review it: split it.")])
    try:
        text = data.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as broken:
        before = data[: broken.start].decode("utf-8")
        raise error([Problem(path=path, message="the file is not UTF-8", next_step="Save it as UTF-8.", mark=_end(before))]) from None
    if found := _FORBIDDEN.search(text):
        message = f"the file holds the control character {found.group()!r}"
        raise error([Problem(path=path, message=message, next_step="Remove it.", mark=_end(text[: found.start()]))])
    return text


def _end(text: str) -> Mark:
    """The place just after `text`."""
    return Mark(line=text.count("\n") + 1, column=len(text) - (text.rfind("\n") + 1) + 1)


def _mark(mark: object) -> Mark:
    """PyYAML's mark, counted from 1; the first place where there is none."""
    return Mark(line=getattr(mark, "line", 0) + 1, column=getattr(mark, "column", 0) + 1)


def _syntax(broken: Exception) -> str:
    """What PyYAML says, on one line."""
    parts = (getattr(broken, "context", None), getattr(broken, "problem", None))
    return ", ".join(part for part in parts if part) or "it cannot be read"


class _BrokenError(Exception):
    """The document cannot be read on from here."""

    def __init__(self, message: str, next_step: str, mark: Mark) -> None:
        super().__init__(message)
        self.next_step = next_step
        self.mark = mark


class _Reader:
    """Builds values from events, and notes places and problems on the way."""

    def __init__(self, path: Path, scalar_keys: Callable[[KeyPath], bool]) -> None:
        self.path = path
        self.scalar_keys = scalar_keys
        self.problems: list[Problem] = []
        self.values: dict[KeyPath, Mark] = {}
        self.keys: dict[KeyPath, Mark] = {}

    def report(self, mark: Mark, message: str, next_step: str = "") -> None:
        """Note a problem."""
        self.problems.append(Problem(path=self.path, message=message, next_step=next_step, mark=mark))

    def document(self, events: Iterator[yaml.Event]) -> Plain:
        """The only document of the stream; None when there is none."""
        value: Plain = None
        seen = False
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                if seen:
                    raise _BrokenError("a second document begins here", "Keep one document per file.", _mark(event.start_mark))
                seen = True
                self._directives(event)
                value = self._node(next(events), events, ())
        return value

    def _directives(self, event: yaml.DocumentStartEvent) -> None:
        if event.version or event.tags:
            self.report(_mark(event.start_mark), "YAML directives are not accepted", "Remove the line that begins with %.")

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], path: KeyPath) -> Plain:
        """The value that begins with `event`."""
        mark = _mark(event.start_mark)
        self.values[path] = mark
        if len(path) > _MAX_DEPTH:
            raise _BrokenError(f"values are nested deeper than {_MAX_DEPTH} levels", "Flatten the file.", mark)
        self._refuse_sharing(event, mark)
        match event:
            case yaml.ScalarEvent():
                return self._scalar(event, mark)
            case yaml.SequenceStartEvent():
                return self._list(events, path)
            case yaml.MappingStartEvent():
                return self._mapping(events, path)
            case _:
                return None

    def _refuse_sharing(self, event: yaml.Event, mark: Mark) -> None:
        if isinstance(event, yaml.AliasEvent):
            self.report(mark, f"aliases such as *{event.anchor} are not accepted", "Write the value out, or quote it if it is text.")
        elif getattr(event, "anchor", None):
            self.report(mark, f"anchors such as &{getattr(event, 'anchor', '')} are not accepted", "Remove it, or quote the value if it is text.")
        if tag := getattr(event, "tag", None):
            self.report(mark, f"tags such as {quoted(tag)} are not accepted", "Remove it, or quote the value if it is text.")

    def _scalar(self, event: yaml.ScalarEvent, mark: Mark) -> Scalar | None:
        text: str = event.value
        if event.style in {None, ""}:
            try:
                return plain_scalar(text)
            except MisreadError as misread:
                self.report(mark, str(misread), misread.next_step)
        elif found := _FORBIDDEN.search(text):
            self.report(mark, f"the text holds the control character {found.group()!r}", "Remove it.")
        return text

    def _list(self, events: Iterator[yaml.Event], path: KeyPath) -> list[Plain]:
        items: list[Plain] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            items.append(self._node(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[yaml.Event], path: KeyPath) -> dict[Scalar, Plain]:
        entries: dict[Scalar, Plain] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            mark = _mark(event.start_mark)
            key = self._key(event, mark, path)
            if key in entries:
                before = self.keys[(*path, key)].line
                self.report(mark, f"the key {quoted(key)} stands twice in the same mapping, first on line {before}", "Keep one of them.")
            self.keys.setdefault((*path, key), mark)
            entries.setdefault(key, self._node(next(events), events, (*path, key)))
        return entries

    def _key(self, event: yaml.Event, mark: Mark, path: KeyPath) -> Scalar:
        if not isinstance(event, yaml.ScalarEvent):
            if isinstance(event, yaml.AliasEvent):
                self._refuse_sharing(event, mark)
                return f"*{event.anchor}"
            raise _BrokenError("a key must be a single word or text", "A key cannot be a list or a mapping.", mark)
        self._refuse_sharing(event, mark)
        key = self._scalar(event, mark)
        if key == "<<" and event.style in {None, ""}:
            self.report(mark, "merge keys (<<) are not accepted", "Write the keys out.")
        if isinstance(key, str) or (key is not None and self.scalar_keys(path)):
            return key
        place = f" of {spelled(path)}" if path else ""
        self.report(mark, f"the key {quoted(key)}{place} is not text", "Quote it.")
        return event.value
