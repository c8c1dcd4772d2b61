"""Serves a model with MLflow's own server on loopback, as `mlflow models serve` does; prints the port once it listens."""

import socket
import sys
import warnings
from typing import Any

import numpy as np
import pandas as pd

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow.pyfunc
    import uvicorn
    from mlflow.pyfunc import scoring_server


class Served(mlflow.pyfunc.PythonModel):
    """A model that selects who has two left, and answers in the shape that it was started with."""

    def __init__(self, shape: str) -> None:
        """The shape is all that it knows."""
        self.shape = shape

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002 -- MLflow reads type hints as a schema
        """The answer in that shape."""
        left = model_input["income"] - model_input["debt"]
        chosen = (left > 2).astype("int64")
        shapes: dict[str, Any] = {
            "labels": chosen,
            "frame": pd.DataFrame({"reason": "left", "prediction": chosen}),
            "scores": np.column_stack([1 / (1 + np.exp(left - 2)), 1 / (1 + np.exp(2 - left))]),
        }
        return shapes[self.shape]


def main(shape: str) -> None:
    """Serve until the process is ended."""
    listening = socket.create_server(("127.0.0.1", 0))
    application = scoring_server.init(_Loaded(Served(shape)))
    print(listening.getsockname()[1], flush=True)
    uvicorn.Server(uvicorn.Config(application, log_level="error")).run([listening])


class _Loaded:
    """What the server asks of a loaded model."""

    metadata = mlflow.models.Model()

    def __init__(self, model: Served) -> None:
        self._model = model

    def predict(self, data: pd.DataFrame, params: object = None) -> Any:  # noqa: ANN401 -- whatever the model answers
        """The model's own answer."""
        return self._model.predict(None, data, params)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(sys.argv[1])
