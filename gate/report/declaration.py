"""What the declaration of the sensitive features leaves out of the judgement, in plain sentences; each sink escapes them."""

from collections.abc import Iterator, Mapping
from typing import cast

from gate.core.document import Json
from gate.report.phrases import listing, name

__all__ = ["remarks"]


def remarks(config: Json) -> Iterator[str]:
    """One sentence for every role that an effective configuration gives to a group; nothing where all groups are alike."""
    features = config.get("sensitive_features") if isinstance(config, Mapping) else None
    for feature in features if isinstance(features, list | tuple) else ():
        yield from _of_feature(cast("Mapping[str, Json]", feature))


def _of_feature(feature: Mapping[str, Json]) -> Iterator[str]:
    what = name(str(feature["name"]))
    if reference := feature.get("reference"):
        yield f"Groups of {what} were compared with {name(str(reference))} only, not with one another."
    if protected := _items(feature.get("protected")):
        yield f"Gaps between groups of {what} count only to the disadvantage of {listing((name(str(group)) for group in protected), most=10)}."
    if other := feature.get("other"):
        yield f"Values of {what} that are not declared were pooled as {name(str(other))}."
    for entry in _items(feature.get("exclude")):
        excluded = cast("Mapping[str, Json]", entry)
        yield f"{name(str(excluded['group']))} of {what} was not judged: {name(str(excluded['why']))}"


def _items(value: Json) -> list[Json]:
    return list(value) if isinstance(value, list | tuple) else []
