"""Every way in which a policy or a `gate.yaml` can be wrong that somebody thought of, and what the gate says to it."""

from pathlib import Path

import pytest

from gate.errors import ConfigError, PolicyError
from gate.policy import lint, load_config, load_policy

RULE = "{id: a, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}"
HEAD = "schema: gate.policy/v1\ntier: limited\n"
RULES = f"rules:\n  - {RULE}\n"


def rule(**keys: str) -> str:
    """A policy whose only rule, on line 4, has these keys; an empty text removes one."""
    written = {"id": "a", "metric": "demographic_parity_difference", "max": "0.1", "enforcement": "soft-mandatory"} | keys
    return f"{HEAD}rules:\n  - {{{', '.join(f'{key}: {value}' for key, value in written.items() if value)}}}\n"


def compared(**keys: str) -> str:
    """A policy whose only rule compares with the champion and has these keys besides."""
    return rule(**{"metric": "accuracy", "max": "", "scope": "overall", "versus": "champion", "max_drop": "0.02"} | keys)


def top(line: str) -> str:
    """A policy that is good but for this line, its third."""
    return f"{HEAD}{line}\n{RULES}"


def asked(**keys: str) -> str:
    """A policy whose only question, on line 3, has these keys."""
    written = {"id": "a", "question": "Who may overrule it?", "roles": "[risk]"} | keys
    return top(f"review: {{before_deployment: [{{{', '.join(f'{key}: {value}' for key, value in written.items())}}}]}}")


def evidence(key: str) -> str:
    """A policy that is good but for this key of `evidence`, on line 3."""
    return top(f"evidence: {{{key}}}")


def model(*, data: str = "label: y", features: str = "g: {column: g, groups: [a, b]}", more: str = "", tier: str = "tier: limited") -> str:
    """A `gate.yaml` whose data stand on line 6, features on line 8 and other keys on line 9."""
    entry = (tier, "task: binary_classification", f"data: {{{data}}}", "sensitive_features:", f"  {features}", more)
    return "schema: gate.config/v1\nmodels:\n  m:\n" + "".join(f"    {line}\n" for line in entry)


def groups(written: str) -> str:
    """A `gate.yaml` whose only feature, on line 8, has these groups."""
    return model(features=f"g: {{column: g, groups: {written}}}")


