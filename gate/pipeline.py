"""The whole check on one screen: policy, candidate, data checks, predictions, counts, judgement, record.

Left of the counts, facts are gathered; right of them is arithmetic. A verdict is a function of policy,
configuration, counts and facts, and of nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.core.canonical import digest
from gate.core.decision import Decision
from gate.core.facts import DataFacts, EnvManager, Facts
from gate.core.model import EngineName
from gate.core.version import __version__
from gate.errors import EndedError, UsageError
from gate.judge import judge
from gate.policy import load_card, load_config, policy_for, rule_places
from gate.record.counts_file import write_counts
from gate.stages.agreement import agree, inheriting, lapsed, rules_on_scores
from gate.stages.alarms import alarms_about
from gate.stages.baselines import with_baselines
from gate.stages.candidate import brought
from gate.stages.data import age_in_days, expectations_of
from gate.stages.development import on_development
from gate.stages.engine import engine_for
from gate.stages.looks import look_of
from gate.stages.lowering import lowered_tiers, whole_chain
from gate.stages.recording import Destination, Recorded, clear, record
from gate.stages.signing import hand_of, keepable
from gate.stages.source import Source, entry_name
from gate.stages.trial import counted
from gate.stages.user_metrics import user_metrics

__all__ = ["CheckRequest", "Recorded", "check"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRequest:
    """What to check: a registered version (`reference`), a table that already holds `predictions`, or an `endpoint`.

    Args:
        config: `gate.yaml`.
        today: the date of the check, for the age of the holdout.
        reference: `models:/name/3`, `name/3` or `name@alias`.
        predictions: Parquet or CSV; exactly one of `reference`, `predictions` and `endpoint` is given.
        entry: the name of the model's entry in `config`; None means the registered name, or the only entry.
        policy: a policy file instead of the lookup by tier.
        output: a folder that receives the files of the decision.
        keep: whether the decision is recorded in the registry.
        tracking_uri: address of the registry; None means MLflow's own setting.
        development: judge on the development table: advisory, never recorded in the registry, and no look at the holdout.
        env_manager: whose Python a registered model runs in: the gate's, or one made from the model's requirements.
        endpoint: the address of a server that answers for the candidate, by MLflow's scoring protocol.
        inputs: the columns that the endpoint is sent; none named means all that `gate.yaml` does not declare.
        judge_only: suppress nothing and keep no evidence, for whoever shows nothing but verdicts (`gate backtest`); never with `keep`.
        key: the signing key, a file or a URI; None means what GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE names.
        engine: what counts the rows; None means the one that `config` names.
    """

    config: Path
    today: date
    reference: str | None = None
    predictions: Path | None = None
    entry: str | None = None
    policy: Path | None = None
    output: Path | None = None
    keep: bool = True
    tracking_uri: str | None = None
    development: bool = False
    env_manager: EnvManager = EnvManager.LOCAL
    endpoint: str | None = None
    inputs: tuple[str, ...] = ()
    key: str | None = None
    judge_only: bool = False
    engine: EngineName | None = None


def _silent(_stage: str) -> None:
    """Tell nobody."""


def check(request: CheckRequest, *, tell: Callable[[str], None] = _silent) -> Recorded:
    """Judge a candidate under the policy of its tier, and record the decision.

    Args:
        request: what to check.
        tell: called at the start of every stage with what is being done.

    Raises:
        UsageError: request, policy, configuration or data cannot be meant (exit 2).
        GateError: no judgement could be reached (exit 4).
    """
    try:
        return _checked(request, tell=tell)
    except SystemExit as stop:  # of a library; whoever called this must not end with its 0
        raise EndedError(stop.code) from stop


def _checked(request: CheckRequest, *, tell: Callable[[str], None]) -> Recorded:
    source = Source(
        reference=request.reference,
        predictions=request.predictions,
        tracking_uri=request.tracking_uri,
        env_manager=request.env_manager,
        endpoint=request.endpoint,
        inputs=request.inputs,
    )
    clear(request.output)
    model = load_config(request.config, entry_name(request.entry, request.reference))
    policy = policy_for(model, request.policy)
    places = rule_places(policy.path, root=Path.cwd())
    config = on_development(model.config, predictions=request.predictions) if request.development else model.config
    keep, hand = request.keep and not request.development, hand_of(model, policy, key=request.key)
    agree(policy.policy, config)
    min_cell = None if request.judge_only and not (request.keep or request.development) else policy.policy.min_cell
    keepable(min_cell, hand, development=request.development, where=str(policy.path))
    card = load_card(request.config, config.name)
    if late := lapsed(policy.policy, config, today=request.today):
        raise UsageError(late, where=str(policy.path), next_step="Have policy and tier looked at by whoever answers for them, and the dates changed.")
    name = source.name or config.name
    chain = whole_chain(hand.ledger, name, now=hand.clock()) if keep and hand.ledger is not None else None
    lowered = lowered_tiers(model, policy.policy, chain, name=name, now=hand.clock())
    asked = request.engine or model.engine
    with TemporaryDirectory(prefix="gate-") as workspace, engine_for(asked, source, config, tell=tell) as engine:
        trial = brought(source, policy.policy, config, engine, Path(workspace), tell=tell)
        trial = with_baselines(policy.policy, trial, config, engine, Path(workspace), source=source, tell=tell)
        tell("running the data checks")
        expectations = expectations_of(config, engine, trial.holdout)
        tell("counting rows per group")
        scores = bool(rules_on_scores(policy.policy, config))
        counts, predictions, baselines = counted(trial, config, engine, depth=policy.policy.evidence.intersections.depth, scores=scores)
        age = age_in_days(policy.policy, config, today=request.today)
        look = look_of(trial, config, keep=keep, uri=request.tracking_uri, tell=tell)
        apart = None if trial.apart is None else trial.apart.facts
        data = DataFacts(digest=trial.data_digest, age_days=age, look=look, attributes=apart, development=request.development)
        own = user_metrics(policy.policy, config, counts, folder=policy.path.parent)
        facts = Facts(
            candidate=trial.candidate,
            data=data,
            predictions=predictions,
            expectations=expectations,
            baselines=baselines,
            model_files=trial.files,
            lineage=trial.lineage,
            card=card,
            user_metrics=own,
            inheriting=inheriting(policy.policy, config, today=request.today),
            lowered=lowered,
            alarms=alarms_about(chain, trial.candidate),
            explanation=trial.explanation,
        )
        tell("judging")
        decision = Decision(
            tier=policy.policy.tier,
            judgement=judge(policy.policy, config, counts, facts),
            facts=facts,
            counts=counts,
            counts_digest=digest(write_counts(counts)),
            policy=policy.document,
            config=model.document,
            gate_version=__version__,
        )
        to = Destination(output=request.output, keep=keep, uri=request.tracking_uri)
        recorded = record(decision, trial, Path(workspace), to=to, hand=hand, places=places, min_cell=min_cell, tell=tell)
    until = policy.policy.report_only_until
    return replace(recorded, report_only=until is not None and request.today <= until)
