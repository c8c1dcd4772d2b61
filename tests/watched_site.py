"""A model that is watched in a folder, and logs of it, made to order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gate.monitor.found import Found
from gate.monitor.run import MonitorRequest, monitor
from gate.monitor.store import open_store

__all__ = ["BEGIN", "CONFIG", "POLICY", "Site", "day", "rows"]

BEGIN = date(2026, 1, 5)
CONFIG = """
schema: gate.config/v1
models:
  m:
    tier: watch
    task: binary_classification
    data: {label: y}
    sensitive_features: {g: {column: g, groups: [a, b]}}
"""
POLICY = """
schema: gate.policy/v1
tier: watch
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}
"""


def day(number: int) -> date:
    """The day so many days after the first one, which is a Monday."""
    return BEGIN + timedelta(days=number)


def rows(days: Sequence[int], *, sizes: tuple[int, int] = (100, 40), rates: tuple[float, float] = (0.4, 0.4), seed: int = 1) -> pd.DataFrame:
    """Rows of groups a and b on some days, selected at some rates; ids and draws depend on the day and the seed alone. Labels are a coin."""
    parts = []
    for number in days:
        rng = np.random.default_rng([seed, number])
        groups = np.repeat(["a", "b"], sizes)
        chance = np.repeat(rates, sizes)
        n = len(groups)
        parts.append(
            pd.DataFrame(
                {
                    "id": [f"{number}-{i}" for i in range(n)],
                    "time": [f"{day(number).isoformat()}T{i % 24:02}:30:00" for i in range(n)],
                    "g": groups,
                    "prediction": (rng.random(n) < chance).astype(int),
                    "y": rng.integers(0, 2, n),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A folder with gate.yaml and a policy, where the monitor is run."""

    folder: Path

    @classmethod
    def new(cls, folder: Path, *, config: str = CONFIG, policy: str = POLICY) -> "Site":
        """The folder with its files."""
        (folder / "policies").mkdir()
        (folder / "gate.yaml").write_text(config, encoding="utf-8")
        (folder / "policies" / "watch.yaml").write_text(policy, encoding="utf-8")
        return cls(folder=folder)

    def policy(self, **terms: object) -> None:
        """The same policy with terms of monitoring."""
        said = ", ".join(f"{key}: {value}" for key, value in terms.items())
        (self.folder / "policies" / "watch.yaml").write_text(f"{POLICY}monitoring: {{{said}}}\n", encoding="utf-8")

    def log(self, table: pd.DataFrame, name: str = "log.parquet") -> Path:
        """A log, Parquet or CSV."""
        path = self.folder / name
        if path.suffix == ".csv":
            table.to_csv(path, index=False)
        else:
            table.to_parquet(path)
        return path

    @property
    def store(self) -> str:
        """The store's file."""
        return str(self.folder / "store.duckdb")

    def run(self, *logs: Path, as_of: date, labels: Sequence[Path] = (), store: str | None = None, **more: Any) -> Found:  # noqa: ANN401 -- of the request
        """One run of the monitor."""
        return monitor(MonitorRequest(config=self.folder / "gate.yaml", logs=logs, as_of=as_of, store=store or self.store, labels=tuple(labels), **more))

    def content(self, store: str | None = None) -> bytes:
        """What is in the store."""
        with open_store(store or self.store) as opened:
            return opened.content()

    def remarks(self, found: Found) -> dict[str, str]:
        """What was said, by what it is about."""
        return {remark.about: remark.detail for remark in found.remarks}