WRONG_POLICIES = {
    # what is not YAML, or not YAML that anyone should have to review
    "empty file": ("", "a policy must be a mapping, not null", 1),
    "only a comment": ("# nothing\n", "a policy must be a mapping", 1),
    "a list": ("- a\n", "a policy must be a mapping, not a list", 1),
    "a word": ("high\n", "a policy must be a mapping, not 'high'", 1),
    "unclosed flow": (f"{HEAD}rules: [\n", "this is not YAML", 4),
    "tabs as indentation": (f"{HEAD}data:\n\tmax_age_days: 3\n", "this is not YAML", 4),
    "stray colon": (f"{HEAD}description: a: b\n{RULES}", "this is not YAML", 3),
    "duplicate key": (f"{HEAD}tier: low\n{RULES}", "the key 'tier' stands twice in the same mapping, first on line 2", 3),
    "duplicate key in a rule": (rule(why="x, why: y"), "the key 'why' stands twice", 4),
    "anchor": (top("description: &a text"), "anchors such as &a are not accepted", 3),
    "alias": (f"{HEAD}description: &a text\ntier: *a\n", "aliases such as *a are not accepted", 4),
    "merge key": (top("evidence: {<<: {sandbox: required}}"), "merge keys", 3),
    "tag": (top("description: !!str text"), "tags such as", 3),
    "python tag": (top("description: !!python/object/apply:os.system [ls]"), "tags such as", 3),
    "local tag": (top("description: !secret x"), "tags such as '!secret' are not accepted", 3),
    "empty tag": (top("description: ! x"), "tags such as '!' are not accepted", 3),
    "directive": (f"%YAML 1.1\n---\n{HEAD}{RULES}", "YAML directives are not accepted", 1),
    "two documents": (f"{HEAD}{RULES}---\n{HEAD}{RULES}", "a second document begins here", 5),
    "complex key": (f"{HEAD}{RULES}? [a, b]\n: c\n", "a key must be a single word or text", 5),
    "number as key": (top("3: x"), "the key 3 is not text", 3),
    "boolean as key": (top("true: x"), "the key true is not text", 3),
    "null as key": (top("~: x"), "the key null is not text", 3),
    "deep nesting": (f"{HEAD}rules: {'[' * 3000}{']' * 3000}\n", "nested deeper than 50 levels", 3),
    "control character": (top("description: a\x07b"), "the file holds the control character '\\x07'", 3),
    "NUL": (top("description: a\x00b"), "control character '\\x00'", 3),
    "escaped NUL": (top('description: "a\\0b"'), "the text holds the control character '\\x00'", 3),
    "next line": (top("description: a\x85b"), "control character '\\x85'", 3),
    "line separator": (top("description: a\u2028b"), "control character '\\u2028'", 3),
    "byte-order mark inside": (top("description: a\ufeffb"), "control character '\\ufeff'", 3),
    "too large": (top(f"description: {'x' * (1 << 20)}"), "larger than 1048576 bytes", 1),
    # numbers that are easily misread
    "leading zero": (top("data: {max_age_days: 010}"), "010 begins with a zero", 3),
    "octal": (top("data: {max_age_days: 0o17}"), "0o17 is a number in another base", 3),
    "hexadecimal": (top("data: {max_age_days: 0x1F}"), "0x1F is a number in another base", 3),
    "not a number": (rule(max=".nan"), ".nan is not a finite number", 4),
    "infinity": (rule(max=".inf"), ".inf is not a finite number", 4),
    "minus infinity": (rule(max="-.INF"), "-.INF is not a finite number", 4),
    "float overflow": (rule(max="1e999"), "'1e999' is too large for a number", 4),
    "too many digits": (rule(max="0.12345678901234"), "more than 12 significant digits", 4),
    "too large an integer": (top("version: 99999999999999999999"), "does not fit into 64 bits", 3),
    # keys
    "unknown key": (top("tear: high"), "`tear` is not a key of a policy. Did you mean `tier`?", 3),
    "misspelt key of a rule": (rule(max="", treshold="0.1"), "`rules[0].treshold` is not a key of a rule. Did you mean `max` or `min`?", 4),
    "unknown key without a neighbour": (top("zzz: 1"), "Known keys: schema, tier", 3),
    "unknown key of evidence": (evidence("confidense: 0.9"), "`evidence.confidense` is not a key of `evidence`. Did you mean `confidence`?", 3),
    "unknown key of confidence": (evidence("confidence: {passing: 0.9}"), "Did you mean `pass`?", 3),
    "unknown key of min_group": (evidence("min_group: {row: 3}"), "Did you mean `rows`?", 3),
    "unknown key of data": (top("data: {max_unknown: 0.1}"), "Did you mean `max_unknown_share`?", 3),
    "unknown key of inputs": (top("inputs: {forbit: none}"), "Did you mean `forbid`?", 3),
    "unknown key of applies_to": (rule(applies_to="{tasc: binary_classification}"), "Did you mean `task`?", 4),
    "missing schema": (f"tier: high\n{RULES}", "`schema` is missing", 1),
    "missing tier": (f"schema: gate.policy/v1\n{RULES}", "`tier` is missing", 1),
    "missing id": (rule(id=""), "`rules[0].id` is missing", 4),
    "missing metric": (rule(metric=""), "`rules[0].metric` is missing", 4),
    "missing enforcement": (rule(enforcement=""), "`rules[0].enforcement` is missing", 4),
    "another schema": (f"schema: gate.policy/v2\ntier: high\n{RULES}", "`schema` must be 'gate.policy/v1', not 'gate.policy/v2'", 1),
    # not supported yet
    "an unknown technique": (top("mitigation: {approved: [magic]}"), "mitigation.approved[0]", 3),
    "a technique twice": (top("mitigation: {approved: [reweighing, reweighing]}"), "stands there 2 times", 3),
    "a word for a boolean": (top("mitigation: {forbid_group_dependent: sometimes}"), "mitigation.forbid_group_dependent", 3),
    "unknown key of mitigation": (top("mitigation: {aproved: [reweighing]}"), "Did you mean `approved`?", 3),
    "agg is not supported": (rule(agg="x"), "`rules[0].agg` is not supported yet", 4),
    "an inherited violation of a hard rule": (
        rule(enforcement="hard-mandatory", baseline="{inherited_until: 2027-03-31}"),
        "`rules[0].baseline` means nothing under enforcement hard-mandatory",
        4,
    ),
    "an inherited violation without its day": (rule(baseline="{tolerance: 0.02}"), "inherited_until", 4),
    "no day of an inherited violation": (rule(baseline="{inherited_until: 2027-13-01}"), "must be a date", 4),
    "a tolerance that waives": (rule(baseline="{inherited_until: 2027-03-31, tolerance: 0.5}"), "tolerance", 4),
    # overrides
    "an override by nobody": (top("override: {approvers: 0, roles: [risk], max_days: 30}"), "`override.approvers`", 3),
    "an override by no role": (top("override: {approvers: 1, roles: [], max_days: 30}"), "`override.roles`", 3),
    "an override by the gate itself": (top("override: {approvers: 1, roles: [gate], max_days: 30}"), "cannot approve overrides of them", 3),
    "an override by one role twice": (top("override: {approvers: 1, roles: [risk, risk], max_days: 30}"), "'risk' stands there 2 times", 3),
    "an override for ever": (top("override: {approvers: 1, roles: [risk], max_days: 400}"), "`override.max_days`", 3),
    "an override without an end": (top("override: {approvers: 1, roles: [risk]}"), "`override.max_days` is missing", 3),
    # reviews
    "a question to nobody": (asked(roles="[]"), "`review.before_deployment[0].roles`", 3),
    "a question to a machine": (asked(roles="[gate]"), "`gate` signs for machines, and people answer questions", 3),
    "a question to an attester": (asked(roles="[risk, attester]"), "`attester` signs for machines", 3),
    "a question to one role twice": (asked(roles="[risk, risk]"), "names a role twice", 3),
    "a question without words": (asked(question="''"), "`review.before_deployment[0].question`", 3),
    "an answer of another kind": (asked(answer="maybe"), "`review.before_deployment[0].answer`", 3),
    "a question with two answers": (asked(answer="true"), "`review.before_deployment[0].answer`", 3),
    "a day for a question before": (asked(due_days="3"), "`review.before_deployment[0].due_days`", 3),
    "a later question without a day": (top("review: {after_deployment: [{id: a, question: Q?, roles: [risk]}]}"), "due_days` is missing", 3),
    "a later question due at once": (top("review: {after_deployment: [{id: a, question: Q?, roles: [risk], due_days: 0}]}"), "due_days`", 3),
    "two questions of one name": (
        top("review: {before_deployment: [{id: a, question: Q?, roles: [risk]}], after_deployment: [{id: a, question: R?, roles: [risk], due_days: 3}]}"),
        "`review.after_deployment[0].id`: 'a' is the id of another question already",
        3,
    ),
    # comparisons with another model
    "a drop beside a bound": (compared(max="0.5"), "`rules[0]` compares with another model and has `max` and `max_drop`", 4),
    "two drops": (compared(cumulative_max_drop="0.1"), "has `max_drop` and `cumulative_max_drop`", 4),
    "versus without a bound": (compared(max_drop=""), "has no bound", 4),
    "versus beside a bound": (compared(max_drop="", min="0.5"), "has `min`", 4),
    "a drop from nobody": (compared(versus=""), "has `max_drop` without `versus`. Say which model", 4),
    "a cumulative drop from nobody": (compared(max_drop="", cumulative_max_drop="0.1", versus=""), "without `anchor`", 4),
    "an anchor beside versus": (compared(anchor="first"), "`rules[0].anchor` means nothing beside `max_drop`", 4),
    "a drop from latest": (compared(versus="latest"), "`latest` is no fixed version", 4),
    "a version as a number": (compared(versus="3"), "`rules[0].versus` must be a text, not 3. Quote it.", 4),
    "a path as a baseline": (compared(versus="../x"), "`rules[0].versus` must be a text that matches", 4),
    "a negative drop": (compared(max_drop="-0.1"), "must be at least 0 and less than 1, not -0.1", 4),
    "a drop of everything": (compared(max_drop="1"), "must be at least 0 and less than 1", 4),
    "a drop as a percentage": (compared(max_drop="5"), "Rates are shares, not percentages", 4),
    "a drop of a gap": (compared(metric="demographic_parity_difference", scope=""), "a comparison with another model is about a plain rate", 4),
    "a drop of errors": (compared(metric="false_positive_rate"), "lower is better for `false_positive_rate`, so this would only bound improvements", 4),
    "a rise of accuracy": (compared(max_drop="", max_increase="0.1"), "higher is better for `accuracy`, so this would only bound improvements", 4),
    "a drop of scores": (compared(metric="roc_auc_score"), "`roc_auc_score` cannot be compared with another model yet", 4),
    "a drop of a correlation": (compared(metric="matthews_corrcoef", enforcement="advisory"), "`matthews_corrcoef` cannot be compared with another model", 4),
    "a drop without a scope": (compared(scope=""), "so `scope` is needed", 4),
    "another task": (rule(applies_to="{task: clustering}"), "`rules[0].applies_to.task` must be 'binary_classification'", 4),
    # values
    "tier with a path": (f"schema: gate.policy/v1\ntier: ../high\n{RULES}", "`tier` must be a text that matches", 2),
    "tier as a number": (f"schema: gate.policy/v1\ntier: 3\n{RULES}", "`tier` must be a text, not 3. Quote it.", 2),
    "version as a text": (top('version: "3"'), "`version` must be a whole number, not '3'. Write the number without quotes.", 3),
    "version zero": (top("version: 0"), "`version` must be at least 1", 3),
    "description as a date-like number": (top("description: 1e3"), "`description` must be a text, not 1000.0", 3),
    "unknown burden": (evidence("burden_of_proof: candidat"), "Did you mean `candidate`?", 3),
    "confidence of one": (evidence("confidence: 1"), "`evidence.confidence.pass` must be less than 1", 3),
    "confidence of one half": (evidence("confidence: {pass: 0.5}"), "`evidence.confidence.pass` must be greater than 0.5", 3),
    "confidence as a percentage": (evidence("confidence: {fail: 99}"), "`evidence.confidence.fail` must be less than 1", 3),
    "confidence as a text": (evidence('confidence: "0.95"'), "`evidence.confidence` must be a mapping, not '0.95'", 3),
    "confidence as a boolean": (evidence("confidence: true"), "`evidence.confidence` must be a mapping, not true", 3),
    "min_group zero": (evidence("min_group: {positives: 0}"), "`evidence.min_group.positives` must be at least 1", 3),
    "min_group a fraction": (evidence("min_group: {rows: 30.5}"), "`evidence.min_group.rows` must be a whole number", 3),
    "min_group a number": (evidence("min_group: 30"), "`evidence.min_group` must be a mapping, not 30", 3),
    "depth five": (evidence("intersections: 5"), "`evidence.intersections.depth` must be at most 4", 3),
    "depth a boolean": (evidence("intersections: {depth: true}"), "`evidence.intersections.depth` must be a whole number, not true", 3),
    "unknown sandbox": (evidence("sandbox: no"), "must be 'required' or 'preferred', not 'no'", 3),
    "unknown small_intersections": (evidence("small_intersections: ignore"), "must be 'report' or 'block'", 3),
    "expectations as a boolean": (top("data: {expectations: true}"), "`data.expectations` must be 'required' or 'optional', not true", 3),
    "share above one": (top("data: {max_unknown_share: 2}"), "`data.max_unknown_share` must be at most 1", 3),
    "negative share": (top("data: {max_missing_labels: -0.1}"), "`data.max_missing_labels` must be at least 0", 3),
    "no looks": (top("data: {max_looks: 0}"), "`data.max_looks` must be at least 1", 3),
    "half a look": (top("data: {max_looks: 1.5}"), "`data.max_looks` must be a whole number", 3),
    "age zero": (top("data: {max_age_days: 0}"), "`data.max_age_days` must be at least 1", 3),
    "forbid a word": (top("inputs: {forbid: zip}"), "`inputs.forbid` must be a list, not 'zip'", 3),
    "forbid twice": (top("inputs: {forbid: [zip, zip]}"), "'zip' stands there 2 times", 3),
    # rules
    "no rules": (HEAD, "the policy has no rules", 1),
    "empty list of rules": (f"{HEAD}rules: []\n", "the policy has no rules", 3),
    "rules as null": (f"{HEAD}rules:\n", "`rules` must be a list, not null", 3),
    "rules as a mapping": (f"{HEAD}rules: {{a: {RULE}}}\n", "`rules` must be a list, not a mapping", 3),
    "only advisory rules": (rule(enforcement="advisory"), "every rule is advisory", 3),
    "two rules of one id": (f"{HEAD}{RULES}  - {RULE}\n", "`rules[1].id`: rules[0] has the id 'a' already", 5),
    "id with capitals": (rule(id="Four-Fifths"), "`rules[0].id` must be a text that matches", 4),
    "id of our own": (rule(id="data-age"), "`data-age`, which names a check of the gate itself", 4),
    "id that begins like our own": (rule(id="coverage-missing-label-2"), "`coverage-missing-label`, which names", 4),
    "unknown metric": (rule(metric="demographic_parity_diference"), "Did you mean `demographic_parity_difference`", 4),
    "metric of nowhere": (rule(metric="xyz"), "`rules[0].metric`: there is no metric 'xyz'", 4),
    "no bound": (rule(max=""), "`rules[0]` has no bound: `max` is missing", 4),
    "two bounds": (rule(min="0.1"), "`rules[0]` has both `max` and `min`", 4),
    "bound as a text": (rule(max='"0.1"'), "`rules[0].max` must be a number, not '0.1'. Write the number without quotes.", 4),
    "bound as a boolean": (rule(max="true"), "`rules[0].max` must be a number, not true", 4),
    "bound as a list": (rule(max="[0.1]"), "`rules[0].max` must be a number, not a list", 4),
    "bound as a percentage": (rule(max="10"), "`rules[0].max` must be from 0 to 1, not 10. Rates are shares, not percentages.", 4),
    "negative bound": (rule(max="-0.1"), "`rules[0].max` must be from 0 to 1", 4),
    "difference bounded from below": (rule(max="", min="0.1"), "this metric is bounded by `max`, not by `min`", 4),
    "ratio bounded from above": (rule(metric="demographic_parity_ratio"), "this metric is bounded by `min`, not by `max`", 4),
    "ratio of zero": (rule(metric="disparate_impact", max="", min="0"), "`rules[0].min` must be greater than 0 and at most 1, not 0", 4),
    "smallest rate bounded from above": (rule(metric="recall_group_min"), "this metric is bounded by `min`", 4),
    "largest rate bounded from below": (rule(metric="false_positive_rate_group_max", max="", min="0.5"), "this metric is bounded by `max`", 4),
    "plain rate without scope": (rule(metric="accuracy"), "`accuracy` is a plain rate, so `scope` is needed: overall or by_group", 4),
    "plain rate between groups": (rule(metric="accuracy", scope="between_groups"), "name `accuracy_difference`", 4),
    "disparity overall": (rule(scope="overall"), "its scope is between_groups, not overall", 4),
    "disparity by group": (rule(scope="by_group"), "its scope is between_groups, not by_group", 4),
    "unknown scope": (rule(scope="bygroup"), "Did you mean `by_group`?", 4),
    "unknown enforcement": (rule(enforcement="hard_mandatory"), "Did you mean `hard-mandatory`", 4),
    "features of an overall rule": (rule(metric="accuracy", scope="overall", features="[race]"), "`rules[0].features` means nothing under scope overall", 4),
    "depth of an overall rule": (rule(metric="accuracy", scope="overall", depth="1"), "`rules[0].depth` means nothing under scope overall", 4),
    "no features": (rule(features="[]"), "`rules[0].features` must be at least 1 long", 4),
    "features as a text": (rule(features="race"), "`rules[0].features` must be a list, not 'race'", 4),
    "an empty feature": (rule(features='[""]'), "`rules[0].features[0]` must be a text that is not empty", 4),
    "a feature twice": (rule(features="[race, race]"), "'race' stands there 2 times", 4),
    "an intersection as a feature": (rule(features="[race×sex]"), "cannot name an intersection ('race×sex')", 4),
    "depth zero": (rule(depth="0"), "`rules[0].depth` must be at least 1", 4),
    "depth beyond the tier's": (rule(depth="2"), "rule `a`: `depth` is 2, but `evidence.intersections.depth` is 1", 4),
    "unknown burden of a rule": (rule(burden_of_proof="nobody"), "`rules[0].burden_of_proof` must be", 4),
    "clause without a framework": (rule(satisfies="[art-10]"), "`rules[0].satisfies[0]` must be a text that matches", 4),
    "why as a list": (rule(why="[a]"), "`rules[0].why` must be a text, not a list", 4),
    # extends
    "extends nothing": (top("extends: ''"), "`extends` must be a text that is not empty", 3),
    "extends what is not there": (top("extends: nothing.yaml"), "there is no such file", 1),
    "extends itself": (top("extends: file.yaml"), "extends this file in turn", 3),
    "extends upwards": (top("extends: ../file.yaml"), "only files of its own folder or below", 3),
    "extends an absolute path": (top("extends: /etc/passwd"), "only files of its own folder or below", 3),
    "extends a folder": (top("extends: ."), "a policy must be a file, and this is none", 1),
}

