"""How many small mistakes in judge/ and metrics/ the tests notice: `make mutants` writes docs/mutants.md.

mutmut makes the mutants. There are far too many to try all of them, so a seeded sample is drawn, in every module the
same share. A figure is worth something only for a sample that nobody has looked at: with a new seed after every change.
"""

import argparse
import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from mutmut.mutation.file_mutation import mutate_file_contents

from gate.metrics.intervals import clopper_pearson

ROOT = Path(__file__).resolve().parents[2]
COPY = ROOT / "build" / "mutants"
MUTATED = ("judge", "metrics")
SELECTION = (
    *(
        "tests/judge",
        "tests/metrics",
        "tests/properties",
        "tests/monitor/test_watching.py",
        "tests/report/test_golden.py",
        "tests/test_cases.py",
        "tests/test_plan.py",
    ),
    *(f"tests/test_{name}.py" for name in ("declared_ranges", "rankings", "score_rules", "strata", "user_metrics", "weights_and_clusters")),
)
LEFT_OUT = ("-m", "not statistics", "-k", "not bit_for_bit and not same_bytes")
"""Simulations of error rates take minutes and see no detail; that a record replays is not what is asked here."""
OUTCOMES = ("killed", "timeout", "survived", "no test")
NOTICED = ("killed", "timeout")


