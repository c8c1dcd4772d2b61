"""The verdict as a badge: the JSON that shields.io's endpoint badge reads (https://shields.io/badges/endpoint-badge)."""

import json

from gate.core.decision import Decision, Verdict
from gate.report.escape import SHORT, clean
from gate.report.phrases import name
from gate.report.provisos import status, tint

__all__ = ["render"]

_COLOURS = {Verdict.PASSED: "brightgreen", Verdict.INCONCLUSIVE: "yellow", Verdict.BLOCKED: "red"}


def render(decision: Decision) -> str:
    """A badge that says the verdict and the tier; yellow where violations are inherited; one of a development table says that nothing was decided."""
    said = "advisory" if decision.development else status(decision)
    colour = "lightgrey" if decision.development else _COLOURS[Verdict(tint(decision))]
    message = clean(f"{said}, tier {name(decision.tier)}", limit=SHORT)
    bad = decision.development or decision.verdict is not Verdict.PASSED
    return json.dumps({"schemaVersion": 1, "label": "fairness gate", "message": message, "color": colour, "isError": bad}) + "\n"
