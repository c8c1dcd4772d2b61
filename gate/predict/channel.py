"""The parent's end of the conversation: every wait has a deadline, every message a bound, every print a cap."""

import os
import re
import selectors
import time
from contextlib import suppress

from gate.predict.wire import HEADER, Frame, MalformedError, header

__all__ = ["Channel", "ClosedError", "TimeoutExpiredError"]

_CHUNK = 2**16
_CONTROL = re.compile(r"[^\x20-\x7e\n]+")


class ClosedError(Exception):
    """The child has closed its end. Never leaves this room."""


class TimeoutExpiredError(Exception):
    """The deadline has passed. Never leaves this room."""


class Channel:
    """Descriptors to a child: questions out, answers in, and whatever it prints on the side.

    Args:
        questions: where to write messages.
        answers: where to read messages.
        output: where the child's standard output and error arrive.
        answer_bytes: the longest message accepted.
        output_bytes: how much of the output is kept, from its end.
    """

    def __init__(self, *, questions: int, answers: int, output: int, answer_bytes: int, output_bytes: int) -> None:
        self._questions, self._answers, self._output = questions, answers, output
        self._answer_bytes, self._output_bytes = answer_bytes, output_bytes
        self._incoming, self._printed = bytearray(), bytearray()
        self._outgoing: list[memoryview] = []
        self._selector = selectors.DefaultSelector()
        for descriptor in (questions, answers, output):
            os.set_blocking(descriptor, False)
        for descriptor in (answers, output):
            self._selector.register(descriptor, selectors.EVENT_READ)

    def send(self, *question: bytes | memoryview) -> None:
        """Begin to send a message, in one or several pieces; `receive` sends what does not fit at once.

        Raises:
            MalformedError: the child has said something that was not asked for.
        """
        if self._incoming:
            raise MalformedError("a message that was not asked for")
        self._outgoing = [memoryview(piece) for piece in question if len(piece)]
        self._selector.register(self._questions, selectors.EVENT_WRITE)
        with suppress(ClosedError):  # which shows again
            self._write()

    def receive(self, *, deadline: float) -> Frame:
        """The next message of the child.

        Raises:
            ClosedError: the child has closed its end.
            MalformedError: what it sent is no message, too long, or sent before it had read the question.
            TimeoutExpiredError: the monotonic clock has reached `deadline`.
        """
        while (frame := self._next_frame()) is None:
            self._step(deadline)
        if self._outgoing:
            raise MalformedError("an answer before it had read the question")
        return frame

    def printed(self) -> str:
        """The end of what the child has printed so far, without control characters."""
        self._read_output()
        return _CONTROL.sub("?", self._printed.decode("ascii", errors="replace").replace("\ufffd", "?")).strip()

    def close(self) -> None:
        """Close every descriptor."""
        self._selector.close()
        for descriptor in (self._questions, self._answers, self._output):
            os.close(descriptor)

    def _step(self, deadline: float) -> None:
        """Wait for any descriptor and serve those that are ready."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutExpiredError
        for key, _ in self._selector.select(left):
            match key.fd:
                case self._questions:
                    self._write()
                case self._answers:
                    self._read()
                case _:
                    self._read_output()

    def _write(self) -> None:
        try:
            written = os.writev(self._questions, self._outgoing)
        except BlockingIOError:
            return
        except BrokenPipeError as error:
            raise ClosedError from error
        while self._outgoing and written >= len(self._outgoing[0]):
            written -= len(self._outgoing.pop(0))
        if self._outgoing:
            self._outgoing[0] = self._outgoing[0][written:]
        else:
            self._selector.unregister(self._questions)

    def _read(self) -> None:
        data = os.read(self._answers, _CHUNK)
        if not data:
            raise ClosedError
        self._incoming += data

    def _read_output(self) -> None:
        """Take what is there, up to a bound, so that a flood cannot keep us from the answers."""
        for _ in range(16):
            try:
                data = os.read(self._output, _CHUNK)
            except BlockingIOError:
                return
            if not data:
                if self._output in self._selector.get_map():
                    self._selector.unregister(self._output)
                return
            self._printed += data
            del self._printed[: -self._output_bytes]

    def _next_frame(self) -> Frame | None:
        if len(self._incoming) < HEADER.size:
            return None
        kind, length = header(bytes(self._incoming[: HEADER.size]), limit=self._answer_bytes)
        end = HEADER.size + length
        if len(self._incoming) < end:
            return None
        payload = bytes(self._incoming[HEADER.size : end])
        del self._incoming[:end]
        return Frame(kind, payload)
