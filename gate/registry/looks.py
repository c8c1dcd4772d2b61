"""Where MLflow keeps the looks at a holdout: one run per recorded decision, in whatever experiment it is now, deleted or not."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from gate.registry.settings import settle

settle()  # MLflow starts its telemetry while it is being imported

# ruff: noqa: E402
from mlflow import MlflowClient
from mlflow.entities import Experiment, Run, ViewType
from mlflow.store.entities import PagedList

__all__ = ["CANDIDATE", "DATA", "MODEL", "runs_of", "runs_on"]

CANDIDATE, DATA = "gate.digest", "gate.data"
"""The tags of a decision's run that hold the digests of candidate and holdout."""

MODEL = "gate.model"
"""The tag that holds the model's name."""

_PAGE = 1000
_MOST_EXPERIMENTS = 100  # in one search: some servers take no more
_T = TypeVar("_T")


def runs_on(client: MlflowClient, digest: str, *, tag: str = DATA) -> Iterator[Run]:
    """Every run that records a decision on the holdout of this digest, or, with the other tag, on the candidate of it."""
    yield from _tagged(client, f"tags.`{tag}` = '{digest}'")


def runs_of(client: MlflowClient, name: str) -> Iterator[Run]:
    """Every run that records a decision about a model of this name, whatever signs the name has."""
    wanted = name.replace("'", "_").replace("\\", "_")  # any one sign, in the language of the search; the name itself is compared here
    yield from (run for run in _tagged(client, f"tags.`{MODEL}` LIKE '{wanted}'") if run.data.tags.get(MODEL) == name)


def _tagged(client: MlflowClient, wanted: str) -> Iterator[Run]:
    experiments = [str(found.experiment_id) for found in _every(partial(_experiments, client))]
    for start in range(0, len(experiments), _MOST_EXPERIMENTS):
        yield from _every(partial(_runs, client, experiments[start : start + _MOST_EXPERIMENTS], wanted))


def _experiments(client: MlflowClient, page: str | None) -> PagedList[Experiment]:
    return client.search_experiments(view_type=ViewType.ALL, max_results=_PAGE, page_token=page)


def _runs(client: MlflowClient, experiments: list[str], wanted: str, page: str | None) -> PagedList[Run]:
    return client.search_runs(experiments, filter_string=wanted, run_view_type=ViewType.ALL, max_results=_PAGE, page_token=page)


def _every(search: Callable[[str | None], PagedList[_T]]) -> Iterator[_T]:
    """What a search finds, page by page, to the last one."""
    page: str | None = None
    while True:
        found = search(page)
        yield from found
        page = found.token or None
        if page is None:
            return
