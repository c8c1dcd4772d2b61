"""Where MLflow shows what the monitor found: one run per version, metrics by day, and a tag on the version."""

import time
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from gate.core.canonical import digest
from gate.registry.display import metric_names
from gate.registry.looks import runs_of, runs_on
from gate.registry.settings import settle

settle()  # MLflow starts its telemetry while it is being imported

# ruff: noqa: E402
from mlflow import MlflowClient
from mlflow.entities import Metric, Run

__all__ = ["STATE", "WATCHED", "log_day", "series_of", "watched_runs"]

STATE, WATCHED = "gate.monitor", "gate.monitor.of"
_LAST = "gate.monitor.step"
_BATCH = 900
_SERIES = 120
"""So many metrics of a run are read day by day."""
_EPOCH = date(1970, 1, 1)


def log_day(client: MlflowClient, name: str, version: str, values: Mapping[str, float], *, experiment: str, step: int, state: str) -> str:
    """Log the numbers of one day on the version's run, if they are of a later day than the last ones, then mark the version; returns the run's id."""
    run = _run(client, name, version, experiment)
    if step > int(run.data.tags.get(_LAST, "-1")):
        now, names = int(time.time() * 1000), metric_names(values)
        every = [Metric(names[key], float(value), now, step) for key, value in values.items()]
        for start in range(0, len(every), _BATCH):
            client.log_batch(run.info.run_id, metrics=every[start : start + _BATCH])
        client.set_tag(run.info.run_id, _LAST, str(step))  # last: a day that was cut short is logged again
    client.set_tag(run.info.run_id, STATE, state)
    client.set_model_version_tag(name, version, STATE, state)
    return str(run.info.run_id)


def _run(client: MlflowClient, name: str, version: str, experiment: str) -> Run:
    """The version's run: the oldest one that is not deleted, or a new one."""
    mark = digest(f"{name}/{version}".encode())
    found = [run for run in runs_on(client, mark, tag=WATCHED) if run.info.lifecycle_stage == "active"]
    if found:
        return min(found, key=lambda run: (run.info.start_time or 0, run.info.run_id))
    tags = {WATCHED: mark, "gate.model": name, "gate.version": version}
    return client.create_run(experiment, tags=tags, run_name=f"monitor {name} {version}")


def watched_runs(client: MlflowClient, name: str) -> Iterator[Run]:
    """The runs that say that they show what the monitor found of this model."""
    yield from (run for run in runs_of(client, name) if WATCHED in run.data.tags and run.info.lifecycle_stage == "active")


def series_of(client: MlflowClient, run: Run) -> Mapping[str, tuple[tuple[date, float], ...]]:
    """Evidence and alarms of every rule, by day; a day that was logged twice by its last value."""
    names = sorted(name for name in run.data.metrics if name.startswith("monitor/") and name.count("/") > 1 and name.endswith(("/alarm", "/evidence")))
    return {name: tuple(sorted(_days(client, run.info.run_id, name).items())) for name in names[:_SERIES]}


def _days(client: MlflowClient, run_id: str, name: str) -> dict[date, float]:
    history = sorted(client.get_metric_history(run_id, name), key=lambda entry: (entry.step, entry.timestamp))
    return {_EPOCH + timedelta(days=entry.step): entry.value for entry in history if 0 <= entry.step < 1_000_000}
