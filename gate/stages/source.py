"""Where a candidate comes from, as the command says it: refused before anything is read, if it cannot be meant."""

from dataclasses import dataclass
from pathlib import Path

from gate.core.facts import EnvManager
from gate.errors import UsageError
from gate.registry.reference import parse_reference

__all__ = ["Source", "entry_name"]


def entry_name(entry: str | None, reference: str | None) -> str | None:
    """The entry of `gate.yaml`: as named, or the registered model's name; None means the only one."""
    if entry is not None or reference is None:
        return entry
    return reference.removeprefix("models:/").partition("@")[0].partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a candidate comes from: exactly one of a reference, a file of predictions, and an endpoint.

    Args:
        reference: a version in the registry at `tracking_uri`.
        predictions: a table that already holds predictions.
        tracking_uri: address of the registry; None means MLflow's own setting.
        env_manager: whose Python a registered model runs in.
        endpoint: address of a server that speaks MLflow's scoring protocol.
        inputs: the columns that the endpoint is sent; none named means all that `gate.yaml` does not declare.

    Raises:
        UsageError: none or several are given, or what is given cannot be meant.
    """

    reference: str | None
    predictions: Path | None
    tracking_uri: str | None = None
    env_manager: EnvManager = EnvManager.LOCAL
    endpoint: str | None = None
    inputs: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if sum(given is not None for given in (self.reference, self.predictions, self.endpoint)) != 1:
            raise UsageError("give one of a registered model, --predictions FILE and --endpoint URL", next_step="See `gate check --help`.")
        if self.inputs and self.endpoint is None:
            raise UsageError("--inputs says what an endpoint is sent; a registered model says it itself", where="--inputs", next_step="Leave it out.")
        if self.env_manager is EnvManager.UV and self.reference is None:
            raise UsageError("--env-manager is about a registered model; no other code runs here", where="--env-manager", next_step="Leave it out.")
        if self.reference is not None:
            parse_reference(self.reference)
        if self.endpoint is not None:
            from gate.predict.endpoint import address  # noqa: PLC0415 -- needed only here

            address(self.endpoint)

    @property
    def name(self) -> str | None:
        """The registered model's name; None where nothing is registered."""
        return None if self.reference is None else parse_reference(self.reference).name
