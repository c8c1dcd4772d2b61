"""Recorded decisions judged again: which verdicts another policy would change, and which cannot be told."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gate.cli import main
from gate.core.canonical import canonical, digest
from gate.core.decision import Verdict
from gate.errors import UsageError
from gate.policy import load_policy
from gate.record.stored import read_record
from gate.rejudge import Rejudgements, Unjudged, _records, rejudge

CASES = Path(__file__).parent / "cases"
HEAD = "schema: gate.policy/v1\ntier: high\n"
RULE = "rules:\n  - {id: parity, metric: demographic_parity_difference, max: 0.10, enforcement: soft-mandatory}\n"
POLICIES = {
    "as recorded": HEAD + RULE,
    "burden on the gate": HEAD + "evidence: {burden_of_proof: gate}\n" + RULE,
    "wide": HEAD + RULE.replace("0.10", "0.99"),
    "crossed": HEAD + "evidence: {intersections: 2}\n" + RULE,
    "fresh data": HEAD + "data: {max_age_days: 365}\n" + RULE,
    "files": HEAD + RULE + "model: {format: skops}\n",
    "sandboxed": HEAD + "evidence: {sandbox: required}\n" + RULE,
    "suite": HEAD + "data: {expectations: required}\n" + RULE,
    "another feature": HEAD + RULE.replace("enforcement", "features: [z], enforcement"),
    "versus": HEAD + RULE + "  - {id: drop, metric: accuracy, scope: overall, versus: champion, max_drop: 0.05, enforcement: soft-mandatory}\n",
    "a floor": HEAD + RULE + "  - {id: floor, metric: accuracy, scope: overall, min: 0.999, enforcement: hard-mandatory}\n",
}


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three decisions: one that passed, one that is inconclusive, one with intersections in its configuration."""
    folder = tmp_path_factory.mktemp("records")
    policy = folder / "policy.yaml"
    policy.write_text(POLICIES["as recorded"], encoding="utf-8")
    for case in ("passed", "inconclusive", "intersection"):
        files = ["--predictions", str(CASES / case / "table.csv"), "--config", str(CASES / case / "gate.yaml"), "--policy", str(policy)]
        main(["check", *files, "--output", str(folder / "a" / case), "--no-record"])
    return folder / "a"


@pytest.fixture
def one(recorded: Path, tmp_path: Path) -> Path:
    """A copy of the decision that passed, for a test to spoil."""
    return _copied(recorded / "passed", tmp_path / "records" / "passed")


def _copied(source: Path, target: Path) -> Path:
    target.mkdir(parents=True)
    for name in ("decision.json", "counts.parquet"):
        (target / name).write_bytes((source / name).read_bytes())
    return target


def _changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    path = folder / "decision.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")


def _again(folder: Path, after: str, tmp_path: Path, *, before: str = "as recorded", model: str | None = None) -> Rejudgements:
    """The decisions of a folder under two of the policies above."""
    loaded = []
    for name in (before, after):
        path = tmp_path / "policy.yaml"
        path.write_text(POLICIES[name], encoding="utf-8")
        loaded.append(load_policy(path).policy)
    return rejudge(folder, *loaded, model=model)


def _verdicts(again: Rejudgements) -> dict[str, tuple[str, str]]:
    return {entry.path.parent.name: (entry.before.value, entry.after.value) for entry in again.judged}


def test_under_the_recorded_policy_every_verdict_is_the_recorded_one(recorded: Path, tmp_path: Path) -> None:
    """Judging again is the judgement of the check, so that a change is one of the policy alone."""
    again = _again(recorded, "as recorded", tmp_path)
    written = {path.parent.name: read_record(path)[1]["verdict"] for path in recorded.rglob("decision.json")}

    assert {name: verdicts[0] for name, verdicts in _verdicts(again).items()} == written
    assert [entry for entry in again.judged if entry.changes] == []
    assert (again.unjudged, again.others) == ((), 0)


