"""What an explanation says under a policy: findings of what it demands, and what of it may be shown where cells are small."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gate.core.decision import Effect, Finding, Levels, Outcome
from gate.core.explanation import Area, Explanation, FlipAudit, FlipPair, Leaf, Part, Proxy, ProxyFlips, Rate, Surrogate
from gate.core.facts import Facts
from gate.core.local_explanation import LocalReasons
from gate.core.model import ModelConfig, SensitiveFeature
from gate.core.policy import Burden, Enforcement, Policy, Scope, Threshold
from gate.judge.local_explanations import is_safe as _safe
from gate.judge.local_explanations import shown_changes, shown_reasons, shown_shapley
from gate.judge.looks import levels_at
from gate.metrics.auc import Auc, auc_limits
from gate.metrics.intervals import clopper_pearson

__all__ = ["RULES", "explanation_findings", "withheld"]

_MISSING, _FIDELITY, _PROXY, _FLIP, _STABLE = "explanation-missing", "surrogate-fidelity", "proxy-auc", "flip-rate", "reasons-stability"
RULES = frozenset({_MISSING, _FIDELITY, _PROXY, _FLIP, _STABLE})
"""The ids of these findings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One number that a bound is about, with its limits: what passes needs the one, what fails the other."""

    words: str
    value: float
    low: float
    high: float
    groups: tuple[str, ...] = ()


def explanation_findings(policy: Policy, model: ModelConfig, facts: Facts) -> tuple[Finding, ...]:
    """What the policy demands of an explanation, judged: nothing where it demands nothing.

    The candidate bears the burden of proof, whatever the policy says of rules: what is demanded and not there, or not
    proven, is never a pass.
    """
    terms, found = policy.explanations, facts.explanation
    if not terms.parts:
        return ()
    levels = levels_at(policy.evidence.confidence, facts.data.look, burden=Burden.CANDIDATE)
    features = model.sensitive_features
    made = [*_missing(policy, found)]
    if found is None:
        return tuple(made)
    if terms.surrogate_fidelity_min is not None and found.surrogate is not None:
        made.append(_fidelity(found.surrogate, terms.surrogate_fidelity_min, levels))
    if terms.reasons_stability_min is not None and found.local_reasons is not None:
        made.append(_stable(found.local_reasons, terms.reasons_stability_min, levels))
    for feature in features:
        if terms.proxy_auc_max is not None:
            made.append(_revealed(feature, found, terms.proxy_auc_max, levels))
        if terms.flip_rate_max is not None:
            made.append(_flipped(feature, found, terms.flip_rate_max, levels))
    return tuple(made)


def _missing(policy: Policy, found: Explanation | None) -> Iterator[Finding]:
    """The parts that are demanded and not there: for no fault of the candidate's nobody knows; what it did wrong is its failure."""
    terms = policy.explanations
    if found is None:
        listed = ", ".join(part.value for part in terms.parts)
        yield _finding(_MISSING, Outcome.INCONCLUSIVE, f"the policy demands an explanation ({listed}), and no model was there to be asked")
        return
    if found.fault:
        yield _finding(_MISSING, Outcome.FAIL, f"the candidate could not be explained, because it misbehaved when it was asked more: {found.fault}")
    for part in terms.parts:
        reason = next((entry.partition(": ")[2] for entry in found.not_produced if entry.startswith(f"{part.value}: ")), "")
        if reason or not _there(part, found):
            yield _finding(_MISSING, Outcome.INCONCLUSIVE, f"the policy demands {part.value}, which was not produced: {reason or 'nobody asked for it'}")


def _there(part: Part, found: Explanation) -> bool:
    held: dict[Part, object] = {
        Part.IMPORTANCE: found.importances,
        Part.PROXIES: found.proxies,
        Part.FLIPS: found.flips,
        Part.SURROGATE: found.surrogate,
        Part.SUBGROUPS: found.subgroups,
        Part.SHAP: found.shapley,
        Part.DEPENDENCE: found.dependences,
        Part.REASONS: found.local_reasons,
        Part.COUNTERFACTUALS: found.counterfactuals,
    }
    return bool(held[part])


def _fidelity(tree: Surrogate, least: float, levels: Levels) -> Finding:
    claim = _of_rate("the answers", tree.fidelity, levels)
    outcome = Outcome.PASS if claim.low >= least else Outcome.FAIL if claim.high < least else Outcome.INCONCLUSIVE
    message = f"a tree of depth {tree.depth} answers as the candidate does for {_shown(claim)} of the rows that it has not seen"
    return _finding(_FIDELITY, outcome, message, claim=claim, threshold=Threshold(min=least), levels=levels)


