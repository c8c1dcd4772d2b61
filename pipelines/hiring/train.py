"""Make applicants with a planted disparity, train a first and a mended screening model, register both, keep a holdout."""

import warnings

import mlflow
import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

NAME = "screening"
INPUTS = ["years", "cv"]
SKILLS = ["python", "sql", "statistics", "spreadsheets", "filing", "typing"]
HOBBIES = {"female": ["netball", "ballet", "softball"], "male": ["rugby", "darts", "wrestling"]}


def applicants(rows: int, seed: int) -> pd.DataFrame:
    """Who applied, whom people hired, and who did well; sex and age are no merits, and hobbies tell nothing but sex."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["female", "male"], rows)
    years, skill = rng.gamma(3, 2, rows), rng.normal(size=rows)
    merit = 0.25 * (years - 6) + 1.5 * skill + rng.normal(0, 0.7, rows)
    hired = merit - 2.0 * (sex == "female") + rng.normal(0, 0.5, rows) > 0
    words = [_cv(rng, level, HOBBIES[who]) for level, who in zip(skill, sex, strict=True)]
    table = {"years": years, "cv": words, "sex": sex, "age": rng.integers(20, 65, rows), "hired": hired, "did_well": merit > 0}
    return pd.DataFrame(table).astype({"hired": "int64", "did_well": "int64"})


def _cv(rng: np.random.Generator, skill: float, hobbies: list[str]) -> str:
    """A few words: skilled people name the first skills, others the last ones, and most people a hobby."""
    chance = 1 / (1 + np.exp(-2.5 * skill))
    known = [str(rng.choice(SKILLS[:3] if rng.random() < chance else SKILLS[3:])) for _ in range(6)]
    return " ".join([*known, *([str(rng.choice(hobbies))] if rng.random() < 0.9 else [])])


def model(train: pd.DataFrame, label: str, *, without: list[str]) -> Pipeline:
    """A logistic regression on years and words, but for some."""
    words = TfidfVectorizer(stop_words=without or None)
    columns = ColumnTransformer([("years", StandardScaler(), ["years"]), ("words", words, "cv")])
    return make_pipeline(columns, LogisticRegression(max_iter=1000)).fit(train[INPUTS], train[label])


def register(fitted: Pipeline, train: pd.DataFrame) -> str:
    """The registered version."""
    signature = mlflow.models.infer_signature(train[INPUTS], fitted.predict(train[INPUTS]))
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(
            fitted, name="model", signature=signature, registered_model_name=NAME, pip_requirements=["scikit-learn"], serialization_format="cloudpickle"
        )
    return f"{NAME}/{logged.registered_model_version}"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    train, holdout = applicants(6_000, seed=1), applicants(6_000, seed=2)
    holdout.drop(columns="hired").to_parquet("holdout.parquet", index=False)
    mlflow.set_experiment("screening")
    first = register(model(train, "hired", without=[]), train)
    mended = register(model(train, "did_well", without=[word for words in HOBBIES.values() for word in words]), train)
    print(first, mended)
