"""From what people write to what is judged: policies and `gate.yaml`, read strictly, refused with the place and the way out.

A typo in a policy must never make it weaker, so nothing unknown, ambiguous or unsupported is accepted and ignored.
This room knows files, YAML and pydantic. It may not know data, models, MLflow or how a verdict is reached: what it
hands on are values of the core, and the documents that a decision binds.
"""

from gate.policy.approvers import load_approvers
from gate.policy.card_file import load_card
from gate.policy.config import LoadedModel, config_from_effective, effective_config, load_config, load_models, policy_for, shipped_policies, tier_file
from gate.policy.effective import effective_policy
from gate.policy.fit import misfits
from gate.policy.lint import lint, yaml_files
from gate.policy.policy import LoadedPolicy, load_policy, policy_from_effective
from gate.policy.problems import Problem
from gate.policy.rule_places import rule_places
from gate.policy.tightening import Loosening, loosenings

__all__ = [
    "LoadedModel",
    "LoadedPolicy",
    "Loosening",
    "Problem",
    "config_from_effective",
    "effective_config",
    "effective_policy",
    "lint",
    "load_approvers",
    "load_card",
    "load_config",
    "load_models",
    "load_policy",
    "loosenings",
    "misfits",
    "policy_for",
    "policy_from_effective",
    "rule_places",
    "shipped_policies",
    "tier_file",
    "yaml_files",
]
