"""From a block to a deployment that people answer for: a real registry, a real ledger, three keys."""

import json
import shutil

import pytest
from loans import TERMS, Registry, signed

from gate.cli import main

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEY = "GATE_SIGNING_KEY_FILE"
ASK = ["--reason", "The champion is worse for everyone."]
YES = ["--reason", "Reviewed with the credit committee."]


@pytest.fixture(scope="module")
def blocked(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry in which the unfair version is blocked by a soft-mandatory rule alone."""
    made = signed(tmp_path_factory.mktemp("overrides"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(made.folder / "gate.pem"))
        assert main(made.check("unfair")) == 1
    made.keep()
    return made


@pytest.fixture
def case(blocked: Registry, monkeypatch: pytest.MonkeyPatch) -> Registry:
    """The decision about it, which no override is about yet."""
    monkeypatch.setenv(KEY, str(blocked.folder / "gate.pem"))
    blocked.restore()
    return blocked


def _words(case: Registry, verb: str, *words: str) -> list[str]:
    return [*verb.split(), *case.check("unfair", *words)[1:]]


def _by(case: Registry, who: str, verb: str, *words: str) -> int:
    return main([*_words(case, f"override {verb}"), *words, "--key", str(case.folder / f"{who}.pem")])


def test_a_block_is_overridden_on_the_record(case: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Requested by one, approved by another: verify allows it, names both and the reason, and the finding stays a violation."""
    assert main(_words(case, "verify")) == 1
    assert _by(case, "lena", "request", *ASK, "--days", "7") == 0
    assert main(_words(case, "verify")) == 1
    capsys.readouterr()
    assert _by(case, "ann", "approve", *YES) == 0
    assert "Nothing is left in the way" in capsys.readouterr().out
    assert main(_words(case, "verify")) == 0
    printed = capsys.readouterr().out

    assert "blocked, and overridden: parity waived until" in printed
    assert ("by ann" in printed, "asked for by lena" in printed, "champion is worse" in printed) == (True, True, True)
    assert main([*_words(case, "promote"), "--alias", "waived"]) == 0


def test_code_scanning_sees_what_is_waived_as_suppressed(case: Registry) -> None:
    """Not before the approval, then with who approved it; and from a record that is not believed there is no file, nor an old one."""
    output, file = ["--output", str(case.folder / "scan")], case.folder / "scan" / "findings.sarif"

    def suppressed() -> list[str]:
        results = json.loads(file.read_text())["runs"][0]["results"]
        return [entry["justification"] for result in results if result["ruleId"] == "parity" for entry in result["suppressions"]]

    assert _by(case, "lena", "request", *ASK) == 0
    assert (main([*_words(case, "verify"), *output]), suppressed()) == (1, [])
    assert _by(case, "ann", "approve", *YES) == 0
    assert main([*_words(case, "verify"), *output]) == 0
    assert ["by ann, asked for by lena: The champion is worse for everyone." in text for text in suppressed()] == [True]
    shutil.rmtree(case.folder / "ledger")
    assert (main([*_words(case, "verify"), *output]), file.exists()) == (1, False)


def test_nobody_approves_what_they_asked_for_and_the_gate_approves_nothing(case: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Not the requester, nor the key that signs decisions, nor a key that nobody knows."""
    from gate.record.keys import new_key as made  # noqa: PLC0415 -- a stranger's key

    made(case.folder / "eve.pem") if not (case.folder / "eve.pem").exists() else None
    assert _by(case, "ann", "request", *ASK) == 0
    for who in ("ann", "gate", "eve", "lena"):
        assert _by(case, who, "approve", *YES) == 0
    capsys.readouterr()

    assert main([*_words(case, "override list"), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert (listed["left"], listed["requests"][0]["approvers"], len(listed["requests"][0]["faults"])) == (["parity"], [], 5)
    assert main(_words(case, "verify")) == 1


def test_an_override_is_taken_back(case: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """A revocation ends it at once, and taking the revocation out of the ledger is noticed."""
    for who, verb, words in (("lena", "request", ASK), ("ann", "approve", YES)):
        assert _by(case, who, verb, *words) == 0
    assert main(_words(case, "verify")) == 0
    assert _by(case, "bob", "revoke", "--reason", "Complaints.") == 0
    assert main(_words(case, "verify")) == 1
    capsys.readouterr()
    max((case.folder / "ledger").glob("*/entries/*.json")).unlink()

    assert main(_words(case, "verify")) == 1
    assert "bob revoked it: Complaints." in capsys.readouterr().out


def test_a_new_decision_has_not_been_overridden(case: Registry) -> None:
    """What was waived was that decision: under another policy the version stands for itself again."""
    for who, verb, words in (("lena", "request", ASK), ("ann", "approve", YES)):
        assert _by(case, who, verb, *words) == 0
    policy = case.folder / "policy.yaml"
    written = policy.read_text(encoding="utf-8")
    policy.write_text(written.replace("0.10", "0.11"), encoding="utf-8")
    try:
        assert main(case.check("unfair")) == 1
        assert main(_words(case, "verify")) == 1
    finally:
        policy.write_text(written, encoding="utf-8")


def test_files_beside_the_policies_are_reviewed_like_code(case: Registry) -> None:
    """A request and an approval as files, under policies/overrides, count like those of the ledger; changed ones do not."""
    folder = case.folder / "policies" / "overrides"
    try:
        assert _by(case, "lena", "request", *ASK, "--output", str(folder / "ask.json")) == 0
        assert _by(case, "ann", "approve", *YES, "--output", str(folder / "yes.json")) == 0
        assert main(_words(case, "verify")) == 0
        (folder / "yes.json").write_bytes((folder / "yes.json").read_bytes().replace(b"payload", b"payl0ad", 1))
        assert main(_words(case, "verify")) == 1
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rule", "useful"], "does not stop this version"),
        (["--days", "31"], "30 days at most"),
        (["--kind", "accept-uncertainty"], None),
        (["--kind", "conditional"], "belong together"),
        (["--condition", "retrain|mia|2030-01-01"], "belong together"),
        (["--reason", " "], "1 to 4000 characters"),
        (["--condition", "retrain"], "WHAT|OWNER|YYYY-MM-DD"),
    ],
)
def test_what_cannot_be_asked_for_never_stands(case: Registry, capsys: pytest.CaptureFixture[str], words: list[str], said: str | None) -> None:
    """A rule that does not stop it, more days than allowed, a violation called uncertain, a condition without any: refused, or it does not stand."""
    code = _by(case, "lena", "request", *ASK, *words)
    printed = capsys.readouterr()
    if said is not None:
        assert (code, said in printed.err) == (2, True)
        return
    if code == 0:
        _by(case, "ann", "approve", *YES)
    assert main(_words(case, "verify")) == 1


def test_without_terms_in_the_policy_nothing_can_be_asked(case: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says so, exit 2."""
    policy = case.folder / "policy.yaml"
    written = policy.read_text(encoding="utf-8")
    policy.write_text(written.replace(TERMS, ""), encoding="utf-8")
    try:
        assert _by(case, "lena", "request", *ASK) == 2
        assert "allows no override" in capsys.readouterr().err
    finally:
        policy.write_text(written, encoding="utf-8")
