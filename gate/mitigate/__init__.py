"""Mitigation: candidates that treat groups more alike, compared by the gate's own judgement, and the one that is put forward.

An application on top of the pipeline. Candidates are compared on validation rows, by many looks at them, which is why
what is said there is no verdict: one candidate is registered, and `gate check` judges it once on the holdout.
"""

from gate.mitigate.mitigate import Mitigated, MitigateRequest, mitigate

__all__ = ["MitigateRequest", "Mitigated", "mitigate"]
