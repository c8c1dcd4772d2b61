"""Models as MLflow's own flavours save them."""

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.linear_model import LogisticRegression

from gate.predict.client import ChildPredictor
from gate.predict.interface import Answer
from gate.predict.table import predict_table

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing it warns about its own type hints
    import mlflow.pyfunc
    import mlflow.sklearn
    from mlflow.models import infer_signature

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]  # saving a model warns about a dozen things

TRAINING = pd.DataFrame({"income": [1.0, 2.0, 3.0, 4.0], "debt": [1, 0, 1, 0], "male": [True, False, True, False]})


class Scores(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """A model that answers probabilities as a frame of two columns."""

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:  # noqa: ANN401, ARG002  the base class's
        """The probability of the negative and of the positive outcome."""
        positive = model_input["income"] / 10
        return pd.DataFrame({"no": 1 - positive, "yes": positive})


def test_a_scikit_learn_model_answers_a_table_of_other_widths(tmp_path: Path) -> None:
    """Integers for doubles, texts for integers and another order of columns: the gate's business, not the model's."""
    model = LogisticRegression().fit(TRAINING, ["no", "no", "yes", "yes"])
    mlflow.sklearn.save_model(model, tmp_path / "model", signature=infer_signature(TRAINING), pip_requirements=["scikit-learn"])
    holdout = pa.record_batch({"male": pa.array([1, 0], pa.int8()), "label": ["no", "yes"], "income": pa.array([1, 4]), "debt": ["1", "0"]})
    output = tmp_path / "predictions.parquet"
    with ChildPredictor() as predictor:
        loaded = predictor.load(tmp_path / "model")
        misbehaviour = predict_table(
            predictor, [holdout], features=("income", "debt", "male"), keep=("label",), answer=Answer.label(("no", "yes")), output=output, column="prediction"
        )

    assert (loaded, misbehaviour) == (None, None)
    assert pq.read_table(output).to_pydict() == {"label": ["no", "yes"], "prediction": ["no", "yes"]}


def test_a_python_model_answers_probabilities(tmp_path: Path) -> None:
    """Of a frame of two columns the second is the score; missing values in a column of integers are said to be the reason."""
    mlflow.pyfunc.save_model(tmp_path / "model", python_model=Scores(), signature=infer_signature(TRAINING), pip_requirements=["pandas"])
    rows = {"income": [1, 5], "debt": [0, 1], "male": [True, False]}
    with ChildPredictor() as predictor:
        loaded = predictor.load(tmp_path / "model")
        scores = predictor.answers(pa.record_batch(rows), Answer.score())
        unfit = predictor.answers(pa.record_batch({**rows, "debt": [None, 1]}), Answer.score())

    assert loaded is None
    assert scores.to_pylist() == [0.1, 0.5]
    assert (unfit.check, "'debt' has missing values" in unfit.detail) == ("inputs", True)