WRONG_CONFIGS = {
    "empty file": ("", "must be a mapping, not null", 1),
    "no models": ("schema: gate.config/v1\nmodels: {}\n", "`models` is empty", 2),
    "missing models": ("schema: gate.config/v1\n", "`models` is missing", 1),
    "unknown key of a model": (model(more="ownr: me"), "`models.m.ownr` is not a key of a model. Did you mean `owner`?", 9),
    "unknown key of data": (model(data="label: y, postive_label: 1"), "Did you mean `positive_label`?", 6),
    "unknown key of a feature": (
        model(features="g: {colum: g, groups: [a, b]}"),
        "`models.m.sensitive_features.g.colum` is not a key of a sensitive feature",
        8,
    ),
    "unknown key of predictions": (model(more="predictions: {treshold: 0.5}"), "Did you mean `threshold`?", 9),
    "model named by a number": ("schema: gate.config/v1\nmodels:\n  1: {}\n", "the key 1 of models is not text. Quote it.", 3),
    "model without a name": (model().replace("  m:", '  "":'), "a model has an empty name", 3),
    "another task": (model().replace("binary_classification", "clustering"), "'clustering' is not supported yet", 5),
    "ranking without a query": (model().replace("binary_classification", "ranking"), "does not say which rows compete", 6),
    "labels of a regression": (
        model(data="label: y, labels: [0, 1]").replace("binary_classification", "regression"),
        "`models.m.data.labels` means nothing",
        6,
    ),
    "positive label of a regression": (model(data="label: y, positive_label: 1").replace("binary_classification", "regression"), "means nothing", 6),
    "task as a list": (model().replace("binary_classification", "[regression]"), "a list is not supported yet", 5),
    "neither tier nor policy": (model(tier="owner: me"), "`models.m` has neither `tier` nor `policy`", 4),
    "both tier and policy": (model(more="policy: p.yaml"), "`models.m` has both `tier` and `policy`", 4),
    "tier with a path": (model(tier="tier: ../high"), "`models.m.tier` must be a text that matches", 4),
    "policy from the network": (model(tier="policy: https://example.org/p.yaml"), "https:// is not accepted", 4),
    "policies from the network": ("schema: gate.config/v1\npolicies: s3://b/p\n" + model().split("\n", 1)[1], "object stores are not supported yet", 2),
    "no label": (model(data="uri: a.csv"), "`models.m.data.label` is missing", 6),
    "label a number": (model(data="label: 1"), "`models.m.data.label` must be a text, not 1", 6),
    "http": (model(data="label: y, uri: http://169.254.169.254/x.csv"), "http:// is not accepted", 6),
    "https in capitals": (model(data="label: y, uri: HTTPS://example.org/x.csv"), "https:// is not accepted", 6),
    "file": (model(data="label: y, uri: file:///etc/passwd"), "file:// is not accepted", 6),
    "object store": (model(data='label: y, uri: "s3://bucket/x.csv"'), "object stores are not supported yet", 6),
    "expectations elsewhere": (model(data="label: y, expectations: s3://b/e.json"), "object stores are not supported yet", 6),
    "short digest": (model(data="label: y, sha256: abc"), "`models.m.data.sha256` must be a text that matches", 6),
    "short digest of an earlier holdout": (model(data="label: y, tops_up: [abc]"), "`models.m.data.tops_up[0]` must be a text that matches", 6),
    "digest of digits": (model(data=f"label: y, sha256: {'1' * 64}"), "does not fit into 64 bits. Write a smaller number, or quote it if it is text.", 6),
    "no date": (model(data="label: y, collected: yesterday"), "`models.m.data.collected` must be a date, not 'yesterday'", 6),
    "no such date": (model(data="label: y, collected: 2026-02-30"), "must be a date", 6),
    "compact date": (model(data='label: y, collected: "20260801"'), "must be a date", 6),
    "one label": (model(data="label: y, labels: [1]"), "`models.m.data.labels` must be at least 2 long", 6),
    "three labels": (model(data="label: y, labels: [0, 1, 2]"), "`models.m.data.labels` lists 3 values", 6),
    "two classes": (model(data="label: y, labels: [a, b], positive_label: a").replace("binary", "multiclass"), "has to list every class", 6),
    "no classes": (model().replace("binary", "multiclass"), "has to list every class", 6),
    "positive class": (model(data="label: y, labels: [a, b, c], positive_label: a").replace("binary", "multiclass"), "means nothing", 6),
    "weights of several classes": (
        model(data="label: y, labels: [a, b, c], weight: w").replace("binary", "multiclass"),
        "`models.m.data.weight` is supported",
        6,
    ),
    "clusters of a regression": (model(data="label: y, cluster: c").replace("binary_classification", "regression"), "`models.m.data.cluster` is supported", 6),
    "labels of the accepted, of a regression": (
        model(data="label: y, label_observed_for: selected").replace("binary_classification", "regression"),
        "`models.m.data.label_observed_for` is supported",
        6,
    ),
    "protected groups of several classes": (
        model(data="label: y, labels: [a, b, c]", features="g: {column: g, groups: [a, b], protected: [a]}").replace("binary", "multiclass"),
        "`models.m.sensitive_features.g.protected` is supported",
        8,
    ),
    "equal classes": (model(data="label: y, labels: [1, 2, 1.0]").replace("binary", "multiclass"), "must be 3 different values", 6),
    "labels of two types": (model(data='label: y, labels: ["0", 1]'), "must be two different values of one type", 6),
    "number and boolean as labels": (model(data="label: y, labels: [false, 1]"), "must be two different values of one type", 6),
    "equal labels": (model(data="label: y, labels: [1, 1.0]"), "must be two different values of one type", 6),
    "null as a label": (model(data="label: y, labels: [null, 1]"), "`models.m.data.labels[0]` must be a text, a number or a boolean, not null", 6),
    "positive label that is none": (
        model(data="label: y, labels: [bad, good], positive_label: well"),
        "is 'well', which is not among the labels 'bad' and 'good'",
        6,
    ),
    "default positive label of booleans": (model(data="label: y, labels: [false, true]"), "is 1, which is not among the labels false and true", 6),
    "positive label a list": (model(data="label: y, positive_label: [1]"), "must be a text, a number or a boolean, not a list", 6),
    "labels for some": (model(data="label: y, label_observed_for: some"), "'some' is neither all nor selected", 6),
    "attributes without ids": (model(data="label: y, attributes: {uri: a.csv}"), "join_on", 6),
    "attributes as a path": (model(data="label: y, attributes: a.csv"), "`models.m.data.attributes`", 6),
    "attributes in a bucket": (model(data="label: y, attributes: {uri: 's3://b/a.csv', join_on: id}"), "object stores are not supported yet", 6),
    "ids that are the label": (model(data="label: y, attributes: {uri: a.csv, join_on: y}"), "the column 'y' has another role already", 6),
    "ids that are a feature": (model(data="label: y, attributes: {uri: a.csv, join_on: g}"), "the column 'g' has another role already", 6),
    "ids that are the weight": (model(data="label: y, weight: w, attributes: {uri: a.csv, join_on: w}"), "the column 'w' has another role already", 6),
    "development in a bucket": (model(data="label: y, development: 's3://b/a.csv'"), "object stores are not supported yet", 6),
    "development on the holdout": (model(data="label: y, uri: a.csv, development: a.csv"), "is the holdout itself", 6),
    **{
        f"role {role}": (model(features=f"g: {{column: g, groups: [a, b, c], {role}}}"), message, 8)
        for role, message in {
            "reference: d": "`models.m.sensitive_features.g.reference`: 'd' is not a declared group. Declared are a, b, c.",
            "reference: [a]": "a list is not a declared group",
            "protected: []": "`models.m.sensitive_features.g.protected` must be at least 1 long",
            "protected: [a, d]": "`models.m.sensitive_features.g.protected[1]`: 'd' is not a declared group",
            "protected: [a, a]": "'a' stands there twice",
            "protected: [a, b, c]": "names every group, so there is nobody whom they could be behind",
            "protected: [a], reference: a": "'a' is protected, and the reference is what protected groups are compared with",
            "protected: [a, b], exclude: [{group: c, why: w, max_share: 0.1}]": "names every group",
            "other: a": "'a' is a declared group already",
            "other: a×b": "contains ×",
            'other: " "': "is empty",
            "exclude: []": "must be at least 1 long",
            "exclude: [{group: x, max_share: 0.1}]": "`models.m.sensitive_features.g.exclude[0].why` is missing",
            "exclude: [{group: x, why: w}]": "max_share` is missing",
            "exclude: [{group: x, why: w, max_share: 2}]": "max_share` must be at most 1",
            "exclude: [{group: x, why: w, max_share: 0.1, y: 1}]": "is not a key of an excluded group",
            "exclude: [{group: 1, why: w, max_share: 0.1}]": "1 is no value of the column: the declared ones are of another type",
            'exclude: [{group: "", why: w, max_share: 0.1}]': "is no value of the column",
            "exclude: [{group: x, why: w, max_share: 0.1}, {group: x, why: w, max_share: 0.1}]": "the group 'x' stands there twice",
            "exclude: [{group: a, why: w, max_share: 0.1}, {group: b, why: w, max_share: 0.1}]": "leaves fewer than two groups that are judged",
            "reference: a, exclude: [{group: a, why: w, max_share: 0.1}]": "'a' is excluded, so nothing is compared with it",
            "protected: [a], exclude: [{group: a, why: w, max_share: 0.1}]": "'a' is excluded, so nothing is compared with it",
        }.items()
    },
    "pool of bins": (model(features="g: {column: g, bins: [1], other: o}"), "means nothing with `bins`", 8),
    "excluded bin": (model(features="g: {column: g, bins: [1], exclude: [{group: 3, why: w, max_share: 0.1}]}"), "3 is none of the bins <1, >=1", 8),
    "excluded by value and name": (
        model(features="g: {column: g, groups: {a: b, b: c, d: e}, exclude: [{group: b, why: w, max_share: 0.1}]}"),
        "is the name of one group and the value of another",
        8,
    ),
    "no feature": (model(features="{}"), "declares no feature", 8),
    "feature without column": (model(features="g: {groups: [a, b]}"), "`models.m.sensitive_features.g.column` is missing", 8),
    "neither groups nor bins": (model(features="g: {column: g}"), "has neither `groups` nor `bins`", 8),
    "both groups and bins": (model(features="g: {column: g, groups: [a, b], bins: [1]}"), "has both `groups` and `bins`", 8),
    "feature that looks like an intersection": (model(features="a×b: {column: g, groups: [a, b]}"), "contains ×", 8),
    "feature without a name": (model(features='"": {column: g, groups: [a, b]}'), "the name '' is empty", 8),
    "one group": (groups("[a]"), "declares fewer than two groups", 8),
    "no groups": (groups("{}"), "declares fewer than two groups", 8),
    "groups as a word": (groups("all"), "must be a list of values or a mapping from value to name, not 'all'", 8),
    "groups of two types": (groups("[1, a]"), "mixes values of different types (number, text)", 8),
    "booleans and numbers": (groups("{true: a, 2: b}"), "mixes values of different types (boolean, number)", 8),
    "null as a group": (groups("[a, null]"), "groups[1]` must be a text, a number or a boolean, not null", 8),
    "null as a group of a mapping": (groups("{~: none, 1: a}"), "the key null of models.m.sensitive_features.g.groups is not text", 8),
    "a list as a group": (groups("[a, [b]]"), "must be a text, a number or a boolean, not a list", 8),
    "a group twice": (groups("[a, b, a]"), "the group 'a' is declared twice", 8),
    "a number twice": (groups("[1, 1.0]"), "the group '1' is declared twice", 8),
    "zero twice": (groups("[0, -0.0]"), "is declared twice", 8),
    "two groups of one name": (groups("{0: a, 1: a}"), "the group 'a' is declared twice", 8),
    "a value twice": (groups("{0: a, 0: b}"), "the key 0 stands twice", 8),
    "a group named by a number": (groups("{0: 1, 1: b}"), "the name of a group is a text, not 1", 8),
    "a group with an empty name": (groups('{0: "", 1: b}'), "the name '' is empty", 8),
    "a group of spaces": (groups('["  ", b]'), "the name '  ' is empty", 8),
    "the empty field as a group": (groups('{"": none, a: b}'), "an empty field is a missing value", 8),
    "a group that looks like an intersection": (groups("[a×b, c]"), "contains ×", 8),
    "leading zeros as groups": (groups("[01, 02]"), "01 begins with a zero", 8),
    "no edges": (model(features="g: {column: g, bins: []}"), "must be at least 1 long", 8),
    "descending edges": (model(features="g: {column: g, bins: [40, 25]}"), "bins[1]`: 25 does not come after 40", 8),
    "equal edges": (model(features="g: {column: g, bins: [25, 25.0]}"), "does not come after", 8),
    "an edge that is a text": (model(features="g: {column: g, bins: ['25']}"), "bins[0]` must be a number, not '25'", 8),
    "an edge that is a boolean": (model(features="g: {column: g, bins: [true]}"), "must be a number, not true", 8),
    "edges closer than 12 digits": (model(features="g: {column: g, bins: [1000000000000001, 1000000000000002]}"), "two edges have the same name", 8),
    "threshold above one": (model(more="predictions: {score: p, threshold: 50}"), "`models.m.predictions.threshold` must be at most 1", 9),
    "column and score": (model(more="predictions: {column: p, score: q}"), "both `column` and `score` are given", 9),
    "label as prediction": (model(more="predictions: {column: y}"), "is the prediction already, which would be compared with itself", 6),
    "label as score": (model(more="predictions: {score: y}"), "is the prediction already", 6),
    "label named like the default prediction": (model(data="label: prediction"), "is the prediction already", 6),
    "label as feature": (model(features="g: {column: y, groups: [a, b]}"), "the column 'y' is the label already", 8),
    "prediction as feature": (model(features="g: {column: prediction, groups: [a, b]}"), "the column 'prediction' is the prediction already", 8),
    "owner as a list": (model(more="owner: [me]"), "`models.m.owner` must be a text, not a list", 9),
}