def _stable(reasons: LocalReasons, least: float, levels: Levels) -> Finding:
    claim = _of_rate("the answers", reasons.stable, levels)
    outcome = Outcome.PASS if claim.low >= least else Outcome.FAIL if claim.high < least else Outcome.INCONCLUSIVE
    message = f"the first reason of a refusal is stable for {_shown(claim)} of {reasons.cases} refusals"
    return _finding(_STABLE, outcome, message, claim=claim, threshold=Threshold(min=least), levels=levels)


def _revealed(feature: SensitiveFeature, found: Explanation, most: float, levels: Levels) -> Finding:
    proxy = next((entry for entry in found.proxies if entry.feature == feature.name), None)
    if proxy is None or proxy.reason or not proxy.groups:
        return _unknown(_PROXY, feature, "how well the inputs reveal it is not known", proxy.reason if proxy else "")
    if proxy.is_input:
        message = f"{feature.name} is itself an input, so that the inputs reveal it wholly"
        return _finding(_PROXY, Outcome.FAIL, message, feature=feature.name, threshold=Threshold(max=most))
    divided = _divided(levels, len(feature.groups) - len(feature.excluded))
    claims = [_of_area(entry.group, entry.inputs, divided) for entry in proxy.groups if entry.inputs is not None]
    return _worst(_PROXY, feature, claims, most, divided, "the inputs tell {} from all others with an area of {}")


def _flipped(feature: SensitiveFeature, found: Explanation, most: float, levels: Levels) -> Finding:
    """The feature itself, where it is an input, and its proxies, where there are some: what is asked has to be proven for both."""
    audit = next((entry for entry in found.flips if entry.feature == feature.name), None)
    through = next((entry for entry in found.proxy_flips if entry.feature == feature.name), None)
    if audit is None or (audit.is_input and audit.any is None):
        return _unknown(_FLIP, feature, "how often its value changes an answer is not known", audit.reason if audit else "")
    if found.proxy_flips and (through is None or (through.any is None and through.reason)):
        return _unknown(_FLIP, feature, "how often its proxies change an answer is not known", through.reason if through else "")
    known = ((f"{feature.name} alone", audit.any), (f"what the inputs tell of {feature.name}", None if through is None else through.any))
    divided = _divided(levels, sum(entry is not None for _, entry in known))
    claims = [_of_rate(words, rate, divided) for words, rate in known if rate is not None]
    if claims:
        made = _worst(_FLIP, feature, claims, most, divided, "{} changes the answer of any row at a rate of {}")
        lacking = through is not None and through.reason and made.outcome is Outcome.PASS
        return _unknown(_FLIP, feature, "what its proxies change may be more than was found", through.reason) if lacking and through is not None else made
    end = "this says nothing of proxies" if through is None else "no input is shown to tell it"
    message = f"{feature.name} is no input, so that changing it changes no answer; {end}"
    return _finding(_FLIP, Outcome.PASS, message, feature=feature.name, threshold=Threshold(max=most))


def _worst(rule: str, feature: SensitiveFeature, claims: Sequence[_Claim], most: float, levels: Levels, words: str) -> Finding:
    """All claims have to be proven for a pass, and one disproved is a fail."""
    if not claims:
        return _unknown(rule, feature, "there is no number", "")
    worst = max(claims, key=lambda claim: (claim.low > most, claim.high > most, claim.value))
    outcome = Outcome.FAIL if worst.low > most else Outcome.INCONCLUSIVE if worst.high > most else Outcome.PASS
    message = words.format(worst.words, _shown(worst))
    return _finding(rule, outcome, message, feature=feature.name, claim=worst, threshold=Threshold(max=most), levels=levels)


def _unknown(rule: str, feature: SensitiveFeature, message: str, reason: str) -> Finding:
    return _finding(rule, Outcome.INCONCLUSIVE, f"{feature.name}: {message}{f': {reason}' if reason else ''}", feature=feature.name)


def _divided(levels: Levels, claims: int) -> Levels:
    """One disproved claim fails, so that the level of a fail is shared by all; the level of a pass is not, since all have to be proven."""
    return Levels(passing=levels.passing, failing=levels.failing / max(claims, 1))


def _of_rate(words: str, rate: Rate, levels: Levels) -> _Claim:
    """Limits of a rate that a ceiling or a floor is about: the side that passes at its level, the other at that of a fail."""
    hits, rows = np.array([rate.hits]), np.array([rate.rows])
    passing, failing = (clopper_pearson(hits, rows, level=level) for level in (levels.passing, levels.failing))
    floor = words == "the answers"
    low, high = (passing.lower, failing.upper) if floor else (failing.lower, passing.upper)
    return _Claim(words=words, value=rate.value, low=float(low[0]), high=float(high[0]))


def _of_area(group: str, area: Area, levels: Levels) -> _Claim:
    known = Auc(value=area.value, variance=area.variance, fewest=area.fewest)
    passing, failing = (auc_limits([known], level=level) for level in (levels.passing, levels.failing))
    return _Claim(words=group, value=area.value, low=float(failing.lower[0]), high=float(passing.upper[0]), groups=(group,))


