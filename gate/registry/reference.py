"""How a person names a model version: `models:/name/3`, `name/3`, `name@alias`, `models:/name@alias`, nothing else."""

import re
from dataclasses import dataclass

from gate.errors import CandidateError

__all__ = ["Reference", "parse_reference"]

_FORM = re.compile(r"(?:models:/)?(?P<name>[^/:\\\x00-\x1f\x7f]+?)(?:/(?P<version>[1-9][0-9]{0,17})|@(?P<alias>[\w-]+))", re.ASCII)
_FORMS = "Write models:/NAME/VERSION, NAME/VERSION, NAME@ALIAS or models:/NAME@ALIAS, for example mortgage-approval/3."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A registered model's name with exactly one of a version and an alias."""

    name: str
    version: str | None
    alias: str | None


def parse_reference(text: str) -> Reference:
    """The version or alias that the text names.

    Raises:
        CandidateError: the text is a path, another kind of address, or leaves open which version is meant.
    """
    match = _FORM.fullmatch(text)
    if match is None or set(match["name"]) <= {".", " "}:
        raise CandidateError(_reason(text), where=ascii(text), next_step=_FORMS)
    if (match["alias"] or "").lower() == "latest":
        raise CandidateError("`latest` is no fixed version: it moves while it is being checked", where=ascii(text), next_step=_FORMS)
    return Reference(name=match["name"], version=match["version"], alias=match["alias"])


def _reason(text: str) -> str:
    if re.match(r"[A-Za-z][\w+.-]*:(?!/[^/])|(?!models:)[A-Za-z][\w+.-]*:/", text):
        return "Only versions of the model registry are checked, not other addresses"
    if text.startswith((".", "/", "~")) or ".." in text:
        return "Only versions of the model registry are checked, not files"
    return "This does not name one version of a registered model"
