"""Names, lists and plurals, as sentences need them."""

from collections.abc import Iterable

from gate.report.escape import SHORT, clean
from gate.report.figures import count

__all__ = ["listing", "name", "plural", "sentence"]


def name(text: str) -> str:
    """A name as it may stand in a sentence: one line, limited, quoted where a space at its edge would go unseen."""
    shown = clean(text, limit=SHORT)
    return shown if shown == shown.strip() and shown else f'"{shown}"'


def listing(items: Iterable[str], *, most: int = 5) -> str:
    """The items as prose: `a, b and c`, or `a, b and 7 more`."""
    shown = tuple(items)
    if len(shown) > most:
        shown = (*shown[: most - 1], f"{count(len(shown) - most + 1)} more")
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}" if shown else ""


def plural(amount: int, noun: str) -> str:
    """`1 row`, `1,989 rows`."""
    return f"{count(amount)} {noun}{'' if amount == 1 else 's'}"


def sentence(text: str) -> str:
    """The text with a capital, unless it begins with an id, and with a full stop."""
    words = text.strip(" ")
    first = words.partition(" ")[0]
    start = words[:1] if "_" in first else words[:1].upper()
    return f"{start}{words[1:].rstrip('.')}." if words else ""
