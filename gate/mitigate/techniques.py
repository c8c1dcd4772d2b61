"""One function per technique: from training rows to fitted models. Nothing here judges; no validation row is seen.

Every model answers 0 or 1 on a frame of its inputs. Group-blind ones are made of scikit-learn's own classes alone.
The module is long because it is a list: what one technique does is read beside what the others do.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from fairlearn import reductions
from fairlearn.postprocessing import ThresholdOptimizer
from fairlearn.preprocessing import CorrelationRemover
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import LabelEncoder

from gate.core.mitigation import Technique
from gate.core.model import SensitiveFeature
from gate.mitigate import descent
from gate.mitigate.estimator import Parts
from gate.mitigate.rows import Rows, group_of
from gate.mitigate.serving import Decorrelated, GroupCalibrated, GroupOf, GroupThresholds, RejectOption

__all__ = ["CONSTRAINED", "CONSTRAINTS", "THRESHOLD_CONSTRAINTS", "Fitted", "Impossible", "Nothing", "Task", "fitted", "weights_of"]

CONSTRAINTS: Mapping[str, Any] = {
    "demographic_parity": reductions.DemographicParity,
    "equalized_odds": reductions.EqualizedOdds,
    "true_positive_rate_parity": reductions.TruePositiveRateParity,
    "false_positive_rate_parity": reductions.FalsePositiveRateParity,
    "error_rate_parity": reductions.ErrorRateParity,
}
"""Fairlearn's constraints, by name."""
THRESHOLD_CONSTRAINTS = ("demographic_parity", "true_positive_rate_parity", "false_positive_rate_parity")
"""Those that one threshold per group can meet."""
CONSTRAINED: Mapping[Technique, tuple[str, ...]] = {
    Technique.EXPONENTIATED_GRADIENT: tuple(CONSTRAINTS),
    Technique.GRID_SEARCH: tuple(CONSTRAINTS),
    Technique.THRESHOLD_OPTIMIZER: THRESHOLD_CONSTRAINTS,
}
"""Techniques that are tried once for every constraint, and these."""
_GRID, _KEPT = 30, 4
"""Points of a grid search, and how many of those on its training trade-off are compared."""
_PROXY_AUC = (0.7, 0.6)
"""An input is a proxy when it tells some group from the others this well."""
_ALPHAS = (0.5, 1.0)
_MARGINS = (0.05, 0.1, 0.2)
_PENALTIES = (1.0, 5.0, 25.0)
_FEWEST = 10


class Impossible(Exception):  # noqa: N818 -- it is an answer, no error
    """Why a technique gives no model on these rows; it never leaves this room."""


