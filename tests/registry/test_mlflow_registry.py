"""The registry room against real MLflow: a database file and a server on loopback."""

import hashlib
import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Protocol

import mlflow
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from gate.core.decision import Verdict
from gate.core.facts import Candidate
from gate.errors import CandidateError, RegistryError
from gate.registry.digest import tree_digest
from gate.registry.interface import DatasetReference, Record
from gate.registry.mlflow_registry import EXPERIMENT, MlflowRegistry
from gate.registry.settings import PATIENCE_SECONDS

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # importing it warns about its own type hints
    import mlflow.sklearn

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")]

NAME = "mortgage approval"
DIGEST = f"sha256:{'0123456789abcdef' * 4}"


class Store(Protocol):
    """What the fixture `store` gives."""

    uri: str
    run_id: str
    client: mlflow.MlflowClient


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow puts the artifacts of a database's new experiment into the current folder."""
    monkeypatch.chdir(tmp_path_factory.mktemp("current"))


@pytest.fixture
def record(tmp_path: Path) -> Record:
    """A record with everything in it."""
    (tmp_path / "out").mkdir()
    for name in ("decision.json", "model_card.html", "chart.svg"):
        (tmp_path / "out" / name).write_text(name, encoding="utf-8")
    return Record(
        verdict=Verdict.BLOCKED,
        tier="high",
        decision_digest=DIGEST,
        metrics={"true_positive_rate/race/black×female": 0.72, "equal_opportunity_difference": 0.21},
        files={
            "decision.json": tmp_path / "out" / "decision.json",
            "model_card.html": tmp_path / "out" / "model_card.html",
            "charts/gaps.svg": tmp_path / "out" / "chart.svg",
        },
        describe=lambda _: "BLOCKED under the tier high\n\nmore",
        data=DatasetReference(name="mortgage", uri="/data/holdout.parquet", digest=DIGEST),
        tags={"gate.host": "ci"},
    )


@pytest.mark.parametrize("reference", [f"models:/{NAME}/2", f"{NAME}/2", f"{NAME}@candidate", f"models:/{NAME}@candidate"])
def test_a_version_is_fetched_under_any_of_its_names(store: Store, tmp_path: Path, model_folder: Path, reference: str) -> None:
    """An alias is resolved once to a version, and the files are byte for byte those that were registered."""
    fetched = MlflowRegistry(store.uri).fetch(reference, tmp_path)

    expected = Candidate(name=NAME, version="2", digest=tree_digest(model_folder), inputs=("income", "debt"), run_id=store.run_id)
    assert fetched.candidate == expected
    assert tree_digest(fetched.folder) == expected.digest
    assert tmp_path in fetched.folder.parents
    assert (fetched.requirements, fetched.author) == (("mlflow==3.17.2", "scikit-learn==1.9.1"), "ada")


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("mortgage aproval/1", "no such model.*mortgage approval"),
        ("zzz@candidate", "no such model.*no similar"),
        (f"{NAME}/9", "no such version.*versions.*1"),
        (f"{NAME}@champion", "no such alias.*candidate"),
    ],
)
def test_what_is_not_there_is_a_candidate_error(store: Store, tmp_path: Path, reference: str, words: str) -> None:
    """A mistyped name is exit 2, and the message names what is there."""
    with pytest.raises(CandidateError, match=words):
        MlflowRegistry(store.uri).fetch(reference, tmp_path)


def test_a_record_is_kept_whole(store: Store, record: Record) -> None:
    """Metrics, files, dataset and tags are in a finished run; the version shows the verdict and keeps people's words."""
    store.client.update_model_version(NAME, "1", description="Trained on 2026 data.")
    links = MlflowRegistry(store.uri).record(Candidate(name=NAME, version="1", digest=DIGEST), record)
    run, version = store.client.get_run(links.run_id), store.client.get_model_version(NAME, "1")

    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"true_positive_rate/race/black_female": 0.72, "equal_opportunity_difference": 0.21}
    shown = {"gate.model": NAME, "gate.version": "1", "gate.status": "blocked", "gate.digest": DIGEST, "gate.data": DIGEST, "gate.host": "ci"}
    assert shown.items() <= run.data.tags.items()
    assert store.client.get_experiment(run.info.experiment_id).name == EXPERIMENT
    dataset = run.inputs.dataset_inputs[0].dataset
    assert (dataset.name, dataset.digest, json.loads(dataset.source)["uri"]) == ("mortgage", DIGEST[7:43], "/data/holdout.parquet")
    assert [file.path for file in store.client.list_artifacts(links.run_id)] == ["charts", "decision.json", "model_card.html"]
    assert [file.path for file in store.client.list_artifacts(links.run_id, "charts")] == ["charts/gaps.svg"]
    report = links.card_url or links.card
    assert version.tags == {"gate.status": "blocked", "gate.tier": "high", "gate.decision": DIGEST, "gate.report": report}
    assert version.description == "BLOCKED under the tier high <!-- gate:begin -->\n\nmore\n<!-- gate:end -->\n\nTrained on 2026 data."


