"""Decisions made by hand, for tests of what is written about a decision; the numbers are those of a small loan holdout."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from math import sqrt

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts, Unassigned, UnassignedKind
from gate.core.decision import (
    CoverageEntry,
    Decision,
    Document,
    Effect,
    Estimate,
    Finding,
    GroupResult,
    Insufficient,
    Judgement,
    Levels,
    Outcome,
    RowsNeeded,
    Verdict,
)
from gate.core.facts import Candidate, DataFacts, EnvManager, ExpectationResult, ExpectationsFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model_files import ModelFiles, PickleFile
from gate.core.policy import Burden, Enforcement, Scope, Threshold

__all__ = ["DECISIONS", "blocked", "decision", "finding", "group", "hostile", "inconclusive", "many_groups", "misbehaved", "not_disproved", "passed"]

WHY = "Qualified applicants must be found equally often in every group."


def decision(
    verdict: Verdict,
    findings: Iterable[Finding],
    groups: Iterable[GroupResult] = (),
    *,
    coverage: Iterable[CoverageEntry] = (),
    tier: str = "high",
    looks: int | None = 1,
) -> Decision:
    """A decision about version 3 of a loan model with 995 rows."""
    results = tuple(groups)
    return Decision(
        tier=tier,
        judgement=Judgement(verdict=verdict, findings=tuple(findings), groups=results, coverage=tuple(coverage)),
        facts=Facts(
            candidate=Candidate(
                name="loan-approval", version="3", digest=_digest("c"), inputs=("loan_to_value", "debt_to_income", "credit_history"), run_id="5f0c"
            ),
            data=DataFacts(digest=_digest("d"), age_days=120, look=looks),
            predictions=PredictionFacts(source=PredictionSource.MODEL, sandbox="bubblewrap"),
            expectations=ExpectationsFacts(
                suite="loan-holdout",
                results=(ExpectationResult(expectation="expect_column_values_to_not_be_null", column="approve", success=True, unexpected_rows=0),),
            ),
        ),
        counts=ContingencyTable(
            overall=ConfusionCounts(tp=618, fp=94, tn=79, fn=204),
            groups=tuple(result.counts for result in results),
            unassigned=(Unassigned(feature="sex", kind=UnassignedKind.MISSING_VALUE, rows=8),),
        ),
        counts_digest=_digest("e"),
        policy=Document(digest=_digest("a"), effective={"tier": tier, "evidence": {"confidence": {"pass": 0.95, "fail": 0.99}}}),
        config=Document(digest=_digest("b"), effective={"models": {"loan-approval": {"tier": tier}}}),
        gate_version="0.1.0",
    )


def finding(rule: str, outcome: Outcome, effect: Effect = Effect.NONE, **changes: object) -> Finding:
    """A finding of a disparity rule on race, white against black, unless something else is said."""
    usual: dict[str, object] = {
        "metric": "equal_opportunity_difference",
        "scope": Scope.BETWEEN_GROUPS,
        "feature": "race",
        "groups": ("white", "black"),
        "enforcement": Enforcement.SOFT_MANDATORY,
        "burden_of_proof": Burden.CANDIDATE,
        "threshold": Threshold(max=0.10),
        "levels": Levels(passing=0.05, failing=0.01 / 6),
        "message": "",
    }
    return Finding(rule=rule, outcome=outcome, effect=effect, **{**usual, **changes})  # type: ignore[arg-type]


def group(feature: str, name: str, *, tp: int, fp: int, tn: int, fn: int) -> GroupResult:
    """A group with its selection rate, true positive rate and false positive rate, and roughly drawn bounds."""
    counts = ConfusionCounts(tp=tp, fp=fp, tn=tn, fn=fn)
    return GroupResult(
        counts=GroupCounts(feature=feature, group=name, counts=counts),
        metrics={
            "selection_rate": _rate(counts.selected, counts.rows),
            "true_positive_rate": _rate(tp, counts.positives),
            "false_positive_rate": _rate(fp, counts.negatives),
        },
    )


def _rate(part: int, whole: int) -> Estimate | Insufficient:
    if whole == 0:
        return Insufficient(reason="no rows to divide by")
    value = part / whole
    half = 1.645 * sqrt(max(value * (1 - value), 0.02) / whole)
    return Estimate(value=value, lower=max(0.0, value - half), upper=min(1.0, value + half), sufficient=whole >= 30)


def _digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


RACE = (
    group("race", "black", tp=41, fp=6, tn=20, fn=32),
    group("race", "hispanic", tp=31, fp=4, tn=9, fn=11),
    group("race", "white", tp=546, fp=91, tn=60, fn=144),
)
SEX = (group("sex", "female", tp=118, fp=17, tn=18, fn=37), group("sex", "male", tp=495, fp=76, tn=60, fn=166))
FAIRER_RACE = (
    group("race", "black", tp=56, fp=14, tn=12, fn=17),
    group("race", "hispanic", tp=34, fp=8, tn=5, fn=8),
    group("race", "white", tp=568, fp=91, tn=60, fn=122),
)
CROSSED = (
    group("race×sex", "black×female", tp=17, fp=3, tn=4, fn=6),
    group("race×sex", "black×male", tp=36, fp=8, tn=11, fn=14),
    group("race×sex", "hispanic×female", tp=0, fp=0, tn=0, fn=0),
    group("race×sex", "white×male", tp=426, fp=70, tn=45, fn=104),
)
LARGE = (
    group("race", "black", tp=1190, fp=280, tn=250, fn=280),
    group("race", "hispanic", tp=672, fp=140, tn=120, fn=168),
    group("race", "white", tp=11330, fp=1500, tn=1300, fn=2470),
    group("sex", "female", tp=3320, fp=500, tn=430, fn=680),
    group("sex", "male", tp=9872, fp=1420, tn=1240, fn=2238),
)
MISSING_SEX = CoverageEntry(feature="sex", kind="missing-value", rows=8, share=8 / 995)

_USEFUL = finding(
    "useful-at-all",
    Outcome.PASS,
    metric="balanced_accuracy",
    scope=Scope.OVERALL,
    feature=None,
    groups=(),
    enforcement=Enforcement.HARD_MANDATORY,
    threshold=Threshold(min=0.55),
    value=0.604,
    pair_value=0.604,
    lower=0.572,
    upper=0.637,
    message="balanced_accuracy is 0.604; the rate is proven to be at least 0.572, at least 0.55 is required",
    why="A model that is right no more often than a coin helps nobody.",
)
_SEX_OK = finding(
    "equal-opportunity",
    Outcome.PASS,
    feature="sex",
    groups=("female", "male"),
    value=0.012,
    pair_value=0.012,
    lower=-0.061,
    upper=0.084,
    message="true_positive_rate is 0.761 for female and 0.749 for male; the gap is proven to be at most 0.084, at most 0.1 is allowed",
    why=WHY,
)


def blocked() -> Decision:
    """Two of four rules are violated on race, one advisory rule as well."""
    opportunity = finding(
        "equal-opportunity",
        Outcome.FAIL,
        Effect.BLOCKS,
        value=0.2297,
        pair_value=0.2297,
        lower=0.106,
        upper=0.331,
        rows_needed_reason="violation proven",
        message="true_positive_rate is 0.791 for white and 0.562 for black; the gap is proven to be at least 0.106, at most 0.1 is allowed",
        why=WHY,
    )
    four_fifths = finding(
        "four-fifths",
        Outcome.FAIL,
        Effect.BLOCKS,
        metric="demographic_parity_ratio",
        enforcement=Enforcement.HARD_MANDATORY,
        threshold=Threshold(min=0.80),
        value=0.6268,
        pair_value=0.6268,
        lower=0.512,
        upper=0.768,
        rows_needed_reason="violation proven",
        message="selection_rate is 0.757 for white and 0.475 for black; the ratio is proven to be at most 0.768, at least 0.8 is required",
        why="The four-fifths rule of the US Uniform Guidelines, 29 CFR 1607.4(D).",
    )
    advisory = finding(
        "equalized-odds",
        Outcome.FAIL,
        metric="equalized_odds_difference",
        enforcement=Enforcement.ADVISORY,
        value=0.3719,
        pair_value=0.3719,
        lower=0.101,
        upper=0.552,
        rows_needed_reason="violation proven",
        message="false_positive_rate is 0.603 for white and 0.231 for black; the gap is proven to be at least 0.101, at most 0.1 is allowed",
    )
    return decision(Verdict.BLOCKED, (_USEFUL, _SEX_OK, advisory, opportunity, four_fifths), (*RACE, *SEX), coverage=(MISSING_SEX,))


def inconclusive() -> Decision:
    """One rule is undecided on race for want of rows; the others are met."""
    undecided = finding(
        "equal-opportunity",
        Outcome.INCONCLUSIVE,
        Effect.HOLDS,
        value=0.056,
        pair_value=0.056,
        lower=-0.021,
        upper=0.121,
        rows_needed=RowsNeeded(
            unit="positives",
            have={"black": 73, "hispanic": 42},
            if_equal={"black": 240, "hispanic": 210},
            if_half={"black": 780, "hispanic": 690},
            binding="hispanic",
        ),
        message="true_positive_rate is 0.823 for white and 0.767 for black; the gap may lie anywhere from -0.021 to 0.121, at most 0.1 is allowed",
        why=WHY,
    )
    return decision(Verdict.INCONCLUSIVE, (undecided, _SEX_OK, _USEFUL), (*FAIRER_RACE, *SEX), coverage=(MISSING_SEX,), looks=2)


def passed() -> Decision:
    """Every rule is proven met."""
    race = replace(
        _SEX_OK,
        feature="race",
        groups=("white", "hispanic"),
        value=0.021,
        pair_value=0.021,
        lower=-0.019,
        upper=0.046,
        message="true_positive_rate is 0.821 for white and 0.800 for hispanic; the gap is proven to be at most 0.046, at most 0.1 is allowed",
    )
    sex = replace(
        _SEX_OK,
        value=0.0148,
        pair_value=0.0148,
        lower=-0.007,
        upper=0.027,
        message="true_positive_rate is 0.830 for female and 0.815 for male; the gap is proven to be at most 0.027, at most 0.1 is allowed",
    )
    decided = decision(Verdict.PASSED, (race, sex, _USEFUL), LARGE)
    return replace(decided, counts=replace(decided.counts, overall=ConfusionCounts(tp=13192, fp=1920, tn=1670, fn=2918)))


def not_disproved() -> Decision:
    """The intersections are not disproved, under the gate's burden; one is too small to judge."""
    crossed = finding(
        "equal-opportunity",
        Outcome.INCONCLUSIVE,
        feature="race×sex",
        groups=("white×male", "black×male"),
        burden_of_proof=Burden.GATE,
        value=0.084,
        pair_value=0.084,
        lower=-0.032,
        upper=0.251,
        insufficient=("hispanic×female",),
        detectable_gap=0.27,
        rows_needed=RowsNeeded(unit="positives", have={"black×male": 50}, if_equal={"black×male": 155}, if_half=None, binding="black×male"),
        message=(
            "true_positive_rate is 0.804 for white×male and 0.720 for black×male; the gap may lie anywhere from -0.032 to 0.251, at most 0.1 is allowed; "
            "not disproved: a true value of 0.27 or more would have been caught with 80 % power; too few rows in hispanic×female: reported, not judged"
        ),
        why=WHY,
    )
    points = replace(
        _SEX_OK, rule="selection", metric="demographic_parity_difference", burden_of_proof=Burden.POINT_ESTIMATE, levels=None, why="", lower=None, upper=None
    )
    inapplicable = finding("calibration", Outcome.NOT_APPLICABLE, feature=None, groups=(), reason="not applicable", message="applies to task scores only")
    return decision(Verdict.PASSED, (crossed, _SEX_OK, points, _USEFUL, inapplicable), (*FAIRER_RACE, *SEX, *CROSSED), tier="limited", looks=None)


