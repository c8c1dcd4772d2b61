"""The policies that come with the gate: clean, each tighter than the last, and described by current schemas."""

import json
import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from typer.testing import CliRunner

from gate.cli.policy import app
from gate.core.policy import Burden, Policy
from gate.policy import lint, load_policy, loosenings, shipped_policies

FOLDER = shipped_policies()
TIERS = ("minimal", "limited", "high")


def policy(tier: str) -> Policy:
    """The shipped policy of this tier."""
    return load_policy(FOLDER / f"{tier}.yaml").policy


def test_the_shipped_policies_are_clean() -> None:
    """Nobody inherits a policy with problems."""
    assert lint([FOLDER]) == ()


def test_each_file_is_named_after_its_tier() -> None:
    """Looking up a tier finds the policy of that tier, and there are exactly three."""
    tiers = {path.stem: load_policy(path).policy.tier for path in FOLDER.glob("*.yaml")}

    assert tiers == {tier: tier for tier in TIERS}


@pytest.mark.parametrize(("parent", "child"), [("minimal", "limited"), ("limited", "high"), ("minimal", "high")])
def test_each_tier_tightens_the_one_below(parent: str, child: str) -> None:
    """A model that passes a higher tier is not held to less anywhere than under a lower one."""
    assert loosenings(policy(parent), policy(child)) == ()
    assert loosenings(policy(child), policy(parent)) != ()


@pytest.mark.parametrize(
    ("tier", "bounds", "burden", "depth"), [("minimal", {0.2}, Burden.GATE, 1), ("limited", {0.2}, Burden.CANDIDATE, 2), ("high", {0.1}, Burden.CANDIDATE, 2)]
)
def test_the_bounds_are_those_that_the_documentation_names(tier: str, bounds: set[float], burden: Burden, depth: int) -> None:
    """Gaps of .20 or .10, on the gate or on the candidate; intersections always on the gate."""
    read = policy(tier)
    gaps = {rule.threshold.max for rule in read.rules if rule.id in {"demographic-parity", "equalized-odds"}}

    assert (gaps, read.evidence.burden_of_proof, read.evidence.intersections.depth) == (bounds, burden, depth)
    assert read.evidence.intersections.burden_of_proof is Burden.GATE


@pytest.mark.parametrize("tier", TIERS)
def test_every_rule_gives_its_reason(tier: str) -> None:
    """Whoever is blocked is told why, and which clause it serves."""
    assert [rule.id for rule in policy(tier).rules if not rule.why or not rule.satisfies] == []


@pytest.mark.parametrize("kind", ["policy", "config", "card", "card-text"])
def test_the_published_schemas_are_current(kind: str) -> None:
    """Editors check what the gate checks: after a change, `gate policy schema` rewrites the file."""
    printed = CliRunner().invoke(app, ["schema", kind]).stdout

    assert (FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8") == printed


@pytest.mark.parametrize("kind", ["policy", "config", "card", "card-text"])
def test_the_published_schemas_are_schemas(kind: str) -> None:
    """Each is valid JSON Schema, draft 2020-12."""
    schema = json.loads((FOLDER / f"{kind}.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)

    assert schema["title"] == f"gate.{kind}/v1"


@pytest.mark.parametrize("tier", TIERS)
def test_editors_accept_the_shipped_policies(tier: str) -> None:
    """The schema finds nothing wrong where lint does not, and each file names its schema."""
    text = (FOLDER / f"{tier}.yaml").read_text(encoding="utf-8")
    schema = json.loads((FOLDER / "policy.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(yaml.safe_load(text), schema)

    assert text.startswith("# yaml-language-server: $schema=policy.schema.json\n")


@pytest.mark.parametrize(
    "change",
    [
        {"tear": "x"},
        {"evidence": {"confidence": 0.4}},
        {"evidence": {"confidence": "x"}},
        {"evidence": {"intersections": 5}},
        {"inputs": {"forbid": "zip"}},
        {"rules": []},
    ],
)
def test_editors_refuse_what_lint_refuses(change: dict[str, object]) -> None:
    """The commonest mistakes are underlined while they are typed."""
    schema = json.loads((FOLDER / "policy.schema.json").read_text(encoding="utf-8"))
    written = yaml.safe_load((FOLDER / "minimal.yaml").read_text(encoding="utf-8"))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**written, **change}, schema)


def test_the_example_of_the_readme_is_a_policy(tmp_path: Path) -> None:
    """What the page tells people to write extends the shipped tiers and lints clean."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    example = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    for tier in TIERS:
        (tmp_path / f"{tier}.yaml").write_text((FOLDER / f"{tier}.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    text = example.group(1).replace("\n   ", "\n").removeprefix("   ") if example else ""
    (tmp_path / "hiring.yaml").write_text(text, encoding="utf-8")

    assert load_policy(tmp_path / "hiring.yaml").policy.tier == "hiring"


def test_the_readme_names_every_key() -> None:
    """No key of a policy is left for people to find out."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    schema = json.loads((FOLDER / "policy.schema.json").read_text(encoding="utf-8"))
    models = [schema, *(model for model in schema["$defs"].values() if "properties" in model)]
    keys = {key for model in models for key in model["properties"]}

    assert [key for key in sorted(keys) if not re.search(rf"\b{key}\b", page)] == []
