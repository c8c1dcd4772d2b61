"""An error as a paragraph: what happened, where, what to do next."""

import textwrap

from gate.cli.exit_codes import ExitCode, of_error
from gate.errors import GateError

__all__ = ["STOPPED", "explained", "wrapped"]

STOPPED = "stopped before it was done. Only a record that is whole counts: `gate verify` finds it, if it was by then."


def explained(error: BaseException) -> tuple[str, ExitCode]:
    """The paragraph for whatever ended a command, and the exit code that goes with it."""
    if isinstance(error, GateError):
        where = f" ({error.where})" if error.where else ""
        return f"{error.what.rstrip('.')}{where}. {error.next_step}".strip(), of_error(error)
    if not isinstance(error, Exception):
        return STOPPED, ExitCode.NO_JUDGEMENT
    said = f"internal failure ({type(error).__name__}: {str(error)[:300]}). Nothing was decided. Run again with --debug and report what it prints."
    return said, ExitCode.NO_JUDGEMENT


def wrapped(said: str) -> str:
    """The paragraph for a log: folded, without control characters."""
    from gate.report.escape import terminal_lines  # noqa: PLC0415 -- needed only when something failed

    lines = terminal_lines(f"gate: {said}").splitlines()
    return "\n".join(textwrap.fill(line, width=100, break_long_words=False, break_on_hyphens=False) for line in lines)
