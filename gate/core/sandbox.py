"""What a sandbox keeps a candidate from, by name, and what is recorded of the one that it ran in."""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Capability", "SandboxFacts", "SandboxLimits"]


class Capability(StrEnum):
    """One thing that a candidate cannot do, or can do only within limits."""

    NETWORK = "network"
    """No socket leads anywhere."""
    FILES = "files"
    """Only the model, the Python installation and system libraries can be read; nothing but a temporary folder written."""
    DISK = "disk"
    """The temporary folder has a size, and is memory that vanishes with the candidate."""
    FILE_SIZE = "file-size"
    """No single file grows beyond a limit."""
    PROCESSES = "processes"
    """Other processes can be neither seen nor signalled."""
    SIGNALS = "signals"
    """Other processes can be seen in lists, but not signalled, traced or read."""
    FORKS = "forks"
    """It starts no process, so that nothing can be left running."""
    IPC = "ipc"
    """No shared memory, semaphores or message queues of others."""
    KERNEL = "kernel"
    """Calls to the kernel that a model does not need are refused."""
    MEMORY = "memory"
    """Its address space has a limit."""
    CPU = "cpu"
    """Its processor time has a limit."""
    TIME = "time"
    """It is ended at a deadline."""
    OUTPUT = "output"
    """What it prints and answers is bounded."""
    ENVIRONMENT = "environment"
    """It sees no environment variable of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxLimits:
    """What a candidate was allowed to use: seconds of wall clock, bytes, and files open at once."""

    seconds: float
    memory_bytes: int
    file_bytes: int
    temporary_bytes: int
    answer_bytes: int
    output_bytes: int
    open_files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxFacts:
    """The sandbox of a trial: its limits, and the capabilities that it lacked on that machine."""

    limits: SandboxLimits
    missing: tuple[str, ...] = ()
