"""`gate doctor`: what this machine can do."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli.exit_codes import ExitCode
from gate.cli.form import Form

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.doctor import Examined, Sandbox

__all__ = ["EPILOG", "run"]

EPILOG = "Examples: `gate doctor`; `gate doctor --format json`."
_WIDTH = 12


def run(format_: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT) -> int:
    """Say which sandboxes work on this machine, why not the others, and the command that mends them.

    Exit code 0 where a sandbox works, 4 where policies with `sandbox: required` cannot be judged.
    """
    from gate.doctor import examine  # noqa: PLC0415 -- only when asked

    found = examine()
    typer.echo(json.dumps(found.document(), indent=1) if format_ is Form.JSON else "\n".join(_lines(found)))
    return ExitCode.PASSED if found.walls else ExitCode.NO_JUDGEMENT


def _lines(found: "Examined") -> "Iterator[str]":
    yield f"gate {found.gate}, Python {found.python}, {found.system}"
    yield ""
    yield "Sandboxes, best first; the first that works and gives what the policy asks for is used:"
    for sandbox in found.sandboxes:
        yield from _of(sandbox)
    yield ""
    if found.walls:
        yield f"Models run in {found.chosen.name} here. Policies with `sandbox: required` can be judged."
    else:
        yield "Models run without a sandbox here, which every decision says. Policies with `sandbox: required` end with exit code 4."
    yield f"Environments of models' own (--env-manager uv): {found.uv or 'uv is not installed; pip install uv'}"


def _of(sandbox: "Sandbox") -> "Iterator[str]":
    lacks = f"; it lacks: {', '.join(sandbox.missing)}" if sandbox.missing else ""
    yield f"  {sandbox.name.ljust(_WIDTH)}{'works' if sandbox.obstacle is None else 'does not work'}{lacks if sandbox.obstacle is None else ''}"
    if sandbox.obstacle is not None:
        yield f"  {''.ljust(_WIDTH)}why:     {sandbox.obstacle}"
        yield f"  {''.ljust(_WIDTH)}mend it: {sandbox.remedy}"
