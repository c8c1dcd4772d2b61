"""The backends that the zoo tries, and what each guarantees, in the words of the models' headers."""

from dataclasses import dataclass

__all__ = ["BACKENDS", "Tried", "backend"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A backend under trial."""

    name: str
    guarantees: frozenset[str]

    def require(self) -> None:
        """Fail in a pipeline, skip elsewhere, where the machine does not allow this backend."""


BACKENDS = (Tried(name="none", guarantees=frozenset()),)


def backend(name: str) -> Tried:
    """The backend of this name."""
    return next(tried for tried in BACKENDS if tried.name == name)
