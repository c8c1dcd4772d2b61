"""What a model's files say before any of them is loaded: how, from what, and which types it would make.

Nothing of the model runs here. That a model is loaded by skops alone has to follow from every word of its MLmodel file:
whatever is not known to be harmless is listed as standing beside skops.
"""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from gate.core.model_files import ModelFiles
from gate.registry.mlmodel import Loading, loading_of, signature_types
from gate.registry.pickles import pickles_in

__all__ = ["files_of", "untrusted_types"]

_SKOPS = "skops"
_SCHEMA = "schema.json"
_SCHEMA_BYTES = 64 * 2**20
_MEMBERS = 100_000
_TYPES = 500
_LOADER = "mlflow.sklearn"
_HARMLESS = {"data", "env", "loader_module", "model_path", "predict_fn", "python_version"}
"""What the flavour for Python functions may say: none of it names code."""


def files_of(folder: Path) -> ModelFiles:
    """What the files of a model say.

    Raises:
        CandidateError: MLmodel is absent or cannot be understood.
    """
    loading = loading_of(folder)
    beside = [*_beside(loading, folder)]
    untrusted: tuple[str, ...] = ()
    if not beside:
        try:
            untrusted = untrusted_types(folder / str(_file(loading)))
        except _UnreadableError as error:
            beside.append(str(error))
    return ModelFiles(
        loader=loading.loader,
        flavors=tuple(sorted(loading.flavors)),
        signature=signature_types(folder),
        beside_skops=tuple(beside),
        untrusted=untrusted,
        pickles=pickles_in(folder),
    )


class _UnreadableError(ValueError):
    """The file is no file of skops that can be read. Never leaves this module."""


def untrusted_types(path: Path) -> tuple[str, ...]:
    """The types in a file of skops that skops does not trust by itself, by skops' own word; sorted.

    skops is shown a copy in which every array is empty: its types are in the schema, and the arrays may be huge.

    Raises:
        ValueError: it cannot be read, or holds more than 500 such types.
    """
    from skops.io import get_untrusted_types  # noqa: PLC0415 -- it takes a second to import

    try:
        types = get_untrusted_types(data=_without_arrays(path))
    except _UnreadableError:
        raise
    except Exception as error:
        raise _UnreadableError(f"its file is none that skops can read ({type(error).__name__})") from error
    if len(types) > _TYPES:
        raise _UnreadableError(f"it holds more than {_TYPES} types that skops does not trust")
    return tuple(sorted(types))


def _without_arrays(path: Path) -> bytes:
    """The same archive with its schema, and nothing in any other member."""
    copy = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as emptied:
        names = dict.fromkeys(archive.namelist())
        if len(names) > _MEMBERS or archive.getinfo(_SCHEMA).file_size > _SCHEMA_BYTES:
            raise _UnreadableError("its schema is too large")
        for name in names:
            emptied.writestr(name, archive.read(name) if name == _SCHEMA else b"")
    return copy.getvalue()


def _file(loading: Loading) -> object:
    """What MLmodel says is to be loaded: MLflow goes by `data` first."""
    return loading.python["data"] if "data" in loading.python else loading.python.get("model_path")


def _beside(loading: Loading, folder: Path) -> Iterator[str]:
    """Whatever makes loading it more than reading one file of skops."""
    python, sklearn = loading.python, loading.flavors.get("sklearn", {})
    if loading.loader != _LOADER:
        yield f"it is loaded by {loading.loader or 'nothing that MLmodel names'}, not by {_LOADER}"
        return
    if sklearn.get("serialization_format") != _SKOPS:
        yield f"its format is {sklearn.get('serialization_format', 'not named')}, not skops"
    strange = sorted(key for key in python.keys() - _HARMLESS if python[key])
    if strange:
        yield f"MLmodel brings {', '.join(strange)}"
    if sklearn.get("code"):
        yield "MLmodel brings code"
    data = _file(loading)
    if not isinstance(data, str) or data in {"", ".", ".."} or "/" in data or "\\" in data or not (folder / data).is_file():
        yield "MLmodel does not name one file of the model's folder to load"
