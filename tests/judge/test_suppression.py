"""What is published of a decision leaves nobody the cells that are not: to an attacker who subtracts, and to one who compares."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy.optimize import linprog

from gate.core.canonical import digest
from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Statistics, Unassigned, UnassignedKind
from gate.core.decision import Decision
from gate.core.document import Document
from gate.core.facts import AttributesFacts, Candidate, DataFacts, ExpectationResult, ExpectationsFacts, Facts, PredictionFacts, PredictionSource, UserMetric
from gate.core.model import CROSS, WITHIN, DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import Burden, Enforcement, Evidence, Intersections, Policy, Rule, Scope, Threshold
from gate.core.sums import CellSums
from gate.judge import judge
from gate.judge.suppression import published
from gate.record.counts_file import write_counts
from gate.record.decision import decision_bytes
from gate.report import badge, card_json, html, junit, markdown, page, sarif, text

LEAST = 10
CELLS = ("tp", "fp", "tn", "fn")
Rows = Mapping[tuple[int, ...], Sequence[int]]
"""By the group of each feature (the last one of each is: in none), the cells in the order of `CELLS`."""
FACTS = Facts(
    candidate=Candidate(name="m", version=None, digest="sha256:0"),
    data=DataFacts(digest="sha256:0"),
    predictions=PredictionFacts(source=PredictionSource.FILE),
)
RULES = (("demographic_parity_difference", Scope.BETWEEN_GROUPS), ("true_positive_rate", Scope.BY_GROUP), ("accuracy", Scope.OVERALL))


@pytest.fixture(autouse=True)
def _no_planning(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would settle a finding is simulated, which takes time and is left out of what is hidden anyway."""
    monkeypatch.setattr("gate.judge.findings.rows_needed", lambda *_: "not asked here")
    monkeypatch.setattr("gate.judge.findings.detectable", lambda *_: None)


def _model(groups: Sequence[int]) -> ModelConfig:
    features = tuple(
        SensitiveFeature(name=f"f{place}", column=f"f{place}", groups=tuple(DeclaredGroup(name=f"{place}-{i}", value=i) for i in range(amount)))
        for place, amount in enumerate(groups)
    )
    return ModelConfig(name="m", task=Task.BINARY_CLASSIFICATION, data=DataSource(label="y"), predictions=PredictionColumns(), sensitive_features=features)


def _policy(depth: int) -> Policy:
    rules = tuple(
        Rule(
            id=metric,
            metric=metric,
            threshold=Threshold(max=0.4) if scope is Scope.BETWEEN_GROUPS else Threshold(min=0.2),
            scope=scope,
            enforcement=Enforcement.SOFT_MANDATORY,
        )
        for metric, scope in RULES
    )
    return Policy(tier="t", evidence=Evidence(burden_of_proof=Burden.GATE, intersections=Intersections(depth=depth)), rules=rules)


def _decided(rows: Rows, groups: Sequence[int], depth: int = 2) -> Decision:
    """The decision about a full crossing of features; the last place of each is that of rows without a value."""
    names = [feature.name for feature in _model(groups).sensitive_features]
    chosen = [places for size in range(1, depth + 1) for places in _subsets(len(groups), size)]
    entries = [
        GroupCounts(
            feature=CROSS.join(names[place] for place in places),
            group=CROSS.join(f"{place}-{i}" for place, i in zip(places, one, strict=True)),
            counts=_sum(cells for key, cells in rows.items() if all(key[place] == i for place, i in zip(places, one, strict=True))),
        )
        for places in chosen
        for one in product(*(range(groups[place]) for place in places))
    ]
    missing = [(names[place], _sum(cells for key, cells in rows.items() if key[place] == amount).rows) for place, amount in enumerate(groups)]
    unassigned = tuple(
        Unassigned(feature=feature, kind=kind, rows=amount if kind is UnassignedKind.MISSING_VALUE else 0)
        for feature, amount in missing
        for kind in UnassignedKind
    )
    table = ContingencyTable(overall=_sum(rows.values()), groups=tuple(entries), unassigned=unassigned)
    return _of(table, groups, depth)


def _of(table: ContingencyTable, groups: Sequence[int], depth: int = 2) -> Decision:
    model = _model(groups)
    effective = {"sensitive_features": [{"name": feature.name, "column": feature.column} for feature in model.sensitive_features]}
    return Decision(
        tier="t",
        judgement=judge(_policy(depth), model, table, FACTS),
        facts=FACTS,
        counts=table,
        counts_digest=digest(write_counts(table)),
        policy=Document(digest="sha256:1", effective={}),
        config=Document(digest="sha256:2", effective=effective),
        gate_version="0",
    )