class Nothing(Impossible):
    """It did all its work, and on these rows nothing comes of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a technique is given.

    Args:
        rows: the rows to learn from.
        inputs: the columns that a model takes.
        parts: the estimator, not fitted.
        seed: of whatever is drawn.
        feature: the sensitive feature that it is for; None for none.
        constraint: the fairness constraint, by name; empty where the technique has none.
    """

    rows: Rows
    inputs: tuple[str, ...]
    parts: Parts
    seed: int
    feature: SensitiveFeature | None = None
    constraint: str = ""

    @property
    def codes(self) -> NDArray[np.int64]:
        """The place of every row's group."""
        return self.rows.groups[self.named.name]

    @property
    def grouped(self) -> NDArray[np.int64]:
        """The rows whose group is known."""
        return np.flatnonzero(self.codes >= 0)

    @property
    def finder(self) -> GroupOf:
        """What finds the group when the model answers."""
        return group_of(self.named)

    @property
    def with_group(self) -> tuple[str, ...]:
        """The inputs of a model that depends on the group."""
        return tuple(dict.fromkeys((*self.inputs, self.named.column)))

    @property
    def named(self) -> SensitiveFeature:
        """The sensitive feature.

        Raises:
            Impossible: there is none.
        """
        if self.feature is None:
            raise Impossible("it is about no sensitive feature")
        return self.feature


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A model that answers 0 or 1, the columns that it takes, and how it was made."""

    model: Any
    inputs: tuple[str, ...]
    parameters: tuple[str, ...] = ()


def fitted(technique: Technique, task: Task) -> tuple[Fitted, ...]:
    """The models of a technique; some have several.

    Raises:
        Impossible: it gives none on these rows.
    """
    if len(np.unique(task.rows.label)) < 2:
        raise Impossible("all training rows have the same label")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return tuple(_MAKERS[technique](task))
    except (ValueError, TypeError, ArithmeticError, AttributeError, LookupError, RuntimeError, AssertionError) as error:  # a user's estimator among them
        lines = str(error).splitlines() or [""]
        raise Impossible(f"{type(error).__name__}: {lines[0][:200]}") from error


def _learnt(
    task: Task, weights: NDArray[np.float64] | None = None, *, places: NDArray[np.int64] | None = None, inputs: tuple[str, ...] | None = None
) -> Pipeline:
    """The estimator, fitted to all rows or some, with weights."""
    chosen = task.rows if places is None else task.rows.take(places)
    prepare, classifier = task.parts.fresh() if inputs is None else _narrowed(task, inputs)
    ready = prepare.fit_transform(chosen.frame[list(inputs or task.inputs)], chosen.label)
    classifier.fit(ready, chosen.label, **({} if weights is None else {"sample_weight": weights}))
    return Pipeline([("prepare", prepare), ("classifier", classifier)])


def _narrowed(task: Task, inputs: tuple[str, ...]) -> tuple[Any, Any]:
    """The estimator for fewer inputs: what prepares them lists its columns."""
    prepare, classifier = task.parts.fresh()
    lists = getattr(prepare, "transformers", None)
    if lists is not None:
        kept = [(name, step, [column for column in columns if column in inputs]) for name, step, columns in lists]
        prepare.set_params(transformers=[entry for entry in kept if entry[2]])
    return prepare, classifier


def _plain(task: Task) -> Iterator[Fitted]:
    yield Fitted(model=_learnt(task), inputs=task.inputs)


def weights_of(codes: NDArray[np.int64], label: NDArray[np.int64]) -> NDArray[np.float64]:
    """P(group) P(label) / P(group, label) per row (Kamiran and Calders 2012); 1 where the group is not known."""
    weights = np.ones(len(label))
    known = codes >= 0
    for place in np.unique(codes[known]):
        for answer in (0, 1):
            cell = (codes == place) & (label == answer)
            if cell.any():
                weights[cell] = np.sum(codes == place) * np.sum(label[known] == answer) / (np.sum(known) * np.sum(cell))
    return weights


def _reweighing(task: Task) -> Iterator[Fitted]:
    yield Fitted(model=_learnt(task, weights_of(task.codes, task.rows.label)), inputs=task.inputs)


def _resampling(task: Task) -> Iterator[Fitted]:
    weights = weights_of(task.codes, task.rows.label)
    drawn = np.random.default_rng(task.seed).choice(len(weights), len(weights), p=weights / weights.sum())
    yield Fitted(model=_learnt(task, places=np.sort(drawn)), inputs=task.inputs, parameters=(f"seed={task.seed}",))


def _drop_proxies(task: Task) -> Iterator[Fitted]:
    """One model per strictness, each without the inputs that tell some group from the others."""
    telling, seen = {name: _tells(task, name) for name in task.inputs}, set()
    for limit in _PROXY_AUC:
        dropped = tuple(name for name, auc in telling.items() if auc >= limit)
        kept = tuple(name for name in task.inputs if name not in dropped)
        if not dropped or not kept or dropped in seen:
            continue
        seen.add(dropped)
        yield Fitted(model=_learnt(task, inputs=kept), inputs=kept, parameters=(f"auc={limit}", f"dropped={', '.join(dropped)}"))
    if not seen:
        raise Nothing("no input tells the groups apart" if max(telling.values()) < min(_PROXY_AUC) else "every input tells the groups apart")


def _tells(task: Task, name: str) -> float:
    """How well one input tells some group from the others: the largest area under the curve, by least squares on it alone."""
    places, codes = task.grouped, task.codes[task.grouped]
    prepare, _ = _narrowed(task, (name,))
    values = np.asarray(prepare.fit_transform(task.rows.take(places).frame[[name]]), dtype="float64")
    values = np.column_stack([values, np.ones(len(values))])
    aucs = [0.5]
    for place in np.unique(codes):
        inside = codes == place
        if _FEWEST <= inside.sum() <= len(codes) - _FEWEST:
            aucs.append(_area(values @ np.linalg.lstsq(values, inside.astype("float64"), rcond=None)[0], inside))
    return max(aucs)


def _area(scores: NDArray[np.float64], inside: NDArray[np.bool_]) -> float:
    """The share of pairs in which the one inside scores higher, ties by half (Mann and Whitney)."""
    ranks, many = rankdata(scores.round(12)), int(inside.sum())
    return float((ranks[inside].sum() - many * (many + 1) / 2) / (many * (len(scores) - many)))


def _correlation_remover(task: Task) -> Iterator[Fitted]:
    """Fairlearn's, learnt on the rows whose group is known; the models need the group to answer."""
    places = task.grouped
    codes, rows = task.codes[places], task.rows.take(places)
    prepare, _ = task.parts.fresh()
    ready = np.asarray(prepare.fit_transform(rows.frame[list(task.inputs)], rows.label), dtype="float64")
    shown = (codes[:, None] == np.arange(len(task.named.groups))).astype("float64")
    width = shown.shape[1]
    for alpha in _ALPHAS:
        remover = CorrelationRemover(sensitive_feature_ids=list(range(width)), alpha=alpha).fit(np.hstack([shown, ready]))
        decorrelated = Decorrelated(prepare, None, task.inputs, task.finder, remover.sensitive_mean_, alpha * remover.beta_)
        _, classifier = task.parts.fresh()
        decorrelated.classifier = classifier.fit(decorrelated.transform(rows.frame.assign(**_column(task, places))), rows.label)
        yield Fitted(model=decorrelated, inputs=task.with_group, parameters=(f"alpha={alpha}",))


