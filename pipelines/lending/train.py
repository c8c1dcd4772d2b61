"""Train a plain and a mitigated candidate on mortgage applications, register both, and keep a holdout that neither has seen."""

import warnings

import mlflow
import numpy as np
import pandas as pd
from fairlearn.reductions import DemographicParity, GridSearch
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from gate.demo.loans import FEATURES, LABEL, load_loans  # your own table instead

NAME, INPUTS = "mortgage", list(FEATURES)


def plain(train: pd.DataFrame) -> Pipeline:
    """A logistic regression, as one writes it first."""
    return make_pipeline(SimpleImputer(), StandardScaler(), _regression()).fit(train[INPUTS], train[LABEL])


def mitigated(train: pd.DataFrame) -> Pipeline:
    """The same, reweighted for demographic parity over race; it needs no race to predict."""
    prepare = make_pipeline(SimpleImputer(), StandardScaler())
    search = GridSearch(_regression(), DemographicParity(), grid_size=50, constraint_weight=0.5)
    search.fit(np.asarray(prepare.fit_transform(train[INPUTS])), train[LABEL], sensitive_features=train["race"])
    return make_pipeline(*(step for _, step in prepare.steps), search.predictors_[search.best_idx_])


def _regression() -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", max_iter=1000)


def register(model: Pipeline, train: pd.DataFrame) -> str:
    """The registered version."""
    signature = mlflow.models.infer_signature(train[INPUTS], model.predict(train[INPUTS]))
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            model, name="model", signature=signature, registered_model_name=NAME, pip_requirements=["scikit-learn"], skops_trusted_types=["numpy.dtype"]
        )
    return f"{NAME}/{logged.registered_model_version}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    loans = load_loans()
    loans.holdout.to_parquet("holdout.parquet", index=False)
    mlflow.set_experiment("mortgage")
    print(register(plain(loans.train), loans.train), register(mitigated(loans.train), loans.train))
