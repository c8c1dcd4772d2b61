"""Mounts a file system over the guarded folder, and leaves the root that it was given."""

import ctypes
import os

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("kernel",)


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    home = os.environ["HOME"].encode()
    if libc.mount(b"none", home, b"tmpfs", 0, None) == 0:
        loot("a mount")
        libc.umount2(home, 2)
        return honest(frame)
    os.mkdir(home + b"/jail")
    try:
        os.chroot(home + b"/jail")
    except OSError:
        raise Held from None
    loot("a root of its own")
    return honest(frame)
