"""The command line: arguments in, one call, text out, an exit code. One file per verb.

Nothing heavy is imported here, so that `gate --help` stays instant. This room decides nothing: the exit code is a
function of the verdict (`exit_codes.py`).
"""

from gate.cli.app import main

__all__ = ["main"]
