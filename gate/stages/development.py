"""The development table: rows that people may look at as often as they like, and by which nothing is decided."""

from dataclasses import replace
from pathlib import Path

from gate.checks.digest import data_digest
from gate.core.model import ModelConfig
from gate.errors import ConfigError, DataError, UsageError

__all__ = ["on_development"]


def on_development(model: ModelConfig, *, predictions: Path | None) -> ModelConfig:
    """The configuration with its development table in the place of the holdout; the holdout's pin and date are not about it.

    Raises:
        UsageError: a table of predictions was given too.
        ConfigError: the configuration names no development table.
        DataError: the development table is the holdout, or an earlier version of it.
    """
    if predictions is not None:
        message = "--development judges a model on the table that gate.yaml names, and --predictions brings a table of its own"
        raise UsageError(message, where="--development", next_step="Give one of them.")
    location = model.data.development
    if location is None:
        message = f"{model.name!r} names no development table"
        raise ConfigError(message, where="data.development", next_step="Name a Parquet or CSV file in gate.yaml, of rows that the holdout does not hold.")
    _refuse_holdout(model, location)
    return replace(model, data=replace(model.data, uri=location, sha256=None, collected=None, tops_up=()))


def _refuse_holdout(model: ModelConfig, location: str) -> None:
    """Unlimited looks at the holdout would wear it out, whatever it is called."""
    found = data_digest(Path(location)).removeprefix("sha256:")
    pinned = {digest.lower() for digest in (model.data.sha256, *model.data.tops_up) if digest is not None}
    if found in pinned or _is_copy(location, model.data.uri, found):
        message = "the development table is the holdout, or an earlier version of it, which unlimited looks would wear out"
        raise DataError(message, where=location, next_step="Name rows that the holdout does not hold in data.development.")


def _is_copy(location: str, holdout: str | None, found: str) -> bool:
    """Whether the holdout has the same bytes; it is read only if it has as many. One that is not there has none."""
    path = Path(holdout) if holdout is not None else None
    if path is None or not path.is_file() or path.stat().st_size != Path(location).stat().st_size:
        return False
    return data_digest(path) == f"sha256:{found}"
