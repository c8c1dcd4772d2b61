"""Memory that the parent writes and the child reads: large questions lie there, and only their length is sent.

Sealed before the child starts: nobody but the parent's own mapping can write to it, and its size stays. The parent never
reads from it.
"""

import fcntl
import mmap
import os

import pyarrow as pa

__all__ = ["CAPACITY", "Shelf", "shelved"]

CAPACITY = 256 * 2**20
"""The longest question that fits; pages that nothing was written to take no memory."""
_SEAL_FUTURE_WRITE = 0x0010
_SLACK = 2**16


class Shelf:
    """The parent's side; `descriptor` is for the child."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("questions", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.descriptor, CAPACITY)
        self._memory = mmap.mmap(self.descriptor, CAPACITY)
        fcntl.fcntl(self.descriptor, fcntl.F_ADD_SEALS, _SEAL_FUTURE_WRITE | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_SEAL)
        self._target = pa.py_buffer(self._memory)

    def put(self, batch: pa.RecordBatch) -> int | None:
        """Write an Arrow stream of the batch; how many bytes it takes, or None when it may not fit."""
        if batch.nbytes + _SLACK + 1024 * batch.num_columns > CAPACITY:
            return None
        with pa.FixedSizeBufferWriter(self._target) as sink:
            with pa.ipc.new_stream(sink, batch.schema) as writer:
                writer.write_batch(batch)
            return int(sink.tell())

    def close(self) -> None:
        """Give the memory back."""
        os.close(self.descriptor)


def shelved(descriptor: int) -> memoryview:
    """The child's side: what the parent has written, to be read only."""
    return memoryview(mmap.mmap(descriptor, CAPACITY, prot=mmap.PROT_READ))
