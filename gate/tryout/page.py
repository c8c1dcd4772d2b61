"""The page on which a model is tried: a form with the made-up case, and places for the answer, what moves it, and a curve.

Every name passes through `clean` and the template engine's escaping; the script writes text, never markup. It may ask the
address that it came from and nothing else.
"""

import hashlib
from base64 import b64encode
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gate.core.document import Json
from gate.report.escape import clean
from gate.report.phrases import name
from gate.report.whatif import embedded
from gate.tryout.booth import Booth
from gate.tryout.person import Field, FieldKind, Given

__all__ = ["POLICY", "render"]


def render(booth: Booth, *, token: str) -> str:
    """The page of a model; `token` is what its questions have to carry."""
    document: Json = {
        "token": token,
        "fields": [_field(entry) for entry in booth.fields],
        "labels": [name(label) for label in booth.labels],
        "threshold": booth.threshold if booth.form.value == "score" else None,
    }
    return (
        _environment()
        .get_template("tryout.html.j2")
        .render(
            booth=booth,
            fields=list(enumerate(booth.fields)),
            Kind=FieldKind,
            name=name,
            shown=_shown,
            document=Markup(embedded(document)),  # noqa: S704 -- it leaves no sign that could end the element
            style=Markup(_style()),  # noqa: S704 -- our own file
            script=Markup(_script()),  # noqa: S704 -- our own file
        )
    )


def _field(entry: Field) -> dict[str, Json]:
    """A field as the page has it; of one that cannot be changed the value stays here."""
    fixed = entry.kind is FieldKind.FIXED
    return {
        "name": name(entry.name),
        "kind": entry.kind.value,
        "start": None if fixed else _json(entry.start),
        "choices": [_json(choice) for choice in entry.choices],
        "words": [_shown(choice) for choice in entry.choices],
        "drawn": bool(entry.points),
    }


def _json(value: Given) -> Json:
    return value if value is None or isinstance(value, str | int | float | bool) else value.isoformat()


def _shown(value: Given) -> str:
    """A value of a column in words."""
    return "missing" if value is None else f"{value:.6g}" if isinstance(value, float) else name(str(value)) or "(empty)"


def _finalize(value: object) -> object:
    return clean(value) if type(value) is str else value


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("gate.tryout"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, finalize=_finalize
    )


@cache
def _style() -> str:
    rooms = (files("gate.report") / "templates" / "report.css", files("gate.tryout") / "templates" / "tryout.css")
    return "".join(sheet.read_text(encoding="utf-8") for sheet in rooms)


@cache
def _script() -> str:
    return (files("gate.tryout") / "templates" / "tryout.js").read_text(encoding="utf-8")


def _named(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY = (
    f"default-src 'none'; style-src {_named(_style())}; script-src {_named(_script())}; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""What the browser lets the page do: show itself, and ask where it came from."""
