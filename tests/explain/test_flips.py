"""The behavioural audit: no model hides flips by what it remembers, and proxies count like the feature itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from boxes import Floats, Function, box, merit, people
from scipy.stats import norm

from gate.core.explanation import FlipAudit, Part, ProxyFlips
from gate.explain.box import AnswerForm, Ask, Box, MisbehavedError
from gate.explain.encoding import encoded
from gate.explain.explanation import Settings, explained
from gate.explain.flips import audit
from gate.explain.proxies import proxy
from gate.explain.proxy_flips import proxy_audit

Frame = pd.DataFrame
INPUTS = ("x", "noise", "group")


def _favouring(rows: Frame) -> Floats:
    """A bonus for b, which flips whoever is less than it short."""
    return np.asarray(rows["x"] + 0.5 * (rows["group"] == "b") > 0.25, dtype=float)


def _remembering() -> Function:
    """A new process of a model that answers what differs in the group alone as it answered the first of them."""
    known: dict[tuple[float, float], float] = {}

    def answer(rows: Frame) -> Floats:
        keys = zip(rows["x"], rows["noise"], strict=True)
        return np.array([known.setdefault(key, said) for key, said in zip(keys, _favouring(rows), strict=True)])

    return answer


def _guessing(rows: Frame) -> Floats:
    """A model without a memory that looks at its neighbours in a question: where rows differ in the group alone, it answers for a."""
    alike = rows.groupby(["x", "noise"])["group"].transform("nunique") > 1
    return np.where(alike, _favouring(rows.assign(group="a")), _favouring(rows))


def _judged(table: Frame, started: Callable[[], Function], inputs: tuple[str, ...] = INPUTS, form: AnswerForm = AnswerForm.LABEL) -> Box:
    """A box whose process was judged first, and is started anew for an audit."""
    asked = box(table, started(), merit(table), inputs=inputs, form=form)
    asked.judged = asked.ask(asked.inputs.to_batches()[0])

    @contextmanager
    def afresh() -> Iterator[Ask]:
        yield box(table, started(), merit(table), inputs=inputs, form=form).ask

    asked.afresh = afresh
    return asked


def _audit(asked: Box) -> FlipAudit:
    return audit(asked, asked.groupings[0], random=np.random.default_rng(0))


def _through(table: Frame, function: Function, inputs: tuple[str, ...], *, seed: int = 0, truth: Floats | None = None) -> ProxyFlips:
    asked = box(table, function, merit(table) if truth is None else truth, inputs=inputs)
    numbers = encoded(asked.inputs)
    found = proxy(asked, asked.groupings[0], numbers, random=np.random.default_rng(seed))
    return proxy_audit(asked, asked.groupings[0], numbers, found, random=np.random.default_rng(seed))


@pytest.mark.parametrize("started", [_remembering, lambda: _guessing], ids=["memory", "neighbours"])
def test_what_answers_alike_what_it_judged_apart_misbehaves(started: Callable[[], Function]) -> None:
    """By memory or by its neighbours: some rows as they are get another answer than when they were judged."""
    asked = _judged(people(2000), started)

    assert not np.any(asked.otherwise(asked.answers))
    with pytest.raises(MisbehavedError, match="otherwise than when it was judged"):
        _audit(asked)


def test_what_is_asked_is_the_fault_of_an_explanation() -> None:
    """Every part that was asked for is missing, instead of looking as if nothing had been found."""
    found = explained(_judged(people(2000), _remembering), Settings(parts=(Part.FLIPS,)))

    assert "otherwise" in found.fault
    assert (found.flips, found.proxy_flips) == ((), ())


def test_a_model_that_answers_otherwise_once_it_is_explained_misbehaves() -> None:
    """Whoever notices that the check is over is compared with what was judged."""
    asked = _judged(people(1000), lambda: _favouring)
    asked.judged = 1 - asked.judged if asked.judged is not None else None

    assert "otherwise" in explained(asked, Settings(parts=(Part.IMPORTANCE,))).fault


def test_within_the_tolerance_the_row_counts_as_one_that_changes() -> None:
    """Nothing that the tolerance lets through is taken for no flip."""
    asked = _judged(people(2000), lambda: merit)
    assert asked.judged is not None
    asked.judged[:7] = 1 - asked.judged[:7]
    found = _audit(asked)

    assert found.any is not None
    assert (found.any.hits, found.pairs[0].rate.hits) == (7, 0)


def test_scores_have_to_be_those_that_were_judged() -> None:
    """One score that is another is one too many."""
    asked = _judged(people(500), lambda: lambda rows: np.asarray(norm.cdf(rows["x"])), form=AnswerForm.SCORE)
    assert asked.judged is not None
    asked.judged[3] += 0.01

    with pytest.raises(MisbehavedError):
        _audit(asked)


def test_all_variants_of_a_row_stand_in_one_question() -> None:
    """However many questions it takes: none sees a row of which another one sees a variant."""
    table = people(40_000)
    seen: list[set[float]] = []

    def noting(rows: Frame) -> Floats:
        seen.append(set(rows["x"]))
        return _favouring(rows)

    asked = box(table, noting, merit(table), inputs=INPUTS)
    asked.judged = _favouring(table)
    found = _audit(asked)

    assert found.any is not None
    assert found.any.hits == int(np.sum((table["x"] > -0.25) & (table["x"] <= 0.25)))
    assert len(seen) == 3
    assert sum(map(len, seen)) == len(set.union(*seen))


def test_a_known_rate_of_flips_through_a_proxy_is_found() -> None:
    """Of a threshold half-way between two groups that are 1 standard deviation apart, everybody whose rank lies between its two places flips, one way."""
    table = people(4000, revealing=1.0)
    found = _through(table, lambda rows: np.asarray(rows["proxy"] > 0.5, dtype=float), ("x", "noise", "proxy"))

    assert found.proxies == ("proxy",)
    assert found.any is not None
    assert found.any.low - 0.02 < norm.cdf(0.5) - norm.cdf(-0.5) < found.any.high + 0.02
    assert found.pairs[0].first_higher < 0.01 * 4000 < found.pairs[0].second_higher
    assert found.pairs[0].p_value < 1e-6


def test_what_goes_with_merit_and_not_with_the_group_is_kept() -> None:
    """A proxy that rests on merit too is exchanged at the merit that a row has: whoever is selected by merit stays selected."""
    table = people(4000, revealing=2.0)
    table["proxy"] += 30 * table["x"]
    found = _through(table, lambda rows: np.asarray(rows["proxy"] - 30 * rows["x"] > 1, dtype=float), ("x", "noise", "proxy"))
    kept = _through(table, lambda rows: np.asarray(rows["x"] > 0, dtype=float), ("x", "noise", "proxy"))

    assert found.proxies == ("proxy",)
    assert found.any is not None
    assert kept.any is not None
    assert found.any.value == pytest.approx(norm.cdf(1) - norm.cdf(-1), abs=0.04)
    assert kept.any.hits == 0


def test_a_category_is_exchanged_for_what_the_other_group_has_more_of() -> None:
    """As few rows as possible change: the difference between the shares of the two groups."""
    table = people(4000)
    north = np.random.default_rng(7).random(4000) < np.where(table["group"] == "a", 0.8, 0.3)
    table["region"] = np.where(north, "north", "south")
    found = _through(table, lambda rows: np.asarray(rows["region"] == "north", dtype=float), ("x", "region"))

    assert found.proxies == ("region",)
    assert found.any is not None
    assert found.any.value == pytest.approx(0.5, abs=0.04)
    assert found.pairs[0].second_higher == 0


def test_a_group_with_an_input_of_its_own_and_proxies_is_exchanged_whole() -> None:
    """Its value goes with its proxies, so that a bonus for the group and a malus by the proxy make up for each other nowhere unseen."""
    table = people(3000, revealing=1.0)
    found = _through(table, _favouring, ("x", "proxy", "group"))

    assert found.any is not None
    assert found.any.hits >= int(np.sum((table["x"] > -0.25) & (table["x"] <= 0.25)))


def test_where_nothing_reveals_the_group_nothing_is_exchanged() -> None:
    """It is said so, and there is no rate of zero that looks like a result."""
    found = _through(people(4000), merit, ("x", "noise"))

    assert (found.proxies, found.any, found.reason) == ((), None, "")


def test_few_rows_that_show_no_proxy_do_not_show_that_there_is_none() -> None:
    """A hundred rows hide what ten times as many would show: there is a reason, and no pass by absence."""
    found = _through(people(120), merit, ("x", "noise"))

    assert (found.proxies, found.any) == ((), None)
    assert "too few to show that no input tells a from all others" in found.reason


def test_no_weak_proxy_hides_behind_strong_ones() -> None:
    """Six inputs tell the group, and the model decides by the weakest: all six are exchanged."""
    table, rng = people(1500), np.random.default_rng(5)
    apart = [1.6, 1.5, 1.4, 1.3, 1.2, 0.9]
    for place, shift in enumerate(apart):
        table[f"p{place}"] = rng.normal(np.where(table["group"] == "a", shift, 0.0), 1.0)
    found = _through(table, lambda rows: np.asarray(rows["p5"] > 0.45, dtype=float), tuple(f"p{place}" for place in range(6)))

    assert set(found.proxies) == {f"p{place}" for place in range(6)}
    assert found.any is not None
    assert found.any.value > 0.2


def test_what_tells_it_only_together_is_not_taken_for_nothing() -> None:
    """Two inputs whose signs agree in one group alone: neither differs, so that nothing is exchanged, and it is said why there is no number."""
    table = people(3000)
    table["noise"] = np.abs(table["noise"]) * np.sign(table["x"]) * np.where(table["group"] == "a", 1, -1)
    found = _through(table, merit, ("x", "noise"))

    assert (found.proxies, found.any) == ((), None)
    assert "only together" in found.reason


def test_too_few_rows_to_know_the_proxies_is_a_reason() -> None:
    """Nothing that was not looked at is taken for no proxy."""
    table = people(500)
    table["group"] = np.where(np.arange(500) < 20, "a", "b")
    found = _through(table, merit, ("x", "noise"))

    assert found.any is None
    assert "fewer than 50 rows of a" in found.reason


@pytest.mark.parametrize("tables", [20, pytest.param(500, marks=[pytest.mark.statistics, pytest.mark.slow])])
def test_no_flips_are_found_where_the_group_tells_nothing(tables: int) -> None:
    """At most one table in twenty has an input that is exchanged, up to 3 standard errors."""
    false = sum(_through(people(300, seed=seed), merit, ("x",), seed=seed).any is not None for seed in range(tables))

    assert false <= tables * 0.05 + 3 * np.sqrt(tables * 0.05 * 0.95)
