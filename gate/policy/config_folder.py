"""`gate.yaml` and the files of `gate.d` beside it: one configuration in several files, one per model."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gate.policy.config_file import CONFIG, ConfigFile
from gate.policy.places import is_file, is_folder
from gate.policy.problems import FaultyConfigError, FaultyFileError, Problem, quoted
from gate.policy.schema import Document, read

__all__ = ["FOLDER", "read_all"]

FOLDER = "gate.d"
"""The folder beside `gate.yaml` that holds one file per model."""


def read_all(path: Path) -> tuple[Document[ConfigFile], ...]:
    """The file itself, then those of `gate.d` in the order of their names.

    Raises:
        FaultyConfigError: a file cannot be read or cannot be meant, a model stands in two of them, or there is none.
    """
    documents: list[Document[ConfigFile]] = []
    problems: list[Problem] = []
    for file in (path, *_files(path.parent / FOLDER)):
        try:
            documents.append(read(file, CONFIG))
        except FaultyFileError as faulty:
            problems.extend(faulty.problems)
    problems = problems or [*_of_names(path.parent / FOLDER), *_of_policies(documents[1:]), *_of_models(documents)]
    if problems:
        raise FaultyConfigError(problems)
    return tuple(documents)


def _files(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(file for file in folder.glob("*.yaml") if is_file(file))) if is_folder(folder) else ()


def _of_names(folder: Path) -> Iterator[Problem]:
    """YAML that would be overlooked."""
    if is_folder(folder):
        for file in sorted((*folder.glob("*.yml"), *folder.glob("*/**/*.y*ml"))):
            yield Problem(path=file, message=f"the models of this file would be ignored: {FOLDER} is read as {FOLDER}/*.yaml", next_step="Rename or move it.")


def _of_policies(documents: Sequence[Document[ConfigFile]]) -> Iterator[Problem]:
    """Policies, ledger, engine and places of alarms are said once, so that no file lowers the bar for its own model."""
    for document in documents:
        for key in ("policies", "ledger", "engine", "alarms"):
            if getattr(document.model, key) is not None:
                yield _problem(document, key, f"`{key}` belongs into gate.yaml, which names it for all models", "Remove it here.")


def _of_models(documents: Sequence[Document[ConfigFile]]) -> Iterator[Problem]:
    """There are models, and each stands in one file."""
    seen: dict[str, Path] = {}
    for document in documents:
        for name in document.model.models:
            if name in seen:
                message = f"the model {quoted(name)} is defined twice: in {seen[name]} and in {document.path}"
                yield _problem(document, "models", message, "Keep one of them.", name)
            seen.setdefault(name, document.path)
        if not document.model.models and (len(documents) == 1 or document is not documents[0]):
            what = "`models` is empty" if "models" in document.model.model_fields_set else "`models` is missing"
            yield _problem(document, "models", what, "Add the model that is to be judged.")
    if not seen and len(documents) > 1:
        yield _problem(documents[0], "models", "no file defines a model", "Add the model that is to be judged.")


def _problem(document: Document[ConfigFile], key: str, message: str, next_step: str, *below: str) -> Problem:
    return Problem(path=document.path, message=message, next_step=next_step, mark=document.tree.mark((key, *below), at_key=True))
