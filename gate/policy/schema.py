"""Strict models of what a person writes, and their complaints in sentences that name the key and the way out.

Pydantic says what does not fit; here that becomes a message with a place in the file, the nearest known key, and
"not supported yet" for what the gate knows by name but does not do.
"""

import difflib
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, PydanticCustomError

from gate.core.document import Json
from gate.policy.problems import Fault, FaultyFileError, KeyPath, Problem, quoted, spelled
from gate.policy.yaml_loader import Tree, load

__all__ = ["Document", "Kind", "Name", "Strict", "json_schema", "nearest", "parse", "read", "refuse", "translate", "validate"]

_READ_AT_MOST = 1024 * 1024 + 1

Name = Annotated[str, Field(min_length=1)]


class Strict(BaseModel):
    """A mapping whose keys are all known and whose values have exactly the declared types."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)

    noun: ClassVar[str]
    unsupported: ClassVar[frozenset[str]] = frozenset()
    synonyms: ClassVar[Mapping[str, str]] = types.MappingProxyType({})

    def faults(self) -> Iterator[Fault]:
        """What cannot be meant although every value has its type; paths are relative to this mapping."""
        yield from ()

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        if faults := tuple(self.faults()):
            raise PydanticCustomError("faults", "cannot be meant", {"faults": faults})
        return self


ModelT = TypeVar("ModelT", bound=Strict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(Generic[ModelT]):
    """A kind of file.

    Args:
        schema: its value of the key `schema`.
        noun: what messages call it.
        model: its shape.
        error: what a faulty one raises.
        scalar_keys: where its mappings may have numbers and booleans as keys.
    """

    schema: str
    noun: str
    model: type[ModelT]
    error: type[FaultyFileError]
    scalar_keys: Callable[[KeyPath], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document(Generic[ModelT]):
    """A file that was read: its content, and where everything stands."""

    path: Path
    model: ModelT
    tree: Tree


def read(path: Path, kind: Kind[ModelT]) -> Document[ModelT]:
    """The file as its kind demands.

    Raises:
        FaultyFileError: `kind.error`, with every problem found.
    """
    tree = parse(path, kind)
    try:
        model = validate(tree.value, kind)
    except ValidationError as broken:
        raise refuse(path, tree, translate(broken, kind), kind.error) from None
    return Document(path=path, model=model, tree=tree)


def parse(path: Path, kind: Kind[ModelT]) -> Tree:
    """The file as plain values.

    Raises:
        FaultyFileError: `kind.error`, when it cannot be read or is not strict YAML.
    """
    return load(_bytes(path, kind), path=path, error=kind.error, scalar_keys=kind.scalar_keys)


def validate(value: object, kind: Kind[ModelT]) -> ModelT:
    """The value as the kind's model.

    Raises:
        ValidationError: in pydantic's words; `translate` puts them into ours.
    """
    return kind.model.model_validate(value)


def refuse(path: Path, tree: Tree, faults: Iterable[Fault], error: type[FaultyFileError]) -> FaultyFileError:
    """The error for these faults of a file, in the order of the file."""
    problems = [Problem(path=path, message=fault.message, next_step=fault.next_step, mark=tree.mark(fault.path, at_key=fault.at_key)) for fault in faults]
    return error(sorted(problems, key=lambda problem: (problem.line, problem.column)))


def json_schema(kind: Kind[ModelT]) -> Json:
    """The kind's JSON Schema, draft 2020-12, for editors."""
    schema: dict[str, Json] = kind.model.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": kind.schema}


def nearest(word: str, known: Iterable[str], synonyms: Mapping[str, str] = types.MappingProxyType({})) -> str:
    """A question that offers the nearest known words, or what they are synonyms of; empty when none is near."""
    close = difflib.get_close_matches(word, list(known), n=3)
    return f"Did you mean {' or '.join(synonyms.get(candidate, f'`{candidate}`') for candidate in close)}?" if close else ""


def _bytes(path: Path, kind: Kind[ModelT]) -> bytes:
    """The file's bytes; one more than the loader accepts tells it that there are too many."""
    problem = ""
    try:
        if path.is_file():
            with path.open("rb") as file:
                return file.read(_READ_AT_MOST)
        problem = f"{kind.noun} must be a file, and this is none" if path.exists() else "there is no such file"
    except (OSError, ValueError) as broken:  # ValueError: a NUL in the path
        problem = f"the file cannot be read: {broken}"
    raise kind.error([Problem(path=path, message=problem, next_step="Check the path.")])


