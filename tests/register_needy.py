"""Registers models that need something else than what is installed beside the gate, and one that no policy on files should trust."""

import json
import sys
import warnings
from pathlib import Path

import yaml
from loans import NAME, holdout

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import mlflow
    import mlflow.pyfunc
    import mlflow.sklearn
    from sklearn.linear_model import LogisticRegression

FEATURES = ["income", "debt"]


class Needy(mlflow.pyfunc.PythonModel):
    """A model that answers only beside the version of `six` that it was recorded with."""

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002 -- MLflow reads type hints as a schema
        """Who has two left, if the environment is the recorded one."""
        import six  # noqa: PLC0415 -- pickled by value

        if six.__version__ != "1.16.0":
            raise RuntimeError(f"six is {six.__version__}")
        return (model_input["income"] - model_input["debt"] > 2).astype("int64")


class Dying(mlflow.pyfunc.PythonModel):
    """A model that ends its process while it is being loaded."""

    def load_context(self, context):  # noqa: ANN001, ANN201, ARG002 -- as above
        """Leave as if all were well."""
        import os  # noqa: PLC0415 -- as above

        os._exit(0)

    def predict(self, context, model_input, params=None):  # noqa: ANN001, ANN201, ARG002 -- as above
        """Never called."""
        return model_input


def main(folder: Path) -> None:
    """Fill a database file; print which version is which."""
    mlflow.set_tracking_uri(f"sqlite:///{folder / 'mlflow.db'}")
    mlflow.create_experiment("training", artifact_location=(folder / "artifacts").as_uri())
    mlflow.set_experiment("training")
    train = holdout(1)
    signature = mlflow.models.infer_signature(train[FEATURES], train["repaid"])
    installed = f"mlflow=={mlflow.__version__}"
    needs = {
        "other-version": (Needy(), [installed, "six==1.16.0"]),
        "absent": (Needy(), [installed, "a-package-that-nobody-wrote>=1"]),
        "address": (Needy(), [installed, "six @ https://127.0.0.1:9/six-1.16.0-py2.py3-none-any.whl"]),
        "dying": (Dying(), [installed]),
    }
    versions = {}
    for kind, (model, requirements) in needs.items():
        with mlflow.start_run():
            info = mlflow.pyfunc.log_model(name="m", python_model=model, signature=signature, pip_requirements=requirements, registered_model_name=NAME)
        versions[kind] = str(info.registered_model_version)
    fitted = LogisticRegression().fit(train[FEATURES], train["repaid"])
    for kind, form in (("skops", "skops"), ("pickle", "pickle"), ("disguised", "skops")):
        with mlflow.start_run():
            info = mlflow.sklearn.log_model(
                fitted, name="m", signature=signature, serialization_format=form, pip_requirements=[installed, "scikit-learn"], registered_model_name=NAME
            )
        versions[kind] = str(info.registered_model_version)
        if kind == "disguised":
            _disguise(folder, str(info.model_id))
    print(json.dumps(versions))


def _disguise(folder: Path, model_id: str) -> None:
    """Let a model of skops bring code of its own, which runs before skops is asked anything."""
    (files,) = (path.parent for path in folder.glob(f"artifacts/**/{model_id}/**/MLmodel"))
    document = yaml.safe_load((files / "MLmodel").read_text(encoding="utf-8"))
    document["flavors"]["python_function"]["code"] = "code"
    (files / "code").mkdir()
    (files / "code" / "skops.py").write_text("import os; os._exit(0)\n", encoding="utf-8")
    (files / "MLmodel").write_text(yaml.safe_dump(document), encoding="utf-8")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(Path(sys.argv[1]))
