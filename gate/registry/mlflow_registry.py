"""MLflow's model registry and tracking server, behind the gate's own words."""

import difflib
import json
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from gate.core.facts import Candidate
from gate.errors import CandidateError, GateError, RegistryError
from gate.registry.digest import refuse_links_and_devices, tree_digest
from gate.registry.display import dataset_source, is_web, managed_description, metric_names, run_page, shown_address, version_page
from gate.registry.interface import CARD, REPORT, DatasetReference, DecisionRun, FetchedModel, KeptRecord, Look, Record, RecordLinks, WatchedRun
from gate.registry.looks import CANDIDATE, DATA, MODEL, runs_of, runs_on
from gate.registry.mlmodel import lineage_of, model_id_of, requirements_of, signature_inputs, tensor_width
from gate.registry.model_files import files_of, skops_file
from gate.registry.observations import STATE, log_day, series_of, watched_runs
from gate.registry.reference import Reference, parse_reference
from gate.registry.settings import hush, settle

settle()  # MLflow starts its telemetry while it is being imported

# ruff: noqa: E402
import mlflow
import requests
import sqlalchemy
from google.protobuf.json_format import ParseError
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from sqlalchemy.exc import SQLAlchemyError

__all__ = ["EXPERIMENT", "FAILURES", "MlflowRegistry"]

EXPERIMENT = "gate"
"""The experiment that holds one run per recorded decision."""

FAILURES = (MlflowException, requests.RequestException, SQLAlchemyError, OSError, ImportError, json.JSONDecodeError, ParseError)
"""What MLflow and what it stands on raise when something is not as it should be."""
_UNREACHABLE = (requests.ConnectionError, requests.Timeout)
_ABSENT = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"}
_DATABASES = ("sqlite", "postgresql", "mysql", "mssql")
STATUS = "gate.status"
_OWN_NOTE = "registered_model_meta"
_BATCH = 900
_PAGE = 1000
_MOST_BYTES = 256 * 2**20
_SETTING = "Set MLFLOW_TRACKING_URI to the address of your MLflow server, and check that it answers."


