r"""One escaping function per sink: what a stranger wrote is shown, and never acts.

Three things can act: characters that move the cursor or the reading direction (shown as `\x1b`, `\u202e`), markup of
the sink (escaped in the sink's own way), and sequences that a CI runner or a forge obeys, such as `::set-output` and
`@team` (parted by a visible space). Two names that differ only in an invisible character are shown to differ.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit

__all__ = ["LONG", "SHORT", "clean", "code", "inert", "link", "markdown", "terminal", "terminal_lines"]

SHORT = 200
"""Characters that a name may take."""
LONG = 4_000
"""Characters that a sentence may take."""

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_COMMANDS = re.compile(r":(?=:)|##(?=\w*\[)")
_LINE_COMMAND = re.compile(r"(?m)^([^\S\n]*:)(?=:)")
_AUTOLINKS = re.compile(r"@(?=\w)|:(?=//)|\bwww(?=\.)|\bmailto(?=:)", re.IGNORECASE)
_ENTITIES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "|": "&#124;", "$": "&#36;", **{sign: f"\\{sign}" for sign in "\\`*_[]~#"}})
_EMBEDDED = re.compile(r"\](?=\()")
_LIST_MARK = re.compile(r"^([-+](?=[\s-]|$)|\d+[.)](?=\s|$))")
_URL_SIGNS = "/:?#@!$&'*+,;=%~-._"
_PLAIN_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._×-]*|sha256:[0-9a-f]{64}")


def clean(text: str, *, limit: int = LONG) -> str:
    """The text on one line, every invisible character spelled out, cut to `limit` characters with `…`."""
    shown = "".join(sign if sign == " " or unicodedata.category(sign) not in _UNSEEN else _spelled(sign) for sign in text[: limit + 1])
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"


def terminal(text: str, *, limit: int = LONG) -> str:
    """The text for a CI log: no control character, no new line, no workflow command."""
    return _parted(_COMMANDS, clean(text, limit=limit))


def terminal_lines(text: str) -> str:
    """A finished log in which no line begins with a workflow command, however it was folded."""
    return _LINE_COMMAND.sub(r"\1 ", text)


def inert(text: str, *, limit: int = LONG) -> str:
    """The text for a file of plain text that others turn into pages and logs: no command, no mention, no address, no embedded link."""
    return _parted(_EMBEDDED, _parted(_AUTOLINKS, _parted(_COMMANDS, clean(text, limit=limit))))


def markdown(text: str, *, limit: int = LONG) -> str:
    """The text inside a line or a table cell of Markdown: no markup, no HTML, no link, no mention, no workflow command."""
    inert = _parted(_AUTOLINKS, _parted(_COMMANDS, clean(text, limit=limit).strip()))
    return _LIST_MARK.sub(lambda mark: f"{mark.group()[:-1]}\\{mark.group()[-1]}", inert.translate(_ENTITIES))


def code(text: str) -> str:
    """An id in Markdown's typewriter face, where that is safe; otherwise escaped like any other text."""
    return f"`{text}`" if len(text) <= SHORT and _PLAIN_CODE.fullmatch(text) else markdown(text, limit=SHORT)


def link(label: str, url: str) -> str:
    """A Markdown link to a web address or to a place of the same site; anything else is shown as text."""
    if clean(url) == url and _leads_to_the_web(url):
        return f"[{markdown(label, limit=SHORT)}]({quote(url, safe=_URL_SIGNS)})"
    return f"{markdown(label, limit=SHORT)}: {markdown(url)}"


def _leads_to_the_web(url: str) -> bool:
    """True for http and https, and for a place on the page's own site, which begins with `#`."""
    try:
        parts = urlsplit(url)
    except ValueError:  # an address that is none, such as `http://[`
        return False
    return bool(parts.netloc) if parts.scheme in {"http", "https"} else url.startswith("#/")


def _parted(pattern: re.Pattern[str], text: str) -> str:
    """The text with a space after every match, so that what follows is no longer part of a command or a link."""
    return pattern.sub(lambda match: f"{match.group()} ", text)


def _spelled(sign: str) -> str:
    r"""An invisible character as Python would write it: `\n`, `\x1b`, `\u202e`."""
    return sign.encode("unicode_escape", "surrogatepass").decode("ascii")