def _sum(cells: Iterable[Sequence[int]]) -> ConfusionCounts:
    totals = np.sum([np.zeros(4, dtype=int), *(np.asarray(entry) for entry in cells)], axis=0)
    return ConfusionCounts(**{name: int(total) for name, total in zip(CELLS, totals, strict=True)})


def _subsets(amount: int, size: int) -> list[tuple[int, ...]]:
    return [places for places in product(range(amount), repeat=size) if list(places) == sorted(set(places))]


def _random(rng: np.random.Generator) -> tuple[Rows, tuple[int, ...]]:
    """Tables with small cells here and there, with and without rows that are in no group, some groups empty."""
    groups = tuple(int(amount) for amount in rng.integers(2, 4, size=int(rng.integers(1, 4))))
    scale = rng.choice([3, 30, 100], size=3)
    unknown = bool(rng.integers(2))
    rows = {}
    for key in product(*(range(amount + 1) for amount in groups)):
        outside = any(place == amount for place, amount in zip(key, groups, strict=True))
        most = 0 if outside and not unknown else int(scale[rng.integers(3)])
        rows[key] = [int(value) for value in rng.integers(0, most + 1, size=4)]
    return rows, groups


def _guessed(rows: Rows, tables: Mapping[str, Iterable[tuple[str, ...]]], cell: int, feature: str, group: str) -> tuple[float, float]:
    """Between which bounds an attacker knows a cell who adds and subtracts whatever is published.

    Args:
        rows: the truth, of which only sums that are published are used.
        tables: feature or intersection → the groups whose cells are published; "" → all rows.
        cell: which of `CELLS`.
        feature: whose cell, of a feature or an intersection.
        group: of which group.
    """
    keys = list(rows)
    known = [(of, one) for of, ones in tables.items() for one in ones]
    left = np.array([[float(_within(key, of, one)) for key in keys] for of, one in known])
    right = np.array([sum(rows[key][cell] for key in keys if _within(key, of, one)) for of, one in known], dtype=float)
    wanted = np.array([float(_within(key, feature, tuple(group.split(CROSS)))) for key in keys])
    ends = []
    for sign in (1, -1):
        found = linprog(sign * wanted, A_eq=left, b_eq=right, bounds=(0, None), method="highs")
        ends.append(sign * found.fun if found.status == 0 else sign * -np.inf)
    return ends[0], ends[1]


def _within(key: tuple[int, ...], feature: str, group: tuple[str, ...]) -> bool:
    return not feature or all(f"{name[1:]}-{key[int(name[1:])]}" == one for name, one in zip(feature.split(CROSS), group, strict=True))


