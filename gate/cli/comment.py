"""`gate comment`: a summary under a pull request, once."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["EPILOG", "run"]

EPILOG = "Example, in a job of a pull request that may write to it: `gate comment gate-out/summary.md --about mortgage-approval`."
_LONGEST = 60_000


def run(
    summary: Annotated[Path, typer.Argument(help="The Markdown that `gate check --output DIR` wrote to DIR/summary.md.")],
    about: Annotated[str, typer.Option(help="What it is about; a second comment about the same replaces the first.")] = "model",
    pull_request: Annotated[int | None, typer.Option(help="The number; default: the one that this run is about.", show_default=False)] = None,
) -> None:
    """Write a summary as a comment under a pull request of GitHub: added once, then kept up to date.

    It takes GITHUB_TOKEN with the permission pull-requests: write, in a job that runs no candidate.
    """
    from gate.core.canonical import digest  # noqa: PLC0415 -- heavy rooms are imported only when they are needed
    from gate.errors import UsageError  # noqa: PLC0415
    from gate.forge.github import Github  # noqa: PLC0415

    try:
        text = summary.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("the summary cannot be read", where=str(summary), next_step="Check with --output first; exits 2 and 4 leave none.") from error
    if len(text) > _LONGEST:
        text = text[:_LONGEST].rpartition("\n\n")[0] + "\n\nThe rest does not fit here: it is in the model card.\n"
    forge = Github()
    number = forge.pull_request() if pull_request is None else pull_request
    typer.echo(forge.comment(number, text, mark=f"fairness-gate {digest(about.encode())[7:23]}"))
