"""A registered version that is watched: metrics and tag in MLflow, and `gate verify` after an alarm; a real registry and ledger."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from loans import NAME, Registry, signed
from watched_site import day, rows

from gate.cli import main
from gate.cli.exit_codes import ExitCode
from gate.dashboard.gather import BoardRequest, gather
from gate.record.ledger import Ledger
from gate.record.stores import FolderStore
from gate.stages.archive import chained

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry with a ledger, a policy that wants a new decision after an alarm, and a version that passed."""
    registry = signed(tmp_path_factory.mktemp("watched"), terms="monitoring: {require_revalidation: true}\n")
    table = pd.concat([rows(range(5)), rows(range(5, 40), rates=(0.7, 0.4))]).rename(columns={"g": "group", "y": "repaid"})
    table.to_parquet(registry.folder / "log.parquet")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATE_SIGNING_KEY_FILE", str(registry.folder / "gate.pem"))
        assert main(registry.check("fair")) == 0
    return registry


def _monitor(made: Registry, until: int, *words: str) -> int:
    folder, version = made.folder, made.versions["fair"]
    files = ["--config", str(folder / "gate.yaml"), "--policy", str(folder / "policy.yaml"), "--store", str(folder / "store.duckdb")]
    shown = ["--mlflow", "--tracking-uri", made.uri]
    return main(["monitor", str(folder / "log.parquet"), "--model", f"{NAME}/{version}", "--as-of", day(until).isoformat(), *files, *shown, *words])


def _tag(made: Registry) -> str | None:
    return made.client.get_model_version(NAME, made.versions["fair"]).tags.get("gate.monitor")


def test_the_story_of_an_alarm(made: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Quiet and allowed; then an alarm and refused, named; then a new decision and allowed again, although the alarm is still shown."""
    monkeypatch.setenv("GATE_SIGNING_KEY_FILE", str(made.folder / "gate.pem"))
    verify = ["verify", *made.check("fair")[1:]]

    assert (_monitor(made, 5), main(verify), _tag(made)) == (ExitCode.PASSED, ExitCode.PASSED, f"quiet as of {day(5).isoformat()}")
    assert (_monitor(made, 40), main(verify)) == (ExitCode.BLOCKED, ExitCode.BLOCKED)
    assert "gate monitor raised an alarm after this decision: parity on group since" in capsys.readouterr().out
    assert main(made.check("fair")) == 0
    assert (main(verify), _monitor(made, 40), main(verify)) == (ExitCode.PASSED, ExitCode.BLOCKED, ExitCode.PASSED)
    assert (_tag(made) or "").startswith("alarm since 2026-01-")
    before, after = chained(Ledger(FolderStore(made.folder / "ledger")), NAME, now=datetime.now(UTC)).records
    assert before.decision_digest != after.decision_digest  # so that nothing that people signed about the old one fits the new one
    assert [entry["findings"][0].split(" since ")[0] for entry in after.decision["facts"]["alarms"]] == ["parity on group"]


def test_a_check_that_had_not_seen_the_alarm_does_not_answer_to_it(made: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It began before the alarm and was recorded after it: verify refuses, and the next check mends it."""
    monkeypatch.setenv("GATE_SIGNING_KEY_FILE", str(made.folder / "gate.pem"))
    verify = ["verify", *made.check("fair")[1:]]
    _monitor(made, 40)
    with monkeypatch.context() as patch:
        patch.setattr("gate.pipeline.alarms_about", lambda *_: ())
        assert main(made.check("fair")) == 0

    assert main(verify) == 1
    assert "gate monitor raised an alarm" in capsys.readouterr().out
    assert (main(made.check("fair")), main(verify)) == (0, 0)


def test_metrics_stand_by_day_and_once(made: Registry) -> None:
    """A run that is repeated logs nothing twice; steps are days; there is one run for the version."""
    _monitor(made, 38)
    _monitor(made, 40)
    _monitor(made, 40)
    runs = [run for run in made.client.search_runs([made.client.get_experiment_by_name("gate").experiment_id]) if "gate.monitor" in run.data.tags]
    history = made.client.get_metric_history(runs[0].info.run_id, "monitor/parity/group/alarm")
    steps = [entry.step for entry in history]

    assert len(runs) == 1
    assert len(steps) == len(set(steps))
    assert history[-1].value == 1


def test_the_dashboard_shows_the_alarm_and_its_evidence(made: Registry) -> None:
    """From the ledger with its answer, from the registry by day, and a model that gate.yaml does not have among what nobody watches over."""
    _monitor(made, 40)
    made.client.create_registered_model("forgotten")
    version = made.client.create_model_version("forgotten", f"file://{made.folder}").version
    made.client.set_model_version_tag("forgotten", version, "gate.status", "passed")
    board = gather(BoardRequest(config=made.folder / "gate.yaml", policy=made.folder / "policy.yaml", tracking_uri=made.uri), now=datetime.now(UTC))
    (model,) = board.models
    (watch,) = model.watches
    trace = watch.traces[0]

    assert model.raised
    assert (watch.version, watch.alarmed, trace.rule) == (made.versions["fair"], True, "parity/group")
    assert trace.alarms[-1] == trace.evidence[-1][0]
    assert [stray.where for stray in board.strays if "not configured here" in stray.why] == ["forgotten"]


def test_a_version_that_is_not_there_is_an_error_and_no_other_is_marked(made: Registry, tmp_path: Path) -> None:
    """MLflow is asked before anything is written: exit 4; the ledger, which would not know it either, is asked only where alarms are kept there."""
    policy = tmp_path / "policy.yaml"
    policy.write_text((made.folder / "policy.yaml").read_text(encoding="utf-8").replace("require_revalidation: true", "maturity_days: 0"), encoding="utf-8")
    files = ["--config", str(made.folder / "gate.yaml"), "--policy", str(policy), "--store", str(tmp_path / "s.duckdb")]
    words = [
        "monitor",
        str(made.folder / "log.parquet"),
        "--model",
        f"{NAME}/77",
        "--as-of",
        day(5).isoformat(),
        *files,
        "--mlflow",
        "--tracking-uri",
        made.uri,
    ]

    assert main(words) == ExitCode.NO_JUDGEMENT
    assert main([word for word in words if word not in {"--model", f"{NAME}/77"}]) == ExitCode.USAGE
