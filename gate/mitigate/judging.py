"""Candidates on the validation rows: the same counts and the same judgement as in a check, and nothing recorded.

Left out are the rules that compare with a model in the registry, and what is asked of files, card and age: `gate check`
asks all of it of the one candidate that is registered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from gate.aggregate.duckdb import DuckdbEngine
from gate.core.alternatives import UtilityMetric
from gate.core.canonical import digest
from gate.core.decision import Decision, Judgement
from gate.core.document import Document, Json
from gate.core.facts import Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model import ModelConfig, Value
from gate.core.policy import Enforcement, ExplanationTerms, ModelTerms, Policy, Rule, Scope, Threshold
from gate.core.version import __version__
from gate.errors import PolicyError
from gate.judge import judge
from gate.judge.alternatives import UTILITY
from gate.judge.suppression import published
from gate.mitigate.rows import Rows
from gate.stages.trial import PREDICTION

__all__ = ["REPORTED", "Bench", "on_validation"]

REPORTED = ("demographic_parity_difference", "equalized_odds_difference")
"""Disparities that are shown whatever the policy asks."""


def on_validation(policy: Policy, model: ModelConfig, utility: UtilityMetric) -> Policy:
    """The policy as candidates are compared under it: advisory findings of utility and disparities are added, which change no verdict.

    Raises:
        PolicyError: no mandatory rule is left that could be judged here.
    """
    rules = tuple(replace(rule, inherits=None) for rule in policy.applicable(model) if rule.baseline is None and not rule.of_user)
    if all(rule.enforcement is Enforcement.ADVISORY for rule in rules):
        message = "every mandatory rule compares with another model, so that nothing can be judged on validation rows"
        raise PolicyError(message, where=policy.tier, next_step="Compare candidates under a policy with a bound of its own.")
    measured = Rule(id=UTILITY, metric=utility.value, threshold=Threshold(min=0.0), scope=Scope.OVERALL, enforcement=Enforcement.ADVISORY)
    shown = tuple(
        Rule(id=f"mitigate:{name}", metric=name, threshold=Threshold(max=1.0), scope=Scope.BETWEEN_GROUPS, enforcement=Enforcement.ADVISORY, depth=1)
        for name in REPORTED
    )
    data = replace(policy.data, max_age_days=None, max_looks=None)
    return replace(policy, rules=(*rules, measured, *shown), documentation=(), explanations=ExplanationTerms(), model_terms=ModelTerms(), data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Where candidates are judged.

    Args:
        engine: counts.
        policy: as `on_validation` gives it.
        model: the entry of gate.yaml.
        document: the same, as a record binds it: what suppression reads.
        labels: the negative and the positive label.
        rows: the validation rows.
        workspace: a private folder.
    """

    engine: DuckdbEngine
    policy: Policy
    model: ModelConfig
    document: Mapping[str, Json]
    labels: tuple[Value, Value]
    rows: Rows
    workspace: Path

    def judged(self, model: Any, inputs: tuple[str, ...]) -> tuple[Judgement, Judgement]:  # noqa: ANN401 -- whatever has `predict`
        """The judgement of a model that answers 0 or 1: without numbers that the policy does not let be published, and whole."""
        answers = np.asarray(model.predict(self.rows.frame[list(inputs)])).astype("int64")
        said = pa.array([self.labels[answer] for answer in answers.tolist()])
        named = replace(self.model.predictions, column=PREDICTION, score=None)
        config = replace(self.model, predictions=named, data=replace(self.model.data, labels=self.labels))
        path = self.workspace / "validation.parquet"
        pq.write_table(self.rows.declared.append_column(PREDICTION, said.cast(pa.string()) if self.rows.textual else said), path)
        table = replace(self.engine.open(str(path)), textual=self.rows.textual)
        counted = self.engine.count(table, config, self.labels, depth=self.policy.evidence.intersections.depth)
        facts = Facts(
            candidate=Candidate(name=self.model.name, version=None, digest=digest(answers.tobytes()), inputs=inputs),
            data=DataFacts(digest=self.rows.digest, development=True),
            predictions=PredictionFacts(source=PredictionSource.MODEL, misbehaviour=counted.misbehaviour),
        )
        decision = Decision(
            tier=self.policy.tier,
            judgement=judge(self.policy, config, counted.counts, facts, planning=False),
            facts=facts,
            counts=counted.counts,
            counts_digest=None,
            policy=Document(digest="", effective={}),
            config=Document(digest="", effective=dict(self.document)),
            gate_version=__version__,
        )
        return published(decision, self.policy.min_cell).judgement, decision.judgement
