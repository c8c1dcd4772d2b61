"""The catalogue of metrics: one line each, looked up by id or by another name."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from gate.core.metric import Form, Metric, Rate
from gate.core.model import Task

__all__ = ["CATALOGUE", "by_name", "explained"]

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
)

_FORMS: tuple[tuple[Form, str], ...] = (
    (Form.DIFFERENCE, "largest − smallest over groups of {}"),
    (Form.RATIO, "smallest / largest over groups of {}"),
    (Form.GROUP_MIN, "smallest over groups of {}"),
    (Form.GROUP_MAX, "largest over groups of {}"),
)


def _of_rates() -> Iterator[Metric]:
    """Every rate, and every rate over groups, under Fairlearn's names."""
    for rate, formula, source, names in _RATES:
        yield Metric(id=rate.value, rates=(rate,), form=Form.VALUE, aliases=names, formula=formula, source=source)
        for form, text in _FORMS:
            aliases = tuple(f"{name}_{form.value}" for name in names)
            yield Metric(id=f"{rate.value}_{form.value}", rates=(rate,), form=form, aliases=aliases, formula=text.format(formula), source="Fairlearn's naming")


def _named(
    name: str, rates: tuple[Rate, ...], formula: str, source: str, *, difference: tuple[str, ...] = (), ratio: tuple[str, ...] = ()
) -> tuple[Metric, Metric]:
    """A disparity with a name of its own: its difference and its ratio."""
    gap, ratio_of = f"largest − smallest over groups of {formula}", f"smallest / largest over groups of {formula}"
    return (
        Metric(id=f"{name}_difference", rates=rates, form=Form.DIFFERENCE, aliases=difference, formula=gap, source=source),
        Metric(id=f"{name}_ratio", rates=rates, form=Form.RATIO, aliases=ratio, formula=ratio_of, source=source),
    )


_OF_REGRESSION: tuple[tuple[Rate, str, str, tuple[Form, ...]], ...] = (
    (Rate.MEAN_ABSOLUTE_ERROR, "mean of abs(ŷ − y)", "scikit-learn", (Form.DIFFERENCE, Form.RATIO, Form.GROUP_MIN, Form.GROUP_MAX)),
    (Rate.MEAN_SQUARED_ERROR, "mean of (ŷ − y)²", "scikit-learn", (Form.DIFFERENCE, Form.RATIO, Form.GROUP_MIN, Form.GROUP_MAX)),
    (Rate.MEAN_RESIDUAL, "mean of ŷ − y", "Fairlearn's mean_prediction minus the mean label", (Form.DIFFERENCE, Form.GROUP_MAX)),
    (Rate.R2_SCORE, "1 − Σ(ŷ − y)² / Σ(y − mean y)²", "scikit-learn", (Form.DIFFERENCE, Form.GROUP_MIN)),
)


def _of_regression() -> Iterator[Metric]:
    """Every mean of errors by itself and over groups. Of the mean residual, rules bound the absolute value."""
    tasks = (Task.REGRESSION,)
    for rate, formula, source, forms in _OF_REGRESSION:
        two_sided, unproven = rate is Rate.MEAN_RESIDUAL, rate is Rate.R2_SCORE
        bounded = f"abs({formula})" if two_sided else formula
        yield Metric(id=rate.value, rates=(rate,), form=Form.VALUE, formula=bounded, source=source, tasks=tasks, two_sided=two_sided, reported_only=unproven)
        for form, text in _FORMS:
            if form in forms:
                sided = two_sided and form is Form.GROUP_MAX
                said = text.format(bounded if sided else formula)
                name = f"{rate.value}_{form.value}"
                yield Metric(id=name, rates=(rate,), form=form, formula=said, source="Fairlearn's naming", tasks=tasks, two_sided=sided, reported_only=unproven)


def _with_classes(metric: Metric) -> Metric:
    """Several classes have every binary metric, one class against the rest, but for balanced accuracy, which means another thing there."""
    if Task.BINARY_CLASSIFICATION not in metric.tasks or Rate.BALANCED_ACCURACY in metric.rates:
        return metric
    return replace(metric, tasks=(*metric.tasks, Task.MULTICLASS_CLASSIFICATION))


_ALL: tuple[Metric, ...] = (
    *_of_rates(),
    *_named(
        "demographic_parity",
        (Rate.SELECTION_RATE,),
        "P(Ŷ=1)",
        "Dwork et al. 2012; Feldman et al. 2015; 29 CFR 1607.4(D)",
        difference=("statistical_parity_difference",),
        ratio=("disparate_impact", "impact_ratio", "adverse_impact_ratio"),
    ),
    *_named("equal_opportunity", (Rate.TRUE_POSITIVE_RATE,), "P(Ŷ=1 | Y=1)", "Hardt et al. 2016"),
    *_named("equalized_odds", (Rate.TRUE_POSITIVE_RATE, Rate.FALSE_POSITIVE_RATE), "P(Ŷ=1 | Y=y), the worse of y = 1 and y = 0", "Hardt et al. 2016"),
    *_named("predictive_parity", (Rate.PRECISION,), "P(Y=1 | Ŷ=1)", "Chouldechova 2017"),
    *_of_regression(),
)
CATALOGUE: tuple[Metric, ...] = tuple(map(_with_classes, _ALL))
"""Every metric that a rule may name."""

_BY_NAME: Mapping[str, Metric] = MappingProxyType({name: metric for metric in CATALOGUE for name in (metric.id, *metric.aliases)})


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
        Rate.MEAN_ABSOLUTE_ERROR: "by how much the prediction misses the label, on average, in the label's unit",
        Rate.MEAN_SQUARED_ERROR: "the mean of the squared misses: large ones count most, in the label's unit squared",
        Rate.MEAN_RESIDUAL: "prediction minus label, on average: above 0 it predicts too high, below 0 too low",
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


def explained(metric: Metric) -> str:
    """A metric in plain words: what it is made of, how groups are put together, how a rule bounds it."""
    form, bound = _BOUNDED[metric.form]
    parts = [f"{rate.value}: {_IN_WORDS[rate]}" for rate in metric.rates]
    worst = ["The worse of the two decides."] if len(metric.rates) > 1 else []
    sided = ["Too low is as bad as too high: the absolute value is bounded."] if metric.two_sided else []
    only = ["Reported only: its limits are not calibrated, so only an advisory rule may name it."] if metric.reported_only else []
    tasks = [f"For {', '.join(metric.tasks)}."]
    if Task.MULTICLASS_CLASSIFICATION in metric.tasks and metric.rates != (Rate.ACCURACY,):
        tasks.append("Of several classes, each is judged against the rest, and the worst decides.")
    names = [f"Also known as {', '.join(metric.aliases)}."] if metric.aliases else []
    rule = f"In a rule: {{metric: {metric.id}, {bound[1:-1] if ' or ' not in bound else bound.split(' or ')[0][1:-1]}, …}}"
    return "\n".join([f"{metric.id} = {metric.formula}", *parts, form, *worst, *sided, *only, *tasks, *names, f"Source: {metric.source}.", rule])
