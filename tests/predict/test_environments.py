"""Environments of a model's own: what uv is asked for, and that it is never asked for more than names and versions."""

import os
import stat
import sys
from pathlib import Path

import mlflow
import pytest

from gate.errors import SandboxError
from gate.predict import environments
from gate.predict.environments import needed, prepare

pytestmark = pytest.mark.mlflow

FAKE = """#!{python}
import os, pathlib, sys
if sys.argv[1] == "venv":
    place = pathlib.Path(sys.argv[-1])
    (place / "bin").mkdir(parents=True)
    (place / "bin" / "python").touch()
else:
    wanted = pathlib.Path(sys.argv[-1]).read_text().replace(chr(10), ",")
    pathlib.Path({log!r}).open("a").write("|".join([" ".join(sys.argv[1:]), wanted, os.getcwd()]) + chr(10))
    {then}
"""


def _uv(folder: Path, monkeypatch: pytest.MonkeyPatch, then: str = "") -> Path:
    """A program named uv on PATH that writes down what it was asked; a cache of its own."""
    (folder / "bin").mkdir()
    program, log = folder / "bin" / "uv", folder / "asked"
    program.write_text(FAKE.format(python=sys.executable, log=str(log), then=then), encoding="utf-8")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
    return log


def test_what_the_worker_needs_is_added_once() -> None:
    """MLflow and pyarrow come where the model does not name them, MLflow in our version; what the model names stays."""
    ours = f"mlflow=={mlflow.__version__}"

    assert needed(["six==1.16.0"]) == (ours, "pyarrow", "six==1.16.0")
    assert needed(["mlflow==2.9.0", "PyArrow==15"]) == ("PyArrow==15", "mlflow==2.9.0")
    assert needed(["mlflow-skinny==3.1"]) == ("mlflow-skinny==3.1", "pyarrow")
    assert needed(["six", "numpy"]) == needed(["numpy", "six"])


@pytest.mark.parametrize("line", ["six @ https://127.0.0.1/six.whl", "./six.whl", "git+https://127.0.0.1/six", "six @ file:///six.whl", "--index-url x"])
def test_addresses_of_the_author_are_not_followed(line: str) -> None:
    """Only names and versions are installed: anything else would fetch, or build, what a stranger wrote down."""
    with pytest.raises(SandboxError, match="no name and version of a package"):
        needed([line])


def test_wheels_only_and_kept_by_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is built from source, uv is asked once for the same requirements, and in a folder without anybody's settings."""
    log = _uv(tmp_path, monkeypatch)
    first, again = prepare(["six==1.16.0"], tmp_path / "one"), prepare(["six==1.16.0"], tmp_path / "two")
    other = prepare(["six==1.17.0"], tmp_path / "three")
    asked = log.read_text(encoding="utf-8").splitlines()

    assert first.python == again.python != other.python
    assert (log.read_text(encoding="utf-8").count("pip install"), "--no-build" in asked[0]) == (2, True)
    assert (first.worker / "gate" / "predict" / "worker.py").is_file()
    assert str(tmp_path / "cache") in asked[-1].rpartition("|")[2]


def test_a_half_made_environment_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When uv fails, its words are quoted, nothing is kept, and the next check starts anew."""
    _uv(tmp_path, monkeypatch, "sys.stderr.write('no such wheel'); sys.exit(2)")
    with pytest.raises(SandboxError, match="no such wheel"):
        prepare(["six==1.16.0"], tmp_path / "one")

    assert [*environments.cache_folder().iterdir()] == []


def test_uv_that_is_not_there_is_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message says how to install it, and what else can be done."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(SandboxError) as caught:
        prepare(["six"], tmp_path / "one")

    assert "pip install uv" in caught.value.next_step
