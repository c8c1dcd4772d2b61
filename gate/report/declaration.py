"""What the declaration of the sensitive features leaves out of the judgement, in plain sentences; each sink escapes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from gate.core.document import Json
from gate.core.model import CROSS
from gate.report.phrases import listing, name

__all__ = ["Roles", "remarks", "roles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which groups of a feature or intersection are judged, and whether all of them are compared with one another."""

    excluded: frozenset[tuple[str, str]]
    all_pairs: bool

    def judges(self, feature: str, group: str) -> bool:
        """Whether no part of the group is excluded."""
        return self.excluded.isdisjoint(zip(feature.split(CROSS), group.split(CROSS), strict=True))


def roles(config: Json, feature: str) -> Roles:
    """The roles that an effective configuration gives to the groups of a feature or intersection."""
    declared = [entry for entry in _features(config) if str(entry["name"]) in feature.split(CROSS)]
    excluded = {(str(entry["name"]), str(cast("Mapping[str, Json]", out)["group"])) for entry in declared for out in _items(entry.get("exclude"))}
    return Roles(excluded=frozenset(excluded), all_pairs=not any(entry.get("reference") or entry.get("protected") for entry in declared))


def remarks(config: Json) -> Iterator[str]:
    """One sentence for every role that an effective configuration gives to a group; nothing where all groups are alike."""
    for feature in _features(config):
        yield from _of_feature(feature)


def _features(config: Json) -> Iterator[Mapping[str, Json]]:
    features = config.get("sensitive_features") if isinstance(config, Mapping) else None
    for feature in features if isinstance(features, list | tuple) else ():
        yield cast("Mapping[str, Json]", feature)


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
