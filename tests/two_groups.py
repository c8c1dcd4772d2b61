"""The plainest thing to judge: one feature of two groups that are alike, one rule, and a candidate with nothing against it."""

from gate.core.counts import ConfusionCounts, ContingencyTable, GroupCounts
from gate.core.facts import Candidate, DataFacts, Facts, PredictionFacts, PredictionSource
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.core.policy import Burden, Enforcement, Evidence, Policy, Rule, Scope, Threshold

__all__ = ["COUNTS", "FACTS", "MODEL", "POLICY", "RULE", "TABLE"]

COUNTS = ConfusionCounts(tp=700, fp=300, tn=700, fn=300)
TABLE = ContingencyTable(
    overall=COUNTS + COUNTS, groups=(GroupCounts(feature="g", group="a", counts=COUNTS), GroupCounts(feature="g", group="b", counts=COUNTS))
)
MODEL = ModelConfig(
    name="m",
    task=Task.BINARY_CLASSIFICATION,
    data=DataSource(label="y"),
    predictions=PredictionColumns(),
    sensitive_features=(SensitiveFeature(name="g", column="g", groups=(DeclaredGroup(name="a", value="a"), DeclaredGroup(name="b", value="b"))),),
)
RULE = Rule(
    id="parity", metric="demographic_parity_difference", threshold=Threshold(max=0.1), scope=Scope.BETWEEN_GROUPS, enforcement=Enforcement.SOFT_MANDATORY
)
POLICY = Policy(tier="t", rules=(RULE,), evidence=Evidence(burden_of_proof=Burden.GATE))
FACTS = Facts(
    candidate=Candidate(name="m", version="1", digest="sha256:0", inputs=("income", "age")),
    data=DataFacts(digest="sha256:0"),
    predictions=PredictionFacts(source=PredictionSource.MODEL, sandbox="none"),
)
