"""`gate.yaml`: one model's entry, the paths in it, its document, and the policy that it is judged by."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gate.core.canonical import canonical, digest
from gate.core.model import DataSource, DeclaredGroup, ModelConfig, PredictionColumns, SensitiveFeature, Task
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
      label_observed_for: all
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


def test_a_folder_of_models_is_refused(write: Write, tmp_path: Path) -> None:
    """Models that would be ignored are an error."""
    path = write("gate.yaml", SHORT)
    (tmp_path / "gate.d").mkdir()
    with pytest.raises(ConfigError, match=r"gate\.d is not supported yet"):
        load_config(path)


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
