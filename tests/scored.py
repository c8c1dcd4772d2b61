"""A scored loan holdout made by hand: rows of race and sex with scores in [0, 1], counted at any threshold, and judged under rules of every kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from types import MappingProxyType
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from gate.core.canonical import canonical, digest
from gate.core.confusion import ConfusionCounts
from gate.core.counts import ContingencyTable, GroupCounts, Statistics, Unassigned, UnassignedKind
from gate.core.decision import Decision
from gate.core.document import Document
from gate.core.facts import Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model import CROSS, DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import Burden, Enforcement, Evidence, Intersections, Policy, Rule, Scope, Threshold
from gate.core.scores import BINS, LABELS, NEGATIVE, POSITIVE, UNIT, UNLABELLED, ScoreCounts
from gate.judge import judge
from gate.policy.config import effective_config
from gate.policy.effective import effective_policy

__all__ = ["MODEL", "POLICY", "Rows", "decided", "rows", "table", "unplanned", "with_groups"]

RACES, SEXES = ("black", "hispanic", "white"), ("female", "male")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """One entry a row: places of the groups, −1 for none; label 0, 1 or −1 for none; and the score."""

    race: NDArray[np.int64]
    sex: NDArray[np.int64]
    label: NDArray[np.int64]
    score: NDArray[np.float64]


@cache
def rows(amount: int = 6000, seed: int = 7) -> Rows:
    """Scores that are lower for black applicants, a few rows without race or label; every score a fraction that a float holds."""
    rng = np.random.default_rng(seed)
    race = rng.choice([-1, 0, 1, 2], amount, p=[0.004, 0.25, 0.02, 0.726])
    sex = rng.choice([0, 1], amount, p=[0.4, 0.6])
    label = np.where(rng.random(amount) < 0.01, -1, (rng.random(amount) < 0.6).astype(int))
    centre = np.where(label == 1, 0.62, 0.41) - np.where(race == 0, 0.09, 0.0)
    return Rows(race=race, sex=sex, label=label, score=np.clip(np.round(rng.normal(centre, 0.16) * 2**16) / 2**16, 0.0, 1.0))


def _rule(name: str, metric: str, bound: Mapping[str, float], scope: Scope = Scope.BETWEEN_GROUPS, **more: object) -> Rule:
    return Rule(id=name, metric=metric, threshold=Threshold(**bound), scope=scope, enforcement=Enforcement.SOFT_MANDATORY, **more)  # type: ignore[arg-type]


RULES = (
    _rule("equal-opportunity", "equal_opportunity_difference", {"max": 0.10}, why="Qualified applicants must be found equally often."),
    _rule("four-fifths", "demographic_parity_ratio", {"min": 0.8}),
    _rule("odds", "equalized_odds_difference", {"max": 0.15}),
    _rule("odds-ratio", "equalized_odds_ratio", {"min": 0.6}, burden_of_proof=Burden.GATE),
    _rule("precise", "predictive_parity_difference", {"max": 0.1}),
    _rule("f1", "f1_score_difference", {"max": 0.2}),
    _rule("balanced", "balanced_accuracy_ratio", {"min": 0.8}),
    _rule("useful", "balanced_accuracy", {"min": 0.6}, Scope.OVERALL),
    _rule("right", "accuracy", {"min": 0.7}, Scope.BY_GROUP, features=("race",)),
    _rule("alarms", "false_positive_rate", {"max": 0.5}, Scope.BY_GROUP, features=("sex",)),
    _rule("naive", "selection_rate_difference", {"max": 0.12}, burden_of_proof=Burden.POINT_ESTIMATE),
    _rule("naive-ratio", "true_positive_rate_ratio", {"min": 0.8}, burden_of_proof=Burden.POINT_ESTIMATE, features=("race",)),
    _rule("missed", "false_omission_rate_difference", {"max": 0.1}, features=("sex",)),
    _rule("auc", "roc_auc_score_difference", {"max": 0.1}, depth=1),
    _rule("epsilon", "differential_fairness", {"max": 0.4}, depth=1),
)
POLICY = Policy(tier="high", rules=RULES, evidence=Evidence(intersections=Intersections(depth=2)))
MODEL = ModelConfig(
    name="loans",
    task=Task.BINARY_CLASSIFICATION,
    data=DataSource(label="repaid", labels=(0, 1)),
    predictions=PredictionColumns(score="score", threshold=0.5),
    sensitive_features=tuple(
        SensitiveFeature(name=feature, column=feature, groups=tuple(DeclaredGroup(name=group, value=group) for group in groups))
        for feature, groups in (("race", RACES), ("sex", SEXES))
    ),
)
_FACTS = Facts(
    candidate=Candidate(name="loans", version="3", digest=f"sha256:{'c' * 64}", inputs=("income",), run_id="5f0c"),
    data=DataFacts(digest=f"sha256:{'d' * 64}", look=2),
    predictions=PredictionFacts(source=PredictionSource.MODEL, sandbox="bubblewrap"),
)


def table(found: Rows, cut: float | Mapping[str, float], by: str = "race") -> ContingencyTable:
    """The counts at one threshold, or at one for every group of `by`, straight from the rows."""
    names = {"race": RACES, "sex": SEXES}
    place = getattr(found, by)
    cuts = np.full(len(place), cut) if isinstance(cut, float) else np.array([0.5 if i < 0 else cut[names[by][i]] for i in place])
    selected = found.score >= cuts
    places = {"race": found.race, "sex": found.sex}
    masks = [(feature, group, places[feature] == i) for feature, groups in names.items() for i, group in enumerate(groups)]
    masks += [(f"race{CROSS}sex", f"{race}{CROSS}{sex}", (found.race == i) & (found.sex == j)) for i, race in enumerate(RACES) for j, sex in enumerate(SEXES)]
    everybody = np.ones(len(place), dtype=bool)
    return ContingencyTable(
        overall=_counts(found, selected, everybody),
        groups=tuple(
            GroupCounts(feature=feature, group=group, counts=_counts(found, selected, mask), statistics=_statistics(found, mask))
            for feature, group, mask in masks
        ),
        unassigned=(Unassigned(feature="race", kind=UnassignedKind.MISSING_VALUE, rows=int(np.sum(found.race < 0))),),
        statistics=_statistics(found, everybody),
    )


def _counts(found: Rows, selected: NDArray[np.bool_], mask: NDArray[np.bool_]) -> ConfusionCounts:
    def number(label: int, *, chosen: bool) -> int:
        return int(np.sum(mask & (found.label == label) & (selected == chosen)))

    return ConfusionCounts(
        tp=number(1, chosen=True), fn=number(1, chosen=False), fp=number(0, chosen=True), tn=number(0, chosen=False),
        unlabelled_selected=number(-1, chosen=True), unlabelled_rejected=number(-1, chosen=False),
    )  # fmt: skip


def _statistics(found: Rows, mask: NDArray[np.bool_]) -> Statistics:
    kinds = {-1: UNLABELLED, 0: NEGATIVE, 1: POSITIVE}
    return Statistics(scores=ScoreCounts.of(_cell(score, kinds[int(label)]) for score, label in zip(found.score[mask], found.label[mask], strict=True)))


def _cell(score: float, kind: int) -> tuple[int, int, int, int]:
    place = min(int(score * BINS), BINS - 1)
    error = 1 - score if kind == POSITIVE else score
    return place * LABELS + kind, 1, round(error * UNIT), round(error * error * UNIT)


def decided(counts: ContingencyTable, policy: Policy = POLICY, model: ModelConfig = MODEL, *, look: int | None = 2) -> Decision:
    """The decision about these counts, as a check reaches it."""
    facts = replace(_FACTS, data=replace(_FACTS.data, look=look))
    written, config = effective_policy(policy), effective_config(model)
    return Decision(
        tier=policy.tier, judgement=judge(policy, model, counts, facts), facts=facts, counts=counts, counts_digest=f"sha256:{'e' * 64}",
        policy=Document(digest=digest(canonical(written)), effective=written), config=Document(digest=digest(canonical(config)), effective=config),
        gate_version="0.1.0",
    )  # fmt: skip


def unplanned(counts: ContingencyTable, policy: Policy = POLICY, model: ModelConfig = MODEL, *, look: int | None = 2) -> Decision:
    """The same without what would settle a finding, which takes most of the time and changes no outcome."""
    with patch("gate.judge.findings.rows_needed", return_value="not asked"), patch("gate.judge.findings.detectable", return_value=None):
        return decided(counts, policy, model, look=look)


def with_groups(amount: int, names: Sequence[str] = ()) -> Decision:
    """A decision about one feature of many groups, each with scores all over [0, 1]; under rules on counts and one on scores."""
    rng = np.random.default_rng(3)
    groups = tuple(names) or tuple(f"area-{place:04}" for place in range(amount))
    feature = SensitiveFeature(name="postcode", column="postcode", groups=tuple(DeclaredGroup(name=group, value=group) for group in groups))
    entries = []
    for group in groups:
        label, score = rng.integers(0, 2, 90), np.round(rng.random(90) * 2**16) / 2**16
        one = Rows(race=label, sex=label, label=label, score=score)
        everybody = np.ones(90, dtype=bool)
        entries.append(GroupCounts(feature="postcode", group=group, counts=_counts(one, score >= 0.5, everybody), statistics=_statistics(one, everybody)))
    total = sum((entry.counts for entry in entries), start=ConfusionCounts())
    scores = ScoreCounts.of(cell for entry in entries if entry.statistics.scores is not None for cell in entry.statistics.scores.entries())
    few = {"naive", "useful", "auc"} if amount > 100 else {rule.id for rule in RULES if rule.features is None} - {"epsilon"}
    chosen = tuple(rule for rule in RULES if rule.id in few)
    policy, model = replace(POLICY, rules=chosen, evidence=Evidence()), replace(MODEL, sensitive_features=(feature,))
    return decided(ContingencyTable(overall=total, groups=tuple(entries), statistics=Statistics(scores=scores)), policy, model)


HOSTILE: Mapping[str, str] = MappingProxyType(
    {
        "script": "</script><script>window.bad = 1</script>",
        "comment": "<!--<script>",
        "image": '<img src=x onerror="window.bad = 1">',
        "svg": '"><svg onload="window.bad = 1">',
        "rtl": "\u202egnp.live\u202c",
        "arabic": "أسود",
        "separator": "a\u2028b\u2029c",
        "long": "A" * 10_000,
        "markup": "<b>" * 3_000,
        "math": "$\\frac{1}{2}$",
        "colour": "#010101 fill: #080808",
        "quote": "'\"&amp;",
    }
)
"""What strangers may call a group."""
