"""`gate review`: what waits for a person, and their answers to what a policy asks."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from gate.cli.form import Form
from gate.cli.progress import Progress
from gate.core.review import Checklist

if TYPE_CHECKING:
    from typer._click.core import Context

    from gate.review import Review, Waiting

__all__ = ["app"]


class _Listing(TyperGroup):
    """A group whose first command is meant where none is named: `gate review mortgage-approval`."""

    def parse_args(self, ctx: "Context", args: list[str]) -> list[str]:
        """Put `list` before words that name no command."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            args = ["list", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_Listing,
    help="List what waits for a person (`gate review [MODEL]` is `gate review list [MODEL]`), and answer what a policy asks.",
    epilog="Examples: `gate review`; `gate review mortgage-approval --last 5 --format json`.",
)


@app.command(name="list", epilog="Examples: `gate review`; `gate review mortgage-approval --last 5 --format json`.")
def list_(
    model: Annotated[str | None, typer.Argument(help="The name of one model; default: every model of gate.yaml.", show_default=False)] = None,
    last: Annotated[int, typer.Option(min=1, max=1000, help="How many versions of each model, newest first.")] = 20,
    config: Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
    format_: Annotated[Form, typer.Option("--format", help="What goes to standard output.")] = Form.TEXT,
) -> int:
    """List versions that wait for a person: blocked, inconclusive, or with open questions: why, who may decide, where to look.

    What was overridden or answered does not wait any more. Exits 0 whatever waits.
    """
    from datetime import UTC, datetime

    from gate.review import ReviewRequest, review

    request = ReviewRequest(config=config, now=datetime.now(UTC), model=model, last=last, policy=policy, tracking_uri=tracking_uri)
    with Progress() as tell:
        found = review(request, tell=tell)
    typer.echo(json.dumps(_document(found), indent=1) if format_ is Form.JSON else "\n".join(_lines(found)))
    return 0


def _lines(found: "Review") -> Iterator[str]:
    from gate.report.escape import terminal
    from gate.report.phrases import plural
    from gate.report.review_text import answer_steps, lines, question_lines

    for entry in found.waiting:
        yield from lines(entry.subject, _headline(entry), entry.findings, entry.standing, entry.terms, [f"{label}: {url}" for label, url in _links(entry)])
        yield from (f"  {line}" for line in (*question_lines(entry.open), *map(terminal, answer_steps(entry.subject, entry.open))))
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
    from gate.report.review_text import findings_json, questions_json, requests_json

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
                "questions": questions_json(entry.open),
                "override": None if entry.terms is None else {"approvers": entry.terms.approvers, "roles": list(entry.terms.roles)},
                "links": dict(_links(entry)),
            }
            for entry in found.waiting
        ],
        "unknown": [{"subject": subject, "why": why} for subject, why in found.unknown],
        "looked": found.looked,
    }


@app.command(epilog="Example: `gate review answer mortgage-approval/3 --checklist before_deployment --answers answers.yaml --key mine.pem`.")
def answer(
    model: Annotated[str, typer.Argument(help="A registered version: models:/name/3, name/3 or name@alias.")],
    checklist: Annotated[Checklist, typer.Option(help="Which list of the policy.")],
    answers: Annotated[Path, typer.Option(metavar="FILE", help="Your answers: a line for each question, its id, a colon, and the answer.")],
    key: Annotated[
        str | None, typer.Option(help="Your key: a PEM file or a key URI; default: GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Write the statement to this file, for review like code under policies/reviews/, and nowhere else.", show_default=False)
    ] = None,
    config: Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")] = Path("gate.yaml"),
    policy: Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")] = None,
    model_name: Annotated[str | None, typer.Option(help="The entry of gate.yaml, when it is not the registered name.")] = None,
    tracking_uri: Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)] = None,
) -> None:
    """Answer questions of the policy about the newest decision of a version, and sign the answers with a key of your own.

    You answer those that your roles let you, and none about a model that you made. An answer of `no` stands in the way until you take it back.
    """
    from datetime import UTC, datetime

    from gate.answers import Given, answered
    from gate.policy.answers_file import read_answers
    from gate.report.review_text import question_lines
    from gate.stages.desk import VerifyRequest

    given = Given(checklist=checklist, answers=read_answers(answers))
    request = VerifyRequest(config=config, now=datetime.now(UTC), reference=model, entry=model_name, policy=policy, tracking_uri=tracking_uri)
    with Progress() as tell:
        found = answered(request, given, key=key, output=output, tell=tell)
    typer.echo("\n".join(question_lines(found.asked)))
    typer.echo("`gate verify` has the last word." if not found.missing else f"Still open: {', '.join(entry.question.id for entry in found.missing)}.")
