"""Whether what a model requires is installed here, by its own list, asked before any of its code runs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata

from packaging.requirements import InvalidRequirement, Requirement

__all__ = ["Compared", "compare", "installed_version", "parsed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """How a list of requirements compares with what is installed.

    Args:
        missing: requirements of which nothing is installed.
        differing: requirements of which another version is installed, in words.
    """

    missing: tuple[str, ...] = ()
    differing: tuple[str, ...] = ()


def installed_version(name: str) -> str | None:
    """The version of a distribution that is installed here; None when it is not."""
    try:
        return metadata.version(name)
    except (metadata.PackageNotFoundError, ValueError):
        return None


def compare(lines: Iterable[str], *, installed: Callable[[str], str | None] = installed_version) -> Compared:
    """The requirements of a model beside what is installed here; those for other systems, and lines that name no package, do not count."""
    missing, differing = [], []
    for line in lines:
        wanted = parsed(line)
        if wanted is None or (wanted.marker is not None and not wanted.marker.evaluate({"extra": ""})):
            continue
        if (found := installed(wanted.name)) is None:
            missing.append(line)
        elif not wanted.specifier.contains(found.partition("+")[0], prereleases=True) and not wanted.specifier.contains(found, prereleases=True):
            differing.append(f"{wanted.name}{wanted.specifier}, here {found}")
    return Compared(missing=tuple(missing), differing=tuple(differing))


def parsed(line: str) -> Requirement | None:
    """A line of requirements.txt; None when it is no requirement of a package."""
    text = line.partition(" #")[0].partition(" --")[0].strip()
    try:
        return Requirement(text)
    except InvalidRequirement:
        return None
