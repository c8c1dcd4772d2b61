"""Signed records of a small model in folders, as `gate check --output` leaves them, made from two real checks of a table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from securesystemslib.signer import Signer

from gate.core.canonical import digest
from gate.core.override import Act, OverrideKind, Said
from gate.dashboard.board import Board
from gate.dashboard.gather import BoardRequest, gather
from gate.pipeline import CheckRequest, check
from gate.record.decision import decision_bytes, decision_json
from gate.record.keys import new_key, signing_key
from gate.record.ledger import Ledger
from gate.record.override import override_statement
from gate.record.signing import seal
from gate.record.statement import Link, Making, decision_statement
from gate.record.stored import Stored
from gate.record.stores import FolderStore
from gate.stages.again import judged_again

__all__ = ["NOW", "Shelf", "shelf"]

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
CONFIG = """\
schema: gate.config/v1
models:
  loans:
    tier: high
    owner: lending-ml
    task: binary_classification
    data: {uri: FILE.csv, label: y}
    sensitive_features: {g: {column: g, groups: [a, b]}}
"""
POLICY = """\
schema: gate.policy/v1
tier: high
version: VERSION
evidence: {min_group: {rows: 10, positives: 5, negatives: 5}}
record: {ledger: optional, max_age_days: 90}
override: {approvers: 1, roles: [model-risk], max_days: 60}
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.20, enforcement: soft-mandatory}
"""
PEOPLE = {"gate": ("machine", "gate"), "lena": ("person", "ml"), "ann": ("person", "model-risk")}


@dataclass(frozen=True)
class Shelf:
    """Policies and keys of a model, and the two tables that it was judged on: a fair and an unfair one."""

    home: Path
    keys: dict[str, Signer]
    made: dict[str, Stored]

    def config(self, kind: str, *, ledger: Path | None = None) -> Path:
        """`gate.yaml` for the table of this kind."""
        name = f"gate-{kind}-{'with' if ledger else 'without'}-ledger.yaml"
        (self.home / name).write_text(CONFIG.replace("FILE", kind) + (f"ledger: {ledger}\n" if ledger else ""), encoding="utf-8")
        return self.home / name

    def said(self, kind: str, version: str = "1", alarms: Sequence[dict[str, Any]] = ()) -> tuple[bytes, dict[str, Any]]:
        """The decision about a version that was run, on the table of this kind: its bytes, and as JSON; it names these alarms."""
        record = json.loads(json.dumps(self.made[kind].record))
        record["facts"]["predictions"] |= {"source": "model"}
        record["facts"]["candidate"] |= {"name": "loans", "version": version, "digest": digest(f"{kind} {version}".encode())}
        if alarms:
            record["facts"]["alarms"] = list(alarms)
        record["candidate"] = {"name": "loans", "version": version, "digest": digest(f"{kind} {version}".encode())}
        decision = judged_again(Stored(path=Path("decision.json"), data=b"", record=record, counts=self.made[kind].counts))
        return decision_bytes(decision), json.loads(json.dumps(decision_json(decision)))

    def sealed(
        self, decision: dict[str, Any], *, days_ago: float = 1, by: str | None = "gate", recorded: bool = True, link: Link | None = None, run: str = "1"
    ) -> bytes:
        """A record of this decision; `by` None leaves it unsigned."""
        making = Making(approvers=None, author="lena", actor="lena", issued=NOW - timedelta(days=days_ago), expires=None, run=run)
        return seal(decision_statement(decision, making, recorded=recorded, link=link), None if by is None else self.keys[by])

    def put(self, folder: Path, kind: str, version: str = "1", *, record: bytes | None = None, **said: Any) -> Path:  # noqa: ANN401 -- as `sealed`
        """A bundle of a version in this folder."""
        folder.mkdir(parents=True)
        (folder / "decision.dsse.json").write_bytes(self.sealed(self.said(kind, version)[1], **said) if record is None else record)
        (folder / "counts.parquet").write_bytes(self.made[kind].counts)
        return folder

    def chain(self, ledger: Path, kind: str, version: str = "1", *, alarms: Sequence[dict[str, Any]] = (), **said: Any) -> bytes:  # noqa: ANN401 -- as `sealed`
        """A record at the end of the ledger."""
        kept = Ledger(FolderStore(ledger))
        kept.keep_counts("loans", self.made[kind].counts)
        return kept.append("loans", lambda link: self.sealed(self.said(kind, version, alarms)[1], link=link, **said))

    def act(self, folder: Path, act: Act, by: str, *, days_ago: float, request: bytes | None = None, days: int = 30, kind: str = "unfair") -> bytes:
        """A signed statement about the decision of version 1, beside a bundle."""
        asks = act is Act.REQUEST
        issued = NOW - timedelta(days=days_ago)
        said = Said(
            act=act,
            decision=digest(self.said(kind)[0]),
            subject="loans/1",
            reason="Worse for <b>everyone</b>." if asks else "Seen.",
            issued=issued,
            nonce=f"{act} {by} {days_ago}",
            request=None if request is None else digest(request),
            kind=OverrideKind.WAIVE if asks else None,
            rules=("parity",) if asks else (),
            expires=issued + timedelta(days=days) if asks else None,
        )
        data = seal(override_statement(said), self.keys[by])
        (folder / "overrides").mkdir(exist_ok=True)
        (folder / "overrides" / f"{digest(data)[7:23]}.json").write_bytes(data)
        return data

    def board(self, folder: Path, kind: str = "fair", *, ledger: Path | None = None, now: datetime = NOW, last: int = 3) -> Board:
        """What the dashboard gathers from a folder."""
        return gather(BoardRequest(config=self.config(kind, ledger=ledger), folder=folder, last=last), now=now)


def shelf(home: Path) -> Shelf:
    """Policies, keys, and two checks."""
    (home / "policies").mkdir()
    (home / "policies" / "high.yaml").write_text(POLICY.replace("VERSION", "1"), encoding="utf-8")
    entries, keys = [], {}
    for name, (kind, role) in PEOPLE.items():
        public = new_key(home / f"{name}.pem")
        entries.append({"name": name, "kind": kind, "roles": [role], "keys": [{"public": public}]})
        keys[name] = signing_key(str(home / f"{name}.pem"), {})
    new_key(home / "eve.pem")
    keys["eve"] = signing_key(str(home / "eve.pem"), {})
    (home / "policies" / "approvers.yaml").write_text(yaml.safe_dump({"schema": "gate.approvers/v1", "approvers": entries}), encoding="utf-8")
    assert None not in keys.values()
    found = Shelf(home=home, keys={name: key for name, key in keys.items() if key is not None}, made={})
    for kind, chosen in (("fair", 5), ("unfair", 9)):
        lines = [f"{i % 2},{g},{int(i % 10 < (chosen if g == 'a' else 5))}" for g in "ab" for i in range(2000)]
        (home / f"{kind}.csv").write_text("\n".join(["y,g,prediction", *lines]) + "\n", encoding="utf-8")
        check(CheckRequest(config=found.config(kind), today=date(2026, 11, 25), predictions=home / f"{kind}.csv", output=home / kind, entry="loans"))
        data = (home / kind / "decision.json").read_bytes()
        found.made[kind] = Stored(path=home / kind, data=data, record=json.loads(data), counts=(home / kind / "counts.parquet").read_bytes())
    return found
