"""Whatever goes wrong at whichever call of the registry: a record that verifies or none, the right exit code, and a second run that succeeds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from faulty import FAULTS, SIGNALS, Cell, Proxy, Zygote, calls, cells, through, verified
from loans import Registry

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]
Say = Callable[[str, object], None]


def _entries(served: Registry) -> int:
    return len(list((served.folder / "ledger").glob("*/entries/*.json")))


def _wrong_after_check(zygote: Zygote, served: Registry, faults: Proxy, cell: Cell) -> str | None:
    """What is wrong after one cell; None when nothing is."""
    fault, at = cell
    served.client.set_model_version_tag("loans", served.versions["fair"], "gate.status", "before")
    before = _entries(served)
    code, said = zygote.run(through(served, faults, "check"), faults=faults, fault=fault, at=at)
    grown = _entries(served) > before
    status = served.client.get_model_version("loans", served.versions["fair"]).tags["gate.status"]
    allowed, verdict = verified(zygote, served)
    if code not in ({0, 4} if fault not in SIGNALS else {0, 4, -9}):
        return f"exit code {code}: {said[-300:]}"
    if (code == 0 or status == "passed") and not (grown and allowed == 0):
        return f"exit {code}, tag {status}, a new record: {grown}, verify {allowed}: {verdict[-300:]}"
    if grown and allowed != 0:
        return f"a record that does not verify: {verdict[-600:]}"
    if "Traceback" in said:
        return said[-600:]
    return None


def _grid(zygote: Zygote, served: Registry, faults: Proxy, chosen: list[Cell], *, again: int) -> list[str]:
    """Every cell that went wrong, with what; after every `again`-th one a second run has to succeed."""
    wrong = []
    for number, cell in enumerate(chosen):
        found = _wrong_after_check(zygote, served, faults, cell)
        if found is None and number % again == 0:
            code, said = zygote.run(through(served, faults, "check"), faults=faults)
            allowed, verdict = verified(zygote, served)
            found = None if (code, allowed) == (0, 0) else f"afterwards: {code} {said[-300:]}, verify {allowed} {verdict[-300:]}"
        if found is not None:
            wrong.append(f"{cell[0]} at call {cell[1]}: {found}")
    return wrong


def test_a_check_in_a_registry_that_fails(zygote: Zygote, served: Registry, faults: Proxy, *, whole: bool, record_property: Say) -> None:
    """Refused, too slow, busy, broken, cut off, gone, or done and not heard of: at any call."""
    chosen = cells(calls(zygote, served, faults, "check"), FAULTS, whole=whole, sample=8)
    record_property("cells", len(chosen))

    assert _grid(zygote, served, faults, chosen, again=1 if whole else 4) == []


def test_a_check_that_is_ended(zygote: Zygote, served: Registry, faults: Proxy, *, whole: bool, record_property: Say) -> None:
    """Asked to end, or killed, at every call: nothing is left running, and no lock."""
    chosen = cells(calls(zygote, served, faults, "check"), SIGNALS, whole=whole, sample=4)
    record_property("cells", len(chosen))

    assert _grid(zygote, served, faults, chosen, again=1 if whole else 4) == []
    assert zygote.left_running() == []


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
        code, said = zygote.run(through(served, faults, "check", *words), faults=faults)
    finally:
        (served.folder / "gate.yaml").write_text((served.folder / "gate.yaml").read_text().replace(f"ledger: {blocked}/ledger", "ledger: ledger"))

    assert (code, served.client.get_model_version("loans", served.versions["fair"]).tags["gate.status"] == "passed") == (4, False), said
