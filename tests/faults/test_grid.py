"""Whatever goes wrong at whichever call of the registry: a record that verifies or none, the right exit code, and a second run that succeeds."""

import random
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from faulty import FAULTS, SIGNALS, Proxy, Zygote
from loans import Registry

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]
Cell = tuple[str, int]
Say = Callable[[str, object], None]


def _through(served: Registry, faults: Proxy, verb: str, *words: str) -> list[str]:
    found = Registry(uri=faults.url, folder=served.folder, versions=served.versions)
    return [verb, *found.check("fair", *words)[1:]]


def _verified(zygote: Zygote, served: Registry) -> tuple[int, str]:
    return zygote.run(["verify", *served.check("fair")[1:]])


def _entries(served: Registry) -> int:
    return len(list((served.folder / "ledger").glob("*/entries/*.json")))


def _cells(calls: int, kinds: Iterable[str], *, whole: bool, sample: int) -> list[Cell]:
    """Every call with every fault, or so many of these cells, drawn with seed 5."""
    every = [(fault, at) for fault in kinds for at in range(1, calls + 1)]
    return every if whole else random.Random(5).sample(every, min(sample, len(every)))


def _wrong_after_check(zygote: Zygote, served: Registry, faults: Proxy, cell: Cell) -> str | None:
    """What is wrong after one cell; None when nothing is."""
    fault, at = cell
    served.client.set_model_version_tag("loans", served.versions["fair"], "gate.status", "before")
    before = _entries(served)
    code, said = zygote.run(_through(served, faults, "check"), faults=faults, fault=fault, at=at)
    grown = _entries(served) > before
    status = served.client.get_model_version("loans", served.versions["fair"]).tags["gate.status"]
    allowed, verdict = _verified(zygote, served)
    if code not in ({0, 4} if fault not in SIGNALS else {0, 4, -9}):
        return f"exit code {code}: {said[-300:]}"
    if (code == 0 or status == "passed") and not (grown and allowed == 0):
        return f"exit {code}, tag {status}, a new record: {grown}, verify {allowed}: {verdict[-300:]}"
    if grown and allowed != 0:
        return f"a record that does not verify: {verdict[-600:]}"
    if "Traceback" in said:
        return said[-600:]
    return None


def _grid(zygote: Zygote, served: Registry, faults: Proxy, cells: list[Cell], *, again: int) -> list[str]:
    """Every cell that went wrong, with what; after every `again`-th one a second run has to succeed."""
    wrong = []
    for number, cell in enumerate(cells):
        found = _wrong_after_check(zygote, served, faults, cell)
        if found is None and number % again == 0:
            code, said = zygote.run(_through(served, faults, "check"), faults=faults)
            allowed, verdict = _verified(zygote, served)
            found = None if (code, allowed) == (0, 0) else f"afterwards: {code} {said[-300:]}, verify {allowed} {verdict[-300:]}"
        if found is not None:
            wrong.append(f"{cell[0]} at call {cell[1]}: {found}")
    return wrong


def _calls(zygote: Zygote, served: Registry, faults: Proxy, verb: str, *words: str) -> int:
    """How many calls the command makes when nothing goes wrong."""
    code, said = zygote.run(_through(served, faults, verb, *words), faults=faults)
    assert code == 0, said
    return faults.calls


def test_a_check_in_a_registry_that_fails(zygote: Zygote, served: Registry, faults: Proxy, *, whole: bool, record_property: Say) -> None:
    """Refused, too slow, busy, broken, cut off, gone: at every call."""
    cells = _cells(_calls(zygote, served, faults, "check"), FAULTS, whole=whole, sample=16)
    record_property("cells", len(cells))

    assert _grid(zygote, served, faults, cells, again=1 if whole else 4) == []


def test_a_check_that_is_ended(zygote: Zygote, served: Registry, faults: Proxy, *, whole: bool, record_property: Say) -> None:
    """Asked to end, or killed, at every call: nothing is left running, and no lock."""
    cells = _cells(_calls(zygote, served, faults, "check"), SIGNALS, whole=whole, sample=8)
    record_property("cells", len(cells))

    assert _grid(zygote, served, faults, cells, again=1 if whole else 4) == []
    assert zygote.left_running() == []


def test_a_promotion_in_a_registry_that_fails(zygote: Zygote, served: Registry, faults: Proxy, *, whole: bool, record_property: Say) -> None:
    """The alias stands for what is allowed or for nothing, and 0 is said only where it does."""
    words = ["--alias", "champion"]
    assert zygote.run(_through(served, faults, "check"), faults=faults)[0] == 0
    cells = _cells(_calls(zygote, served, faults, "promote", *words), (*FAULTS, *SIGNALS), whole=whole, sample=30)
    record_property("cells", len(cells))
    wrong = []
    for fault, at in cells:
        served.client.delete_registered_model_alias("loans", "champion")
        code, said = zygote.run(_through(served, faults, "promote", *words), faults=faults, fault=fault, at=at)
        moved = "champion" in served.client.get_registered_model("loans").aliases
        allowed = _verified(zygote, served)[0]
        again = zygote.run(_through(served, faults, "promote", *words), faults=faults)[0]
        if code not in ({0, 4} if fault not in SIGNALS else {0, 4, -9}) or (code == 0 and not moved) or (allowed, again) != (0, 0) or "Traceback" in said:
            wrong.append(f"{fault} at call {at}: exit {code}, moved: {moved}, verify {allowed}, again {again}: {said[-300:]}")

    assert wrong == []


@pytest.mark.parametrize("where", ["ledger", "output"])
def test_no_room_for_a_record(zygote: Zygote, served: Registry, faults: Proxy, where: str, tmp_path: Path) -> None:
    """A file where a folder has to be made stands for a disk that takes no more: exit 4, and nothing says that it passed."""
    served.client.set_model_version_tag("loans", served.versions["fair"], "gate.status", "before")
    blocked = tmp_path / "full"
    blocked.write_text("no folder")
    words = ["--output", str(blocked / "decision")] if where == "output" else []
    if where == "ledger":
        (served.folder / "gate.yaml").write_text((served.folder / "gate.yaml").read_text().replace("ledger: ledger", f"ledger: {blocked}/ledger"))
    try:
        code, said = zygote.run(_through(served, faults, "check", *words), faults=faults)
    finally:
        (served.folder / "gate.yaml").write_text((served.folder / "gate.yaml").read_text().replace(f"ledger: {blocked}/ledger", "ledger: ledger"))

    assert (code, served.client.get_model_version("loans", served.versions["fair"]).tags["gate.status"] == "passed") == (4, False), said