def test_a_looser_policy_lets_the_inconclusive_one_through(recorded: Path, tmp_path: Path) -> None:
    """The reason names what stops the candidate under the stricter of the two."""
    again = _again(recorded, "burden on the gate", tmp_path)
    changed = {entry.path.parent.name: entry for entry in again.judged if entry.changes}

    assert list(changed) == ["inconclusive"]
    assert (changed["inconclusive"].before, changed["inconclusive"].after) == (Verdict.INCONCLUSIVE, Verdict.PASSED)
    assert changed["inconclusive"].reasons == ("parity on g",)


def test_a_stricter_policy_blocks_what_passed(one: Path, tmp_path: Path) -> None:
    """A rule on the whole table is named without a feature."""
    (entry,) = _again(one.parent, "a floor", tmp_path).judged

    assert (entry.candidate, entry.before, entry.after) == ("m", Verdict.PASSED, Verdict.BLOCKED)
    assert entry.reasons == ("floor",)


def test_counts_without_the_crossings_are_not_called_unchanged(recorded: Path, tmp_path: Path) -> None:
    """Judged one feature at a time, the unfair intersection was never counted: nothing can be said of it."""
    again = _again(recorded, "crossed", tmp_path)

    assert sorted(_verdicts(again)) == ["inconclusive", "passed"]
    assert [(lost.path.parent.name, lost.reason) for lost in again.unjudged] == [
        ("intersection", "the counts do not hold every group of g×s, which B needs"),
    ]


def test_a_record_that_compared_with_nothing_is_not_judged_by_a_comparison(recorded: Path, tmp_path: Path) -> None:
    """What the champion would have answered is in no record that did not ask it: never a verdict that stays."""
    again = _again(recorded, "versus", tmp_path)

    assert again.judged == ()
    assert {lost.reason for lost in again.unjudged} == {"the record does not say what champion answers, which B needs"}


