"""Lint over files and folders, and the verbs of `gate policy`."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from gate.cli.policy import app
from gate.errors import PolicyError
from gate.policy import lint, load_policy, shipped_policies

Write = Callable[[str, str], Path]

POLICY = """\
schema: gate.policy/v1
tier: limited
rules:
  - {id: a, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}
"""
CONFIG = """\
schema: gate.config/v1
models:
  m:
    tier: limited
    task: binary_classification
    data: {label: y}
    sensitive_features:
      g: {column: g, groups: {0: a, 1: b}}
"""


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `gate policy …`."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    return result.exit_code, result.stdout, result.stderr


def test_a_folder_is_linted_in_order_and_to_the_bottom(write: Write, tmp_path: Path) -> None:
    """Every YAML file counts, of either suffix, in subfolders too; other files do not."""
    write("b.yaml", "")
    write("a.yml", "")
    write("c/d.yaml", "")
    write("e.json", "")
    files = [problem.path.relative_to(tmp_path).as_posix() for problem in lint([tmp_path])]

    assert files == ["a.yml", "b.yaml", "c/d.yaml"]


def test_a_configuration_is_linted_with_its_policies(write: Write) -> None:
    """A `gate.yaml` is only good when the policies that it names are."""
    good = lint([write("gate.yaml", CONFIG)])
    policy = write("policies/limited.yaml", POLICY.replace("0.1", "10"))
    bad = lint([write("gate.yaml", CONFIG)])

    assert good == ()
    assert [(problem.path, problem.line) for problem in bad] == [(policy, 4)]


def test_a_tier_without_a_policy_is_shown_where_it_is_named(write: Write) -> None:
    """The problem stands in `gate.yaml`, at the tier."""
    write("policies/low.yaml", POLICY)
    problem = lint([write("gate.yaml", CONFIG)])[0]

    assert (problem.line, problem.column, problem.message.split(" in ")[0]) == (4, 11, "there is no policy of tier 'limited'")


def test_a_configuration_without_its_schema_is_linted_as_one(write: Write) -> None:
    """A forgotten `schema` gives one problem, not one for each key."""
    problems = lint([write("gate.yaml", CONFIG.replace("schema: gate.config/v1\n", ""))])

    assert [problem.message for problem in problems] == ["`schema` is missing"]


def test_a_broken_parent_is_reported_once(write: Write, tmp_path: Path) -> None:
    """Three children of one broken policy do not repeat its problem."""
    write("parent.yaml", POLICY.replace("0.1", "10"))
    for number in range(3):
        write(f"{number}.yaml", "schema: gate.policy/v1\ntier: x\nextends: parent.yaml\n")

    assert [problem.path.name for problem in lint([tmp_path])] == ["parent.yaml"]


def test_looking_at_nothing_is_a_problem(tmp_path: Path) -> None:
    """No path, an empty folder and a missing file never look like success."""
    counts = [len(lint(paths)) for paths in ([], [tmp_path], [tmp_path / "nothing.yaml"])]

    assert counts == [1, 1, 1]


def test_lint_prints_places_and_exits_with_2(write: Write) -> None:
    """Each problem is a line that editors and CI logs turn into a link; a summary follows."""
    path = write("p.yaml", POLICY.replace("tier: limited", "tier: limited\ntear: x"))
    code, out, err = run("lint", path)

    assert (code, out) == (2, "")
    assert err.splitlines() == [f"{path}:3:1: `tear` is not a key of a policy. Did you mean `tier`?", "1 file, 1 problem"]


def test_lint_of_good_files_exits_with_0(write: Write, tmp_path: Path) -> None:
    """Success says how many files were looked at."""
    write("a.yaml", POLICY)
    write("b.yaml", POLICY)

    assert run("lint", tmp_path) == (0, "", "2 files, no problems\n")


def test_what_a_file_says_cannot_act_on_the_terminal(write: Write) -> None:
    """Names of files and keys are printed without anything that a terminal obeys."""
    _, _, err = run("lint", write("a\x1b[31m.yaml", POLICY + "\u202ekey: 1\n"))

    assert "\x1b" not in err
    assert "\u202e" not in err


def test_show_prints_a_policy_that_means_the_same(write: Write) -> None:
    """What is shown can be saved, linted and judged by, with the same digest."""
    path = write("p.yaml", POLICY)
    code, out, _ = run("show", path)
    shown = write("shown.yaml", out)

    assert code == 0
    assert load_policy(shown).document == load_policy(path).document


def test_show_as_json_is_the_effective_policy(write: Write) -> None:
    """Scripts read exactly what a decision would bind."""
    path = write("p.yaml", POLICY)
    _, out, _ = run("show", path, "--format", "json")

    assert json.loads(out) == load_policy(path).document.effective


def test_show_takes_a_tier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Write) -> None:
    """A bare word is a tier of ./policies, or of the shipped policies where there is no such folder."""
    monkeypatch.chdir(tmp_path)
    shipped = yaml.safe_load(run("show", "limited")[1])
    write("policies/limited.yaml", POLICY)
    own = yaml.safe_load(run("show", "limited")[1])

    assert shipped == load_policy(shipped_policies() / "limited.yaml").document.effective
    assert own == load_policy(Path("policies/limited.yaml")).document.effective


def test_show_of_an_unknown_tier_is_a_policy_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out is in the message, and the command line turns it into exit code 2."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PolicyError, match="Did you mean `high`"):
        run("show", "hihg")


def test_a_folder_with_one_file_per_model_is_linted_once(tmp_path: Path) -> None:
    """Files of `gate.d` are looked at together with gate.yaml: its policies, and the line of the file that is wrong."""
    features = "    sensitive_features:\n      g: {{column: g, groups: [a, b]}}\n"
    model = "models:\n  {name}:\n    tier: {tier}\n    task: binary_classification\n    data: {{label: y}}\n" + features
    policy = "schema: gate.policy/v1\ntier: own\nrules:\n  - {id: a, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}\n"
    for name, text in {
        "gate.yaml": "schema: gate.config/v1\npolicies: rules\n",
        "rules/own.yaml": policy,
        "gate.d/good.yaml": "schema: gate.config/v1\n" + model.format(name="good", tier="own"),
        "gate.d/other.yaml": "schema: gate.config/v1\n" + model.format(name="other", tier="none"),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = lint([tmp_path])

    assert [(problem.path, problem.line) for problem in found] == [(tmp_path / "gate.d" / "other.yaml", 4)]
    assert "no policy of tier 'none'" in found[0].message
