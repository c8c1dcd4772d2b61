"""Two candidates: a plain logistic regression, and one that Fairlearn has mitigated."""

from typing import TYPE_CHECKING

import numpy as np
from fairlearn.reductions import DemographicParity, GridSearch
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from gate.demo.loans import FEATURES, LABEL

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["mitigated_model", "plain_model"]


def plain_model(train: "pd.DataFrame") -> Pipeline:
    """A class-weighted logistic regression, as one writes it first."""
    return make_pipeline(SimpleImputer(), StandardScaler(), _classifier()).fit(train[list(FEATURES)], train[LABEL])


def mitigated_model(train: "pd.DataFrame") -> Pipeline:
    """The same model, reweighted by Fairlearn's grid search for demographic parity over race; it needs no race to predict."""
    prepare = make_pipeline(SimpleImputer(), StandardScaler())
    inputs = np.asarray(prepare.fit_transform(train[list(FEATURES)]))
    search = GridSearch(_classifier(), DemographicParity(), grid_size=100, constraint_weight=0.5)
    search.fit(inputs, train[LABEL], sensitive_features=train["race"])
    return make_pipeline(*(step for _, step in prepare.steps), search.predictors_[search.best_idx_])


def _classifier() -> LogisticRegression:
    return LogisticRegression(class_weight="balanced", max_iter=1000)
