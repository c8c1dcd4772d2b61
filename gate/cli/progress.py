"""Progress on standard error, for stages that take longer than a second."""

import sys
import threading
from types import TracebackType
from typing import Self

from gate.cli import observed

__all__ = ["Progress"]


class Progress:
    """Call it at the start of every stage; a stage that lasts longer than `patience` seconds is named on stderr."""

    def __init__(self, *, patience: float = 1.0) -> None:
        self._patience = patience
        self._timer: threading.Timer | None = None

    def __call__(self, stage: str) -> None:
        """A stage begins."""
        self._stop()
        observed.stage(stage)
        self._timer = threading.Timer(self._patience, _print, [stage])
        self._timer.daemon = True
        self._timer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()


def _print(stage: str) -> None:
    sys.stderr.write(f"gate: {stage} …\n")
    sys.stderr.flush()
