"""Names, links and texts as MLflow can hold and show them. Pure; knows MLflow's limits but not MLflow."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote, urlsplit, urlunsplit

__all__ = ["dataset_source", "is_web", "managed_description", "metric_names", "run_page", "shown_address", "version_page"]

BEGIN, END = "<!-- gate:begin -->", "<!-- gate:end -->"
_EARLIER_BLOCK = re.compile(rf"[^\n]*{BEGIN}.*?{END}\s*", re.DOTALL)
_DESCRIPTION_LIMIT = 5000  # the column's width in MLflow's database; only SQLite overlooks it
_METRIC_NAME_LIMIT = 250


def metric_names(names: Iterable[str]) -> Mapping[str, str]:
    """Name → a name that MLflow accepts, all different also where letter case does not count.

    A name that is acceptable keeps itself; a changed one that would meet another gets eight digits of its SHA-256.
    """
    taken: set[str] = set()
    result: dict[str, str] = {}
    for name in sorted(names, key=lambda name: (_acceptable(name) != name, name)):
        safe = _acceptable(name)
        if safe.casefold() in taken:
            safe = f"{safe[: _METRIC_NAME_LIMIT - 9]}_{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        taken.add(safe.casefold())
        result[name] = safe
    return result


def _acceptable(name: str) -> str:
    parts = (re.sub(r"[^\w.\- :]", "_", part, flags=re.ASCII).strip() for part in name[:_METRIC_NAME_LIMIT].split("/"))
    return "/".join("_" if part in {"", ".", ".."} else part for part in parts)


def managed_description(existing: str, block: str) -> str:
    """The version's description with the gate's block at the top and everything that people wrote below it.

    MLflow's list of versions shows the first dozen characters, so the verdict comes first and the marker ends its line.
    The block is cut where both together would not fit MLflow's column; what people wrote is never cut.
    """
    rest = _EARLIER_BLOCK.sub("", existing).strip()
    block = block.replace("<!-- gate:", "<!-- gate ").strip()
    room = max(0, _DESCRIPTION_LIMIT - len(rest) - len(BEGIN) - len(END) - 8)
    shown = block if len(block) <= room else f"{block[: max(0, room - 1)]}…"
    first, _, more = shown.partition("\n")
    return f"{first} {BEGIN}\n{more}\n{END}\n\n{rest}".strip()


def dataset_source(uri: str) -> tuple[str, dict[str, str]]:
    """MLflow's type and description of where a dataset is, from its address alone."""
    scheme = urlsplit(uri).scheme.lower()
    if scheme in {"http", "https"}:
        return "http", {"url": uri}
    return (scheme or "local"), {"uri": uri}


def is_web(address: str) -> bool:
    """Whether the registry has pages that a browser can open."""
    return urlsplit(address).scheme in {"http", "https"}


def shown_address(address: str) -> str:
    """The registry's address without user name, password and query, fit for messages and links."""
    parts = urlsplit(address)
    if "@" not in parts.netloc and not parts.query:
        return address
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def run_page(address: str, *, experiment: str, run: str, artifact: str = "") -> str | None:
    """Where the UI shows a run, or one artifact of it without downloading it; None without a web server."""
    tail = f"/artifacts/{quote(artifact)}" if artifact else ""
    return _page(address, f"experiments/{experiment}/runs/{run}{tail}")


def version_page(address: str, *, name: str, version: str) -> str | None:
    """Where the UI shows a model version; None without a web server."""
    return _page(address, f"models/{quote(name, safe='')}/versions/{version}")


def _page(address: str, path: str) -> str | None:
    return f"{shown_address(address).rstrip('/')}/#/{path}" if is_web(address) else None
