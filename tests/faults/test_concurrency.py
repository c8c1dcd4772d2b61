"""Many checks of one version at once: one outcome, every record in the chain, none lost."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from faulty import Zygote, zygotes
from loans import Registry

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]


@pytest.fixture(scope="module")
def many(served: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], list[Zygote]]]:
    """As many processes as asked for, each with everything imported."""
    with ExitStack() as open_ones:
        yield lambda number: [open_ones.enter_context(zygotes(tmp_path_factory.mktemp("zygote"), served.folder / "gate.pem")) for _ in range(number)]


def test_checks_of_one_version_at_once(
    many: Callable[[int], list[Zygote]], served: Registry, *, whole: bool, record_property: Callable[[str, object], None]
) -> None:
    """All say the same and stand in one chain, each behind another; verify allows the version, and promotes it."""
    number, rounds = (20, 10) if whole else (5, 2)
    gates = many(number)
    record_property("cells", number * rounds)
    for _ in range(rounds):
        with ThreadPoolExecutor(number) as threads:
            done = list(threads.map(lambda gate: gate.run(served.check("fair"), MLFLOW_HTTP_REQUEST_TIMEOUT="120", MLFLOW_HTTP_REQUEST_MAX_RETRIES="5"), gates))
        assert [code for code, _ in done] == [0] * number, [said[-300:] for code, said in done if code]

    entries = [json.loads(path.read_text()) for path in sorted((served.folder / "ledger").glob("*/entries/*.json"))]
    assert [entry["position"] for entry in entries] == list(range(1, number * rounds + 1))
    assert len({entry["record"] for entry in entries}) == number * rounds
    runs = served.client.search_runs([served.client.get_experiment_by_name("gate").experiment_id], max_results=1000)
    kept = [run for run in runs if {"decision.dsse.json"} <= {entry.path for entry in served.client.list_artifacts(run.info.run_id)}]
    assert (len(kept), {run.data.tags["gate.status"] for run in runs}) == (number * rounds, {"passed"})
    assert (
        gates[0].run(["promote", *served.check("fair")[1:], "--alias", "champion"], MLFLOW_HTTP_REQUEST_TIMEOUT="120", MLFLOW_HTTP_REQUEST_MAX_RETRIES="5")[0]
        == 0
    )
