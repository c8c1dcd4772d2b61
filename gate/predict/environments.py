"""Python environments of a model's own: made by uv from the requirements that were recorded with it, kept by their digest.

This is the only step of a trial that needs a network, and it is over before any code of the model runs. Only wheels are
installed, by name and version: building from source, or following an address that the model's author wrote down, would
run code of strangers outside the sandbox. What is installed runs inside it alone.
"""

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from gate.errors import SandboxError
from gate.predict.requirements import parsed

__all__ = ["Environment", "cache_folder", "needed", "prepare"]

_SECONDS = 1800
_QUOTED = 800
_OWN = ("mlflow", "pyarrow")
_STANDS_FOR = {"mlflow": {"mlflow", "mlflow-skinny"}}
_NEXT = "Nothing of the model has run. Check network and index, or install the requirements beside the gate and use `--env-manager local`."


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A Python for the child.

    Args:
        python: its interpreter; never started outside the sandbox.
        worker: a folder that holds the gate's own code for the child.
        readable: what has to be readable for it to run.
    """

    python: Path
    worker: Path
    readable: tuple[Path, ...]


def prepare(lines: Iterable[str], workspace: Path) -> Environment:
    """The environment that these requirements ask for, from the cache or made by uv.

    Args:
        lines: the model's requirements.
        workspace: a private folder, for the gate's own code.

    Raises:
        SandboxError: uv is absent or failed, or a requirement is no name and version of a package.
    """
    wanted = needed(lines)
    kept = cache_folder() / hashlib.sha256(json.dumps([*wanted, platform.python_version(), sysconfig.get_platform()]).encode()).hexdigest()[:32]
    if not kept.is_dir():
        _make(wanted, kept)
    worker = workspace / "worker"
    shutil.copytree(Path(__file__).parents[1], worker / "gate", ignore=_code_alone, dirs_exist_ok=True)
    return Environment(python=kept / "bin" / "python", worker=worker, readable=(kept, worker, Path(sys.base_prefix)))


def needed(lines: Iterable[str]) -> tuple[str, ...]:
    """The requirements in one form and order, and what our own worker needs where they do not name it.

    Raises:
        SandboxError: a line is no name and version of a package.
    """
    found: dict[str, list[str]] = {}
    for line in lines:
        wanted = parsed(line)
        if wanted is None or wanted.url is not None:
            raise SandboxError("A requirement of the model is no name and version of a package", where=ascii(line)[:200], next_step=_NEXT)
        found.setdefault(canonicalize_name(wanted.name), []).append(str(wanted))
    own = [name for name in _OWN if found.keys().isdisjoint(_STANDS_FOR.get(name, {name}))]
    ours = [str(Requirement(f"mlflow=={metadata.version('mlflow')}")) if name == "mlflow" else name for name in own]
    return tuple(sorted([*(line for lines in found.values() for line in lines), *ours]))


def cache_folder() -> Path:
    """Where environments are kept."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "fairness-gate" / "environments"


def _make(wanted: Sequence[str], kept: Path) -> None:
    """Make an environment beside its place and move it there when it is whole: a half-made one is never used."""
    try:
        kept.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryDirectory(prefix="making-", dir=kept.parent) as place:
            made, requirements = Path(place) / "environment", Path(place) / "requirements.txt"
            requirements.write_text("\n".join(wanted) + "\n", encoding="utf-8")
            _uv(["venv", "--quiet", "--no-project", "--relocatable", "--python", sys.executable, str(made)], place)
            _uv(["pip", "install", "--quiet", "--no-build", "--python", str(made / "bin" / "python"), "--requirement", str(requirements)], place)
            if not kept.is_dir():  # another gate may have been quicker
                made.rename(kept)
    except OSError as error:
        if not kept.is_dir():
            raise SandboxError(f"The environment could not be kept: {error}", where=str(kept), next_step=_NEXT) from error


def _uv(words: Sequence[str], folder: str) -> None:
    """Run uv in a folder without settings of any project."""
    kept_away = ("GATE_", "GITHUB_TOKEN", "MLFLOW_TRACKING_")  # keys and tokens are nothing that an installation needs
    own = {name: value for name, value in os.environ.items() if not name.startswith(kept_away)}
    environment = {name: value for name, value in own.items() if name not in {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}}
    try:
        done = subprocess.run(  # noqa: S603  uv, with words of our own and requirements that were parsed
            [_program(), *words], cwd=folder, env={**environment, "UV_PYTHON_DOWNLOADS": "never"}, capture_output=True, text=True, timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SandboxError(f"uv took longer than {_SECONDS} s to prepare the model's environment", next_step=_NEXT) from error
    if done.returncode != 0:
        said = " ".join(done.stderr.split())
        raise SandboxError(f"uv could not prepare the model's environment: {said[-_QUOTED:]}", next_step=_NEXT)


def _program() -> str:
    """The program uv: on PATH, or beside our own interpreter."""
    beside = Path(sys.executable).with_name("uv")
    found = shutil.which("uv") or (str(beside) if beside.is_file() else None)
    if found is None:
        raise SandboxError("--env-manager uv needs uv, which is not installed", next_step="Install it (`pip install uv`), or use `--env-manager local`.")
    return found


def _code_alone(_folder: str, names: list[str]) -> set[str]:
    """What the child does not need: whatever is no Python code."""
    return {name for name in names if name == "__pycache__" or ("." in name and not name.endswith(".py"))}
