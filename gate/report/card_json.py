"""The card as data, `card.json`: what people wrote and what the gate found, of the same decision as every other output."""

from gate.core.canonical import canonical
from gate.core.decision import Decision, Finding
from gate.core.document import Json
from gate.report import card_text, wording
from gate.report.provisos import provisos

__all__ = ["CARD_SCHEMA", "SCHEMA", "render"]

SCHEMA = "gate.card/v1"


def render(decision: Decision) -> bytes:
    """The card as canonical JSON with a newline at its end: the same decision gives the same bytes."""
    return canonical(_card(decision)) + b"\n"


def _card(decision: Decision) -> dict[str, Json]:
    facts, card = decision.facts, decision.facts.card
    return {
        "schema": SCHEMA,
        "verdict": decision.verdict.value,
        "development": decision.development,
        "sentence": wording.verdict_sentence(decision),
        "provisos": list(provisos(decision)),
        "model": {"name": facts.candidate.name, "version": facts.candidate.version, "digest": facts.candidate.digest},
        "tier": decision.tier,
        "license": None if card is None else card.license,
        "tags": [] if card is None else list(card.tags),
        "datasets": [] if card is None else list(card.datasets),
        "written": {"digest": None if card is None else card.digest, "sections": {entry.section.value: entry.text for entry in card.texts} if card else {}},
        "unwritten": [section.value for section in (*card_text.MODEL, *card_text.DATASHEET) if card is None or card.text(section) is None],
        "factors": list(card_text.factors(decision)),
        "findings": [_finding(finding) for finding in decision.judgement.findings],
        "data": {"digest": facts.data.digest, "rows": decision.counts.overall.rows},
        "promise": wording.promise(decision),
        "caveats": list(wording.caveats(decision)),
        "digests": {"policy": decision.policy.digest, "config": decision.config.digest, "counts": decision.counts_digest},
        "gate": {"version": decision.gate_version},
    }


def _finding(finding: Finding) -> dict[str, Json]:
    """What a finding says, without what only a replay needs; `decision.json` has the rest."""
    return {
        "rule": finding.rule,
        "metric": finding.metric,
        "feature": finding.feature,
        "groups": list(finding.groups),
        "outcome": finding.outcome.value,
        "effect": finding.effect.value,
        "value": finding.value,
        "lower": finding.lower,
        "upper": finding.upper,
        "message": finding.message,
    }


_TEXT: Json = {"type": "string"}
_MAYBE: Json = {"type": ["string", "null"]}
_NUMBER: Json = {"type": ["number", "null"]}
_TEXTS: Json = {"type": "array", "items": _TEXT}
_DIGEST: Json = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_SECTIONS: list[str] = [section.value for section in (*card_text.MODEL, *card_text.DATASHEET)]


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    """An object with exactly these keys."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


CARD_SCHEMA: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": SCHEMA,
    "description": "card.json: a model card with what people wrote and what the gate found.",
    **_object(
        {
            "schema": {"const": SCHEMA},
            "verdict": {"enum": ["passed", "blocked", "inconclusive"]},
            "development": {"type": "boolean", "description": "True for a development table: the verdict is advisory, and nothing was decided."},
            "sentence": _TEXT,
            "provisos": _TEXTS,
            "model": _object({"name": _TEXT, "version": _MAYBE, "digest": _DIGEST}),
            "tier": _TEXT,
            "license": _MAYBE,
            "tags": _TEXTS,
            "datasets": _TEXTS,
            "written": {
                **_object(
                    {
                        "digest": {"anyOf": [{"type": "null"}, _DIGEST]},
                        "sections": {"type": "object", "additionalProperties": False, "properties": dict.fromkeys(_SECTIONS, _TEXT)},
                    }
                ),
                "description": "What card.yaml said, word for word, placeholders too; `digest` stands in the record.",
            },
            "unwritten": {"type": "array", "items": {"enum": _SECTIONS}, "description": "Sections that are absent, blank or placeholders."},
            "factors": _TEXTS,
            "findings": {
                "type": "array",
                "items": _object(
                    {
                        "rule": _TEXT,
                        "metric": _MAYBE,
                        "feature": _MAYBE,
                        "groups": _TEXTS,
                        "outcome": {"enum": ["pass", "fail", "inconclusive", "not_applicable"]},
                        "effect": {"enum": ["none", "holds", "blocks"]},
                        "value": _NUMBER,
                        "lower": _NUMBER,
                        "upper": _NUMBER,
                        "message": _TEXT,
                    }
                ),
            },
            "data": _object({"digest": _DIGEST, "rows": {"type": "integer", "minimum": 0}}),
            "promise": _TEXT,
            "caveats": _TEXTS,
            "digests": _object({"policy": _DIGEST, "config": _DIGEST, "counts": {"anyOf": [{"type": "null"}, _DIGEST]}}),
            "gate": _object({"version": _TEXT}),
        }
    ),
}
"""The JSON Schema of `card.json`."""
