"""The monitor as a process that stays: a run every so often until it is asked to stop, alone on its store.

Times are those of a clock that only goes forward and knows no date, so that nobody who sets the clock makes it run at
once or never; the day of a run is asked anew each time. A run that failed is tried again, later each time.
"""

import os
import select
import signal
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self, TypeVar

from gate.errors import DataError, GateError, StorageError, UsageError
from gate.monitor.store import is_postgresql, readable, shown_address

__all__ = ["Stop", "alone", "follow", "seconds_of"]

T = TypeVar("T")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_FIRST, _LONGEST = 30.0, 900.0
"""Seconds until a run that failed is tried again: the first time, and at most."""


def seconds_of(written: str) -> int:
    """The seconds of `90s`, `15m`, `1h` or `1d`.

    Raises:
        UsageError: it is no such time, or shorter than ten seconds.
    """
    amount, unit = written[:-1], written[-1:]
    seconds = int(amount) * _UNITS[unit] if unit in _UNITS and amount.isascii() and amount.isdigit() and len(amount) < 6 else 0
    if seconds < 10:
        raise UsageError(f"{written!r} is no time of ten seconds or more", where="--every", next_step="Write it as 15m, 1h or 1d.")
    return seconds


def follow(
    once: Callable[[], T], *, every: float, wait: Callable[[float], bool], say: Callable[[str], None], clock: Callable[[], float] = time.monotonic
) -> T | GateError:
    """Run until asked to stop; returns what the last run found, or why it failed.

    Runs begin at whole multiples of `every` after the first: one that lasts longer than that leaves out what it missed.

    Args:
        once: a run.
        every: seconds from the beginning of a run to that of the next one.
        wait: waits so many seconds; whether it was asked to stop meanwhile or before.
        say: told of what failed.
        clock: seconds that only go forward.

    Raises:
        UsageError: the first run says that request, policy or configuration cannot be meant; of logs it only says so.
    """
    begun, failed, first = clock(), 0, True
    while True:
        last: T | GateError
        try:
            last, failed = once(), 0
        except GateError as error:
            if first and isinstance(error, UsageError) and not isinstance(error, DataError):
                raise
            last, failed = error, failed + 1
        first, now = False, clock()
        pause = every - (now - begun) % every
        if isinstance(last, GateError):
            pause = min(pause, _FIRST * 2 ** min(failed - 1, 10), _LONGEST)
            say(f"this run failed, and is tried again in {pause:.0f} s: {last}")
        if wait(pause):
            return last


class Stop:
    """That SIGTERM or SIGINT asked to stop; a run goes on to its end. A second one does what it did before."""

    def __init__(self) -> None:
        self.asked = False

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()  # a lock could not be taken safely where a signal interrupts its holder
        os.set_blocking(self._write, False)
        self._before = {number: signal.signal(number, self._heard) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def _heard(self, number: int, frame: FrameType | None) -> None:
        before = self._before[signal.Signals(number)]
        if self.asked and callable(before):
            before(number, frame)
        self.asked = True
        with suppress(BlockingIOError):
            os.write(self._write, b"x")

    def wait(self, seconds: float) -> bool:
        """Wait so long, or until asked; whether it was."""
        if not self.asked:
            select.select([self._read], [], [], seconds)
        return self.asked


@contextmanager
def alone(store: str, name: str) -> Iterator[None]:
    """While it lasts no other process follows the same model with the same store.

    Args:
        store: its address.
        name: the model's, as the store knows it.

    Raises:
        StorageError: another one does, or the store cannot be reached.
        UsageError: its address cannot be read.
    """
    with _alone_in_postgresql(store, name) if is_postgresql(store) else _alone_beside(Path(store), name):
        yield


@contextmanager
def _alone_beside(store: Path, name: str) -> Iterator[None]:
    import fcntl  # noqa: PLC0415 -- only where a process follows

    mark = store.with_name(f"{store.name}.{zlib.crc32(name.encode()):08x}.lock")
    try:
        file = mark.open("ab")
    except OSError as error:
        raise StorageError(f"its lock cannot be made: {error.strerror}", where=str(mark), next_step="Name a store in a folder that can be written.") from error
    with file:  # the lock ends with the process, however that ends
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise _taken(str(store)) from error
        yield


@contextmanager
def _alone_in_postgresql(store: str, name: str) -> Iterator[None]:
    try:
        import psycopg  # noqa: PLC0415 -- an extra
    except ImportError as error:
        raise UsageError("a store in PostgreSQL needs psycopg", where=shown_address(store), next_step="Install fairness-gate[postgresql].") from error
    with ExitStack() as held:
        try:
            connection = held.enter_context(psycopg.connect(readable(store), connect_timeout=10, autocommit=True))
            got = connection.execute("SELECT pg_try_advisory_lock(7283947, %s)", [zlib.crc32(name.encode()) - 2**31]).fetchone()
        except psycopg.Error as error:
            reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            raise StorageError(f"the store could not be reached: {reason}", where=shown_address(store), next_step="See that it answers.") from error
        if got != (True,):
            raise _taken(shown_address(store))
        yield


def _taken(store: str) -> StorageError:
    return StorageError("another gate monitor --follow watches this model with this store", where=store, next_step="Stop it, or leave it to it.")
