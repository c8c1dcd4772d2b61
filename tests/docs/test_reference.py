"""What the reference pages list is what the program has."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

import pytest
from samples import decision
from typer.main import get_command

from gate.cli.app import app
from gate.cli.exit_codes import MEANING
from gate.core.decision import Verdict
from gate.core.metric import REGRESSION_RATES, Form, Metric, Rate
from gate.metrics.catalogue import CATALOGUE, REPORTED
from gate.metrics.kinds import SCORE_RATES
from gate.policy.config_file import ConfigFile
from gate.policy.policy_file import OWN_CHECKS, PolicyFile
from gate.policy.schema import Strict
from gate.record.decision import decision_json
from gate.report.wording import promise

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"
README = ROOT / "README.md"


def _page(name: str) -> str:
    return (REFERENCE / name).read_text(encoding="utf-8")


def _rows(text: str, heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    below = re.split(rf"^## {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
    lines = re.split(r"^## ", below, maxsplit=1, flags=re.MULTILINE)[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return [row for row in cells[2:] if not set("".join(row)) <= {"-"}]


def _quoted(cell: str) -> list[str]:
    return re.findall(r"`([^`]*)`", cell)


# ------------------------------------------------------------------------------------------------- the command line


def _commands(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:  # noqa: ANN401 -- typer's own click
    yield words
    for name, inner in getattr(command, "commands", {}).items():
        yield from _commands(inner, (*words, name))


COMMANDS = [" ".join(("gate", *words)) for words in _commands(get_command(app))]


def _help(command: str) -> str:
    """The help text at 80 columns, as a user sees it."""
    words = [sys.executable, "-m", "gate", *command.split()[1:], "--help"]
    environment = {**os.environ, "COLUMNS": "80", "NO_COLOR": "1"}
    printed = subprocess.run(words, capture_output=True, text=True, check=True, env=environment, cwd=ROOT).stdout
    return "\n".join(line.rstrip() for line in printed.strip().splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_stands_in_the_reference(command: str) -> None:
    """docs/reference/cli.md shows exactly what `--help` prints."""
    section = re.split(rf"^## {re.escape(command)}$", _page("cli.md"), maxsplit=1, flags=re.MULTILINE)[-1]
    shown = re.search(r"^```text\n(.*?)\n```$", section, re.DOTALL | re.MULTILINE)

    assert shown is not None
    assert _help(command) == shown[1]


def test_the_readme_shows_the_help() -> None:
    """The README's text is what `gate --help` prints."""
    shown = re.search(r"^```text\n(Usage: gate .*?)\n```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)

    assert shown is not None
    assert _help("gate") == shown[1]


@pytest.mark.parametrize("page", [README, REFERENCE / "exit-codes.md"], ids=lambda page: page.name)
def test_exit_codes_mean_what_the_program_says(page: Path) -> None:
    """The table of exit codes is the program's, row by row."""
    table = re.search(r"^\| code \| meaning \|\n\|---\|---\|\n((?:\|.*\n)+)", page.read_text(encoding="utf-8"), re.MULTILINE)

    assert table is not None
    assert [f"| {code.value} | {meaning} |" for code, meaning in MEANING.items()] == table[1].splitlines()


def test_the_readme_quotes_the_promise() -> None:
    """The promise in the README is the sentence that every card prints."""
    assert promise(decision(Verdict.PASSED, ())) in README.read_text(encoding="utf-8")


# ------------------------------------------------------------------------------------------------------------- keys


def _inside(annotation: Any) -> Iterator[tuple[str, type[Strict]]]:  # noqa: ANN401 -- any type expression
    """The mapping that a field holds, and what its key is called: `` for itself, `[]` in a list, `.*` under names."""
    if isinstance(annotation, type) and issubclass(annotation, Strict):
        yield "", annotation
    origin = getattr(annotation, "__origin__", None)
    for argument in get_args(annotation):
        step = {list: "[]", dict: ".*"}.get(origin, "")
        yield from ((step + rest, model) for rest, model in _inside(argument))


def _keys(model: type[Strict], at: str = "") -> Iterator[tuple[str, str | None]]:
    """Every key with its default as a page writes it; None where the page may say it in its own way."""
    for name, field in model.model_fields.items():
        key = f"{at}{field.alias or name}"
        inner = [*_inside(field.annotation)]
        if not inner or (any(step for step, _ in inner) and field.is_required()):
            yield key, "required" if field.is_required() else _default(field.get_default(call_default_factory=True))
        elif any(step for step, _ in inner):
            yield key, None
        for step, below in inner:
            yield from _keys(below, f"{key}{step}.")


def _default(value: object) -> str | None:
    match value:
        case None:
            return "none"
        case "":
            return "empty"
        case StrEnum():
            return f"`{value.value}`"
        case float() | int():
            return f"`{str(value).lower() if isinstance(value, bool) else format(value, 'g')}`"
        case str():
            return f"`{value}`"
        case _:
            return None


def _refused(model: type[Strict], at: str = "") -> Iterator[str]:
    """Every key that the gate knows and does not act on."""
    yield from (at + key for key in model.unsupported)
    for name, field in model.model_fields.items():
        if field.description == "Not supported yet.":
            yield at + (field.alias or name)
        for step, below in _inside(field.annotation):
            yield from _refused(below, f"{at}{field.alias or name}{step}.")


FILES = {
    "policy-keys.md": (PolicyFile, ("The file", "A rule")),
    "config-keys.md": (ConfigFile, ("The file", "A model")),
}


@pytest.mark.parametrize("page", FILES)
def test_every_key_and_its_default_is_documented(page: str) -> None:
    """The tables of keys name every key of the file's model, no other, and its default."""
    model, headings = FILES[page]
    shown = {_quoted(row[0])[0]: row[1] for heading in headings for row in _rows(_page(page), heading)}
    refused = {*_refused(model)}
    known = {key: default for key, default in _keys(model) if key not in refused}

    assert sorted(known) == sorted(shown)
    assert {key: default for key, default in known.items() if default} == {key: shown[key] for key, default in known.items() if default}


@pytest.mark.parametrize("page", ["policy-keys.md"])
def test_every_key_that_is_refused_is_documented(page: str) -> None:
    """The tables name every key that is known and not supported yet, and no other."""
    shown = [_quoted(row[0])[0] for row in _rows(_page(page), "Known, and refused")]

    assert sorted(_refused(FILES[page][0])) == sorted(shown)
    assert not [*_refused(ConfigFile)]


# ---------------------------------------------------------------------------------------------------------- metrics


def test_every_rate_is_documented() -> None:
    """The page lists every rate with its other names, formula and source."""
    values = [metric for metric in CATALOGUE if metric.form is Form.VALUE]
    scores = [metric for metric in values if not SCORE_RATES.isdisjoint(metric.rates)]
    means = [metric for metric in values if metric not in scores and metric.rates[0] in REGRESSION_RATES]
    rates = [metric for metric in values if metric not in [*scores, *means]]
    expected = [[f"`{m.id}`", ", ".join(f"`{name}`" for name in m.aliases), m.formula, m.source] for m in rates]

    assert expected == _rows(_page("metrics.md"), "Rates")
    assert [f"`{metric.id}`" for metric in scores] == [row[0] for row in _rows(_page("metrics.md"), "Scores")]
    assert all(f"| {metric.formula} | {metric.source} |" in _page("metrics.md") for metric in scores)
    assert [rate.value for rate in Rate] == [metric.id for metric in [*rates, *scores, *means]]


def test_every_mean_of_errors_is_documented() -> None:
    """The table of regression metrics lists id, formula, namer and the endings that exist."""
    expected = [
        [f"`{metric.id}`", metric.formula, metric.source, ", ".join(f"`{other.id.removeprefix(metric.id)}`" for other in CATALOGUE if _of(metric, other))]
        for metric in CATALOGUE
        if metric.form is Form.VALUE and metric.rates[0] in REGRESSION_RATES - SCORE_RATES
    ]

    assert expected == _rows(_page("metrics.md"), "Means of errors (regression)")


def _of(metric: Metric, other: Metric) -> bool:
    return other.rates == metric.rates and other.form is not Form.VALUE


def test_every_reported_number_is_documented() -> None:
    """What is shown of scores and never judged stands on the page, with the reason that a rule on it is given."""
    rows = _rows(_page("metrics.md"), "Scores that are reported, never judged")

    assert [[f"`{name}`", reason] for name, reason in REPORTED.items()] == [[row[0], row[-1]] for row in rows]


def test_every_metric_follows_from_the_page() -> None:
    """Rates, rates with an ending, and the disparities with a name of their own are the whole catalogue."""
    page = _page("metrics.md")
    rates = [_quoted(row[0]) + _quoted(row[1]) for row in _rows(page, "Rates")]
    endings = [_quoted(row[0])[0] for row in _rows(page, "Over groups")]
    named = [name for row in _rows(page, "Disparities with names of their own") for name in _quoted(row[0]) + _quoted(row[1])]
    scores = [name + ending for row in _rows(page, "Scores") for name in _quoted(row[0]) + _quoted(row[1]) for ending in ("", *_quoted(row[2]))]
    shown = [name + ending for names in rates for name in names for ending in ("", *endings)] + scores + named

    exceptions = re.split(r"^### Fewer endings$", page, maxsplit=1, flags=re.MULTILINE)[1].split("\n## ")[0]
    fewer = {line.split(":")[0]: _quoted(line.split(":")[1]) or endings for line in exceptions.splitlines() if line.startswith("- ")}
    for names, missing in fewer.items():
        aliases = [name for row in rates if row[0] in _quoted(names) for name in row]
        shown = [name for name in shown if name not in {alias + ending for alias in aliases for ending in missing}]
    means = _rows(page, "Means of errors (regression)")
    shown += [name + ending for row in means for name in _quoted(row[0]) for ending in ("", *_quoted(row[3]))]

    assert sorted(name for metric in CATALOGUE for name in (metric.id, *metric.aliases)) == sorted(shown)


# ------------------------------------------------------------------------------------------------------- the record


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A record that the program wrote, with an absent group, undeclared values and a missing label."""
    folder = tmp_path_factory.mktemp("record")
    lines = [f"{i % 2},{'ab'[i // 2 % 2]},{i // 4 % 2}" for i in range(400)]
    (folder / "t.csv").write_text("\n".join(["y,g,prediction", *lines, "1,z,1", ",a,0", "1,,1"]) + "\n", encoding="utf-8")
    feature = "{column: g, groups: [a, b, c]}"
    config = f"schema: gate.config/v1\nmodels: {{m: {{tier: high, task: binary_classification, data: {{label: y}}, sensitive_features: {{g: {feature}}}}}}}\n"
    (folder / "gate.yaml").write_text(config, encoding="utf-8")
    words = [sys.executable, "-m", "gate", "check", "--predictions", "t.csv", "--format", "json"]
    printed = subprocess.run(words, cwd=folder, capture_output=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)}).stdout
    return dict(json.loads(printed))


def test_every_field_of_the_record_is_documented(record: dict[str, Any]) -> None:
    """The page names every key of the record, no other, and the small ones of groups and coverage in its text."""
    page = _page("decision-json.md")
    top, finding = ([name for row in _rows(page, heading) for name in _quoted(row[0])] for heading in ("The record", "A finding"))
    small = {key for entry in (*record["groups"], *record["coverage"]) for key in entry} | {
        key for group in record["groups"] for metric in group["metrics"].values() for key in metric
    }

    assert sorted(record) == sorted(top)
    assert sorted(record["findings"][0]) == sorted(finding)
    assert {key for key in small if f"`{key}`" not in page} == set()


def test_a_record_by_hand_has_the_same_fields(record: dict[str, Any]) -> None:
    """What the record room writes is what the program writes."""
    assert sorted(decision_json(decision(Verdict.PASSED, ()))) == sorted(record)


def test_every_check_of_our_own_is_documented() -> None:
    """The page lists the ids that no rule may have, and the finding that says that nothing was judged."""
    shown = {name for row in _rows(_page("decision-json.md"), "Ids of the gate's own checks") for name in _quoted(row[0])}

    assert {*OWN_CHECKS, "nothing-judged"} == shown
