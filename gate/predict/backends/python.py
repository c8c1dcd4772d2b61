"""What a Python needs to be readable for it to run: its folders, and the system's libraries."""

import site
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path

__all__ = ["GATE", "SYSTEM", "interpreter_folders", "outermost"]

GATE = Path(__file__).resolve().parents[2]
"""The package of the gate: the only part of a checkout that a child sees."""
SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/localtime", "/etc/alternatives")
"""Libraries and what finds them; no configuration, no accounts, no home."""


def interpreter_folders() -> tuple[Path, ...]:
    """The folders of this Python, of its packages and of the gate; never a folder that holds more than that."""
    paths = sysconfig.get_paths()
    named = [sys.prefix, sys.base_prefix, paths["stdlib"], paths["platstdlib"], paths["purelib"], paths["platlib"], *site.getsitepackages()]
    installed = [Path(entry) for entry in sys.path if Path(entry).name in {"site-packages", "dist-packages"}]
    found = [path.resolve() for path in (*map(Path, named), *installed) if path.is_dir()]
    return outermost([*(path for path in found if path != Path("/")), Path(sys.prefix), Path(sys.executable).parent, GATE])


def outermost(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Those that lie in none of the others, each once."""
    unique = sorted(dict.fromkeys(paths))
    return tuple(path for path in unique if not any(other in path.parents for other in unique))
