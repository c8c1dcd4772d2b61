"""What people wrote for the card, as paragraphs, and the sections in their order: text is shown, and nothing in it acts."""

import re
from collections.abc import Iterable, Mapping

from gate.core.card import CardFacts, Section
from gate.core.decision import Decision
from gate.core.document import Json
from gate.report.declaration import remarks
from gate.report.phrases import listing, name

__all__ = ["DATASHEET", "MODEL", "UNWRITTEN", "factors", "paragraphs", "rules"]

MODEL: Mapping[Section, str] = {
    Section.MODEL_DETAILS: "Model details",
    Section.INTENDED_USE: "Intended use",
    Section.FACTORS: "Factors",
    Section.METRICS: "Metrics",
    Section.EVALUATION_DATA: "Evaluation data",
    Section.TRAINING_DATA: "Training data",
    Section.QUANTITATIVE_ANALYSES: "Quantitative analyses",
    Section.ETHICAL_CONSIDERATIONS: "Ethical considerations",
    Section.CAVEATS: "Caveats and recommendations",
}
"""The sections of a model card, and their headings."""
DATASHEET: Mapping[Section, str] = {
    Section.MOTIVATION: "Motivation",
    Section.COMPOSITION: "Composition",
    Section.COLLECTION: "Collection process",
    Section.PREPROCESSING: "Preprocessing, cleaning and labelling",
    Section.USES: "Uses",
    Section.DISTRIBUTION: "Distribution",
    Section.MAINTENANCE: "Maintenance",
}
"""The sections of the datasheet of the evaluation data."""
UNWRITTEN = "Nobody has written this."


def paragraphs(card: CardFacts | None, section: Section) -> tuple[str, ...]:
    """The paragraphs of a section, each on one line; none where nothing is written, or a placeholder."""
    text = None if card is None else card.text(section)
    return () if text is None else tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))


def factors(decision: Decision) -> tuple[str, ...]:
    """The sensitive features that were judged, and the roles of their groups."""
    config = decision.config.effective
    features = config.get("sensitive_features") if isinstance(config, Mapping) else None
    named = [_feature(feature) for feature in features if isinstance(feature, Mapping)] if isinstance(features, list | tuple) else []
    return (*named, *remarks(config))


def _feature(feature: Mapping[str, Json]) -> str:
    groups = feature.get("groups")
    declared = [str(group["name"]) for group in groups if isinstance(group, Mapping) and "name" in group] if isinstance(groups, list | tuple) else []
    of = f": {listing((name(group) for group in declared), most=20)}" if declared else ""
    return f"{name(str(feature.get('name')))}{of}"


def rules(decision: Decision) -> Iterable[str]:
    """The metrics that rules are about, each once."""
    return dict.fromkeys(finding.metric for finding in decision.judgement.findings if finding.metric is not None)
