"""The second half of the story: what was stopped is asked for, approved, verified and promoted; then a file is replaced."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import mlflow
import yaml
from mlflow.tracking.context.registry import resolve_tags

from gate.core.override import Act, Standing
from gate.core.verification import Verification
from gate.overrides import Answer, Ask, answer, ask
from gate.promote import promote
from gate.record.keys import new_key
from gate.stages.signing import actor
from gate.verify import VerifyRequest, verify

__all__ = ["GATE_KEY", "hire", "tell_of_people"]

GATE_KEY = "keys/gate.pem"
_MODELLER = "lena"
_PEOPLE = (("fairness gate", "gate", "machine", "gate"), (_MODELLER, "lena", "person", "ml"), ("ann", "ann", "person", "model-risk"))
_ALIAS = "champion"
_WIDTH = 150
_ASKED = "The model in use treats both groups worse, and more rows come in March."
_APPROVED = "Discussed in the model risk committee; looked at the card."


def hire(folder: Path) -> None:
    """Keys for the gate, for Lena of the modelling team, whose account trains the models, and for Ann of model risk; and the list that says so."""
    (folder / "keys").mkdir()
    account = sorted({known for known in (resolve_tags().get("mlflow.user"), actor(os.environ)) if known})
    entries = [
        {
            "name": name,
            "kind": kind,
            "identities": account if name == _MODELLER else [],
            "roles": [role],
            "keys": [{"public": new_key(folder / "keys" / f"{file}.pem")}],
        }
        for name, file, kind, role in _PEOPLE
    ]
    listed = yaml.safe_dump({"schema": "gate.approvers/v1", "approvers": entries}, sort_keys=False)
    (folder / "policies" / "approvers.yaml").write_text(listed, encoding="utf-8")


def tell_of_people(folder: Path, shown: str, name: str, version: str, uri: str, say: Callable[..., None]) -> None:
    """Ask, approve, verify, promote, and see through a replaced file.

    Args:
        folder: the demo's folder.
        shown: the same as people see it.
        name: the model.
        version: its version, whose newest decision did not pass.
        uri: the registry's address.
        say: prints a line.
    """

    def subject() -> VerifyRequest:
        return VerifyRequest(config=folder / "gate.yaml", now=datetime.now(UTC), reference=f"{name}/{version}", tracking_uri=uri)

    where = f"--config {shown}/gate.yaml --tracking-uri sqlite:///{shown}/mlflow.db"
    say(f"Under the tier of gate.yaml nobody may deploy version {version} so. Lena, who needs it, asks; Ann, of model risk, approves with a key of her own:")
    say(f"  $ gate override request {name}/{version} --key {shown}/keys/lena.pem --reason '…' {where}")
    asked = ask(subject(), Ask(reason=_ASKED, days=14), key=str(folder / "keys" / "lena.pem"), output=None)
    say("\n".join(_state(asked)), gap=True)
    say(f"  $ gate override approve {name}/{version} --key {shown}/keys/ann.pem --reason '…' {where}")
    approved = answer(subject(), Answer(act=Act.APPROVE, reason=_APPROVED), key=str(folder / "keys" / "ann.pem"), output=None)
    say("\n".join(_state(approved)), gap=True)
    say(f"  $ gate promote {name}/{version} --alias {_ALIAS} {where}")
    say("\n".join(_checks(promote(subject(), _ALIAS))))
    say(f"  {_ALIAS} is version {mlflow.MlflowClient(uri).get_model_version_by_alias(name, _ALIAS).version} now.", gap=True)
    say("Then somebody replaces a file of the promoted version, and leaves every tag as it is:")
    say(f"  $ gate verify {name}@{_ALIAS} {where}")
    say("\n".join(_checks(_tampered(subject(), folder, name, version, uri))), gap=True)


def _tampered(subject: VerifyRequest, folder: Path, name: str, version: str, uri: str) -> Verification:
    """What verify says while one file of the version is another one; it is put back."""
    client = mlflow.MlflowClient(uri)
    source = (client.get_model_version(name, version).source or "").removeprefix("models:/")
    files = Path(client.get_logged_model(source).artifact_location.removeprefix("file://"))
    if folder not in files.parents:
        raise RuntimeError(f"{files} is not the demo's")
    target = files / "requirements.txt"
    kept = target.read_bytes()
    target.write_bytes(kept + b"# one line more\n")
    try:
        return verify(subject)
    finally:
        target.write_bytes(kept)


def _state(standing: Standing) -> Iterator[str]:
    for waiver in standing.waivers:
        until = f"{waiver.request.said.expires:%Y-%m-%d}" if waiver.request.said.expires else "never"
        yield f"  {'STANDS' if waiver.stands else 'does not stand'}: {', '.join(waiver.request.said.rules)}, until {until}"
        yield f"  asked for by {waiver.requester}, approved by {', '.join(waiver.approvers) or 'nobody'} ({len(waiver.approvers)} of {waiver.needed})"


def _checks(found: Verification) -> Iterator[str]:
    for check in found.checks:
        detail = check.detail if len(check.detail) < _WIDTH else f"{check.detail[: _WIDTH - 3]}…"
        yield f"  {'ok     ' if check.holds else 'REFUSED'} {check.about.value.ljust(13)} {detail}"
    yield f"  {'ALLOWED' if found.allowed else 'REFUSED'}: {found.subject} under tier {found.tier}."
