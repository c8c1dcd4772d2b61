"""`gate policy`: lint, show, compare, import and describe policies and configurations."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, assert_never

import typer

from gate.cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gate.core.document import Json
    from gate.policy.diff_files import Compared
    from gate.rejudge import Rejudgements

__all__ = ["app"]

app = typer.Typer(epilog="Example: `gate policy lint policies/ gate.yaml`.", help="Lint, show, import and describe policies.", no_args_is_help=True)


class Form(StrEnum):
    """How an effective policy is printed."""

    YAML = "yaml"
    JSON = "json"


class DiffForm(StrEnum):
    """How differences are printed."""

    TEXT = "text"
    JSON = "json"


class FileKind(StrEnum):
    """What a JSON Schema describes."""

    POLICY = "policy"
    CONFIG = "config"
    APPROVERS = "approvers"
    CARD = "card"
    CARD_TEXT = "card-text"
    RECORD = "record"


class ForeignTool(StrEnum):
    """Whose thresholds can be imported."""

    BDP_MODEL_GATE = "bdp-model-gate"
    FAIRPIPE = "fairpipe"
    TFMA = "tfma"


@app.command()
def lint(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATH...", help="Policy files, gate.yaml files, or folders of them.", show_default=False)
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="Lint this gate.yaml too, and warn of rules that its holdouts can never decide.", show_default=False)
    ] = None,
) -> None:
    """Report every problem of policies and configurations: exit 0 none, 2 some. Warnings change no exit code."""
    from gate.policy import lint as find_problems
    from gate.policy import yaml_files

    paths = [*(paths or []), *([config] if config else [])]
    problems = find_problems(paths)
    for problem in problems:
        typer.echo(_printable(str(problem)), err=True)
    files = len({file for path in paths for file in yaml_files(path)})
    typer.echo(f"{files} file{'' if files == 1 else 's'}, {len(problems) or 'no'} problem{'' if len(problems) == 1 else 's'}", err=True)
    if problems:
        raise typer.Exit(ExitCode.USAGE)
    if config is not None:
        for warning in _never_decided(config):
            typer.echo(_printable(warning), err=True)


@app.command()
def show(
    policy: Annotated[str, typer.Argument(metavar="FILE_OR_TIER", help="A policy file, or a tier of ./policies (else of the shipped ones).")],
    form: Annotated[Form, typer.Option("--format", help="yaml or json.")] = Form.YAML,
) -> None:
    """Print the effective policy: after extends, every default spelled out."""
    from gate.policy import load_policy

    effective = load_policy(_file_of(policy)).document.effective
    typer.echo(_as_yaml(effective) if form is Form.YAML else _as_json(effective))


@app.command(epilog="Example: `gate policy diff policies/limited.yaml policies/high.yaml --decisions records/`.")
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="A policy file, or a gate.yaml.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Another one of the same kind.")],
    decisions: Annotated[Path | None, typer.Option(help="Judge every decision.json below this folder again under both policies.")] = None,
    model: Annotated[str | None, typer.Option(help="Only this model: an entry of gate.yaml, or the candidate of decisions.")] = None,
    form: Annotated[DiffForm, typer.Option("--format", help="text or json.")] = DiffForm.TEXT,
) -> None:
    """Say what is stricter, looser, changed, new or gone in B, and which recorded verdicts would change.

    Exits 0 whatever the differences are, 2 when a file cannot be read.
    """
    from gate.policy.diff_files import diff_files

    compared = diff_files(before, after, model=model)
    again = _judged_again(compared, decisions, model)
    from gate.cli.difference import entries, lines

    if form is DiffForm.JSON:
        typer.echo(_as_json(entries(compared.diff, again)))
    else:
        typer.echo("\n".join(lines(compared.diff, again)))


@app.command("import", epilog="Example: `gate policy import eval_config.pbtxt --output policies/hiring.yaml`.")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The configuration of another tool: YAML, JSON, TOML, or a text proto.")],
    tool: Annotated[ForeignTool | None, typer.Option("--from", help="Whose it is. Default: found out by its keys.", show_default=False)] = None,
    output: Annotated[
        Path | None, typer.Option(help="Where the policy goes; the name of the file is its tier. Default: printed, tier imported.", show_default=False)
    ] = None,
    profile: Annotated[str | None, typer.Option(help="Which of several profiles of a file of fairpipe.", show_default=False)] = None,
) -> None:
    """Turn the thresholds of bdp-model-gate, fairpipe or TFMA into a policy, and name everything that does not carry over.

    The list goes to standard error and into comments. Exits 2 when nothing carries over, or a bound cannot be meant. Overwrites nothing.
    """
    from gate.policy.foreign import Tool, found_in, written

    found = found_in(file, tool=Tool(tool) if tool else None, profile=profile)
    for left in found.left_out:
        typer.echo(_printable(f"does not carry over: {left.entry}: {left.why}"), err=True)
    text = written(found, file=file.name, tier=output.stem if output else "imported")
    if output is None:
        typer.echo(text, nl=False)
    else:
        _write_new(output, text)
    rules, left_out = len(found.carried), len(found.left_out)
    typer.echo(
        f"{rules} rule{'' if rules == 1 else 's'} imported from {found.tool}, {left_out or 'no'} other entr{'y' if left_out == 1 else 'ies'} named", err=True
    )


@app.command()
def schema(kind: Annotated[FileKind, typer.Argument(metavar="policy|config|approvers|record|card|card-text", help="The kind of file.")]) -> None:
    """Print the JSON Schema (draft 2020-12) of policies, gate.yaml, approvers.yaml, signed records, card.json or card.yaml."""
    typer.echo(_as_json(_schema_of(kind)))


def _write_new(path: Path, text: str) -> None:
    """Write a file where none is yet."""
    from gate.errors import StorageError, UsageError

    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError("there is a file already, and nothing is overwritten", where=str(path), next_step="Choose another --output.") from None
    except OSError as broken:
        raise StorageError(f"the policy cannot be written: {broken}", where=str(path), next_step="Check the folder.") from None


def _schema_of(kind: FileKind) -> "Json":
    from gate.policy.approvers import APPROVERS
    from gate.policy.card_file import CARD
    from gate.policy.config_file import CONFIG
    from gate.policy.policy_file import POLICY
    from gate.policy.schema import json_schema
    from gate.record.record_schema import RECORD_SCHEMA
    from gate.report.card_json import CARD_SCHEMA

    match kind:
        case FileKind.POLICY:
            return json_schema(POLICY)
        case FileKind.CONFIG:
            return json_schema(CONFIG)
        case FileKind.APPROVERS:
            return json_schema(APPROVERS)
        case FileKind.RECORD:
            return RECORD_SCHEMA
        case FileKind.CARD:
            return CARD_SCHEMA
        case FileKind.CARD_TEXT:
            return json_schema(CARD)
        case _:
            assert_never(kind)


def _never_decided(config: Path) -> "Iterator[str]":
    """A warning for every rule that no model could pass on the holdout that it is meant for, and for every holdout that cannot be read."""
    from gate.core.policy import Burden, Enforcement
    from gate.errors import GateError
    from gate.plan import hopeless
    from gate.policy import load_models
    from gate.report.plan_text import obstacle

    for model in load_models(config):
        name = model.config.name
        try:
            never = hopeless(config, name)
        except GateError as error:
            yield f"{config}: warning: {name}: its holdout could not be looked at: {error.what}"
            continue
        for forecast in never:
            where = f" on {forecast.feature}" if forecast.feature else ""
            asked = forecast.burden is Burden.CANDIDATE and forecast.enforcement is not Enforcement.ADVISORY
            holds = ", so no model can pass" if asked else ""
            yield f"{config}: warning: {name}: {forecast.rule}{where} can never be decided on this holdout{holds}: {obstacle(forecast)}"


def _judged_again(compared: "Compared", decisions: Path | None, model: str | None) -> "Rejudgements | None":
    """The recorded decisions under both policies; None when none were asked for."""
    from gate.errors import UsageError

    if compared.policies is None and decisions is not None:
        raise UsageError("two gate.yaml cannot judge recorded decisions again", where="--decisions", next_step="Compare two policies, or drop --decisions.")
    if compared.policies is not None and decisions is None and model is not None:
        raise UsageError("a policy says nothing of single models", where="--model", next_step="Add --decisions, or drop --model.")
    if compared.policies is None or decisions is None:
        return None
    from gate.rejudge import rejudge

    return rejudge(decisions, *compared.policies, model=model)


def _file_of(policy: str) -> Path:
    """The file that a path or a tier names."""
    from gate.policy import shipped_policies, tier_file
    from gate.policy.places import is_file, is_folder

    path = Path(policy)
    if path.suffix or path.name != policy or is_file(path):
        return path
    here = Path("policies")
    return tier_file(policy, here if is_folder(here) else shipped_policies())


def _as_yaml(effective: "Json") -> str:
    from gate.policy.yaml_writer import dump

    return dump(effective).rstrip("\n")


def _as_json(value: "Json") -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def _printable(text: str) -> str:
    """The text with everything that a terminal would act on written as an escape."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