def generate(copy: Path = COPY) -> dict[str, list[str]]:
    """A copy of the project with every mutant in it, chosen by a variable of the environment; the mutants' names by module."""
    for name in ("gate", "tests", "policies", "docs", "pipelines", ".github"):
        shutil.copytree(ROOT / name, copy / name, dirs_exist_ok=True, ignore=_mutated if name == "gate" else shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "CHANGELOG.md"):
        shutil.copy2(ROOT / name, copy / name)
    found = {}
    for source in sorted(path for room in MUTATED for path in (ROOT / "gate" / room).glob("*.py")):
        target = copy / source.relative_to(ROOT)
        if not target.exists() or target.stat().st_mtime < source.stat().st_mtime:
            target.parent.mkdir(parents=True, exist_ok=True)
            (copy / "trials" / "reached").unlink(missing_ok=True)
            target.write_text(mutate_file_contents(str(source), source.read_text(encoding="utf-8")).code, encoding="utf-8")
        module = ".".join(source.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        names = re.findall(r"^ *def (x\S*__mutmut_\d+)\(", target.read_text(encoding="utf-8"), flags=re.MULTILINE)
        found[module] = [f"{module}.{name}" for name in names]
    return found


def _mutated(folder: str, names: list[str]) -> list[str]:
    """What of gate/ is not copied: what gets its mutants instead."""
    inside = Path(folder).name in MUTATED and Path(folder).parent == ROOT / "gate"
    return [name for name in names if name == "__pycache__" or (inside and name.endswith(".py"))]


def sample(mutants: Mapping[str, Sequence[str]], size: int, seed: int) -> list[str]:
    """About `size` mutants, of every module its share of them, at least one where there is one; in random order."""
    rng = np.random.default_rng(seed)
    total = sum(map(len, mutants.values()))
    drawn = [
        str(name) for names in mutants.values() if names for name in rng.choice(names, min(len(names), max(1, round(size * len(names) / total))), replace=False)
    ]
    return [str(name) for name in rng.permutation(drawn)]


def tried(mutants: Sequence[str], folder: Path, workers: int, *, copy: Path = COPY, words: Sequence[str] = (*LEFT_OUT, *SELECTION)) -> dict[str, str]:
    """What became of each mutant. What `folder` holds of an earlier run with the same sample stands.

    Args:
        mutants: their names.
        folder: where questions and answers are kept.
        workers: how many mutants are tried side by side.
        copy: the copy of the project that has the mutants in it.
        words: what pytest is told about which tests to take.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = dict(_answers(folder))
    left = [mutant for mutant in mutants if mutant not in known]
    if left:
        _pytest(folder, left, workers, copy, words)
    return {mutant: found for mutant, found in _answers(folder) if mutant in set(mutants)}


def _pytest(folder: Path, mutants: Sequence[str], workers: int, copy: Path, words: Sequence[str]) -> None:
    """One pytest process, which imports and collects once, and forks for every mutant."""
    asked, scratch = folder / "asked.json", folder / "tmp"
    scratch.mkdir(exist_ok=True)
    asked.write_text(json.dumps(list(mutants)), encoding="utf-8")
    surroundings = {
        **os.environ,
        "MUTANTS_ASKED": str(asked),
        "MUTANTS_ANSWERED": str(folder / "answered.jsonl"),
        "MUTANTS_WORKERS": str(workers),
        "MUTANTS_REACHED": str(folder.parent / "reached"),
        "MUTANT_UNDER_TEST": "",
        "PYTHONPATH": str(Path(__file__).parent),
        "TMPDIR": str(scratch),
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "trials", "-p", "no:cacheprovider", "--tb=no", *words]
    with (folder / "log.txt").open("w", encoding="utf-8") as log:
        ended = subprocess.run(command, cwd=copy, env=surroundings, stdout=log, stderr=log, check=False)  # noqa: S603
    shutil.rmtree(scratch)
    if ended.returncode:
        raise SystemExit(f"pytest ended with {ended.returncode}; see {log.name}")


def _answers(folder: Path) -> Iterator[tuple[str, str]]:
    answered = folder / "answered.jsonl"
    for line in map(json.loads, answered.read_text(encoding="utf-8").splitlines() if answered.exists() else ()):
        if "mutant" in line:
            yield line["mutant"], line["outcome"]


def change(mutant: str, copy: Path = COPY) -> str:
    """What a mutant changes: the lines before and after."""
    module, _, name = mutant.rpartition(".")
    path = copy.joinpath(*module.split("."))
    text = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text(encoding="utf-8")
    before, after = (_body(text, wanted) for wanted in (f"{name.rpartition('__mutmut_')[0]}__mutmut_orig", name))
    lines = [line for line in difflib.unified_diff(before, after, n=0, lineterm="") if not line.startswith(("---", "+++", "@@"))]
    return " ".join(" ".join(line.split()) for line in lines)


def _body(text: str, name: str) -> list[str]:
    """The lines of one generated function, without its first."""
    found = re.search(rf"^( *)def {re.escape(name)}\(.*?(?=^\1\S|\Z)", text, flags=re.MULTILINE | re.DOTALL)
    if found is None:
        raise ValueError(name)
    return found.group().split("\n", 1)[1].splitlines()


def page(mutants: Mapping[str, Sequence[str]], found: Mapping[str, str], seed: int) -> str:
    """The page for docs/: counts, and every mutant of the sample that nothing noticed."""
    rows = list(_rows(mutants, found))
    unnoticed = sorted(mutant for mutant, outcome in found.items() if outcome not in NOTICED)
    return f"""# Mutants

How many small mistakes in `gate/judge/` and `gate/metrics/` the tests notice. `make mutants` makes mutants with mutmut, each a function with
one operator, number, argument or text changed, and tries a random sample of them, in every module the same share (seed {seed}).

{_summary(sum(map(len, mutants.values())), found)}

## By module

| module | mutants | sampled | {" | ".join(OUTCOMES)} |
|---|---|---|{"---|" * len(OUTCOMES)}
{chr(10).join(rows)}

## What was not noticed

| mutant | change |
|---|---|
{chr(10).join(f"| `{mutant.removeprefix('gate.')}` | {_code(change(mutant))} |" for mutant in unnoticed)}
"""


def _code(text: str) -> str:
    return f"`` {text.replace('|', chr(92) + '|')} ``"


def _summary(total: int, found: Mapping[str, str]) -> str:
    noticed = sum(outcome in NOTICED for outcome in found.values())
    limits = clopper_pearson(np.array([noticed]), np.array([len(found)]), level=0.025)
    counted = ", ".join(f"{sum(outcome == kind for outcome in found.values())} {kind}" for kind in OUTCOMES)
    share = f"**{noticed / len(found):.1%}** noticed (95 % interval {limits.lower[0]:.1%} to {limits.upper[0]:.1%})"
    return f"{total:,} mutants in all, {len(found):,} sampled: {counted}. {share}."


def _rows(mutants: Mapping[str, Sequence[str]], found: Mapping[str, str]) -> Iterator[str]:
    for module, names in mutants.items():
        outcomes = [found[name] for name in names if name in found]
        if outcomes:
            yield f"| `{module.removeprefix('gate.')}` | {len(names)} | {len(outcomes)} | {' | '.join(str(outcomes.count(kind)) for kind in OUTCOMES)} |"


def main(words: Iterable[str] | None = None) -> None:
    """Make mutants, try a sample of them and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, required=True, help="of the sample: a new one for every figure")
    parser.add_argument("--size", type=int, default=600, help="how many mutants to try")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="", help="only mutants whose name has this in it")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "mutants.md")
    options = parser.parse_args(None if words is None else list(words))
    mutants = {module: [name for name in names if options.only in name] for module, names in generate().items()}
    drawn = sample(mutants, options.size, options.seed)
    print(f"{sum(map(len, mutants.values())):,} mutants, {len(drawn)} of them are tried", flush=True)
    found = tried(drawn, COPY / "trials" / f"{options.seed}-{options.size}-{options.only}", options.workers)
    options.output.write_text(page(mutants, found, options.seed), encoding="utf-8")
    print(_summary(sum(map(len, mutants.values())), found))


if __name__ == "__main__":
    main()
