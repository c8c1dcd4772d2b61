"""Verify, move the alias, and look where it points: nobody deploys by an alias that moved past the gate."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from gate.core.verification import Verification
from gate.errors import RegistryError, UsageError
from gate.verify import VerifyRequest, verify

__all__ = ["promote"]


def promote(request: VerifyRequest, alias: str, *, tell: Callable[[str], None] = lambda _: None) -> Verification:
    """Let an alias stand for a version, if that version is allowed; the verification says whether it was.

    Args:
        request: the version, as for `verify`.
        alias: the alias to move.
        tell: called at the start of every stage.

    Raises:
        UsageError: the request cannot be meant (exit 2).
        GateError: the registry could not be asked, or the alias does not stand for what was verified (exit 4).
    """
    if request.reference is None:
        raise UsageError("only a registered version can be promoted", where="gate promote", next_step="Give a MODEL: name/3 or name@alias.")
    found = verify(request, tell=tell)
    if not found.allowed:
        return found
    from gate.registry.mlflow_registry import MlflowRegistry  # noqa: PLC0415 -- MLflow takes seconds to import

    registry, (name, _, version) = MlflowRegistry(request.tracking_uri), found.subject.rpartition("/")
    tell(f"moving the alias {alias}")
    registry.point(name, alias, version)
    with TemporaryDirectory(prefix="gate-") as workspace:
        candidate = registry.fetch(f"{name}@{alias}", Path(workspace)).candidate
    if (candidate.version, candidate.digest) != (version, found.digest):
        raise RegistryError(
            f"{name}@{alias} stands for version {candidate.version} ({candidate.digest}), not for what was verified: somebody else moved or changed it",
            where=f"{name}@{alias}",
            next_step="Do not deploy. Find out who, and promote again.",
        )
    return found
