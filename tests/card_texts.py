"""What people, and strangers, may write in `card.yaml`: long, in many scripts, and hostile."""

from collections.abc import Mapping
from types import MappingProxyType

from gate.core.card import LONGEST, CardFacts, CardText, Section, card_facts

__all__ = ["TEXTS", "card"]

_SENTENCE = "Der Antrag wird geprüft, bevor ein Mensch entscheidet; whoever disagrees asks for a second look. "
TEXTS: Mapping[Section, str] = MappingProxyType(
    {
        Section.MODEL_DETAILS: "A gradient boosted tree, made by lending-ml in May 2026.\n\nQuestions: the model's owner.",
        Section.INTENDED_USE: (_SENTENCE * 100)[:LONGEST],
        Section.FACTORS: "approve" * (LONGEST // 7),
        Section.METRICS: "<b>bold</b>" * (LONGEST // 12),
        Section.EVALUATION_DATA: "البيانات من طلبات عام 2025 (applications-2025)، وليست من الشركات.",
        Section.TRAINING_DATA: "נתונים משנת 2024: הלוואות עד 50,000, ללא חברות.\n\n数据来自二〇二四年的贷款申请，不含公司。" * 20,
        Section.QUANTITATIVE_ANALYSES: "\n\n".join(f"Paragraph {place}: of 100 people, {place} are told no." for place in range(150)),
        Section.ETHICAL_CONSIDERATIONS: (
            '<script>window.bad = 1</script> <img src=x onerror="window.bad = 1"> [x](javascript:alert(1)) \u202etxet\u202c {{ 7*7 }} & </p></section>'
        ),
        Section.CAVEATS: "# BLOCKED\n\n---\nlicense: other\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n1. first\n2. second, which is no list",
        Section.COLLECTION: "One row, one person: https://example.invalid/" + "path/" * 300,
    }
)


def card() -> CardFacts:
    """All of it on one card."""
    texts = (CardText(section=section, text=text) for section, text in TEXTS.items())
    return card_facts(texts, license_="apache-2.0", tags=["lending", "\u200fקרדיט", "x" * 200], datasets=["applications-2024"])
