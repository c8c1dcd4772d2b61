"""What the exit codes mean. No flag changes them."""

from enum import IntEnum
from typing import assert_never

from gate.core.decision import Verdict
from gate.errors import GateError, UsageError

__all__ = ["MEANING", "ExitCode", "of_error", "of_verdict"]


class ExitCode(IntEnum):
    """The exit codes of every command."""

    PASSED = 0
    BLOCKED = 1
    USAGE = 2
    INCONCLUSIVE = 3
    NO_JUDGEMENT = 4


MEANING: dict[ExitCode, str] = {
    ExitCode.PASSED: "passed",
    ExitCode.BLOCKED: "blocked: a mandatory rule is violated, or the candidate misbehaved",
    ExitCode.USAGE: "usage, policy or configuration error",
    ExitCode.INCONCLUSIVE: "inconclusive: not enough evidence under this tier",
    ExitCode.NO_JUDGEMENT: "could not judge: registry, storage, sandbox or internal failure",
}


def of_verdict(verdict: Verdict) -> ExitCode:
    """The exit code of a verdict."""
    match verdict:
        case Verdict.PASSED:
            return ExitCode.PASSED
        case Verdict.BLOCKED:
            return ExitCode.BLOCKED
        case Verdict.INCONCLUSIVE:
            return ExitCode.INCONCLUSIVE
        case _:
            assert_never(verdict)


def of_error(error: GateError) -> ExitCode:
    """The exit code of a judgement that was not reached."""
    return ExitCode.USAGE if isinstance(error, UsageError) else ExitCode.NO_JUDGEMENT
