"""What the threshold explorer of the report works with: histograms of scores and the questions of the rules, as JSON.

Counts only, and of coarser bins than the record's where the page would become too large: an offered threshold is
always the edge of a bin, so that what the page counts at it is exact. The page decides nothing: what a rule needs is
taken from the judgement (`gate.judge`), and a rule that the page cannot compute says why.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

import numpy as np

from gate.core.counts import GroupCounts, Statistics
from gate.core.decision import Decision, Finding, Levels, Outcome
from gate.core.document import Json
from gate.core.metric import Form, Metric, Rate
from gate.core.model import CROSS, WITHIN, DeclaredGroup, ExcludedGroup, Intersection, SensitiveFeature
from gate.core.policy import Burden, MinGroup, Threshold
from gate.core.scores import BINS, LABELS
from gate.judge.asked import Asked, asked
from gate.judge.questions import Question
from gate.metrics.catalogue import by_name
from gate.metrics.comparisons import ALL_PAIRS, Pairing
from gate.metrics.kinds import SCORE_RATES
from gate.metrics.rates import Cells
from gate.report import figures
from gate.report.phrases import name

__all__ = ["COMPUTED", "Explorer", "embedded", "explorer", "minimum", "threshold", "withheld"]

COMPUTED = frozenset(
    {
        Rate.SELECTION_RATE, Rate.REJECTION_RATE, Rate.ACCURACY, Rate.BALANCED_ACCURACY, Rate.PRECISION, Rate.FALSE_DISCOVERY_RATE, Rate.FALSE_OMISSION_RATE,
        Rate.TRUE_POSITIVE_RATE, Rate.FALSE_NEGATIVE_RATE, Rate.FALSE_POSITIVE_RATE, Rate.TRUE_NEGATIVE_RATE, Rate.F1_SCORE,
    }
)  # fmt: skip
"""The rates that the page computes: those of confusion counts whose limits are exact."""
_FINEST = (1024, 512, 256, 128, 64)
"""Thresholds that may be offered, each a divisor of the record's bins."""
_ROOM = 400_000
"""Characters that the histograms may take."""
_QUESTIONS = 150_000
"""Characters that the questions may take: those of 200 rules, or of few rules on 1,000 groups."""

_Text: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """What the page embeds, or the reason why it offers no explorer.

    Args:
        document: JSON that may stand inside a script element; empty where there is none.
        reason: why there is none.
        notes: what the reader has to know of it.
    """

    document: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()


def withheld(decision: Decision) -> str:
    """Why no histogram of scores may be shown; empty where it may."""
    privacy = _mapping(decision.policy.effective).get("privacy")
    if isinstance(privacy, Mapping) and privacy.get("min_cell"):
        return "The policy keeps small cells apart (privacy.min_cell), and a histogram of scores is made of them."
    return ""


def explorer(decision: Decision) -> Explorer:
    """What the page needs to answer what another threshold would come to."""
    reason = withheld(decision) or _unfit(decision)
    if reason:
        return Explorer(reason=reason)
    features, bins, omitted = _fitting(decision)
    places = {str(feature["key"]): place for place, feature in enumerate(features)}
    asked_of = [finding for finding in decision.judgement.findings if finding.metric is not None and finding.outcome is not Outcome.NOT_APPLICABLE]
    rules = _within((_rule(decision, finding, places) for finding in asked_of), _QUESTIONS)
    cut = threshold(decision)
    start = min(max(round(cut * bins), 0), bins - 1)
    document = {
        "bins": bins,
        "start": start,
        "whole": _coarse(decision.counts.statistics, bins),
        "features": [_feature(decision, feature, features) for feature in features],
        "rules": rules,
    }
    return Explorer(document=embedded(document), notes=tuple(_notes(cut, start / bins, bins, omitted, len(asked_of) - len(rules))))


