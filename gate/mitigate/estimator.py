"""What is trained: a pipeline of ours, or the user's own, and how it is taken apart into what prepares and what classifies.

A user's estimator is made by a function of a file beside gate.yaml. It is trusted code, as a policy's own metrics are:
whoever may write that folder may write it. Training happens in this process; only the finished model is kept apart.
"""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler

from gate.errors import UsageError

__all__ = ["BUILT_IN", "Parts", "parts_of", "user_module"]

BUILT_IN = ("logistic", "boosting")
"""The estimators of our own, by name."""
_MOST_CATEGORIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """An estimator in two parts, neither fitted: `prepare` makes numbers of the inputs, `classifier` learns from them."""

    prepare: BaseEstimator
    classifier: BaseEstimator

    def fresh(self) -> tuple[Any, Any]:
        """Copies of both."""
        return clone(self.prepare), clone(self.classifier)


def parts_of(name: str, inputs: pd.DataFrame, *, folder: Path) -> Parts:
    """The estimator of a name: `logistic`, `boosting`, or `module:function` beside gate.yaml.

    Raises:
        UsageError: there is no such estimator, or it is none of scikit-learn's kind.
    """
    if name not in BUILT_IN:
        return _parted(_made(name, folder))
    prepare = _prepare(inputs, scale=name == "logistic")
    classifier = LogisticRegression(max_iter=1000) if name == "logistic" else HistGradientBoostingClassifier(random_state=0, max_iter=100)
    return Parts(prepare=prepare, classifier=classifier)


def _prepare(inputs: pd.DataFrame, *, scale: bool) -> ColumnTransformer:
    """Numbers imputed by the median and scaled, text one-hot; what is missing or was never seen is a category without an effect."""
    numbers = [name for name in inputs.columns if pd.api.types.is_numeric_dtype(inputs[name])]
    others = [name for name in inputs.columns if name not in numbers]
    steps = [SimpleImputer(strategy="median", keep_empty_features=True), *([StandardScaler()] if scale else [])]
    one_hot = OneHotEncoder(handle_unknown="infrequent_if_exist", max_categories=_MOST_CATEGORIES, sparse_output=False)
    chosen = [("numbers", make_pipeline(*steps), numbers), ("categories", one_hot, others)]
    return ColumnTransformer([entry for entry in chosen if entry[2]])


def _parted(estimator: Any) -> Parts:  # noqa: ANN401 -- whatever the user's function returned
    """A pipeline is its last step and the rest; anything else classifies the inputs as they are."""
    if not (hasattr(estimator, "fit") and hasattr(estimator, "predict") and hasattr(estimator, "get_params")):
        raise UsageError(
            f"the estimator is a {type(estimator).__name__}, which has no fit, predict and get_params",
            where="--estimator",
            next_step="Return an estimator of scikit-learn's kind that is not fitted.",
        )
    if isinstance(estimator, Pipeline) and len(estimator.steps) > 1:
        return Parts(prepare=Pipeline(estimator.steps[:-1]), classifier=estimator.steps[-1][1])
    return Parts(prepare=FunctionTransformer(), classifier=estimator)


def _made(name: str, folder: Path) -> object:
    """What the user's function returns."""
    module_name, colon, function_name = name.partition(":")
    path = folder / f"{module_name}.py"
    if not (colon and module_name.isidentifier() and function_name.isidentifier() and path.is_file()):
        raise UsageError(
            f"there is no estimator {name!r}",
            where="--estimator",
            next_step=f"Name {', '.join(BUILT_IN)}, or module:function of a file module.py beside gate.yaml.",
        )
    module = ModuleType(module_name)
    module.__file__ = str(path)
    sys.modules.setdefault(module_name, module)  # so that what it defines can be pickled
    _called(lambda: exec(compile(path.read_bytes(), path.name, "exec"), module.__dict__), path.name)  # noqa: S102 -- the user's own code
    function = vars(module).get(function_name)
    if not callable(function):
        raise UsageError(f"{path.name} has no function {function_name}", where="--estimator", next_step="Name one that takes nothing.")
    return _called(function, name)


def user_module(name: str) -> ModuleType | None:
    """The module that a user's estimator came from, whose classes have to travel inside the model; None for one of ours."""
    return None if name in BUILT_IN else sys.modules.get(name.partition(":")[0])


def _called(call: Callable[[], object], what: str) -> object:
    """What foreign code returns; what it prints does not reach standard output."""
    try:
        with redirect_stdout(sys.stderr):
            return call()
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- foreign code may raise anything, which must not become a traceback
        raise UsageError(f"{what} raised {type(error).__name__}: {str(error)[:160]}", where="--estimator", next_step="Mend it.") from None
