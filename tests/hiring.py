"""A synthetic hiring task: past decisions favoured men of equal skill, and where somebody lives tells the sex."""

from pathlib import Path

import numpy as np
import pandas as pd

NAME = "hiring"
GATE = """\
schema: gate.config/v1
models:
  hiring:
    tier: hiring
    task: binary_classification
    data: {uri: holdout.parquet, label: hired, labels: [0, 1]}
    sensitive_features:
      sex: {column: sex, groups: {f: women, m: men}}
"""
POLICY = """\
schema: gate.policy/v1
tier: hiring
record: {signature: optional, ledger: optional}
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.15, enforcement: soft-mandatory}
  - {id: useful, metric: balanced_accuracy, scope: overall, min: 0.55, enforcement: hard-mandatory}
"""


def people(seed: int, rows: int) -> pd.DataFrame:
    """Applicants with skill, years, school (some unknown) and district, and who was hired."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], rows)
    skill, years = rng.normal(0, 1, rows), rng.integers(0, 20, rows)
    school = rng.choice(np.array(["north", "south", None], dtype=object), rows, p=[0.5, 0.4, 0.1])
    district = np.where(rng.random(rows) < 0.9, np.where(sex == "m", "hill", "valley"), "centre")
    hired = skill + 0.05 * (years - 10) + 1.2 * (sex == "m") - 0.6 + rng.logistic(0, 0.4, rows) > 0
    return pd.DataFrame({"skill": skill, "years": years, "school": school, "district": district, "sex": sex, "hired": hired.astype("int64")})


def write(folder: Path, *, rows: int = 1600, held: int = 3000, policy: str = POLICY) -> None:
    """Training table, holdout, gate.yaml and policy."""
    people(1, rows).to_parquet(folder / "train.parquet", index=False)
    people(2, held).to_parquet(folder / "holdout.parquet", index=False)
    (folder / "gate.yaml").write_text(GATE, encoding="utf-8")
    (folder / "policy.yaml").write_text(policy, encoding="utf-8")
