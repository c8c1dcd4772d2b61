"""What may differ between a record and its recomputation by another version of the gate, and what may not."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import samples

from gate.record.advice import same_but_for_advice
from gate.record.decision import decision_bytes


def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(decision_bytes(samples.blocked()))
    return found


def _changed(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    document = _document()
    change(document)
    return document


@pytest.mark.parametrize(
    "advice",
    [{"message": "said otherwise"}, {"rows_needed": None}, {"rows_needed_reason": "nobody knows"}, {"detectable_gap": 0.5}],
    ids=lambda advice: next(iter(advice)),
)
def test_advice_may_differ(advice: dict[str, Any]) -> None:
    """Nothing follows from it."""
    assert same_but_for_advice(_document(), _changed(lambda document: document["findings"][0].update(advice)))


@pytest.mark.parametrize(
    "change",
    [
        lambda document: document["findings"][0].update(outcome="not_evaluated"),
        lambda document: document["findings"][0].update(value=0.0),
        lambda document: document["findings"][0].update(upper=0.01),
        lambda document: document["findings"][0].update(message=7),
        lambda document: document["findings"][0].update(message=None),
        lambda document: document["findings"][0].pop("message"),
        lambda document: document["findings"].pop(),
        lambda document: document["findings"].reverse(),
        lambda document: document.update(verdict="passed"),
        lambda document: document.update(message="of the whole"),
        lambda document: document.update(findings={}),
    ],
)
def test_nothing_else_may(change: Callable[[dict[str, Any]], object]) -> None:
    """An outcome, a number, a finding more or less, their order, the verdict, or a message that is none."""
    assert not same_but_for_advice(_document(), _changed(change))
