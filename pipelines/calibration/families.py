"""The worlds beyond plain counts, by module: what came out, as the page shows it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType

import champions
import comparisons
import scores
import strata_and_rankings
import weights
from asking import SEED, Result, World, simulate, standard_error

__all__ = ["FAMILIES", "measured", "section_of"]

FAMILIES: Mapping[str, Callable[[], Iterator[World]]] = MappingProxyType(
    {
        "scores": scores.worlds,
        "weights": weights.worlds,
        "champions": champions.worlds,
        "comparisons": comparisons.worlds,
        "strata-and-rankings": strata_and_rankings.worlds,
    }
)
"""Each module's worlds; the seed of a world is its place in its module."""


def measured(module: str, tables: int) -> list[Result]:
    """Every world of one module, over so many trials."""
    return [simulate((place, world, tables)) for place, world in enumerate(FAMILIES[module]())]


def section_of(results: Sequence[Result], tables: int) -> str:
    """The part of the page: the worst world of each family and confidence, then every world."""
    return f"""
## Scores, weights, clusters, champions, declared comparisons, looks, strata, rankings

Every world is at the boundary of its rule, so that a pass and a proven violation are both false. The errors promised follow from the
confidence of the policy. {tables:,} trials a world; "within" means at most the promise plus three standard errors. A standard error is
{standard_error(0.05, tables):.4f} at .05, {standard_error(0.01, tables):.4f} at .01 and {standard_error(0.001, tables):.4f} at .001.
Seed: {SEED} + the world's place in its module; one module by itself: `python pipelines/calibration/run.py --only {next(iter(FAMILIES))}`.

| family | promised | worlds | worst false pass | worst false block | within the promise |
|---|---|---|---|---|---|
{chr(10).join(_summary(results))}

**Few heavy rows are covered only where gate.yaml declares the largest weight** (`data.max_weight`, `data.max_cluster_rows`). Without it the
variance of a weighted rate is estimated from the rows that were drawn; where a few heavy rows decide, and none was drawn or all agree by
chance, limits are far too narrow: the lines "no promise". Tier high demands the declaration (`evidence.declared_ranges`).

{chr(10).join(_listing(results))}
"""


def _summary(results: Sequence[Result]) -> Iterator[str]:
    kinds = dict.fromkeys((result.world.family, result.promised) for result in results)
    for family, promised in kinds:
        found = [result for result in results if (result.world.family, result.promised) == (family, promised)]
        worst = f"{max(result.passed for result in found):.4f} | {max(result.blocked for result in found):.4f}"
        yield f"| {family} | {_levels(promised)} | {len(found)} | {worst} | {_kept(found)} |"


def _kept(found: Sequence[Result]) -> str:
    if not all(result.world.covered for result in found):
        return "no promise"
    return "yes" if all(result.kept for result in found) else "**no**"


def _listing(results: Sequence[Result]) -> Iterator[str]:
    yield "| family | world | promised | passed | blocked |\n|---|---|---|---|---|"
    for result in results:
        mark = "" if result.kept or not result.world.covered else " **(more than promised)**"
        yield f"| {result.world.family} | {result.world.what}{mark} | {_levels(result.promised)} | {result.passed:.4f} | {result.blocked:.4f} |"


def _levels(promised: tuple[float, float]) -> str:
    return " / ".join(f"{level:.3g}" for level in promised)
