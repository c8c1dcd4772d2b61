"""How often each tool gives the harmful answer, where the truth is known: prints the table of docs/explanation/other-tools.md.

The tools cannot share an environment; name the interpreter of each:

    python pipelines/comparison/run.py --bdp-model-gate build/bdp/bin/python --fairpipe build/fairpipe/bin/python
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

from worlds import WORLDS, table

SEED = 20261126


def answers(python: str, tool: str, folder: Path) -> dict[str, Counter[str]]:
    """How often a tool says what, by world."""
    sys.stderr.write(f"{tool} …\n")
    done = subprocess.run([python, str(Path(__file__).with_name("tools.py")), tool, str(folder)], capture_output=True, text=True, check=True)  # noqa: S603
    said: dict[str, Counter[str]] = defaultdict(Counter)
    for line in done.stdout.splitlines():
        world, word = line.split(" ", 1)
        said[world][word] += 1
    return said


def drawn(folder: Path, tables: int) -> None:
    """The tables of every world, a folder each."""
    for place, world in enumerate(WORLDS):
        (folder / str(place)).mkdir()
        for seed in range(tables):
            table(world, SEED + seed).to_csv(folder / str(place) / f"{seed:04}.csv", index=False)


def told(said: Counter[str]) -> str:
    """`60 undecided, 40 passed`, the most frequent first."""
    return ", ".join(f"{count} {word}" for word, count in said.most_common())


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tables", type=int, default=100)
    parser.add_argument("--bdp-model-gate")
    parser.add_argument("--fairpipe")
    given = parser.parse_args()
    pythons = {"gate": sys.executable, "fairlearn": sys.executable, "bdp-model-gate": given.bdp_model_gate, "fairpipe": given.fairpipe}
    with tempfile.TemporaryDirectory() as name:
        drawn(Path(name), given.tables)
        said = {tool: answers(python, tool, Path(name)) for tool, python in pythons.items() if python}
    lines = [f"| {given.tables} tables each of | harmful would be | {' | '.join(said)} |", "|---" * (len(said) + 2) + "|"]
    for place, world in enumerate(WORLDS):
        lines.append(f"| {world.name} | {world.wrong} | {' | '.join(told(found[str(place)]) for found in said.values())} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
