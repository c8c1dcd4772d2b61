"""A version that was allowed can be gone back to for a while, on the record; one that was not allowed cannot."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from loans import POLICY, Registry, signed

from gate.cli import main
from gate.record.keys import new_key

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]

KEY = "GATE_SIGNING_KEY_FILE"
TERMS = "record: {rollback_days: 14}\noverride: {approvers: 1, roles: [model-risk], max_days: 30}\n"
BACK = ["--rollback", "--reason", "The new version times out."]
Change = Callable[[Registry], None]


@pytest.fixture(scope="module")
def promoted(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry whose fair version was checked, and promoted on the record."""
    folder = tmp_path_factory.mktemp("rollback")
    made = signed(folder, terms=TERMS, identities={})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(folder / "gate.pem"))
        assert main(made.check("fair")) == 0
        assert main(_promote(made)) == 0
    shutil.copytree(folder / "ledger", folder / "ledger.kept")
    (folder / "runs.kept").write_text("\n".join(_runs(made)), encoding="utf-8")
    return made


def _runs(made: Registry) -> list[str]:
    found = made.client.search_runs([experiment.experiment_id for experiment in made.client.search_experiments()])
    return [run.info.run_id for run in found]


@pytest.fixture
def made(promoted: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The same as it was, with the alias on nothing and the gate's key at hand."""
    monkeypatch.setenv(KEY, str(promoted.folder / "gate.pem"))
    shutil.rmtree(promoted.folder / "ledger")
    shutil.copytree(promoted.folder / "ledger.kept", promoted.folder / "ledger")
    (promoted.folder / "policy.yaml").write_text(POLICY + TERMS, encoding="utf-8")
    promoted.client.delete_registered_model_alias("loans", "champion")
    for run in set(_runs(promoted)) - set((promoted.folder / "runs.kept").read_text(encoding="utf-8").split()):
        promoted.client.set_tag(run, "gate.digest", "sha256:another")  # later cases are not about these bytes
    return promoted


def _promote(made: Registry, *words: str, which: str = "fair") -> list[str]:
    return ["promote", *made.check(which, *words)[1:], "--alias", "champion"]


def _verify(made: Registry) -> int:
    return main(["verify", *made.check("fair")[1:]])


def _stricter(made: Registry) -> None:
    """The policy changes, so that the decision is no longer about the one in force."""
    (made.folder / "policy.yaml").write_text((POLICY + TERMS).replace("max_days: 30", "max_days: 29"), encoding="utf-8")


def _champion(made: Registry) -> str | None:
    found = made.client.get_registered_model("loans").aliases.get("champion")
    return None if found is None else str(found)


def test_what_was_promoted_can_be_gone_back_to(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """After the policy has changed it is refused, until somebody who may goes back to it: then allowed, with who, why and until when."""
    _stricter(made)
    assert (_verify(made), main(_promote(made)), _champion(made)) == (1, 1, None)
    assert main(_promote(made, *BACK, "--days", "3")) == 0
    said = capsys.readouterr().out

    assert (_champion(made), "PROMOTED" in said) == (made.versions["fair"], True)
    assert _verify(made) == 0
    said = capsys.readouterr().out
    assert "rolled back to until" in said
    assert "by gate: The new version times out. (else refused: the policy" in said


def test_a_person_who_approves_overrides_may_go_back(made: Registry) -> None:
    """Model risk may; the modelling team may not, and a stranger's key may not."""
    _stricter(made)
    new_key(made.folder / "stranger.pem")
    codes = [main(_promote(made, *BACK, "--key", str(made.folder / f"{who}.pem"))) for who in ("lena", "stranger", "ann")]
    (made.folder / "stranger.pem").unlink()

    assert codes == [2, 2, 0]


def test_a_rollback_ends(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """When the policy in force allows fewer days than it asks for, it no longer stands; nor may it be asked for longer than allowed."""
    _stricter(made)
    assert main(_promote(made, *BACK, "--days", "15")) == 2
    assert main(_promote(made, *BACK, "--days", "14")) == 0
    assert _verify(made) == 0
    (made.folder / "policy.yaml").write_text((POLICY + TERMS).replace("rollback_days: 14", "rollback_days: 13"), encoding="utf-8")
    assert _verify(made) == 1
    (made.folder / "policy.yaml").write_text((POLICY + TERMS).replace("rollback_days: 14", "max_age_days: 300"), encoding="utf-8")
    assert (_verify(made), main(_promote(made, *BACK))) == (1, 2)
    assert "allows no rollback" in capsys.readouterr().err


def test_what_was_found_wanting_since_is_not_gone_back_to(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """A newer decision that does not pass stands against it, whatever was allowed before."""
    bound = (POLICY + TERMS).replace("min: 0.55", "min: 0.999")
    assert bound != POLICY + TERMS
    (made.folder / "policy.yaml").write_text(bound, encoding="utf-8")
    assert main(made.check("fair")) == 1
    assert main(_promote(made, *BACK)) == 1
    assert ("REFUSED  verdict" in capsys.readouterr().out, _champion(made)) == (True, None)


def test_what_was_never_promoted_is_not_gone_back_to(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Passed, but never allowed for an alias on the record; and a blocked one stays blocked."""
    shutil.rmtree(made.folder / "ledger")
    assert main(made.check("fair")) == 0
    _stricter(made)
    assert main(_promote(made, *BACK)) == 2
    assert "shows no promotion" in capsys.readouterr().err
    assert main(made.check("unfair")) == 1
    assert main(_promote(made, *BACK, which="unfair")) == 1
    assert _champion(made) is None


def test_an_unsigned_promotion_is_none_to_go_back_to(made: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the alias moves, and nothing is kept; with a key that nobody lists, what is kept counts for nothing."""
    shutil.rmtree(made.folder / "ledger")
    assert main(made.check("fair")) == 0
    new_key(made.folder / "unlisted.pem")
    monkeypatch.delenv(KEY)
    assert main(_promote(made)) == 0
    assert main(_promote(made, "--key", str(made.folder / "unlisted.pem"))) == 0
    assert len(list((made.folder / "ledger").glob("*/entries/*.json"))) == 2
    (made.folder / "unlisted.pem").unlink()
    _stricter(made)
    monkeypatch.setenv(KEY, str(made.folder / "gate.pem"))

    assert main(_promote(made, *BACK)) == 2


def _bytes_changed(made: Registry) -> None:
    """One file of the model is another one."""
    source = (made.client.get_model_version("loans", made.versions["fair"]).source or "").removeprefix("models:/")
    files = Path(made.client.get_logged_model(source).artifact_location.removeprefix("file://"))
    assert made.folder in files.parents
    (files / "requirements.txt").write_bytes((files / "requirements.txt").read_bytes() + b"# more\n")


def test_other_bytes_are_not_gone_back_to(made: Registry) -> None:
    """A rollback excuses what changed around the version, never the version."""
    _stricter(made)
    assert main(_promote(made, *BACK)) == 0
    _bytes_changed(made)

    assert (_verify(made), main(_promote(made, *BACK))) == (1, 1)


@pytest.mark.parametrize("words", [["--rollback"], ["--reason", "why"], ["--days", "3"]])
def test_half_a_rollback_is_none(made: Registry, words: list[str]) -> None:
    """Without a reason there is no rollback, and a reason without one means nothing."""
    assert main(_promote(made, *words)) == 2