@pytest.mark.parametrize(("text", "message", "line"), WRONG_POLICIES.values(), ids=WRONG_POLICIES.keys())
def test_a_wrong_policy_is_refused_with_its_place(tmp_path: Path, text: str, message: str, line: int) -> None:
    """What a policy cannot mean is a PolicyError, and lint names the line and the way out."""
    path = tmp_path / "file.yaml"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises(PolicyError):
        load_policy(path)
    found = lint([path])

    assert [problem.line for problem in found if message in str(problem)] == [line], [str(problem) for problem in found]


@pytest.mark.parametrize(("text", "message", "line"), WRONG_CONFIGS.values(), ids=WRONG_CONFIGS.keys())
def test_a_wrong_configuration_is_refused_with_its_place(tmp_path: Path, text: str, message: str, line: int) -> None:
    """What a configuration cannot mean is a ConfigError that names the line and the way out."""
    path = tmp_path / "gate.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        load_config(path, "m")
    found = refused.value.problems  # type: ignore[attr-defined]

    assert [problem.line for problem in found if message in str(problem)] == [line], [str(problem) for problem in found]


def test_the_patterns_of_these_tables_are_good_themselves(tmp_path: Path) -> None:
    """What every case above changes in one place is accepted without that change."""
    (tmp_path / "policy.yaml").write_text(rule(), encoding="utf-8")
    (tmp_path / "gate.yaml").write_text(model(), encoding="utf-8")

    assert lint([tmp_path]) == ()


