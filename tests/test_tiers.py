"""A tier that falls: nothing is judged under a laxer one before somebody who may has signed for exactly that."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from gate.cli import main
from gate.core.decision import Decision
from gate.core.tier import Lowering
from gate.core.verification import Check, Checked
from gate.errors import StorageError, UsageError
from gate.pipeline import CheckRequest, check
from gate.policy import load_policy
from gate.record.keys import new_key, signing_key
from gate.record.ledger import Chain, Ledger
from gate.record.signing import seal
from gate.record.statement import Making, decision_statement
from gate.record.stores import FolderStore
from gate.record.tier import lowering_statement
from gate.report import markdown
from gate.stages.lowering import Fallen, Stricter, tier_check

WHEN = datetime(2026, 11, 20, 12, tzinfo=UTC)
RULES = "rules:\n  - {id: parity, metric: demographic_parity_difference, max: %s, enforcement: soft-mandatory}\n"
HIGH = "schema: gate.policy/v1\ntier: high\n" + RULES % "0.1"
LOW = "schema: gate.policy/v1\ntier: low\n" + RULES % "0.2"
GATE = """\
schema: gate.config/v1
ledger: ledger
models:
  m:
    tier: low
    owner: mia
    tier_assigned_by: max
    task: binary_classification
    data: {label: y}
    predictions: {column: p}
    sensitive_features:
      g: {column: g, groups: [a, b]}
"""
ROLES = {"gate": "gate", "ann": "tier-approver", "mia": "tier-approver", "max": "tier-approver", "bob": "model-risk"}


@dataclass(frozen=True)
class Place:
    """A folder with keys, policies and a ledger in which `m` was judged under tier high."""

    folder: Path
    ledger: Ledger

    def record(self, tier: str, *, run: str = "1") -> str:
        """Add a decision under a tier; returns its digest."""
        loaded = load_policy(self.folder / "policies" / f"{tier}.yaml")
        said = {
            "schema": "gate.decision/v1",
            "judgement": "v1",
            "candidate": {"name": "m", "version": run, "digest": f"sha256:{'a' * 64}"},
            "policy": {"tier": tier, "digest": loaded.document.digest, "effective": loaded.document.effective},
        }
        making = Making(approvers=None, author="mia", actor="ci", issued=WHEN, expires=None, run=run)
        signer = signing_key(str(self.folder / "gate.pem"), {})
        self.ledger.append("m", lambda link: seal(decision_statement(said, making, recorded=True, link=link), signer))
        return str(decision_statement(said, making, recorded=True, link=None)["predicate"]["decision_digest"])  # type: ignore[index]  # JSON

    @property
    def newest(self) -> str:
        """The digest of the newest envelope in the ledger."""
        chain = self.ledger.chain("m")
        assert isinstance(chain, Chain)
        return chain.entries[-1].record

    def lower(self, who: str, *words: str) -> int:
        """Sign as somebody, with `gate tier lower`."""
        given = ["--config", str(self.folder / "gate.yaml"), "--key", str(self.folder / f"{who}.pem"), "--reason", "It drafts letters now."]
        return main(["tier", "lower", "m", *given, *words])

    def judged(self, *, keep: bool = True) -> Decision:
        """`gate check --predictions`, under the tier of gate.yaml."""
        return check(CheckRequest(config=self.folder / "gate.yaml", today=WHEN.date(), predictions=self.folder / "table.csv", keep=keep)).decision


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bytes, str]]:
    """Everybody's key, made once."""
    folder = tmp_path_factory.mktemp("keys")
    public = {name: new_key(folder / f"{name}.pem") for name in ROLES}
    return {name: ((folder / f"{name}.pem").read_bytes(), line) for name, line in public.items()}


