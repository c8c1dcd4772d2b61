"""The command `gate`: its verbs, and the one place where exceptions become exit codes."""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer

from gate.cli import (
    backtest,
    card,
    check,
    comment,
    dashboard,
    demo,
    doctor,
    explain,
    init,
    keys,
    metrics,
    mitigate,
    monitor,
    override,
    pack,
    plan,
    policy,
    promote,
    replay,
    report,
    review,
    serve_webhook,
    tier,
    verify,
)
from gate.cli.exit_codes import MEANING, ExitCode
from gate.cli.failure import explained, wrapped
from gate.cli.observed import observing
from gate.errors import EndedError

__all__ = ["app", "main"]

_EPILOG = "Exit codes: " + "; ".join(f"{code.value} {meaning}" for code, meaning in MEANING.items()) + "."

app = typer.Typer(
    name="gate",
    help="The fairness gate: may this candidate be promoted under the policy of its risk tier?",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("init", epilog=init.EPILOG)(init.run)
app.command("check", epilog=check.EPILOG)(check.run)
app.command("verify", epilog=verify.EPILOG)(verify.run)
app.add_typer(override.app, name="override")
app.command("promote", epilog=promote.EPILOG)(promote.run)
app.command("comment", epilog=comment.EPILOG)(comment.run)
app.add_typer(review.app, name="review")
app.add_typer(tier.app, name="tier")
app.add_typer(dashboard.app, name="dashboard")
app.command("serve-webhook", epilog=serve_webhook.EPILOG)(serve_webhook.run)
app.command("plan", epilog=plan.EPILOG)(plan.run)
app.command("mitigate", epilog=mitigate.EPILOG)(mitigate.run)
app.command("monitor", epilog=monitor.EPILOG)(monitor.run)
app.command("backtest", epilog=backtest.EPILOG)(backtest.run)
app.command("explain", epilog=explain.EPILOG)(explain.run)
app.command("replay", epilog=replay.EPILOG)(replay.run)
app.add_typer(card.app, name="card")
app.add_typer(report.app, name="report")
app.command("pack", epilog=pack.EPILOG)(pack.run)
app.add_typer(policy.app, name="policy")
app.add_typer(keys.app, name="keys")
app.add_typer(metrics.app, name="metrics")
app.command("doctor", epilog=doctor.EPILOG)(doctor.run)
app.command("demo", epilog=demo.EPILOG)(demo.run)


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show a traceback when something fails.")] = False,  # noqa: ARG001 -- read by main()
) -> None:
    if version:
        from gate.core.version import __version__  # noqa: PLC0415

        typer.echo(__version__)
        raise typer.Exit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the exit code. `--debug` may stand anywhere."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words or bool(os.environ.get("GATE_DEBUG"))
    words = [word for word in words if word != "--debug"]
    signal.signal(signal.SIGTERM, _terminated)
    with observing(_command(words)) as run:
        code = _ended(words, debug=debug)
        if run is not None:
            run.ended(code)
    return code


def _command(words: list[str]) -> str:
    """`gate check`, or `gate` where the first word is none of ours: what a user typed is no name of a metric."""
    known = {*(info.name for info in app.registered_commands), *(info.name for info in app.registered_groups)}
    return f"gate {words[0]}" if words and words[0] in known else "gate"


def _ended(words: list[str], *, debug: bool) -> int:
    """The exit code of a command, however it ended."""
    try:
        return _code(app(words, prog_name="gate", standalone_mode=False))
    except typer.Exit as stop:
        return stop.exit_code
    except (KeyboardInterrupt, typer.Abort, _Terminated):
        return _failed(_Terminated(), debug=False)
    except SystemExit as stop:
        return _unexpected(EndedError(stop.code), debug=debug)
    except Exception as error:  # noqa: BLE001 -- the one boundary: whatever happens here is never a pass
        return _unexpected(error, debug=debug)


class _Terminated(BaseException):
    """The process was asked to end."""


def _terminated(_signum: int, _frame: FrameType | None) -> None:
    raise _Terminated


def _code(result: object) -> int:
    """Typer returns the exit code of `typer.Exit`, or what the command returned."""
    return result if isinstance(result, int) else ExitCode.PASSED


def _unexpected(error: Exception, *, debug: bool) -> int:
    """Usage errors of the command line carry their own text; anything else is an internal failure."""
    show = getattr(error, "show", None)
    if callable(show) and hasattr(error, "exit_code"):
        show()
        return ExitCode.USAGE
    return _failed(error, debug=debug)


def _failed(error: BaseException, *, debug: bool) -> int:
    said, code = explained(error)
    if debug:
        traceback.print_exc()
    typer.echo(wrapped(said), err=True)
    return code
