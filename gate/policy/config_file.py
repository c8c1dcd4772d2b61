"""The shape of `gate.yaml`, and what one model's entry by itself can mean."""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from itertools import pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field, WithJsonSchema

from gate.core.model import WITHIN, EngineName, LabelsObserved, Task
from gate.policy.feature_roles import Roles, bad_name, same, value_kind, value_name
from gate.policy.places import as_day, ledger_fault, uri_fault, webhook_fault
from gate.policy.policy_file import TIER
from gate.policy.problems import Fault, FaultyConfigError, KeyPath, quoted
from gate.policy.schema import Kind, Name, Strict

__all__ = ["CONFIG", "CasesEntry", "ConfigFile", "ControlEntry", "FeatureEntry", "ModelEntry", "bin_names"]

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/(?!\.{1,2}$)[A-Za-z0-9._-]+")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

# What pydantic would make of a union of scalars is worse to read than the checks below.
Value = Annotated[object, WithJsonSchema({"type": ["string", "number", "boolean"]})]
Groups = Annotated[
    object,
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "array", "minItems": 2, "uniqueItems": True, "items": {"type": ["string", "number", "boolean"]}},
                {"type": "object", "minProperties": 2, "additionalProperties": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
Digest = Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]


class AttributesEntry(Strict):
    """A table of its own that holds sensitive features."""

    noun: ClassVar[str] = "`attributes`"

    uri: Name = Field(description="Parquet or CSV, relative to this file.")
    join_on: Name = Field(description="The column of ids, of the same name in both tables; one line per row of the holdout.")
    sha256: Digest | None = Field(None, description="The digest of the file, in hexadecimal; enforced when given.")

    def faults(self) -> Iterator[Fault]:
        """The table is a local file."""
        if fault := uri_fault(self.uri):
            yield Fault(path=("uri",), message=f"{{at}}: {fault[0]}", next_step=fault[1])


