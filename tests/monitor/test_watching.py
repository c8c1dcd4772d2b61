"""Rules over time: which are watched, what alarms, and that what is tighter never alarms less."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from two_groups import MODEL, RULE
from two_groups import POLICY as BASE

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.monitoring import Monitoring
from gate.core.policy import Policy, Rule, Scope, Threshold
from gate.judge.watching import State, Watched, Window, summed, unwatchable, watched

WITHIN, BEYOND, FAR = (0.45, 0.42), (0.55, 0.4), (0.7, 0.4)


def _windows(rates: tuple[float, float], days: int, *, seed: int = 3, rows: int = 60, first: int = 0, fpr: float | None = None) -> tuple[Window, ...]:
    """Windows of one day in which groups a and b are selected, and found when positive, at some rates."""
    rng, found = np.random.default_rng(seed), []
    for day in range(first, first + days):
        cells = [
            ConfusionCounts(tp=int(x), fn=rows - int(x), tn=int(z), fp=rows - int(z))
            for x, z in ((rng.binomial(rows, p), rng.binomial(rows, 1 - (p if fpr is None else fpr))) for p in rates)
        ]
        groups = tuple(GroupCounts(feature="g", group=name, counts=counts) for name, counts in zip("ab", cells, strict=True))
        found.append(Window(starts=date(2026, 1, 5) + timedelta(days=day), table=ContingencyTable(overall=cells[0] + cells[1], groups=groups)))
    return tuple(found)


def _one(policy: Policy, windows: tuple[Window, ...]) -> Watched:
    (found,) = watched(policy, MODEL, selections=windows, outcomes=windows)
    return found


def _policy(rule: Rule = RULE, **terms: object) -> Policy:
    return replace(BASE, rules=(rule,), monitoring=Monitoring(**terms))  # type: ignore[arg-type]


@pytest.mark.parametrize(("rates", "state"), [(WITHIN, State.WITHIN), (FAR, State.ALARM)])
def test_only_what_is_beyond_the_bound_alarms(rates: tuple[float, float], state: State) -> None:
    """A gap of .03 never alarms in these forty days, one of .30 does, with its day."""
    found = _one(_policy(), _windows(rates, 40))

    assert found.state is state
    assert found.groups == ("a", "b")
    assert (found.since is not None) is (state is State.ALARM)


def test_an_alarm_stays() -> None:
    """Months of good days afterwards do not take an alarm back."""
    windows = (*_windows(FAR, 20), *_windows((0.4, 0.4), 100, first=20))
    found = _one(_policy(), windows)

    assert found.state is State.ALARM
    assert found.since is not None
    assert found.since < date(2026, 1, 25)


RULES = {
    "ratio": ({"metric": "demographic_parity_ratio", "threshold": Threshold(min=0.8)}, FAR),
    "floor of a group": ({"metric": "true_positive_rate", "scope": Scope.BY_GROUP, "threshold": Threshold(min=0.6)}, FAR),
    "floor of all rows": ({"metric": "accuracy", "scope": Scope.OVERALL, "threshold": Threshold(min=0.6)}, (0.4, 0.4)),
    "ceiling": ({"metric": "false_negative_rate_group_max", "threshold": Threshold(max=0.4)}, FAR),
    "either rate": ({"metric": "equalized_odds_difference", "threshold": Threshold(max=0.1)}, FAR),
    "differential fairness": ({"metric": "differential_fairness", "threshold": Threshold(max=0.2)}, FAR),
    "f1": ({"metric": "f1_score", "scope": Scope.BY_GROUP, "threshold": Threshold(min=0.7)}, FAR),
}


@pytest.mark.parametrize("kind", RULES)
def test_every_kind_of_rule_on_shares_is_watched(kind: str) -> None:
    """Differences, ratios, floors and ceilings alarm where they are broken for good, and not where they hold."""
    changes, rates = RULES[kind]
    rule = replace(RULE, **changes)  # type: ignore[arg-type]

    assert _one(_policy(rule), _windows(rates, 40)).state is State.ALARM
    assert _one(_policy(rule), _windows((0.85, 0.85), 40, fpr=0.15)).state is State.WITHIN


@pytest.mark.parametrize(("metric", "rate"), [("f1_score", 2 * 30 / (2 * 30 + 20 + 30)), ("true_positive_rate", 0.5), ("precision", 0.6)])
def test_the_rates_that_are_shown_are_the_metrics_own(metric: str, rate: float) -> None:
    """Not the share on which a claim about F1 is judged: 2 TP / (2 TP + FP + FN), over all windows."""
    counts = ConfusionCounts(tp=30, fn=30, fp=20, tn=40)
    groups = tuple(GroupCounts(feature="g", group=name, counts=counts) for name in "ab")
    window = Window(starts=date(2026, 1, 5), table=ContingencyTable(overall=counts + counts, groups=groups))
    found = _one(_policy(replace(RULE, metric=metric, scope=Scope.BY_GROUP, threshold=Threshold(min=0.9))), (window, replace(window, starts=date(2026, 1, 6))))

    assert found.rates == (pytest.approx(rate),)


@pytest.mark.parametrize(
    ("metric", "changes"),
    [
        ("balanced_accuracy_difference", {}),
        ("f1_score_difference", {}),
        ("roc_auc_score_difference", {}),
        ("treatment_equality_difference", {}),
        ("own:metric", {}),
        ("true_positive_rate", {"versus": "champion", "threshold": Threshold(max_drop=0.05)}),
    ],
)
def test_what_cannot_be_watched_says_why(metric: str, changes: dict[str, object]) -> None:
    """A rule without evidence that adds up is named with its reason, never watched as something else."""
    rule = replace(RULE, metric=metric, **changes)  # type: ignore[arg-type]

    assert unwatchable(rule)
    assert [*watched(_policy(rule), MODEL, selections=_windows(FAR, 3), outcomes=_windows(FAR, 3))] == []


def test_a_warning_comes_before_an_alarm_and_changes_nothing_else() -> None:
    """Evidence between the two levels is a warning."""
    for days in range(1, 40):
        found = _one(_policy(), _windows(BEYOND, days))
        if found.state is not State.WITHIN:
            break

    assert found.state is State.WARNING
    assert found.needed / 4 <= found.evidence < found.needed


def test_few_rows_on_the_recent_days_are_told() -> None:
    """Rows of long ago do not count as rows of late."""
    windows = (*_windows(WITHIN, 10), *_windows(WITHIN, 1, rows=5, first=60))
    found = _one(_policy(min_rows=30, recent_days=28), windows)

    assert (found.state, found.few) == (State.TOO_FEW, ("a", "b"))


def test_more_alarms_never_come_of_a_looser_level() -> None:
    """A smaller share of false alarms is reached later, or not at all."""
    windows = _windows(FAR, 30)
    strict, loose = _one(_policy(alarm=0.2), windows), _one(_policy(alarm=0.0001), windows)

    assert strict.since is not None
    assert loose.since is None or strict.since <= loose.since


def test_the_reference_group_is_heeded() -> None:
    """Only the declared pairs are claims: a protected group that is ahead raises no alarm."""
    (feature,) = MODEL.sensitive_features
    model = replace(MODEL, sensitive_features=(replace(feature, protected=("a",)),))
    windows = _windows(FAR, 40)
    (found,) = watched(_policy(), model, selections=windows, outcomes=windows)

    assert found.state is State.WITHIN
    assert found.needed == pytest.approx(20)


def test_no_window_says_nothing() -> None:
    """Without a window there is no sum and no answer."""
    assert summed(()) is None
    assert [*watched(_policy(), MODEL, selections=(), outcomes=())] == []
