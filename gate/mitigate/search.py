"""The search: what is tried in which order, until everything was tried or the time is over."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gate.core.alternatives import Tried
from gate.core.mitigation import GROUP_DEPENDENT, MitigationTerms, Technique
from gate.core.model import SensitiveFeature
from gate.mitigate.estimator import Parts
from gate.mitigate.judging import Bench
from gate.mitigate.rows import Rows
from gate.mitigate.techniques import CONSTRAINED, Fitted, Impossible, Nothing, Task, fitted

__all__ = ["Found", "Planned", "Shop", "planned", "searched"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """One step of a search: a technique, for a feature, under a constraint."""

    technique: Technique
    feature: SensitiveFeature | None = None
    constraint: str = ""

    @property
    def name(self) -> str:
        """Its name within the search."""
        parts = (self.technique.value, self.feature.name if self.feature else "", self.constraint)
        return "/".join(part for part in parts if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What came of a search: every candidate, the models by their names, and the steps that were not reached."""

    tried: tuple[Tried, ...]
    models: Mapping[str, Fitted] = field(default_factory=dict)
    not_reached: tuple[str, ...] = ()


def planned(
    terms: MitigationTerms,
    features: Sequence[SensitiveFeature],
    *,
    techniques: Sequence[Technique],
    constraints: Sequence[str],
    forbidden: frozenset[str],
) -> tuple[tuple[Planned, ...], tuple[str, ...]]:
    """The steps in their order, the plain model first and the quick ones before the slow; and what is left out, and why."""
    steps, excluded = [Planned(technique=Technique.PLAIN)], []
    for technique in (word for word in Technique if word in techniques and word is not Technique.PLAIN):
        if reason := terms.refusal(technique.value):
            excluded.append(f"{technique.value}: {reason}")
            continue
        steps += [step for feature in features for step in _steps(technique, feature, constraints)]
    barred = [step for step in steps if step.feature is not None and step.technique in GROUP_DEPENDENT and step.feature.column in forbidden]
    excluded += [f"{step.name}: it needs {step.feature.column} as input, which the policy forbids (inputs.forbid)" for step in barred if step.feature]
    return tuple(sorted((step for step in steps if step not in barred), key=_slowness)), tuple(excluded)


def _steps(technique: Technique, feature: SensitiveFeature, constraints: Sequence[str]) -> Iterator[Planned]:
    offered = CONSTRAINED.get(technique)
    for constraint in ("",) if offered is None else [name for name in constraints if name in offered]:
        yield Planned(technique=technique, feature=feature, constraint=constraint)


def _slowness(step: Planned) -> int:
    """0 for the plain model, 1 for what fits a few models, 2 for what fits dozens."""
    slow = step.technique in {Technique.EXPONENTIATED_GRADIENT, Technique.GRID_SEARCH}
    return 0 if step.technique is Technique.PLAIN else 2 if slow else 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """Where models are made.

    Args:
        rows: the rows to learn from.
        inputs: the columns that a model takes.
        parts: the estimator.
        seed: of whatever is drawn.
    """

    rows: Rows
    inputs: tuple[str, ...]
    parts: Parts
    seed: int


def searched(
    steps: Sequence[Planned],
    shop: Shop,
    bench: Bench,
    *,
    budget: float | None,
    clock: Callable[[], float],
    tell: Callable[[str], None],
) -> Found:
    """Try every step; none is begun once `budget` seconds are over, except for the first, and none is cut short."""
    begun = clock()
    tried: list[Tried] = []
    models: dict[str, Fitted] = {}
    for place, step in enumerate(steps):
        spent = clock() - begun
        if place and budget is not None and spent >= budget:
            return Found(tried=tuple(tried), models=models, not_reached=tuple(late.name for late in steps[place:]))
        tell(f"trying {step.name} ({place + 1} of {len(steps)}{_remaining(spent, place, len(steps), budget)})")
        for entry, model in _tried(step, shop, bench):
            tried.append(entry)
            if model is not None:
                models[entry.name] = model
    return Found(tried=tuple(tried), models=models)


def _remaining(spent: float, done: int, steps: int, budget: float | None) -> str:
    """How long the rest will take if it goes on like this, never beyond the budget."""
    if not done:
        return ""
    left = spent / done * (steps - done)
    return f", about {left if budget is None else min(left, max(0.0, budget - spent)):.0f} s left"


def _tried(step: Planned, shop: Shop, bench: Bench) -> Iterator[tuple[Tried, Fitted | None]]:
    feature = "" if step.feature is None else step.feature.name
    task = Task(rows=shop.rows, inputs=shop.inputs, parts=shop.parts, seed=shop.seed, feature=step.feature, constraint=step.constraint)
    try:
        models = fitted(step.technique, task)
    except Impossible as reason:
        yield Tried(name=step.name, technique=step.technique, feature=feature, reason=str(reason), nothing=isinstance(reason, Nothing)), None
        return
    for place, model in enumerate(models):
        name = step.name if len(models) == 1 else f"{step.name}/{place + 1}"
        yield _judged(Tried(name=name, technique=step.technique, feature=feature, parameters=model.parameters), model, bench)


def _judged(entry: Tried, model: Fitted, bench: Bench) -> tuple[Tried, Fitted | None]:
    try:
        judgement, whole = bench.judged(model.model, model.inputs)
    except (
        ValueError,
        TypeError,
        ArithmeticError,
        AttributeError,
        LookupError,
        RuntimeError,
        AssertionError,
    ) as error:  # what a user's estimator may raise when it answers
        lines = str(error).splitlines() or [""]
        return replace(entry, reason=f"it does not answer: {type(error).__name__}: {lines[0][:200]}"), None
    return replace(entry, judgement=judgement, whole=whole), model
