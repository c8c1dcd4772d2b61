"""Mitigation: the techniques that a policy may approve, and what a model's files say of how it was made."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["GROUP_DEPENDENT", "WORDS", "Lineage", "MitigationTerms", "Technique"]


class Technique(StrEnum):
    """A way to train, or to use, a model so that groups fare more alike; `plain` is none."""

    PLAIN = "plain"
    REWEIGHING = "reweighing"
    RESAMPLING = "resampling"
    DROP_PROXIES = "drop_proxies"
    CORRELATION_REMOVER = "correlation_remover"
    EXPONENTIATED_GRADIENT = "exponentiated_gradient"
    GRID_SEARCH = "grid_search"
    PREJUDICE_REMOVER = "prejudice_remover"
    ADVERSARIAL_DEBIASING = "adversarial_debiasing"
    THRESHOLD_OPTIMIZER = "threshold_optimizer"
    GROUP_CALIBRATION = "group_calibration"
    REJECT_OPTION = "reject_option"


GROUP_DEPENDENT = frozenset(
    {Technique.CORRELATION_REMOVER, Technique.THRESHOLD_OPTIMIZER, Technique.GROUP_CALIBRATION, Technique.REJECT_OPTION},
)
"""Techniques whose models take the sensitive feature as input: two people who differ in nothing else may get two answers."""

WORDS: Mapping[Technique, str] = {
    Technique.PLAIN: "no mitigation",
    Technique.REWEIGHING: "training rows weighted so that group and label are independent (Kamiran and Calders 2012)",
    Technique.RESAMPLING: "training rows drawn again with the weights of reweighing (Kamiran and Calders 2012)",
    Technique.DROP_PROXIES: "inputs that tell the group are left out",
    Technique.CORRELATION_REMOVER: "the linear part of every input that the group explains is taken out (Fairlearn)",
    Technique.EXPONENTIATED_GRADIENT: "training under a fairness constraint (Agarwal et al. 2018); its randomised answer is replaced by a weighted vote",
    Technique.GRID_SEARCH: "training under a fairness constraint, one model for each weight of it (Agarwal et al. 2018)",
    Technique.PREJUDICE_REMOVER: "logistic regression with a penalty on what its scores tell of the group (after Kamishima et al. 2012)",
    Technique.ADVERSARIAL_DEBIASING: "logistic regression trained against an adversary that guesses the group from its score (after Zhang et al. 2018)",
    Technique.THRESHOLD_OPTIMIZER: "a threshold of its own for every group (Hardt et al. 2016)",
    Technique.GROUP_CALIBRATION: "scores calibrated within every group (Platt scaling), then one threshold",
    Technique.REJECT_OPTION: "near the threshold the less selected groups are selected and the others are not (Kamiran et al. 2012)",
}
"""What each technique does, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MitigationTerms:
    """Which techniques a policy lets through; `approved` None lets every one that this version knows."""

    approved: tuple[Technique, ...] | None = None
    forbid_group_dependent: bool = False

    def refusal(self, technique: str) -> str | None:
        """Why a technique, by the name that a model gives, is not let through; None when it is. A name that is not known never is."""
        known = next((word for word in Technique if word.value == technique), None)
        if known is Technique.PLAIN:
            return None
        if known is None:
            return f"technique {technique!r} is not one that this version knows"
        if self.approved is not None and known not in self.approved:
            return f"the policy does not approve {known.value}"
        if self.forbid_group_dependent and known in GROUP_DEPENDENT:
            return f"{known.value} treats groups differently at decision time, which the policy forbids"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a model's own files say of how it was made. Whoever makes the model writes it: it proves nothing by itself.

    Args:
        technique: by name.
        candidate: the candidate's name within the search.
        feature: the sensitive feature that it was made for; empty for none.
        parameters: `key=value`, in order.
        parent: the version that it is an alternative to, or empty.
        training: `sha256:…` of the training table.
    """

    technique: str
    candidate: str
    feature: str = ""
    parameters: tuple[str, ...] = ()
    parent: str = ""
    training: str = ""
