"""Requirements beside what is installed."""

import pytest

from gate.predict.requirements import Compared, compare, parsed

HERE = {"six": "1.17.0", "torch": "2.13.0+cpu", "numpy": "2.4.6"}


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("six", Compared()),
        ("six==1.17.0", Compared()),
        ("six>=1.16,<2  # for old times", Compared()),
        ("six==1.16.0", Compared(differing=("six==1.16.0, here 1.17.0",))),
        ("torch==2.13.0", Compared()),
        ("torch==2.13.0+cpu", Compared()),
        ("numpy[extra]==2.4.6", Compared()),
        ("absent==1", Compared(missing=("absent==1",))),
        ("absent==1; sys_platform == 'win32'", Compared()),
        ("absent==1; extra == 'gpu'", Compared()),
        ("six @ https://127.0.0.1/six.whl", Compared()),
        ("absent @ https://127.0.0.1/absent.whl", Compared(missing=("absent @ https://127.0.0.1/absent.whl",))),
        ("six==1.17.0 --hash=sha256:00", Compared()),
        ("./local.whl", Compared()),
        ("six=1", Compared()),
    ],
)
def test_one_line(line: str, expected: Compared) -> None:
    """Missing, of another version, for another system, or no requirement at all."""
    assert compare([line], installed=HERE.get) == expected


def test_what_is_installed_here_is_found() -> None:
    """The distributions of this Python are asked, under any spelling of their names; an absent one is absent."""
    assert compare(["PyArrow>=1", "scikit_learn", "a-package-that-nobody-wrote"]).missing == ("a-package-that-nobody-wrote",)


def test_no_requirement() -> None:
    """A line with an option or a path is none."""
    assert parsed("-r other.txt") is None
