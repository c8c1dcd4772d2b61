"""What a model's files say before any of them is loaded: how, and from what.

Nothing of the model runs here, and skops reads its file in the child (`gate.predict.skops_file`). That a model is loaded
by skops alone has to follow from every word of its MLmodel file: whatever is not known to be harmless is listed as
standing beside skops.
"""

from collections.abc import Iterator
from pathlib import Path

from gate.core.model_files import UNSEEN, ModelFiles
from gate.registry.mlmodel import Loading, loading_of, signature_types
from gate.registry.pickles import pickles_in

__all__ = ["files_of", "skops_file"]

_SKOPS = "skops"
_LOADER = "mlflow.sklearn"
_HARMLESS = {"data", "env", "loader_module", "model_path", "predict_fn", "python_version"}
"""What the flavour for Python functions may say: none of it names code."""


def files_of(folder: Path) -> ModelFiles:
    """What the files of a model say; of a file of skops only that nobody has looked into it yet.

    Raises:
        CandidateError: MLmodel is absent or cannot be understood.
    """
    loading = loading_of(folder)
    return ModelFiles(
        loader=loading.loader,
        flavors=tuple(sorted(loading.flavors)),
        signature=signature_types(folder),
        beside_skops=tuple(_beside(loading, folder)) or (UNSEEN,),
        pickles=pickles_in(folder),
    )


def skops_file(folder: Path) -> Path | None:
    """The file of skops that is all there is to load; None where anything stands beside it.

    Raises:
        CandidateError: MLmodel is absent or cannot be understood.
    """
    loading = loading_of(folder)
    return None if any(_beside(loading, folder)) else folder / str(_file(loading))


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
