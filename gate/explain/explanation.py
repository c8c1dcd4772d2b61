"""The explanation: every part that was asked for, or why it is not there."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import numpy as np

from gate.core.explanation import Explanation, Importance, Part, Proxy
from gate.explain import importance, local, subgroups, surrogate
from gate.explain.box import AnswerForm, Box, MisbehavedError, OutOfTimeError
from gate.explain.dependence import dependences
from gate.explain.encoding import Encoded, encoded
from gate.explain.flips import audit
from gate.explain.numbers import rounded, spearman
from gate.explain.proxies import proxy
from gate.explain.proxy_flips import proxy_audit
from gate.explain.shapley import attributed

__all__ = ["Settings", "explained"]

_LOSSES = {
    AnswerForm.LABEL: "the share of wrong labels",
    AnswerForm.CLASS: "the share of wrong labels",
    AnswerForm.SCORE: "the mean squared error of the score (Brier)",
    AnswerForm.NUMBER: "the mean squared error",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is asked for.

    Args:
        seed: what every random draw comes from; each part draws for itself, so that it finds the same whatever others are asked for.
        parts: the parts that are produced; none named means all that answers of this form have.
        depth: of the surrogate.
        of: how many rows the table has, of which the box has some.
        people: what local reasons and changes need to know.
    """

    seed: int = 0
    parts: tuple[Part, ...] = ()
    depth: int = 3
    of: int = 0
    people: local.LocalSettings = field(default_factory=local.LocalSettings)


@dataclass(slots=True, kw_only=True, eq=False)
class _Bench:
    """The parts as they are made."""

    box: Box
    settings: Settings
    inputs: Encoded
    tell: Callable[[str], None]
    made: dict[str, object] = field(default_factory=dict)
    cases: local.Cases = field(default_factory=local.Cases)
    fault: str = ""
    known: tuple[Proxy, ...] | None = None

    def random(self, part: Part, *place: int) -> np.random.Generator:
        return np.random.default_rng([self.settings.seed, list(Part).index(part), *place])

    def found_proxies(self) -> tuple[Proxy, ...]:
        """What reveals every sensitive feature; found once, whatever parts need it."""
        if self.known is None:
            made = []
            for place, grouping in enumerate(self.box.groupings):
                if self.box.time_left() <= 0:
                    raise OutOfTimeError
                made.append(proxy(self.box, grouping, self.inputs, random=self.random(Part.PROXIES, place)))
            self.known = tuple(made)
        return self.known


def explained(
    box: Box, settings: Settings, *, tell: Callable[[str], None] = lambda _: None, keep: Callable[[local.Cases], None] = lambda _: None
) -> Explanation:
    """Produce the parts in the order of `Part`; what the budget does not allow, or the rows do not carry, is named with its reason.

    Args:
        box: the candidate and its rows.
        settings: what is asked for.
        tell: called at the start of every step.
        keep: called with what was found about single cases, which the explanation does not hold.
    """
    bench = _Bench(box=box, settings=settings, inputs=encoded(box.inputs), tell=tell)
    begun = _attempted(bench, _answers)
    wanted = [part for part in Part if (part in settings.parts if settings.parts else local.fits(part, box))]
    missing = [f"{part}: {reason}" for part in wanted if (reason := begun or _produced(bench, part))]
    keep(bench.cases)
    return Explanation(
        seed=settings.seed,
        rows=box.rows,
        of=max(settings.of, box.rows),
        inputs=box.columns,
        loss=_LOSSES[box.form],
        not_produced=tuple(missing),
        asked=box.asked,
        fault=bench.fault,
        **bench.made,  # type: ignore[arg-type]  # each under the name of its own field
    )


def _produced(bench: _Bench, part: Part) -> str:
    """Produce a part; why it is not there, or nothing."""
    bench.tell(f"explaining: {part}")
    if bench.fault:
        return "the candidate misbehaved before it was begun"
    if bench.box.time_left() <= 0:
        return "the budget was used up before it was begun"
    return _attempted(bench, _MAKERS[part])


def _attempted(bench: _Bench, make: Callable[[_Bench], str]) -> str:
    try:
        return make(bench)
    except OutOfTimeError:
        return "the budget was used up before it was done"
    except MisbehavedError as error:
        bench.fault = str(error)
        return f"the candidate misbehaved: {error}"


