"""What a rule that compares the candidate with another model can mean: its bound, the other model, and the metric."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from gate.core.metric import Form, Metric, Rate
from gate.metrics.paired import COMPARABLE
from gate.policy.problems import Fault

__all__ = ["BOUNDS", "COMPARISON", "BaselineName", "comparison_faults"]

BaselineName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$")]
"""An alias, or a version, of the same registered model."""

BOUNDS = (("max",), ("min",), ("max_drop", "versus"), ("max_increase", "versus"), ("cumulative_max_drop", "anchor"))
"""Every bound that a rule can have, with the key that it needs beside it."""

COMPARISON = ("versus", "max_drop", "max_increase", "anchor", "cumulative_max_drop")
"""The keys of a comparison."""

_NEEDS: Mapping[str, str] = {"max_drop": "versus", "max_increase": "versus", "cumulative_max_drop": "anchor"}

_LOWER_IS_BETTER = frozenset({Rate.FALSE_POSITIVE_RATE, Rate.FALSE_NEGATIVE_RATE, Rate.FALSE_DISCOVERY_RATE, Rate.FALSE_OMISSION_RATE})
_EITHER_WAY = frozenset({Rate.SELECTION_RATE})


def comparison_faults(written: Mapping[str, object], metric: Metric, *, beside: Sequence[str]) -> Iterator[Fault]:
    """What this comparison cannot mean.

    Args:
        written: the values of the keys in `COMPARISON`.
        metric: what is compared.
        beside: other bounds that the rule has.
    """
    given = [key for key in _NEEDS if written[key] is not None]
    if len(given) + len(beside) != 1 or beside:
        found = " and ".join(f"`{key}`" for key in (*beside, *given)) or "no bound"
        message = f"{{at}} compares with another model and has {found}"
        yield Fault(path=(), message=message, next_step="Give exactly one of `max_drop`, `max_increase` and `cumulative_max_drop`, and no `max` or `min`.")
        return
    (key,) = given
    yield from _of_baseline(key, written)
    yield from _of_bound(key, written[key])
    yield from _of_metric(key, metric)


def _of_baseline(key: str, written: Mapping[str, object]) -> Iterator[Fault]:
    """The model that the bound is about is named, and no other; `latest` moves while it is being compared."""
    needed = _NEEDS[key]
    for other in ("versus", "anchor"):
        if other == needed and written[other] is None:
            yield Fault(path=(), message=f"{{at}} has `{key}` without `{other}`", next_step=f"Say which model by `{other}`: an alias, or a version in quotes.")
        elif other != needed and written[other] is not None:
            yield Fault(path=(other,), message=f"{{at}} means nothing beside `{key}`", next_step=f"`{key}` goes with `{needed}`.", at_key=True)
        elif isinstance(name := written[other], str) and name.lower() == "latest":
            yield Fault(path=(other,), message="{at}: `latest` is no fixed version", next_step="Name an alias or a version.")


def _of_bound(key: str, bound: object) -> Iterator[Fault]:
    if isinstance(bound, float) and not 0 <= bound < 1:
        yield Fault(path=(key,), message=f"{{at}} must be at least 0 and less than 1, not {bound:g}", next_step="Rates are shares, not percentages.")


def _of_metric(key: str, metric: Metric) -> Iterator[Fault]:
    """Plain rates only, each in the direction in which it gets worse."""
    if metric.form is not Form.VALUE:
        message = f"{{at}}: `{metric.id}` compares groups; a comparison with another model is about a plain rate"
        yield Fault(path=("metric",), message=message, next_step="Name the rate itself, with scope overall or by_group.")
        return
    (rate,) = metric.rates
    if rate not in COMPARABLE:
        message = f"{{at}}: `{metric.id}` cannot be compared with another model yet"
        yield Fault(path=("metric",), message=message, next_step=f"Name one of: {', '.join(COMPARABLE)}.")
        return
    falls = key != "max_increase"
    if rate not in _EITHER_WAY and falls == (rate in _LOWER_IS_BETTER):
        better, wanted = ("lower", "max_increase") if falls else ("higher", "max_drop")
        message = f"{{at}}: {better} is better for `{metric.id}`, so this would only bound improvements"
        yield Fault(path=(key,), message=message, next_step=f"Use `{wanted}`.", at_key=True)