def translate(broken: ValidationError, kind: Kind[ModelT]) -> Iterator[Fault]:
    """Pydantic's errors as faults, whose messages name the key."""
    for error in broken.errors(include_url=False):
        path = error["loc"]
        if error["type"] == "faults":
            yield from (_deeper(path, fault) for fault in error["ctx"]["faults"])
        elif error["type"] == "extra_forbidden":
            yield _unknown_key(path, kind)
        elif error["type"] == "missing":
            yield Fault(path=path[:-1], message=f"`{spelled(path)}` is missing", next_step=f"Add the key `{path[-1]}`.")
        else:
            yield Fault(path=path, message=f"{_subject(path, kind)} must be {_demand(error)}, not {quoted(error['input'])}", next_step=_offer(error))


def _deeper(path: KeyPath, fault: Fault) -> Fault:
    """The fault of a mapping that stands at `path`; `{at}` in its message becomes the whole path."""
    whole = (*path, *fault.path)
    at = f"`{spelled(whole)}`" if whole else "the file"
    return Fault(path=whole, message=fault.message.replace("{at}", at), next_step=fault.next_step, at_key=fault.at_key)


def _subject(path: KeyPath, kind: Kind[ModelT]) -> str:
    return f"`{spelled(path)}`" if path else kind.noun


def _unknown_key(path: KeyPath, kind: Kind[ModelT]) -> Fault:
    """The fault of a key that its mapping does not have."""
    key = str(path[-1])
    model = _model_at(kind.model, path[:-1])
    if key in model.unsupported:
        return Fault(path=path, message=f"`{spelled(path)}` is not supported yet", next_step="Remove it: the gate would not act on it.", at_key=True)
    known = [field.alias or name for name, field in model.model_fields.items()]
    offer = nearest(key, [*known, *model.synonyms], model.synonyms) or f"Known keys: {', '.join(known)}."
    return Fault(path=path, message=f"`{spelled(path)}` is not a key of {model.noun}", next_step=offer, at_key=True)


def _model_at(model: type[Strict], path: KeyPath) -> type[Strict]:
    """The model of the mapping at `path`, which pydantic has walked before."""
    found: Any = model
    for key in path:
        found = _inside(found, key)
    return found if isinstance(found, type) and issubclass(found, Strict) else model


def _inside(annotation: Any, key: object) -> Any:  # noqa: ANN401 - any type expression
    """The type of what stands at `key` inside a model, a list of models or a mapping to models."""
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        return next((field.annotation for name, field in annotation.model_fields.items() if (field.alias or name) == key), None)
    return next(reversed(get_args(annotation)), None)


_DEMANDS: Mapping[str, str] = {
    "bool_type": "true or false",
    "dict_type": "a mapping",
    "finite_number": "a finite number",
    "float_type": "a number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_type": "a mapping",
    "none_required": "absent",
    "string_too_short": "a text that is not empty",
    "string_type": "a text",
}
_LIMITS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("greater than", "gt"),
    "greater_than_equal": ("at least", "ge"),
    "less_than": ("less than", "lt"),
    "less_than_equal": ("at most", "le"),
}


def _demand(error: ErrorDetails) -> str:
    """What the value must be."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _LIMITS:
        words, key = _LIMITS[kind]
        return f"{words} {context[key]}"
    match kind:
        case "enum" | "literal_error":
            return str(context["expected"])
        case "string_pattern_mismatch":
            return f"a text that matches {context['pattern']}"
        case "too_short":
            return f"at least {context['min_length']} long"
        case "too_long":
            return f"at most {context['max_length']} long"
        case _:
            return _DEMANDS.get(kind, error["msg"])


def _offer(error: ErrorDetails) -> str:
    """What the writer probably meant."""
    given = error["input"]
    if error["type"] in {"enum", "literal_error"} and isinstance(given, str):
        return nearest(given, str(error["ctx"]["expected"]).replace("'", "").replace(" or ", ", ").split(", "))
    if error["type"] in {"float_type", "int_type"} and isinstance(given, str):
        return "Write the number without quotes."
    if error["type"] == "string_type" and isinstance(given, bool | int | float):
        return "Quote it."
    return ""
