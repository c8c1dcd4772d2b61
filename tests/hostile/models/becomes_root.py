"""Makes namespaces of its own, in which it would be root."""

import ctypes
import os

from cage import Held, honest, loot

CHECK = ("predict", "exit")
WORDS = "during predict"
NEEDS = ("kernel",)

NEWUSER, NEWNS = 0x10000000, 0x20000


def predict(frame, aim):
    libc = ctypes.CDLL(None, use_errno=True)
    pid = os.fork()  # only a process of one thread may enter a namespace of users
    if pid == 0:
        os._exit(0 if libc.unshare(NEWUSER | NEWNS) == 0 or libc.unshare(NEWNS) == 0 else 1)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise Held
    loot("a namespace of its own")
    return honest(frame)
