"""`gate.yaml`: one model's entry, the paths in it, its document, and the policy that it is judged by."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gate.core.canonical import canonical, digest
from gate.core.model import AttributesSource, DataSource, DeclaredGroup, LabelsObserved, ModelConfig, PredictionColumns, SensitiveFeature, Task
from gate.errors import ConfigError, PolicyError
from gate.policy import config_from_effective, effective_config, load_config, load_models, policy_for, shipped_policies

Write = Callable[[str, str], Path]

SHORT = """\
schema: gate.config/v1
models:
  m:
    tier: high
    task: binary_classification
    data: {label: y}
    sensitive_features:
      g: {column: g, groups: [a, b]}
"""

FULL = f"""\
schema: gate.config/v1
policies: rules/
models:
  mortgage:
    policy: own/mortgage.yaml
    owner: lending-ml
    task: binary_classification
    data:
      uri: data/holdout.parquet
      sha256: {"aB" * 32}
      collected: 2026-08-01
      label: approve
      labels: [no, yes]
      positive_label: yes
      label_observed_for: selected
      attributes: {{uri: restricted/race.parquet, join_on: applicant_id, sha256: {"cD" * 32}}}
      development: data/dev.parquet
      cluster: null
      weight: null
      expectations: expectations/mortgage.json
      tops_up: [{"aC" * 32}, {"ac" * 32}]
    predictions: {{column: null, score: p, threshold: 0.4}}
    sensitive_features:
      sex: {{column: male, groups: {{1: male, 0: female}}}}
      race: {{column: race, groups: [white, black, "010"]}}
      age: {{column: age, bins: [25, 40.5, 1e3]}}
      member: {{column: member, groups: [true, false]}}
"""

POLICY = """\
schema: gate.policy/v1
tier: {tier}
rules:
  - {{id: a, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}}
