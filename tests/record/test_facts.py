"""Facts survive being written and read."""

import json
from typing import Any

import pytest
import samples
from hypothesis import given
from hypothesis import strategies as st

from gate.core.canonical import canonical
from gate.core.document import Json
from gate.core.facts import (
    AttributesFacts,
    BaselineFacts,
    BaselineStatus,
    Candidate,
    DataFacts,
    EnvManager,
    ExpectationResult,
    ExpectationsFacts,
    Facts,
    Misbehaviour,
    PredictionFacts,
    PredictionSource,
)
from gate.core.model_files import ModelFiles, PickleFile
from gate.errors import StorageError
from gate.record.facts import facts_from_json, facts_json

words = st.text(max_size=20)
TEXTS = st.lists(words, max_size=2).map(tuple)
ATTRIBUTES = st.builds(AttributesFacts, digest=words, columns=st.lists(words, max_size=2).map(tuple), unmatched=st.integers(0), unused=st.integers(0))
DEVELOPED = st.builds(lambda digest: DataFacts(digest=digest, development=True), words)
FACTS = st.builds(
    Facts,
    candidate=st.builds(
        Candidate, name=words, version=st.none() | words, digest=words, inputs=st.none() | st.lists(words, max_size=3).map(tuple), run_id=st.none() | words
    ),
    data=st.one_of(
        st.builds(
            DataFacts,
            digest=words,
            age_days=st.none() | st.integers(0, 10_000),
            look=st.none() | st.integers(1, 10**6),
            attributes=st.none() | ATTRIBUTES,
        ),
        DEVELOPED,
    ),
    predictions=st.builds(
        PredictionFacts,
        source=st.sampled_from(PredictionSource),
        sandbox=st.none() | words,
        misbehaviour=st.none() | st.builds(Misbehaviour, check=words, detail=words),
        env_manager=st.none() | st.sampled_from(EnvManager),
        differing=st.lists(words, max_size=2).map(tuple),
        endpoint=st.none() | words,
    ),
    expectations=st.none()
    | st.builds(
        ExpectationsFacts,
        suite=words,
        results=st.lists(
            st.builds(ExpectationResult, expectation=words, column=st.none() | words, success=st.booleans(), unexpected_rows=st.none() | st.integers(0)),
            max_size=3,
        ).map(tuple),
    ),
    baselines=st.lists(
        st.builds(
            BaselineFacts,
            name=words,
            status=st.sampled_from(BaselineStatus),
            version=st.none() | words,
            digest=st.none() | words,
            detail=st.none() | words,
        ),
        max_size=2,
    ).map(tuple),
    model_files=st.none()
    | st.builds(
        ModelFiles,
        loader=st.none() | words,
        flavors=TEXTS,
        signature=st.none() | TEXTS,
        beside_skops=TEXTS,
        untrusted=TEXTS,
        pickles=st.lists(st.builds(PickleFile, path=words, imports=TEXTS, unread=st.none() | words), max_size=2).map(tuple),
    ),
)


@given(FACTS)
def test_facts_come_back_as_they_were(facts: Facts) -> None:
    """Reading what was written gives the same facts, for every fact that there can be."""
    written = canonical(facts_json(facts))

    assert facts_from_json(json.loads(written)) == facts


def test_an_absent_optional_fact_takes_its_default() -> None:
    """A record from before a fact existed is read with that fact's default."""
    written: dict[str, Any] = dict(facts_json(samples.passed().facts))
    del written["expectations"]

    assert facts_from_json(written).expectations is None


def test_a_look_that_is_not_counted_is_not_written() -> None:
    """Records from before looks were counted keep their bytes."""
    written = facts_json(samples.not_disproved().facts)
    counted = facts_json(samples.passed().facts)

    assert (written["data"], counted["data"]) == (
        {"digest": f"sha256:{'d' * 64}", "age_days": 120},
        {"digest": f"sha256:{'d' * 64}", "age_days": 120, "look": 1},
    )


def test_records_that_compare_with_nothing_keep_their_bytes() -> None:
    """A fact that only some policies ask for is not written where nobody asked."""
    assert "baselines" not in facts_json(samples.passed().facts)


def broken(**changes: object) -> dict[str, Any]:
    """The facts of a sample with something else in their places."""
    return {**facts_json(samples.passed().facts), **changes}


@pytest.mark.parametrize(
    ("value", "where"),
    [
        (None, "facts"),
        ([], "facts"),
        ({}, "facts"),
        (broken(surprise=1), "facts"),
        (broken(candidate="loan"), "facts.candidate"),
        (broken(data={"digest": 3, "age_days": None}), "facts.data.digest"),
        (broken(data={"digest": "d", "age_days": True}), "facts.data.age_days"),
        (broken(predictions={"source": "rumour"}), "facts.predictions.source"),
        (broken(expectations={"suite": "s", "results": {}}), "facts.expectations.results"),
        (broken(expectations={"suite": "s", "results": [{"expectation": "e", "column": None, "success": 1}]}), "facts.expectations.results[0].success"),
    ],
)
def test_malformed_facts_are_refused_and_the_place_is_named(value: Json, where: str) -> None:
    """A damaged record is an error that says where it is damaged, never a guess."""
    with pytest.raises(StorageError) as caught:
        facts_from_json(value)

    assert caught.value.where == where


def test_what_is_not_used_is_not_written() -> None:
    """Without a table of attributes and a development table a record has the keys that it always had."""
    assert set(facts_json(samples.passed().facts)["data"]) == {"digest", "age_days", "look"}  # type: ignore[arg-type]
