"""A candidate beside the champion of a real registry, on the same rows."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from loans import NAME, Registry

from gate.cli import main

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

COMPARES = "  - {id: no-drop, metric: accuracy, scope: overall, versus: champion, max_drop: 0.02, enforcement: soft-mandatory}\n"
ANCHORED = "  - {id: erosion, metric: accuracy, scope: overall, anchor: first, cumulative_max_drop: 0.05, enforcement: soft-mandatory}\n"


@pytest.fixture
def champion(registry: Registry) -> Iterator[Registry]:
    """The registry, whose aliases are taken away again afterwards."""
    yield registry
    for alias in ("champion", "first"):
        registry.client.delete_registered_model_alias(NAME, alias)


def _check(registry: Registry, kind: str, folder: Path, rules: str) -> tuple[int, dict[str, Any]]:
    policy = folder / "policy.yaml"
    policy.write_text((registry.folder / "policy.yaml").read_text(encoding="utf-8") + rules, encoding="utf-8")
    words = registry.check(kind, "--no-record", "--output", str(folder / "out"))
    words[words.index("--policy") + 1] = str(policy)
    code = main(words)
    return code, json.loads((folder / "out" / "decision.json").read_text(encoding="utf-8"))


def _named(decision: dict[str, Any], rule: str) -> dict[str, Any]:
    (finding,) = [finding for finding in decision["findings"] if finding["rule"] == rule]
    return dict(finding)


def test_a_first_release_has_no_champion(champion: Registry, tmp_path: Path) -> None:
    """Without the alias the rule does not apply, and a finding lists what was not judged."""
    code, decision = _check(champion, "fair", tmp_path, COMPARES)

    assert (code, _named(decision, "no-drop")["outcome"]) == (0, "not_applicable")
    assert "first release; not judged: no-drop" in _named(decision, "baseline-absent")["message"]
    assert decision["facts"]["baselines"][0]["status"] == "absent"


def test_a_policy_of_comparisons_alone_shows_nothing_at_a_first_release(champion: Registry, tmp_path: Path) -> None:
    """Where no other mandatory rule exists, an absent champion is no way to pass (exit 3)."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(f"schema: gate.policy/v1\ntier: high\nrules:\n{COMPARES}", encoding="utf-8")
    words = champion.check("fair", "--no-record")
    words[words.index("--policy") + 1] = str(policy)

    assert main(words) == 3


def test_a_worse_model_is_blocked_by_its_champion(champion: Registry, tmp_path: Path) -> None:
    """The champion is asked for the same rows; a proven drop blocks, and the record replays bit for bit."""
    champion.client.set_registered_model_alias(NAME, "champion", champion.versions["fair"])
    code, decision = _check(champion, "unfair", tmp_path, COMPARES)
    finding = _named(decision, "no-drop")

    assert (code, finding["outcome"], finding["versus"]) == (1, "fail", "champion")
    assert finding["lower"] > 0.02
    assert decision["facts"]["baselines"][0]["version"] == champion.versions["fair"]
    assert main(["replay", str(tmp_path / "out")]) == 0


def test_a_better_model_passes_its_champion(champion: Registry, tmp_path: Path) -> None:
    """The drop from a worse champion is negative, and proven within the bound."""
    champion.client.set_registered_model_alias(NAME, "champion", champion.versions["unfair"])
    code, decision = _check(champion, "fair", tmp_path, COMPARES)
    finding = _named(decision, "no-drop")

    assert (code, finding["outcome"], finding["value"] < 0) == (0, "pass", True)


def test_the_champion_itself_drops_by_nothing(champion: Registry, tmp_path: Path) -> None:
    """The same bytes are not asked twice: the drop is 0 by construction, and judged like any other."""
    for alias in ("champion", "first"):
        champion.client.set_registered_model_alias(NAME, alias, champion.versions["fair"])
    code, decision = _check(champion, "fair", tmp_path, COMPARES + ANCHORED)

    assert (code, _named(decision, "no-drop")["value"], _named(decision, "erosion")["value"]) == (0, 0.0, 0.0)
    assert [entry["digest"] for entry in decision["facts"]["baselines"]] == [decision["candidate"]["digest"]] * 2


def test_two_baselines_are_asked_for_the_same_rows(champion: Registry, tmp_path: Path) -> None:
    """Champion and anchor are two other models: each has its own cells, and its own drop."""
    champion.client.set_registered_model_alias(NAME, "champion", champion.versions["unfair"])
    code, decision = _check(champion, "fair", tmp_path, COMPARES + ANCHORED.replace("first", f'"{champion.versions["unfair"]}"'))

    assert (code, _named(decision, "no-drop")["value"]) == (0, _named(decision, "erosion")["value"])
    assert [entry["name"] for entry in decision["facts"]["baselines"]] == ["champion", champion.versions["unfair"]]


@pytest.mark.parametrize("kind", ["raising", "leaving"])
def test_a_champion_that_misbehaves_holds_the_candidate(champion: Registry, tmp_path: Path, kind: str) -> None:
    """A champion that does not answer is never a pass (exit 3), and the finding says what it did."""
    champion.client.set_registered_model_alias(NAME, "champion", champion.versions[kind])
    code, decision = _check(champion, "fair", tmp_path, COMPARES)

    assert (code, _named(decision, "no-drop")["outcome"]) == (3, "inconclusive")
    assert decision["facts"]["baselines"][0]["status"] == "unavailable"
    assert f"version {champion.versions[kind]}) did not answer" in _named(decision, "baseline-unavailable")["message"]


@pytest.mark.parametrize("anchor", ["first", "99"])
def test_an_anchor_has_to_be_there(champion: Registry, tmp_path: Path, anchor: str) -> None:
    """Only a champion may be absent: an anchor that nobody set, a misspelt alias or a version that is gone holds (exit 3)."""
    code, decision = _check(champion, "fair", tmp_path, ANCHORED.replace("first", f'"{anchor}"'))

    assert (code, _named(decision, "erosion")["message"]) == (3, f"the model has no alias or version {anchor}")


def test_a_block_outranks_a_champion_that_is_not_there(champion: Registry, tmp_path: Path) -> None:
    """A violation that needs no champion still blocks (exit 1)."""
    champion.client.set_registered_model_alias(NAME, "champion", champion.versions["raising"])
    code, _ = _check(champion, "unfair", tmp_path, COMPARES)

    assert code == 1