class MlflowRegistry:
    """An MLflow registry at `tracking_uri`, or where MLflow itself would look: MLFLOW_TRACKING_URI, else ./mlflow.db."""

    def __init__(self, tracking_uri: str | None = None) -> None:
        hush()
        self._address = tracking_uri or mlflow.get_tracking_uri()
        self._shown = shown_address(self._address)

    @property
    def shown(self) -> str:
        """Its address, fit for people."""
        return self._shown

    def fetch(self, reference: str, folder: Path) -> FetchedModel:
        """The version that `reference` names now, its files copied once into `folder`; see `Registry.fetch`."""
        wanted = parse_reference(reference)
        with self._edge("bring the model"):
            client = self._client()
            version = _resolve(client, wanted)
            if version.name != wanted.name or wanted.version not in {None, str(version.version)}:
                raise RegistryError("MLflow answered about another version", where=self._shown, next_step=_SETTING)
            files = self._download(client, version, folder)
            author = _author(client, version)
        return FetchedModel(
            candidate=_candidate(version, files),
            folder=files,
            requirements=requirements_of(files),
            author=author,
            width=tensor_width(files),
            lineage=lineage_of(files),
            files=files_of(files),
            skops_file=skops_file(files),
        )

    def looks(self, data: Sequence[str]) -> tuple[Look, ...]:
        """Every recorded look at these holdouts, in whatever experiment it is now; see `Registry.looks`."""
        with self._edge("count the looks at this holdout"):
            client = self._client()
            runs = [(run, digest) for digest in data for run in runs_on(client, digest)]
        runs.sort(key=lambda found: (found[0].info.start_time or 0, found[0].info.run_id))
        # A record that has lost its candidate stands for one of its own.
        return tuple(dict.fromkeys(Look(candidate=run.data.tags.get(CANDIDATE, run.info.run_id), data=digest) for run, digest in runs))

    def version_of(self, name: str, wanted: str) -> str | None:
        """The version that an alias or a number stands for now; see `Registry.version_of`."""
        with self._edge("say which versions there are"):
            client = self._client()
            try:
                if wanted.isdigit():
                    return str(client.get_model_version(name, wanted).version)
                found = client.get_registered_model(name).aliases.get(wanted)  # the list itself: an alias not in it is no error that could mean more
                return None if found is None else str(found)
            except MlflowException as error:
                if error.error_code not in _ABSENT:
                    raise
                return None

    def versions(self, name: str, *, last: int) -> tuple[str, ...]:
        """The newest versions of a model; see `Registry.versions`."""
        with self._edge("list the versions"):
            client = self._client()
            found, page = [], None
            while True:  # the order that a server is asked for is not one that every server keeps
                listed = client.search_model_versions(filter_string=None if "'" in name else f"name='{name}'", max_results=_PAGE, page_token=page)
                found += [int(version.version) for version in listed if version.name == name]
                page = listed.token
                if not page:
                    return tuple(str(number) for number in sorted(found, reverse=True)[:last])

    def aliases(self, name: str) -> Mapping[str, str]:
        """What its aliases stand for; see `Registry.aliases`."""
        with self._edge("list the aliases"):
            try:
                found = self._client().get_registered_model(name).aliases
            except MlflowException as error:
                if error.error_code not in _ABSENT:
                    raise
                return {}
            return {str(alias): str(version) for alias, version in found.items()}

    def decided(self, name: str) -> tuple[DecisionRun, ...]:
        """Every run that says it keeps a decision; see `Registry.decided`."""
        with self._edge("list its decisions"):
            return tuple(
                DecisionRun(
                    run_id=run.info.run_id,
                    decision=run.data.tags.get("gate.decision", ""),
                    url=run_page(self._address, experiment=str(run.info.experiment_id), run=run.info.run_id),
                )
                for run in runs_of(self._client(), name)
            )

    def watched(self, name: str) -> tuple[WatchedRun, ...]:
        """Every run that shows what the monitor found; see `Registry.watched`."""
        with self._edge("show what the monitor found"):
            client = self._client()
            return tuple(
                WatchedRun(
                    version=run.data.tags.get("gate.version", ""),
                    state=run.data.tags.get(STATE, ""),
                    series=series_of(client, run),
                    url=run_page(self._address, experiment=str(run.info.experiment_id), run=run.info.run_id),
                )
                for run in watched_runs(client, name)
            )

    def gated(self) -> frozenset[str]:
        """The models of which a version carries a mark of the gate; see `Registry.gated`."""
        with self._edge("list the models"):
            client, found, page = self._client(), set[str](), None
            while True:
                listed = client.search_model_versions(filter_string=f"tags.`{STATUS}` LIKE '%'", max_results=_PAGE, page_token=page)
                found |= {str(version.name) for version in listed}
                page = listed.token
                if not page:
                    return frozenset(found)

    def page_of(self, name: str, version: str) -> str | None:
        """Where a version is shown; see `Registry.page_of`."""
        return version_page(self._address, name=name, version=version)

    def pages(self, name: str, version: str, run_id: str) -> RecordLinks:
        """Where a record can be looked at; see `Registry.pages`."""
        with self._edge("show the run"):
            experiment = str(self._client().get_run(run_id).info.experiment_id)
        return self._pages(name, version, experiment=experiment, run=run_id, card=CARD)

    def records(self, candidate: Candidate, name: str) -> tuple[KeptRecord, ...]:
        """The artifacts of this name beside the runs about these bytes; see `Registry.records`."""
        with self._edge("show its records"):
            client = self._client()
            runs = [run.info.run_id for run in runs_on(client, candidate.digest, tag=CANDIDATE)]
            found = ((run, _artifact(client, run, name)) for run in runs)
            return tuple(KeptRecord(run_id=run, envelope=data) for run, data in found if data is not None)

    def artifact(self, run_id: str, name: str) -> bytes | None:
        """One artifact of a run; see `Registry.artifact`."""
        with self._edge("show a record"):
            return _artifact(self._client(), run_id, name)

    def artifacts(self, run_id: str, folder: str) -> tuple[bytes, ...]:
        """Every file of one folder of a run; see `Registry.artifacts`."""
        with self._edge("show what lies beside a record"):
            client = self._client()
            names = sorted(entry.path for entry in client.list_artifacts(run_id, folder) if not entry.is_dir)
            found = (_artifact(client, run_id, name) for name in names)
            return tuple(data for data in found if data is not None)

    def keep(self, run_id: str, name: str, data: bytes) -> None:
        """One artifact more beside a run; see `Registry.keep`."""
        with self._edge("keep an artifact"):
            _keep(self._client(), run_id, name, data)

    def unpoint(self, name: str, alias: str) -> None:
        """Remove an alias; see `Registry.unpoint`."""
        with self._edge("remove the alias"):
            self._client().delete_registered_model_alias(name, alias)

    def point(self, name: str, alias: str, version: str) -> None:
        """Let an alias stand for a version; see `Registry.point`."""
        with self._edge("move the alias"):
            self._client().set_registered_model_alias(name, alias, version)

    def record(self, candidate: Candidate, record: Record) -> RecordLinks:
        """Keep the record in a run of its own, and mark the version last; see `Registry.record`."""
        with self._edge("keep the record"):
            client = self._client()
            experiment = _experiment(client)
            run = client.create_run(experiment, tags=_run_tags(candidate, record), run_name=f"{candidate.name} {candidate.version or ''}".strip())
            links = self._links(candidate, record, experiment=experiment, run=run.info.run_id)
            with _failing(client, links.run_id):
                _fill(client, links.run_id, record)
                record.finish(lambda name, data: _keep(client, links.run_id, name, data))
                client.set_terminated(links.run_id, status="FINISHED")
                if candidate.version is not None:
                    _mark(client, candidate.name, candidate.version, record, links)
        return links

    def observed(self, name: str, version: str, values: Mapping[str, float], *, step: int, state: str) -> str:
        """Show what the monitor found of a version on one day: metrics by step on a run of its own, and the tag `gate.monitor`; returns the run's id.

        Raises:
            RegistryError: the registry did not answer, or refused; the version is marked last.
        """
        with self._edge("show what the monitor found"):
            client = self._client()
            client.get_model_version(name, version)  # before anything is written
            return log_day(client, name, version, values, experiment=_experiment(client), step=step, state=state)

    def _client(self) -> mlflow.MlflowClient:
        if self._address.startswith(_DATABASES):
            _probe_database(self._address)
        return mlflow.MlflowClient(tracking_uri=self._address)

    def _download(self, client: mlflow.MlflowClient, version: ModelVersion, folder: Path) -> Path:
        source = _files_address(client, version)
        parts = urlsplit(source)
        if (is_web(source) and parts.netloc != urlsplit(self._address).netloc) or parts.scheme in {"ftp", "data"}:
            raise CandidateError("The version's files lie outside the registry's store", where=shown_address(source), next_step="Register the model again.")
        if parts.scheme in {"", "file"}:
            if not parts.path.startswith("/"):
                raise RegistryError("MLflow does not say where the version's files are", where=self._shown, next_step=_SETTING)
            refuse_links_and_devices(Path(unquote(parts.path)))  # copying would follow links, so look before
        files = Path(mlflow.artifacts.download_artifacts(artifact_uri=source, dst_path=str(folder), tracking_uri=self._address))
        (files / _OWN_NOTE).unlink(missing_ok=True)  # MLflow's own loader adds and rewrites it: no part of the model
        return files

    def _links(self, candidate: Candidate, record: Record, *, experiment: str, run: str) -> RecordLinks:
        return self._pages(candidate.name, candidate.version, experiment=experiment, run=run, card=record.card)

    def _pages(self, name: str, version: str | None, *, experiment: str, run: str, card: str) -> RecordLinks:
        return RecordLinks(
            run_id=run,
            card=f"runs:/{run}/{card}",
            run_url=run_page(self._address, experiment=experiment, run=run),
            card_url=run_page(self._address, experiment=experiment, run=run, artifact=card),
            report_url=run_page(self._address, experiment=experiment, run=run, artifact=REPORT),
            version_url=version_page(self._address, name=name, version=version) if version else None,
        )

    @contextmanager
    def _edge(self, purpose: str) -> Iterator[None]:
        """Nothing of MLflow leaves this room: its exceptions become ours."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # those of MLflow and what it stands on; ours are exceptions
                yield
        except FAILURES as error:
            reason = _reason(error).replace(self._address, self._shown)
            raise RegistryError(f"MLflow did not {purpose}: {reason}", where=self._shown, next_step=_SETTING) from error


def _probe_database(address: str) -> None:
    """Raise at once when a database is not there: MLflow would try for minutes, or make an empty one."""
    if address.startswith("sqlite:///") and not Path(unquote(address.removeprefix("sqlite:///"))).exists():
        raise RegistryError("There is no MLflow database", where=shown_address(address), next_step=_SETTING)
    engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool)
    with engine.connect():
        engine.dispose()


def _resolve(client: mlflow.MlflowClient, wanted: Reference) -> ModelVersion:
    try:
        if wanted.version is not None:
            return client.get_model_version(wanted.name, wanted.version)
        return client.get_model_version_by_alias(wanted.name, str(wanted.alias))
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
        raise _unknown(client, wanted) from error


def _unknown(client: mlflow.MlflowClient, wanted: Reference) -> CandidateError:
    """What is not there, and what is there instead."""
    names = [model.name for model in client.search_registered_models(max_results=200)]
    if wanted.name not in names:
        near = difflib.get_close_matches(wanted.name, names, n=3, cutoff=0.5)
        return CandidateError("There is no such model in the registry", where=wanted.name, next_step=_instead("models", near))
    if wanted.alias is not None:
        aliases = sorted(client.get_registered_model(wanted.name).aliases)
        return CandidateError("The model has no such alias", where=f"{wanted.name}@{wanted.alias}", next_step=_instead("aliases", aliases))
    versions = [str(version.version) for version in client.search_model_versions(f"name='{wanted.name}'", max_results=20)] if "'" not in wanted.name else []
    return CandidateError("The model has no such version", where=f"{wanted.name}/{wanted.version}", next_step=_instead("versions", versions))


def _instead(kind: str, found: list[str]) -> str:
    return f"Did you mean one of the {kind} {', '.join(found[:20])}?" if found else f"The registry knows no similar {kind}."


def _files_address(client: mlflow.MlflowClient, version: ModelVersion) -> str:
    """Where the files are, without a detour over `models:/`, which would write into them."""
    address = client.get_model_version_download_uri(version.name, version.version)
    model = model_id_of(address)
    return client.get_logged_model(model).artifact_location if model else address


def _candidate(version: ModelVersion, files: Path) -> Candidate:
    return Candidate(
        name=version.name,
        version=str(version.version),
        digest=tree_digest(files),
        inputs=signature_inputs(files),
        run_id=version.run_id or None,
        model_id=version.model_id or model_id_of(version.source or ""),
    )


def _author(client: mlflow.MlflowClient, version: ModelVersion) -> str | None:
    if version.user_id or not version.run_id:
        return version.user_id or None
    try:
        run = client.get_run(version.run_id)
    except MlflowException as error:
        if error.error_code not in _ABSENT:
            raise
        return None
    return run.data.tags.get("mlflow.user") or run.info.user_id or None


def _experiment(client: mlflow.MlflowClient) -> str:
    found = client.get_experiment_by_name(EXPERIMENT)
    if found is not None:
        return str(found.experiment_id)
    try:
        return client.create_experiment(EXPERIMENT)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    raced = client.get_experiment_by_name(EXPERIMENT)  # another gate was quicker
    if raced is None:
        raise RegistryError("The experiment can be neither found nor made", where=EXPERIMENT, next_step="Restore or remove it in MLflow.")
    return str(raced.experiment_id)


def _run_tags(candidate: Candidate, record: Record) -> dict[str, str]:
    own = {MODEL: candidate.name, "gate.version": candidate.version or "", CANDIDATE: candidate.digest, **_marks(record)}
    return {**record.tags, **own, **({DATA: record.data.digest} if record.data else {})}


def _marks(record: Record) -> dict[str, str]:
    return {"gate.decision": record.decision_digest, "gate.tier": record.tier, STATUS: record.status or record.verdict.value}


def _unreachable(error: Exception) -> bool:
    """Whether nobody answered; MLflow wraps what `requests` raised."""
    return isinstance(error, _UNREACHABLE) or isinstance(error.__context__, _UNREACHABLE)


def _reason(error: Exception) -> str:
    """One line of an exception, for people."""
    if _unreachable(error):
        return "nobody answers at its address"
    return (str(error).strip() or type(error).__name__).splitlines()[0][:300]


@contextmanager
def _failing(client: mlflow.MlflowClient, run: str) -> Iterator[None]:
    """Mark the run as failed if anything inside fails and the server can still be reached."""
    try:
        yield
    except (*FAILURES, GateError) as error:
        if not _unreachable(error):
            with suppress(*FAILURES):
                client.set_terminated(run, status="FAILED")
        raise


def _fill(client: mlflow.MlflowClient, run: str, record: Record) -> None:
    for batch in _batches(record.metrics):
        client.log_batch(run, metrics=batch)
    if record.data is not None:
        _log_data(client, run, record.data)
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        for name, path in record.files.items():
            link = Path(folder, name)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(path.resolve(strict=True))  # under the artifact's name, without copying
        client.log_artifacts(run, folder)


def _log_data(client: mlflow.MlflowClient, run: str, data: DatasetReference) -> None:
    """The holdout as an input. Two runs that log the same one at once may race in MLflow's database, which refuses the second: it finds it next time."""
    for last in (False, False, True):
        try:
            client.log_inputs(run, datasets=[_dataset(data)])
        except MlflowException as error:
            if last or "IntegrityError" not in str(error):
                raise
        else:
            return