def test_every_problem_is_reported_at_once(tmp_path: Path) -> None:
    """A person who fixes what lint says does not have to come back for the next one."""
    path = tmp_path / "file.yaml"
    path.write_text(
        f"{HEAD}version: x\nmitigation: {{aproved: []}}\ndata: {{max_age_days: 0, agee: 1}}\nrules:\n  - {{id: a, metric: nix, max: 2}}\n", encoding="utf-8"
    )
    lines = [problem.line for problem in lint([path])]

    assert lines == [3, 4, 5, 5, 7]


def test_the_error_counts_what_it_does_not_show(tmp_path: Path) -> None:
    """The first problem is the error's message, and it says how to see the others."""
    path = tmp_path / "file.yaml"
    path.write_text(f"{HEAD}version: x\ntears: 1\n{RULES}", encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        load_policy(path)

    assert (refused.value.what, refused.value.where) == ("`version` must be a whole number, not 'x'", f"{path}:3:10")
    assert f"(1 more: `gate policy lint {path}` lists all.)" in refused.value.next_step


def test_not_utf8_is_refused_with_its_place(tmp_path: Path) -> None:
    """Other encodings are refused where the first foreign byte stands."""
    path = tmp_path / "file.yaml"
    path.write_bytes(HEAD.encode() + b"description: caf\xe9\n")
    problem = lint([path])[0]

    assert (problem.message, problem.line, problem.column) == ("the file is not UTF-8", 3, 17)