def test_a_status_in_words_marks_version_and_run(store: Store, record: Record) -> None:
    """What is more than the verdict stands in the tag, where people filter; without words it is the verdict."""
    words = "passed with inherited violations"
    links = MlflowRegistry(store.uri).record(Candidate(name=NAME, version="1", digest=DIGEST), replace(record, status=words))

    assert store.client.get_model_version(NAME, "1").tags["gate.status"] == words
    assert store.client.get_run(links.run_id).data.tags["gate.status"] == words


def test_links_are_pages_of_the_server(server: Store, record: Record) -> None:
    """On a server every link opens the UI."""
    links = MlflowRegistry(server.uri).record(Candidate(name=NAME, version="1", digest=DIGEST), record)
    experiment = server.client.get_run(links.run_id).info.experiment_id

    assert links.run_url == f"{server.uri}/#/experiments/{experiment}/runs/{links.run_id}"
    assert links.card_url == f"{links.run_url}/artifacts/model_card.html"
    assert links.version_url == f"{server.uri}/#/models/mortgage%20approval/versions/1"


def test_a_record_that_fails_midway_marks_nothing(store: Store, record: Record) -> None:
    """Without a complete record the version carries no new tag, and the run says that it failed."""
    record.files["decision.json"].unlink()
    with pytest.raises(RegistryError, match="keep the record"):
        MlflowRegistry(store.uri).record(Candidate(name=NAME, version="2", digest=DIGEST), record)

    experiment = store.client.get_experiment_by_name(EXPERIMENT)
    newest = store.client.search_runs([experiment.experiment_id], max_results=1)[0]
    assert (newest.info.status, newest.data.tags["gate.version"]) == ("FAILED", "2")
    assert store.client.get_model_version(NAME, "2").tags == {}


def test_a_table_of_predictions_has_a_record_but_no_version(database: Store, record: Record) -> None:
    """Where no model version was judged, none is marked."""
    links = MlflowRegistry(database.uri).record(Candidate(name="table", version=None, digest=DIGEST), record)

    assert (database.client.get_run(links.run_id).info.status, links.version_url) == ("FINISHED", None)


def test_more_metrics_than_a_request_may_hold(database: Store, record: Record) -> None:
    """Two thousand groups are logged in parts."""
    metrics = {f"selection_rate/area/{place}": place / 2000 for place in range(2000)}
    many = Record(verdict=record.verdict, tier="high", decision_digest=DIGEST, metrics=metrics, files={})
    links = MlflowRegistry(database.uri).record(Candidate(name="table", version=None, digest=DIGEST), many)

    assert database.client.get_run(links.run_id).data.metrics == metrics


def test_a_copy_is_the_same_bytes_under_another_name(database: Store, tmp_path: Path) -> None:
    """Loading and copying in MLflow leave a note of their own among the files; it does not change the digest."""
    original = MlflowRegistry(database.uri).fetch(f"{NAME}/1", tmp_path / "one")
    copied = database.client.copy_model_version(f"models:/{NAME}/1", "copy of it")
    stored = Path(database.client.get_model_version_download_uri(NAME, "1"))
    (stored / "registered_model_meta").write_text("model_name: x\n", encoding="utf-8")
    copy = MlflowRegistry(database.uri).fetch(f"{copied.name}/{copied.version}", tmp_path / "two")
    (stored / "registered_model_meta").unlink()

    assert (copy.candidate.name, copy.candidate.digest) == ("copy of it", original.candidate.digest)


@pytest.mark.parametrize("source", ["link", "http://169.254.169.254/latest/meta-data"])
def test_files_outside_the_store_are_refused(database: Store, tmp_path: Path, source: str) -> None:
    """A registered version cannot make the gate read a file of ours, nor an address that it was told."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "MLmodel").symlink_to("/etc/hostname")
    name = f"hostile {hashlib.sha256(source.encode()).hexdigest()[:6]}"
    database.client.create_registered_model(name)
    database.client.create_model_version(name, source=str(tmp_path / "model") if source == "link" else source)

    with pytest.raises(CandidateError, match=r"link that is not to a file|outside the registry"):
        MlflowRegistry(database.uri).fetch(f"{name}/1", tmp_path / "private")


def test_files_that_are_no_model_are_refused(database: Store, tmp_path: Path) -> None:
    """A version without an MLmodel file cannot be judged, and that is exit 2."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.bin").touch()
    database.client.create_registered_model("no model")
    database.client.create_model_version("no model", source=str(tmp_path / "model"))

    with pytest.raises(CandidateError, match="no MLflow model"):
        MlflowRegistry(database.uri).fetch("no model/1", tmp_path / "private")


