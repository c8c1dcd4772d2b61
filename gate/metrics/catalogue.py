"""The catalogue of metrics: one line each, looked up by id or by another name."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from gate.core.metric import Form, Metric, Rate
from gate.core.model import Task
from gate.metrics.kinds import AGAINST_OTHERS, SCORE_RATES, SIGNED, is_two_sided

__all__ = ["ADVISORY_ONLY", "CATALOGUE", "REPORTED", "UNCALIBRATED", "by_name", "explained", "meaning"]

_EVERY = (Form.DIFFERENCE, Form.RATIO, Form.GROUP_MIN, Form.GROUP_MAX)

_RATES: tuple[tuple[Rate, str, str, tuple[str, ...]], ...] = (
    (Rate.SELECTION_RATE, "(TP + FP) / N", "Fairlearn", ()),
    (Rate.ACCURACY, "(TP + TN) / N", "scikit-learn", ()),
    (Rate.BALANCED_ACCURACY, "(TPR + TNR) / 2", "scikit-learn", ()),
    (Rate.PRECISION, "TP / (TP + FP)", "scikit-learn", ("positive_predictive_value",)),
    (Rate.TRUE_POSITIVE_RATE, "TP / (TP + FN)", "Fairlearn", ("recall", "sensitivity")),
    (Rate.FALSE_POSITIVE_RATE, "FP / (FP + TN)", "Fairlearn", ()),
    (Rate.FALSE_NEGATIVE_RATE, "FN / (FN + TP)", "Fairlearn", ()),
    (Rate.TRUE_NEGATIVE_RATE, "TN / (TN + FP)", "Fairlearn", ("specificity",)),
    (Rate.FALSE_DISCOVERY_RATE, "FP / (FP + TP)", "1 − precision", ()),
    (Rate.FALSE_OMISSION_RATE, "FN / (FN + TN)", "1 − negative predictive value", ()),
    (Rate.F1_SCORE, "2 TP / (2 TP + FP + FN)", "scikit-learn", ()),
    (Rate.AVERAGE_ODDS, "(TPR + FPR) / 2", "AIF360", ()),
    (Rate.REJECTION_RATE, "(TN + FN) / N", "1 − selection rate", ()),
    (Rate.TREATMENT_EQUALITY, "FN / FP", "Berk et al. 2018", ()),
    (Rate.MATTHEWS_CORRCOEF, "(TP TN − FP FN) / √((TP + FP)(TP + FN)(TN + FP)(TN + FN))", "scikit-learn", ("phi_coefficient",)),
    (Rate.THEIL_INDEX, "mean of (b/μ) ln(b/μ), b = ŷ − y + 1, μ its mean", "Speicher et al. 2018", ()),
    (Rate.GENERALIZED_ENTROPY_INDEX, "mean of ((b/μ)² − 1) / 2, b = ŷ − y + 1, μ its mean", "Speicher et al. 2018, α = 2", ()),
)

_FEWER: Mapping[Rate, tuple[Form, ...]] = MappingProxyType(
    {
        Rate.AVERAGE_ODDS: (),  # a gap in one of its rates can hide a gap in the other: `average_abs_odds_difference` adds them
        Rate.MATTHEWS_CORRCOEF: (Form.DIFFERENCE, Form.GROUP_MIN, Form.GROUP_MAX),  # it may be negative: a ratio means nothing
        Rate.THEIL_INDEX: (),
        Rate.GENERALIZED_ENTROPY_INDEX: (),
    }
)
UNCALIBRATED = frozenset({Rate.TREATMENT_EQUALITY, Rate.MATTHEWS_CORRCOEF, Rate.THEIL_INDEX, Rate.GENERALIZED_ENTROPY_INDEX})
"""Rates whose limits, or whose contrasts, are approximate: rules on them are advisory."""

_FORMS: tuple[tuple[Form, str], ...] = (
    (Form.DIFFERENCE, "largest − smallest over groups of {}"),
    (Form.RATIO, "smallest / largest over groups of {}"),
    (Form.GROUP_MIN, "smallest over groups of {}"),
    (Form.GROUP_MAX, "largest over groups of {}"),
)


def _of_rates() -> Iterator[Metric]:
    """Every rate, and every rate over groups, under Fairlearn's names."""
    for rate, formula, source, names in _RATES:
        sure = rate not in UNCALIBRATED
        yield Metric(id=rate.value, rates=(rate,), form=Form.VALUE, aliases=names, formula=formula, source=source, calibrated=sure)
        for form, text in _FORMS:
            if form not in _FEWER.get(rate, _EVERY):
                continue
            aliases = tuple(f"{name}_{form.value}" for name in names)
            yield Metric(
                id=f"{rate.value}_{form.value}",
                rates=(rate,),
                form=form,
                aliases=aliases,
                formula=text.format(formula),
                source="Fairlearn's naming",
                calibrated=sure,
            )


