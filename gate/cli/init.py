"""`gate init`: the files that a repository starts with."""

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from gate.core.model import Task
from gate.errors import UsageError

if TYPE_CHECKING:
    from gate.starter.files import Feature

__all__ = ["EPILOG", "run"]

EPILOG = "Examples: `gate init`, which asks; `gate init --name loans --tier high --data holdout.parquet --label repaid --feature sex --feature age:25,40`."

_REVIEWED = 365
"""Days after which a tier that was approved today is to be looked at again."""


def run(
    folder: Annotated[Path, typer.Argument(help="The repository.")] = Path(),
    name: Annotated[str | None, typer.Option(help="The model's name in the registry.", show_default=False)] = None,
    tier: Annotated[str | None, typer.Option(help="How much depends on its answers: minimal, limited or high.", show_default=False)] = None,
    label: Annotated[str | None, typer.Option(help="The column with the true outcome.", show_default=False)] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="A sensitive feature: COLUMN (groups read from --data), COLUMN=a,b, or COLUMN:25,40,60; once each.", show_default=False),
    ] = None,
    data: Annotated[str | None, typer.Option(help="The holdout, relative to the repository; without it predictions are judged.", show_default=False)] = None,
    task: Annotated[Task, typer.Option(help="What the model answers.")] = Task.BINARY_CLASSIFICATION,
    owner: Annotated[str | None, typer.Option(help="Who answers for the model.", show_default=False)] = None,
    approved_by: Annotated[str | None, typer.Option(help="Who approved its tier: somebody else than the owner.", show_default=False)] = None,
    github: Annotated[bool, typer.Option("--github/--no-github", help="With the workflows for GitHub Actions.")] = True,
) -> None:
    """Write gate.yaml, the policy of the tier and the workflows into a repository, and say what is left to do.

    Asks for what is not given, if a person is there to answer. If a file exists already, nothing is written.
    """
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    from gate.starter import Start, planned, written  # noqa: PLC0415 -- heavy rooms are imported only when they are needed

    name, tier = _asked(name, "--name", "Name of the model in the registry"), _asked(tier, "--tier", "Risk tier (minimal, limited, high)")
    label = _asked(label, "--label", "Column with the true outcome")
    words = feature or [word.strip() for word in _asked(None, "--feature", "Sensitive features: COLUMN, COLUMN=a,b or COLUMN:25,40,60, with spaces").split()]
    features = tuple(_feature(word, None if data is None else folder / data) for word in words)
    start = Start(
        name=name,
        tier=tier,
        task=task,
        label=label,
        features=features,
        data=data,
        owner=owner,
        approved_by=approved_by,
        review_by=datetime.now(UTC).date() + timedelta(days=_REVIEWED) if approved_by else None,
        github=github,
    )
    files = planned(start)
    with TemporaryDirectory(prefix="gate-") as rehearsal:
        written(files, Path(rehearsal))
        _checked(Path(rehearsal))
    written(files, folder)
    typer.echo("\n".join(f"wrote {folder / file}" for file in files))
    typer.echo("\n".join(_left(start.github, name, tier)))


def _asked(given: str | None, option: str, question: str) -> str:
    """What was given, or what a person answers; in a script, an error that names the option."""
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise UsageError(f"{option} is missing", where="gate init", next_step="Give it, or run this in a terminal, where you are asked.")
    return str(typer.prompt(question))


def _feature(word: str, table: Path | None) -> "Feature":
    """A feature as it is written on the command line."""
    from gate.starter import groups_in  # noqa: PLC0415 -- as above
    from gate.starter.files import Feature  # noqa: PLC0415

    column, equals, groups = word.partition("=")
    if equals:
        return Feature(column=column, groups=tuple(group.strip() for group in groups.split(",")))
    column, colon, edges = word.partition(":")
    if colon:
        try:
            return Feature(column=column, bins=tuple(float(edge) if "." in edge else int(edge) for edge in edges.split(",")))
        except ValueError as error:
            raise UsageError(f"the edges of {column!r} are no numbers", where=f"--feature {word}", next_step="Write COLUMN:25,40,60.") from error
    if table is None:
        raise UsageError(f"the groups of {word!r} are not known", where="--feature", next_step=f"Name them: {word}=a,b; or give --data to read them from.")
    return Feature(column=word, groups=groups_in(table, word))


def _checked(folder: Path) -> None:
    """What would be written can be meant."""
    from gate.policy import load_models, policy_for  # noqa: PLC0415 -- as above

    for model in load_models(folder / "gate.yaml"):
        policy_for(model, None)


def _left(github: bool, name: str, tier: str) -> list[str]:
    """What nobody but the owner can do."""
    steps = [
        f"Read policies/{tier}.yaml: these thresholds are a start, and yours to answer for.",
        "Look whether the holdout can decide its rules: gate plan",
        f"Check a version: gate check {name}/1" if name.isascii() and " " not in name else "Check a version: gate check NAME/VERSION",
        "Make the key that signs: gate keys new --output gate.pem --into policies/approvers.yaml",
    ]
    if github:
        steps += [
            "On GitHub: the variable MLFLOW_TRACKING_URI, and an environment fairness-gate that only the default branch may use, with the secret",
            "GATE_SIGNING_KEY: what is in gate.pem. As a secret of the repository any branch could sign under a policy of its own.",
            "For overrides: gate keys new --output relay.pem --name relay --role attester --into policies/approvers.yaml, and an environment",
            "fairness-override for the default branch, with required reviewers and the secret GATE_OVERRIDE_KEY: what is in relay.pem.",
            "Name a ledger in gate.yaml, and give the environments GATE_LEDGER_TOKEN: without a ledger gate verify refuses.",
            "Have /gate.yaml, /policies/ and /.github/ reviewed by code owners: whoever changes them changes what passes.",
        ]
    return ["", "Next:", *(f"  {step}" for step in steps)]
