"""What a policy says about the files of a model: what can be meant, and that a child only tightens it."""

from pathlib import Path

import pytest

from gate.core.policy import ModelFormat, ModelTerms, Policy
from gate.errors import PolicyError
from gate.policy import load_policy, loosenings, policy_from_effective

RULES = "rules:\n  - {id: parity, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}\n"


def _policy(folder: Path, model: str, *, name: str = "policy.yaml", head: str = RULES) -> Policy:
    path = folder / name
    path.write_text(f"schema: gate.policy/v1\ntier: high\n{head}{f'model: {model}' if model else ''}\n", encoding="utf-8")
    return load_policy(path).policy


def test_terms_come_back_from_the_record(tmp_path: Path) -> None:
    """What is demanded stands in the effective document; a policy that demands nothing keeps the document it had."""
    wanted = _policy(tmp_path, "{format: skops, trusted_types: [numpy.dtype, my_lib.steps.Scaler]}")
    document = load_policy(tmp_path / "policy.yaml").document.effective

    assert wanted.model_terms == ModelTerms(format=ModelFormat.SKOPS, trusted_types=("numpy.dtype", "my_lib.steps.Scaler"))
    assert policy_from_effective(document) == wanted
    _policy(tmp_path, "{format: any}")
    assert "model" not in dict(load_policy(tmp_path / "policy.yaml").document.effective)  # type: ignore[arg-type]  # it is a mapping


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("{format: pickle}", "format"),
        ("{trusted_types: [numpy.dtype]}", "means nothing under format any"),
        ("{format: any, trusted_types: [numpy.dtype]}", "means nothing under format any"),
        ("{format: skops, trusted_types: [numpy.dtype, numpy.dtype]}", "2 times"),
        ("{format: skops, trusted_types: ['*']}", "matches"),
        ("{format: skops, trusted_types: [numpy.*]}", "matches"),
        ("{format: skops, trusted_types: [dtype]}", "matches"),
        ("{format: skops, trusted_types: ['']}", "matches"),
        ("{format: skops, trusted_types: true}", "list"),
        ("{formats: skops}", "Did you mean `format`"),
        ("skops", "a mapping"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, model: str, said: str) -> None:
    """No wildcard and no half of a name ever trusts more than was written out."""
    with pytest.raises(PolicyError) as caught:
        _policy(tmp_path, model)

    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("parent", "child", "loose"),
    [
        ("", "{format: skops, trusted_types: [a.B]}", ()),
        ("{format: skops}", "{format: any}", ("model.format",)),
        ("{format: skops}", "", ("model.format",)),
        ("{format: skops, trusted_types: [a.B, a.C]}", "{format: skops, trusted_types: [a.B]}", ()),
        ("{format: skops, trusted_types: [a.B]}", "{format: skops, trusted_types: [a.B, a.C]}", ("model.trusted_types",)),
        ("{format: skops}", "{format: skops, trusted_types: [a.B]}", ("model.trusted_types",)),
    ],
)
def test_a_child_only_tightens(tmp_path: Path, parent: str, child: str, loose: tuple[str, ...]) -> None:
    """From any format to skops, and from many trusted types to few; never back."""
    before, after = _policy(tmp_path, parent, name="a.yaml"), _policy(tmp_path, child, name="b.yaml")

    assert tuple(".".join(map(str, found.path)) for found in loosenings(before, after)) == loose


def test_extends_refuses_to_trust_more(tmp_path: Path) -> None:
    """The proof is made where a file extends another, with the place in it."""
    _policy(tmp_path, "{format: skops}", name="parent.yaml")

    with pytest.raises(PolicyError, match=r"`model\.trusted_types` is \[\] in the parent"):
        _policy(tmp_path, "{trusted_types: [os.system]}", head="extends: parent.yaml\n")
