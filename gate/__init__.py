"""The CI/CD fairness gate for models registered in MLflow."""

from typing import TYPE_CHECKING

from gate.core.version import __version__

if TYPE_CHECKING:
    from gate.api import check

__all__ = ["__version__", "check"]


def __getattr__(name: str) -> object:
    """`gate.check`, imported when it is asked for, so that `import gate` costs nothing."""
    if name == "check":
        from gate.api import check  # noqa: PLC0415 -- see above

        return check
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