def _named(
    name: str, rates: tuple[Rate, ...], formula: str, source: str, *, difference: tuple[str, ...] = (), ratio: tuple[str, ...] = ()
) -> tuple[Metric, Metric]:
    """A disparity with a name of its own: its difference and its ratio."""
    gap, ratio_of = f"largest − smallest over groups of {formula}", f"smallest / largest over groups of {formula}"
    return (
        Metric(id=f"{name}_difference", rates=rates, form=Form.DIFFERENCE, aliases=difference, formula=gap, source=source),
        Metric(id=f"{name}_ratio", rates=rates, form=Form.RATIO, aliases=ratio, formula=ratio_of, source=source),
    )


_FOUR = (Form.DIFFERENCE, Form.RATIO, Form.GROUP_MIN, Form.GROUP_MAX)
_SCORE_RATES: tuple[tuple[Rate, str, str, tuple[str, ...], tuple[Form, ...]], ...] = (
    (Rate.ROC_AUC_SCORE, "P(S of a positive > S of a negative) + P(equal) / 2", "scikit-learn; Borkan et al. 2019", ("auc", "subgroup_auc"), _FOUR),
    (Rate.BPSN_AUC, "P(S of others' positive > S of the group's negative) + P(equal) / 2", "Borkan et al. 2019", (), (Form.GROUP_MIN,)),
    (Rate.BNSP_AUC, "P(S of the group's positive > S of others' negative) + P(equal) / 2", "Borkan et al. 2019", (), (Form.GROUP_MIN,)),
    (
        Rate.MEAN_RESIDUAL,
        "mean of Y − S (or y − ŷ); its size where judged by itself",
        "calibration in the large",
        (),
        (Form.DIFFERENCE, Form.GROUP_MAX),
    ),
    (Rate.BRIER_SCORE_LOSS, "mean of (S − Y)²", "scikit-learn; Brier 1950", (), _FOUR),
    (Rate.LOG_LOSS, "mean of −ln of the score given to the true label", "scikit-learn", (), _FOUR),
    (Rate.POSITIVE_CLASS_MEAN_SCORE, "E[S | Y=1]", "Kleinberg et al. 2016", (), _FOUR),
    (Rate.NEGATIVE_CLASS_MEAN_SCORE, "E[S | Y=0]", "Kleinberg et al. 2016", (), _FOUR),
    (Rate.SCORING_RATE, "share of rows with a score above the median of all rows", "6 RCNY 5-300", (), _FOUR),
)


def _of_scores() -> Iterator[Metric]:
    """What a group's scores say, and the same over groups in the forms that make sense."""
    texts = dict(_FORMS)
    for rate, formula, source, names, forms in _SCORE_RATES:
        yield Metric(id=rate.value, rates=(rate,), form=Form.VALUE, aliases=names, formula=formula, source=source)
        for form in forms:
            aliases = tuple(f"{name}_{form.value}" for name in names)
            yield Metric(id=f"{rate.value}_{form.value}", rates=(rate,), form=form, aliases=aliases, formula=texts[form].format(formula), source=source)


def _balance(name: str, rate: Rate, formula: str) -> Metric:
    """Kleinberg's balance of a class: the gap between the mean scores that groups get in it."""
    gap = f"largest − smallest over groups of {formula}"
    names = (f"{name}_difference",)
    return Metric(id=name, rates=(rate,), form=Form.DIFFERENCE, aliases=names, formula=gap, source="Kleinberg et al. 2016")


