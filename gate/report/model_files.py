"""What the files of a model say, in sentences; each sink escapes them."""

from collections.abc import Iterator

from gate.core.decision import Decision
from gate.core.facts import EnvManager, PredictionFacts
from gate.core.model_files import ModelFiles, PickleFile
from gate.report.figures import count
from gate.report.phrases import listing, name, plural

__all__ = ["described"]

_INPUTS = 20
_TYPES = 10
_PICKLES = 5
_NAMES = 8


def described(decision: Decision) -> tuple[str, ...]:
    """What the files say, and whose Python the model ran in; nothing where no model was looked at."""
    files = decision.facts.model_files
    return (*(() if files is None else _files(files)), *_environment(decision.facts.predictions))


def _files(files: ModelFiles) -> Iterator[str]:
    flavors = listing((name(flavor) for flavor in files.flavors), most=_TYPES) or "none"
    yield f"Loaded by {name(files.loader) if files.loader else 'nothing that MLmodel names'}; flavours: {flavors}."
    signature = "none" if files.signature is None else listing((name(column) for column in files.signature), most=_INPUTS)
    yield f"Signature: {signature}."
    if files.beside_skops:
        yield f"Loading it can run code of its author: {'; '.join(name(reason) for reason in files.beside_skops)}."
    elif files.untrusted:
        yield f"One file of skops, which does not trust by itself: {listing((name(kind) for kind in files.untrusted), most=_TYPES)}."
    else:
        yield "One file of skops, which trusts every type in it."
    yield from (_pickle(entry) for entry in files.pickles[:_PICKLES])
    if len(files.pickles) > _PICKLES:
        yield f"{count(len(files.pickles) - _PICKLES)} more pickles are in the record."


def _pickle(entry: PickleFile) -> str:
    """A pickle's own list of names, which proves nothing."""
    names = listing((name(found) for found in entry.imports), most=_NAMES) or "nothing"
    doubt = f"; {entry.unread}" if entry.unread else ""
    return f"{name(entry.path)} is a pickle that names {names}{doubt}. For information: a pickle can hide what it does."


def _environment(facts: PredictionFacts) -> Iterator[str]:
    if facts.env_manager is EnvManager.UV:
        yield "It ran in a Python environment of its own, made by uv from its recorded requirements."
    if facts.differing:
        listed = listing((name(entry) for entry in facts.differing), most=_TYPES)
        yield f"{plural(len(facts.differing), 'requirement')} of another version than recorded: {listed}."