def test_the_default_is_the_database_of_the_folder(database: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without MLFLOW_TRACKING_URI the gate looks where MLflow looks: mlflow.db in the current folder."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(Path(database.uri.removeprefix("sqlite:///")).parent)

    assert MlflowRegistry().fetch(f"{NAME}/1", tmp_path).candidate.version == "1"


def test_no_database_is_made_by_looking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no registry the message says which setting names one, and no empty database is left behind."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RegistryError, match=r"no MLflow database .*mlflow\.db.* MLFLOW_TRACKING_URI"):
        MlflowRegistry("sqlite:///mlflow.db").fetch("a/1", tmp_path / "private")

    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_a_registry_error(tmp_path: Path) -> None:
    """A foreign file is refused within seconds."""
    (tmp_path / "mlflow.db").write_bytes(b"not a database" * 100)

    with pytest.raises(RegistryError, match="MLFLOW_TRACKING_URI"):
        MlflowRegistry(f"sqlite:///{tmp_path}/mlflow.db").fetch("a/1", tmp_path / "private")


@contextmanager
def _answering(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers every request in the same odd way."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        do_POST = do_GET  # noqa: N815  the base class's

        def log_message(self, *_: Any) -> None:  # noqa: ANN401  the base class's
            """Nothing is printed."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _respond(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        _respond(500, b"oops"),
        _respond(503, b""),
        _respond(429, b"", Retry_After="3600"),
        _respond(401, b"who are you"),
        _respond(403, b"{}"),
        _respond(404, b"<html>"),
        _respond(200, b"<html>please sign in</html>"),
        _respond(200, b'{"model_version": {"name": "a"', Content_Length="900"),
        _respond(200, b"[]"),
        _respond(200, b'{"model_version": 3}'),
        _respond(200, b"{}"),
    ],
)
def test_a_server_that_misbehaves_is_a_registry_error(
    answer: Callable[[BaseHTTPRequestHandler], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Errors, throttling, sign-in pages and half answers end in one message within seconds, never in a traceback."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "2")
    started = time.monotonic()
    with _answering(answer) as address, pytest.raises(RegistryError, match="MLFLOW_TRACKING_URI") as caught:
        MlflowRegistry(address).fetch("a/1", tmp_path)

    assert caught.value.where == address
    assert time.monotonic() - started < 10


def test_a_dead_server_is_a_registry_error_in_time(tmp_path: Path) -> None:
    """Nobody listens: three attempts with the default settings take seconds, and the message names the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    started = time.monotonic()
    with pytest.raises(RegistryError, match=address):
        MlflowRegistry(address).fetch("a/1", tmp_path)

    assert time.monotonic() - started < 15


def test_a_silent_server_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that accepts and never answers costs three waits and their pauses, which stay below 30 s by default."""
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    started = time.monotonic()
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as listener, pytest.raises(RegistryError, match="nobody answers"):
        MlflowRegistry(f"http://127.0.0.1:{listener.server_address[1]}").fetch("a/1", tmp_path)
    pauses = time.monotonic() - started - 3 * 1

    assert 3 * PATIENCE_SECONDS + pauses < 30


def test_nothing_is_printed(server: Store, tmp_path: Path) -> None:
    """Standard output may be carrying decision.json: no progress bar, log line, link or warning of MLflow gets there."""
    program = f"""
from pathlib import Path
from gate.core.decision import Verdict
from gate.registry.interface import Record
from gate.registry.mlflow_registry import MlflowRegistry
registry = MlflowRegistry()
fetched = registry.fetch("{NAME}/1", Path({str(tmp_path)!r}))
record = Record(verdict=Verdict.PASSED, tier="minimal", decision_digest="d", metrics={{"m": 1.0}}, files={{"MLmodel": fetched.folder / "MLmodel"}})
registry.record(fetched.candidate, record)
"""
    environment = {"PATH": "/usr/bin:/bin", "MLFLOW_TRACKING_URI": server.uri, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, env=environment)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.filterwarnings("ignore")
def test_a_model_of_a_flavour_knows_its_logged_model(server: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model as `mlflow.sklearn.log_model` registers it: inputs from its signature, its logged model from `source`."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server.uri)
    features = pd.DataFrame({"income": [1.0, 2.0], "debt": [0.0, 1.0]})
    model = LogisticRegression().fit(features, [0, 1])
    with mlflow.start_run():
        logged = mlflow.sklearn.log_model(model, name="model", input_example=features, registered_model_name="flavoured", pip_requirements=["scikit-learn"])
    fetched = MlflowRegistry(server.uri).fetch("flavoured/1", tmp_path / "one")
    again = MlflowRegistry(server.uri).fetch("flavoured/1", tmp_path / "two")

    assert (fetched.candidate.inputs, fetched.candidate.model_id) == (("income", "debt"), logged.model_id)
    assert (fetched.requirements[-1], fetched.candidate.digest) == ("scikit-learn", again.candidate.digest)
