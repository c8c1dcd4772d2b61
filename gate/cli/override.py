"""`gate override`: ask for an override, approve, reject or revoke one, and list them."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gate.cli import ci as told
from gate.cli.exit_codes import ExitCode
from gate.cli.progress import Progress
from gate.core.override import Act, Condition, OverrideKind

if TYPE_CHECKING:
    from gate.core.override import Standing
    from gate.stages.desk import VerifyRequest

__all__ = ["app"]

app = typer.Typer(
    help="Override a decision on the record: signed, reasoned, expiring, and never hiding what it waives.",
    epilog="Example: `gate override request mortgage/3 --reason '…'`, then, with another key, `gate override approve mortgage/3 --reason '…'`.",
    no_args_is_help=True,
)

Model = Annotated[str, typer.Argument(help="A registered version: models:/name/3, name/3 or name@alias.")]
Reason = Annotated[str, typer.Option(help="Why, in a sentence that an auditor will read.")]
Request = Annotated[str | None, typer.Option(help="The first letters of the request's digest; default: the only one.", show_default=False)]
Key = Annotated[str | None, typer.Option(help="Your key: a PEM file or a key URI; default: GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE.", show_default=False)]
Output = Annotated[
    Path | None, typer.Option(help="Write the statement to this file, for review like code under policies/overrides/, and nowhere else.", show_default=False)
]
Config = Annotated[Path, typer.Option(help="What is judged, under which tier, and where the ledger is.")]
PolicyFile = Annotated[Path | None, typer.Option(help="Use this policy file instead of the tier's.")]
ModelName = Annotated[str | None, typer.Option(help="The entry of gate.yaml, when it is not the registered name.")]
TrackingUri = Annotated[str | None, typer.Option(help="Address of MLflow; default: MLFLOW_TRACKING_URI, else ./mlflow.db.", show_default=False)]


@app.command(epilog="Example: `gate override request mortgage-approval/3 --rule four-fifths --reason 'Model 2 is worse for everyone' --days 20`.")
def request(
    model: Model,
    reason: Reason,
    rule: Annotated[list[str] | None, typer.Option(help="A rule to waive; once per rule; default: every rule that can be.", show_default=False)] = None,
    kind: Annotated[OverrideKind, typer.Option(help="What is asked for.")] = OverrideKind.WAIVE,
    days: Annotated[int | None, typer.Option(min=1, help="For how many days; default: as many as the policy allows.", show_default=False)] = None,
    condition: Annotated[
        list[str] | None, typer.Option(metavar="WHAT|OWNER|DAY", help="With --kind conditional: what is owed, by whom, until when.", show_default=False)
    ] = None,
    key: Key = None,
    output: Output = None,
    config: Config = Path("gate.yaml"),
    policy: PolicyFile = None,
    model_name: ModelName = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Ask that a blocked or inconclusive version may be deployed all the same; others have to approve."""
    from gate.overrides import Ask, ask

    wanted = Ask(reason=reason, rules=tuple(rule or ()), kind=kind, days=days, conditions=tuple(_condition(entry) for entry in condition or ()))
    with Progress() as tell:
        standing = ask(_subject(model, config, policy, model_name, tracking_uri), wanted, key=key, output=output, tell=tell)
    _print(standing)


