"""What a decision has to say to one clause or another: each function is one kind of evidence."""

from collections.abc import Callable, Iterable, Mapping

from gate.core.card import Section
from gate.core.decision import Decision, Finding
from gate.core.document import Json
from gate.core.policy import Enforcement
from gate.report import card_text, remarks, wording
from gate.report.packs.clauses import Said
from gate.report.phrases import listing, plural

__all__ = ["all_of", "answered", "composition", "governed", "judged", "nothing", "oversight", "promised", "recorded", "rules_for", "satisfying", "written"]

Evidence = Callable[[Decision], Said]
_HEADINGS = {**card_text.MODEL, **card_text.DATASHEET}


def all_of(*parts: Evidence) -> Evidence:
    """Several kinds of evidence, one after the other."""
    return lambda decision: sum((part(decision) for part in parts), Said())


def nothing(*missing: str) -> Evidence:
    """What no decision says."""
    return lambda _: Said(missing=missing)


def written(*sections: Section) -> Evidence:
    """What people wrote in `card.yaml`; a section that nobody wrote is missing."""

    def evidence(decision: Decision) -> Said:
        found = {section: card_text.paragraphs(decision.facts.card, section) for section in sections}
        return Said(
            shown=tuple(f"{_HEADINGS[section]}, as people wrote it: {' '.join(text)}" for section, text in found.items() if text),
            missing=tuple(f"{_HEADINGS[section]}: nobody has written this in card.yaml." for section, text in found.items() if not text),
        )

    return evidence


def satisfying(decision: Decision, clause: str) -> tuple[Finding, ...]:
    """The findings of the rules that the policy names for a clause."""
    named = {str(rule.get("id")) for rule in _rules(decision) if clause in _clauses(rule)}
    return tuple(finding for finding in remarks.ordered(decision.judgement.findings) if finding.rule in named)


def rules_for(clause: str) -> Evidence:
    """The outcome of every rule that the policy names for the clause."""

    def evidence(decision: Decision) -> Said:
        findings = satisfying(decision, clause)
        if not findings:
            return Said(missing=(f"No rule of tier {decision.tier} names this clause (satisfies: [{clause}]).",))
        return Said(shown=tuple(f"Rule {remarks.subject(finding)}: {remarks.outcome(finding)}. {remarks.message(finding)}".strip() for finding in findings))

    return evidence


def judged(decision: Decision) -> Said:
    """The verdict, and how it was reached."""
    mandatory = [finding for finding in decision.judgement.findings if finding.enforcement is not Enforcement.ADVISORY and finding.metric]
    told = f"{wording.verdict_sentence(decision)} Judged on {wording.data(decision)}; {plural(len(mandatory), 'mandatory finding')}."
    return Said(shown=(told,), missing=() if mandatory else ("No mandatory rule about a metric was judged.",))


def promised(decision: Decision) -> Said:
    """How often the verdict may be wrong, and its limits."""
    return Said(shown=(wording.promise(decision), *wording.caveats(decision)))


def composition(decision: Decision) -> Said:
    """Which rows were judged, and of which groups there are how many."""
    data = decision.facts.data
    features = dict.fromkeys(entry.feature for entry in decision.counts.groups)
    sizes = [
        f"{feature}: " + listing((f"{entry.group} {entry.counts.rows:,}" for entry in decision.counts.groups if entry.feature == feature), most=20)
        for feature in features
    ]
    unfit = [wording.coverage(entry) for entry in decision.judgement.coverage]
    return Said(
        shown=(f"Evaluation data {data.digest}, {decision.counts.overall.rows:,} rows.", *(f"Rows by {part}." for part in sizes), *unfit),
        missing=() if sizes else ("No numbers of rows by group are published.",),
    )


def answered(decision: Decision) -> Said:
    """How the predictions came about."""
    return Said(shown=(wording.predictions(decision),))


def recorded(decision: Decision) -> Said:
    """What a later reader can hold it against."""
    counts = "its counts are in the ledger alone" if decision.counts_digest is None else f"counts {decision.counts_digest}"
    return Said(
        shown=(
            f"Decision on record: policy {decision.policy.digest}, configuration {decision.config.digest}, {counts}, gate {decision.gate_version}.",
            "It was recomputed from its counts when this pack was made.",
        ),
        missing=("That the record is signed and in the ledger is what gate verify says, not this pack.",),
    )


def governed(decision: Decision) -> Said:
    """Who answers for policy and model."""
    found = (*_named("policy", decision.policy.effective, "owner", "approved_by", "effective_until"), *_named("model", decision.config.effective, *_OF_MODEL))
    return Said(shown=tuple(found), missing=() if found else ("Neither the policy (`governance`) nor gate.yaml says who answers for it.",))


_OF_MODEL = ("owner", "inventory_id", "tier_assigned_by", "tier_approved_by", "review_by")


def _named(whose: str, document: Json, *keys: str) -> Iterable[str]:
    parts = [document, document.get("governance")] if isinstance(document, Mapping) else []
    for part in parts:
        if isinstance(part, Mapping):
            yield from (f"The {whose}'s {key.replace('_', ' ')}: {part[key]}." for key in keys if part.get(key))


def oversight(decision: Decision) -> Said:
    """Whether and how a person may decide otherwise."""
    terms = decision.policy.effective.get("override") if isinstance(decision.policy.effective, Mapping) else None
    if not isinstance(terms, Mapping):
        return Said(shown=(f"Under tier {decision.tier} nobody may override what stops a model.",))
    roles = terms.get("roles")
    of = listing(map(str, roles)) if isinstance(roles, list) else "any role"
    return Said(
        shown=(f"An override takes {terms.get('approvers')} signed approvals by {of}, with reasons, and lasts {terms.get('max_days')} days at most.",),
        missing=("Which overrides there were stands in the ledger: gate override list.",),
    )


def _rules(decision: Decision) -> tuple[Mapping[str, Json], ...]:
    rules = decision.policy.effective.get("rules") if isinstance(decision.policy.effective, Mapping) else None
    return tuple(rule for rule in rules if isinstance(rule, Mapping)) if isinstance(rules, list) else ()


def _clauses(rule: Mapping[str, Json]) -> tuple[str, ...]:
    clauses = rule.get("satisfies")
    return tuple(map(str, clauses)) if isinstance(clauses, list) else ()