def _answers(bench: _Bench) -> str:
    """What it answers to the rows as they are."""
    loss = bench.box.loss(bench.box.answers, bench.box.truth)
    bench.made |= {"base_loss": None if np.isnan(loss).all() else rounded(float(np.nanmean(loss))), "gaps": importance.gaps_of(bench.box)}
    return ""


def _importance(bench: _Bench) -> str:
    found = importance.shuffled(bench.box, random=bench.random(Part.IMPORTANCE), tell=bench.tell)
    bench.made |= {
        "importances": found.importances,
        "shuffled": found.rows,
        "repeats": found.repeats,
        "agreement": _agreement(found.importances),
    }
    return "" if found.importances and found.importances[0].loss else "no row has a label, so that only movement is measured"


def _agreement(found: Collection[Importance]) -> float | None:
    pairs = [(entry.loss.value, entry.moved) for entry in found if entry.loss is not None]
    return spearman([one for one, _ in pairs], [other for _, other in pairs])


def _proxies(bench: _Bench) -> str:
    made = bench.found_proxies()
    bench.made["proxies"] = made
    return "; ".join(f"{entry.feature}: {entry.reason}" for entry in made if entry.reason)


def _flips(bench: _Bench) -> str:
    """What changes with the feature itself, and what changes with its proxies."""
    groupings = bench.box.groupings
    made = tuple(audit(bench.box, grouping, random=bench.random(Part.FLIPS, place)) for place, grouping in enumerate(groupings))
    pairs = enumerate(zip(groupings, bench.found_proxies(), strict=True), start=len(groupings))
    through = tuple(proxy_audit(bench.box, grouping, bench.inputs, found, random=bench.random(Part.FLIPS, place)) for place, (grouping, found) in pairs)
    bench.made |= {"flips": made, "proxy_flips": through}
    reasons = [f"{entry.feature}: {entry.reason}" for entry in made if entry.is_input and entry.reason]
    return "; ".join([*reasons, *(f"{entry.feature} through proxies: {entry.reason}" for entry in through if entry.any is None and entry.reason)])


def _surrogate(bench: _Bench) -> str:
    if bench.box.rows < surrogate.FEWEST:
        return f"{bench.box.rows} rows are fewer than the {surrogate.FEWEST} that it takes"
    bench.made["surrogate"] = surrogate.imitated(bench.box, bench.inputs, depth=bench.settings.depth, random=bench.random(Part.SURROGATE))
    return ""


def _subgroups(bench: _Bench) -> str:
    labelled = int(np.sum(~np.isnan(bench.box.truth)))
    if labelled < subgroups.FEWEST:
        return f"{labelled} labelled rows are fewer than the {subgroups.FEWEST} that it takes"
    bench.made["subgroups"] = subgroups.searched(bench.box, bench.inputs, random=bench.random(Part.SUBGROUPS))
    return ""


def _shap(bench: _Bench) -> str:
    known = bench.made.get("importances", ())
    random = local.stream(bench.settings.seed, Part.SHAP)
    bench.made["shapley"] = attributed(bench.box, known, random=random, tell=bench.tell)  # type: ignore[arg-type]  # as it was made
    return ""


def _dependence(bench: _Bench) -> str:
    bench.made["dependences"] = dependences(bench.box, random=local.stream(bench.settings.seed, Part.DEPENDENCE), tell=bench.tell)
    return ""


def _reasons(bench: _Bench) -> str:
    found = local.reasons(bench.box, bench.settings.people, bench.cases, seed=bench.settings.seed, tell=bench.tell)
    if isinstance(found, str):
        return found
    bench.made["local_reasons"] = found
    return ""


def _counterfactuals(bench: _Bench) -> str:
    found = local.counterfactuals(bench.box, bench.settings.people, bench.cases, seed=bench.settings.seed, tell=bench.tell)
    if isinstance(found, str):
        return found
    bench.made["counterfactuals"] = found
    return ""


_MAKERS: dict[Part, Callable[[_Bench], str]] = {
    Part.IMPORTANCE: _importance,
    Part.PROXIES: _proxies,
    Part.FLIPS: _flips,
    Part.SURROGATE: _surrogate,
    Part.SUBGROUPS: _subgroups,
    Part.SHAP: _shap,
    Part.DEPENDENCE: _dependence,
    Part.REASONS: _reasons,
    Part.COUNTERFACTUALS: _counterfactuals,
}
