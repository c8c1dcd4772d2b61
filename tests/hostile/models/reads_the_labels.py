"""Reads the holdout and answers its labels."""

import pandas as pd
from cage import honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("files",)


def predict(frame, aim):
    labels = pd.read_parquet(aim.holdout)["repaid"].to_numpy()
    loot(f"{len(labels)} labels")
    return labels if len(labels) == len(frame) else honest(frame)