def embedded(document: object) -> str:
    """JSON that ends no script element and starts no comment in it, and holds no line separator that old parsers trip over."""
    signs: dict[str, str | int | None] = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
    return json.dumps(document, ensure_ascii=True, separators=(",", ":"), allow_nan=False).translate(str.maketrans(signs))


def _within(entries: Iterable[_Text], room: int) -> list[_Text]:
    """As many entries as fit, from the first."""
    kept: list[_Text] = []
    for entry in entries:
        room -= len(json.dumps(entry))
        if room < 0:
            break
        kept.append(entry)
    return kept


def _unfit(decision: Decision) -> str:
    table = decision.counts
    if table.statistics.scores is None or any(entry.statistics.scores is None for entry in table.groups):
        return "The record holds no scores: they are counted only where the model gives scores and a rule of the policy is about them."
    if table.statistics.sums is not None:
        return "Rows are weighted or clustered, which a histogram of rows does not show."
    return ""


def _notes(cut: float, start: float, bins: int, omitted: Sequence[str], more: int) -> Iterator[str]:
    yield f"Thresholds in steps of 1/{bins}; a row is selected when its score is at or above the threshold."
    if cut != start:
        yield f"The model was judged at {cut:.6g}, which is no such step: the explorer starts at {start:.6g}, so that its numbers differ from the verdict's."
    if omitted:
        yield f"Left out, as the page would become too large: {', '.join(omitted[:10])}{f' and {len(omitted) - 10} more' if len(omitted) > 10 else ''}."
    if more > 0:
        yield f"{figures.count(more)} more questions of the policy are left out here."


def threshold(decision: Decision) -> float:
    """The threshold at which the model was judged."""
    written = _mapping(_mapping(decision.config.effective).get("predictions")).get("threshold")
    return float(written) if isinstance(written, int | float) else 0.5


def _mapping(value: Json) -> Mapping[str, Json]:
    return value if isinstance(value, Mapping) else {}


# ----------------------------------------------------------------------------------------------------- histograms


def _fitting(decision: Decision) -> tuple[list[_Text], int, list[str]]:
    """The features whose histograms fit, plain ones first, the bins of them, and the names of those left out."""
    names = sorted(dict.fromkeys(entry.feature for entry in decision.counts.groups), key=lambda feature: feature.count(CROSS))
    found, sizes = list[_Text](), list[int]()
    for bins in _FINEST:
        found = [_histograms(decision, feature, bins) for feature in names]
        sizes = [len(json.dumps(feature["groups"])) for feature in found]
        if sum(sizes) <= _ROOM:
            return found, bins, []
    kept = [feature for feature, total in zip(found, np.cumsum(sizes), strict=True) if total <= _ROOM]
    return kept, bins, [name(feature) for feature in names[len(kept) :]]


def _histograms(decision: Decision, feature: str, bins: int) -> _Text:
    groups = [{"name": name(entry.group), "rows": _coarse(entry.statistics, bins)} for entry in decision.counts.of(feature)]
    return {"key": feature, "name": name(feature), "groups": groups, "raw": [entry.group for entry in decision.counts.of(feature)]}