"""


def test_everything_that_is_not_written_has_the_documented_default(write: Write) -> None:
    """The shortest entry means exactly what the documentation says."""
    config = load_config(write("gate.yaml", SHORT)).config

    assert config == ModelConfig(
        name="m",
        task=Task.BINARY_CLASSIFICATION,
        data=DataSource(label="y"),
        predictions=PredictionColumns(),
        sensitive_features=(SensitiveFeature(name="g", column="g", groups=(DeclaredGroup(name="a", value="a"), DeclaredGroup(name="b", value="b"))),),
        tier="high",
    )


def test_everything_that_is_written_arrives_with_absolute_paths(write: Write, tmp_path: Path) -> None:
    """No key of an entry is read and dropped, and every path is relative to the file."""
    config = load_config(write("gate.yaml", FULL)).config

    assert config.data == DataSource(
        uri=str(tmp_path / "data/holdout.parquet"),
        label="approve",
        labels=("no", "yes"),
        positive_label="yes",
        sha256="ab" * 32,
        collected=date(2026, 8, 1),
        expectations=str(tmp_path / "expectations/mortgage.json"),
        tops_up=("ac" * 32,),
        label_observed_for=LabelsObserved.SELECTED,
        attributes=AttributesSource(uri=str(tmp_path / "restricted/race.parquet"), join_on="applicant_id", sha256="cd" * 32),
        development=str(tmp_path / "data/dev.parquet"),
    )
    assert config.predictions == PredictionColumns(score="p", threshold=0.4)
    assert (config.tier, config.policy, config.owner) == (None, str(tmp_path / "own/mortgage.yaml"), "lending-ml")


def test_groups_keep_their_type_name_and_order(write: Write) -> None:
    """A value is compared with the column as the type that YAML gives it; the order of declaration is kept."""
    features = load_config(write("gate.yaml", FULL)).config.sensitive_features

    assert [[(group.name, group.value) for group in feature.groups] for feature in features] == [
        [("male", 1), ("female", 0)],
        [("white", "white"), ("black", "black"), ("010", "010")],
        [("<25", None), ("[25,40.5)", None), ("[40.5,1000)", None), (">=1000", None)],
        [("true", True), ("false", False)],
    ]
    assert features[2].bins == (25.0, 40.5, 1000.0)


def test_the_document_does_not_depend_on_the_machine(write: Write) -> None:
    """The same entry in another folder has the same digest."""
    digests = {load_config(write(f"{folder}/gate.yaml", FULL)).document.digest for folder in ("here", "there")}

    assert len(digests) == 1


@pytest.mark.parametrize("text", [SHORT, FULL], ids=["short", "full"])
def test_a_configuration_survives_its_document(write: Write, text: str) -> None:
    """Law: the configuration that a decision was reached with can be read back from the record."""
    loaded = load_config(write("gate.yaml", text))
    effective = loaded.document.effective
    config = config_from_effective(effective, loaded.config.name, folder=loaded.path.parent.resolve())

    assert config == loaded.config
    assert canonical(effective_config(config_from_effective(effective, loaded.config.name))) == canonical(effective)
    assert loaded.document.digest == digest(canonical(effective))


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "gate.config/v2"},
        {"task": "regression"},
        {"surprise": 1},
        {"data": {"label": "y"}},
        {"tier": None},
        {"sensitive_features": []},
        {"sensitive_features": {"g": {"column": "g", "groups": ["a", "b"]}}},
        {"sensitive_features": [{"name": "g", "column": "g", "groups": [{"name": "a", "value": 1}, {"name": "b", "value": 1.0}]}]},
        {"sensitive_features": [{"name": "g", "column": "g", "groups": [{"name": "a", "value": []}]}]},
        {"sensitive_features": [{"name": [], "column": "g"}]},
        {"sensitive_features": 3},
    ],
)
def test_a_document_that_this_version_does_not_write_is_refused(write: Write, change: dict[str, object]) -> None:
    """A replay never guesses what a foreign document might have meant."""
    effective = load_config(write("gate.yaml", SHORT)).document.effective
    with pytest.raises(ConfigError, match="not one that this version"):
        config_from_effective({**effective, **change}, "m")  # type: ignore[dict-item, arg-type]


@pytest.mark.parametrize("effective", [None, 1, "text", [], {}, {"schema": []}])
def test_what_is_no_document_is_refused(effective: object) -> None:
    """Whatever JSON a record holds, reading it back gives a configuration or a ConfigError."""
    with pytest.raises(ConfigError):
        config_from_effective(effective, "m")  # type: ignore[arg-type]


COLUMN = "    predictions: {champion: c}\n"


def test_the_champions_column_survives_its_document_and_leaves_others_alone(write: Write) -> None:
    """The key appears where it is written only, so that the digests of other configurations stay."""
    plain, named = load_config(write("a.yaml", SHORT)), load_config(write("b.yaml", SHORT + COLUMN))
    effective = [effective_config(loaded.config)["predictions"] for loaded in (plain, named)]

    assert effective == [{"column": "prediction", "score": None, "threshold": 0.5}, {"column": "prediction", "score": None, "threshold": 0.5, "champion": "c"}]
    assert config_from_effective(named.document.effective, "m").predictions.champion == "c"


@pytest.mark.parametrize("column", ["y", "g", "prediction"])
def test_the_champions_column_has_no_other_role(write: Write, column: str) -> None:
    """A candidate compared with itself, or with the truth, would drop by nothing."""
    with pytest.raises(ConfigError, match="has another role already"):
        load_config(write("gate.yaml", SHORT + COLUMN.replace("c}", f"{column}}}")))


TWO = SHORT + SHORT.split("models:\n")[1].replace("  m:", "  mortgage:")


def test_a_model_is_found_by_its_name(write: Write) -> None:
    """Of several models the named one is taken."""
    path = write("gate.yaml", TWO)

    assert load_config(path, "mortgage").config.name == "mortgage"
    assert [loaded.config.name for loaded in load_models(path)] == ["m", "mortgage"]


def test_among_several_models_one_must_be_named(write: Write) -> None:
    """The gate does not guess which model is on trial."""
    with pytest.raises(ConfigError, match="the file has 2 models: m, mortgage"):
        load_config(write("gate.yaml", TWO))


def test_an_unknown_model_is_an_error_that_lists_the_known_ones(write: Write) -> None:
    """A misspelt model never falls back to another, not even to the only one."""
    with pytest.raises(ConfigError, match=r"there is no model 'mortage'; there are: m, mortgage .* Did you mean `mortgage`\?"):
        load_config(write("gate.yaml", TWO), "mortage")
    with pytest.raises(ConfigError, match="there is no model 'x'; there are: m"):
        load_config(write("gate.yaml", SHORT), "x")


NAMED = (
    SHORT.replace("  m:", "  {name}:").replace("{label: y}", "{{label: y, uri: t.csv}}").replace("{column: g, groups: [a, b]}", "{{column: g, groups: [a, b]}}")
)


def test_models_may_stand_in_files_of_their_own(write: Write, tmp_path: Path) -> None:
    """The files of `gate.d` follow gate.yaml in the order of their names; their paths are relative to themselves, their policies are its own."""
    write("gate.d/b.yaml", NAMED.format(name="b"))
    write("gate.d/a.yaml", NAMED.format(name="a"))
    path = write("gate.yaml", "policies: rules\n" + NAMED.format(name="m"))
    models = load_models(path)

    assert [loaded.config.name for loaded in models] == ["m", "a", "b"]
    assert [loaded.config.data.uri for loaded in models] == [str(tmp_path / "t.csv"), *[str(tmp_path / "gate.d" / "t.csv")] * 2]
    assert {loaded.policies for loaded in models} == {tmp_path / "rules"}
    assert load_config(path, "b").path == tmp_path / "gate.d" / "b.yaml"
    assert load_models(tmp_path / "gate.d" / "a.yaml")[0].policies == tmp_path / "rules"


def test_gate_yaml_needs_no_models_beside_a_folder_of_them(write: Write) -> None:
    """One model in `gate.d` is the only entry."""
    write("gate.d/a.yaml", NAMED.format(name="a"))

    assert load_config(write("gate.yaml", "schema: gate.config/v1\n")).config.name == "a"


def test_a_model_that_is_defined_twice_is_refused_with_both_files(write: Write) -> None:
    """No entry shadows another one."""
    write("gate.d/a.yaml", SHORT)
    with pytest.raises(ConfigError, match=r"'m' is defined twice: in \S+/gate\.yaml and in \S+/gate\.d/a\.yaml"):
        load_config(write("gate.yaml", SHORT))


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("gate.d/a.yml", SHORT, "the models of this file would be ignored"),
        ("gate.d/deeper/a.yaml", SHORT, "the models of this file would be ignored"),
        ("gate.d/a.yaml", "schema: gate.config/v1\nmodels: {}\n", "`models` is empty"),
        ("gate.d/a.yaml", "schema: gate.config/v1\n", "`models` is missing"),
        ("gate.d/a.yaml", "policies: mild\n" + NAMED.format(name="a"), "`policies` belongs into gate.yaml"),
        ("gate.d/a.yaml", "schema: [", "gate.d/a.yaml"),
    ],
)
def test_no_file_of_the_folder_is_ignored_or_lowers_the_bar(write: Write, name: str, text: str, message: str) -> None:
    """What cannot be meant in one file of the folder is an error for all of them."""
    write(name, text)
    with pytest.raises(ConfigError, match=message):
        load_config(write("gate.yaml", SHORT))


def test_an_empty_folder_defines_no_model(write: Write, tmp_path: Path) -> None:
    """A configuration without any model is refused."""
    (tmp_path / "gate.d").mkdir()
    with pytest.raises(ConfigError, match="`models` is missing"):
        load_config(write("gate.yaml", "schema: gate.config/v1\n"))


ROLES = SHORT.replace(
    "groups: [a, b]",
    "groups: [a, b, c], reference: a, protected: [b], other: Other, exclude: [{group: Unknown, why: w, max_share: 0.02}, {group: c, why: v, max_share: 0}]",
)


def test_roles_arrive_and_survive_their_document(write: Write) -> None:
    """Every role of a group is in the configuration, after `groups` in the order of the codes, and can be read back from the record."""
    loaded = load_config(write("gate.yaml", ROLES))
    (feature,) = loaded.config.sensitive_features

    assert [(group.name, group.value) for group in feature.groups] == [("a", "a"), ("b", "b"), ("c", "c"), ("Unknown", "Unknown"), ("Other", None)]
    assert (feature.reference, feature.protected, feature.other, feature.excluded) == ("a", ("b",), "Other", {"Unknown", "c"})
    assert config_from_effective(loaded.document.effective, "m", folder=loaded.path.parent.resolve()) == loaded.config


@pytest.mark.parametrize(
    ("feature", "excluded"),
    [
        ("column: g, groups: {0: f, 1: m, 2: d}, exclude: [{group: 2, why: w, max_share: 0.1}]", ("d", False)),
        ("column: g, groups: {0: f, 1: m}, exclude: [{group: 9, why: w, max_share: 0.1}]", ("9", True)),
        ("column: g, groups: [0, 1, 2], reference: 0, exclude: [{group: 2, why: w, max_share: 0.1}]", ("2", False)),
        ('column: g, bins: [1, 2], reference: "<1", exclude: [{group: ">=2", why: w, max_share: 0.1}]', (">=2", False)),
    ],
)
def test_a_group_is_excluded_by_name_or_by_value(write: Write, feature: str, excluded: tuple[str, bool]) -> None:
    """A declared group keeps its name, any other value gets its own; both survive the document."""
    loaded = load_config(write("gate.yaml", SHORT.replace("column: g, groups: [a, b]", feature)))
    (entry,) = loaded.config.sensitive_features[0].exclude

    assert (entry.group, entry.undeclared) == excluded
    assert config_from_effective(loaded.document.effective, "m", folder=loaded.path.parent.resolve()) == loaded.config


def test_policies_are_looked_up_beside_the_file_then_among_the_shipped_ones(write: Write, tmp_path: Path) -> None:
    """`policies:` names the folder; without it a folder `policies` beside the file wins over the shipped one."""
    shipped = load_config(write("gate.yaml", SHORT)).policies
    named = load_config(write("gate.yaml", FULL)).policies
    (tmp_path / "policies").mkdir()
    beside = load_config(write("gate.yaml", SHORT)).policies

    assert (shipped, named, beside) == (shipped_policies(), tmp_path / "rules", tmp_path / "policies")


def test_the_tier_names_the_policy(write: Write) -> None:
    """A model of tier high is judged by `high.yaml`."""
    write("policies/high.yaml", POLICY.format(tier="high"))
    loaded = policy_for(load_config(write("gate.yaml", SHORT)))

    assert (loaded.path.name, loaded.policy.tier) == ("high.yaml", "high")


def test_an_entry_may_name_a_policy_file(write: Write) -> None:
    """`policy: FILE` is relative to gate.yaml, and its tier is the model's."""
    write("own/p.yaml", POLICY.format(tier="anything"))
    loaded = policy_for(load_config(write("gate.yaml", SHORT.replace("tier: high", "policy: own/p.yaml"))))

    assert loaded.policy.tier == "anything"


