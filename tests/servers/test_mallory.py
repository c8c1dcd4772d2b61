"""Somebody who may edit everything on the server is not believed: whatever mallory does there, verify and promote look at bytes and signatures."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import pytest
from loans import Registry
from mlflow_servers import KEY, User

from gate.cli import main
from gate.core.canonical import canonical
from gate.record.keys import new_key, signing_key
from gate.record.signing import seal, unseal

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]
RECORD = "decision.dsse.json"


@dataclass(frozen=True)
class Attack:
    """What would be deployed afterwards, and the words of which verify refuses it."""

    subject: str
    said: str
    entry: str | None = None


def _runs(made: Registry, kind: str) -> list[str]:
    experiment = made.client.get_experiment_by_name("gate").experiment_id
    return [run.info.run_id for run in made.client.search_runs([experiment], f"tags.`gate.version` = '{made.versions[kind]}'")]


def _record(made: Registry, kind: str, folder: Path) -> bytes:
    return Path(made.client.download_artifacts(_runs(made, kind)[0], RECORD, str(folder))).read_bytes()


def _put(made: Registry, run: str, data: bytes, folder: Path) -> None:
    (folder / RECORD).write_bytes(data)
    made.client.log_artifact(run, str(folder / RECORD))


@contextmanager
def forged_tags(made: Registry, _folder: Path) -> Iterator[Attack]:
    """Tags, description and alias of a blocked version say that it passed."""
    version = made.versions["unfair"]
    for key, value in made.client.get_model_version("loans", made.versions["fair"]).tags.items():
        made.client.set_model_version_tag("loans", version, key, value)
    made.client.update_model_version("loans", version, description="PASSED under tier high")
    made.client.set_registered_model_alias("loans", "champion", version)
    yield Attack(f"loans/{version}", "REFUSED  verdict       blocked")


@contextmanager
def moved_alias(made: Registry, _folder: Path) -> Iterator[Attack]:
    """The alias that deployments follow stands for a blocked version."""
    made.client.set_registered_model_alias("loans", "live", made.versions["unfair"])
    yield Attack("loans@live", "REFUSED  verdict       blocked")


@contextmanager
def borrowed_record(made: Registry, folder: Path) -> Iterator[Attack]:
    """The record of the version that passed lies beside the run of the one that is blocked."""
    run, kept = _runs(made, "unfair")[0], _record(made, "unfair", folder)
    _put(made, run, _record(made, "fair", folder), folder)
    yield Attack(f"loans/{made.versions['unfair']}", "REFUSED  verdict       blocked")
    _put(made, run, kept, folder)


@contextmanager
def own_signature(made: Registry, folder: Path) -> Iterator[Attack]:
    """A pass about the blocked version, signed with a key that mallory made."""
    run, kept = _runs(made, "unfair")[0], _record(made, "unfair", folder)
    new_key(folder / "mallory.pem")
    _put(made, run, _passing(kept, str(folder / "mallory.pem")), folder)
    yield Attack(f"loans/{made.versions['unfair']}", "REFUSED  verdict       blocked")
    _put(made, run, kept, folder)


def _passing(envelope: bytes, key: str) -> bytes:
    """The same statement with another verdict, signed by somebody else."""
    sealed: Any = unseal(envelope)
    decision = {**sealed.predicate["decision"], "verdict": "passed", "findings": []}
    from gate.core.canonical import digest  # noqa: PLC0415 -- only the forger needs it

    predicate = {**sealed.predicate, "decision": decision, "decision_digest": digest(canonical(decision) + b"\n"), "chain": None}
    subject = [{"name": sealed.name, "digest": {"sha256": sealed.subject.removeprefix("sha256:")}}]
    said = {"_type": "https://in-toto.io/Statement/v1", "subject": subject, "predicateType": sealed.predicate_type, "predicate": predicate}
    return seal(said, signing_key(key, {}))


@contextmanager
def hidden_record(made: Registry, _folder: Path) -> Iterator[Attack]:
    """The run of the block says that it is about other bytes, so that only the ledger knows of it; deleting it takes more rights."""
    (run,) = _runs(made, "unfair")
    kept = made.client.get_run(run).data.tags["gate.digest"]
    with pytest.raises(mlflow.MlflowException, match="Permission denied"):
        made.client.delete_run(run)
    made.client.set_tag(run, "gate.digest", "sha256:" + "0" * 64)
    yield Attack(f"loans/{made.versions['unfair']}", "REFUSED  verdict       blocked")
    made.client.set_tag(run, "gate.digest", kept)


@contextmanager
def replaced_file(made: Registry, folder: Path) -> Iterator[Attack]:
    """One file of the version that passed is another one."""
    model = (made.client.get_model_version("loans", made.versions["fair"]).source or "").removeprefix("models:/")
    address = made.client.get_logged_model(model).artifact_location
    kept = Path(mlflow.artifacts.download_artifacts(artifact_uri=f"{address}/requirements.txt", dst_path=str(folder), tracking_uri=made.uri)).read_bytes()

    def put(data: bytes) -> None:
        (folder / "requirements.txt").write_bytes(data)
        made.client.log_model_artifact(model, str(folder / "requirements.txt"))

    put(kept + b"# and one more\n")
    yield Attack(f"loans/{made.versions['fair']}", "no decision about these bytes was found")
    put(kept)


@contextmanager
def registered_again(made: Registry, _folder: Path) -> Iterator[Attack]:
    """The same bytes as a version of their own: no verdict is carried over."""
    source = made.client.get_model_version("loans", made.versions["fair"]).source or ""
    version = made.client.create_model_version("loans", source, model_id=source.removeprefix("models:/"))
    yield Attack(f"loans/{version.version}", "a verdict is not carried over to a copy")


@contextmanager
def copied(made: Registry, _folder: Path) -> Iterator[Attack]:
    """A copy under another name, judged by the same entry of gate.yaml."""
    copy = made.client.copy_model_version(f"models:/loans/{made.versions['fair']}", "loans-copy")
    yield Attack(f"loans-copy/{copy.version}", "a newer signed record about these bytes is not in it", entry="loans")
    made.client.delete_registered_model("loans-copy")


@contextmanager
def renamed(made: Registry, _folder: Path) -> Iterator[Attack]:
    """The model has another name, and its blocked version a new one to be asked about."""
    made.client.rename_registered_model("loans", "loans-new")
    yield Attack(f"loans-new/{made.versions['unfair']}", "a newer signed record about these bytes is not in it", entry="loans")
    made.client.rename_registered_model("loans-new", "loans")


ATTACKS = [forged_tags, moved_alias, borrowed_record, own_signature, hidden_record, replaced_file, registered_again, copied, renamed]


def _words(made: Registry, verb: str, attack: Attack) -> list[str]:
    entry = [] if attack.entry is None else ["--model-name", attack.entry]
    return [verb, attack.subject, *made.check("fair")[2:], *entry]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_mallory_is_not_believed(
    guarded: Registry,
    attack: Callable[[Registry, Path], AbstractContextManager[Attack]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Done with mallory's own account, seen with the gate's: refused for the reason that it is, and not promoted."""
    monkeypatch.setenv(KEY, str(guarded.folder / "gate.pem"))
    attacking = attack(guarded, tmp_path)
    with User("mallory").logged_in():
        done = attacking.__enter__()
    try:
        with User("gate").logged_in():
            capsys.readouterr()
            refused = main(_words(guarded, "verify", done))
            said = capsys.readouterr().out
            promoted = main([*_words(guarded, "promote", done), "--alias", "safe"])
    finally:
        with User("mallory").logged_in(), suppress(StopIteration):
            attacking.__exit__(None, None, None)

    assert (refused, promoted, done.said in said) == (1, 1, True), said
    with User("gate").logged_in():
        assert "safe" not in guarded.client.get_registered_model("loans").aliases


def test_what_passed_is_still_allowed_afterwards(guarded: Registry) -> None:
    """With every attack undone nothing else stands against it: the attacks were refused for what they did."""
    with User("gate").logged_in():
        assert main(["verify", *guarded.check("fair")[1:]]) == 0


def test_a_stranger_is_no_judgement(guarded: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without an account nothing can be asked, and nothing is decided."""
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD"):
        monkeypatch.delenv(name, raising=False)

    assert (main(["verify", *guarded.check("fair")[1:]]), main(guarded.check("fair"))) == (4, 4)
