"""Looks over the whole path: counted in the registry, spent by the judgement, bound by the record, and replayed."""

import json
from pathlib import Path
from typing import Any

import pytest
from loans import GATE, NAME, POLICY, Registry, holdout

from gate.cli import main

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


class Holdout:
    """A holdout of its own, so that nobody else has looked at it."""

    def __init__(self, registry: Registry, folder: Path, seed: int) -> None:
        self.registry, self.folder = registry, folder
        self.write(seed)
        (folder / "gate.yaml").write_text(GATE, encoding="utf-8")
        (folder / "policy.yaml").write_text(POLICY.replace("rules:", "data: {max_looks: 2}\nrules:"), encoding="utf-8")

    def write(self, seed: int) -> None:
        """Put another table in its place."""
        holdout(seed).to_parquet(self.folder / "holdout.parquet")

    def check(self, kind: str, *words: str, reference: str = "") -> tuple[int, dict[str, Any]]:
        """Exit code and decision."""
        files = ["--config", str(self.folder / "gate.yaml"), "--policy", str(self.folder / "policy.yaml"), "--tracking-uri", self.registry.uri]
        subject = reference or f"{NAME}/{self.registry.versions[kind]}"
        code = main(["check", subject, "--model-name", NAME, *files, "--output", str(self.folder / "out"), *words])
        return code, json.loads((self.folder / "out" / "decision.json").read_text(encoding="utf-8"))


def test_looks_are_counted_spent_and_replayed(registry: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two candidates are looks 1 and 2, a repeated check is its own look again, under any name."""
    table = Holdout(registry, tmp_path, seed=21)
    code, uncounted = table.check("fair", "--no-record")
    assert (code, uncounted["looks"], uncounted["facts"]["data"].get("look")) == (0, None, None)
    assert "looks at this holdout are not counted (the tier allows 2)" in " ".join(capsys.readouterr().out.split())

    code, first = table.check("fair")
    assert (code, first["looks"], first["facts"]["data"]["look"]) == (0, 1, 1)
    assert first["findings"][0]["levels"] == {"pass": 0.025, "fail": 0.0025}
    assert "look 1 of 2 at this holdout, passes at level 0.025" in " ".join(capsys.readouterr().out.split())
    assert main(["replay", str(tmp_path / "out")]) == 0

    copied = registry.client.copy_model_version(f"models:/{NAME}/{registry.versions['fair']}", "under another name")
    assert table.check("fair", reference=f"{copied.name}/{copied.version}")[1]["looks"] == 1

    code, second = table.check("unfair")
    assert (code, second["looks"]) == (1, 2)


def test_a_worn_holdout_stops_until_it_is_renewed(registry: Registry, tmp_path: Path) -> None:
    """The fair model as third look is inconclusive, also after the earlier records were deleted; on new rows it passes."""
    table = Holdout(registry, tmp_path, seed=22)
    for kind in ("unfair", "raising"):
        table.check(kind)
    experiment = registry.client.get_experiment_by_name("gate")
    digest = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))["data"]["digest"]
    for run in registry.client.search_runs([experiment.experiment_id], f"tags.`gate.data` = '{digest}'"):
        registry.client.delete_run(run.info.run_id)

    code, worn = table.check("fair")
    assert (code, worn["looks"], worn["verdict"]) == (3, 3, "inconclusive")
    assert [finding["outcome"] for finding in worn["findings"] if finding["rule"] == "looks-exhausted"] == ["inconclusive"]
    assert main(["replay", str(tmp_path / "out")]) == 0

    table.write(23)
    assert table.check("fair")[1]["looks"] == 1
    table.write(24)
    topped = GATE.replace("label: repaid}", f"label: repaid, tops_up: ['{digest.removeprefix('sha256:')}']}}")
    (tmp_path / "gate.yaml").write_text(topped, encoding="utf-8")
    code, topping = table.check("fair")
    assert (code, topping["looks"], topping["config"]["effective"]["data"]["tops_up"]) == (3, 4, [digest.removeprefix("sha256:")])
    assert main(["replay", str(tmp_path / "out")]) == 0


def test_a_look_cannot_be_talked_down(registry: Registry, tmp_path: Path) -> None:
    """A record whose look was lowered, among the facts or at the top, does not reproduce."""
    table = Holdout(registry, tmp_path, seed=25)
    table.check("raising")
    _, written = table.check("unfair")
    path = tmp_path / "out" / "decision.json"
    for changed in ({**written, "looks": 1}, {**written, "looks": 1, "facts": {**written["facts"], "data": {**written["facts"]["data"], "look": 1}}}):
        path.write_text(json.dumps(changed, sort_keys=True, separators=(",", ":"), ensure_ascii=False) + "\n", encoding="utf-8")

        assert main(["replay", str(tmp_path / "out")]) == 1
    for look in (0, -1, 10**9):
        changed = {**written, "facts": {**written["facts"], "data": {**written["facts"]["data"], "look": look}}}
        path.write_text(json.dumps(changed), encoding="utf-8")

        assert main(["replay", str(tmp_path / "out")]) == 2
