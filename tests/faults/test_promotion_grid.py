"""A promotion that goes wrong at some call: the alias stands for what is allowed or for nothing, and a second one succeeds."""

from collections.abc import Callable

import pytest
from faulty import FAULTS, SIGNALS, Proxy, Zygote, calls, cells, through, verified
from loans import Registry

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]
Say = Callable[[str, object], None]


def test_a_promotion_in_a_registry_that_fails(zygote: Zygote, served: Registry, faults: Proxy, *, whole: bool, record_property: Say) -> None:
    """The alias stands for what is allowed or for nothing, and 0 is said only where it does."""
    words = ["--alias", "champion"]
    chosen = cells(calls(zygote, served, faults, "promote", *words), (*FAULTS, *SIGNALS), whole=whole, sample=9)
    record_property("cells", len(chosen))
    wrong = []
    for fault, at in chosen:
        served.client.delete_registered_model_alias("loans", "champion")
        code, said = zygote.run(through(served, faults, "promote", *words), faults=faults, fault=fault, at=at)
        moved = "champion" in served.client.get_registered_model("loans").aliases
        allowed = verified(zygote, served)[0]
        again = zygote.run(through(served, faults, "promote", *words), faults=faults)[0]
        if code not in ({0, 4} if fault not in SIGNALS else {0, 4, -9}) or (code == 0 and not moved) or (allowed, again) != (0, 0) or "Traceback" in said:
            wrong.append(f"{fault} at call {at}: exit {code}, moved: {moved}, verify {allowed}, again {again}: {said[-300:]}")

    assert wrong == []
