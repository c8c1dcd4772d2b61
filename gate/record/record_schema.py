"""The JSON Schema of a signed record: of the envelope, and under `$defs` of the statement that its payload holds."""

from gate.core.document import Json
from gate.record.signing import PAYLOAD_TYPE, STATEMENT_TYPE
from gate.record.statement import DECISION_TYPE

__all__ = ["RECORD_SCHEMA"]

_DIGEST: dict[str, Json] = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_TIME: Json = {"type": "string", "format": "date-time", "pattern": "Z$"}
_BASE64: dict[str, Json] = {"type": "string", "contentEncoding": "base64"}


def _object(properties: dict[str, Json]) -> dict[str, Json]:
    """An object with exactly these keys."""
    return {"type": "object", "additionalProperties": False, "required": list(properties), "properties": properties}


_PROPERTIES: dict[str, Json] = {
    "decision": {"type": "object", "description": "decision.json; its bytes are this value as canonical JSON and a newline."},
    "decision_digest": _DIGEST,
    "recorded": {"type": "boolean", "description": "False for what was written to a folder only: no deployment can rest on it."},
    "chain": {
        "description": "Its place in the ledger; null where there is none.",
        "anyOf": [{"type": "null"}, _object({"position": {"type": "integer", "minimum": 1}, "previous": {"anyOf": [{"type": "null"}, _DIGEST]}})],
    },
    "approvers": {"anyOf": [{"type": "null"}, _DIGEST], "description": "approvers.yaml as it was."},
    "author": {"type": ["string", "null"], "description": "Who made the model, as the registry knows them."},
    "actor": {"type": ["string", "null"], "description": "Who started the check, as the machine knows them."},
    "issued": _TIME,
    "expires": {"anyOf": [{"type": "null"}, _TIME]},
    "run": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "An id that no other record has."},
}
_PREDICATE = _object(_PROPERTIES)
_PREDICATE["properties"] = {**_PROPERTIES, "evidence": {**_DIGEST, "description": "The full counts in the evidence store; only where cells were suppressed."}}
_STATEMENT = _object(
    {
        "_type": {"const": STATEMENT_TYPE},
        "subject": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1,
            "items": _object({"name": {"type": "string"}, "digest": _object({"sha256": {"type": "string"}})}),
        },
        "predicateType": {"const": DECISION_TYPE},
        "predicate": _PREDICATE,
    }
)
RECORD_SCHEMA: Json = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": DECISION_TYPE,
    "description": "A DSSE envelope. Its payload, decoded, is the statement below; without signatures it is unsigned.",
    **_object(
        {
            "payload": {**_BASE64, "contentMediaType": PAYLOAD_TYPE, "contentSchema": {"$ref": "#/$defs/statement"}},
            "payloadType": {"const": PAYLOAD_TYPE},
            "signatures": {"type": "array", "maxItems": 1, "items": _object({"keyid": {"type": "string"}, "sig": _BASE64})},
        }
    ),
    "$defs": {"statement": _STATEMENT},
}
