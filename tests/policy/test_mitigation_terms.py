"""What a policy says about techniques of mitigation: what comes back from a record, and that a child only tightens it."""

from pathlib import Path

import pytest

from gate.core.mitigation import MitigationTerms, Technique
from gate.core.policy import Policy
from gate.policy import load_policy, loosenings, policy_from_effective

RULES = "rules:\n  - {id: parity, metric: demographic_parity_difference, max: 0.1, enforcement: soft-mandatory}\n"


def _policy(folder: Path, terms: str, *, name: str = "policy.yaml") -> Policy:
    path = folder / name
    path.write_text(f"schema: gate.policy/v1\ntier: high\n{RULES}{f'mitigation: {terms}' if terms else ''}\n", encoding="utf-8")
    return load_policy(path).policy


def test_terms_come_back_from_the_record(tmp_path: Path) -> None:
    """What is demanded stands in the effective document; a policy that demands nothing keeps the document it had."""
    wanted = _policy(tmp_path, "{approved: [reweighing, grid_search], forbid_group_dependent: true}")
    document = load_policy(tmp_path / "policy.yaml").document.effective

    assert wanted.mitigation == MitigationTerms(approved=(Technique.REWEIGHING, Technique.GRID_SEARCH), forbid_group_dependent=True)
    assert policy_from_effective(document) == wanted
    _policy(tmp_path, "{forbid_group_dependent: false}")
    assert "mitigation" not in dict(load_policy(tmp_path / "policy.yaml").document.effective)  # type: ignore[arg-type]  # it is a mapping


@pytest.mark.parametrize("terms", ["{approved: []}", "{approved: [reweighing]}"])
def test_an_empty_list_is_not_no_list(tmp_path: Path, terms: str) -> None:
    """An empty list approves nothing, also after a record was read again."""
    _policy(tmp_path, terms)
    again = policy_from_effective(load_policy(tmp_path / "policy.yaml").document.effective)

    assert again.mitigation.refusal("grid_search") is not None


@pytest.mark.parametrize(
    ("parent", "child", "loose"),
    [
        ("", "{approved: [reweighing]}", ()),
        ("{approved: [reweighing]}", "", ("mitigation.approved",)),
        ("{approved: [reweighing]}", "{approved: []}", ()),
        ("{approved: []}", "{approved: [reweighing]}", ("mitigation.approved",)),
        ("{approved: [reweighing]}", "{approved: [grid_search]}", ("mitigation.approved",)),
        ("{forbid_group_dependent: true}", "", ("mitigation.forbid_group_dependent",)),
        ("", "{forbid_group_dependent: true}", ()),
    ],
)
def test_a_child_only_tightens(tmp_path: Path, parent: str, child: str, loose: tuple[str, ...]) -> None:
    """From every technique to some, and from allowed to forbidden; never back."""
    before, after = _policy(tmp_path, parent, name="a.yaml"), _policy(tmp_path, child, name="b.yaml")

    assert tuple(".".join(map(str, found.path)) for found in loosenings(before, after)) == loose