def test_another_policy_of_the_same_tier_may_replace_the_lookup(write: Write, tmp_path: Path) -> None:
    """`--policy FILE` is judged by, although the tier's own file does not exist."""
    (tmp_path / "policies").mkdir()
    override = write("other.yaml", POLICY.format(tier="high"))

    assert policy_for(load_config(write("gate.yaml", SHORT)), override).path == override


@pytest.mark.parametrize("entry", ["tier: high", "policy: own/p.yaml"])
def test_a_policy_of_another_tier_never_replaces_the_lookup(write: Write, entry: str) -> None:
    """A check with a looser tier than the model's is an error, however the model names its own."""
    write("own/p.yaml", POLICY.format(tier="high"))
    override = write("low.yaml", POLICY.format(tier="low"))
    model = load_config(write("gate.yaml", SHORT.replace("tier: high", entry)))
    with pytest.raises(PolicyError, match="the policy is of tier low, but 'm' is of tier high"):
        policy_for(model, override)


def test_a_file_whose_content_is_of_another_tier_is_refused(write: Write) -> None:
    """A copy of a looser policy under the name of a stricter tier is noticed."""
    write("policies/high.yaml", POLICY.format(tier="minimal"))
    with pytest.raises(PolicyError, match="the policy is of tier minimal"):
        policy_for(load_config(write("gate.yaml", SHORT)))


def test_a_tier_without_a_policy_is_an_error_that_offers_the_nearest(write: Write) -> None:
    """A missing policy never means no rules."""
    write("policies/high.yaml", POLICY.format(tier="high"))
    model = load_config(write("gate.yaml", SHORT.replace("tier: high", "tier: hihg")))
    with pytest.raises(PolicyError, match=r"there is no policy of tier 'hihg' .* Did you mean `high`\?"):
        policy_for(model)


@pytest.mark.parametrize("policies", ["x" * 5000, "a/" * 3000, "gate.yaml"])
def test_a_folder_of_policies_that_cannot_be_is_a_policy_error(write: Write, policies: str) -> None:
    """A name that the system does not even accept is told like any other missing folder."""
    model = load_config(write("gate.yaml", SHORT.replace("models:", f"policies: {policies}\nmodels:")))
    with pytest.raises(PolicyError, match="there is no policy of tier 'high'"):
        policy_for(model)