def _column(task: Task, places: NDArray[np.int64]) -> dict[str, Any]:
    """The sensitive column, as the model will be asked with it."""
    column = task.named.column
    return {column: task.rows.frame[column].to_numpy()[places]}


def _ready(task: Task) -> tuple[Any, NDArray[np.float64], NDArray[np.int64], NDArray[np.int64]]:
    """What prepares, and the prepared rows whose group is known, with label and group."""
    places = task.grouped
    codes, label = task.codes[places], task.rows.label[places]
    if len(np.unique(codes)) < 2:
        raise Impossible("fewer than two groups have training rows")
    prepare, _ = task.parts.fresh()
    ready = prepare.fit_transform(task.rows.take(places).frame[list(task.inputs)], label)
    return prepare, ready, label, codes


def _exponentiated_gradient(task: Task) -> Iterator[Fitted]:
    """Fairlearn's; its randomised answer becomes the vote that is more likely, since the same person is to get the same answer."""
    prepare, ready, label, codes = _ready(task)
    search = reductions.ExponentiatedGradient(task.parts.fresh()[1], CONSTRAINTS[task.constraint]())
    search.fit(ready, label, sensitive_features=codes)
    chosen = [(float(weight), search.predictors_[place]) for place, weight in search.weights_.items() if weight > 1e-6]
    voters = [model for _, model in chosen]
    vote = VotingClassifier([(f"m{place}", model) for place, model in enumerate(voters)], weights=[weight for weight, _ in chosen])
    vote.estimators_, vote.le_ = voters, LabelEncoder().fit([0, 1])
    vote.classes_ = vote.le_.classes_
    model = Pipeline([("prepare", prepare), ("classifier", vote)])
    yield Fitted(model=model, inputs=task.inputs, parameters=(f"constraint={task.constraint}", f"voters={len(voters)}"))


def _grid_search(task: Task) -> Iterator[Fitted]:
    """Fairlearn's; of its points those that nothing else beats in both error and violation on the training rows, thinned."""
    prepare, ready, label, codes = _ready(task)
    search = reductions.GridSearch(task.parts.fresh()[1], CONSTRAINTS[task.constraint](), grid_size=_GRID)
    search.fit(ready, label, sensitive_features=codes)
    violation = search.gammas_.max().to_numpy()
    found = False
    for point in _front(np.asarray(search.objectives_), violation):
        if search.lambda_vecs_[point].any() and not isinstance(search.predictors_[point], DummyClassifier):
            found = True
            model = Pipeline([("prepare", prepare), ("classifier", search.predictors_[point])])
            yield Fitted(model=model, inputs=task.inputs, parameters=(f"constraint={task.constraint}", f"point={point}"))
    if not found:
        raise Nothing("on the training rows no weight of the constraint does better than none")


def _front(error: NDArray[np.float64], violation: NDArray[np.float64]) -> tuple[int, ...]:
    """The points that no other is at least as good as in both, at most a few of them, evenly along the way."""
    order, best, front = np.lexsort((violation, error)), np.inf, []
    for point in order:
        if violation[point] < best:
            best = violation[point]
            front.append(int(point))
    places = np.unique(np.linspace(0, len(front) - 1, min(_KEPT, len(front))).round().astype(int))
    return tuple(front[place] for place in places)


def _threshold_optimizer(task: Task) -> Iterator[Fitted]:
    """Fairlearn's target rate, met by one threshold per group without drawing lots."""
    base = _learnt(task)
    places, codes = task.grouped, task.codes[task.grouped]
    frame, label = task.rows.take(places).frame[list(task.inputs)], task.rows.label[places]
    optimizer = ThresholdOptimizer(
        estimator=base, constraints=task.constraint, objective="balanced_accuracy_score", prefit=True, predict_method="predict_proba"
    )
    optimizer.fit(frame, label, sensitive_features=codes)
    lots = optimizer._pmf_predict(frame, sensitive_features=codes)[:, 1]  # noqa: SLF001 -- its rates, without drawing
    counted = {"demographic_parity": np.ones(len(label), dtype=bool), "true_positive_rate_parity": label == 1}.get(task.constraint, label == 0)
    target, scores = float(lots[counted].mean()), base.predict_proba(frame)[:, 1]
    thresholds = [0.5] * len(task.named.groups)
    for place in np.unique(codes):
        thresholds[int(place)] = _threshold(scores[counted & (codes == place)], target)
    shown = tuple(f"{group.name}={limit:.4f}" for group, limit in zip(task.named.groups, thresholds, strict=True))
    model = GroupThresholds(base, task.inputs, task.finder, thresholds)
    yield Fitted(model=model, inputs=task.with_group, parameters=(f"constraint={task.constraint}", *shown))


