"""The worlds beyond plain counts, by module: what came out, as the page shows it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import champions
import comparisons
import scores
import weights
from asking import SEED, Result, World, simulate, standard_error

__all__ = ["FAMILIES", "measured", "section_of"]

FAMILIES: Mapping[str, Callable[[], Iterator[World]]] = MappingProxyType(
    {"scores": scores.worlds, "weights": weights.worlds, "champions": champions.worlds, "comparisons": comparisons.worlds}
)
"""Each module's worlds; the seed of a world is its place in its module."""


def measured(module: str, tables: int) -> list[Result]:
    """Every world of one module, over so many trials."""
    return [simulate((place, world, tables)) for place, world in enumerate(FAMILIES[module]())]


def section_of(results: Sequence[Result], tables: int) -> str:
    """The part of the page: the worst world of each family and confidence, then every world."""
    return f"""
## Scores, weights, clusters, champions, declared comparisons, looks

Every world is at the boundary of its rule, so that a pass and a proven violation are both false. The errors promised follow from the
confidence of the policy. {tables:,} trials a world; "within" means at most the promise plus three standard errors. A standard error is
{standard_error(0.05, tables):.4f} at .05, {standard_error(0.01, tables):.4f} at .01 and {standard_error(0.001, tables):.4f} at .001.
Seed: {SEED} + the world's place in its module; one module by itself: `python pipelines/calibration/run.py --only {next(iter(FAMILIES))}`.

| family | promised | worlds | worst false pass | worst false block | within the promise |
|---|---|---|---|---|---|
{chr(10).join(_summary(results))}

**Few heavy rows are not covered by the promise.** The variance of a weighted rate is estimated from the rows that were drawn. Where a few
heavy rows decide, and none of them was drawn or all agree by chance, the estimate sees next to no variance, and the limits are far too
narrow. The sums in a record hold squares of weights but not the largest weight, and no condition on the effective size mends this: it was
tried from 100 to 300. Do not rely on a pass or a violation where a group has fewer than some 30 rows that weigh ten times the others or more.

{chr(10).join(_listing(results))}
"""


def _summary(results: Sequence[Result]) -> Iterator[str]:
    kinds = dict.fromkeys((result.world.family, result.promised) for result in results)
    for family, promised in kinds:
        found = [result for result in results if (result.world.family, result.promised) == (family, promised)]
        worst = f"{max(result.passed for result in found):.4f} | {max(result.blocked for result in found):.4f}"
        yield f"| {family} | {_levels(promised)} | {len(found)} | {worst} | {'yes' if all(result.kept for result in found) else '**no**'} |"


def _listing(results: Sequence[Result]) -> Iterator[str]:
    yield "| family | world | promised | passed | blocked |\n|---|---|---|---|---|"
    for result in results:
        mark = "" if result.kept else " **(more than promised)**"
        yield f"| {result.world.family} | {result.world.what}{mark} | {_levels(result.promised)} | {result.passed:.4f} | {result.blocked:.4f} |"


def _levels(promised: tuple[float, float]) -> str:
    return " / ".join(f"{level:.3g}" for level in promised)
