"""A gate that is asked to end says so, whatever it was doing."""

import os
import signal
from contextlib import suppress

import pytest

import gate.doctor
from gate.cli import main


def test_a_library_that_swallows_failures_does_not_swallow_the_end(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """MLflow takes many exceptions for failures of its own and goes on; a signal is none, so that nothing goes on to a pass."""

    def swallowing(*_: object, **__: object) -> None:
        with suppress(Exception):
            os.kill(os.getpid(), signal.SIGTERM)
        raise AssertionError("it went on")

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(gate.doctor, "examine", swallowing)
    try:
        code = main(["doctor"])
    finally:
        signal.signal(signal.SIGTERM, before)

    assert (code, "stopped before it was done" in capsys.readouterr().err) == (4, True)
