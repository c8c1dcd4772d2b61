"""A metric of the policy's own advises: it never lets anything through, and never ends in a traceback."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from two_groups import FACTS, MODEL, TABLE
from two_groups import POLICY as FAIR
from two_groups import RULE as PARITY

from gate.cli import main
from gate.core.decision import Effect, Finding, Outcome, Verdict
from gate.core.facts import Facts, UserMetric, UserValue
from gate.core.policy import Enforcement, Policy, Rule, Scope, Threshold
from gate.errors import PolicyError
from gate.judge import judge
from gate.policy import load_policy
from gate.record.facts import facts_from_json, facts_json
from gate.stages.user_metrics import user_metrics

COST = '''
def cost(y_true, y_pred, *, sample_weight=None):
    """What a case costs: a miss five, a false alarm one."""
    miss = sample_weight[(y_true == 1) & (y_pred == 0)].sum()
    alarm = sample_weight[(y_true == 0) & (y_pred == 1)].sum()
    return (5 * miss + alarm) / sample_weight.sum()
'''
HEAD = "def cost(y_true, y_pred, *, sample_weight=None):\n    "
BAD = {
    "NaN": ("return float('nan')", "no finite number"),
    "infinity": ("return float('inf')", "no finite number"),
    "text": ("return 'fine'", "returned a str"),
    "truth": ("return True", "returned a bool"),
    "nothing": ("pass", "returned a NoneType"),
    "exception": ("return 1 / 0", "raised ZeroDivisionError"),
    "exit": ("raise SystemExit(0)", "raised SystemExit"),
    "changes its input": ("sample_weight[:] = 1\n    return 0.5", "changes its input"),
    "not deterministic": ("import itertools\n    cost.n = getattr(cost, 'n', 0) + 1\n    return float(cost.n)", "two numbers"),
    "constant": ("return 0.0", "does not move with the counts"),
}
POLICY = """\
schema: gate.policy/v1
tier: high
rules:
  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}
  - {id: cost, metric: "own:cost", scope: by_group, max: 1.9, enforcement: advisory}
"""


def _rule(scope: Scope = Scope.BY_GROUP, *, most: float = 5.0) -> Rule:
    return Rule(id="cost", metric="own:cost", threshold=Threshold(max=most), scope=scope, enforcement=Enforcement.ADVISORY)


def _policy(rule: Rule) -> Policy:
    return Policy(tier="t", rules=(PARITY, rule), evidence=FAIR.evidence)


def _found(folder: Path, rule: Rule) -> Finding:
    own = user_metrics(_policy(rule), MODEL, TABLE, folder=folder)
    return _judged(rule, own)


def _judged(rule: Rule, own: tuple[UserMetric, ...]) -> Finding:
    facts = Facts(candidate=FACTS.candidate, data=FACTS.data, predictions=FACTS.predictions, user_metrics=own)
    assert facts_from_json(json.loads(json.dumps(facts_json(facts)))) == facts
    return next(finding for finding in judge(_policy(rule), MODEL, TABLE, facts).findings if finding.rule == "cost")


def _own(folder: Path, text: str) -> Path:
    (folder / "own.py").write_text(text, encoding="utf-8")
    return folder


def test_it_is_evaluated_on_counts(tmp_path: Path) -> None:
    """(5 · 300 + 300) / 2000 = 0.9 for either group: within 5, beyond 0.5, undecided at 0.9; a gap of 0 is within 0.5."""
    _own(tmp_path, COST)
    at = {most: _found(tmp_path, _rule(most=most)) for most in (5.0, 0.5, 0.9)}

    assert [found.outcome for found in at.values()] == [Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE]
    assert {found.value for found in at.values()} == {0.9}
    assert {found.effect for found in at.values()} == {Effect.NONE}
    assert _found(tmp_path, _rule(Scope.BETWEEN_GROUPS, most=0.5)).outcome is Outcome.PASS


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_function_is_unevaluated(tmp_path: Path, kind: str) -> None:
    """Whatever it does, the finding is inconclusive and says why."""
    body, said = BAD[kind]
    found = _found(_own(tmp_path, HEAD + body), _rule())

    assert found.outcome is Outcome.INCONCLUSIVE
    assert said in (found.reason or "")


@pytest.mark.parametrize("text", ["raise RuntimeError('no')", "def other(): ...", "def cost(:", "cost = 3", "\x00"])
def test_a_bad_file_is_unevaluated(tmp_path: Path, text: str) -> None:
    """So is one that cannot be run, or that has no such function."""
    assert _found(_own(tmp_path, text), _rule()).outcome is Outcome.INCONCLUSIVE


def test_code_comes_from_beside_the_policy_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the current folder nor sys.path, where a candidate's code may lie, is looked in."""
    candidate, policies = tmp_path / "model", tmp_path / "policies"
    candidate.mkdir()
    policies.mkdir()
    _own(candidate, "raise SystemExit('candidate code ran')\n" + COST)
    monkeypatch.chdir(candidate)
    monkeypatch.syspath_prepend(str(candidate))
    monkeypatch.setenv("PYTHONPATH", ".")

    assert "there is no own.py beside the policy" in (_found(policies, _rule()).reason or "")


