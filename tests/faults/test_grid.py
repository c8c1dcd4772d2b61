"""Whatever goes wrong at whichever call of the registry: a record that verifies or none, the right exit code, and a second run that succeeds."""

from collections.abc import Callable
from pathlib import Path

import pytest
from faulty import FAULTS, SIGNALS, Cell, Proxy, Zygote, calls, cells, forget, through, verified
from loans import Registry

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]
Say = Callable[[str, object], None]


def _entries(served: Registry) -> int:
    return len(list((served.folder / "ledger").glob("*/entries/*.json")))


def _wrong_after_check(zygote: Zygote, served: Registry, faults: Proxy, cell: Cell) -> tuple[str | None, bool]:
    """What is wrong after one cell, None when nothing is; and whether the check said that it passed. Without a record nothing can be allowed."""
    fault, at = cell
    forget(served)
    served.client.set_model_version_tag("loans", served.versions["fair"], "gate.status", "before")
    code, said = zygote.run(through(served, faults, "check"), faults=faults, fault=fault, at=at)
    entries, status = _entries(served), served.client.get_model_version("loans", served.versions["fair"]).tags["gate.status"]
    if code not in ({0, 4} if fault not in SIGNALS else {0, 4, -9}) or "Traceback" in said:
        return f"exit code {code}: {said[-600:]}", False
    if (code == 0 or status == "passed") and not entries:
        return f"exit {code}, tag {status}, and no record", False
    allowed, verdict = verified(zygote, served) if entries or status == "passed" else (0, "")
    return None if allowed == 0 else f"exit {code}, tag {status}, a record that does not verify: {verdict[-600:]}", code == 0


def _grid(zygote: Zygote, served: Registry, faults: Proxy, chosen: list[Cell]) -> list[str]:
    """Every cell that went wrong, with what; after one that left no verdict, a second run has to succeed."""
    wrong = []
    for cell in chosen:
        found, finished = _wrong_after_check(zygote, served, faults, cell)
        if found is None and not finished:
            before = _entries(served)
            code, said = zygote.run(through(served, faults, "check"), faults=faults)
            allowed, verdict = verified(zygote, served)
            fine = (code, allowed, _entries(served)) == (0, 0, before + 1)
            found = None if fine else f"afterwards: {code} {said[-300:]}, verify {allowed} {verdict[-300:]}"
        if found is not None:
            wrong.append(f"{cell[0]} at call {cell[1]}: {found}")
    return wrong


@pytest.fixture(scope="module")
def length(zygote: Zygote, served: Registry, faults: Proxy) -> int:
    """How many calls of the registry a check makes."""
    return calls(zygote, served, faults, "check")


@pytest.mark.parametrize("fault", [*FAULTS, *SIGNALS])
def test_a_check_in_which_something_goes_wrong(
    fault: str, length: int, zygote: Zygote, served: Registry, faults: Proxy, *, whole: bool, record_property: Say
) -> None:
    """Refused, too slow, busy, broken, cut off, gone, done and not heard of, asked to end, or killed, at any call: nothing is left running, and no lock."""
    chosen = cells(length, [fault], whole=whole, sample=1)
    record_property("cells", len(chosen))

    assert _grid(zygote, served, faults, chosen) == []
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
