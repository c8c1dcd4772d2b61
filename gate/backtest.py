"""What the gate would have said: registered versions judged on today's holdout, under their own tier and under others.

Read-only: nothing is recorded, in registry or ledger, and no look at the holdout is counted, so it is for deciding on a policy, not on a model.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.core.decision import Judgement
from gate.errors import GateError, UsageError
from gate.pipeline import CheckRequest, check
from gate.policy import load_config, load_policy
from gate.rejudge import Unjudged, under

__all__ = ["Backtest", "BacktestRequest", "Judged", "backtest"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestRequest:
    """What to judge.

    Args:
        config: `gate.yaml`.
        name: the model's name in the registry, and its entry.
        last: how many versions, newest first.
        today: the date.
        policy: a policy file instead of the tier's.
        tracking_uri: address of the registry.
    """

    config: Path
    name: str
    last: int
    today: date
    policy: Path | None = None
    tracking_uri: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A version: what each tier says of it, its own first, or why it could not be judged at all."""

    version: str
    tiers: dict[str, Judgement | str] = field(default_factory=dict)
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """Every version, newest first, and the tiers: the one in force, then the others."""

    name: str
    tiers: tuple[str, ...]
    versions: tuple[Judged, ...]


def backtest(request: BacktestRequest, *, tell: Callable[[str], None] = lambda _: None) -> Backtest:
    """Judge the newest versions, each once; other tiers are judged from the same counts.

    Raises:
        UsageError: the configuration cannot be meant, or the registry has no version of this name (exit 2).
        GateError: the registry could not be asked (exit 4).
    """
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    model = load_config(request.config, request.name)
    own = model.config.tier or "the policy in force"
    others = {path.stem: path for path in sorted(model.policies.glob("*.yaml")) if path.stem not in {own, "approvers"}}
    versions = MlflowRegistry(request.tracking_uri).versions(request.name, last=request.last)
    if not versions:
        raise UsageError(f"there is no version of {request.name!r}", where="gate backtest", next_step="Give the name in the registry.")
    judged = []
    with TemporaryDirectory(prefix="gate-") as workspace:
        for version in versions:
            tell(f"judging {request.name}/{version}")
            judged.append(_judged(request, version, own, others, Path(workspace) / version))
    return Backtest(name=request.name, tiers=(own, *others), versions=tuple(judged))


def _judged(request: BacktestRequest, version: str, own: str, others: dict[str, Path], folder: Path) -> Judged:
    try:
        decision = check(
            CheckRequest(
                config=request.config,
                today=request.today,
                reference=f"{request.name}/{version}",
                entry=request.name,
                policy=request.policy,
                output=folder,
                keep=False,
                judge_only=True,
                tracking_uri=request.tracking_uri,
            )
        ).decision
    except GateError as error:
        return Judged(version=version, reason=error.what)
    return Judged(version=version, tiers={own: decision.judgement, **{tier: _under(folder / "decision.json", path) for tier, path in others.items()}})


def _under(record: Path, policy: Path) -> Judgement | str:
    try:
        found = under(record, load_policy(policy).policy)
    except GateError as error:
        return error.what
    return found.reason if isinstance(found, Unjudged) else found