def _tables(decision: Decision) -> Mapping[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for entry in decision.counts.groups:
        found.setdefault(entry.feature, []).append(tuple(entry.group.split(CROSS)))
    hidden = decision.suppressed is not None and decision.suppressed.overall
    return {**found, **({} if hidden else {"": [()]})}


def _small(full: Decision, shown: Mapping[str, object]) -> list[tuple[str, str, int]]:
    """The cells that nobody may come to know: of groups that have rows, of tables that are not published."""
    return [
        (entry.feature, entry.group, place)
        for entry in full.counts.groups
        if entry.counts.rows and entry.feature not in shown
        for place, name in enumerate(CELLS)
        if getattr(entry.counts, name) < LEAST
    ]


def test_no_cell_that_is_published_is_small() -> None:
    """Primary suppression: in 300 random tables, no published group, nor the rows that are in none, has a cell below the least."""
    rng, seen, hidden = np.random.default_rng(11), 0, 0
    for _ in range(300):
        rows, groups = _random(rng)
        found = published(_decided(rows, groups), LEAST)
        cells = [getattr(entry.counts, name) for entry in found.counts.groups if entry.counts.rows for name in CELLS]
        seen, hidden = seen + len(cells), hidden + (found.suppressed is not None and bool(found.suppressed.features))

        assert min(cells, default=LEAST) >= LEAST

    assert (seen > 500, hidden > 100) == (True, True)


def test_an_attacker_who_subtracts_learns_no_small_cell() -> None:
    """Complementary suppression: whatever is published leaves room of at least `min_cell` rows around every small cell."""
    rng, tried, beside = np.random.default_rng(12), 0, 0
    for _ in range(60):
        rows, groups = _random(rng)
        full = _decided(rows, groups)
        tables = _tables(published(full, LEAST))
        small = _small(full, tables)
        for feature, group, place in [small[i] for i in rng.permutation(len(small))[:6]]:
            if not tables:
                continue
            low, high = _guessed(rows, tables, place, feature, group)
            tried, beside = tried + 1, beside + (len(tables) > 1)

            assert high - low >= LEAST - 1e-6, (groups, feature, group, place, low, high)

    assert (tried > 100, beside > 30) == (True, True)


def test_the_attacker_is_one() -> None:
    """Where only the small cell itself is left out, subtraction gives it exactly."""
    rows = {(i, j): [3 if (i, j) == (0, 0) else 40] * 4 if i < 2 and j < 2 else [0] * 4 for i in range(3) for j in range(3)}
    full = _decided(rows, (2, 2))
    naive = {**_tables(full), "f0×f1": [one for one in _tables(full)["f0×f1"] if one != ("0-0", "1-0")]}

    assert _guessed(rows, naive, 0, "f0×f1", "0-0×1-0") == (3.0, 3.0)
    assert set(_tables(published(full, LEAST))) == {"", "f0", "f1"}


OUTPUTS: Mapping[str, Callable[[Decision], object]] = {
    "decision.json": decision_bytes,
    "log": lambda decision: text.render(decision, width=100, color=False),
    "card": markdown.render,
    "html": html.render,
    "report": page.render,
    "summary": lambda decision: markdown.summary(decision, {}),
    "description": lambda decision: markdown.description_block(decision, {}),
    "sarif": lambda decision: sarif.render(decision, {}),
    "junit": junit.render,
    "badge": badge.render,
    "card.json": card_json.render,
}


@pytest.mark.parametrize("output", OUTPUTS)
def test_nothing_that_is_published_depends_on_a_hidden_number(output: str) -> None:
    """Two decisions that differ in hidden cells alone, with the same outcomes, are published as the same bytes."""
    rows = {(i, j): [60, 50, 70, 40] if i < 2 and j < 2 else [0] * 4 for i in range(3) for j in range(3)}
    rows[0, 0] = [6, 50, 70, 40]
    moved = {key: list(cells) for key, cells in rows.items()}
    for key, change in {(0, 0): 2, (1, 1): 2, (0, 1): -2, (1, 0): -2}.items():
        moved[key][0] += change  # the sums of every feature stay
    one, other = _decided(rows, (2, 2)), _decided(moved, (2, 2))
    render = OUTPUTS[output]

    assert [finding.outcome for finding in one.judgement.findings] == [finding.outcome for finding in other.judgement.findings]
    assert decision_bytes(one) != decision_bytes(other)
    assert render(published(one, LEAST)) == render(published(other, LEAST))


def test_few_rows_without_a_value_hide_the_feature() -> None:
    """All rows less every group are the rows without a value: if these are few, the groups are not published."""
    rows = {(0,): [50] * 4, (1,): [60] * 4, (2,): [1, 0, 1, 1]}
    found = published(_decided(rows, (2,), depth=1), LEAST)

    assert (found.counts.groups, found.judgement.groups, found.judgement.coverage) == ((), (), ())
    assert [finding.value for finding in found.judgement.findings if finding.feature == "f0"] == [None] * 3
    assert "3 of" not in " ".join(finding.message for finding in found.judgement.findings)


def test_many_rows_without_a_value_hide_the_feature_where_one_of_their_cells_is_small() -> None:
    """All rows less every group, cell by cell: of 33 rows without a value, three would be known."""
    rows = {(0,): [50] * 4, (1,): [60] * 4, (2,): [10, 10, 10, 3]}

    assert published(_decided(rows, (2,), depth=1), LEAST).counts.groups == ()


def test_no_undeclared_value_is_shown() -> None:
    """A value that was not declared may be that of a single person, however many rows have some such value."""
    table = _decided({(0,): [50] * 4, (1,): [60] * 4, (2,): [20] * 4}, (2,), depth=1).counts
    strange = tuple(replace(entry, rows=80 - entry.rows, examples=("Samoan",) if entry.rows == 0 else ()) for entry in table.unassigned)
    full = _of(replace(table, unassigned=strange), (2,), depth=1)
    found = published(full, LEAST)

    assert (found.counts.groups, "Samoan" in decision_bytes(full).decode(), "Samoan" in decision_bytes(found).decode()) == (table.groups, True, False)
    assert [entry.rows for entry in found.judgement.coverage] == [80]


def test_no_number_tells_two_models_apart() -> None:
    """How many rows a champion answers differently is few people, even where every group is large."""
    decision = _decided({(0,): [50] * 4, (1,): [60] * 4, (2,): [0] * 4}, (2,), depth=1)
    compared = tuple(replace(finding, versus="champion") for finding in decision.judgement.findings)
    found = published(replace(decision, judgement=replace(decision.judgement, findings=compared)), LEAST).judgement.findings

    assert [finding.value is None for finding in compared] == [False] * 3
    assert [(finding.value, finding.pair_value, finding.lower, finding.upper, finding.groups) for finding in found] == [(None, None, None, None, ())] * 3


def test_two_ways_to_group_one_column_are_both_hidden() -> None:
    """Those younger than 45 less those younger than 40 would be a group of its own, which no table holds."""
    decision = _decided({(i, j): [50] * 4 if i < 2 and j < 2 else [0] * 4 for i in range(3) for j in range(3)}, (2, 2))
    twice = {"sensitive_features": [{"name": "f0", "column": "age"}, {"name": "f1", "column": "age"}]}
    shown = [published(replace(decision, config=Document(digest="sha256:2", effective=effective)), LEAST) for effective in (decision.config.effective, twice)]

    assert [found.suppressed.features if found.suppressed else None for found in shown] == [(), ("f0", "f1", "f0×f1")]


def test_intersections_are_published_only_where_all_features_are_crossed() -> None:
    """From the pairs of three features a cell of all three could follow, which nobody counted."""
    rows = {key: [50] * 4 if max(key) < 2 else [0] * 4 for key in product(range(3), repeat=3)}
    pairs, all_three = (published(_decided(rows, (2, 2, 2), depth=depth), LEAST).suppressed for depth in (2, 3))

    assert (pairs and pairs.features, all_three and all_three.features) == (("f0×f1", "f0×f2", "f1×f2"), ())


def test_rows_of_the_same_person_are_not_counted_as_people() -> None:
    """Where rows are clustered, no number of rows says how many people are in a cell: nothing is published but how many rows there are."""
    decision = _decided({(0,): [50] * 4, (1,): [60] * 4, (2,): [0] * 4}, (2,), depth=1)
    clustered = replace(decision, counts=replace(decision.counts, statistics=Statistics(sums=CellSums.zero(clustered=True))))
    found = published(clustered, LEAST)

    assert (found.suppressed.overall if found.suppressed else None, found.counts.groups, found.counts.overall) == (True, (), ConfusionCounts(answered=440))
    assert [finding.value for finding in found.judgement.findings if finding.metric] == [None] * 3


def test_facts_that_count_rows_are_left_out() -> None:
    """How many rows fail an expectation, or have no line among the attributes, is a number of few people too."""
    attributes = AttributesFacts(digest="sha256:3", columns=("race",), unmatched=1, unused=2)
    suite = ExpectationsFacts(suite="s", results=(ExpectationResult(expectation="e", column="race", success=False, unexpected_rows=3),))
    decision = _decided({(0,): [50] * 4, (1,): [60] * 4, (2,): [0] * 4}, (2,), depth=1)
    found = published(replace(decision, facts=replace(FACTS, data=replace(FACTS.data, attributes=attributes), expectations=suite)), LEAST).facts

    assert found.data.attributes == replace(attributes, unmatched=None, unused=None)
    assert found.expectations == replace(suite, results=(replace(suite.results[0], unexpected_rows=None),))


def test_strata_are_never_published() -> None:
    """Two features within the same strata, each large enough, could give a cell of both: they are left out, whatever they hold."""
    decision = _decided({(0,): [50] * 4, (1,): [60] * 4, (2,): [0] * 4}, (2,), depth=1)
    strata = tuple(
        GroupCounts(feature=f"f0{WITHIN}region", group=f"0-{i}{WITHIN}{region}", counts=_sum([[25 + 5 * i] * 4])) for i, region in product(range(2), ("n", "s"))
    )
    found = published(replace(decision, counts=replace(decision.counts, groups=(*decision.counts.groups, *strata))), LEAST)

    assert found.suppressed is not None
    assert found.suppressed.features == (f"f0{WITHIN}region",)
    assert {entry.feature for entry in found.counts.groups} == {"f0"}


def test_what_a_metric_of_the_policy_says_of_hidden_groups_is_left_out() -> None:
    """Values of functions stand for every group, hidden ones too: none of them is published."""
    decision = _decided({(0,): [1] * 4, (1,): [60] * 4, (2,): [0] * 4}, (2,), depth=1)
    brought = UserMetric(metric="own:cost", digest=None, detail="not here")

    assert published(replace(decision, facts=replace(FACTS, user_metrics=(brought,))), LEAST).facts.user_metrics == ()


def test_without_the_key_everything_is_published() -> None:
    """A policy that suppresses nothing leaves the decision as it is."""
    decision = _decided({(0,): [1] * 4, (1,): [60] * 4, (2,): [0] * 4}, (2,), depth=1)

    assert published(decision, None) is decision
