"""`gate review`: what waits for a person."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli.form import Form
from gate.cli.progress import Progress

if TYPE_CHECKING:
    from gate.review import Review, Waiting

__all__ = ["EPILOG", "run"]

EPILOG = "Examples: `gate review`; `gate review mortgage-approval --last 5 --format json`."


def run(
    model: Annotated[str | None, typer.Argument(help="The name of one model; default: every model of gate.yaml.", show_default=False)] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many versions of each model, newest first.")] = 20,
    config: Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    format_: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
) -> int:
    """List blocked and inconclusive versions that wait for a person: why, who may decide, and where to look.

    What was overridden does not wait any more. Exits 0 whatever waits.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.review import ReviewRequest, review  # noqa: PLC0415

    request = ReviewRequest(config=config, now=datetime.now(UTC), model=model, last=last, policy=policy, tracking_uri=tracking_uri)
    with Progress() as tell:
        found = review(request, tell=tell)
    typer.echo(json.dumps(_document(found), indent=1) if format_ is Form.JSON else "\n".join(_lines(found)))
    return 0


def _lines(found: "Review") -> Iterator[str]:
    from gate.report.escape import terminal  # noqa: PLC0415
    from gate.report.phrases import plural  # noqa: PLC0415
    from gate.report.review_text import lines  # noqa: PLC0415

    for entry in found.waiting:
        yield from lines(entry.subject, _headline(entry), entry.findings, entry.standing, entry.terms, [f"{label}: {url}" for label, url in _links(entry)])
        yield ""
    if found.unknown:
        yield "Without a decision that counts; check them with `gate check`:"
        yield from (terminal(f"  {subject}: {why}") for subject, why in found.unknown)
        yield ""
    waits = "1 version waits" if len(found.waiting) == 1 else f"{len(found.waiting)} versions wait"
    yield f"{waits} for a person, of {plural(found.looked, 'version')} looked at."


def _headline(entry: "Waiting") -> str:
    verdict = "NO VERDICT" if entry.verdict is None else entry.verdict.value.upper()
    return f"{verdict} under tier {entry.tier}, {entry.decided:%Y-%m-%d %H:%M} UTC"


def _links(entry: "Waiting") -> Iterator[tuple[str, str]]:
    links = entry.links
    pairs = () if links is None else (("version", links.version_url), ("card", links.card_url or links.card), ("record", links.run_url))
    yield from ((label, url) for label, url in pairs if url is not None)


def _document(found: "Review") -> dict[str, object]:
    from gate.report.review_text import findings_json, requests_json  # noqa: PLC0415

    return {
        "waiting": [
            {
                "subject": entry.subject,
                "tier": entry.tier,
                "verdict": entry.verdict,
                "decided": entry.decided.isoformat(),
                "findings": findings_json(entry.findings),
                "left": list(entry.standing.left),
                "requests": requests_json(entry.standing),
                "override": None if entry.terms is None else {"approvers": entry.terms.approvers, "roles": list(entry.terms.roles)},
                "links": dict(_links(entry)),
            }
            for entry in found.waiting
        ],
        "unknown": [{"subject": subject, "why": why} for subject, why in found.unknown],
        "looked": found.looked,
    }
