"""A policy's demand on the sandbox, and what the record says of the one that a model ran in."""

import json
from pathlib import Path

import pytest
from loans import POLICY, Registry

from gate.cli import main
from gate.predict.backends.choice import SETTING

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def _checked(registry: Registry, output: Path, evidence: str) -> int:
    file = output / "policy.yaml"
    file.write_text(f"{POLICY}evidence: {{{evidence}}}\n", encoding="utf-8")
    words = registry.check("fair", "--no-record", "--output", str(output / "out"))
    words[words.index("--policy") + 1] = str(file)
    return main(words)


@pytest.mark.parametrize(
    ("sandbox", "missing", "cards"),
    [
        ("bubblewrap", [], "sandbox: bubblewrap"),
        ("landlock", ["disk", "processes"], "which does not keep disk and processes"),
        ("none", ["disk", "files"], "No sandbox"),
    ],
)
def test_the_record_names_the_sandbox_its_limits_and_what_it_lacked(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: str, missing: list[str], cards: str
) -> None:
    """Whichever was used; the cards say what does not hold there."""
    monkeypatch.setenv(SETTING, sandbox)
    code = _checked(registry, tmp_path, "sandbox: preferred")
    predictions = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))["facts"]["predictions"]

    assert (code, predictions["sandbox"], predictions["confinement"]["missing"][:2]) == (0, sandbox, missing)
    assert predictions["confinement"]["limits"]["memory_bytes"] == 4 * 2**30
    for card in ("model_card.md", "model_card.html"):
        assert cards in " ".join((tmp_path / "out" / card).read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    ("sandbox", "evidence", "words"),
    [
        ("none", "sandbox: required", "requires a sandbox"),
        ("none", "sandbox_capabilities: [network]", "it lacks network"),
        ("landlock", "sandbox: required, sandbox_capabilities: [network, processes]", "it lacks processes"),
    ],
)
def test_what_this_machine_does_not_give_is_not_judged(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], sandbox: str, evidence: str, words: str
) -> None:
    """Exit 4, before anything is fetched, with what is missing and what to do; no decision is written."""
    monkeypatch.setenv(SETTING, sandbox)
    code = _checked(registry, tmp_path, evidence)
    said = " ".join(capsys.readouterr().err.split())

    assert (code, (tmp_path / "out" / "decision.json").exists()) == (4, False)
    assert (words in said, "gate doctor" in said) == (True, True), said


def test_what_is_required_and_given_is_judged(registry: Registry, tmp_path: Path) -> None:
    """A demand that the machine meets changes nothing."""
    assert _checked(registry, tmp_path, "sandbox: required, sandbox_capabilities: [network, processes, disk]") == 0


def test_a_model_that_needs_more_than_its_limits_is_blocked(registry: Registry, tmp_path: Path) -> None:
    """`limits` of gate.yaml reach the child: with one GiB of address space a model that wants more fails for it."""
    config = (registry.folder / "gate.yaml").read_text(encoding="utf-8")
    (tmp_path / "gate.yaml").write_text(
        config.replace("    sensitive_features", "    limits: {memory_gb: 1, seconds: 120}\n    sensitive_features"), encoding="utf-8"
    )
    words = registry.check("fair", "--no-record", "--output", str(tmp_path / "out"))
    words[words.index("--config") + 1] = str(tmp_path / "gate.yaml")
    (tmp_path / "holdout.parquet").write_bytes((registry.folder / "holdout.parquet").read_bytes())
    main(words)
    record = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))

    assert record["facts"]["predictions"]["confinement"]["limits"]["memory_bytes"] == 2**30
    assert record["config"]["effective"]["limits"] == {"seconds": 120.0, "memory_gb": 1.0}
