"""The files, as text: nothing is written over, and what is written passes `gate policy lint`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from gate.core.model import Task
from gate.core.version import __version__
from gate.errors import StorageError, UsageError
from gate.policy import shipped_policies
from gate.policy.policy_file import POLICY
from gate.policy.schema import read
from gate.starter.groups import Value

__all__ = ["Feature", "Start", "planned", "written"]

_ACTION = "actions/fairness-gate/action.yml"
_WORKFLOWS = ("workflows/fairness-gate.yml", "workflows/monitor.yml")
_NAME = re.compile(r"[^\x00-\x1f\x7f{}$/:@]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A sensitive feature: a column with the values of its groups, or with the edges of its bins."""

    column: str
    groups: tuple[Value, ...] = ()
    bins: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What is known of a model when its repository meets the gate.

    Args:
        name: its name in the registry.
        tier: its risk tier; the policy of that name comes with the gate.
        task: what it answers.
        label: the column with the true outcome.
        features: whose groups are compared.
        data: the holdout as a path; None where predictions are judged.
        owner: who answers for it; None for nobody.
        approved_by: who approved its tier, somebody else; None for nobody yet.
        review_by: the last day on which the tier stands without being looked at again; None for ever.
        github: whether the workflows for GitHub Actions are wanted.
    """

    name: str
    tier: str
    task: Task
    label: str
    features: tuple[Feature, ...]
    data: str | None = None
    owner: str | None = None
    approved_by: str | None = None
    review_by: date | None = None
    github: bool = True


def planned(start: Start) -> Mapping[str, str]:
    """Path → text of every file, in the order in which a reader meets them.

    Raises:
        UsageError: the name could not stand in a workflow, or there is no such tier.
    """
    if not _NAME.fullmatch(start.name):
        raise UsageError("a model's name has no control characters, and none of {}$/:@", where="--name", next_step="Give the name in the registry.")
    tiers = sorted(path.stem for path in shipped_policies().glob("*.yaml"))
    if start.tier not in tiers:
        raise UsageError(f"no policy of tier {start.tier!r} comes with the gate", where="--tier", next_step=f"Start from one of: {', '.join(tiers)}.")
    files = {"gate.yaml": _filled("gate.yaml.j2", start), **_policies(shipped_policies() / f"{start.tier}.yaml")}
    if start.github:
        files |= {f".github/{name}": _shipped(name) for name in (_ACTION, *_WORKFLOWS)}
        files |= {f".github/workflows/model-{kind}.yml": _filled(f"model-{kind}.yml.j2", start) for kind in ("gate", "watch")}
    return files


def written(files: Mapping[str, str], folder: Path) -> tuple[str, ...]:
    """Write the files; none when one of them is there already.

    Raises:
        UsageError: a file is there already.
        StorageError: the folder cannot be written.
    """
    there = [name for name in files if (folder / name).exists()]
    if there:
        raise UsageError(f"there is a {there[0]} already", where=str(folder), next_step="Move it away first, or go on from it: nothing was written.")
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"a file cannot be written: {error.strerror}", where=str(folder), next_step="Give a folder that you may write to.") from error
    return tuple(files)


def _policies(path: Path) -> dict[str, str]:
    """A policy that comes with the gate, and those that it extends."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    parent = read(path, POLICY).model.extends
    above = {} if parent is None else _policies(path.parent / parent)
    return {f"policies/{path.name}": "".join(line for line in lines if not line.startswith("# yaml-language-server")), **above}


def _filled(template: str, start: Start) -> str:
    environment = Environment(loader=PackageLoader("gate.starter"), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True)  # noqa: S701 -- YAML
    environment.filters["yaml"] = lambda value: json.dumps(value, ensure_ascii=False)
    environment.block_start_string, environment.block_end_string = "<%", "%>"
    environment.variable_start_string, environment.variable_end_string = "<<", ">>"
    environment.trim_blocks = environment.lstrip_blocks = True
    return environment.get_template(template).render(start=start, version=__version__)


def _shipped(name: str) -> str:
    """A file of this repository's .github, which the wheel carries too."""
    inside, checkout = Path(__file__).parent / "github" / name, Path(__file__).parents[2] / ".github" / name
    return (inside if inside.is_file() else checkout).read_text(encoding="utf-8")
