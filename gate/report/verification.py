"""What verify and promote answered, as the summary of a CI job."""

from gate.core.verification import Verification
from gate.report.escape import code, markdown

__all__ = ["summary"]


def summary(found: Verification, said: str) -> str:
    """The answer first, then every check with what was seen."""
    rows = [f"| {check.about.value} | {'holds' if check.holds else '**does not hold**'} | {markdown(check.detail)} |" for check in found.checks]
    parts = (
        f"## Fairness gate: {'ALLOWED' if found.allowed else 'REFUSED'}",
        markdown(said),
        "\n".join(["| Check | Answer | What was seen |", "| --- | --- | --- |", *rows]),
        f"Decision {code(found.decision)}" if found.decision else "",
    )
    return "\n\n".join(part for part in parts if part) + "\n"
