"""The metadata at the head of the Markdown card, in the form of the Hugging Face Hub: YAML that holds nothing but quoted text and numbers."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from gate.core.decision import Decision, Finding
from gate.core.document import Json
from gate.report.escape import SHORT, inert
from gate.report.figures import threshold

__all__ = ["front_matter"]

_PLAIN = re.compile(r"[A-Za-z0-9]+(?:[ ._:-][A-Za-z0-9]+)*")
_MARKUP = frozenset("<>&[]()*_`~#@|!$")
_MOST = 200
"""Results that are listed; `card.json` has all of them."""
_TASKS = {"binary_classification": "tabular-classification", "multiclass_classification": "tabular-classification", "regression": "tabular-regression"}


def front_matter(decision: Decision) -> str:
    """The block between two lines of `---`: name, licence, tags, data sets, metrics, and what was measured as a model-index."""
    return "\n".join(["---", *_lines(decision), "---"])


def _lines(decision: Decision) -> Iterator[str]:
    card, measured = decision.facts.card, [finding for finding in decision.judgement.findings if finding.metric is not None and finding.value is not None]
    yield f"model_name: {_text(decision.facts.candidate.name)}"
    if card is not None and card.license is not None:
        yield f"license: {_text(card.license)}"
    yield from _list(
        "tags",
        ("fairness-gate", f"tier-{decision.tier}", "development" if decision.development else decision.verdict.value, *(() if card is None else card.tags)),
    )
    yield from _list("datasets", () if card is None else card.datasets)
    yield from _list("metrics", sorted({str(finding.metric) for finding in measured}))
    if not measured:
        return
    config = decision.config.effective
    task = str(config.get("task", "")) if isinstance(config, Mapping) else ""
    yield "model-index:"
    yield f"- name: {_text(decision.facts.candidate.name)}"
    yield "  results:"
    yield f"  - task: {{type: {_text(_TASKS.get(task, 'other'))}}}"
    yield f'    dataset: {{name: "holdout", type: "private", revision: {_text(decision.facts.data.digest)}}}'
    yield "    metrics:"
    yield from (_metric(finding) for finding in measured[:_MOST])


def _metric(finding: Finding) -> str:
    said = {"feature": finding.feature, "bound": threshold(finding.threshold), "outcome": finding.outcome.value}
    args: Iterable[tuple[str, Json]] = (*said.items(), ("lower", finding.lower), ("upper", finding.upper))
    inside = ", ".join(f"{key}: {_number(value) if isinstance(value, float) else _text(str(value))}" for key, value in args if value not in (None, ""))
    name = f"{finding.rule} ({finding.feature})" if finding.feature else finding.rule
    return f"    - {{type: {_text(str(finding.metric))}, name: {_text(name)}, value: {_number(finding.value)}, args: {{{inside}}}}}"


def _list(key: str, items: Iterable[str]) -> Iterator[str]:
    """A key with its items, each once; nothing where there are none."""
    listed = list(dict.fromkeys(items))
    if listed:
        yield f"{key}:"
        yield from (f"- {_text(item)}" for item in listed)


def _text(text: str) -> str:
    """The text in double quotes, which JSON and YAML write alike; on one line, and nothing in it acts, in Markdown that knows no metadata neither."""
    said = inert(text, limit=SHORT)
    quoted = json.dumps(said, ensure_ascii=False)
    return quoted if _PLAIN.fullmatch(said) else "".join(f"\\u{ord(sign):04x}" if sign in _MARKUP else sign for sign in quoted)


def _number(value: float | None) -> str:
    return "null" if value is None else f"{value:.12g}" if "e" not in f"{value:.12g}" else f"{value:.15f}"
