"""May this be deployed? A real registry, real keys and a real ledger; and everything that somebody may try."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import mlflow
import pytest
import yaml
from loans import GATE, NAME, POLICY, Registry, holdout, register

from gate.cli import main
from gate.record.keys import new_key
from gate.record.statement import RECORD_FILE
from gate.registry.looks import CANDIDATE, runs_on
from gate.registry.mlflow_registry import MlflowRegistry
from gate.stages import signing
from gate.verify import VerifyRequest, verify

pytestmark = [
    pytest.mark.mlflow,
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

KEY = "GATE_SIGNING_KEY_FILE"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """A registry with a key, a list of approvers and a ledger, in which the fair version passed and the unfair one is blocked."""
    folder = tmp_path_factory.mktemp("signed")
    versions = json.loads(register(folder))
    holdout(2).to_parquet(folder / "holdout.parquet")
    (folder / "gate.yaml").write_text(GATE.replace("models:", "ledger: ledger\nmodels:", 1), encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "policies").mkdir()
    _approve(folder, gate=new_key(folder / "key.pem"), other=new_key(folder / "other.pem"))
    registry = Registry(uri=f"sqlite:///{folder / 'mlflow.db'}", folder=folder, versions=versions)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, str(folder / "key.pem"))
        assert main(registry.check("fair", "--output", str(folder / "fair"))) == 0
        assert main(registry.check("unfair", "--output", str(folder / "unfair"))) == 1
    return registry


@pytest.fixture
def copy(made: Registry, tmp_path: Path) -> Registry:
    """The same, to be tampered with: configuration, policies and ledger are a copy, the registry is the one."""
    for name in ("gate.yaml", "policy.yaml", "holdout.parquet", "key.pem", "other.pem"):
        shutil.copy(made.folder / name, tmp_path / name)
    for name in ("policies", "ledger", "fair"):
        shutil.copytree(made.folder / name, tmp_path / name)
    return Registry(uri=made.uri, folder=tmp_path, versions=made.versions)


def _approve(folder: Path, **keys: str) -> None:
    kinds = {"gate": ("machine", "gate")}
    entries = []
    for name, key in keys.items():
        kind, role = kinds.get(name, ("person", "model-risk"))
        entries.append({"name": name, "kind": kind, "roles": [role], "keys": [{"public": key}]})
    (folder / "policies" / "approvers.yaml").write_text(yaml.safe_dump({"schema": "gate.approvers/v1", "approvers": entries}), encoding="utf-8")


def _words(registry: Registry, kind: str, *words: str) -> list[str]:
    return ["verify", *registry.check(kind, *words)[1:]]


def _refused(capsys: pytest.CaptureFixture[str], words: list[str]) -> tuple[int, str]:
    """The exit code, and the check that refuses."""
    capsys.readouterr()
    code = main([*words, "--format", "json"])
    found = json.loads(capsys.readouterr().out)
    assert found["allowed"] == (code == 0)
    return code, " ".join(check["check"] for check in found["checks"] if not check["holds"])


def test_what_passed_is_allowed(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """One line per check, and the answer last."""
    code = main(_words(made, "fair"))
    printed = capsys.readouterr().out.splitlines()

    assert (code, printed[-1].startswith("ALLOWED: loans/"), len(printed)) == (0, True, 13), printed
    assert all(line.startswith("ok ") for line in printed[:-1])


def test_what_is_blocked_is_refused(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """By its verdict alone: all else holds."""
    assert _refused(capsys, _words(made, "unfair")) == (1, "verdict")


def _card(registry: Registry, *words: str) -> list[str]:
    """The words of `gate card` for versions, as loans/N for their kinds."""
    named = [f"models:/{NAME}/{registry.versions[word]}" if word in registry.versions else word for word in words]
    return ["card", *named, *registry.check("fair")[2:]]


def _digest(registry: Registry, kind: str) -> str:
    return str(json.loads((registry.folder / kind / "decision.json").read_text(encoding="utf-8"))["candidate"]["digest"])


def test_the_card_of_a_version_is_that_of_its_record(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """By number and by folder the same bytes, and nothing speaks against it."""
    for form, file in (("markdown", "model_card.md"), ("json", "card.json"), ("html", "model_card.html")):
        capsys.readouterr()
        assert main(_card(made, "show", "unfair", "--format", form)) == 0
        said = capsys.readouterr()

        assert said.out.encode() == (made.folder / "unfair" / file).read_bytes()
        assert [line for line in said.err.splitlines() if not line.endswith("…")] == []  # no more than what it is doing


def test_a_card_that_somebody_put_into_the_registry_is_not_read(made: Registry, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whoever may edit the run can replace the file, not what it is made from."""
    (tmp_path / "model_card.md").write_text("PASSED: everything is fine", encoding="utf-8")
    runs = [run.info.run_id for run in runs_on(made.client, _digest(made, "unfair"), tag=CANDIDATE)]
    for run in runs:
        made.client.log_artifact(run, str(tmp_path / "model_card.md"))

    assert [MlflowRegistry(made.uri).artifact(run, "model_card.md") for run in runs] == [b"PASSED: everything is fine"]
    assert main(_card(made, "show", "unfair")) == 0
    assert "everything is fine" not in capsys.readouterr().out