def test_a_missing_number_never_passes() -> None:
    """A record without the metric, without one group, or with an error of 0 proves nothing."""
    one = UserValue(feature="g", group="a", value=0.1, error=0.01)
    certain = UserValue(feature="g", group="b", value=0.1, error=0.0)
    for own in (
        (),
        (UserMetric(metric="own:cost", digest="sha256:0", values=(one,)),),
        (UserMetric(metric="own:cost", digest="sha256:0", values=(one, certain)),),
    ):
        assert _judged(_rule(), own).outcome is Outcome.INCONCLUSIVE


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(), st.floats()), min_size=2, max_size=2), st.sampled_from([Scope.BY_GROUP, Scope.BETWEEN_GROUPS]))
def test_no_recorded_number_has_an_effect(numbers: list[tuple[float, float]], scope: Scope) -> None:
    """Whatever stands in a record, NaN and infinity too: no effect, and a pass only of finite numbers."""
    values = tuple(UserValue(feature="g", group=group, value=value, error=error) for group, (value, error) in zip("ab", numbers, strict=True))
    facts = Facts(
        candidate=FACTS.candidate, data=FACTS.data, predictions=FACTS.predictions, user_metrics=(UserMetric(metric="own:cost", digest=None, values=values),)
    )
    found = judge(_policy(_rule(scope)), MODEL, TABLE, facts).findings[-1]

    assert found.effect is Effect.NONE
    if found.outcome is Outcome.PASS:
        assert all(abs(value) < float("inf") and 0 < error < float("inf") for value, error in numbers)


def _ratio(one: tuple[float, float], other: tuple[float, float], *, least: float = 0.8) -> Finding:
    values = tuple(UserValue(feature="g", group=group, value=value, error=error) for group, (value, error) in zip("ab", (one, other), strict=True))
    rule = replace(_rule(Scope.BETWEEN_GROUPS), threshold=Threshold(min=least))
    return _judged(rule, (UserMetric(metric="own:cost", digest="sha256:0", values=values),))


def test_a_ratio_over_groups_is_the_smallest_over_the_largest() -> None:
    """0.5 over 1 is half, whichever group has it; equal numbers pass, half is found to fail, and in between nothing is shown."""
    sure, half, near = _ratio((1.0, 0.01), (1.0, 0.01)), _ratio((1.0, 0.01), (0.5, 0.01)), _ratio((0.82, 0.05), (1.0, 0.05))

    assert [found.outcome for found in (sure, half, near)] == [Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE]
    assert (half.value, half.groups) == (0.5, ("b", "a"))
    assert _ratio((0.5, 0.01), (1.0, 0.01)).groups == ("a", "b")
    assert "own:cost (b / a) is 0.5" in half.message
    assert {found.effect for found in (sure, half, near)} == {Effect.NONE}


@pytest.mark.parametrize("number", [(0.0, 0.01), (-1.0, 0.01), (0.02, 0.01), (1.0, 0.0)])
def test_nothing_passes_that_cannot_be_divided_by(number: tuple[float, float]) -> None:
    """Two numbers below 0 have a ratio above 0 that means nothing, and a number near 0 makes any ratio: inconclusive, with the reason."""
    for found in (_ratio(number, (1.0, 0.01)), _ratio((1.0, 0.01), number), _ratio(number, number)):
        assert found.outcome is Outcome.INCONCLUSIVE
        assert found.value is None
        assert found.reason


def test_alone_it_lets_nothing_through(tmp_path: Path) -> None:
    """A policy of nothing but such rules has judged nothing."""
    policy = Policy(tier="t", rules=(_rule(),))
    facts = Facts(
        candidate=FACTS.candidate, data=FACTS.data, predictions=FACTS.predictions, user_metrics=user_metrics(policy, MODEL, TABLE, folder=_own(tmp_path, COST))
    )

    assert judge(policy, MODEL, TABLE, facts).verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize(
    "rule",
    [
        "scope: by_group, max: 1, enforcement: soft-mandatory",
        "scope: by_group, max: 1, enforcement: hard-mandatory",
        "max: 1, enforcement: advisory",
        "scope: overall, enforcement: advisory",
        "scope: between_groups, min: 1.5, enforcement: advisory",
        "scope: between_groups, min: 0, enforcement: advisory",
        "scope: between_groups, max: -1, enforcement: advisory",
        "scope: overall, versus: champion, max_drop: 0.1, enforcement: advisory",
    ],
)
def test_a_rule_that_could_block_is_refused(tmp_path: Path, rule: str) -> None:
    """Only advice with a scope and one bound can be meant."""
    (tmp_path / "p.yaml").write_text(f'schema: gate.policy/v1\ntier: high\nrules:\n  - {{id: c, metric: "own:cost", {rule}}}\n', encoding="utf-8")

    with pytest.raises(PolicyError):
        load_policy(tmp_path / "p.yaml")


def test_a_check_replays_only_with_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Recorded with its digest; replay runs it from PYTHONPATH, and fails without it, with another file, or with other numbers."""
    case = Path(__file__).parent / "cases" / "inconclusive"
    _own(tmp_path, COST)
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    words = ["--predictions", str(case / "table.csv"), "--config", str(case / "gate.yaml"), "--policy", str(tmp_path / "policy.yaml"), "--no-record"]
    main(["check", *words, "--output", str(tmp_path / "out")])
    record = json.loads((tmp_path / "out" / "decision.json").read_text(encoding="utf-8"))
    capsys.readouterr()

    assert record["facts"]["user_metrics"][0]["digest"].startswith("sha256:")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    assert main(["replay", str(tmp_path / "out")]) == 1
    assert "not replayable here" in capsys.readouterr().out
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert main(["replay", str(tmp_path / "out")]) == 0
    _own(tmp_path, COST + "\n")
    assert main(["replay", str(tmp_path / "out")]) == 1


def test_the_catalogue_explains_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`gate metrics show` prints the docstring."""
    _own(tmp_path, COST)

    assert main(["metrics", "show", "own:cost", "--policies", str(tmp_path)]) == 0
    assert "a miss five" in capsys.readouterr().out
