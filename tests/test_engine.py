"""Which engine counts: nothing is ever counted by another one than was asked for."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gate.cli import main

GATE = """\
schema: gate.config/v1
%smodels:
  m:
    tier: limited
    task: binary_classification
    data: {label: y%s}
    sensitive_features:
      g: {column: g, groups: [a, b]}
"""


def _check(folder: Path, *words: str, top: str = "", data: str = "") -> int:
    (folder / "gate.yaml").write_text(GATE % (top, data), encoding="utf-8")
    (folder / "t.csv").write_text("g,y,prediction\na,1,1\nb,0,0\n", encoding="utf-8")
    given = words if "m/1" in words or "--endpoint" in words else ("--predictions", str(folder / "t.csv"), *words)
    return main(["check", *given, "--config", str(folder / "gate.yaml"), "--no-record"])


@pytest.mark.parametrize("words", [("m/1",), ("--endpoint", "http://127.0.0.1:1/invocations", "--model-name", "m")])
def test_spark_asks_no_model_yet(words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A registered model and an endpoint are refused before anything is fetched, and not judged by the other engine."""
    assert _check(tmp_path, *words, "--engine", "spark") == 2
    assert "it cannot ask a model for them yet" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize(
    ("data", "key"), [(", expectations: suite.json", "data.expectations"), (", attributes: {uri: a.parquet, join_on: id}", "data.attributes")]
)
def test_what_spark_cannot_do_is_refused(data: str, key: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A suite is not skipped, and attributes are not joined in another place."""
    assert _check(tmp_path, "--engine", "spark", data=data) == 2
    assert f"the engine spark cannot do what {key} asks yet" in " ".join(capsys.readouterr().err.split())


def test_without_pyspark_nothing_is_judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Where the extra is not installed the check says how to get it, and does not fall back."""
    for name in ("pyspark", "pyspark.sql", "pyspark.errors"):
        monkeypatch.setitem(sys.modules, name, None)

    assert _check(tmp_path, top="engine: spark\n") == 2
    assert "pip install fairness-gate[spark]" in " ".join(capsys.readouterr().err.split())


@pytest.mark.parametrize("written", ["sparc", "SPARK", "", "[spark]", "1"])
def test_an_unknown_engine_is_refused(written: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An engine that nobody knows is an error in the file, not the default."""
    assert _check(tmp_path, top=f"engine: '{written}'\n" if not written.startswith("[") else f"engine: {written}\n") == 2
    assert "engine" in capsys.readouterr().err


def test_the_option_goes_before_the_file(tmp_path: Path) -> None:
    """`--engine duckdb` counts here what gate.yaml would send to a cluster."""
    assert _check(tmp_path, "--engine", "duckdb", top="engine: spark\n") in {1, 3}


def test_the_engine_belongs_into_the_main_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One file per model does not choose its own engine."""
    (tmp_path / "gate.d").mkdir()
    (tmp_path / "gate.d" / "n.yaml").write_text((GATE % ("engine: spark\n", "")).replace("  m:", "  n:"), encoding="utf-8")

    assert _check(tmp_path, "--model-name", "m") == 2
    assert "`engine` belongs into gate.yaml" in " ".join(capsys.readouterr().err.split())


@pytest.mark.spark
def test_without_java_nothing_is_judged(tmp_path: Path) -> None:
    """Where Java does not start, the check could not judge (exit 4) and says so without a traceback."""
    _check(tmp_path, "--engine", "duckdb")
    words = ["check", "--predictions", "t.csv", "--engine", "spark", "--no-record"]
    surroundings = {**os.environ, "JAVA_HOME": str(tmp_path / "no-java")}
    done = subprocess.run([sys.executable, "-m", "gate", *words], cwd=tmp_path, env=surroundings, capture_output=True, text=True, check=False)

    assert done.returncode == 4, done.stderr
    assert "Spark does not start" in done.stderr
    assert "Traceback" not in done.stderr