class DataEntry(Strict):
    """Where the holdout is and which column holds the truth."""

    noun: ClassVar[str] = "`data`"

    label: Name = Field(description="The column of true outcomes.")
    uri: Name | None = Field(None, description="Parquet or CSV, relative to this file. May be absent when predictions come as a table.")
    labels: list[Value] | None = Field(
        None, min_length=2, description="The values that the label may have: two (default: those found), or every class of a multiclass model."
    )
    positive_label: Value = Field(1, description="The outcome counted as selected or favourable. Default 1.")
    sha256: Digest | None = Field(None, description="The digest of the file, in hexadecimal; enforced when given.")
    collected: str | None = Field(None, description="When the rows were collected: YYYY-MM-DD.", json_schema_extra={"format": "date"})
    expectations: Name | None = Field(None, description="A Great Expectations suite, relative to this file.")
    tops_up: list[Digest] = Field(default_factory=list, description="Digests of earlier versions of this holdout, whose looks count too.")
    label_observed_for: Annotated[object, WithJsonSchema({"enum": [kind.value for kind in LabelsObserved]})] = Field(
        "all", description="For which rows a label can exist: all, or selected, those whom an earlier decision accepted. Default all."
    )
    attributes: AttributesEntry | None = Field(None, description="A table of its own that holds sensitive features, joined one to one.")
    cluster: Name | None = Field(None, description="The column that says which rows belong together, such as those of one person.")
    weight: Name | None = Field(None, description="The column that says how much a row counts.")
    max_weight: float | None = Field(None, gt=0, le=2.0**20, description="The largest weight that can occur; with it, limits hold for any weights up to it.")
    max_cluster_rows: int | None = Field(None, ge=1, description="How many rows a cluster can have at most; with it, limits hold for any clusters up to it.")
    label_range: list[float] | None = Field(
        None, min_length=2, max_length=2, description="Of a regression: the lowest and the highest label and prediction that can occur."
    )
    query: Name | None = Field(None, description="Of a ranking: the column that says which rows compete for the same places.")
    development: Name | None = Field(None, description="Parquet or CSV, relative to this file: the table of `gate check --development`.")

    def faults(self) -> Iterator[Fault]:
        """What this holdout cannot mean."""
        yield from self._of_observation()
        yield from self._of_labels()
        yield from self._of_ranges()
        yield from self._of_places()
        if self.collected is not None and not _is_date(self.collected):
            yield Fault(path=("collected",), message=f"{{at}} must be a date, not {quoted(self.collected)}", next_step="Write it as 2026-08-01.")

    def _of_observation(self) -> Iterator[Fault]:
        if self.label_observed_for not in list(LabelsObserved):
            message = f"{{at}}: {quoted(self.label_observed_for)} is neither all nor selected"
            yield Fault(path=("label_observed_for",), message=message, next_step="Write `selected` where labels exist for accepted cases only.")

    def _of_labels(self) -> Iterator[Fault]:
        yield from _not_values([self.positive_label], lambda _: ("positive_label",))
        if self.labels is None:
            return
        yield from _not_values(self.labels, lambda place: ("labels", place))
        if len({*map(value_kind, self.labels)}) > 1 or len({*map(str, self.labels)}) < len(self.labels) or self._equal_labels:
            yield Fault(
                path=("labels",),
                message=f"{{at}} must be {'two' if len(self.labels) == 2 else len(self.labels)} different values of one type",
                next_step="Write them as the column holds them.",
            )
        elif len(self.labels) == 2 and not any(same(self.positive_label, label) for label in self.labels):
            shown = " and ".join(quoted(label) for label in self.labels)
            message = f"{{at}} is {quoted(self.positive_label)}, which is not among the labels {shown}"
            yield Fault(path=("positive_label",), message=message, next_step="Name the favourable one of the two.")

    def _of_ranges(self) -> Iterator[Fault]:
        """A range has a width, and what is limited is there."""
        if self.label_range is not None and not self.label_range[0] < self.label_range[1]:
            yield Fault(path=("label_range",), message="{at} does not go up from its first number to its second", next_step="Write [lowest, highest].")
        for key, of in (("max_weight", "weight"), ("max_cluster_rows", "cluster")):
            if getattr(self, key) is not None and getattr(self, of) is None:
                yield Fault(path=(key,), message=f"{{at}} limits nothing without `{of}`", next_step=f"Name the column in `{of}`, or remove it.", at_key=True)
        if self.max_weight is not None and self.cluster is not None and self.max_cluster_rows is None:
            message = "{at}: without `max_cluster_rows` a cluster of rows may weigh any amount"
            yield Fault(path=("max_weight",), message=message, next_step="Declare both, or none.", at_key=True)
        if self.max_cluster_rows is not None and self.weight is not None and self.max_weight is None:
            message = "{at}: without `max_weight` a cluster of rows may weigh any amount"
            yield Fault(path=("max_cluster_rows",), message=message, next_step="Declare both, or none.", at_key=True)

    @property
    def _equal_labels(self) -> bool:
        """Whether two labels are the same to a column: 1 and 1.0 are."""
        labels = self.labels or []
        return any(same(one, other) for place, one in enumerate(labels) for other in labels[:place])

    def _of_places(self) -> Iterator[Fault]:
        for key, written in (("uri", self.uri), ("expectations", self.expectations), ("development", self.development)):
            if written is not None and (fault := uri_fault(written)):
                yield Fault(path=(key,), message=f"{{at}}: {fault[0]}", next_step=fault[1])
        if self.development is not None and self.development == self.uri:
            message = "{at} is the holdout itself, which unlimited looks would wear out"
            yield Fault(path=("development",), message=message, next_step="Name rows that the holdout does not hold.")


class PredictionsEntry(Strict):
    """What is judged: a column of predicted labels, or a score that selects when it is at or above the threshold."""

    noun: ClassVar[str] = "`predictions`"

    column: Name | None = Field(None, description="The column of predicted labels. Default prediction, unless there is a score.")
    score: Name | None = Field(None, description="The column of scores.")
    threshold: float = Field(0.5, ge=0, le=1, description="A score selects when it is at or above this. Default 0.5.")
    top_k: int | None = Field(None, ge=1, le=1_000_000, description="Of a ranking: so many first places of a query count as selected. Default 10.")
    champion: Name | None = Field(
        None, description="With --predictions: the column in which the table holds the champion's labels, or its scores where a score is judged."
    )

    def faults(self) -> Iterator[Fault]:
        """A score and a column of labels exclude each other."""
        if self.column is not None and self.score is not None:
            message = "{at}: both `column` and `score` are given, so it is not clear what is judged"
            yield Fault(path=("score",), message=message, next_step="Keep one of them.", at_key=True)


