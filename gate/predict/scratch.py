"""The candidate's own folder: made before it starts, and removed after it whatever it has dug there."""

import os
import tempfile
from contextlib import suppress
from itertools import count
from pathlib import Path

__all__ = ["Scratch"]


class Scratch:
    """A private temporary folder.

    Its removal neither recurses nor builds long paths, since a candidate may nest folders thousands deep, and it opens
    folders that the candidate has closed. Links are removed, never followed.
    """

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="gate-child-"))
        self._own = _identity(self.path)

    def remove(self) -> None:
        """Remove the folder and what is in it; what cannot be removed stays, and so does whatever stands in its place. Safe to call twice."""
        if _identity(self.path) != self._own:
            return
        names = count()
        while self._shallower(names):
            pass
        with suppress(OSError):
            self.path.rmdir()

    def _shallower(self, names: "count[int]") -> bool:
        """Remove everything on top, and bring the folders below it to the top; whether anything could be done."""
        done = False
        with suppress(OSError):
            self.path.chmod(0o700)
            for entry in list(os.scandir(self.path)):
                done |= self._lifted(entry, names) if entry.is_dir(follow_symlinks=False) else _removed(entry.path)
        return done

    def _lifted(self, folder: "os.DirEntry[str]", names: "count[int]") -> bool:
        """Remove a folder after its files are removed and its folders moved to the top; whether anything could be done."""
        done = False
        with suppress(OSError):
            Path(folder.path).chmod(0o700)
            for entry in list(os.scandir(folder.path)):
                if entry.is_dir(follow_symlinks=False):
                    os.chmod(entry.path, 0o700)  # noqa: PTH101 -- to move a folder, one has to be allowed to write its ".."
                    os.rename(entry.path, self.path / f".{folder.inode()}-{next(names)}")  # noqa: PTH104 -- the same form as above
                    done = True
                else:
                    done |= _removed(entry.path)
            os.rmdir(folder.path)  # noqa: PTH106 -- the same form as above
            done = True
        return done


def _identity(path: Path) -> tuple[int, int] | None:
    """Which folder it is, whatever it is called; None where there is nothing."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _removed(path: str) -> bool:
    with suppress(OSError):
        os.unlink(path)  # noqa: PTH108 -- a DirEntry's path is a string
        return True
    return False
