"""What the gate found out besides the counts: the candidate, the data, the data checks, the predictions."""

from dataclasses import dataclass
from enum import StrEnum

from gate.core.card import CardFacts
from gate.core.explanation import Explanation
from gate.core.mitigation import Lineage
from gate.core.model_files import ModelFiles
from gate.core.sandbox import SandboxFacts

__all__ = [
    "AttributesFacts",
    "BaselineFacts",
    "BaselineStatus",
    "Candidate",
    "DataFacts",
    "EnvManager",
    "ExpectationResult",
    "ExpectationsFacts",
    "Facts",
    "Misbehaviour",
    "PredictionFacts",
    "PredictionSource",
    "UserMetric",
    "UserValue",
]


MOST_LOOKS = 10**6
"""So many looks nobody takes; beyond, error levels would sink into the last digits of a float."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """What is on trial.

    Args:
        name: the registered model's name, or the name given for a table of predictions.
        version: its version in the registry; None for a table of predictions.
        digest: `sha256:…` of the artifact tree, or of the predictions file.
        inputs: the columns that the model's signature takes; None when it is not known.
        run_id: the MLflow run that made it; None when there is none.
        model_id: the MLflow logged model that it was registered from; None when there is none.
    """

    name: str
    version: str | None
    digest: str
    inputs: tuple[str, ...] | None = None
    run_id: str | None = None
    model_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributesFacts:
    """How the table of attributes fits the rows that are judged. Never an id: those are personal data.

    Args:
        digest: `sha256:…` of its bytes.
        columns: the sensitive columns that come from it.
        unmatched: judged rows without a line in it; None where that is not published.
        unused: its lines that belong to no judged row; likewise.

    Raises:
        ValueError: a number of rows is negative.
    """

    digest: str
    columns: tuple[str, ...]
    unmatched: int | None
    unused: int | None

    def __post_init__(self) -> None:
        if min(self.unmatched or 0, self.unused or 0) < 0:
            raise ValueError("a number of rows is never negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFacts:
    """What is known of the holdout.

    Args:
        digest: `sha256:…` of its bytes.
        age_days: its age; None when nobody asked.
        look: which look at it this is, from 1; None when it leaves no record, so that looks are not counted.
        attributes: how the table of attributes fits it; None when there is none.
        development: whether it is the development table, so that nothing is decided by it.

    Raises:
        ValueError: `look` is no count, or looks at a development table were counted.
    """

    digest: str
    age_days: int | None = None
    look: int | None = None
    attributes: AttributesFacts | None = None
    development: bool = False

    def __post_init__(self) -> None:
        if self.development and self.look is not None:
            raise ValueError("looks at a development table are not counted")
        if self.look is not None and not 1 <= self.look <= MOST_LOOKS:
            raise ValueError(f"look {self.look} is not between 1 and {MOST_LOOKS}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationResult:
    """One expectation: what it expected of which column, and how many rows did not meet it. No values of rows."""

    expectation: str
    column: str | None
    success: bool
    unexpected_rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectationsFacts:
    """The outcome of a Great Expectations suite."""

    suite: str
    results: tuple[ExpectationResult, ...]


class PredictionSource(StrEnum):
    """Where the predictions came from."""

    MODEL = "model"
    FILE = "file"
    ENDPOINT = "endpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Misbehaviour:
    """What the candidate did wrong: `check` names the check or limit, `detail` says it in words."""

    check: str
    detail: str


class EnvManager(StrEnum):
    """Whose Python a model runs in: the gate's, or one that uv makes from the model's own requirements."""

    LOCAL = "local"
    UV = "uv"


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionFacts:
    """How the predictions came about: where from, in which sandbox, and what went wrong, if anything.

    Args:
        source: where they came from.
        sandbox: the sandbox that the model ran in; None where no code ran.
        confinement: its limits, and what it lacked on that machine; None where no code ran, or in records from before it was known.
        misbehaviour: what the candidate did wrong.
        env_manager: what made the Python that it ran in; None for the gate's own.
        differing: requirements of the model of which another version was installed, in words.
        endpoint: the address that was asked; None where none was.
    """

    source: PredictionSource
    sandbox: str | None = None
    confinement: SandboxFacts | None = None
    misbehaviour: Misbehaviour | None = None
    env_manager: EnvManager | None = None
    differing: tuple[str, ...] = ()
    endpoint: str | None = None


class BaselineStatus(StrEnum):
    """What became of a model that the candidate is compared with."""

    COMPARED = "compared"
    ABSENT = "absent"  # the registry knows no such alias or version
    UNAVAILABLE = "unavailable"  # it is there, or should be, but did not answer every row


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineFacts:
    """A model that the policy compares the candidate with.

    Args:
        name: as the policy names it: `champion`, another alias, or a version.
        status: what became of it.
        version: its version in the registry; None for a table of predictions, or when there is none.
        digest: `sha256:…` of its artifact tree; None likewise, or when its files could not be fetched.
        detail: why it was not compared, in words.
    """

    name: str
    status: BaselineStatus
    version: str | None = None
    digest: str | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserValue:
    """What a user's metric is for one group, or for the whole table.

    Args:
        feature: a feature or intersection; None for the whole table.
        group: its group; empty for the whole table.
        value: the number; None where there is none, and `detail` says why.
        error: its standard error by the delta method; None where none can be told.
        detail: why there is no number, in words.
    """

    feature: str | None
    group: str
    value: float | None = None
    error: float | None = None
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserMetric:
    """A metric that the policy brings along, evaluated on the counts of every group.

    Args:
        metric: `module:function`, as the policy names it.
        digest: `sha256:…` of the module's file; None when it could not be read.
        values: one entry per group, and one for the whole table; none when there is no such function.
        detail: why it could not be evaluated at all, in words.
    """

    metric: str
    digest: str | None
    values: tuple[UserValue, ...] = ()
    detail: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TierLowered:
    """That the model was judged under a stricter tier before, and who let it have a laxer one.

    Args:
        before: the stricter tier.
        by: who signed, by name.
        on: when it says that it was signed, as YYYY-MM-DD.
        reason: why.
        statement: `sha256:…` of the signed statement.
    """

    before: str
    by: str
    on: str
    reason: str
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmRaised:
    """That the monitor raised an alarm about this version, or another one with its bytes, before the decision, which answers to it.

    Args:
        findings: what alarmed, in the words of the monitor.
        statement: `sha256:…` of the alarm in the ledger.
    """

    findings: tuple[str, ...]
    statement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that a verdict depends on besides policy, configuration and counts.

    `baselines` are there only where the policy compares, `model_files` only of a registered model, `user_metrics` only
    where the policy names some, `card` where `card.yaml` names the model, `explanation` where the policy demands one and a
    model was there to be asked, `lineage` where a model's files say that `gate mitigate` made it. `inheriting` are the rules under which a
    violation of the champion's was still accepted on the day of the check. `lowered` are the stricter tiers that the model had,
    `alarms` those that the monitor had raised about this version or another one with its bytes: with them a decision after an
    alarm is another one than before, on the same rows too.
    """

    candidate: Candidate
    data: DataFacts
    predictions: PredictionFacts
    expectations: ExpectationsFacts | None = None
    baselines: tuple[BaselineFacts, ...] = ()
    model_files: ModelFiles | None = None
    inheriting: tuple[str, ...] = ()
    user_metrics: tuple[UserMetric, ...] = ()
    card: CardFacts | None = None
    lowered: tuple[TierLowered, ...] = ()
    alarms: tuple[AlarmRaised, ...] = ()
    explanation: Explanation | None = None
    lineage: Lineage | None = None
