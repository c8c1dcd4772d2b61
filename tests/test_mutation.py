"""How mutants are drawn, tried and counted: a mistake that no test notices never counts as noticed."""

import importlib.util
import re
import signal
from pathlib import Path
from types import ModuleType

import pytest
from mutmut.mutation.file_mutation import mutate_file_contents

FOLDER = Path(__file__).resolve().parents[1] / "pipelines" / "mutation"
MODULE = """
def half(number):
    return number / 2


def looked_away(number):
    return number + 1


def endless(number):
    while number > 0:
        number = number - 1
    return number


def alone(number):
    return number * 3
"""
TESTS = """
from thing import endless, half, looked_away


def test_half():
    assert half(3) == 1.5


def test_that_looks_away():
    looked_away(1)


def test_that_fails_anyhow():
    assert looked_away(1) == 3


def test_an_end():
    assert endless(2) == 0
"""


def _module(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"mutation_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


run, trials = _module("run"), _module("trials")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What becomes of every mutant of a small module."""
    folder = tmp_path_factory.mktemp("mutants")
    code = mutate_file_contents("thing.py", MODULE).code
    (folder / "thing.py").write_text(code, encoding="utf-8")
    (folder / "test_thing.py").write_text(TESTS, encoding="utf-8")
    (folder / "pyproject.toml").write_text('[tool.mutmut]\nsource_paths = ["."]\n', encoding="utf-8")
    names = [f"thing.{name}" for name in re.findall(r"def (x\S*__mutmut_\d+)\(", code)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUTANTS_LEAST", "1")
        return run.tried(names, folder / "trials" / "1", 1, copy=folder, words=["test_thing.py"])


@pytest.mark.parametrize(
    ("function", "outcomes"),
    [
        pytest.param("half", {"killed"}, id="a test asserts the number"),
        pytest.param("looked_away", {"survived"}, id="one test asserts nothing, and one fails without any mutant"),
        pytest.param("endless", {"killed", "survived", "timeout"}, id="a loop without an end is stopped"),
        pytest.param("alone", {"no test"}, id="no test reaches it"),
    ],
)
def test_a_mutant_is_noticed_where_a_test_fails_because_of_it(found: dict[str, str], function: str, outcomes: set[str]) -> None:
    """Every mutant of a function has the outcome that its tests deserve."""
    assert outcomes == {outcome for mutant, outcome in found.items() if mutant.startswith(f"thing.x_{function}__")}


def test_the_quickest_tests_that_reach_a_function_are_taken() -> None:
    """Never one that fails without a mutant, is slow, or does not reach it; at least one, however slow the budget finds it."""
    tests = [
        trials.Reached(functions=frozenset({"f"}), seconds=seconds, passed=passed)
        for seconds, passed in ((1.9, True), (0.1, True), (0.2, False), (trials.LONGEST + 1, True), (1.95, True), (1.8, True))
    ] + [trials.Reached(functions=frozenset({"g"}), seconds=0.01, passed=True)]

    assert trials.chosen("f", tests) == [1, 5, 0]
    assert trials.chosen("h", tests) == []


@pytest.mark.parametrize(
    ("status", "expected"),
    [(0, "survived"), (1 << 8, "killed"), (int(signal.SIGXCPU), "timeout"), (int(signal.SIGKILL), "timeout"), (int(signal.SIGSEGV), "killed")],
)
def test_how_a_process_ends_says_what_was_noticed(status: int, expected: str) -> None:
    """Only a process that ends with 0 survived."""
    assert trials.outcome(status) == expected


def test_a_sample_is_drawn_from_every_module_in_its_share() -> None:
    """The same seed draws the same mutants, another one others; none comes twice; small modules are not left out."""
    mutants = {"large": [f"large.{i}" for i in range(900)], "small": [f"small.{i}" for i in range(3)], "middle": [f"m.{i}" for i in range(97)], "none": []}
    drawn = run.sample(mutants, 100, 1)

    assert [sum(name in drawn for name in mutants[module]) for module in mutants] == [90, 1, 10, 0]
    assert len(drawn) == len(set(drawn))
    assert drawn == run.sample(mutants, 100, 1) != run.sample(mutants, 100, 2)


def test_the_page_counts_what_was_sampled_and_lists_what_was_not_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mutant that no test reaches is not left out of the share."""
    monkeypatch.setattr(run, "change", lambda mutant: f"-a +b of {mutant}")
    mutants = {"gate.judge.one": ["gate.judge.one.x_f__mutmut_1", "gate.judge.one.x_f__mutmut_2", "gate.judge.one.x_f__mutmut_3"], "gate.judge.two": []}
    outcomes = dict(zip(mutants["gate.judge.one"], ("killed", "no test", "timeout"), strict=True))
    page = run.page(mutants, outcomes, 7)

    assert "3 mutants in all, 3 sampled: 1 killed, 1 timeout, 0 survived, 1 no test. **66.7%** noticed (95 % interval 9.4% to 99.2%)" in page
    assert "| `judge.one` | 3 | 3 | 1 | 1 | 0 | 1 |" in page
    assert "| `judge.one.x_f__mutmut_2` | `` -a +b of gate.judge.one.x_f__mutmut_2 `` |" in page
    assert "x_f__mutmut_1`" not in page


def test_a_change_is_shown_as_lines_before_and_after(tmp_path: Path) -> None:
    """Of a function in a module and of a method."""
    source = "class A:\n    def f(self, x):\n        y = 1\n        return x + y\n\n\ndef g(x):\n    return x < 3\n"
    (tmp_path / "m.py").write_text(mutate_file_contents("m.py", source).code, encoding="utf-8")

    assert run.change("m.x_g__mutmut_1", tmp_path) == "- return x < 3 + return x <= 3"
    assert run.change("m.xǁAǁf__mutmut_1", tmp_path) == "- y = 1 + y = None"
