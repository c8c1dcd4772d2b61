"""Workflows of a repository, run by act on this machine.

Two things are not GitHub's here: remote actions are stood in for by a few lines, and `$/`, GitHub's word for the
workflow's own repository, is written `./`, because act does not know it. Environments are not enforced by act.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["BIN", "Run", "act", "committed"]

BIN = Path(sys.executable).parent
_KEEPS = """\
name: upload-artifact
inputs: {name: {default: artifact}, path: {default: .}, if-no-files-found: {default: warn}}
runs:
  using: composite
  steps:
    - {shell: bash, run: 'mkdir -p "$KEPT" && cp -r "${{ inputs.path }}/." "$KEPT/" || true'}
"""
_NOTHING = "name: stub\nruns: {using: composite, steps: [{shell: bash, run: 'true'}]}\n"


@dataclass(frozen=True)
class Run:
    """How a run ended, what it printed, what it kept as artifact, and how each job ended."""

    code: int
    log: str
    kept: Path
    jobs: dict[str, bool] = field(default_factory=dict)

    def outputs(self, name: str) -> set[str]:
        """Every value that a step gave for this output."""
        return set(re.findall(rf"::set-output:: {name}=(.*)", self.log))


def committed(folder: Path) -> None:
    """Make the folder a repository with one commit, with workflows that act can read."""
    for path in (folder / ".github").rglob("*.yml"):
        path.write_text(path.read_text(encoding="utf-8").replace("uses: $/", "uses: ./"), encoding="utf-8")
    for words in (["init", "--quiet"], ["add", "--all"], ["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet", "--message", "all"]):
        subprocess.run(["git", *words], cwd=folder, check=True)


def act(
    folder: Path, workflow: str, *, environment: Mapping[str, str], secrets: Mapping[str, str], words: tuple[str, ...] = (), first: Path | None = None
) -> Run:
    """Run a workflow of the repository, as if somebody had started it by hand.

    Args:
        folder: the repository.
        workflow: the name of the file.
        environment: variables of every job.
        secrets: the repository's secrets.
        words: more options of act.
        first: a folder whose programs are found before the installed ones.
    """
    kept = folder.parent / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    command = [str(BIN / "act"), "workflow_dispatch", "-W", f".github/workflows/{workflow}", "-P", "ubuntu-latest=-self-hosted", *words]
    command += [word for name, value in {**environment, "KEPT": str(kept)}.items() for word in ("--env", f"{name}={value}")]
    command += [word for name, value in secrets.items() for word in ("-s", f"{name}={value}")]
    command += [word for uses in _remote(folder) for word in ("--local-repository", f"{uses}={_stub(uses, folder.parent / 'stubs')}")]
    own = {name: value for name, value in os.environ.items() if not name.startswith(("GATE_", "GITHUB_", "MLFLOW_"))}
    own |= {"PATH": os.pathsep.join([*([str(first)] if first else []), str(BIN), os.environ["PATH"]]), "XDG_CACHE_HOME": str(folder.parent / "cache")}
    done = subprocess.run(command, cwd=folder, env=own, capture_output=True, text=True, timeout=300, check=False)
    ended = re.findall(r"\[[^\]]*?/([^/\]]*?) *\] 🏁  Job (succeeded|failed)", done.stdout)
    return Run(code=done.returncode, log=done.stdout + done.stderr, kept=kept, jobs={job: how == "succeeded" for job, how in ended})


def _remote(folder: Path) -> set[str]:
    texts = [path.read_text(encoding="utf-8") for path in (folder / ".github").rglob("*.yml")]
    return {uses for text in texts for uses in re.findall(r"uses: ([\w-]+/[\w-]+@[0-9a-f]{40})", text)}


def _stub(uses: str, stubs: Path) -> Path:
    place = stubs / uses.partition("@")[0]
    place.mkdir(parents=True, exist_ok=True)
    (place / "action.yml").write_text(_KEEPS if "upload-artifact" in uses else _NOTHING, encoding="utf-8")
    return place