def _coarse(statistics: Statistics, bins: int) -> list[list[int]]:
    """Per label (none, negative, positive): gap to the bin before, rows in it, and so on."""
    grid = np.zeros(BINS * LABELS, dtype=np.int64)
    if statistics.scores is not None:
        grid[list(statistics.scores.cells)] = statistics.scores.rows
    summed = grid.reshape(bins, BINS // bins, LABELS).sum(axis=1)
    return [_gaps(summed[:, label]) for label in range(LABELS)]


def _gaps(rows: np.ndarray) -> list[int]:
    filled = np.flatnonzero(rows)
    return [int(number) for gap, place in zip(np.diff(filled, prepend=0), filled, strict=True) for number in (gap, rows[place])]


def _feature(decision: Decision, feature: _Text, features: Sequence[_Text]) -> _Text:
    """A feature with what its groups are made of: `parts` are places of plain features, `of` the places of their groups."""
    names, stratum = _parts(decision, str(feature["key"]))
    plain = {str(other["key"]): (place, cast("list[str]", other["raw"])) for place, other in enumerate(features)}
    crossed = (len(names) > 1 or stratum is not None) and all(part in plain for part in names)
    parts = [plain[part][0] for part in names] if crossed else []
    groups = cast("list[_Text]", feature["groups"])
    if crossed:
        of = [[plain[part][1].index(group) for part, group in zip(names, _parts(decision, raw)[0], strict=True)] for raw in cast("list[str]", feature["raw"])]
        groups = [{**group, "of": places} for group, places in zip(groups, of, strict=True)]
    return {"name": feature["name"], "parts": parts, "groups": groups}


# ---------------------------------------------------------------------------------------------------------- rules


def _rule(decision: Decision, finding: Finding, places: Mapping[str, int]) -> _Text:
    """One question: what the page needs to answer it anew, or why it cannot."""
    shown: _Text = {
        "rule": name(finding.rule),
        "where": "all rows" if finding.feature is None else name(finding.feature),
        "limit": figures.threshold(finding.threshold),
        "feature": None if finding.feature is None else places.get(finding.feature),
    }
    metric = by_name(finding.metric or "")
    kind, said = _kind(finding, metric, places)
    if kind == "fixed":
        return {**shown, "kind": kind, "say": said, "outcome": finding.outcome.value}
    if kind == "none" or metric is None:
        return {**shown, "kind": "none", "say": said}
    found = _entries(decision, finding, metric)
    if found is None:
        return {**shown, "kind": "none", "say": "not computed here: the declaration of its groups cannot be told from the record"}
    return {**shown, "kind": "computed", **_question(decision, finding, metric, found)}


def _kind(finding: Finding, metric: Metric | None, places: Mapping[str, int]) -> tuple[str, str]:
    """Whether the page computes it, and what it says where it does not."""
    if metric is not None and finding.versus is None and SCORE_RATES.issuperset(metric.rates):
        return "fixed", "rests on the scores, whatever the threshold"
    unjudged = finding.threshold is None or (finding.levels is None and finding.burden_of_proof is not Burden.POINT_ESTIMATE)
    reasons = {
        "compares with another model row by row, which histograms cannot": finding.versus is not None,
        "its limits are not computed in the page": metric is None or metric.logarithmic or not COMPUTED.issuperset(metric.rates),
        "its groups are left out of the page": finding.feature is not None and finding.feature not in places,
        "the record names no bound or no error level for it": unjudged,
    }
    said = next((reason for reason, holds in reasons.items() if holds), "")
    return ("none", said) if said else ("computed", "")


def _question(decision: Decision, finding: Finding, metric: Metric, found: Asked) -> _Text:
    threshold = finding.threshold or Threshold()
    cells = Cells.of([entry.counts for entry in found.entries]) if finding.feature is not None else Cells.of([decision.counts.overall])
    groups = tuple(entry.group for entry in found.entries) if finding.feature is not None else ("",)
    levels = finding.levels or Levels(passing=0.05, failing=0.01)
    question = Question(metric=metric, threshold=threshold, groups=groups, cells=cells, min_group=minimum(decision), levels=levels, comparison=found.comparison)
    enough = np.logical_and.reduce([getattr(cells, unit) >= question.needed(unit) for unit in sorted(question.units)])
    crossed = finding.feature is not None and CROSS in finding.feature
    small = _mapping(_mapping(decision.policy.effective).get("evidence")).get("small_intersections")
    everyone = ("",) if finding.feature is None else tuple(entry.group for entry in decision.counts.of(finding.feature))
    return {
        "form": metric.form.value,
        "rates": [rate.value for rate in metric.rates],
        "bound": {"max": threshold.max} if threshold.max is not None else {"min": threshold.min},
        "levels": [levels.passing, levels.failing],
        "naive": finding.burden_of_proof is Burden.POINT_ESTIMATE,
        "lenient": crossed and small != "block",
        "groups": None if groups == everyone else [everyone.index(group) for group in groups],
        "enough": "".join(str(int(is_enough)) for is_enough in enough),
        "pairings": [[_sides(pairing) for pairing in question.pairings(rate)] for rate in metric.rates] if metric.form in (Form.DIFFERENCE, Form.RATIO) else [],
    }


def _sides(pairing: Pairing) -> list[list[int] | None]:
    """Places of the first and of the second groups; None for all of them."""
    return [None if np.all(side) else [int(place) for place in np.flatnonzero(side)] for side in (pairing.first, pairing.second)]


def minimum(decision: Decision) -> MinGroup:
    """The policy's least group, as the record has it."""
    written = _mapping(_mapping(_mapping(decision.policy.effective).get("evidence")).get("min_group"))
    default = MinGroup()
    numbers = {key: value for key in ("rows", "positives", "negatives") if isinstance(value := written.get(key, getattr(default, key)), int)}
    return MinGroup(**numbers)


# ---------------------------------------------------------------------------------------------------- declaration


def _entries(decision: Decision, finding: Finding, metric: Metric) -> Asked | None:
    """The groups that a rule is asked of and how it compares them; None where the record does not say so."""
    if finding.feature is None:
        return Asked(entries=(), comparison=ALL_PAIRS, claims=1)
    names, control = _parts(decision, finding.feature)
    counted = tuple(entry.group for entry in decision.counts.of(finding.feature))
    features = [_declared(decision, part) for part in names]
    known = tuple(feature for feature in features if feature is not None)
    crossing = Intersection(features=known, within=None if control is None else _strata(decision, control, counted))
    if len(known) < len(features) or crossing.groups != counted:
        return None
    return asked(metric, crossing, decision.counts)


def _parts(decision: Decision, joined: str) -> tuple[list[str], str | None]:
    """The features, or the groups, of an intersection, and the control feature, or stratum, that they are looked at within; None without one."""
    controlled = bool(_mapping(decision.config.effective).get("control_features"))  # then no other name holds the word that joins them
    combined, joint, control = joined.partition(WITHIN) if controlled else (joined, "", "")
    return combined.split(CROSS), control if joint else None


def _strata(decision: Decision, control: str, groups: Iterable[str]) -> SensitiveFeature:
    """The control feature with its strata in the order of the counts."""
    names = dict.fromkeys(stratum for _, stratum in (_parts(decision, group) for group in groups) if stratum is not None)
    return SensitiveFeature(name=control, column="", groups=tuple(DeclaredGroup(name=stratum) for stratum in names))


def _declared(decision: Decision, feature: str) -> SensitiveFeature | None:
    """A feature with the roles that the configuration gives its groups; None where a role names no group that was counted."""
    written = _mapping(decision.config.effective).get("sensitive_features")
    entries = [entry for entry in written if isinstance(entry, Mapping) and entry.get("name") == feature] if isinstance(written, list | tuple) else []
    groups: tuple[GroupCounts, ...] = decision.counts.of(feature)
    if len(entries) != 1 or not groups:
        return None
    entry = entries[0]
    excluded = [str(_mapping(out).get("group")) for out in _items(entry.get("exclude"))]
    named = {key: None if entry.get(key) is None else str(entry[key]) for key in ("reference", "other")}
    protected = tuple(str(group) for group in _items(entry.get("protected")))
    roles = {*excluded, *protected, *(group for group in named.values() if group is not None)}
    if not roles <= {group.group for group in groups}:
        return None
    return SensitiveFeature(
        name=feature,
        column="",
        groups=tuple(DeclaredGroup(name=group.group) for group in groups),
        reference=named["reference"],
        protected=protected,
        other=named["other"],
        exclude=tuple(ExcludedGroup(group=group, why="", max_share=0.0) for group in excluded),
    )


def _items(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []
