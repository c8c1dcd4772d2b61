"""`gate tier`: lower the tier of a model on the record."""

from pathlib import Path
from typing import Annotated

import typer

from gate.cli.progress import Progress

__all__ = ["app"]

app = typer.Typer(
    help="Lower the tier of a model on the record.",
    epilog="Example: `gate tier lower mortgage-approval --reason 'No person is decided about any more' --key ann.pem`.",
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """One verb so far, and still a group: `gate tier lower`."""


@app.command(epilog="Example: `gate tier lower mortgage-approval --to limited --reason 'Only drafts letters now' --key ann.pem`.")
def lower(
    model: Annotated[str, typer.Argument(help="The model's name in the registry.")],
    reason: Annotated[str, typer.Option(help="Why, in a sentence that an auditor will read.")],
    to: Annotated[str | None, typer.Option(help="The tier that it has from now on; default: the one of gate.yaml.", show_default=False)] = None,
    before: Annotated[str | None, typer.Option("--from", help="The stricter tier; default: every one that it was judged under.", show_default=False)] = None,
    days: Annotated[int | None, typer.Option(min=1, help="For how many days; default: for good.", show_default=False)] = None,
    key: Annotated[
        str | None, typer.Option(help="Your key: a PEM file or a key URI; default: GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(help="Write the statement to this file, for review like code under policies/downgrades/, and nowhere else.", show_default=False),
    ] = None,
    config: Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    model_name: Annotated[str | None, typer.Option(help="The entry of gate.yaml, when it is not the registered name.")] = None,
) -> None:
    """Sign that a model which was judged under a stricter tier has a laxer one from now on; without that it is not checked.

    It takes a key of somebody with the role tier-approver who neither owns the model nor assigned its tier.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.report.escape import terminal  # noqa: PLC0415
    from gate.tiers import LowerRequest  # noqa: PLC0415
    from gate.tiers import lower as lowered  # noqa: PLC0415

    request = LowerRequest(config=config, now=datetime.now(UTC), model=model, reason=reason, to=to, before=before, days=days, entry=model_name, policy=policy)
    with Progress() as tell:
        said = lowered(request, key=key, output=output, tell=tell)
    for one in said:
        until = "" if one.expires is None else f" until {one.expires:%Y-%m-%d %H:%M} UTC"
        typer.echo(terminal(f"LOWERED: {one.model} from tier {one.before} to {one.after}{until}: {one.reason}"))