_OF_REGRESSION: tuple[tuple[Rate, str, str, tuple[Form, ...]], ...] = (
    (Rate.MEAN_ABSOLUTE_ERROR, "mean of abs(ŷ − y)", "scikit-learn", _FOUR),
    (Rate.MEAN_SQUARED_ERROR, "mean of (ŷ − y)²", "scikit-learn", _FOUR),
    (Rate.R2_SCORE, "1 − Σ(ŷ − y)² / Σ(y − mean y)²", "scikit-learn", (Form.DIFFERENCE, Form.GROUP_MIN)),
)


def _of_regression() -> Iterator[Metric]:
    """Every mean of errors by itself and over groups; the mean residual stands with the scores, which have one too."""
    texts, tasks = dict(_FORMS), (Task.REGRESSION,)
    for rate, formula, source, forms in _OF_REGRESSION:
        yield Metric(id=rate.value, rates=(rate,), form=Form.VALUE, formula=formula, source=source, tasks=tasks)
        for form in forms:
            name = f"{rate.value}_{form.value}"
            yield Metric(id=name, rates=(rate,), form=form, formula=texts[form].format(formula), source="Fairlearn's naming", tasks=tasks)


_OF_RANKING: tuple[tuple[Rate, str, str], ...] = (
    (Rate.TOP_K_SELECTION_RATE, "share of rows among the first k places, in queries of more than k rows", "Singh and Joachims 2018"),
    (Rate.EXPOSURE, "mean of 1 / log₂(1 + place in the query)", "Singh and Joachims 2018"),
    (Rate.NDCG, "mean over queries of DCG / ideal DCG of the group's own list, DCG = Σ label / log₂(1 + place)", "scikit-learn; Järvelin and Kekäläinen 2002"),
)


def _of_ranking() -> Iterator[Metric]:
    """Places by themselves and over groups."""
    texts, tasks = dict(_FORMS), (Task.RANKING,)
    for rate, formula, source in _OF_RANKING:
        yield Metric(id=rate.value, rates=(rate,), form=Form.VALUE, formula=formula, source=source, tasks=tasks)
        for form in _FOUR:
            yield Metric(id=f"{rate.value}_{form.value}", rates=(rate,), form=form, formula=texts[form].format(formula), source=source, tasks=tasks)


def _for_tasks(metric: Metric) -> Metric:
    """Several classes have every rate of a binary answer, one class against the rest, but for balanced accuracy, which means another thing there.

    A regression has a mean residual as well.
    """
    if Rate.MEAN_RESIDUAL in metric.rates:
        return replace(metric, tasks=(Task.BINARY_CLASSIFICATION, Task.REGRESSION))
    halved = not {Rate.BALANCED_ACCURACY, Rate.AVERAGE_ODDS}.isdisjoint(metric.rates)
    binary = metric.logarithmic or not metric.calibrated or halved or not SCORE_RATES.isdisjoint(metric.rates)
    if metric.tasks != (Task.BINARY_CLASSIFICATION,) or binary:
        return metric
    return replace(metric, tasks=(*metric.tasks, Task.MULTICLASS_CLASSIFICATION))


_ALL: tuple[Metric, ...] = (
    *_of_rates(),
    *_of_scores(),
    *_named(
        "demographic_parity",
        (Rate.SELECTION_RATE,),
        "P(Ŷ=1)",
        "Dwork et al. 2012; Feldman et al. 2015; 29 CFR 1607.4(D)",
        difference=("statistical_parity_difference",),
        ratio=("disparate_impact", "impact_ratio", "adverse_impact_ratio", "adverse_impact"),
    ),
    *_named("equal_opportunity", (Rate.TRUE_POSITIVE_RATE,), "P(Ŷ=1 | Y=1)", "Hardt et al. 2016"),
    *_named("equalized_odds", (Rate.TRUE_POSITIVE_RATE, Rate.FALSE_POSITIVE_RATE), "P(Ŷ=1 | Y=y), the worse of y = 1 and y = 0", "Hardt et al. 2016"),
    *_named("predictive_parity", (Rate.PRECISION,), "P(Y=1 | Ŷ=1)", "Chouldechova 2017"),
    Metric(
        id="average_abs_odds_difference",
        rates=(Rate.AVERAGE_ODDS, Rate.BALANCED_ACCURACY),
        form=Form.DIFFERENCE,
        formula="largest over pairs of groups of (abs(TPR gap) + abs(FPR gap)) / 2",
        source="AIF360; Fairlearn's equalized odds with agg=mean",
    ),
    _balance("positive_class_balance", Rate.POSITIVE_CLASS_MEAN_SCORE, "E[S | Y=1]"),
    _balance("negative_class_balance", Rate.NEGATIVE_CLASS_MEAN_SCORE, "E[S | Y=0]"),
    Metric(
        id="differential_fairness",
        rates=(Rate.SELECTION_RATE, Rate.REJECTION_RATE),
        form=Form.RATIO,
        formula="ε: largest abs ln of a ratio between groups of P(Ŷ=y), the worse of y = 1 and y = 0",
        source="Foulds et al. 2020",
        logarithmic=True,
    ),
    *_of_regression(),
    *_of_ranking(),
)
CATALOGUE: tuple[Metric, ...] = tuple(map(_for_tasks, _ALL))
"""Every metric that a rule may name."""