class LimitsEntry(Strict):
    """What the model may use while it is on trial."""

    noun: ClassVar[str] = "`limits`"

    seconds: float = Field(600.0, ge=1, le=86_400, description="Wall clock from loading the model to its last answer. Default 600.")
    memory_gb: float = Field(4.0, ge=1, le=1024, description="Address space in GiB, which is more than the memory that it really uses. Default 4.")


class CasesEntry(Strict):
    """What is known of inputs for the explanation of single cases."""

    noun: ClassVar[str] = "`explanations` of a model"

    reasons: dict[str, Name] = Field(default_factory=dict, description="Input: the reason in words that a refused person is told. Default none.")
    immutable: list[Name] = Field(default_factory=list, description="Inputs that nobody can change, besides the sensitive features. Default none.")
    only_increase: list[Name] = Field(default_factory=list, description="Numbers that a person can only raise. Default none.")
    only_decrease: list[Name] = Field(default_factory=list, description="Numbers that a person can only lower. Default none.")

    def faults(self) -> Iterator[Fault]:
        """An input is named once: it is immutable, or goes one way, or goes both."""
        seen: set[str] = set()
        for key in ("immutable", "only_increase", "only_decrease"):
            for place, name in enumerate(getattr(self, key)):
                if name in seen:
                    message = f"{{at}}: the input {quoted(name)} is named twice"
                    yield Fault(path=(key, place), message=message, next_step="An input that can go neither way is `immutable`.")
                seen.add(name)


class Declaration(Strict):
    """A column, and the groups that the holdout must contain."""

    column: Name = Field(description="The column that holds it.")
    groups: Groups = Field(None, description="The values, as a list, or as a mapping from value to name.")
    bins: list[float] | None = Field(None, min_length=1, description="Ascending edges: [25, 40] makes <25, [25,40) and >=40.")

    def _of_declaration(self) -> Iterator[Fault]:
        if (self.groups is None) == (self.bins is None):
            message = "{at} has both `groups` and `bins`" if self.bins is not None else "{at} has neither `groups` nor `bins`"
            yield Fault(path=(), message=message, next_step="Declare the groups in one of the two ways.")
        elif self.bins is not None:
            yield from _of_bins(self.bins)
        elif isinstance(self.groups, list | dict):
            yield from _of_groups(self.groups)
        else:
            message = f"{{at}} must be a list of values or a mapping from value to name, not {quoted(self.groups)}"
            yield Fault(path=("groups",), message=message, next_step="Write [a, b] or {0: a, 1: b}.")

    @property
    def named(self) -> tuple[tuple[str, object], ...]:
        """Name and value of each declared group; bins have no value."""
        if self.bins is not None:
            return tuple((name, None) for name in bin_names(self.bins))
        if isinstance(self.groups, dict):
            return tuple((name, value) for value, name in self.groups.items())
        return tuple((value_name(value), value) for value in self.groups) if isinstance(self.groups, list) else ()


class FeatureEntry(Roles, Declaration):
    """A sensitive feature: its column, and the groups that the holdout must contain."""

    def faults(self) -> Iterator[Fault]:
        """What these groups cannot mean, and then what their roles cannot."""
        wrong = tuple(self._of_declaration())
        yield from wrong
        if not wrong:
            yield from self.role_faults(self.named, binned=self.bins is not None)


class ControlEntry(Declaration):
    """A control feature: its column, and the strata within which rules may compare groups; strata have no roles."""

    noun: ClassVar[str] = "a control feature"

    def faults(self) -> Iterator[Fault]:
        """What these strata cannot mean."""
        yield from self._of_declaration()


def bin_names(edges: list[float]) -> tuple[str, ...]:
    """`<25`, `[25,40)`, `>=40` for the edges 25 and 40."""
    shown = [value_name(edge) for edge in edges]
    between = [f"[{low},{high})" for low, high in pairwise(shown)]
    return (f"<{shown[0]}", *between, f">={shown[-1]}")


