"""A policy demands that somebody looked for less discriminatory alternatives: without a signed search nothing is deployed, passed or not."""

from pathlib import Path

import pytest
from loans import TERMS, Registry, holdout, signed

from gate.cli import main

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

KEY = "GATE_SIGNING_KEY_FILE"
DEMANDED = "alternatives: {require: [model-risk], utility_tolerance: 0.02}\nmitigation: {approved: [reweighing]}\n"
NECESSITY = "purpose: Who repays is lent to.\nnecessity: Nobody lends without knowing it.\nevidence: The study of 2026.\nowner: The head of lending.\n"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry with a version that passed under a policy that demands a search, and a table to learn from."""
    folder = tmp_path_factory.mktemp("searches")
    made = signed(folder, terms=DEMANDED + TERMS)
    holdout(3, 1500).to_parquet(folder / "train.parquet")
    (folder / "necessity.yaml").write_text(NECESSITY, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(folder / "gate.pem"))
        assert main(made.check("fair")) == 0
    return made


def _verify(made: Registry) -> int:
    return main(["verify", *made.check("fair")[1:]])


def _search(made: Registry, key: str, *words: str) -> int:
    _, version, *files = made.check("fair")
    table = ["--train", str(made.folder / "train.parquet"), "--necessity", str(made.folder / "necessity.yaml"), "--key", str(made.folder / f"{key}.pem")]
    return main(["mitigate", "loans", *files, *table, "--search", version, "--tolerance", "0.02", *words])


def test_without_a_search_that_counts_a_passed_version_is_refused(judged: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Not that of whoever made the model, of a role that is not asked, of half of it, with less tolerance, or without a reason."""
    said = []
    tries = (("lena", ()), ("gate", ()), ("ann", ("--budget", "0")), ("ann", ("--tolerance", "0.01")), ("ann", ("--technique", "plain")), ("ann", ()))
    for key, words in tries:
        assert _search(judged, key, *words) == 2
        said.append(capsys.readouterr().err)
    assert _verify(judged) == 1
    refused = capsys.readouterr().out
    assert _search(judged, "ann", "--reason", "They lend less to both groups.", "--output", str(tmp_path)) == 0
    printed = capsys.readouterr().out
    allowed = (_verify(judged), capsys.readouterr().out)

    for text, reason in zip(said, ("lena", "gate", "budget", "tolerance", "reweighing", "Say why none"), strict=True):
        assert reason in " ".join(text.split())
    assert "REFUSED  review        no search for less discriminatory alternatives is on the record" in refused
    assert f"SEARCHED: loans/{judged.versions['fair']}: 2 candidates" in printed
    assert allowed[0] == 0, allowed[1]
    assert "of 2 candidates are less discriminatory than a plain retraining within 0.02 of balanced_accuracy" in allowed[1]
    assert "needed for: Who repays is lent to. (ann, " in allowed[1]
