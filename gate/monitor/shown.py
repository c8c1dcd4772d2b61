"""What of a run of the monitor MLflow shows: numbers by day, and the state of the version, the word first."""

from collections.abc import Mapping
from datetime import date

from gate.judge.watching import State
from gate.monitor.found import Answer, Found

__all__ = ["show", "state_of", "step_of", "values_of"]

_EPOCH = date(1970, 1, 1)


def show(found: Found, name: str, version: str, *, tracking_uri: str | None) -> None:
    """Log the day on the version's run, and mark the version.

    Raises:
        RegistryError: MLflow did not answer, or refused (exit 4); the next run of the monitor logs what is missing.
    """
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    MlflowRegistry(tracking_uri).observed(name, version, values_of(found), step=step_of(found), state=state_of(found))


def state_of(found: Found) -> str:
    """The value of the tag `gate.monitor`."""
    if found.answer is Answer.ALARM:
        days = [entry.since.isoformat() for entry in found.alarms if entry.since is not None]
        return f"alarm since {min(days)}" if days else f"alarm: drift, as of {found.as_of.isoformat()}"
    return f"{found.answer.value} as of {found.as_of.isoformat()}"


def step_of(found: Found) -> int:
    """Days from 1970 to the first day of the newest window; 0 where there is none."""
    return 0 if found.selections.last is None else (found.selections.last - _EPOCH).days


def values_of(found: Found) -> Mapping[str, float]:
    """Numbers by name: states always; evidence, rates and drift where small cells need not be kept apart."""
    values = {"monitor/alarm": float(found.answer is Answer.ALARM), "monitor/inconclusive": float(found.answer is Answer.INCONCLUSIVE)}
    for entry in found.watched:
        about = f"monitor/{entry.rule}/{entry.feature or 'all'}"
        values[f"{about}/alarm"] = float(entry.state is State.ALARM)
        if not found.withheld:
            values[f"{about}/evidence"] = entry.evidence
    for line in found.groups:
        numbers = {
            "selection_rate": line.newest_selection_rate,
            "selection_rate_so_far": line.selection_rate,
            "true_positive_rate_so_far": line.true_positive_rate,
        }
        values |= {f"monitor/{line.feature}/{line.group}/{key}": number for key, number in numbers.items() if number is not None}
    values |= {f"monitor/drift/{drift.column}/psi": drift.psi for drift in found.drifts if drift.psi is not None}
    return values