_BY_NAME: Mapping[str, Metric] = MappingProxyType({name: metric for metric in CATALOGUE for name in (metric.id, *metric.aliases)})


ADVISORY_ONLY = frozenset({Rate.LOG_LOSS, Rate.R2_SCORE})
"""Rates whose limits are not calibrated yet: a rule on them may advise, and never block."""

REPORTED: Mapping[str, str] = MappingProxyType(
    {
        "expected_calibration_error": "it is biased upward in small groups even of a perfectly calibrated model; judge `mean_residual` instead",
        "score_ks": "it is biased upward in small groups even if all groups score alike; judge `scoring_rate_ratio` or the class balances instead",
        "score_wasserstein": "it is biased upward in small groups even if all groups score alike; judge `scoring_rate_ratio` or the class balances instead",
        "calibration_slope": "its limits are not calibrated yet; judge `mean_residual` instead",
    }
)
"""What is shown for every group with scores and never judged, and why."""


def by_name(name: str) -> Metric | None:
    """The metric with this id or other name; None when there is none."""
    return _BY_NAME.get(name)


_IN_WORDS: Mapping[Rate, str] = MappingProxyType(
    {
        Rate.SELECTION_RATE: "the share of all rows that the candidate selects",
        Rate.ACCURACY: "the share of labelled rows that the candidate gets right",
        Rate.BALANCED_ACCURACY: "the mean of the true positive and the true negative rate: 0.5 is guessing",
        Rate.PRECISION: "of the rows that the candidate selects, the share whose label is positive",
        Rate.TRUE_POSITIVE_RATE: "of the rows whose label is positive, the share that the candidate selects",
        Rate.FALSE_POSITIVE_RATE: "of the rows whose label is negative, the share that the candidate selects all the same",
        Rate.FALSE_NEGATIVE_RATE: "of the rows whose label is positive, the share that the candidate misses",
        Rate.TRUE_NEGATIVE_RATE: "of the rows whose label is negative, the share that the candidate leaves out",
        Rate.FALSE_DISCOVERY_RATE: "of the rows that the candidate selects, the share whose label is negative",
        Rate.FALSE_OMISSION_RATE: "of the rows that the candidate leaves out, the share whose label is positive",
        Rate.F1_SCORE: "the harmonic mean of precision and true positive rate",
        Rate.AVERAGE_ODDS: "the mean of the true positive and the false positive rate",
        Rate.REJECTION_RATE: "the share of all rows that the candidate leaves out",
        Rate.TREATMENT_EQUALITY: "how many positive rows are missed for each negative row that is selected",
        Rate.MATTHEWS_CORRCOEF: "the correlation of label and prediction: 1 is perfect, 0 is guessing, below 0 worse than guessing",
        Rate.THEIL_INDEX: "how unevenly benefit is spread over rows: 2 where undeserved, 0 where wrongly denied, 1 where right; 0 is even",
        Rate.GENERALIZED_ENTROPY_INDEX: "half the squared coefficient of variation of benefit over rows (2, 0 or 1, as in Theil's index); 0 is even",
        Rate.ROC_AUC_SCORE: "the chance that a positive row scores above a negative one: 0.5 is guessing",
        Rate.BPSN_AUC: "the chance that anybody else's positive scores above a negative of the group: low where the group's negatives score too high",
        Rate.BNSP_AUC: "the chance that a positive of the group scores above anybody else's negative: low where the group's positives score too low",
        Rate.MEAN_RESIDUAL: "how far labels lie above their scores or predictions on average: above 0 these are too low, below 0 too high",
        Rate.BRIER_SCORE_LOSS: "the mean squared distance of the score from the label: 0 is perfect",
        Rate.LOG_LOSS: "how surprised the scores are by the labels; advisory only, from bins",
        Rate.POSITIVE_CLASS_MEAN_SCORE: "the mean score of the rows whose label is positive",
        Rate.NEGATIVE_CLASS_MEAN_SCORE: "the mean score of the rows whose label is negative",
        Rate.SCORING_RATE: "the share of rows that score above the median of the whole table",
        Rate.MEAN_ABSOLUTE_ERROR: "by how much the prediction misses the label, on average, in the label's unit",
        Rate.MEAN_SQUARED_ERROR: "the mean of the squared misses: large ones count most, in the label's unit squared",
        Rate.TOP_K_SELECTION_RATE: "the share of a group's rows that stand among the first k places (`predictions.top_k`), where not all do",
        Rate.EXPOSURE: "how much a group's rows are seen: 1 in the first place, 0.63 in the second, 0.29 in the tenth",
        Rate.NDCG: "how well a group's rows are ordered among themselves: 1 is the best order that their labels allow",
        Rate.R2_SCORE: "the share of the labels' variance that the predictions explain: 1 is perfect, 0 no better than the mean",
    }
)
_BOUNDED: Mapping[Form, tuple[str, str]] = MappingProxyType(
    {
        Form.VALUE: ("By itself, overall or for every group (`scope: overall` or `scope: by_group`).", "{min: 0.60} or {max: 0.40}"),
        Form.DIFFERENCE: ("The largest rate of any group minus the smallest; 0 is no gap.", "{max: 0.10}"),
        Form.RATIO: ("The smallest rate of any group divided by the largest; 1 is no gap.", "{min: 0.80}"),
        Form.GROUP_MIN: ("The smallest rate of any group: a floor that every group has to reach.", "{min: 0.60}"),
        Form.GROUP_MAX: ("The largest rate of any group: a ceiling that no group may exceed.", "{max: 0.40}"),
    }
)

