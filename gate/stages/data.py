"""What is known of the holdout besides its rows: expectations, digest and age."""

from datetime import date
from pathlib import Path

from gate.aggregate.interface import Engine, Table
from gate.checks.digest import data_digest
from gate.checks.suite import columns_of
from gate.core.facts import ExpectationsFacts
from gate.core.model import ModelConfig
from gate.core.policy import Policy
from gate.errors import DataError

__all__ = ["age_in_days", "expectations_of", "pinned_digest"]


def pinned_digest(location: str, model: ModelConfig) -> str:
    """The digest of the holdout, which has to be the one that `gate.yaml` pins, if it does.

    Raises:
        DataError: it is another one.
    """
    found = data_digest(Path(location))
    wanted = model.data.sha256
    if wanted is not None and found != f"sha256:{wanted.lower()}":
        raise DataError(
            f"the holdout is not the one that gate.yaml pins: its digest is {found}, pinned is sha256:{wanted}",
            where=location,
            next_step="Bring back the pinned file, or pin the new one and say why in review.",
        )
    return found


def expectations_of(model: ModelConfig, engine: Engine, holdout: Table) -> ExpectationsFacts | None:
    """The outcome of the model's Great Expectations suite; None when it names none. Only the columns it mentions are loaded."""
    if model.data.expectations is None:
        return None
    suite = Path(model.data.expectations)
    columns = columns_of(suite)
    table = engine.open(holdout.location, text=()) if holdout.textual else holdout
    from gate.checks.expectations import run_suite  # noqa: PLC0415 -- Great Expectations takes five seconds to import

    return run_suite(engine.frame(table, columns if columns is not None else tuple(table.columns)), suite)


def age_in_days(policy: Policy, model: ModelConfig, *, today: date) -> int | None:
    """Days since the holdout was collected; None when the policy does not ask, or nobody knows."""
    if policy.data.max_age_days is None or model.data.collected is None:
        return None
    return (today - model.data.collected).days
