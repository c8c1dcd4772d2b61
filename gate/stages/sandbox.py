"""The sandbox that a policy asks for: chosen before anything is fetched, and demanded again of a record."""

from collections.abc import Callable

from gate.core.facts import PredictionFacts, PredictionSource
from gate.core.policy import Policy, SandboxDemand
from gate.core.sandbox import Capability
from gate.errors import SandboxError
from gate.predict.backends import PlainBackend, available, choose
from gate.predict.interface import Backend

__all__ = ["require_sandbox", "sandbox_for"]


def sandbox_for(policy: Policy, *, tell: Callable[[str], None]) -> Backend:
    """The best sandbox that works here and meets the policy; it says so where that is none at all.

    Raises:
        SandboxError: the policy requires more than this machine gives.
    """
    evidence = policy.evidence
    backend = choose(required=evidence.sandbox is SandboxDemand.REQUIRED, capabilities=evidence.sandbox_capabilities)
    if isinstance(backend, PlainBackend):
        reasons = "; ".join(f"{entry.backend.name}: {entry.obstacle}" for entry in available() if entry.obstacle is not None)
        tell(f"no sandbox{f' ({reasons})' if reasons else ''}: the model runs as a plain process, which is recorded; `gate doctor` says how to mend that")
    return backend


def require_sandbox(policy: Policy, predictions: PredictionFacts) -> None:
    """What the policy demands of the sandbox, asked of a record.

    Raises:
        SandboxError: the model ran in less.
    """
    if predictions.source is not PredictionSource.MODEL:
        return
    unboxed = predictions.sandbox in (None, PlainBackend().name)
    if unboxed and policy.evidence.sandbox is SandboxDemand.REQUIRED:
        raise SandboxError(f"tier {policy.tier!r} requires a sandbox, and the model ran in none", where="evidence.sandbox", next_step="Check again.")
    missing = set(Capability) if predictions.confinement is None else set(predictions.confinement.missing)
    if lacking := sorted(missing & set(policy.evidence.sandbox_capabilities)):
        message = f"tier {policy.tier!r} requires a sandbox that keeps {', '.join(lacking)}, and the model ran in one that does not"
        raise SandboxError(message, where="evidence.sandbox_capabilities", next_step="Check again.")