_LOGARITHMIC = ("The largest distance between the logarithms of two groups' rates; 0 is no gap, 0.223 is four fifths.", "{max: 0.25}")


def meaning(rate: Rate) -> str:
    """What a rate is, in words for somebody who is no statistician."""
    return _IN_WORDS[rate]


def explained(metric: Metric) -> str:
    """A metric in plain words: what it is made of, how groups are put together, how a rule bounds it."""
    form, bound = _LOGARITHMIC if metric.logarithmic else _BOUNDED[metric.form]
    if metric.form is Form.VALUE and not AGAINST_OTHERS.isdisjoint(metric.rates):
        form = "For every group (`scope: by_group`), beside all other rows of the table."
    advisory = [] if metric.calibrated else ["Its limits are approximate and not calibrated: a rule on it has to be advisory."]
    parts = [f"{rate.value}: {_IN_WORDS[rate]}" for rate in metric.rates]
    worst = ["The worse of the two decides."] if len(metric.rates) > 1 else []
    sided = ["Too low is as bad as too high: the absolute value is bounded."] if is_two_sided(metric) else []
    only = ["Its limits are not calibrated yet, so only an advisory rule may name it."] if not ADVISORY_ONLY.isdisjoint(metric.rates) else []
    tasks = [f"For {', '.join(metric.tasks)}."]
    if Task.MULTICLASS_CLASSIFICATION in metric.tasks and metric.rates != (Rate.ACCURACY,):
        tasks.append("Of several classes, each is judged against the rest, and the worst decides.")
    names = [f"Also known as {', '.join(metric.aliases)}."] if metric.aliases else []
    if not SCORE_RATES.isdisjoint(metric.rates):
        names.append("Needs scores of a classifier: `predictions.score` in gate.yaml.")
    if not SIGNED.isdisjoint(metric.rates) and metric.form is not Form.DIFFERENCE:
        bound = "{max: 0.05}"
    rule = f"In a rule: {{metric: {metric.id}, {bound[1:-1] if ' or ' not in bound else bound.split(' or ')[0][1:-1]}, …}}"
    return "\n".join([f"{metric.id} = {metric.formula}", *parts, form, *worst, *sided, *only, *advisory, *tasks, *names, f"Source: {metric.source}.", rule])
