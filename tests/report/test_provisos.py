"""What a decision does not say stands at the head of every output, not in its small print."""

import re
from dataclasses import replace

import pytest
import samples

from gate.core.decision import Decision, Verdict
from gate.core.document import Document, Json
from gate.core.facts import AttributesFacts
from gate.report import html, markdown, text

ACCEPTED = "error rates describe the accepted only."
ADVISORY = "Development table: advisory, not a decision."


def _selected(decision: Decision) -> Decision:
    return replace(decision, config=Document(digest=decision.config.digest, effective={"data": {"label_observed_for": "selected"}}))


def _developed(decision: Decision) -> Decision:
    return replace(decision, facts=replace(decision.facts, data=replace(decision.facts.data, look=None, development=True)))


def _apart(decision: Decision, column: str) -> Decision:
    facts = AttributesFacts(digest=f"sha256:{'f' * 64}", columns=(column,), unmatched=1234, unused=5)
    return replace(decision, facts=replace(decision.facts, data=replace(decision.facts.data, attributes=facts)))


def _outputs(decision: Decision) -> dict[str, str]:
    """Every text that a person may read, on one line, without markup."""
    rendered = {
        "text": text.render(decision, width=72, color=False),
        "card": markdown.render(decision),
        "page": html.render(decision),
        "description": markdown.description_block(decision, {}),
    }
    return {kind: " ".join(words.replace("\\", "").split()) for kind, words in rendered.items()}


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_error_rates_of_the_accepted_are_called_so_everywhere(sample: str) -> None:
    """With `label_observed_for: selected` every output says whom error rates describe; without it, none claims it."""
    decision = samples.DECISIONS[sample]()
    said = {kind: ACCEPTED in words for kind, words in _outputs(_selected(decision)).items()}

    assert said == dict.fromkeys(("text", "card", "page", "description"), True)
    assert not any(ACCEPTED in words for words in _outputs(decision).values())


@pytest.mark.parametrize("sample", samples.DECISIONS)
def test_nothing_about_a_development_table_reads_like_a_decision(sample: str) -> None:
    """The verdict's own word is nowhere: it says what the verdict would be, promises nothing and allows nothing."""
    decision = samples.DECISIONS[sample]()
    word = decision.verdict.value.upper()
    for words in _outputs(_developed(decision)).values():
        assert ADVISORY in words
        assert re.search(rf"(?<!WOULD BE ){word}:", words) is None
        assert "may be promoted" not in words
        assert "with probability at most" not in words


def test_the_page_of_a_development_table_is_not_green() -> None:
    """Colours too say that nothing was passed."""
    page = html.render(_developed(samples.passed()))

    assert '<header class="verdict passed">' not in page
    assert "Development table</dt>" in page
    assert samples.passed().verdict is Verdict.PASSED


def test_the_cards_say_where_sensitive_features_came_from() -> None:
    """Columns, rows without a line and the digest are on both cards, and hostile column names are only text there."""
    outputs = _outputs(_apart(samples.passed(), "<script>race</script>"))
    for kind in ("card", "page"):
        assert "1,234 rows without a line in it" in outputs[kind]
        assert "sha256:ffff" in outputs[kind]
        assert "<script>race" not in outputs[kind]


@pytest.mark.parametrize(
    ("config", "words"), [({"data": {"weight": "w"}}, "few heavy rows decide"), ({"task": "regression", "data": {}}, "rare, very large errors decide")]
)
def test_every_output_says_where_few_rows_may_decide(config: dict[str, Json], words: str) -> None:
    """The promise of error rates stands beside the place where it ends, in the log and on both cards, and only there."""
    plain = samples.passed()
    warned = _outputs(replace(plain, config=replace(plain.config, effective=config)))

    assert [words in " ".join(warned[kind].split()) for kind in ("text", "card", "page")] == [True] * 3
    assert [words in output for output in _outputs(plain).values()] == [False] * len(_outputs(plain))
