"""What the declaration of the sensitive features leaves out of the judgement, in plain sentences; each sink escapes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from gate.core.document import Json
from gate.core.model import CROSS, WITHIN
from gate.report.phrases import listing, name

__all__ = ["Roles", "remarks", "roles"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which groups of a feature or intersection are judged, and whether all of them are compared with one another; `within` strata they are not."""

    excluded: frozenset[tuple[str, str]]
    all_pairs: bool
    within: bool = False

    def judges(self, feature: str, group: str) -> bool:
        """Whether no part of the group is excluded."""
        return self.excluded.isdisjoint(zip(_parts(feature, within=self.within), _parts(group, within=self.within), strict=True))


def roles(config: Json, feature: str) -> Roles:
    """The roles that an effective configuration gives to the groups of a feature or intersection."""
    within = isinstance(config, Mapping) and bool(config.get("control_features")) and WITHIN in feature
    declared = [entry for entry in _features(config) if str(entry["name"]) in _parts(feature, within=within)]
    excluded = {(str(entry["name"]), str(cast("Mapping[str, Json]", out)["group"])) for entry in declared for out in _items(entry.get("exclude"))}
    all_pairs = not within and not any(entry.get("reference") or entry.get("protected") for entry in declared)
    return Roles(excluded=frozenset(excluded), all_pairs=all_pairs, within=within)


def _parts(joined: str, *, within: bool) -> list[str]:
    """The features, or the groups, of an intersection, without the stratum that they are looked at within."""
    return (joined.partition(WITHIN)[0] if within else joined).split(CROSS)


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