def misbehaved() -> Decision:
    """The candidate misbehaved, so that no rule could be judged."""
    only = finding(
        "candidate-misbehaved",
        Outcome.FAIL,
        Effect.BLOCKS,
        metric=None,
        scope=Scope.OVERALL,
        feature=None,
        groups=(),
        threshold=None,
        levels=None,
        burden_of_proof=None,
        enforcement=Enforcement.HARD_MANDATORY,
        reason="a check, not a metric",
        message="length: the candidate returned 12 predictions for 995 rows",
    )
    return decision(Verdict.BLOCKED, (only,))


def many_groups(amount: int = 300) -> Decision:
    """More groups than the record holds inline, and as many rules that pass."""
    groups = tuple(group("postcode", f"area-{place:03}", tp=place + 1, fp=1, tn=1, fn=1) for place in range(amount))
    deciding = finding("equal-opportunity", Outcome.FAIL, Effect.BLOCKS, feature="postcode", groups=("area-299", "area-000"), value=0.4, lower=0.2, upper=0.6)
    passes = tuple(replace(_SEX_OK, rule=f"rule-{place}") for place in range(20))
    return decision(Verdict.BLOCKED, (*passes, deciding), groups)


def hostile(text: str) -> Decision:
    """A blocked decision in which every name and sentence that a stranger could write is `text`."""
    number = Estimate(value=0.5, lower=0.4, upper=0.6)
    counts = GroupCounts(feature=text, group=text, counts=ConfusionCounts(tp=40, fp=40, tn=40, fn=40))
    bad = finding(
        text, Outcome.FAIL, Effect.BLOCKS, feature=text, groups=(text, text), value=0.3, lower=0.2, upper=0.4, message=text, why=text, rows_needed_reason=text
    )
    held = replace(
        bad, outcome=Outcome.INCONCLUSIVE, effect=Effect.HOLDS, rows_needed_reason=None,
        rows_needed=RowsNeeded(unit="rows", have={text: 1}, if_equal={text: 2}, if_half={text: 3}, binding=text),
    )  # fmt: skip
    check = replace(bad, rule="forbidden-input", metric=None, value=None, reason=text, groups=())
    base = decision(
        Verdict.BLOCKED,
        (bad, held, check),
        (
            GroupResult(counts=counts, metrics={"true_positive_rate": number}),
            GroupResult(counts=counts, metrics={"true_positive_rate": Insufficient(reason=text)}),
        ),
        coverage=(CoverageEntry(feature=text, kind="undeclared-value", rows=3, share=0.1, group=text, examples=(text, text)),),
        tier=text,
    )
    expectations = ExpectationsFacts(suite=text, results=(ExpectationResult(expectation=text, column=text, success=False, unexpected_rows=4),))
    pickles = tuple(PickleFile(path=text, imports=(text,), unread=text) for _ in range(2))
    files = ModelFiles(loader=text, flavors=(text,), signature=(text,), beside_skops=(text,), untrusted=(text,), pickles=pickles)
    facts = replace(
        base.facts,
        candidate=replace(base.facts.candidate, name=text, version=text, inputs=(text,)),
        predictions=replace(base.facts.predictions, env_manager=EnvManager.UV, differing=(text,)),
        expectations=expectations,
        model_files=files,
    )
    return replace(base, facts=facts, gate_version=text)


DECISIONS: Mapping[str, Callable[[], Decision]] = {
    "blocked": blocked,
    "inconclusive": inconclusive,
    "passed": passed,
    "not_disproved": not_disproved,
}
"""The samples that have golden outputs."""