def _shown(claim: _Claim) -> str:
    return f"{claim.value:.3f} [{claim.low:.3f}, {claim.high:.3f}]"


_CONSEQUENCES = {Outcome.FAIL: Effect.BLOCKS, Outcome.INCONCLUSIVE: Effect.HOLDS}
_SETTLED = {
    Outcome.PASS: "within the limit",
    Outcome.FAIL: "violation proven",
    Outcome.INCONCLUSIVE: "more rows, or more time for the explanation, may settle it; `gate explain` shows what was found",
}


def _finding(
    rule: str,
    outcome: Outcome,
    message: str,
    *,
    feature: str | None = None,
    claim: _Claim | None = None,
    threshold: Threshold | None = None,
    levels: Levels | None = None,
) -> Finding:
    return Finding(
        rule=rule,
        outcome=outcome,
        effect=_CONSEQUENCES.get(outcome, Effect.NONE),
        enforcement=Enforcement.SOFT_MANDATORY,
        message=message,
        scope=Scope.OVERALL if feature is None else Scope.BY_GROUP,
        feature=feature,
        groups=() if claim is None else claim.groups,
        value=None if claim is None else claim.value,
        pair_value=None if claim is None else claim.value,
        lower=None if claim is None else claim.low,
        upper=None if claim is None else claim.high,
        reason="a check, not a metric" if claim is None else None,
        threshold=threshold,
        levels=levels,
        rows_needed_reason=_SETTLED[outcome],
    )


def withheld(explanation: Explanation, min_cell: int) -> Explanation:
    """The explanation without any number by group, and without every count from which a cell of fewer than `min_cell` rows follows.

    Coarse on purpose, as with counts: what is left are numbers about all rows.
    """
    surrogate = explanation.surrogate
    subgroups = explanation.subgroups
    return replace(
        explanation,
        gaps=(),
        base_loss=None,
        importances=tuple(replace(entry, remaining=(), loss=None) for entry in explanation.importances),
        not_produced=tuple(f"{entry.partition(': ')[0]}: not shown (privacy.min_cell {min_cell})" for entry in explanation.not_produced),
        proxies=tuple(_proxy(entry, min_cell) for entry in explanation.proxies),
        flips=tuple(_flips(entry, min_cell) for entry in explanation.flips),
        proxy_flips=tuple(_proxy_flips(entry, min_cell) for entry in explanation.proxy_flips),
        surrogate=None if surrogate is None else _surrogate(surrogate, min_cell),
        subgroups=None if subgroups is None else replace(subgroups, subgroups=()),
        shapley=None if explanation.shapley is None else shown_shapley(explanation.shapley, min_cell),
        dependences=(),
        local_reasons=None if explanation.local_reasons is None else shown_reasons(explanation.local_reasons, min_cell),
        counterfactuals=None if explanation.counterfactuals is None else shown_changes(explanation.counterfactuals, min_cell),
        withheld=True,
    )


def _proxy(proxy: Proxy, min_cell: int) -> Proxy:
    return replace(proxy, groups=(), reason=f"not shown (privacy.min_cell {min_cell})")


def _flips(audit: FlipAudit, min_cell: int) -> FlipAudit:
    if audit.any is None:
        return replace(audit, groups=(), pairs=(), reason=f"not shown (privacy.min_cell {min_cell})" if audit.is_input else audit.reason)
    safe = _safe_pairs(audit.any, audit.pairs, min_cell)
    return replace(audit, groups=()) if safe else replace(audit, groups=(), pairs=(), any=None, reason=f"not shown (privacy.min_cell {min_cell})")


def _proxy_flips(audit: ProxyFlips, min_cell: int) -> ProxyFlips:
    """Which inputs are proxies is shown for no feature here, as `_proxy` shows none."""
    hidden = replace(audit, proxies=(), any=None, pairs=(), groups=(), reason=f"not shown (privacy.min_cell {min_cell})")
    if audit.any is None or not _safe_pairs(audit.any, audit.pairs, min_cell):
        return hidden
    return replace(audit, proxies=(), groups=(), reason=hidden.reason if audit.reason else "")


def _safe_pairs(rate: Rate, pairs: Sequence[FlipPair], min_cell: int) -> bool:
    return _safe(rate, min_cell) and all(
        _safe(pair.rate, min_cell) and not 0 < pair.first_higher < min_cell and not 0 < pair.second_higher < min_cell for pair in pairs
    )


def _surrogate(surrogate: Surrogate, min_cell: int) -> Surrogate | None:
    """The rules without their counts; nothing where few rows disagree."""
    if not _safe(surrogate.fidelity, min_cell) or not _safe(surrogate.plain, min_cell):
        return None
    return replace(surrogate, groups=(), leaves=tuple(Leaf(conditions=leaf.conditions, answer=leaf.answer) for leaf in surrogate.leaves))