@pytest.fixture
def place(tmp_path: Path, keys: dict[str, tuple[bytes, str]], monkeypatch: pytest.MonkeyPatch) -> Place:
    """See `Place`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policies").mkdir()
    entries = []
    for name, (private, public) in keys.items():
        (tmp_path / f"{name}.pem").write_bytes(private)
        kind = "machine" if name == "gate" else "person"
        entries.append({"name": name, "kind": kind, "roles": [ROLES[name]], "keys": [{"public": public}]})
    files = {"policies/high.yaml": HIGH, "policies/low.yaml": LOW, "gate.yaml": GATE, "table.csv": "g,y,p\n" + "a,1,1\na,0,0\nb,1,1\nb,0,0\n" * 100}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    approvers = yaml.safe_dump({"schema": "gate.approvers/v1", "approvers": entries})
    (tmp_path / "policies" / "approvers.yaml").write_text(approvers, encoding="utf-8")
    made = Place(folder=tmp_path, ledger=Ledger(FolderStore(tmp_path / "ledger")))
    made.record("high")
    return made


def test_a_tier_that_fell_is_not_judged_before_it_is_signed_for(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused with where it is laxer and what to type; signed, it is judged, and decision and card say who lowered it and why."""
    with pytest.raises(UsageError) as error:
        place.judged()
    assert "under tier 'high' before, the policy of its tier now is not shown to be as tight (rule `parity`: `max` is 0.1 in the parent and 0.2 here" in str(
        error.value
    )
    assert "gate tier lower m" in error.value.next_step
    assert place.lower("ann") == 0
    assert "LOWERED: m from tier high to low: It drafts letters now." in capsys.readouterr().out
    decision = place.judged()

    assert [(fact.before, fact.by, fact.reason) for fact in decision.facts.lowered] == [("high", "ann", "It drafts letters now.")]
    assert "Tier lowered from high to low by ann on" in markdown.render(decision)


def test_whoever_only_looks_may_look_under_any_tier(place: Place) -> None:
    """With `--no-record`, which no deployment accepts: a tier can be tried before anybody signs, and the decision does not say that somebody did."""
    assert place.lower("ann") == 0
    assert place.judged(keep=False).facts.lowered == ()
    place.record("high", run="2")

    assert place.judged(keep=False).facts.lowered == ()


@pytest.mark.parametrize("low", [HIGH.replace("tier: high", "tier: low"), (HIGH.replace("tier: high", "tier: low")).replace("0.1", "0.05")])
def test_another_tier_that_is_as_tight_needs_no_word(place: Place, low: str) -> None:
    """A name alone is no fall: the policy is what counts."""
    (place.folder / "policies" / "low.yaml").write_text(low, encoding="utf-8")

    assert place.judged().facts.lowered == ()


REFUSED = {"no role for it": "bob", "the gate": "gate", "who owns it": "mia", "who assigned it": "max"}


@pytest.mark.parametrize("case", REFUSED)
def test_whoever_may_not_lower_a_tier_cannot(case: str, place: Place) -> None:
    """Not by the command, and a statement that they sign themselves does not count."""
    who = REFUSED[case]
    assert place.lower(who) == 2
    _forged(place, who)

    with pytest.raises(UsageError, match="does not count"):
        place.judged()


def _forged(place: Place, who: str, **change: object) -> None:
    """A statement as a file beside the policies, signed by somebody, about whatever."""
    decision = place.record("high", run="9")
    said = {"record": place.newest, "decision": decision, "model": "m", "before": "high", "after": "low", "reason": "So.", "issued": WHEN, "expires": None}
    signer = signing_key(str(place.folder / f"{who}.pem"), {})
    folder = place.folder / "policies" / "downgrades"
    folder.mkdir(exist_ok=True)
    (folder / "forged.json").write_bytes(seal(lowering_statement(Lowering(nonce="n", **{**said, **change})), signer))  # type: ignore[arg-type]  # fields


WRONG: dict[str, dict[str, object]] = {
    "about another model": {"model": "n"},
    "about another decision": {"decision": f"sha256:{'c' * 64}"},
    "from another tier": {"before": "limited"},
    "to another tier": {"after": "minimal"},
    "signed in the future": {"issued": datetime(2999, 1, 1, tzinfo=UTC)},
    "over": {"issued": WHEN - timedelta(days=9), "expires": WHEN - timedelta(days=8)},
}


@pytest.mark.parametrize("case", WRONG)
def test_a_statement_about_something_else_lowers_nothing(case: str, place: Place) -> None:
    """It has to be about this model, its newest decision, both tiers, and now; as it should be, it counts."""
    _forged(place, "ann")
    assert place.judged().facts.lowered[0].by == "ann"
    _forged(place, "ann", **WRONG[case])

    with pytest.raises(UsageError, match="no statement by the role tier-approver lowers it"):
        place.judged()


def test_a_tier_that_was_raised_again_has_to_be_lowered_again(place: Place) -> None:
    """The statement is about the decisions until then: a newer one under the stricter tier is not covered."""
    assert place.lower("ann") == 0
    assert place.judged().facts.lowered
    place.record("high", run="2")

    with pytest.raises(UsageError, match="under tier 'high' before"):
        place.judged()


