"""Boards made by hand: a small one with one model of every status, and one as large as wanted; fixed dates."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gate.core.decision import Verdict
from gate.dashboard.board import Board, Decided, Grounds, Holdout, ModelBoard, Point, Shown, State, Status, Stray, Waived
from gate.dashboard.watch import Raised, Trace, Watch

__all__ = ["MADE", "board", "decided", "digest", "large", "model", "small", "waived", "watched"]

MADE = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
RULES = (("equal-opportunity", "race", 0.10), ("equal-opportunity", "sex", 0.10), ("four-fifths", "race", 0.80), ("useful-at-all", None, 0.60))

DETAILS = {
    Status.NOT_PROVEN: "no key of approvers.yaml made its signature (it names 5b1e07c2a94d8f36…)",
    Status.LAPSED: "blocked, not waived: equal-opportunity (request 8c41d07e92ab: it has expired)",
    Status.BLOCKED: "blocked, not waived: equal-opportunity",
    Status.INCONCLUSIVE: "inconclusive, not waived: equal-opportunity",
    Status.NOT_CURRENT: "the policy of tier high has changed since: check the version again under the new one",
    Status.NEVER_CHECKED: "no decision about it is on record",
    Status.OVERRIDDEN: "blocked, and overridden: equal-opportunity waived until 2026-12-06 12:00 UTC by ann, asked for by lena: The version in use is worse.",
    Status.PASSED: "passed",
}


def digest(text: str) -> str:
    """A digest that says where it comes from."""
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"


def decided(name: str, number: int, *, drift: float = 0.0, fault: str = "", look: int | None = None, of: int = 30) -> Decided:
    """The decision number `number` of a model, a day apart, the last of all of them a day ago; `drift` moves its gaps toward a violation."""
    wave = ((number * 37) % 11) / 11 * 0.02
    points = []
    for rule, feature, bound in RULES:
        ceiling = bound < 0.5
        value = 0.05 + wave + drift if ceiling else bound + 0.08 - wave - drift
        beyond = value > bound if ceiling else value < bound
        points.append(
            Point(
                rule=rule,
                feature=feature,
                outcome="fail" if beyond else "pass",
                stops=beyond,
                value=value,
                lower=value - 0.03,
                upper=value + 0.03,
                bound=bound,
                ceiling=ceiling,
            )
        )
    verdict = Verdict.BLOCKED if any(point.stops for point in points) else Verdict.PASSED
    return Decided(
        digest=digest(f"{name} {number}"),
        record=digest(f"record {name} {number}"),
        version=str(number),
        verdict=verdict,
        fault=fault,
        remark="",
        issued=MADE - timedelta(days=of - number + 1),
        expires=None,
        actor="lena",
        grounds=Grounds(tier="high", policy=digest("policy"), config=digest("config"), data=digest(f"data {name}"), look=look),
        points=tuple(points),
        url=f"https://mlflow.example/#/experiments/1/runs/{number:032x}",
    )


def waived(subject: str, *, state: State = State.STANDS, days: int = 10, turn: int = 1) -> Waived:
    """A request for an exception, asked for a week before the board was made."""
    return Waived(
        request=digest(f"request {subject} {turn}"),
        decision=digest(subject),
        subject=subject,
        kind="waive",
        rules=("equal-opportunity",),
        reason="The version in use is worse for both groups.",
        requester="lena",
        approvers=("ann",),
        needed=1,
        issued=MADE - timedelta(days=7),
        until=MADE + timedelta(days=days),
        state=state,
        faults=() if state is State.STANDS else ("it has expired",),
        turn=turn,
    )


def model(name: str, status: Status, *, decisions: int = 5, running: bool = False, owner: str = "lending-ml", drift: float = 0.0) -> ModelBoard:
    """A model with one version of this status, and a history."""
    history = tuple(reversed([decided(name, number, drift=drift * number / max(decisions, 1), of=decisions) for number in range(1, decisions + 1)]))
    shown = Shown(
        version=str(max(decisions, 1)),
        aliases=("champion",) if running else (),
        status=status,
        detail=DETAILS[status],
        decided=history[0].issued if history else None,
        until=MADE + timedelta(days=20) if status.allowed else None,
        waits=status in {Status.BLOCKED, Status.INCONCLUSIVE},
        left=("equal-opportunity",) if status in {Status.BLOCKED, Status.INCONCLUSIVE} else (),
        url=f"https://mlflow.example/#/models/{name}/versions/{decisions}",
    )
    return ModelBoard(name=name, tier="high", owner=owner, versions=(shown,), decisions=history, raised=())


def watched(entry: ModelBoard) -> ModelBoard:
    """The model after a decay that monitoring saw: an alarm without an answer, one with, and evidence by day."""
    days = [(MADE - timedelta(days=60 - number)).date() for number in range(60)]
    evidence = tuple((day, 10 ** (max(0, number - 30) / 10)) for number, day in enumerate(days))
    traces = (
        Trace(rule="equal-opportunity/sex", evidence=evidence, alarms=tuple(days[47:]), days=60),
        Trace(rule="four-fifths/race", evidence=tuple((day, 0.5) for day in days), alarms=(), days=60),
        Trace(rule="withheld/race", evidence=(), alarms=(), days=60),
    )
    findings = (f"equal-opportunity on sex since {days[47].isoformat()}",)
    old, new = (
        Raised(version=version, findings=findings, issued=MADE - timedelta(days=ago), answered=version == "4") for version, ago in (("4", 90), ("5", 13))
    )
    watch = Watch(version="5", state=f"alarm since {days[47].isoformat()}", traces=traces, url="https://mlflow.example/#/experiments/1/runs/77")
    return replace(entry, raised=(new, old), watches=(watch,))


def board(*models: ModelBoard, strays: tuple[Stray, ...] = ()) -> Board:
    """A board of these models, gathered from a registry."""
    return Board(models=models, made=MADE, source="the registry https://mlflow.example", hashed=True, strays=strays)


def small() -> Board:
    """One model of every status; two with an exception, one with a worn holdout, one that could not be asked."""
    models = [model(f"{status.value.replace(' ', '-')}-model", status, running=status in {Status.LAPSED, Status.PASSED}) for status in Status]
    by_name = {entry.name: entry for entry in models}
    overridden, lapsed, blocked = by_name["overridden-model"], by_name["lapsed-model"], by_name["blocked-model"]
    by_name["overridden-model"] = replace(overridden, waived=(waived("overridden-model/5"),))
    by_name["lapsed-model"] = replace(lapsed, waived=(waived("lapsed-model/5", state=State.LAPSED, days=-1, turn=2),), owner="claims")
    by_name["blocked-model"] = replace(
        model("blocked-model", Status.BLOCKED, decisions=30, drift=0.08),
        holdouts=(Holdout(data=digest("data"), looks=5, most=5, last=MADE - timedelta(days=3)),),
        versions=blocked.versions,
    )
    by_name["lapsed-model"] = watched(by_name["lapsed-model"])
    silent = ModelBoard(name="silent-model", tier="limited", owner="claims", fault="MLflow did not list the versions: nobody answers at its address")
    return board(*by_name.values(), silent, strays=(Stray(where="old/7", why="it is no signed statement, or is damaged"),))


def large(models: int, decisions: int) -> Board:
    """As many models with as many decisions."""
    statuses = tuple(Status)
    return board(
        *(
            replace(
                model(
                    f"model-{place:03d}", statuses[place % len(statuses)], decisions=decisions, running=place % 3 == 0, owner=f"team-{place % 7}", drift=0.06
                ),
                waived=(waived(f"model-{place:03d}/{decisions}"),) if place % 5 == 0 else (),
            )
            for place in range(models)
        )
    )
