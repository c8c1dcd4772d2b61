"""What every output says of a decision before anything else, where it says less than its verdict seems to."""

from collections.abc import Iterator, Mapping

from gate.core.decision import Decision, Finding, Suppression, Verdict
from gate.core.document import Json
from gate.core.facts import AttributesFacts, PredictionSource, TierLowered
from gate.core.policy import CHAMPION
from gate.report.figures import count
from gate.report.phrases import listing, name

__all__ = ["ADVISORY", "attributes", "inherits", "labels_of_the_accepted", "provisos", "status", "tint", "verdict_word"]

ADVISORY = "Development table: advisory, not a decision."
_WOULD = {Verdict.PASSED: "WOULD PASS", Verdict.BLOCKED: "WOULD BE BLOCKED", Verdict.INCONCLUSIVE: "WOULD BE INCONCLUSIVE"}
_SERVED = "Answers of an endpoint: this record binds no bytes of a model, and is never accepted for a deployment (gate verify, gate promote)."
_UNBOXED = "No sandbox: the model ran as a plain process, beside everything that its user may read (`gate doctor` says why, and what mends it)."
_ACCEPTED = "Labels exist for accepted cases only (label_observed_for: selected): error rates describe the accepted only."


def verdict_word(decision: Decision) -> str:
    """The verdict's word; on a development table, what it would be."""
    word = _WOULD[decision.verdict] if decision.development else decision.verdict.value.upper()
    return f"{word} WITH INHERITED VIOLATIONS" if decision.verdict is Verdict.PASSED and inherits(decision) else word


def status(decision: Decision) -> str:
    """The verdict for tags and badges: in small letters, and no plain pass where violations are inherited."""
    return f"{decision.verdict.value}{' with inherited violations' if decision.verdict is Verdict.PASSED and inherits(decision) else ''}"


def inherits(decision: Decision) -> bool:
    """Whether something passes only because the champion violates it too."""
    return any(True for _ in _inherited(decision))


def tint(decision: Decision) -> str:
    """The verdict whose colour the page has: nothing that only would pass, or passes with inherited violations, is green."""
    qualified = decision.development or (decision.verdict is Verdict.PASSED and inherits(decision))
    return Verdict.INCONCLUSIVE.value if qualified else decision.verdict.value


def _inherited(decision: Decision) -> Iterator[Finding]:
    """What the champion violates already, and is accepted for a time."""
    return (finding for finding in decision.judgement.findings if finding.inherited is not None)


def _acceptances(decision: Decision) -> Iterator[str]:
    """A sentence for every rule under which something is inherited: since when it is known, and until when it is accepted."""
    rules: dict[str, list[Finding]] = {}
    for finding in _inherited(decision):
        rules.setdefault(finding.rule, []).append(finding)
    for rule, findings in rules.items():
        said = findings[0].inherited
        where = listing(name(finding.feature) for finding in findings if finding.feature is not None)
        if said is not None:
            source = said.source if said.source == CHAMPION else f"version {said.source}"
            what = f"{name(rule)} ({where})" if where else name(rule)
            yield f"Inherited violation, accepted until {said.until.isoformat()}: {what}, as {name(source)} has it already."


def provisos(decision: Decision) -> tuple[str, ...]:
    """Sentences that stand at the head of every output; none where the verdict is all there is to say."""
    served = decision.facts.predictions.source is PredictionSource.ENDPOINT
    until = decision.policy.effective.get("report_only_until") if isinstance(decision.policy.effective, Mapping) else None
    return (
        *((f"Report only until {name(str(until))}: until then a check exits 0 whatever it finds; gate verify heeds the verdict.",) if until else ()),
        *_acceptances(decision),
        *(_fallen(decision, lowered) for lowered in decision.facts.lowered),
        *(f"Decided anew after an alarm of gate monitor: {'; '.join(map(name, alarm.findings))}." for alarm in decision.facts.alarms),
        *((ADVISORY,) if decision.development else ()),
        *((_SERVED,) if served else ()),
        *(() if decision.suppressed is None else (_suppressed(decision.suppressed),)),
        *((_UNBOXED,) if decision.facts.predictions.sandbox == "none" else ()),
        *decision.earlier,
        *((_ACCEPTED,) if labels_of_the_accepted(decision.config.effective) else ()),
    )


def _fallen(decision: Decision, lowered: TierLowered) -> str:
    """That the model was judged more strictly before, and who answers for it."""
    return f"Tier lowered from {name(lowered.before)} to {name(decision.tier)} by {name(lowered.by)} on {lowered.on}: {lowered.reason}"


def _suppressed(found: Suppression) -> str:
    """What is missing, and where it is."""
    left = f"no number is given of {listing((name(feature) for feature in found.features), most=10)}" if found.features else "none had to be left out here"
    whole = ", nor of all rows together" if found.overall else ""
    return f"Cells of fewer than {found.min_cell} rows are not published, nor what they would follow from: {left}{whole}. The full counts are in the ledger."


def labels_of_the_accepted(config: Json) -> bool:
    """Whether an effective configuration says that labels exist for accepted cases only."""
    data = config.get("data") if isinstance(config, Mapping) else None
    return isinstance(data, Mapping) and data.get("label_observed_for") == "selected"


def attributes(facts: AttributesFacts) -> str:
    """What the table of attributes holds, and how it fits the rows."""
    columns = listing((name(column) for column in facts.columns), most=10)
    if facts.unmatched is None or facts.unused is None:
        return f"{columns} from a table of its own"
    return f"{columns} from a table of its own; {count(facts.unmatched)} rows without a line in it, {count(facts.unused)} of its lines without a row"
