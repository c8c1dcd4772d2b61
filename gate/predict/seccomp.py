"""A filter of system calls, loaded through libseccomp: what a model does not need is refused, not ended.

A refused call fails as one without permission does, so that libraries which ask for more than they need go on without.
The kernel keeps the filter for every thread; nothing takes it off again.

Source: seccomp(2), seccomp_rule_add(3).
"""

import ctypes
import errno
import itertools
import os
from functools import cache

__all__ = ["obstacle", "refuse_calls"]

_LIBRARY = "libseccomp.so.2"
_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NOT_EQUAL, _EQUAL, _MASKED_EQUAL = 1, 4, 7
_CLONE_THREAD = 0x00010000
_PR_SET_PDEATHSIG = 1

# fmt: off
_REFUSED = {
    "other processes": (
        "fork", "vfork", "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp",
        "pidfd_open", "pidfd_getfd", "pidfd_send_signal", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "migrate_pages", "move_pages",
        "setpriority", "ioprio_set", "sched_setscheduler", "sched_setattr", "sched_setparam", "setsid", "setpgid",
    ),
    "the network, and other ways to talk": (
        "socket", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg", "shmget", "shmat", "shmctl", "shmdt", "semget",
        "semop", "semtimedop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open", "mq_unlink", "memfd_create", "memfd_secret",
    ),
    "the kernel's rarer doors": (
        "io_uring_setup", "io_uring_enter", "io_uring_register", "bpf", "perf_event_open", "userfaultfd", "keyctl", "add_key", "request_key",
        "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon", "swapoff", "acct", "quotactl",
        "quotactl_fd", "syslog", "iopl", "ioperm", "modify_ldt", "lookup_dcookie", "fanotify_init", "fanotify_mark", "personality", "vhangup",
        "nfsservctl",
    ),
    "mounts, namespaces, identities and clocks": (
        "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
        "unshare", "setns", "mknod", "mknodat", "open_by_handle_at", "name_to_handle_at", "setuid", "setgid", "setreuid", "setregid", "setresuid",
        "setresgid", "setgroups", "setfsuid", "setfsgid", "capset", "sethostname", "setdomainname", "settimeofday", "clock_settime", "clock_adjtime",
        "adjtimex", "stime",
    ),
    "limits: they are set, and stay": (
        "setrlimit",
    ),
    "what Landlock does not see": (
        "setxattr", "lsetxattr", "fsetxattr", "setxattrat", "removexattr", "lremovexattr", "fremovexattr", "removexattrat", "chown", "lchown",
        "fchown", "fchownat", "inotify_init", "inotify_init1", "inotify_add_watch", "file_setattr",
    ),
}
"""The calls that are refused, and what they would open."""
_IGNORED = ("chmod", "fchmod", "fchmodat", "fchmodat2", "utime", "utimes", "futimesat", "utimensat")
"""The calls that do nothing and say that they did: Landlock would let them change files outside, and whoever copies files makes them."""
# fmt: on


class _Argument(ctypes.Structure):
    _fields_ = (("place", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64))


@cache
def obstacle() -> str | None:
    """Why calls cannot be filtered here; None when they can."""
    try:
        ctypes.CDLL(_LIBRARY)
    except OSError:
        return f"{_LIBRARY} is not installed (Debian: libseccomp2)"
    return None


def refuse_calls() -> None:
    """Refuse the calls above for this thread and all that come after it; new processes too, but not new threads.

    Raises:
        OSError: the filter could not be made or loaded; nothing is refused then.
    """
    library = _library()
    rules = library.seccomp_init(_ALLOW)
    if not rules:
        raise OSError(errno.ENOMEM, "seccomp_init")
    try:
        denied = _ERRNO | errno.EPERM
        for name in itertools.chain.from_iterable(_REFUSED.values()):
            _add(library, rules, denied, name)
        for name in _IGNORED:
            _add(library, rules, _ERRNO, name)
        own = os.getpid()
        _add(library, rules, _ERRNO | errno.ENOSYS, "clone3")  # its flags cannot be looked at; callers fall back to clone
        _add(library, rules, denied, "clone", _Argument(0, _MASKED_EQUAL, _CLONE_THREAD, 0))
        _add(library, rules, denied, "kill", _Argument(0, _NOT_EQUAL, own, 0))
        _add(library, rules, denied, "tgkill", _Argument(0, _NOT_EQUAL, own, 0))
        _add(library, rules, denied, "prlimit64", _Argument(2, _NOT_EQUAL, 0, 0))  # reading limits is harmless, setting them is not
        _add(library, rules, denied, "prctl", _Argument(0, _EQUAL, _PR_SET_PDEATHSIG, 0))
        if (failed := library.seccomp_load(rules)) != 0:
            raise OSError(-failed, f"seccomp_load: {os.strerror(-failed)}")
    finally:
        library.seccomp_release(rules)


def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(_LIBRARY)
    library.seccomp_init.restype, library.seccomp_init.argtypes = ctypes.c_void_p, (ctypes.c_uint32,)
    library.seccomp_load.argtypes = (ctypes.c_void_p,)
    library.seccomp_release.restype, library.seccomp_release.argtypes = None, (ctypes.c_void_p,)
    library.seccomp_syscall_resolve_name.argtypes = (ctypes.c_char_p,)
    library.seccomp_rule_add_array.argtypes = (ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint, ctypes.POINTER(_Argument))
    return library


def _add(library: ctypes.CDLL, rules: int, action: int, name: str, *arguments: _Argument) -> None:
    """One rule; a call that this machine's kernel or library does not know needs none."""
    number = library.seccomp_syscall_resolve_name(name.encode())
    if number < 0:  # unknown, or not a call of this architecture
        return
    array = (_Argument * max(1, len(arguments)))(*arguments)
    if (failed := library.seccomp_rule_add_array(rules, action, number, len(arguments), array)) != 0:
        raise OSError(-failed, f"seccomp_rule_add {name}: {os.strerror(-failed)}")