def _is_date(text: str) -> bool:
    try:
        return bool(_DATE.fullmatch(text) and date.fromisoformat(text))
    except ValueError:
        return False


def _not_values(values: list[object], at: Callable[[int], KeyPath]) -> Iterator[Fault]:
    for place, value in enumerate(values):
        if not value_kind(value):
            yield Fault(path=at(place), message=f"{{at}} must be a text, a number or a boolean, not {quoted(value)}")


def _of_bins(edges: list[float]) -> Iterator[Fault]:
    for place, (low, high) in enumerate(pairwise(edges), start=1):
        if low >= high:
            yield Fault(path=("bins", place), message=f"{{at}}: {high:g} does not come after {low:g}", next_step="Edges ascend.")
    if len({value_name(edge) for edge in edges}) < len({*edges}):
        yield Fault(path=("bins",), message="{at}: two edges have the same name", next_step="Use edges that differ within 12 digits.")


def _of_groups(groups: "list[object] | dict[object, object]") -> Iterator[Fault]:
    """At least two groups, of one type, with different values and names."""
    values = list(groups)
    places: list[KeyPath] = [("groups", place) if isinstance(groups, list) else ("groups", value) for place, value in enumerate(values)]  # type: ignore[misc]
    wrong = [*_not_values(values, lambda place: places[place])]
    yield from wrong
    if len(values) < 2:
        yield Fault(path=("groups",), message="{at} declares fewer than two groups, so there is nothing to compare", next_step="Declare every group.")
    elif not wrong and len({*map(value_kind, values)}) > 1:
        kinds = ", ".join(sorted({*map(value_kind, values)}))
        yield Fault(path=("groups",), message=f"{{at}} mixes values of different types ({kinds})", next_step="Quote texts that look like something else.")
    elif not wrong:
        yield from _of_names(groups, places)


def _of_names(groups: "list[object] | dict[object, object]", places: list[KeyPath]) -> Iterator[Fault]:
    """Each value has a name of its own that can stand in the name of an intersection."""
    seen: set[object] = set()
    for place, value in zip(places, groups, strict=True):
        name = groups[value] if isinstance(groups, dict) else value_name(value)
        if value == "":
            yield Fault(path=place, message="{at}: an empty field is a missing value, not a group", next_step="Remove it.", at_key=True)
        elif not isinstance(name, str):
            yield Fault(path=place, message=f"{{at}}: the name of a group is a text, not {quoted(name)}", next_step="Quote it.")
        elif problem := bad_name(name):
            yield Fault(path=place, message=f"{{at}}: the name {quoted(name)} {problem}", next_step="Choose another name.")
        elif name in seen or (value_kind(value), value) in seen:
            yield Fault(path=place, message=f"{{at}}: the group {quoted(name)} is declared twice", next_step="Declare each group once.")
        seen.update({str(name), (value_kind(value), value)})