@app.command(epilog="Example: `gate override approve mortgage-approval/3 --reason 'Reviewed with the credit committee on 3 March' --key mine.pem`.")
def approve(
    model: Model,
    reason: Reason,
    request: Request = None,
    key: Key = None,
    output: Output = None,
    config: Config = Path("gate.yaml"),
    policy: PolicyFile = None,
    model_name: ModelName = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Approve a request, with a key of your own: not if you asked for it, made the model, or started the check."""
    _answer(Act.APPROVE, reason, request, _subject(model, config, policy, model_name, tracking_uri), key, output)


@app.command(epilog="Example: `gate override reject mortgage-approval/3 --reason 'The gap is larger than in version 2'`.")
def reject(
    model: Model,
    reason: Reason,
    request: Request = None,
    key: Key = None,
    output: Output = None,
    config: Config = Path("gate.yaml"),
    policy: PolicyFile = None,
    model_name: ModelName = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Reject a request: one rejection by whoever could approve ends it."""
    _answer(Act.REJECT, reason, request, _subject(model, config, policy, model_name, tracking_uri), key, output)


@app.command(epilog="Example: `gate override revoke mortgage-approval/3 --reason 'Complaints since Tuesday'`.")
def revoke(
    model: Model,
    reason: Reason,
    request: Request = None,
    key: Key = None,
    output: Output = None,
    config: Config = Path("gate.yaml"),
    policy: PolicyFile = None,
    model_name: ModelName = None,
    tracking_uri: TrackingUri = None,
) -> None:
    """Take an override back, as whoever could approve it, or who asked for it."""
    _answer(Act.REVOKE, reason, request, _subject(model, config, policy, model_name, tracking_uri), key, output)


@app.command(epilog="Example, in a job on the environment fairness-override: `gate override attest mortgage-approval/3 --github fairness-override`.")
def attest(
    model: Model,
    github: Annotated[str | None, typer.Option(help="Whoever let this run's job into this environment of GitHub approves.", show_default=False)] = None,
    approver: Annotated[str | None, typer.Option(help="Who approves, on another forge: gitlab:ann-m.", show_default=False)] = None,
    requester: Annotated[str | None, typer.Option(help="Who asks; default with --github: who started the run.", show_default=False)] = None,
    reason: Annotated[str | None, typer.Option(help="With --approver: what they wrote.", show_default=False)] = None,
    rule: Annotated[list[str] | None, typer.Option(help="A rule to waive; once per rule; default: every rule that can be.", show_default=False)] = None,
    days: Annotated[int | None, typer.Option(min=1, help="For how many days; default: as many as the policy allows.", show_default=False)] = None,
    decision: Annotated[str | None, typer.Option(help="The decision that they looked at, sha256:…; another one is refused.", show_default=False)] = None,
    key: Key = None,
    config: Config = Path("gate.yaml"),
    policy: PolicyFile = None,
    model_name: ModelName = None,
    tracking_uri: TrackingUri = None,
    ci: told.Option = told.Ci.NONE,
) -> int:
    """Sign an override in the names of people who approved it on a forge, with the key of an attester.

    Whose word counts is said by approvers.yaml, which lists accounts as github:LOGIN. Exits 0 when nothing is left in the way, else 1.
    """
    from gate.errors import UsageError
    from gate.overrides import Answer, Ask
    from gate.overrides import attest as attested

    with told.telling(ci) as sink, Progress() as tell:
        if decision is not None and not decision.startswith("sha256:"):
            raise UsageError("--decision is no digest", where="--decision", next_step="Give what the check put out, sha256:…, or leave it out.")
        asked, approvals = _said_on_a_forge(model, github, approver, requester, reason)
        wanted = Ask(reason=asked[1], rules=tuple(rule or ()), days=days, on_behalf=asked[0], decision=decision)
        answers = [Answer(act=Act.APPROVE, reason=comment, on_behalf=account, decision=decision) for account, comment in approvals]
        standing = attested(_subject(model, config, policy, model_name, tracking_uri), wanted, answers, key=key, tell=tell)
        sink.overridden(standing, [*_lines(standing)])
    _print(standing)
    return ExitCode.PASSED if not standing.left else ExitCode.BLOCKED


def _said_on_a_forge(
    model: str, github: str | None, approver: str | None, requester: str | None, reason: str | None
) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    """Who asks and why, and who approves and why."""
    from gate.errors import UsageError

    if (github is None) == (approver is None) or (approver is not None and not (requester and reason)) or (github is not None and reason is not None):
        options = "Give --github ENVIRONMENT, or --approver with --requester and --reason."
        raise UsageError("it is not said who approved where", where="gate override attest", next_step=options)
    if approver is not None:
        return (str(requester), f"asked for on {approver.partition(':')[0]}: {reason}"), [(approver, str(reason))]
    from gate.forge.github import Github

    forge = Github()
    subject, approvals = model.removeprefix("models:/"), forge.approvals(str(github))
    if not approvals:
        raise UsageError("nobody approved this run", where=str(github), next_step="Give the environment required reviewers, in the repository's settings.")
    meant = {approval.account: approval for approval in reversed(approvals) if approval.names(subject)}
    if not meant:
        what = f"no approval names {subject}: GitHub does not say which job of a run an approval is about"
        raise UsageError(what, where=str(github), next_step=f"Start a new run, and write the version and the reason when you approve: {subject}: …")
    return (requester or forge.actor, f"asked for by {forge.run_url}"), [(approval.account, approval.comment) for approval in meant.values()]


@app.command(name="list", epilog="Example: `gate override list mortgage-approval/3`.")
def list_(
    model: Model,
    config: Config = Path("gate.yaml"),
    policy: PolicyFile = None,
    model_name: ModelName = None,
    tracking_uri: TrackingUri = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for scripts.")] = False,
) -> None:
    """Show every request about the newest decision of a version, what became of it, and what is still open."""
    from gate.overrides import look

    with Progress() as tell:
        _, standing = look(_subject(model, config, policy, model_name, tracking_uri), tell=tell)
    if as_json:
        typer.echo(json.dumps(_document(standing), indent=1))
    else:
        _print(standing)


def _answer(act: Act, reason: str, wanted: str | None, subject: "VerifyRequest", key: str | None, output: Path | None) -> None:
    from gate.overrides import Answer, answer

    with Progress() as tell:
        standing = answer(subject, Answer(act=act, reason=reason, request=wanted), key=key, output=output, tell=tell)
    _print(standing)


def _subject(model: str, config: Path, policy: Path | None, model_name: str | None, tracking_uri: str | None) -> "VerifyRequest":
    from datetime import UTC, datetime

    from gate.stages.desk import VerifyRequest

    return VerifyRequest(config=config, now=datetime.now(UTC), reference=model, entry=model_name, policy=policy, tracking_uri=tracking_uri)


def _condition(written: str) -> Condition:
    from datetime import date

    from gate.errors import UsageError

    try:
        what, owner, due = (part.strip() for part in written.split("|"))
        return Condition(what=what, owner=owner, due=date.fromisoformat(due))
    except ValueError as error:
        raise UsageError("a condition is written as WHAT|OWNER|YYYY-MM-DD", where=f"--condition {written[:80]!r}") from error


def _print(standing: "Standing") -> None:
    typer.echo("\n".join(_lines(standing)))


def _lines(standing: "Standing") -> Iterator[str]:
    from gate.report.escape import terminal
    from gate.report.review_text import waiver_lines

    if not standing.waivers:
        yield "Nobody has asked for an override."
    for waiver in standing.waivers:
        yield from waiver_lines(waiver)
    yield terminal(f"Still in the way: {', '.join(standing.left)}." if standing.left else "Nothing is left in the way; `gate verify` has the last word.")


def _document(standing: "Standing") -> dict[str, object]:
    from gate.report.review_text import requests_json

    return {"requests": requests_json(standing), "waived": sorted(standing.waived), "left": list(standing.left)}
