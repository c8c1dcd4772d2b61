"""The verdict as a badge: the JSON that shields.io's endpoint badge reads (https://shields.io/badges/endpoint-badge)."""

import json

from gate.core.decision import Decision, Verdict
from gate.report.escape import SHORT, clean
from gate.report.phrases import name
from gate.report.provisos import inherits

__all__ = ["render"]

_COLOURS = {Verdict.PASSED: "brightgreen", Verdict.INCONCLUSIVE: "yellow", Verdict.BLOCKED: "red"}


def render(decision: Decision) -> str:
    """A badge that says the verdict and the tier; yellow where violations are inherited; one of a development table says that nothing was decided."""
    said = "advisory" if decision.development else decision.verdict.value
    kept = decision.verdict is Verdict.PASSED and inherits(decision)
    colour = "lightgrey" if decision.development else _COLOURS[Verdict.INCONCLUSIVE if kept else decision.verdict]
    message = clean(f"{said}{' with inherited violations' if kept else ''}, tier {name(decision.tier)}", limit=SHORT)
    return json.dumps({"schemaVersion": 1, "label": "fairness gate", "message": message, "color": colour, "isError": said != "passed"}) + "\n"