class ModelEntry(Strict):
    """One model: its tier or policy, its holdout, its predictions and its sensitive features."""

    noun: ClassVar[str] = "a model"

    tier: str | None = Field(None, pattern=TIER, description="The risk tier: the policy is the file of this name in the folder of policies.")
    policy: Name | None = Field(None, description="A policy file, relative to this file, instead of a tier.")
    owner: str = Field("", description="Who answers for the model.")
    inventory_id: str = Field("", description="Its number in the inventory of models.")
    tier_assigned_by: str = Field("", description="Who assigned the tier.")
    tier_approved_by: str = Field("", description="Who approved that: somebody else.")
    review_by: str | None = Field(None, description="The last day before which the tier has to be looked at again: YYYY-MM-DD; later, nothing is checked.")
    task: Annotated[object, WithJsonSchema({"enum": [task.value for task in Task]})] = Field(description="What kind of answer the model gives.")
    data: DataEntry = Field(description="The holdout.")
    predictions: PredictionsEntry = Field(default_factory=PredictionsEntry, description="What is judged.")
    limits: LimitsEntry = Field(default_factory=LimitsEntry, description="What the model may use while it is on trial.")
    sensitive_features: dict[str, FeatureEntry] = Field(description="The features whose groups are compared, at least one.")
    control_features: dict[str, ControlEntry] = Field(default_factory=dict, description="Features within whose strata a rule may compare groups. Default none.")
    explanations: CasesEntry = Field(default_factory=CasesEntry, description="What is known of inputs for the explanation of single cases. Default nothing.")

    def faults(self) -> Iterator[Fault]:
        """What this model's entry cannot mean."""
        yield from self._of_task()
        yield from self._of_tier()
        yield from self._of_people()
        yield from self._of_features()
        yield from self._of_controls()
        yield from self._of_columns()
        yield from self._of_answers()

    def _of_people(self) -> Iterator[Fault]:
        """Whoever assigned a tier does not approve it too, and the day exists."""
        if self.tier_approved_by and self.tier_approved_by.casefold() in {self.tier_assigned_by.casefold(), self.owner.casefold()}:
            message = "{at} is who owns the model or assigned its tier"
            yield Fault(path=("tier_approved_by",), message=message, next_step="Somebody else has to approve it.")
        if self.review_by is not None and as_day(self.review_by) is None:
            yield Fault(path=("review_by",), message=f"{{at}} must be a date, not {quoted(self.review_by)}", next_step="Write it as 2026-08-01.")

    def _of_answers(self) -> Iterator[Fault]:
        """Two labels, three or more, or none; only one of two can be positive, and only a binary answer comes as a score with a threshold."""
        amount = len(self.data.labels or ())
        if self.task == Task.MULTICLASS_CLASSIFICATION and amount < 3:
            message = "{at} has to list every class of a multiclass model, three or more"
            yield Fault(path=("data",), message=message, next_step="Write `labels: [a, b, c]`; a model of two is a binary_classification.")
        if self.task == Task.BINARY_CLASSIFICATION and amount > 2:
            message = f"{{at}} lists {amount} values, but a binary classification has two"
            yield Fault(path=("data", "labels"), message=message, next_step="Keep two, or write `task: multiclass_classification`.")
        if self.task != Task.REGRESSION and self.data.label_range is not None:
            message = "{at} is about a regression: the labels of a classification are named in `labels`"
            yield Fault(path=("data", "label_range"), message=message, next_step="Remove it.", at_key=True)
        yield from self._of_ranking()
        if self.task in [Task.REGRESSION, Task.MULTICLASS_CLASSIFICATION, Task.RANKING]:
            labels = ("positive_label",) if self.task == Task.MULTICLASS_CLASSIFICATION else ("labels", "positive_label")
            yield from self._meaningless("data", self.data, labels)
            yield from self._meaningless("predictions", self.predictions, ("score", "threshold", "champion"))
            yield from self._binary_only()

    def _of_ranking(self) -> Iterator[Fault]:
        """A ranking has queries and first places, and nothing else has."""
        if self.task == Task.RANKING:
            if self.data.query is None:
                message = "{at} does not say which rows compete for the same places"
                yield Fault(path=("data",), message=message, next_step="Write `query`, the column of the list or session that a row stands in.")
            return
        for path, given in ((("data", "query"), self.data.query), (("predictions", "top_k"), self.predictions.top_k)):
            if given is not None:
                yield Fault(path=path, message="{at} is about a ranking", next_step="Remove it, or write `task: ranking`.", at_key=True)

    def _binary_only(self) -> Iterator[Fault]:
        """What is counted for two labels so far, and would otherwise be left out without a word."""
        given: dict[KeyPath, object] = {("data", key): getattr(self.data, key) for key in ("weight", "cluster")}
        if self.data.label_observed_for == LabelsObserved.SELECTED:
            given["data", "label_observed_for"] = LabelsObserved.SELECTED
        if self.task == Task.MULTICLASS_CLASSIFICATION:
            given |= {("sensitive_features", name, "protected"): feature.protected for name, feature in self.sensitive_features.items()}
        for path in (path for path, written in given.items() if written is not None):
            yield Fault(path=path, message=f"{{at}} is supported for binary_classification only, not for {self.task}", next_step="Remove it.", at_key=True)

    def _meaningless(self, section: str, entry: Strict, keys: tuple[str, ...]) -> Iterator[Fault]:
        kinds = {
            Task.REGRESSION: "a regression, whose labels and predictions are numbers",
            Task.RANKING: "a ranking of rows with grades",
        }
        what = next((words for task, words in kinds.items() if task == self.task), "a model of several classes")
        for key in (key for key in keys if key in entry.model_fields_set and getattr(entry, key) is not None):
            yield Fault(path=(section, key), message=f"{{at}} means nothing for {what}", next_step="Remove it.", at_key=True)

    def _of_task(self) -> Iterator[Fault]:
        if self.task not in list(Task):
            message = f"{{at}}: {quoted(self.task)} is not supported yet"
            yield Fault(path=("task",), message=message, next_step=f"Supported: {', '.join(Task)}.")

    def _of_tier(self) -> Iterator[Fault]:
        if (self.tier is None) == (self.policy is None):
            message = "{at} has both `tier` and `policy`" if self.tier is not None else "{at} has neither `tier` nor `policy`"
            yield Fault(path=(), message=message, next_step="Give exactly one of them.")
        if self.policy is not None and (fault := uri_fault(self.policy)):
            yield Fault(path=("policy",), message=f"{{at}}: {fault[0]}", next_step=fault[1])

    def _of_features(self) -> Iterator[Fault]:
        if not self.sensitive_features:
            yield Fault(path=("sensitive_features",), message="{at} declares no feature, so nothing can be compared", next_step="Declare at least one.")
        for name in self.sensitive_features:
            if problem := bad_name(name):
                message = f"{{at}}: the name {quoted(name)} {problem}"
                yield Fault(path=("sensitive_features", name), message=message, next_step="Choose another name.", at_key=True)

    def _of_controls(self) -> Iterator[Fault]:
        """A control feature is none of the sensitive ones, and a stratum's name can be told apart from a group's."""
        columns = {feature.column for feature in self.sensitive_features.values()}
        for name, control in self.control_features.items():
            at: KeyPath = ("control_features", name)
            if name in self.sensitive_features or control.column in columns:
                message = "{at} is a sensitive feature already"
                yield Fault(path=at, message=message, next_step="A feature is compared or controlled for: `depth` crosses sensitive features.", at_key=True)
            if problem := bad_name(name):
                yield Fault(path=at, message=f"{{at}}: the name {quoted(name)} {problem}", next_step="Choose another name.", at_key=True)
        if self.control_features:
            yield from self._of_ambiguous_names()

    def _of_ambiguous_names(self) -> Iterator[Fault]:
        for section, features in (("sensitive_features", self.sensitive_features), ("control_features", self.control_features)):
            for name, feature in features.items():
                other = feature.other if isinstance(feature, FeatureEntry) else None
                excluded = [out for out, _, _ in feature.excluded(feature.named)] if isinstance(feature, FeatureEntry) else []
                for text in dict.fromkeys((name, *(group for group, _ in feature.named), *excluded, other or "")):
                    if WITHIN in str(text):
                        message = f"{{at}}: the name {quoted(text)} contains `{WITHIN.strip()}`, which joins a group and its stratum"
                        yield Fault(path=(section, name), message=message, next_step="Choose another name.", at_key=True)

    def _of_columns(self) -> Iterator[Fault]:
        """The label is neither a sensitive feature nor what it is compared with."""
        judged = self.predictions.score or self.predictions.column or "prediction"
        columns: dict[KeyPath, str] = {("sensitive_features", name, "column"): feature.column for name, feature in self.sensitive_features.items()}
        columns |= {("control_features", name, "column"): feature.column for name, feature in self.control_features.items()}
        yield from self._of_weights({self.data.label: "the label", judged: "the prediction", **dict.fromkeys(columns.values(), "a declared feature")})
        for path, column in columns.items():
            if column in {self.data.label, judged}:
                role = "the label" if column == self.data.label else "the prediction"
                yield Fault(path=path, message=f"{{at}}: the column {quoted(column)} is {role} already", next_step="A column has one role.")
        if self.predictions.champion in {self.data.label, judged, *columns.values()}:
            message = f"{{at}}: the column {quoted(self.predictions.champion)} has another role already, so nothing would be compared"
            yield Fault(path=("predictions", "champion"), message=message, next_step="Name the column that holds what the champion answered.")
        if self.data.attributes is not None and (column := self.data.attributes.join_on) in {self.data.label, judged, self.data.weight, *columns.values()}:
            message = f"{{at}}: the column {quoted(column)} has another role already, so it cannot say whose row it is"
            yield Fault(path=("data", "attributes", "join_on"), message=message, next_step="Name the column of ids.")
        if judged == self.data.label:
            message = f"{{at}}: the column {quoted(judged)} is the prediction already, which would be compared with itself"
            yield Fault(path=("data", "label"), message=message, next_step="Name the column of true outcomes, or set `predictions`.")

    def _of_weights(self, taken: Mapping[str, str]) -> Iterator[Fault]:
        """A column that says how rows count says nothing else."""
        taken = dict(taken)
        for key, column in (("weight", self.data.weight), ("cluster", self.data.cluster)):
            if column in taken:
                yield Fault(path=("data", key), message=f"{{at}}: the column {quoted(column)} is {taken[column]} already", next_step="A column has one role.")
            if column is not None:
                taken[column] = f"the {key}"


