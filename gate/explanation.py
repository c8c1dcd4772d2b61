"""`gate explain`: a registered model asked about rows that nobody holds, to see how it treats groups. It judges nothing."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.canonical import canonical
from gate.core.document import Json
from gate.core.explanation import Explanation, Part
from gate.core.facts import Candidate, EnvManager, Misbehaviour
from gate.errors import StorageError
from gate.judge.explanations import withheld
from gate.policy import load_config, policy_for
from gate.record.facts import plain
from gate.record.trail import append, checked
from gate.stages.agreement import agree
from gate.stages.development import on_development
from gate.stages.dock import terms_of
from gate.stages.explaining import Kept, Questions
from gate.stages.source import Source, entry_name
from gate.stages.trial import on_trial

__all__ = ["FILE", "SCHEMA", "ExplainRequest", "Explained", "Logged", "document", "explain", "write"]

SCHEMA = "gate.explanation/v1"
FILE = "explanation.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainRequest:
    """What to explain.

    Args:
        config: `gate.yaml`.
        reference: `models:/name/3`, `name/3` or `name@alias`.
        entry: the name of its entry in `config`; None means the registered name.
        policy: a policy file instead of the lookup by tier; it says in which sandbox the model runs and which cells are too small to show.
        parts: which parts; none named means all that this kind of answer has.
        seed: what every random draw comes from.
        rows: the most rows of the table that are looked at.
        depth: of the surrogate.
        budget: seconds.
        development: ask about the development table instead of the holdout.
        tracking_uri: address of the registry; None means MLflow's own setting.
        env_manager: whose Python the model runs in.
        cases: the most refusals whose reasons and changes are looked for.
        log: the audit trail that receives single cases.
        id_column: the column that says whose row it is in the trail; None means the row's number in the table.
    """

    config: Path
    reference: str
    entry: str | None = None
    policy: Path | None = None
    parts: tuple[Part, ...] = ()
    seed: int = 0
    rows: int = 5000
    depth: int = 3
    budget: float = 600.0
    development: bool = False
    tracking_uri: str | None = None
    env_manager: EnvManager = EnvManager.LOCAL
    cases: int = 300
    log: Path | None = None
    id_column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What went into the audit trail: so many cases, in a part of this digest; None where there was no case."""

    rows: int
    digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A candidate and its explanation; None where it misbehaved before it could be asked.

    Args:
        name: its entry in gate.yaml.
        candidate: what was asked.
        data_digest: `sha256:…` of the table.
        sandbox: what it ran in.
        explanation: what was found, made fit to be shown.
        misbehaviour: what it did wrong.
        min_cell: the fewest rows that a shown cell has; None where all are shown.
        logged: what went into the audit trail; None where none is kept.
    """

    name: str
    candidate: Candidate
    data_digest: str
    sandbox: str | None
    explanation: Explanation | None
    misbehaviour: Misbehaviour | None
    min_cell: int | None = None
    logged: Logged | None = None


def explain(request: ExplainRequest, *, tell: Callable[[str], None] = lambda _: None) -> Explained:
    """Ask a registered model, in the sandbox, and explain its answers.

    Raises:
        UsageError: the version is not there, or configuration, policy or data cannot be meant (exit 2).
        GateError: registry or sandbox failed (exit 4).
    """
    source = Source(reference=request.reference, predictions=None, tracking_uri=request.tracking_uri, env_manager=request.env_manager)
    model = load_config(request.config, entry_name(request.entry, request.reference))
    policy = policy_for(model, request.policy).policy
    config = on_development(model.config, predictions=None) if request.development else model.config
    agree(policy, config)
    if request.log is not None:
        checked(request.log)
    kept: list[Kept] = []
    questions = Questions(
        parts=request.parts,
        seed=request.seed,
        rows=request.rows,
        depth=request.depth,
        budget=request.budget,
        cases=request.cases,
        id_column=request.id_column,
        keep=None if request.log is None else kept.append,
    )
    with TemporaryDirectory(prefix="gate-") as workspace:
        terms = terms_of(policy, config, request.env_manager, more_seconds=request.budget, tell=tell)
        trial = on_trial(source, config, DuckdbEngine(), Path(workspace), terms, questions=questions, tell=tell)
    found = trial.explanation
    return Explained(
        name=config.name,
        candidate=trial.candidate,
        data_digest=trial.data_digest,
        sandbox=trial.predictions.sandbox,
        explanation=found if found is None or policy.min_cell is None else withheld(found, policy.min_cell),
        misbehaviour=trial.predictions.misbehaviour,
        min_cell=policy.min_cell,
        logged=None if request.log is None or not kept else _logged(request.log, kept[0], trial.candidate),
    )


def _logged(log: Path, kept: Kept, candidate: Candidate) -> Logged:
    """Add the single cases to the trail."""
    from gate.explain.logged import logged  # noqa: PLC0415 -- only where a trail is kept

    rows = logged(
        kept.box,
        kept.cases,
        kept.ids,
        words=dict(kept.words),
        model=candidate.name,
        version=candidate.version or "",
        digest=candidate.digest,
        time=datetime.now(UTC),
    )
    return Logged(rows=rows.num_rows, digest=append(log, rows) if rows.num_rows else None)


def document(explained: Explained) -> dict[str, Json]:
    """The explanation as JSON, beside what it is about."""
    return {"schema": SCHEMA, **{key: value for key, value in cast("dict[str, Json]", plain(explained)).items() if key != "logged"}}


def write(explained: Explained, folder: Path) -> Path:
    """Write `explanation.json` into a folder, which is made if need be.

    Raises:
        StorageError: it cannot be written.
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(json.loads(canonical(document(explained))), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise StorageError(f"the explanation could not be written: {error}", where=str(path), next_step="Check space and rights there.") from error
    return path
