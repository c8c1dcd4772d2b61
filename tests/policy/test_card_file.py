"""`card.yaml`: read strictly, and nothing in it is taken for written that says nothing."""

from pathlib import Path

import pytest

from gate.core.card import LONGEST, CardFacts, Section, is_written
from gate.errors import ConfigError
from gate.policy import load_card

TEXT = "Loans of up to 50 thousand for people who ask for one themselves."


def _card(folder: Path, body: str, *, name: str = "loans") -> CardFacts | None:
    (folder / "card.yaml").write_text(f"schema: gate.card-text/v1\nmodels:\n  {name}:\n{body}", encoding="utf-8")
    return load_card(folder / "gate.yaml", "loans")


def test_a_card_holds_what_was_written(tmp_path: Path) -> None:
    """Sections, datasheet, licence, tags and data sets come from the file, in the order of the sections."""
    card = _card(tmp_path, f"    caveats: {TEXT}\n    intended_use: {TEXT}\n    license: apache-2.0\n    tags: [loans]\n    datasheet: {{uses: {TEXT}}}\n")

    assert card is not None
    assert [entry.section for entry in card.texts] == [Section.INTENDED_USE, Section.CAVEATS, Section.USES]
    assert (card.license, card.tags, card.text(Section.USES)) == ("apache-2.0", ("loans",), TEXT)


def test_no_file_and_another_model_are_no_card(tmp_path: Path) -> None:
    """A card of another model says nothing of this one."""
    assert load_card(tmp_path / "gate.yaml", "loans") is None
    assert _card(tmp_path, f"    caveats: {TEXT}\n", name="loan") is None


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"    intended_uses: {TEXT}\n", "intended_use"),
        (f"    intended_use: {TEXT}\n    intended_use: {TEXT}\n", "twice"),
        ("    intended_use:\n      - a list\n", "text"),
        (f"    intended_use: {'a' * (LONGEST + 1)}\n", f"{LONGEST}"),
        ("    datasheet: {use: words}\n", "uses"),
        ('    intended_use: "\\uD800 half a sign"\n', "card.yaml"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, body: str, said: str) -> None:
    """An unknown section, one that stands twice, what is no text or too long: exit 2, with the way out, never a section that counts."""
    with pytest.raises(ConfigError) as refused:
        _card(tmp_path, body)

    assert said in str(refused.value)


def test_a_dangling_link_is_not_taken_for_no_card(tmp_path: Path) -> None:
    """Where something is named card.yaml and cannot be read, nobody is told that there was none."""
    (tmp_path / "card.yaml").symlink_to(tmp_path / "nowhere")

    with pytest.raises(ConfigError):
        load_card(tmp_path / "gate.yaml", "loans")


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n\t ",
        "\u200b" * 40,
        "TODO",
        "todo: describe the use of the model",
        "Used for loans. TBD by the risk team.",
        "n/a",
        "..........",
        "xxxxxxxxxxxxxxxx",
        "To be written.",
        "[More Information Needed]",
        "Lorem ipsum dolor sit amet",
        "- - - - - - - -",
        "<placeholder>",
    ],
)
def test_blanks_and_placeholders_are_not_written(text: str) -> None:
    """White space, invisible signs, a repeated sign and what stands for text to come are no documentation."""
    assert not is_written(text)


@pytest.mark.parametrize("text", [TEXT, "Ausschließlich für Kreditanträge.", "用于个人住房贷款申请的审批决策", "None: the data hold no one under 18."])
def test_a_sentence_is_written(text: str) -> None:
    """Whoever wrote a sentence, in whatever language, is not asked for it again."""
    assert is_written(text)