class AlarmsEntry(Strict):
    """Where people are told of alarms."""

    noun: ClassVar[str] = "`alarms`"

    webhook: Name | None = Field(None, description="An address https://…, to which every alarm is posted once, signed with GATE_ALARM_SECRET.")
    github: Name | None = Field(None, description="OWNER/REPOSITORY, where every alarm gets an issue, with the token GATE_ALARM_TOKEN.")

    def faults(self) -> Iterator[Fault]:
        """An address that may be used, and a repository."""
        if self.webhook is not None and (fault := webhook_fault(self.webhook)):
            yield Fault(path=("webhook",), message=f"{{at}}: {fault[0]}", next_step=fault[1])
        if self.github is not None and not _REPOSITORY.fullmatch(self.github):
            yield Fault(path=("github",), message=f"{{at}}: {quoted(self.github)} is no repository", next_step="Write owner/repository.")


class ConfigFile(Strict):
    """What is being judged: the models, their holdouts and their sensitive features."""

    noun: ClassVar[str] = "gate.yaml"

    schema_: Literal["gate.config/v1"] = Field(alias="schema", description="What kind of file this is.")
    ledger: Name | None = Field(
        None, description="Where records are chained: a folder, relative to this file, `git+https://…#branch` or `s3://…`. Default: what GATE_LEDGER names."
    )
    alarms: AlarmsEntry | None = Field(None, description="Where `gate monitor` tells people of alarms. Default: what GATE_ALARM_WEBHOOK names.")
    engine: Annotated[object, WithJsonSchema({"enum": [engine.value for engine in EngineName]})] = Field(
        None, description="What counts the rows: duckdb in this process (default), or spark on a cluster. The decision is the same."
    )
    policies: Name | None = Field(None, description="The folder of policies, relative to this file. Default: policies/ beside it, else the shipped ones.")
    models: dict[str, ModelEntry] = Field(
        default_factory=dict, description="One entry per model, under the name that the registry knows. May be absent beside a folder gate.d of such files."
    )

    def faults(self) -> Iterator[Fault]:
        """Models have names, and the policies are in a local folder. That there are models at all is known with `gate.d`."""
        if "" in self.models:
            yield Fault(path=("models", ""), message="a model has an empty name", next_step="Name it as the registry does.", at_key=True)
        if self.policies is not None and (fault := uri_fault(self.policies)):
            yield Fault(path=("policies",), message=f"{{at}}: {fault[0]}", next_step=fault[1])
        if self.engine is not None and self.engine not in list(EngineName):
            yield Fault(path=("engine",), message=f"{{at}}: there is no engine {quoted(self.engine)}", next_step=f"Write one of: {', '.join(EngineName)}.")
        if self.ledger is not None and (fault := ledger_fault(self.ledger)):
            yield Fault(path=("ledger",), message=f"{{at}}: {fault[0]}", next_step=fault[1])


def _scalar_keys(path: KeyPath) -> bool:
    """The mapping from value to name of a declared feature: `models.NAME.sensitive_features.FEATURE.groups`, and of a control feature."""
    match path:
        case ("models", _, "sensitive_features" | "control_features", _, "groups"):
            return True
        case _:
            return False


CONFIG = Kind(schema="gate.config/v1", noun="a configuration", model=ConfigFile, error=FaultyConfigError, scalar_keys=_scalar_keys)
"""`gate.yaml`."""
