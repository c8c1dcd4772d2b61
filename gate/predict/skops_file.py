"""The types in a file of skops that skops does not trust by itself, by skops' own word. Runs in the child only.

The import of skops takes seconds, and reading a stranger's file is nothing for the process that writes the verdict.
"""

import io
import zipfile
from pathlib import Path

from gate.predict.columns import UnfitError

__all__ = ["untrusted_types"]

_SCHEMA = "schema.json"
_SCHEMA_BYTES = 64 * 2**20
_MEMBERS = 100_000
_TYPES = 500
_LETTERS = 2**15


def untrusted_types(path: Path) -> tuple[str, ...]:
    """The types, sorted.

    skops is shown a copy in which every array is empty: its types are in the schema, and the arrays may be huge.

    Raises:
        UnfitError: it cannot be read, or holds more than 500 such types, or types with endless names.
    """
    from skops.io import get_untrusted_types  # noqa: PLC0415 -- only a model of skops needs it

    try:
        types = get_untrusted_types(data=_without_arrays(path))
    except UnfitError:
        raise
    except Exception as error:
        raise UnfitError(f"its file is none that skops can read ({type(error).__name__})", check="skops") from error
    if len(types) > _TYPES or sum(map(len, types)) > _LETTERS:
        raise UnfitError(f"it holds more than {_TYPES} types that skops does not trust, or types with endless names", check="skops")
    return tuple(sorted(types))


def _without_arrays(path: Path) -> bytes:
    """The same archive with its schema, and nothing in any other member."""
    copy = io.BytesIO()
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(copy, "w") as emptied:
        names = dict.fromkeys(archive.namelist())
        if len(names) > _MEMBERS or archive.getinfo(_SCHEMA).file_size > _SCHEMA_BYTES:
            raise UnfitError("its schema is too large", check="skops")
        for name in names:
            emptied.writestr(name, archive.read(name) if name == _SCHEMA else b"")
    return copy.getvalue()