def test_counts_with_more_crossings_than_a_policy_needs_do_for_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What was counted two features deep is judged one feature deep as a check would: the crossings are left aside."""
    case = CASES / "intersection"
    main(["check", "--predictions", str(case / "table.csv"), "--config", str(case / "gate.yaml"), "--policy", str(case / "policy.yaml"),
          "--output", str(tmp_path / "records" / "deep"), "--no-record"])  # fmt: skip
    capsys.readouterr()
    (entry,) = _again(tmp_path / "records", "as recorded", tmp_path, before="crossed").judged

    assert (entry.before, entry.after) == (Verdict.BLOCKED, Verdict.PASSED)
    assert entry.reasons == ("parity on g×s",)


def _dated(record: dict[str, Any]) -> None:
    """The configuration says when the holdout was collected, as a check under a policy without a limit leaves it."""
    record["config"]["effective"]["data"]["collected"] = "2026-01-01"
    record["config"]["digest"] = digest(canonical(record["config"]["effective"]))


def test_an_age_that_was_not_recorded_is_not_called_unknown(one: Path, tmp_path: Path) -> None:
    """Without a limit no age is recorded; that is no finding about the holdout."""
    _changed(one, _dated)
    again = _again(one.parent, "fresh data", tmp_path)

    assert [lost.reason for lost in again.unjudged] == ["the record does not say how old the holdout was, which B needs"]


def test_a_holdout_without_a_date_is_held(one: Path, tmp_path: Path) -> None:
    """Where the configuration names no date, a check under the limit would have held the candidate too."""
    (entry,) = _again(one.parent, "fresh data", tmp_path).judged

    assert (entry.after, entry.reasons) == (Verdict.INCONCLUSIVE, ("data-age",))


@pytest.mark.parametrize(("policy", "reason"), [("suite", "requires data expectations"), ("another feature", "looks at z")])
def test_a_policy_that_would_not_have_judged_says_so(one: Path, tmp_path: Path, policy: str, reason: str) -> None:
    """What a check refuses is no verdict here either."""
    again = _again(one.parent, policy, tmp_path)

    assert again.judged == ()
    assert again.unjudged[0].reason.startswith("B would not have judged it: ")
    assert reason in again.unjudged[0].reason


@pytest.mark.parametrize(("sandbox", "judged"), [("bubblewrap", 1), ("none", 0), (None, 0)])
def test_predictions_made_outside_a_sandbox_are_none_where_one_is_required(one: Path, tmp_path: Path, sandbox: str | None, judged: int) -> None:
    """A tier that requires a sandbox would not have judged a candidate that ran without one."""
    _changed(one, lambda record: record["facts"]["predictions"].update(source="model", sandbox=sandbox))
    again = _again(one.parent, "sandboxed", tmp_path)

    assert len(again.judged) == judged
    assert len(again.unjudged) == 1 - judged


def test_misbehaviour_blocks_under_any_policy(one: Path, tmp_path: Path) -> None:
    """Where the candidate misbehaved nothing was counted, and no crossing is missing."""
    fault = {"check": "length", "detail": "12 predictions for 995 rows"}
    _changed(one, lambda record: record["facts"]["predictions"].update(misbehaviour=fault))
    (entry,) = _again(one.parent, "crossed", tmp_path).judged

    assert (entry.before, entry.after, entry.changes) == (Verdict.BLOCKED, Verdict.BLOCKED, False)


def test_a_folder_that_cannot_be_searched_is_listed(tmp_path: Path) -> None:
    """What may lie in it is not taken for nothing."""
    unread: list[Unjudged] = []
    found = _records(tmp_path / "absent", unread)

    assert found == ()
    assert [(lost.path, lost.reason) for lost in unread] == [(tmp_path / "absent", "this folder cannot be searched: No such file or directory")]


def _deep(folder: Path) -> None:
    (folder / "decision.json").write_text("[" * 100_000, encoding="utf-8")


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no JSON": (lambda folder: (folder / "decision.json").write_text("{", encoding="utf-8"), "this is no JSON"),
    "too deep": (_deep, "this is no JSON"),
    "another schema": (lambda folder: _changed(folder, lambda record: record.update(schema="other")), "this is no record of"),
    "no policy": (lambda folder: _changed(folder, lambda record: record.pop("policy")), "the record lacks a part"),
    "no candidate": (lambda folder: _changed(folder, lambda record: record.pop("candidate")), "the record lacks a part"),
    "no facts": (lambda folder: _changed(folder, lambda record: record.pop("facts")), "the record lacks a part"),
    "counts named elsewhere": (
        lambda folder: _changed(folder, lambda record: record["counts"].update(file="../counts.parquet")),
        "the record names its counts by something else",
    ),
    "an impossible name of counts": (
        lambda folder: _changed(folder, lambda record: record["counts"].update(file="a\0b")),
        "names its counts by something else",
    ),
    "no counts": (lambda folder: (folder / "counts.parquet").unlink(), "this file cannot be read"),
    "counts digest": (lambda folder: _changed(folder, lambda record: record["counts"].update(digest="sha256:0")), "the record binds other counts"),
    "spoilt counts": (lambda folder: (folder / "counts.parquet").write_bytes(b"PAR1"), "the record cannot be read: the record binds other counts"),
    "configuration": (
        lambda folder: _changed(folder, lambda record: record["config"]["effective"].update(owner="other")),
        "the record cannot be read: the record binds another configuration",
    ),
}


@pytest.mark.parametrize(("spoil", "reason"), SPOILT.values(), ids=SPOILT.keys())
def test_a_spoilt_record_is_listed_with_its_reason(one: Path, tmp_path: Path, spoil: Callable[[Path], object], reason: str) -> None:
    """A record that cannot be judged is never skipped, and does not keep the others from being judged."""
    _copied(one, one.parent / "untouched")
    spoil(one)
    again = _again(one.parent, "as recorded", tmp_path)

    assert list(_verdicts(again)) == ["untouched"]
    assert [lost.path for lost in again.unjudged] == [one / "decision.json"]
    assert reason in again.unjudged[0].reason


def test_other_tiers_and_models_are_counted(recorded: Path, one: Path, tmp_path: Path) -> None:
    """What is left out is left out by number."""
    _changed(one, lambda record: record["policy"].update(tier="minimal"))
    tier = _again(one.parent, "as recorded", tmp_path)
    model = _again(recorded, "as recorded", tmp_path, model="another")

    assert (tier.judged, tier.unjudged, tier.others) == ((), (), 1)
    assert (model.judged, model.unjudged, model.others) == ((), (), 3)


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    """No folder is not the same as no decision."""
    with pytest.raises(UsageError, match="no such folder"):
        _again(tmp_path / "absent", "wide", tmp_path)


# ----------------------------------------------------------------------------------------------------- the command line


def _diff(folder: Path, tmp_path: Path, *words: str, after: str) -> int:
    files = []
    for place, name in (("a.yaml", "as recorded"), ("b.yaml", after)):
        (tmp_path / place).write_text(POLICIES[name], encoding="utf-8")
        files.append(str(tmp_path / place))
    return main(["policy", "diff", *files, "--decisions", str(folder), *words])


def test_the_verdicts_that_would_change_are_listed(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Candidate, both verdicts and the reason in one line, and how many were judged."""
    code = _diff(recorded, tmp_path, after="burden on the gate")
    printed = capsys.readouterr().out

    assert code == 0
    assert "\nVERDICTS THAT WOULD CHANGE\n- m: inconclusive → passed (parity on g)\n" in printed
    assert printed.endswith("\n3 decisions judged again under A and B: 1 verdict would change\n")


