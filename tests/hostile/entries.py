"""What each model of the zoo says about itself, read without running a line of it, and the folder that MLflow sees."""

import ast
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

__all__ = ["HEADER", "MODELS", "Entry", "entries", "table", "write_model"]

MODELS = Path(__file__).with_name("models")
CAGE = Path(__file__).with_name("cage.py")
SIGNATURE = [{"name": name, "type": "double", "required": True} for name in ("income", "debt")]
HEADER = {"exit", "finding", "check", "words", "needs", "seconds", "files", "links", "pickle", "mlmodel", "inputs", "score", "shell"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One model: one attack.

    Args:
        name: the file without `.py`.
        attack: what it does, the first line of its docstring.
        exit: the exit code of `gate check`; 0 only for the honest ones, which prove that the zoo can tell.
        finding: the findings that stop it, parted by spaces; empty where no decision is written (exits 2 and 4) or none is due.
        check: the checks that the finding may name, where several ways of stopping it are equally good.
        words: a part of what the finding or the message says.
        needs: the guarantees without which the attack would rightly succeed; backends that lack one are not tried.
        seconds: the wall clock that the candidate gets; short for those that use all of it.
        files: further files of the model, by path.
        links: symbolic links of the model, from path to target.
        pickle: what lies in `python_model.pkl`; then MLflow unpickles it.
        mlmodel: the text of the `MLmodel` file, where it is the attack.
        inputs: the columns of the signature.
        score: whether it is asked for scores instead of labels.
        shell: whether the case runs `python -m gate` from its start, as a pipeline would, with the limits that ship.
    """

    name: str
    attack: str
    exit: int = 1
    finding: str = "candidate-misbehaved"
    check: tuple[str, ...] = ()
    words: str = ""
    needs: tuple[str, ...] = ()
    seconds: float = 60.0
    files: dict[str, str] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    pickle: bytes = b""
    mlmodel: str = ""
    inputs: tuple[str, ...] = ("income", "debt")
    score: bool = False
    shell: bool = False


def entries() -> tuple[Entry, ...]:
    """Every model of the zoo, by name."""
    return tuple(_entry(path) for path in sorted(MODELS.glob("*.py")))


def table() -> str:
    """Every model, what it does, what stops it and which guarantee that takes, as Markdown."""
    rows = (f"| {entry.name} | {entry.attack} | {_stopped_by(entry)} | {', '.join(entry.needs)} |" for entry in entries())
    return "\n".join(("| model | what it does | what stops it | guarantee needed |", "|---|---|---|---|", *rows)) + "\n"


def _stopped_by(entry: Entry) -> str:
    match entry.exit:
        case 0:
            return "nothing: exit 0"
        case 1:
            return f"{entry.finding}{': ' if entry.check else ''}{' or '.join(entry.check)}"
        case code:
            return f"exit {code}"


def write_model(entry: Entry, folder: Path, aim: dict[str, Any]) -> None:
    """The files of a registered version; `aim` tells the model where everything is that it is to attack."""
    contents = {
        "code/attack.py": (MODELS / f"{entry.name}.py").read_bytes(),
        "code/cage.py": CAGE.read_bytes(),
        "data/aim.json": json.dumps(aim).encode(),
        "MLmodel": (entry.mlmodel or _mlmodel(entry)).encode(),
        **({"python_model.pkl": entry.pickle} if entry.pickle else {}),
        **{name: text.encode() for name, text in entry.files.items()},
    }
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_aimed(content, aim))
    for name, target in entry.links.items():
        (folder / name).symlink_to(_aimed(target.encode(), aim).decode())


def _aimed(payload: bytes, aim: dict[str, Any]) -> bytes:
    """The payload with `<name>` replaced by what `aim` says of it."""
    for key, value in aim.items():
        payload = payload.replace(f"<{key}>".encode(), str(value).encode())
    return payload


def _mlmodel(entry: Entry) -> str:
    flavor: dict[str, object] = {"loader_module": "cage", "code": "code", "data": "data", "env": None, "python_version": "3.11.7"}
    if entry.pickle:
        flavor |= {"loader_module": "mlflow.pyfunc.model", "python_model": "python_model.pkl", "cloudpickle_version": "3.0.0"}
        del flavor["data"]
    columns = [column for column in SIGNATURE if column["name"] in entry.inputs]
    columns += [{"name": name, "type": "long", "required": True} for name in entry.inputs if name not in {"income", "debt"}]
    signature = {"inputs": json.dumps(columns), "outputs": None, "params": None}
    return yaml.safe_dump({"flavors": {"python_function": flavor}, "mlflow_version": "3.0.0", "signature": signature})


def _entry(path: Path) -> Entry:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.lower() in HEADER and node.targets[0].id.isupper():
            said[node.targets[0].id.lower()] = ast.literal_eval(node.value)
    if isinstance(said.get("check"), str):
        said["check"] = (said["check"],)
    attack = (ast.get_docstring(tree) or "").splitlines()[0]
    return Entry(name=path.stem, attack=attack, **said)


if __name__ == "__main__":
    page = Path(__file__).with_name("README.md")
    page.write_text(page.read_text(encoding="utf-8").partition("| model | what")[0] + table(), encoding="utf-8")
