"""The behavioural audit through proxies: every row is answered with the proxies that it would have as one of every group.

A proxy is an input that is shown to reveal the group (`gate.explain.proxies`). A number keeps its place: a line through
the inputs that are no proxies, fitted in every group, says what is usual there, and what is left over is exchanged for
what is left over at the same rank in the other group (quantiles in place of the transport of FlipTest, Black et al. 2020).
A category is kept as often as both groups have it in common, and is else drawn from what the other group has more of,
which changes as few as can be. Either way the value is one that a row of the other group really has.

Exchanged is what is shown to differ between groups, by itself or at the same values of what is not exchanged: an input
that tells the group only beside another one stays, so that the other one is exchanged given it.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gate.core.explanation import FlipAudit, Proxy, ProxyFlips
from gate.explain.box import Box, Grouping
from gate.explain.encoding import Encoded
from gate.explain.flips import audited, no_row_of
from gate.explain.proxies import FEWEST

__all__ = ["proxy_audit"]

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

_FEW_VALUES = 10
"""A number with no more values than that is a category."""
_RIDGE = 1e-6
_ERROR = 0.05
_TELLS_NOTHING = 0.55
"""Inputs whose area is proven to be no larger than this are taken to tell nothing of a group."""
_SURE = NormalDist().inv_cdf(1 - _ERROR)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Exchange:
    """What gives a row the proxies of another group."""

    box: Box
    grouping: Grouping
    inputs: Encoded
    proxies: tuple[str, ...]
    random: np.random.Generator

    def rows(self, chosen: Places, place: int) -> pa.Table:
        """Some rows of the box with the proxies, and the value, that they would have as one of a group."""
        table = self.box.inputs.take(pa.array(chosen))
        members = np.flatnonzero(self.grouping.of(place))
        if self.grouping.column in self.box.columns:
            table = self.box.with_column(table, self.grouping.column, self.random.choice(members, size=len(chosen)))
        for proxy in self.proxies:
            table = self.box.with_column(table, proxy, self._sources(chosen, place, proxy))
        return table

    def _sources(self, chosen: Places, place: int, proxy: str) -> Places:
        """Per row, the row whose value of a proxy it gets; itself where its own group is not known."""
        sources, members = chosen.copy(), np.flatnonzero(self.grouping.of(place))
        column = self.inputs.matrix[:, self.inputs.names.index(proxy)]
        number = self.inputs.categories[self.inputs.names.index(proxy)] is None and len(np.unique(column)) > _FEW_VALUES
        usual = self._usual(column) if number else None
        for own in range(len(self.grouping.groups)):
            here = self.grouping.codes[chosen] == own
            if own == place or not here.any():
                continue
            home = np.flatnonzero(self.grouping.of(own))
            if usual is None:
                sources[here] = _as_often(column, chosen[here], home, members, self.random)
            else:
                sources[here] = _at_the_same_rank(column, usual[own], usual[place], chosen[here], home, members, self.random)
        return sources

    def _usual(self, column: Floats) -> list[Floats]:
        """(groups, n) what the line of every group says of a number, at the inputs that are no proxies."""
        known = _spread(self.inputs.only([name for name in self.inputs.names if name not in (*self.proxies, self.grouping.column)]))
        return [_line(known, column, self.grouping.of(place)) for place in range(len(self.grouping.groups))]


def _line(known: Floats, column: Floats, inside: NDArray[np.bool_]) -> Floats:
    """(n,) what a line says of a number, fitted on some rows."""
    inside = inside & ~np.isnan(column)
    gram = known[inside].T @ known[inside] + _RIDGE * max(int(inside.sum()), 1) * np.eye(known.shape[1])
    return np.asarray(known @ np.linalg.solve(gram, known[inside].T @ column[inside]))


def _spread(rest: Encoded) -> Floats:
    """(n, k) for a line: ones; numbers centred and scaled with what is missing in the middle; a category as one column per value but the first."""
    made: list[Floats] = [np.ones(len(rest.matrix))]
    for column, words in zip(rest.matrix.T, rest.categories, strict=True):
        if words is not None:
            made += [(column == value).astype(float) for value in range(1, len(words))]
        elif np.isfinite(column).any() and np.nanstd(column) > 0:
            made.append(np.nan_to_num((column - np.nanmean(column)) / np.nanstd(column)))
    return np.column_stack(made)


def _exchanged(grouping: Grouping, inputs: Encoded, carriers: tuple[str, ...]) -> Iterator[str]:
    """Of the inputs that reveal it, those that differ between groups by themselves, then those that do given all that is not exchanged."""
    by_themselves = [name for name in carriers if _differs(grouping, inputs, name, given=(), among=len(carriers))]
    yield from by_themselves
    rest = [name for name in inputs.names if name not in (*by_themselves, grouping.column)]
    for name in carriers:
        others = tuple(other for other in rest if other != name)
        if name in rest and _differs(grouping, inputs, name, given=others, among=len(carriers)):
            rest.remove(name)
            yield name


def _differs(grouping: Grouping, inputs: Encoded, name: str, *, given: tuple[str, ...], among: int) -> bool:
    """Whether an input, or what a line leaves over of it, is otherwise in one group than in all others: Kolmogorov and Smirnov, or χ² of categories."""
    from scipy.stats import chi2_contingency, ks_2samp  # noqa: PLC0415 -- only an explanation needs it

    place = inputs.names.index(name)
    column, known = inputs.matrix[:, place], grouping.codes >= 0
    if inputs.categories[place] is None:
        column = column - _line(_spread(inputs.only(given)), column, known) if given else column
    least, values = 1.0, np.nan_to_num(column, nan=float(np.nanmin(column, initial=0.0)) - 1)
    for group in range(len(grouping.groups)):
        inside = grouping.of(group)
        here, there = values[inside], values[known & ~inside]
        if inputs.categories[place] is None:
            p_value = ks_2samp(here, there, method="asymp").pvalue
        else:
            found = np.unique(values[known])
            p_value = chi2_contingency([[np.sum(side == value) for value in found] for side in (here, there)]).pvalue if len(found) > 1 else 1.0
        least = min(least, float(p_value))
    return least * len(grouping.groups) * among <= _ERROR


def _at_the_same_rank(column: Floats, own: Floats, other: Floats, rows: Places, home: Places, members: Places, random: np.random.Generator) -> Places:
    """Per row, the member whose value is nearest to: what is usual there, and what is left over at the same rank. What is missing stays as often missing."""
    present, there = home[~np.isnan(column[home])], members[~np.isnan(column[members])]
    found = _as_often(np.isnan(column).astype(float), rows, home, members, random)
    moved = ~np.isnan(column[rows]) & ~np.isnan(column[found])
    if not len(present) or not len(there) or not moved.any():
        return found
    left, others = np.sort(column[present] - own[present]), np.sort(column[there] - other[there])
    rank = (np.searchsorted(left, (column - own)[rows[moved]], side="left") + 0.5) / len(left)
    wanted = other[rows[moved]] + np.quantile(others, np.clip(rank, 0, 1))
    ordered = there[np.argsort(column[there], kind="stable")]
    at = np.clip(np.searchsorted(column[ordered], wanted), 1, max(len(ordered) - 1, 1))
    low, high = ordered[at - 1], ordered[np.minimum(at, len(ordered) - 1)]
    found[moved] = np.where(np.abs(column[low] - wanted) <= np.abs(column[high] - wanted), low, high)
    return found


def _as_often(column: Floats, rows: Places, home: Places, members: Places, random: np.random.Generator) -> Places:
    """Per row, itself or a member, so that every category is as frequent as among the members and as few rows as can be change."""
    values = np.nan_to_num(column, nan=-1).astype(np.float64)
    found, place = np.unique(values, return_inverse=True)
    usual, wanted = (np.bincount(place[group], minlength=len(found)) / len(group) for group in (home, members))
    kept = random.random(len(rows)) < np.divide(wanted, usual, out=np.ones(len(found)), where=usual > 0)[place[rows]]
    more = np.maximum(wanted - usual, 0)
    chance = more[place[members]] / np.maximum(np.bincount(place[members], minlength=len(found))[place[members]], 1)
    sources = rows.copy()
    if not kept.all() and chance.sum() > 0:
        sources[~kept] = random.choice(members, size=int((~kept).sum()), p=chance / chance.sum())
    return sources


def _unproven(proxy: Proxy) -> str:
    """Why it cannot be said that no input tells it, where none is shown to: with few rows hardly any ever is."""
    areas = [(entry.group, entry.inputs) for entry in proxy.groups]
    open_ = [group for group, area in areas if area is None or max(area.value, 0.5) + _SURE * math.sqrt(area.variance) > _TELLS_NOTHING]
    return f"the rows are too few to show that no input tells {', '.join(open_)} from all others" if open_ or not areas else ""


def proxy_audit(box: Box, grouping: Grouping, inputs: Encoded, proxy: Proxy, *, random: np.random.Generator) -> ProxyFlips:
    """Whether answers change with what the inputs tell of a sensitive feature.

    Raises:
        OutOfTimeError: the budget was used up first.
        MisbehavedError: in a process of its own the candidate answers otherwise than when it was judged.
    """
    carriers = tuple(entry.feature for entry in proxy.carriers)
    few = [name for place, name in enumerate(grouping.groups) if grouping.of(place).sum() < FEWEST]
    if few:
        return ProxyFlips(feature=grouping.name, proxies=(), reason=no_row_of(grouping) or f"fewer than {FEWEST} rows of {', '.join(few)}")
    proxies = tuple(_exchanged(grouping, inputs, carriers))
    if not proxies:
        together = f"{', '.join(carriers)} tell it only together, which is not exchanged here" if carriers else ""
        return ProxyFlips(feature=grouping.name, proxies=(), reason="; ".join(filter(None, (proxy.reason, together, _unproven(proxy)))))
    exchange = _Exchange(box=box, grouping=grouping, inputs=inputs, proxies=proxies, random=random)
    found: FlipAudit = audited(box, grouping, exchange.rows, random=random, is_input=proxy.is_input)
    return ProxyFlips(feature=grouping.name, proxies=proxies, any=found.any, pairs=found.pairs, groups=found.groups, reason=proxy.reason)
