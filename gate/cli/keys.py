"""`gate keys`: make the key that signs records, and show public keys."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from gate.core.approvers import ATTESTER_ROLE, GATE_ROLE, keyid_of

__all__ = ["app"]

app = typer.Typer(
    epilog="Example: `gate keys new --output key.pem`, then `GATE_SIGNING_KEY_FILE=key.pem gate check mortgage-approval/3`.",
    help="Make the key that signs records, and show public keys.",
    no_args_is_help=True,
)


@app.command(epilog="Example: `gate keys new --output ann.pem --name ann --role model-risk --into policies/approvers.yaml`.")
def new(
    output: Annotated[Path, typer.Option(help="The file for the private key; it must not exist yet.")],
    name: Annotated[str, typer.Option(help="Whose key it is.")] = "fairness gate",
    role: Annotated[str, typer.Option(help="What it may sign for: gate for decisions, attester in the name of people, any other for overrides.")] = GATE_ROLE,
    identity: Annotated[list[str] | None, typer.Option(help="A name under which MLflow, git or GitHub know them; may be repeated.", show_default=False)] = None,
    into: Annotated[Path | None, typer.Option(help="Add the entry to this approvers.yaml, which is made if there is none.", show_default=False)] = None,
) -> None:
    """Make an ed25519 key; print its public half and the entry for approvers.yaml.

    The file can be read by its owner only. The private key is never printed.
    """
    from gate.record.keys import new_key

    public = new_key(output)
    entry = _entry(public, name, role, identities=identity or [])
    typer.echo(f"# key {keyid_of(public)}\n" + ("" if into else "# policies/approvers.yaml:\n") + _HEAD + entry)
    if into is not None:
        _add(into, entry)
        typer.echo(f"gate: the entry stands in {into}; have it reviewed like a policy", err=True)
    typer.echo(f"gate: the private key is in {output}; keep it where only its owner can read it", err=True)


@app.command(epilog="Example: `gate keys show key.pem`.")
def show(
    key: Annotated[str | None, typer.Argument(help="A PEM file or a key URI; default: GATE_SIGNING_KEY or GATE_SIGNING_KEY_FILE.", show_default=False)] = None,
) -> None:
    """Print the public half of a signing key, and the entry for approvers.yaml."""
    from gate.errors import UsageError
    from gate.record.keys import public_of, signing_key

    signer = signing_key(key, os.environ)
    if signer is None:
        raise UsageError("no key is named", where="GATE_SIGNING_KEY", next_step="Name a file, or make one with `gate keys new --output key.pem`.")
    public = public_of(signer)
    typer.echo(f"# key {keyid_of(public)}\n# policies/approvers.yaml:\n{_HEAD}{_entry(public, 'fairness gate', GATE_ROLE, identities=[])}")


_HEAD = "schema: gate.approvers/v1\napprovers:\n"


def _entry(public: str, name: str, role: str, *, identities: list[str]) -> str:
    """What approvers.yaml says of a key; names are quoted as JSON, which YAML reads."""
    kind = "machine" if role in {GATE_ROLE, ATTESTER_ROLE} else "person"
    known = f"    identities: {json.dumps(identities)}\n" if identities else ""
    return f"  - name: {json.dumps(name)}\n    kind: {kind}\n{known}    roles: [{role}]\n    keys:\n      - public: {public}"


def _add(path: Path, entry: str) -> None:
    """The entry at the end of the list; a list that cannot be read afterwards is put back as it was."""
    from gate.errors import StorageError, UsageError
    from gate.policy import load_approvers

    try:
        before = path.read_text(encoding="utf-8") if path.exists() else None
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((_HEAD if before is None else before.rstrip("\n") + "\n") + entry + "\n", encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"the entry could not be added: {error}", where=str(path), next_step="Add what stands above by hand.") from error
    try:
        load_approvers(path.parent)
    except UsageError:
        path.unlink() if before is None else path.write_text(before, encoding="utf-8")
        raise
