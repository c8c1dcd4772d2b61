"""A registered model, brought to trial as for a check, and kept so that a person may try it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.facts import EnvManager, Misbehaviour
from gate.policy import load_config, policy_for
from gate.stages.agreement import agree
from gate.stages.development import on_development
from gate.stages.dock import terms_of
from gate.stages.source import Source, entry_name
from gate.stages.trial import on_trial
from gate.stages.trying import Offered, Trying
from gate.tryout.booth import Booth
from gate.tryout.person import FEWEST, fields_of

__all__ = ["TryRequest", "tried"]

_DAY = 86_400.0
"""Seconds that the model may be kept; each question has a limit of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TryRequest:
    """What to try.

    Args:
        config: `gate.yaml`.
        reference: `models:/name/3`, `name/3` or `name@alias`.
        entry: the name of its entry in `config`; None means the registered name.
        policy: a policy file instead of the lookup by tier; it says in which sandbox, and which cells are too small to show.
        development: make the case up from the development table instead of the holdout.
        tracking_uri: address of the registry; None means MLflow's own setting.
        env_manager: whose Python the model runs in.
        seconds: how long a question may take.
    """

    config: Path
    reference: str
    entry: str | None = None
    policy: Path | None = None
    development: bool = False
    tracking_uri: str | None = None
    env_manager: EnvManager = EnvManager.LOCAL
    seconds: float = 20.0


def tried(request: TryRequest, serve: Callable[[Booth], None], *, tell: Callable[[str], None]) -> Misbehaviour | None:
    """Load the model in the sandbox and call `serve` with it; what it did wrong before that is returned.

    Raises:
        UsageError: the version is not there, or configuration, policy or data cannot be meant (exit 2).
        GateError: registry or sandbox failed (exit 4).
    """
    source = Source(reference=request.reference, predictions=None, tracking_uri=request.tracking_uri, env_manager=request.env_manager)
    model = load_config(request.config, entry_name(request.entry, request.reference))
    policy = policy_for(model, request.policy).policy
    config = on_development(model.config, predictions=None) if request.development else model.config
    agree(policy, config)

    def keep(offered: Offered) -> None:
        serve(
            Booth(
                title=request.reference.removeprefix("models:/"),
                sandbox=offered.sandbox,
                fields=fields_of(offered.inputs, fewest=policy.min_cell or FEWEST),
                schema=offered.inputs.schema,
                ask=offered.ask,
                form=offered.form,
                labels=offered.labels,
                threshold=offered.threshold,
            )
        )

    with TemporaryDirectory(prefix="gate-") as workspace:
        terms = terms_of(policy, config, request.env_manager, more_seconds=_DAY, tell=tell)
        trial = on_trial(source, config, DuckdbEngine(), Path(workspace), terms, questions=Trying(keep=keep, seconds=request.seconds), tell=tell)
    return trial.predictions.misbehaviour
