"""The candidate's folder goes, whatever is in it."""

import os
from pathlib import Path

import pytest

from gate.predict.scratch import Scratch


def test_a_folder_nested_thousands_deep_is_removed() -> None:
    """Deeper than Python recurses and longer than a path may be."""
    scratch = Scratch()
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(scratch.path)
        for _ in range(3_000):
            Path("d").mkdir()
            Path("d", "file").touch()
            os.chdir("d")
    finally:
        os.fchdir(here)
        os.close(here)
    scratch.remove()

    assert not scratch.path.exists()


def test_closed_folders_are_removed() -> None:
    """Folders without any right, within each other, and the folder itself."""
    scratch = Scratch()
    inner = scratch.path / "a" / "b" / "c"
    inner.mkdir(parents=True)
    (inner / "file").touch()
    for folder in (inner, inner.parent, inner.parent.parent, scratch.path):
        folder.chmod(0)
    scratch.remove()

    assert not scratch.path.exists()


def test_what_links_lead_to_stays(tmp_path: Path) -> None:
    """Links go, at the top and below; their targets do not."""
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").touch()
    scratch = Scratch()
    (scratch.path / "a").mkdir()
    for link in (scratch.path / "link", scratch.path / "a" / "link"):
        link.symlink_to(tmp_path / "precious")
    scratch.remove()
    scratch.remove()

    assert (scratch.path.exists(), (tmp_path / "precious" / "file").exists()) == (False, True)


def test_a_folder_that_was_swapped_for_a_link_is_not_followed(tmp_path: Path) -> None:
    """A link in the folder's place leads nowhere."""
    (tmp_path / "file").touch()
    scratch = Scratch()
    scratch.path.rmdir()
    scratch.path.symlink_to(tmp_path)
    scratch.remove()

    assert (tmp_path / "file").exists()
    scratch.path.unlink()


def test_removal_ends_where_something_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that cannot be removed stays, without an endless loop and without an exception."""
    scratch = Scratch()
    (scratch.path / "file").touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patched:
        patched.setattr(os, "unlink", refuse)
        scratch.remove()

    assert (scratch.path / "file").exists()
    scratch.remove()
    assert not scratch.path.exists()
