"""How far a column has moved from a reference: three numbers that people know, without error control.

Population stability index: Σ (q − p) ln(q/p) over bins (Siddiqi 2006), half a row added to each bin. Wasserstein distance: the
area between two distribution functions, in standard deviations of the reference. Chi-square: Pearson's test of two samples.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, wasserstein_distance

__all__ = ["bins", "deciles", "p_value", "psi", "wasserstein"]

Floats = NDArray[np.float64]


def psi(reference: Floats, current: Floats) -> float | None:
    """The index of two rows of counts over the same bins; None where one of them is empty."""
    if not (reference.sum() > 0 and current.sum() > 0):
        return None
    p, q = ((counts + 0.5) / (counts.sum() + 0.5 * len(counts)) for counts in (reference, current))
    return float(np.sum((q - p) * np.log(q / p)))


def p_value(reference: Floats, current: Floats) -> float | None:
    """The p-value of Pearson's test that both rows of counts have one distribution; None where there is nothing to compare."""
    kept = reference + current > 0
    if np.sum(kept) < 2 or not (reference.sum() > 0 and current.sum() > 0):
        return None
    return float(chi2_contingency(np.stack([reference[kept], current[kept]]), correction=False)[1])


def wasserstein(reference: Floats, reference_rows: Floats, current: Floats, current_rows: Floats) -> float | None:
    """The distance of two sets of values with numbers of rows, in standard deviations of the first; None where that has none.

    Args:
        reference: values, shape (n,).
        reference_rows: rows that have them, likewise.
        current: values, shape (m,).
        current_rows: likewise.
    """
    if not len(reference) or not len(current):
        return None
    mean = np.average(reference, weights=reference_rows)
    deviation = float(np.sqrt(np.average((reference - mean) ** 2, weights=reference_rows)))
    if deviation == 0:
        return None
    return float(wasserstein_distance(reference, current, reference_rows, current_rows)) / deviation


def deciles(values: Floats, rows: Floats) -> Floats:
    """The inner edges of ten bins with about as many rows each; fewer where values repeat."""
    order = np.argsort(values)
    share = np.cumsum(rows[order]) / np.sum(rows)
    places = np.searchsorted(share, np.arange(1, 10) / 10)
    return np.unique(values[order][np.minimum(places, len(values) - 1)])


def bins(values: Floats, rows: Floats, edges: Floats) -> Floats:
    """Rows per bin: at or below the first edge, between two, above the last."""
    return np.bincount(np.searchsorted(edges, values, side="left"), weights=rows, minlength=len(edges) + 1).astype(np.float64)