def _threshold(scores: NDArray[np.float64], target: float) -> float:
    """The threshold that a share of the scores as near as possible to the target reaches."""
    if not len(scores):
        return 0.5
    ordered = np.sort(scores)
    edges = np.concatenate([[0.0], (ordered[1:] + ordered[:-1]) / 2, [1.0 + 1e-9]])
    shares = np.array([(scores >= edge).mean() for edge in edges])
    return float(edges[int(np.argmin(np.abs(shares - target)))])


def _group_calibration(task: Task) -> Iterator[Fitted]:
    """Platt's curve within every group that has enough rows of both labels; the others keep the score as it is."""
    base = _learnt(task)
    scores = np.clip(base.predict_proba(task.rows.frame[list(task.inputs)])[:, 1], 1e-6, 1 - 1e-6)
    odds, label = np.log(scores / (1 - scores))[:, None], task.rows.label
    curves = []
    for place in range(len(task.named.groups)):
        inside = task.codes == place
        enough = min(np.sum(label[inside] == 0), np.sum(label[inside] == 1)) >= _FEWEST
        curve = LogisticRegression(C=1e6, max_iter=1000).fit(odds[inside], label[inside]) if enough else None
        curves.append((1.0, 0.0) if curve is None else (float(curve.coef_[0, 0]), float(curve.intercept_[0])))
    yield Fitted(model=GroupCalibrated(base, task.inputs, task.finder, curves), inputs=task.with_group)


def _reject_option(task: Task) -> Iterator[Fitted]:
    """Favoured are the groups that the plain model selects less often than all rows together."""
    base = _learnt(task)
    chosen = base.predict(task.rows.frame[list(task.inputs)])
    rates = {int(place): float(chosen[task.codes == place].mean()) for place in np.unique(task.codes[task.grouped])}
    favoured = [place for place, rate in rates.items() if rate < chosen.mean()]
    if not favoured:
        raise Nothing("the plain model selects no group less often than the others")
    names = ", ".join(task.named.groups[place].name for place in favoured)
    for margin in _MARGINS:
        model = RejectOption(base, task.inputs, task.finder, favoured, margin)
        yield Fitted(model=model, inputs=task.with_group, parameters=(f"margin={margin}", f"favoured={names}"))


def _prejudice_remover(task: Task) -> Iterator[Fitted]:
    prepare, ready, label, codes = _ready(task)
    for penalty in _PENALTIES:
        coefficients = descent.prejudice_remover(np.asarray(ready), label, codes, penalty=penalty)
        yield Fitted(model=_linear(prepare, *coefficients), inputs=task.inputs, parameters=(f"penalty={penalty}",))


def _adversarial(task: Task) -> Iterator[Fitted]:
    prepare, ready, label, codes = _ready(task)
    for strength in (1.0, 3.0):
        coefficients = descent.adversarial(np.asarray(ready), label, codes, strength=strength)
        yield Fitted(model=_linear(prepare, *coefficients), inputs=task.inputs, parameters=(f"strength={strength}",))


def _linear(prepare: Any, slopes: NDArray[np.float64], intercept: float) -> Pipeline:  # noqa: ANN401 -- scikit-learn's
    """Coefficients as scikit-learn's own model, so that nothing of ours is needed to answer."""
    model = LogisticRegression()
    model.classes_, model.n_features_in_, model.n_iter_ = np.array([0, 1]), len(slopes), np.array([0])
    model.coef_, model.intercept_ = slopes[None, :], np.array([intercept])
    return Pipeline([("prepare", prepare), ("classifier", model)])


_MAKERS: Mapping[Technique, Any] = {
    Technique.PLAIN: _plain,
    Technique.REWEIGHING: _reweighing,
    Technique.RESAMPLING: _resampling,
    Technique.DROP_PROXIES: _drop_proxies,
    Technique.CORRELATION_REMOVER: _correlation_remover,
    Technique.EXPONENTIATED_GRADIENT: _exponentiated_gradient,
    Technique.GRID_SEARCH: _grid_search,
    Technique.PREJUDICE_REMOVER: _prejudice_remover,
    Technique.ADVERSARIAL_DEBIASING: _adversarial,
    Technique.THRESHOLD_OPTIMIZER: _threshold_optimizer,
    Technique.GROUP_CALIBRATION: _group_calibration,
    Technique.REJECT_OPTION: _reject_option,
}