def test_two_versions_are_compared_and_a_version_with_a_folder(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """What differs comes from both records; a version does not differ from its own folder."""
    assert main(_card(made, "diff", "fair", "unfair")) == 0
    assert "verdict: verdict: PASSED" in capsys.readouterr().out
    assert main(_card(made, "diff", "fair", str(made.folder / "fair"))) == 0
    assert capsys.readouterr().out == "Both cards say the same.\n"


@pytest.mark.parametrize("source", ["raising", "loans", "no-such-folder", "loans/999"])
def test_there_is_no_card_of_what_was_never_judged(made: Registry, source: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A version without a record, a name alone, a folder or a version that is not there: exit 2, and nothing is printed."""
    assert main(_card(made, "show", source)) == 2
    assert capsys.readouterr().out == ""


# What follows below records further decisions in the same registry, so promotion comes first.


def test_promotion_moves_the_alias_to_what_is_allowed_alone(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """A blocked version leaves the alias where it was; an allowed one gets it, and the output says so."""
    words = ["promote", *_words(made, "unfair")[1:], "--alias", "live"]
    refused = main(words)
    said = capsys.readouterr().out
    assert (refused, "NOT PROMOTED: live" in said, "live" in made.client.get_registered_model("loans").aliases) == (1, True, False)

    allowed = main(["promote", *_words(made, "fair")[1:], "--alias", "live"])
    assert (allowed, "is live now" in capsys.readouterr().out) == (0, True)
    assert made.client.get_model_version_by_alias("loans", "live").version == int(made.versions["fair"])
    assert main(["promote", *_words(made, "unfair")[1:], "--alias", "live"]) == 1
    assert made.client.get_model_version_by_alias("loans", "live").version == int(made.versions["fair"])


def test_an_alias_that_somebody_else_moves_meanwhile_is_an_alarm(made: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Between moving and looking, the alias was pointed at the blocked version: exit 4, and do not deploy."""
    point = MlflowRegistry.point

    def interfered(registry: MlflowRegistry, name: str, alias: str, version: str) -> None:
        point(registry, name, alias, version)
        point(registry, name, alias, made.versions["unfair"])

    monkeypatch.setattr(MlflowRegistry, "point", interfered)

    assert main(["promote", *_words(made, "fair")[1:], "--alias", "raced"]) == 4
    assert "Do not deploy" in capsys.readouterr().err


def test_what_was_never_judged_is_refused(made: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """No record, no deployment; whatever its tags say."""
    made.client.set_model_version_tag("loans", made.versions["raising"], "gate.status", "passed")

    assert _refused(capsys, _words(made, "raising")) == (1, "record")


@pytest.mark.parametrize("tampering", ["key replaced", "last entry gone", "record gone", "key of another role"])
def test_there_is_no_card_of_a_record_that_is_not_believed(copy: Registry, tampering: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A signature that nobody may give, or a ledger with a gap, makes no card."""
    kinds = {"key replaced": _key_replaced, "last entry gone": _last_entry_gone, "record gone": _record_gone, "key of another role": _key_of_another_role}
    kinds[tampering](copy)

    assert main(_card(copy, "show", "unfair")) == 2
    assert capsys.readouterr().out == ""


def test_a_card_of_an_outdated_decision_says_so(copy: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """The card of a version that was judged under another policy is shown, and what `gate verify` has against it stands beside it."""
    _policy_changed(copy)

    assert main(_card(copy, "show", "fair")) == 0
    assert "policy: the policy of tier high has changed since" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["registered again", "as another version"])
def test_a_verdict_is_not_carried_over_to_a_copy(made: Registry, capsys: pytest.CaptureFixture[str], where: str) -> None:
    """The same bytes under another name or number have not been judged, tags included."""
    model = (made.client.get_model_version("loans", made.versions["fair"]).source or "").removeprefix("models:/")
    source = made.client.get_logged_model(model).artifact_location
    name = "copied" if where == "registered again" else "loans"
    if name == "copied":
        made.client.create_registered_model(name)
    version = made.client.create_model_version(name, source=source, tags={"gate.status": "passed"})
    words = _words(made, "fair")
    words[1] = f"{name}/{version.version}"

    assert _refused(capsys, [*words, "--model-name", "loans"])[0] == 1


Tampering = Callable[[Registry], None]


def _policy_changed(registry: Registry) -> None:
    (registry.folder / "policy.yaml").write_text(POLICY.replace("0.10", "0.09"), encoding="utf-8")


def _config_changed(registry: Registry) -> None:
    path = registry.folder / "gate.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[a, b]", "[b, a]"), encoding="utf-8")


def _tier_changed(registry: Registry) -> None:
    for name in ("gate.yaml", "policy.yaml"):
        path = registry.folder / name
        path.write_text(path.read_text(encoding="utf-8").replace("tier: high", "tier: limited"), encoding="utf-8")


def _key_replaced(registry: Registry) -> None:
    _approve(registry.folder, gate=new_key(registry.folder / "new.pem"))


def _key_of_another_role(registry: Registry) -> None:
    path = registry.folder / "policies" / "approvers.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("- gate", "- model-risk").replace("machine", "person"), encoding="utf-8")


def _key_field(**moments: str) -> Tampering:
    def change(registry: Registry) -> None:
        path = registry.folder / "policies" / "approvers.yaml"
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        for entry in document["approvers"]:
            entry["keys"][0].update(moments)
        path.write_text(yaml.safe_dump(document), encoding="utf-8")

    return change


def _last_entry_gone(registry: Registry) -> None:
    max((registry.folder / "ledger").glob("*/entries/*.json")).unlink()


def _first_entry_gone(registry: Registry) -> None:
    min((registry.folder / "ledger").glob("*/entries/*.json")).unlink()


def _record_gone(registry: Registry) -> None:
    next((registry.folder / "ledger").glob("*/records/*.json")).unlink()


def _record_changed(registry: Registry) -> None:
    path = next((registry.folder / "ledger").glob("*/records/*.json"))
    path.write_bytes(path.read_bytes().replace(b"payload", b"pay1oad", 1))


def _ledger_gone(registry: Registry) -> None:
    shutil.rmtree(registry.folder / "ledger")


def _ledger_not_named(registry: Registry) -> None:
    path = registry.folder / "gate.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("ledger: ledger\n", ""), encoding="utf-8")


def _counts_gone(registry: Registry) -> None:
    for path in (registry.folder / "ledger").glob("*/counts/*.parquet"):
        path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("tamper", "check"),
    [
        (_policy_changed, "policy"),
        (_config_changed, "configuration"),
        (_tier_changed, "policy configuration"),
        (_key_replaced, "signature"),
        (_key_of_another_role, "signature"),
        (_key_field(revoked="2020-01-01"), "signature"),
        (_key_field(valid_from="2100-01-01"), "signature"),
        (_key_field(valid_until="2020-01-01"), "signature"),
        (_key_field(compromised="2020-01-01"), "signature"),
        (_last_entry_gone, ""),
        (_first_entry_gone, "record ledger"),
        (_record_gone, "record ledger"),
        (_record_changed, "record ledger"),
        (_ledger_gone, "record ledger"),
        (_ledger_not_named, "ledger"),
    ],
)
def test_whatever_is_tampered_with_refuses(copy: Registry, capsys: pytest.CaptureFixture[str], tamper: Tampering, check: str) -> None:
    """Policy, configuration, tier, keys, ledger: each is a refusal of its own; what says nothing of these bytes is none."""
    tamper(copy)

    assert _refused(capsys, _words(copy, "fair")) == (0 if not check else 1, check)


def test_a_block_that_was_taken_out_of_the_ledger_is_missed(copy: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """The registry still shows a signed record that the ledger does not have any more."""
    _last_entry_gone(copy)

    assert _refused(capsys, _words(copy, "unfair")) == (1, "record ledger")


def test_counts_that_are_others_do_not_count(copy: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """Damaged counts of the ledger are not believed; those beside the run are asked instead, and have to be the same."""
    _counts_gone(copy)

    assert _refused(capsys, _words(copy, "fair")) == (0, "")


def test_an_older_pass_is_not_played_back(copy: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """After a stricter policy blocked the same version, neither the old policy file nor the old run brings the pass back."""
    monkeypatch.setenv(KEY, str(copy.folder / "key.pem"))
    old = (copy.folder / "policy.yaml").read_text(encoding="utf-8")
    (copy.folder / "policy.yaml").write_text(old.replace("0.55", "0.99"), encoding="utf-8")
    assert main(copy.check("fair")) == 1
    blocked = _refused(capsys, _words(copy, "fair"))
    (copy.folder / "policy.yaml").write_text(old, encoding="utf-8")

    assert blocked == (1, "verdict")
    assert _refused(capsys, _words(copy, "fair")) == (1, "policy verdict")


def test_an_unsigned_record_is_refused_unless_the_policy_allows_it(copy: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a key the check works and says so, and verify does not believe it."""
    monkeypatch.delenv(KEY, raising=False)
    policy = (copy.folder / "policy.yaml").read_text(encoding="utf-8")
    assert main(copy.check("fair")) == 0
    assert "not signed" in capsys.readouterr().err
    assert _refused(capsys, _words(copy, "fair")) == (1, "signature")
    (copy.folder / "policy.yaml").write_text(policy + "record: {signature: optional}\n", encoding="utf-8")
    assert main(copy.check("fair")) == 0

    assert _refused(capsys, _words(copy, "fair")) == (0, "")


def test_a_bundle_is_verified_without_a_registry(copy: Registry, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """An auditor's folder: record and counts, beside the ledger; the deployed files are hashed, and other files refused."""
    files = MlflowRegistry(copy.uri).fetch(f"loans/{copy.versions['fair']}", tmp_path / "deployed").folder
    words = ["verify", "--bundle", str(copy.folder / "fair"), "--config", str(copy.folder / "gate.yaml"), "--policy", str(copy.folder / "policy.yaml")]

    assert _refused(capsys, words) == (1, "bytes")
    assert _refused(capsys, [*words, "--files", str(files)]) == (0, "")
    (files / "MLmodel").write_text("other: bytes\n", encoding="utf-8")
    assert _refused(capsys, [*words, "--files", str(files)])[0] == 1
    (copy.folder / "fair" / RECORD_FILE).write_bytes(b"{}")
    assert _refused(capsys, words) == (1, "bytes record ledger")


def test_what_cannot_be_meant_is_a_usage_error(made: Registry, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """No subject, two subjects, files without a bundle, a folder without a record: exit 2."""
    for words in ([], ["loans/1", "--bundle", str(tmp_path)], ["loans/1", "--files", str(tmp_path)], ["--bundle", str(tmp_path)]):
        assert main(["verify", *words, "--config", str(made.folder / "gate.yaml"), "--policy", str(made.folder / "policy.yaml")]) == 2
    assert "decision.dsse.json" in capsys.readouterr().err


def _easy(registry: Registry) -> None:
    """Rows on which the unfair version does no harm."""
    rows = holdout(2)
    rows["wealth"] = rows["wealth"] - (rows["group"] == "a") * 3.0
    rows.to_parquet(registry.folder / "holdout.parquet")


def test_a_pass_on_other_rows_is_no_pass(copy: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The holdout is exchanged for an easy one, the version checked, and the holdout put back: signed, chained, and refused."""
    monkeypatch.setenv(KEY, str(copy.folder / "key.pem"))
    _easy(copy)
    assert main(copy.check("unfair")) == 0
    shown = _refused(capsys, _words(copy, "unfair"))
    holdout(2).to_parquet(copy.folder / "holdout.parquet")
    back = _refused(capsys, _words(copy, "unfair"))
    (copy.folder / "holdout.parquet").unlink()

    assert (shown, back, _refused(capsys, _words(copy, "unfair"))) == ((0, ""), (1, "data"), (1, "data"))


def test_a_stolen_key_cannot_date_a_pass_back_behind_a_block(copy: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A record cannot be older than what it was added to: dated before the theft, it counts from the record before it."""
    monkeypatch.setenv(KEY, str(copy.folder / "key.pem"))
    making = signing.Making
    monkeypatch.setattr(signing, "Making", lambda **said: making(**{**said, "issued": datetime(2020, 1, 1, tzinfo=UTC), "expires": None}))
    _easy(copy)
    assert main(copy.check("unfair")) == 0
    _key_field(compromised="2020-06-01")(copy)
    code, checks = _refused(capsys, _words(copy, "unfair"))

    assert (code, "signature" in checks.split()) == (1, True)


def test_a_record_of_a_clock_that_runs_ahead_ends_no_key(copy: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused itself, and says nothing about what was signed after it."""
    monkeypatch.setenv(KEY, str(copy.folder / "key.pem"))
    _key_field(valid_until="2090-01-01")(copy)
    with monkeypatch.context() as patch:
        making = signing.Making
        patch.setattr(signing, "Making", lambda **said: making(**{**said, "issued": datetime(2099, 1, 1, tzinfo=UTC), "expires": None}))
        assert main(copy.check("fair")) == 0
    ahead = _refused(capsys, _words(copy, "fair"))
    assert main(copy.check("fair")) == 0

    assert (ahead, _refused(capsys, _words(copy, "fair"))) == ((1, "signature"), (0, ""))


def test_a_block_that_was_cut_off_is_missed_after_its_key_was_stolen(copy: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """That nobody trusts the key any more is no reason not to miss what it signed."""
    _last_entry_gone(copy)
    _key_field(compromised="2100-01-01")(copy)

    assert _refused(capsys, _words(copy, "unfair"))[1].endswith("ledger")


def test_a_check_without_a_record_deploys_nothing(copy: Registry, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Its look was not counted, so its folder is no way around that, with or without a ledger."""
    monkeypatch.setenv(KEY, str(copy.folder / "key.pem"))
    _ledger_not_named(copy)
    (copy.folder / "policy.yaml").write_text(POLICY + "record: {ledger: optional}\n", encoding="utf-8")
    files = MlflowRegistry(copy.uri).fetch(f"loans/{copy.versions['fair']}", tmp_path / "deployed").folder
    assert main(copy.check("fair", "--no-record", "--output", str(tmp_path / "out"))) == 0
    words = ["verify", "--bundle", str(tmp_path / "out"), "--files", str(files), "--config", str(copy.folder / "gate.yaml")]

    assert _refused(capsys, [*words, "--policy", str(copy.folder / "policy.yaml")]) == (1, "candidate")


def test_after_its_days_a_policy_lets_nothing_through(copy: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was allowed on the last day of a policy is refused the day after."""
    monkeypatch.setenv(KEY, str(copy.folder / "key.pem"))
    for run in copy.client.search_runs([experiment.experiment_id for experiment in copy.client.search_experiments()]):
        copy.client.set_tag(run.info.run_id, "gate.digest", "sha256:another")  # what other cases recorded is not about these bytes any more
    shutil.rmtree(copy.folder / "ledger")
    now = datetime.now(UTC)
    config, policy, reference = copy.folder / "gate.yaml", copy.folder / "policy.yaml", f"loans/{copy.versions['fair']}"
    until = f"governance: {{effective_until: {(now + timedelta(days=1)).date()}}}\n"
    policy.write_text(policy.read_text(encoding="utf-8").replace("rules:", f"{until}rules:", 1), encoding="utf-8")
    assert main(copy.check("fair")) == 0
    request = VerifyRequest(config=config, now=now, reference=reference, policy=policy, tracking_uri=copy.uri)
    today, after = (verify(replace(request, now=now + timedelta(days=days))) for days in (0, 2))

    assert (today.allowed, after.allowed) == (True, False)
    assert after.refusal is not None
    assert after.refusal.about.value == "policy"


@pytest.fixture
def legacy(copy: Registry, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Registry]:
    """The unfair version is the champion, its bytes with a note added the candidate, and the policy accepts until tomorrow what it inherits."""
    monkeypatch.setenv(KEY, str(copy.folder / "key.pem"))
    shutil.rmtree(copy.folder / "ledger")
    again = tmp_path / "again"
    shutil.copytree(mlflow.artifacts.download_artifacts(copy.client.get_model_version_download_uri(NAME, copy.versions["unfair"])), again)
    (again / "note.txt").write_text("the same model, logged again", encoding="utf-8")
    version = str(copy.client.create_model_version(NAME, source=str(again)).version)
    copy.client.set_registered_model_alias(NAME, "champion", copy.versions["unfair"])
    policy, until = copy.folder / "policy.yaml", datetime.now(UTC).date() + timedelta(days=1)
    written = policy.read_text(encoding="utf-8")
    policy.write_text(written.replace("max: 0.10,", f"max: 0.10, baseline: {{inherited_until: {until}}},", 1), encoding="utf-8")
    yield replace(copy, versions={**copy.versions, "again": version})
    copy.client.delete_registered_model_alias(NAME, "champion")
    copy.client.delete_model_version(NAME, version)


def test_an_inherited_violation_is_let_through_until_its_day_and_not_after(legacy: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """A candidate as unfair as the champion passes, says so, and is verified; after the day the same record allows nothing (exit 1)."""
    assert main(legacy.check("again")) == 0
    assert "PASSED WITH INHERITED VIOLATIONS" in capsys.readouterr().out
    reference, now = f"{NAME}/{legacy.versions['again']}", datetime.now(UTC)
    request = VerifyRequest(config=legacy.folder / "gate.yaml", now=now, reference=reference, policy=legacy.folder / "policy.yaml", tracking_uri=legacy.uri)
    today, after = (verify(replace(request, now=now + timedelta(days=days))) for days in (0, 2))

    assert (today.allowed, after.allowed) == (True, False)
    assert any("passed with inherited violations" in check.detail for check in today.checks)
    assert after.refusal is not None
    assert after.refusal.about.value == "verdict"
    assert "accepted for a time that is over" in after.refusal.detail


def test_the_champion_itself_inherits_nothing(legacy: Registry, capsys: pytest.CaptureFixture[str]) -> None:
    """An alias on the candidate excuses nothing: the unfair champion, checked anew, is blocked (exit 1)."""
    assert main(legacy.check("unfair")) == 1
    assert "the candidate is the champion itself" in " ".join(capsys.readouterr().out.split())
