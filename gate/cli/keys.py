"""`gate keys`: make the key that signs records, and show public keys."""

# ruff: noqa: PLC0415 - what a verb needs is imported when it runs, so that `gate --help` stays instant

import os
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["app"]

app = typer.Typer(
    epilog="Example: `gate keys new --output key.pem`, then `GATE_SIGNING_KEY_FILE=key.pem gate check mortgage-approval/3`.",
    help="Make the key that signs records, and show public keys.",
    no_args_is_help=True,
)


@app.command(epilog="Example: `gate keys new --output key.pem`.")
def new(output: Annotated[Path, typer.Option(help="The file for the private key; it must not exist yet.")]) -> None:
    """Make an ed25519 key; print its public half and the entry for approvers.yaml.

    The file can be read by its owner only. The private key is never printed.
    """
    from gate.record.keys import new_key

    public = new_key(output)
    typer.echo(_shown(public))
    typer.echo(f"gate: the private key is in {output}; keep it where only the gate can read it", err=True)


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
    typer.echo(_shown(public_of(signer)))


def _shown(public: str) -> str:
    """The public key, and what approvers.yaml says of it: the name is for the reader to change."""
    from gate.core.approvers import keyid_of

    return (
        f"# key {keyid_of(public)}\n"
        "# policies/approvers.yaml:\n"
        "schema: gate.approvers/v1\n"
        "approvers:\n"
        "  - name: fairness gate\n"
        "    kind: machine\n"
        "    roles: [gate]\n"
        "    keys:\n"
        f"      - public: {public}"
    )
