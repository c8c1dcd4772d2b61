"""Thousands of damaged files: each gives a value or a sentence, never a traceback."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gate.errors import ConfigError, PolicyError
from gate.policy import LoadedModel, LoadedPolicy, lint, load_config, load_policy, policy_from_effective

POLICY = """\
schema: gate.policy/v1
tier: high
version: 3
description: "A text, and \\u00e9."
evidence:
  burden_of_proof: candidate
  confidence: {pass: 0.95, fail: 0.99}
  min_group: {rows: 30, positives: 30, negatives: 30}
  intersections: 2
data: {expectations: required, max_unknown_share: 0.02, max_age_days: ~}
inputs: {forbid: [sensitive, zip]}
rules:
  - {id: a, metric: recall, scope: by_group, min: 0.6, enforcement: advisory, features: [race, sex]}
  - id: b
    metric: demographic_parity_ratio
    min: .8
    enforcement: hard-mandatory
    applies_to: {task: binary_classification}
    why: |
      A reason.
    satisfies: [eu-ai-act/art-10]
"""
CONFIG = """\
schema: gate.config/v1
policies: policies/
models:
  m:
    tier: high
    task: binary_classification
    data: {uri: data/x.csv, collected: 2026-08-01, label: y, labels: [no, yes], positive_label: yes}
    predictions: {column: ~, score: p, threshold: 0.4}
    sensitive_features:
      sex: {column: male, groups: {0: female, 1: male}}
      race: {column: race, groups: [a, "b", 'c']}
      age: {column: age, bins: [25, 40.5]}
"""

PIECES = [
    *(
        "&a ",
        "*a",
        "<<: ",
        "!!python/object:os.system ",
        "!x ",
        "---\n",
        "...\n",
        "%YAML 1.1\n---\n",
        "? ",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "|",
        ">",
        "#",
        "'",
        '"',
    ),
    *(
        "\t",
        "\n",
        "\r",
        "\x00",
        "\x85",
        "\u2028",
        "\ufeff",
        "\ud800",
        "é",
        "×",
        "\\",
        '"\\U00110000"',
        '"\\ud800"',
        '"\\x00"',
        '"\\q"',
        "~",
        "null",
        "true",
        ".nan",
        "-.inf",
    ),
    *(
        "1e999",
        "010",
        "0x1F",
        "99999999999999999999",
        "1" * 5000,
        "-0.0",
        "1e-320",
        "0.1234567890123",
        "no",
        "[[]]",
        "{{}: x}",
        "{a: {b: {}}}",
        "extends: file.yaml\n",
    ),
    *("groups: ", "bins: ", "rules: ", "min: ", "max: ", "id: ", "../", "s3://", "http://x", "[" * 60, "{a: " * 60, "- " * 60),
]


def mutations(text: str, seed: int, times: int) -> Iterator[bytes]:
    """The text with one to four pieces put in, taken out, moved or replaced."""
    rng = random.Random(seed)
    for _ in range(times):
        damaged = text
        for _ in range(rng.randint(1, 4)):
            start, end = sorted(rng.choices(range(len(damaged) + 1), k=2)) if damaged else (0, 0)
            end = min(end, start + rng.choice((0, 0, 1, 5, 40)))
            piece = rng.choice((rng.choice(PIECES), damaged[start:end] * 2, ""))
            damaged = damaged[:start] + piece + damaged[end:]
        yield _bytes(damaged, rng)


def _bytes(text: str, rng: random.Random) -> bytes:
    """The text in UTF-8, now and then with a byte that is none, or in another encoding."""
    data = text.encode("utf-8", "surrogatepass")
    match rng.randrange(40):
        case 0:
            return text.encode("utf-16", "surrogatepass")
        case 1:
            place = rng.randrange(len(data) + 1)
            return data[:place] + bytes([rng.randrange(256)]) + data[place:]
        case _:
            return data


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_policy_is_a_policy_or_a_policy_error(tmp_path: Path, seed: int) -> None:
    """No bytes ever crash the gate; what is accepted can be recorded and read back."""
    path = tmp_path / "file.yaml"
    accepted = 0
    for data in mutations(POLICY, seed, 500):
        path.write_bytes(data)
        loaded = _policy(path)
        if loaded is not None:
            accepted += 1
            assert policy_from_effective(loaded.document.effective) == loaded.policy

    assert 0 < accepted < 250


@pytest.mark.parametrize("seed", range(4))
def test_a_damaged_configuration_is_one_or_a_configuration_error(tmp_path: Path, seed: int) -> None:
    """No bytes ever crash the gate, and every accepted entry still declares groups to compare."""
    path = tmp_path / "gate.yaml"
    accepted = 0
    for data in mutations(CONFIG, seed, 500):
        path.write_bytes(data)
        loaded = _config(path)
        if loaded is not None:
            accepted += 1
            assert all(len(feature.groups) > 1 for feature in loaded.config.sensitive_features)

    assert 0 < accepted < 250


def test_random_bytes_are_refused(tmp_path: Path) -> None:
    """Noise is never a policy, and lint says something about each of it."""
    rng = random.Random(5)
    path = tmp_path / "file.yaml"
    for _ in range(300):
        path.write_bytes(rng.randbytes(rng.randrange(40)))
        assert lint([path]) != ()


def _policy(path: Path) -> LoadedPolicy | None:
    try:
        return load_policy(path)
    except PolicyError:
        return None


def _config(path: Path) -> LoadedModel | None:
    try:
        return load_config(path)
    except ConfigError:
        return None
