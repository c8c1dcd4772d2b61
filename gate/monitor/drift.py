"""How far columns and the mix of groups have moved since the reference: reported, and judged only where the policy sets a limit."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from gate.core.monitoring import Monitoring
from gate.metrics.drift import bins, deciles, p_value, psi, wasserstein
from gate.monitor.found import Drift, Remark
from gate.monitor.logs import Logs, Rows

__all__ = ["drifts_of", "remarks_of_drift"]

_MANY = 10
"""A column of numbers with more values than this is cut into deciles; any other is taken value by value."""


def drifts_of(
    logs: Logs, sources: Mapping[date, Rows], columns: Sequence[str], reference: Mapping[str, Mapping[str | None, int]], terms: Monitoring, *, as_of: date
) -> Iterator[Drift]:
    """Every column, on the recent days that are over, against the reference.

    Args:
        logs: what this run read.
        sources: the same, per window.
        columns: what is compared.
        reference: column → value → rows.
        terms: the policy's.
        as_of: the day up to which logs are read.
    """
    over = [starts for starts in sources if starts + timedelta(days=terms.window_days + terms.delay_days) <= as_of]
    if not over:
        return
    recent = [starts for starts in over if starts > max(over) - timedelta(days=terms.recent_days)]
    for column in columns:
        yield replace(_drift(column, reference[column], logs.values(column, recent)), since=min(recent))


def _drift(column: str, reference: Mapping[str | None, int], current: Mapping[str | None, int]) -> Drift:
    rows = sum(current.values())
    one, other = _numbers(reference), _numbers(current)
    if one is None or other is None or len(one[0]) <= _MANY:
        values = sorted({*reference, *current}, key=lambda value: (value is not None, value or ""))
        before, now = (np.array([counts.get(value, 0) for value in values], dtype=np.float64) for counts in (reference, current))
        apart = None if one is None or other is None else wasserstein(*one, *other)
        return Drift(column=column, rows=rows, psi=psi(before, now), p_value=p_value(before, now), wasserstein=apart, numeric=one is not None)
    edges = deciles(*one)
    before, now = (np.append(bins(*known, edges), counts.get(None, 0)) for known, counts in ((one, reference), (other, current)))
    return Drift(column=column, rows=rows, psi=psi(before, now), p_value=p_value(before, now), wasserstein=wasserstein(*one, *other), numeric=True)


def _numbers(counts: Mapping[str | None, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Values and rows of a column of numbers; None where one of its values is none."""
    try:
        known = [(float(value), rows) for value, rows in counts.items() if value is not None]
    except ValueError:
        return None
    if not all(math.isfinite(value) for value, _ in known):
        return None
    both = np.array(known, dtype=np.float64).reshape(-1, 2)
    return both[:, 0], both[:, 1]


def remarks_of_drift(drifts: Sequence[Drift], terms: Monitoring, *, compared: bool, asked: bool) -> Iterator[Remark]:
    """What is beyond a limit, and what could not be compared although there is one, or somebody asked for it.

    Args:
        drifts: what was found.
        terms: the policy's.
        compared: whether there was a reference.
        asked: whether a column was named to look for drift in.
    """
    limits = [limit for limit in (terms.max_psi, terms.max_wasserstein, terms.min_p_value) if limit is not None]
    if not limits:
        if asked and not drifts:
            yield Remark(about="drift", detail="drift was asked for, and the logs hold no window that is over", holds=True)
        return
    if not compared or not drifts:
        yield Remark(about="drift", detail="the policy sets limits of drift, and there is no reference, or no window that is over", holds=True)
    for drift in drifts:
        if drift.rows < terms.min_rows or drift.psi is None:
            yield Remark(about="drift", detail=f"{drift.column}: {drift.rows:,} rows are too few to compare", holds=True)
            continue
        if terms.max_wasserstein is not None and drift.numeric and drift.wasserstein is None:
            yield Remark(
                about="drift", detail=f"{drift.column}: its values are no numbers, are missing, or all alike in the reference: no distance is known", holds=True
            )
        beyond = [*_beyond(drift, terms)]
        if beyond:
            yield Remark(about=f"drift of {drift.column}", detail=", ".join(beyond), alarms=True, since=drift.since)


def _beyond(drift: Drift, terms: Monitoring) -> Iterator[str]:
    if terms.max_psi is not None and drift.psi is not None and drift.psi > terms.max_psi:
        yield f"population stability index {drift.psi:.3f}, {terms.max_psi:g} is allowed"
    if terms.max_wasserstein is not None and drift.wasserstein is not None and drift.wasserstein > terms.max_wasserstein:
        yield f"Wasserstein distance {drift.wasserstein:.3f}, {terms.max_wasserstein:g} is allowed"
    if terms.min_p_value is not None and drift.p_value is not None and drift.p_value < terms.min_p_value:
        yield f"p-value {drift.p_value:.2g} of chi-square, {terms.min_p_value:g} is demanded"
