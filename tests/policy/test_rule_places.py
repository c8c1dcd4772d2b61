"""Where rules stand: the line that a reader has to open."""

from pathlib import Path

from gate.core.place import Place
from gate.policy import rule_places

PARENT = """\
schema: gate.policy/v1
tier: limited
rules:
  - id: parity
    metric: demographic_parity_difference
    max: 0.20
    enforcement: soft-mandatory
  - id: floor
    metric: accuracy
    scope: overall
    min: 0.60
    enforcement: hard-mandatory
"""
CHILD = """\
schema: gate.policy/v1
tier: high
extends: limited.yaml
rules:

  - id: parity
    metric: demographic_parity_difference
    max: 0.10
    enforcement: soft-mandatory
"""


def test_a_rule_is_found_where_it_is_written_last(tmp_path: Path) -> None:
    """A rule that the child writes anew stands in the child, an inherited one in the parent."""
    folder = tmp_path / "policies"
    folder.mkdir()
    (folder / "limited.yaml").write_text(PARENT)
    (folder / "high.yaml").write_text(CHILD)

    assert rule_places(folder / "high.yaml", root=tmp_path) == {
        "parity": Place(path="policies/high.yaml", line=6),
        "floor": Place(path="policies/limited.yaml", line=8),
        "": Place(path="policies/high.yaml", line=1),
    }


def test_a_file_elsewhere_is_named_without_its_folder(tmp_path: Path) -> None:
    """A report that is uploaded says nothing about the machine's folders."""
    (tmp_path / "limited.yaml").write_text(PARENT)
    elsewhere = tmp_path / "work"
    elsewhere.mkdir()

    assert rule_places(tmp_path / "limited.yaml", root=elsewhere)["floor"] == Place(path="limited.yaml", line=8)
