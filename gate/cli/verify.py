"""`gate verify`: may this be deployed?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli import ci as told
from gate.cli import observed
from gate.cli.exit_codes import ExitCode
from gate.cli.form import Form
from gate.cli.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.core.verification import Verification

__all__ = ["EPILOG", "lines", "of_verification", "run"]

EPILOG = (
    "Examples: `gate verify mortgage-approval/3`; `gate verify mortgage-approval@candidate --format json`; `gate verify --bundle decision/ --files deployed/`."
)


def run(
    model: Annotated[str | None, typer.Argument(help="A registered version: models:/name/3, name/3 or name@alias.", show_default=False)] = None,
    bundle: Annotated[Path | None, typer.Option(help="Verify the record in this folder; no registry is asked.")] = None,
    files: Annotated[Path | None, typer.Option(help="With --bundle: the folder that is deployed, to be hashed.")] = None,
    config: Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    model_name: Annotated[str | None, typer.Option(help="The entry of gate.yaml, when it is not the registered name.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for findings.sarif, in which waived findings are suppressed.")] = None,
    format_: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
    ci: told.Option = told.Ci.NONE,
) -> int:
    """Say whether a version may be deployed now: bytes, record, signature, ledger, policy, configuration, expiry, replay, review.

    Exits 0 when it is allowed, 1 when it is refused, 3 when nothing but an inconclusive verdict stands against it.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.errors import UsageError  # noqa: PLC0415
    from gate.verify import VerifyRequest, verify  # noqa: PLC0415

    if (model is None) == (bundle is None) or (files is not None and bundle is None):
        raise UsageError("name one thing to verify", where="gate verify", next_step="Give a MODEL, or --bundle DIR with or without --files DIR.")
    request = VerifyRequest(
        config=config,
        now=datetime.now(UTC),
        reference=model,
        bundle=bundle,
        files=files,
        entry=model_name,
        policy=policy,
        tracking_uri=tracking_uri,
        output=output,
    )
    with told.telling(ci) as sink, Progress() as tell:
        found = verify(request, tell=tell)
        sink.verified(found, [*lines(found)][-1], of_verification(found))
    observed.say(subject=found.subject, tier=found.tier, allowed=str(found.allowed).lower())
    typer.echo(json.dumps(_document(found), indent=1) if format_ is Form.JSON else "\n".join(lines(found)))
    return of_verification(found)


def of_verification(found: "Verification") -> ExitCode:
    """The exit code: only what is allowed is 0."""
    if found.allowed:
        return ExitCode.PASSED
    return ExitCode.INCONCLUSIVE if found.only_uncertain else ExitCode.BLOCKED


def lines(found: "Verification") -> "Iterator[str]":
    """One line per check, and the answer last."""
    from gate.report.escape import terminal  # noqa: PLC0415

    for check in found.checks:
        yield f"{'ok      ' if check.holds else 'REFUSED '} {check.about.value.ljust(13)} {terminal(check.detail)}"
    refusal = found.refusal
    if found.allowed:
        yield f"ALLOWED: {terminal(found.subject)} may be deployed under tier {terminal(found.tier)}."
    else:
        because = "something could not be looked at" if refusal is None else f"{refusal.about.value}: {terminal(refusal.detail)}"
        yield f"REFUSED: {terminal(found.subject)} may not be deployed under tier {terminal(found.tier)}. {because}."


def _document(found: "Verification") -> dict[str, object]:
    return {
        "allowed": found.allowed,
        "subject": found.subject,
        "digest": found.digest,
        "tier": found.tier,
        "decision": found.decision,
        "verdict": found.verdict,
        "checks": [{"check": check.about.value, "holds": check.holds, "detail": check.detail} for check in found.checks],
    }
