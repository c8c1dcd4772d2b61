"""What machines are told of a run: JSON lines, spans, a file for Prometheus. It adds up, it is well formed, and it never changes an answer."""

import json
import os
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.parser import text_string_to_metric_families
from shelf import CONFIG, POLICY
from watched_site import Site, day, rows

from gate.cli.app import main
from gate.cli.textfile import Sample, update

CHECK = ["check", "--predictions", "fair.csv"]


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table that passes, and one that is blocked, as the working folder; nothing is observed yet."""
    for name in ("GATE_LOG", "GATE_METRICS", "OTEL_EXPORTER_OTLP_ENDPOINT", "TRACEPARENT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "gate.yaml").write_text(CONFIG.replace("FILE", "fair"), encoding="utf-8")
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "high.yaml").write_text(POLICY.replace("VERSION", "1"), encoding="utf-8")
    for kind, chosen in (("fair", 5), ("unfair", 9)):
        lines = [f"{i % 2},{g},{int(i % 10 < (chosen if g == 'a' else 5))}" for g in "ab" for i in range(2000)]
        (tmp_path / f"{kind}.csv").write_text("\n".join(["y,g,prediction", *lines]) + "\n", encoding="utf-8")
    return tmp_path


def _values(path: Path) -> dict[tuple[str, tuple[str, ...]], float]:
    """What Prometheus' own reader finds."""
    families = text_string_to_metric_families(path.read_text(encoding="utf-8"))
    return {(sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples}


@pytest.mark.usefixtures("there")
def test_every_line_on_standard_error_is_json(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Stages with their seconds, notes as messages, the answer last; standard output is what it was."""
    assert main(CHECK) == 0
    plain = capsys.readouterr()
    monkeypatch.setenv("GATE_LOG", "json")
    assert main(CHECK) == 0
    printed = capsys.readouterr()
    said = [json.loads(line) for line in printed.err.splitlines()]

    assert printed.out == plain.out
    assert [said[0]["event"], said[-1]["event"]] == ["begin", "end"]
    assert {"counting rows per group"} <= {entry["stage"] for entry in said if entry["event"] == "stage"}
    assert any(entry["event"] == "message" and "no record was kept" in entry["text"] for entry in said)
    assert {"command": "gate check", "exit_code": 0, "verdict": "passed", "model": "loans", "tier": "high"}.items() <= said[-1].items()


@pytest.mark.parametrize(("words", "code"), [(["check", "--predictions", "\x1b[31m\n{.csv"], 2), (["no-such-verb"], 2), (["--version"], 0)])
@pytest.mark.usefixtures("there")
def test_however_a_run_ends_its_end_is_told(words: list[str], code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Errors and names that would break a line or a terminal are inside of JSON; the exit code is the program's own."""
    monkeypatch.setenv("GATE_LOG", "json")

    assert main(words) == code
    said = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert (said[-1]["event"], said[-1]["exit_code"]) == ("end", code)
    assert "verdict" not in said[-1]


def test_runs_add_up_for_prometheus(there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdicts, exit codes and seconds are counted over runs; what is blocked is not counted as passed, nor is what was not judged."""
    monkeypatch.setenv("GATE_METRICS", str(there / "metrics" / "gate.prom"))
    codes = [main(CHECK), main(CHECK), main(["check", "--predictions", "unfair.csv"]), main(["check", "--predictions", "nowhere.csv"])]
    found = _values(there / "metrics" / "gate.prom")

    assert codes == [0, 0, 1, 2]
    assert {labels: value for (name, labels), value in found.items() if name == "gate_verdicts_total"} == {
        ("loans", "high", "passed"): 2,
        ("loans", "high", "blocked"): 1,
    }
    assert [found["gate_runs_total", ("gate check", code)] for code in "012"] == [2, 1, 1]
    assert found["gate_run_seconds_total", ("gate check",)] > 0


def test_a_file_that_cannot_be_written_changes_no_answer(there: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, and the exit code is that of the check, passed or blocked."""
    (there / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("GATE_METRICS", str(there / "file" / "gate.prom"))

    assert [main(CHECK), main(["check", "--predictions", "unfair.csv"])] == [0, 1]
    assert capsys.readouterr().err.count("the file of metrics could not be written") == 2


def test_what_is_no_line_of_ours_is_dropped_and_names_are_escaped(tmp_path: Path) -> None:
    """A file that was damaged, or belongs to something else, is read as far as it is ours; any name of a model survives."""
    path = tmp_path / "gate.prom"
    name = 'm"\\\n} 1\ngate_runs_total 9'
    path.write_text('gate_runs_total{command="x",exit_code="0"} 3\nother_total 5\ngate_runs_total{broken 1\ngate_looks{} x\n\x00', encoding="utf-8")
    for _ in range(2):
        update(path, [Sample(name="gate_verdicts_total", labels=(("model", name), ("tier", "t"), ("verdict", "passed")), value=1)])

    assert _values(path) == {("gate_runs_total", ("x", "0")): 3, ("gate_verdicts_total", (name, "t", "passed")): 2}


def test_runs_at_once_lose_none(tmp_path: Path) -> None:
    """Two writers, thirty times each: sixty, and no file left beside it but the lock."""
    path = tmp_path / "gate.prom"
    sample = Sample(name="gate_run_seconds_total", labels=(("command", "c"),), value=1)
    threads = [threading.Thread(target=lambda: [update(path, [sample]) for _ in range(30)]) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert _values(path) == {("gate_run_seconds_total", ("c",)): 60}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [".gate.prom.lock", "gate.prom"]


def test_what_a_board_no_longer_has_is_gone(tmp_path: Path) -> None:
    """Whoever replaces a family drops what was not looked at, and leaves the others."""
    path = tmp_path / "gate.prom"
    until = "gate_override_until_timestamp_seconds"
    old, new, other = (Sample(name=name, labels=(("model", model),), value=1) for name, model in ((until, "old"), (until, "new"), ("gate_looks", "m")))
    update(path, [old, other])
    update(path, [new], instead_of=[until])

    assert set(_values(path)) == {(until, ("new",)), ("gate_looks", ("m",))}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """A provider that the surrounding program has set."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


@pytest.mark.usefixtures("there")
def test_a_run_is_a_span_with_its_stages_below(spans: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below the job that started it, with verdict and exit code; a block is no error of the program, a failure is."""
    monkeypatch.setenv("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    assert main(["check", "--predictions", "unfair.csv"]) == 1
    *stages, run = spans.get_finished_spans()
    assert run.context is not None
    assert run.parent is not None

    assert (run.name, run.attributes["gate.verdict"], run.attributes["gate.exit_code"]) == ("gate check", "blocked", 1)  # type: ignore[index]
    assert f"{run.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert {span.parent.span_id for span in stages if span.parent is not None} == {run.context.span_id}
    assert "counting rows per group" in {span.attributes["gate.stage"] for span in stages if span.attributes is not None}
    assert run.status.is_unset


@pytest.mark.usefixtures("there")
def test_spans_that_cannot_be_sent_are_said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra nothing is sent, and the answer is what it was."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1")
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)

    assert main(CHECK) == 0
    assert "fairness-gate[otel] is not installed" in capsys.readouterr().err


@pytest.mark.parametrize("closed", ["2>/dev/full", "2>&-", "2> >(head -n 1 > /dev/null)"])
def test_standard_error_that_nobody_takes_changes_no_answer(there: Path, closed: str) -> None:
    """Full, closed, or a reader that leaves after one line: what passed still exits 0."""
    words = f"{shlex.quote(sys.executable)} -m gate {shlex.join(CHECK)} {closed}"
    run = subprocess.run(["bash", "-c", words], cwd=there, env={**os.environ, "GATE_LOG": "json"}, stdout=subprocess.DEVNULL, check=False)

    assert run.returncode == 0


class _Broken:
    """A tracer, or a span of one, of which one call fails."""

    def __init__(self, failing: str) -> None:
        self.failing = failing

    def __getattr__(self, called: str) -> Any:  # noqa: ANN401 -- any method of OpenTelemetry
        def call(*_: object, **__: object) -> Any:  # noqa: ANN401 -- as above
            if called == self.failing:
                raise RuntimeError(called)
            return self

        return call


@pytest.mark.parametrize("failing", ["tracer", "start_span", "set_attributes", "end", "flush"])
def test_a_tracer_that_fails_changes_no_answer(there: Path, failing: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it does: it is said once, the exit code is that of the check, and the other numbers are written."""
    broken = _Broken(failing)
    monkeypatch.setattr("gate.cli.observed._tracer", lambda: (broken, broken.flush) if failing != "tracer" else broken.nothing(1 / 0))
    monkeypatch.setattr("opentelemetry.trace.set_span_in_context", lambda _: None)
    monkeypatch.setenv("GATE_METRICS", "gate.prom")

    assert main(CHECK) == 0
    assert capsys.readouterr().err.count("not everything could be told of this run") == 1
    assert main(["check", "--predictions", "unfair.csv"]) == 1
    assert _values(there / "gate.prom")["gate_runs_total", ("gate check", "1")] == 1


def test_what_the_monitor_said_last_is_told(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer holds, the others are 0."""
    monkeypatch.chdir(site.folder)
    site.log(rows(range(7)))
    monkeypatch.setenv("GATE_METRICS", "gate.prom")

    assert main(["monitor", "log.parquet", "--as-of", day(7).isoformat()]) == 0
    found = _values(site.folder / "gate.prom")
    assert {labels[1]: value for (name, labels), value in found.items() if name == "gate_monitor_answer"} == {"alarm": 0, "inconclusive": 0, "quiet": 1}


def test_a_monitor_that_could_not_judge_leaves_no_answer_standing(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quiet, then a store that is damaged: no answer holds, and the last run ended with 4."""
    monkeypatch.chdir(site.folder)
    site.log(rows(range(7)))
    monkeypatch.setenv("GATE_METRICS", "gate.prom")
    words = ["monitor", "log.parquet", "--as-of", day(7).isoformat(), "--store"]
    (site.folder / "damaged.duckdb").write_bytes(b"no database" * 1000)

    assert [main([*words, store]) for store in ("store.duckdb", "damaged.duckdb")] == [0, 4]
    found = _values(site.folder / "gate.prom")
    assert {labels[1]: value for (name, labels), value in found.items() if name == "gate_monitor_answer"} == {"alarm": 0, "inconclusive": 0, "quiet": 0}
    assert found["gate_last_run_timestamp_seconds", ("gate monitor", "4")] >= found["gate_last_run_timestamp_seconds", ("gate monitor", "0")]


def test_one_that_stays_tells_after_every_run(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it waits the file holds every run that is over, each counted once, and the answer of the last; its end is no run of its own."""
    monkeypatch.chdir(site.folder)
    site.log(rows(range(7)))
    metrics, seen = site.folder / "gate.prom", list[dict[tuple[str, tuple[str, ...]], float]]()
    monkeypatch.setenv("GATE_METRICS", str(metrics))

    def wait(_stop: object, _seconds: float) -> bool:
        seen.append(_values(metrics))
        (site.folder / "log.parquet").unlink(missing_ok=True)  # the next run cannot judge
        return len(seen) == 2

    monkeypatch.setattr("gate.monitor.follow.Stop.wait", wait)
    code = main(["monitor", "log.parquet", "--follow"])
    answers = [{labels[1] for (name, labels), value in found.items() if name == "gate_monitor_answer" and value} for found in (*seen, _values(metrics))]
    runs = [sum(value for (name, _), value in found.items() if name == "gate_runs_total") for found in (*seen, _values(metrics))]

    assert (len(answers[0]), answers[1:], runs, code) == (1, [set(), set()], [1, 2, 2], 2)


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A model that is watched."""
    return Site.new(tmp_path)
