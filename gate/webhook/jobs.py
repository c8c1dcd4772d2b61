"""What is left to do, one thing at a time: never two checks of one version at once, and each tried again a few times."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

__all__ = ["DELAYS", "Jobs"]

JobT = TypeVar("JobT")

DELAYS = (10.0, 60.0, 300.0)
"""Seconds before a job that could not be done is tried again; after the last one it is given up, and that is said."""


@dataclass
class Jobs(Generic[JobT]):
    """A queue with one worker. A job that waits already is not added again; one that is being done may be.

    Args:
        do: does a job; False means that it could not be done now, and is to be tried again.
        say: told what goes wrong.
        given_up: told what is not tried again.
        delays: as `DELAYS`.
    """

    do: Callable[[JobT], bool]
    say: Callable[[str], None]
    given_up: Callable[[JobT], None]
    delays: tuple[float, ...] = DELAYS
    waiting: list[JobT] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._ending = threading.Event()
        self._doing: JobT | None = None
        self._worker = threading.Thread(target=self._work, name="gate-webhook", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._worker.start()

    def add(self, job: JobT) -> bool:
        """Put a job at the end; False when it waits there already."""
        with self._changed:
            if job in self.waiting:
                return False
            self.waiting.append(job)
            self._changed.notify_all()
            return True

    @property
    def left(self) -> int:
        """How many jobs are not done yet."""
        with self._changed:
            return len(self.waiting) + (self._doing is not None)

    def idle(self, seconds: float) -> bool:
        """Wait until nothing is left to do; whether that came about in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self.waiting and self._doing is None, seconds)

    def stop(self) -> None:
        """Finish the job that is being done, and begin no other."""
        self._ending.set()
        with self._changed:
            self._changed.notify_all()
        if self._worker.is_alive():
            self._worker.join()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            for delay in (*self.delays, None):
                if self._done(job) or self._ending.is_set():
                    break
                if delay is None:
                    self.given_up(job)
                elif self._ending.wait(delay):
                    break
            with self._changed:
                self._doing = None
                self._changed.notify_all()

    def _done(self, job: JobT) -> bool:
        try:
            return self.do(job)
        except (Exception, SystemExit) as error:  # noqa: BLE001 -- a job that fails, or a library that ends the program, must not end the worker
            self.say(f"{job}: {type(error).__name__}: {error}")
            return False

    def _next(self) -> JobT | None:
        with self._changed:
            self._changed.wait_for(lambda: bool(self.waiting) or self._ending.is_set())
            if self._ending.is_set():
                return None
            self._doing = self.waiting.pop(0)
            return self._doing
