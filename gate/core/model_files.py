"""What the files of a model say before any of them is loaded."""

from dataclasses import dataclass

__all__ = ["UNSEEN", "ModelFiles", "PickleFile"]

UNSEEN = "nobody has looked at the types in its file"
"""What stands beside skops until its types are known: so that they are never taken for trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PickleFile:
    """A file that runs what it names when it is loaded.

    Args:
        path: where it is in the model's folder.
        imports: the functions and classes that it names, sorted.
        unread: why the list is not complete; None when it is, as far as reading can tell.
    """

    path: str
    imports: tuple[str, ...]
    unread: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFiles:
    """A registered model as it lies there.

    Args:
        loader: the module that MLflow loads it with; None when MLmodel names none.
        flavors: the flavours that MLmodel names.
        signature: its inputs with their types, `income: double`; None without a signature.
        beside_skops: what loading it would run or read besides a file of skops, in words; empty when it is one, and nothing else.
        untrusted: the types in that file that skops does not trust by itself.
        pickles: what the pickles among the files name: information, since a pickle can hide what it does.
    """

    loader: str | None
    flavors: tuple[str, ...]
    signature: tuple[str, ...] | None
    beside_skops: tuple[str, ...]
    untrusted: tuple[str, ...] = ()
    pickles: tuple[PickleFile, ...] = ()