def test_what_was_not_judged_is_listed(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """File and reason stand in the output, and the tally counts them."""
    _diff(recorded, tmp_path, after="crossed")
    printed = capsys.readouterr().out

    assert f"\nNOT JUDGED AGAIN\n- {recorded / 'intersection' / 'decision.json'}: the counts do not hold every group of g×s, which B needs\n" in printed
    assert printed.endswith("; 1 record could not be judged again\n")


def test_an_empty_folder_says_that_nothing_was_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Looking at nothing does not look like finding nothing."""
    (tmp_path / "empty").mkdir()
    _diff(tmp_path / "empty", tmp_path, after="wide")

    assert capsys.readouterr().out.endswith("\n0 decisions judged again under A and B: 0 verdicts would change\n")


def test_the_list_has_an_entry_per_record(recorded: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Scripts see every record: changed, unchanged and not judged."""
    _diff(recorded, tmp_path, "--format", "json", after="crossed")
    entries = json.loads(capsys.readouterr().out)

    assert [entry["kind"] for entry in entries] == ["summary", "stricter", "verdict-stays", "verdict-stays", "not-judged-again", "decisions"]
    assert (entries[-1]["judged"], entries[-1]["not_judged_again"], entries[-1]["left_out"]) == (2, 1, 0)


def _as_model(record: dict[str, Any], files: dict[str, Any] | None, fault: dict[str, str] | None = None) -> None:
    """Make the record one of a registered model that ran in a sandbox."""
    record["facts"]["predictions"] = {"source": "model", "sandbox": "bubblewrap", "misbehaviour": fault}
    if files is not None:
        record["facts"]["model_files"] = files


SKOPS = {"loader": "mlflow.sklearn", "flavors": ["sklearn"], "signature": None, "beside_skops": [], "untrusted": [], "pickles": []}


def test_a_policy_on_files_needs_to_know_the_files(one: Path, tmp_path: Path) -> None:
    """A record from before files were looked at is not taken for one of harmless files."""
    _changed(one, lambda record: _as_model(record, None))

    (lost,) = _again(one.parent, "files", tmp_path).unjudged
    assert "does not say what the model's files hold" in lost.reason


@pytest.mark.parametrize(("beside", "verdict"), [([], Verdict.PASSED), (["its format is pickle, not skops"], Verdict.BLOCKED)])
def test_a_policy_on_files_judges_what_the_record_says(one: Path, tmp_path: Path, beside: list[str], verdict: Verdict) -> None:
    """The same facts under a policy on files: skops alone passes, anything beside it is blocked."""
    _changed(one, lambda record: _as_model(record, {**SKOPS, "beside_skops": beside}))

    (judged,) = _again(one.parent, "files", tmp_path).judged
    assert (judged.before, judged.after) == (Verdict.PASSED, verdict)


def test_what_a_model_that_was_not_loaded_would_answer_is_not_known(one: Path, tmp_path: Path) -> None:
    """Blocked for its files under its own policy; under one that lets it be loaded, nobody knows."""
    fault = {"check": "model-file", "detail": "it was not loaded"}
    _changed(one, lambda record: _as_model(record, {**SKOPS, "beside_skops": ["code"]}, fault))

    (lost,) = _again(one.parent, "wide", tmp_path, before="files").unjudged
    assert "nobody knows what it answers" in lost.reason
