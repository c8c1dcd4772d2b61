"""The exceptions of the gate: an exception always means that no judgement was reached.

A violated rule is a result, not an error. Every error says what happened, where, and what to do next, so that
whoever meets it in a CI log at night can act without reading this code.
"""

__all__ = [
    "CandidateError",
    "ConfigError",
    "DataError",
    "EndedError",
    "EndpointError",
    "ForgeError",
    "GateError",
    "PolicyError",
    "RegistryError",
    "SandboxError",
    "StorageError",
    "UsageError",
]


class GateError(Exception):
    """Any reason why the gate could not judge.

    Args:
        what: what happened, one sentence.
        where: the file, address or option that it is about; empty when there is none.
        next_step: what the reader should do about it.
    """

    def __init__(self, what: str, *, where: str = "", next_step: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.next_step = next_step

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return " ".join(part for part in (f"{self.what}{where}", self.next_step) if part)


class EndedError(GateError):
    """A library tried to end the program, as one does that is half installed; it may have said 0 (exit 4).

    Args:
        code: what it wanted to exit with.
    """

    def __init__(self, code: object) -> None:
        super().__init__(
            f"A library ended the program with {code!r} instead of raising an error; nothing was decided",
            next_step="Run again with --debug to see which; often it is installed without what it needs.",
        )


class UsageError(GateError):
    """The command was called in a way that cannot be carried out (exit 2)."""


class PolicyError(UsageError):
    """A policy cannot be read, or says something that cannot be meant (exit 2)."""


class ConfigError(UsageError):
    """`gate.yaml` cannot be read, or does not fit the model or the policy (exit 2)."""


class DataError(UsageError):
    """The holdout is absent, empty, of the wrong type, or not the one that was pinned (exit 2)."""


class CandidateError(UsageError):
    """The named model version does not exist, or its files cannot be accepted (exit 2)."""


class RegistryError(GateError):
    """MLflow did not answer, refused, or failed midway (exit 4)."""


class StorageError(GateError):
    """A file or object store could not be read or written (exit 4)."""


class SandboxError(GateError):
    """The sandbox could not start the child, before any candidate code ran (exit 4)."""


class ForgeError(GateError):
    """GitHub, or another forge, did not answer, or refused (exit 4)."""


class EndpointError(GateError):
    """A served candidate was not reached, refused, or did not answer in time (exit 4)."""