def _keep(client: mlflow.MlflowClient, run: str, name: str, data: bytes) -> None:
    """One artifact more, or in place of an earlier one of the same name."""
    where, _, file = name.rpartition("/")
    with tempfile.TemporaryDirectory(prefix="gate-") as folder:
        path = Path(folder, file)
        path.write_bytes(data)
        client.log_artifact(run, str(path), where or None)


def _artifact(client: mlflow.MlflowClient, run: str, name: str) -> bytes | None:
    """The bytes of an artifact, if the run lists a file of this name and of a size that a record can have."""
    folder = name.rpartition("/")[0] or None
    listed = next((entry for entry in client.list_artifacts(run, folder) if entry.path == name and not entry.is_dir), None)
    if listed is None or (listed.file_size or 0) > _MOST_BYTES:
        return None
    with tempfile.TemporaryDirectory(prefix="gate-") as place:
        return Path(client.download_artifacts(run, name, place)).read_bytes()


def _batches(metrics: Mapping[str, float]) -> Iterator[list[Metric]]:
    now = int(time.time() * 1000)
    names = metric_names(metrics)
    every = [Metric(names[name], float(value), now, 0) for name, value in metrics.items()]
    return (every[start : start + _BATCH] for start in range(0, len(every), _BATCH))


def _dataset(data: DatasetReference) -> DatasetInput:
    """The holdout as an input of the run; MLflow holds 36 characters of digest, the tag `gate.data` holds all."""
    kind, source = dataset_source(data.uri)
    digest = data.digest.removeprefix("sha256:")[:36]
    entity = Dataset(name=data.name, digest=digest, source_type=kind, source=json.dumps({**source, "digest": data.digest}))
    return DatasetInput(entity, tags=[InputTag("mlflow.data.context", "fairness gate")])


def _mark(client: mlflow.MlflowClient, name: str, version: str, record: Record, links: RecordLinks) -> None:
    """Description and tags of the version, the status last: it is what people look at, and it must not outlive this record."""
    client.set_model_version_tag(name, version, STATUS, "incomplete")
    existing = client.get_model_version(name, version).description or ""
    client.update_model_version(name, version, description=managed_description(existing, record.describe(links)))
    for key, value in {"gate.report": links.card_url or links.card, **_marks(record)}.items():
        client.set_model_version_tag(name, version, key, value)