def test_the_same_decision_recorded_again_is_another_one(place: Place) -> None:
    """Raised, judged on the same rows with the same result, and lowered: the digest of the decision is the old one, and so is the statement."""
    assert place.lower("ann") == 0
    assert place.judged().facts.lowered
    place.record("high")

    with pytest.raises(UsageError, match="an earlier record of the same decision"):
        place.judged()
    assert place.lower("ann") == 0
    assert place.judged().facts.lowered


def test_a_statement_of_an_earlier_version_counts_where_the_ledger_holds_it_behind_the_record(place: Place) -> None:
    """It names no record: behind it in the chain it is about it; beside the policies, or before it, nobody knows."""
    _forged(place, "ann", record=None)
    with pytest.raises(UsageError, match="does not say which record"):
        place.judged()
    said = Lowering(decision=place.record("high", run="9"), model="m", before="high", after="low", reason="So.", issued=WHEN, expires=None, nonce="o")
    place.ledger.append("m", lambda link: seal(lowering_statement(said, link=link), signing_key(str(place.folder / "ann.pem"), {})))
    assert place.judged().facts.lowered
    place.record("high", run="9")

    with pytest.raises(UsageError, match="does not say which record"):
        place.judged()


@pytest.mark.parametrize("who", ["owner: mia", "tier_assigned_by: max"])
def test_an_owner_whom_nobody_knows_may_be_whoever_signs(who: str, place: Place) -> None:
    """Nobody can be shown to be somebody else than them: refused by the command, and a statement does not count."""
    (place.folder / "gate.yaml").write_text(GATE.replace(who, f"{who.partition(':')[0]}: team-seven"), encoding="utf-8")
    assert place.lower("ann") == 2
    _forged(place, "ann")

    with pytest.raises(UsageError, match="lists nobody known as 'team-seven'"):
        place.judged()


def test_a_laxer_policy_of_the_same_tier_hides_no_strict_one(place: Place) -> None:
    """A newer decision under the tier's name, by a policy that anybody could meet, does not make the fall legal."""
    (place.folder / "policies" / "high.yaml").write_text(HIGH.replace("0.1", "0.9"), encoding="utf-8")
    place.record("high", run="2")

    with pytest.raises(UsageError, match="under tier 'high' before"):
        place.judged()
    assert place.lower("ann") == 0
    assert place.judged().facts.lowered


def test_a_policy_that_cannot_be_read_any_more_counts_as_stricter(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be compared is not shown to be as tight, even where the bounds look alike."""
    from gate.errors import PolicyError  # noqa: PLC0415 -- only here

    def unreadable(_effective: object) -> None:
        raise PolicyError("written by another version")

    (place.folder / "policies" / "low.yaml").write_text(HIGH.replace("tier: high", "tier: low"), encoding="utf-8")
    monkeypatch.setattr("gate.stages.lowering.policy_from_effective", unreadable)

    with pytest.raises(UsageError, match="cannot be read here"):
        place.judged()


def _cut(place: Place) -> None:
    min(place.folder.glob("ledger/*/entries/*.json")).unlink()


def _gone(place: Place) -> None:
    next(place.folder.glob("ledger/*/records/*.json")).unlink()


@pytest.mark.parametrize("damage", [_cut, _gone])
def test_a_ledger_that_is_not_whole_lets_nothing_fall(damage: Callable[[Place], None], place: Place) -> None:
    """Taking the record of the stricter tier out of it is an error (exit 4), not a way around it."""
    place.record("low", run="2")
    damage(place)

    with pytest.raises(StorageError, match="the ledger is not whole"):
        place.judged()


def test_what_cannot_be_meant_is_refused(place: Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing to lower, no such tier, no reason; and a file is written only once."""
    out = ["--output", str(tmp_path / "policies" / "downgrades" / "high.json")]
    assert [place.lower("ann", *words) for words in (["--from", "limited"], ["--to", "high"], ["--to", "lowest"], ["--reason", " "])] == [2] * 4
    assert "It shows: " in capsys.readouterr().err
    assert (place.lower("ann", *out), place.lower("ann", *out)) == (0, 2)
    assert place.judged().facts.lowered[0].by == "ann"


def test_verify_refuses_a_policy_that_is_in_force_by_a_silent_fall() -> None:
    """The check of the policy falls with it, whatever it said; other checks stay; who lowered it is told beside a refusal too."""
    held = Check(about=Checked.POLICY, holds=True, detail="as it was")
    fell = Fallen(unsigned=((Stricter(tier="high", decision="sha256:0", looser=("it is",)), ()),))

    assert (tier_check(held, fell).holds, tier_check(held, Fallen()).holds) == (False, True)
    assert tier_check(Check(about=Checked.EXPIRY, holds=True, detail=""), fell).holds
