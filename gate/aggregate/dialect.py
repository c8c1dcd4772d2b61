"""What two engines write differently: everything else of the counting SQL is the same text for both.

The reference is the embedded engine. A dialect says how another one has to be asked for the same answer.
"""

from dataclasses import dataclass
from typing import Protocol

__all__ = ["Dialect", "DuckdbDialect", "Source", "SparkDialect"]

_NUMBER = "^[+-]?(D([.](D)?)?|[.]D)([eE][+-]?D)?$".replace("D", "[0-9]+(_[0-9]+)*")
"""What the embedded engine reads as a number, without the space around it."""
_TRUE, _FALSE = ("true", "t", "yes", "y", "1"), ("false", "f", "no", "n", "0")
_BLANK = f"concat(' ', {', '.join(f'chr({code})' for code in range(9, 14))})"
"""The letters that it takes as space around a number."""
_PART = 2.0**40


class Dialect(Protocol):
    """SQL of what engines write differently."""

    def number(self, column: str) -> str:
        """A column as a 64-bit float; NULL where it holds no number."""
        ...

    def truth(self, column: str) -> str:
        """A column as a boolean; NULL where it holds none."""
        ...

    def whole(self, number: str) -> str:
        """A float that is a whole number of up to 2¹⁰⁰, in a type whose sums and products are exact and do not overflow."""
        ...


@dataclass(frozen=True, slots=True)
class DuckdbDialect:
    """The embedded engine's."""

    def number(self, column: str) -> str:
        """As it casts."""
        return f"TRY_CAST({column} AS DOUBLE)"

    def truth(self, column: str) -> str:
        """As it casts."""
        return f"TRY_CAST(CAST({column} AS STRING) AS BOOLEAN)"

    def whole(self, number: str) -> str:
        """128 bits."""
        return f"CAST({number} AS HUGEINT)"


@dataclass(frozen=True, slots=True)
class SparkDialect:
    """Spark's, which reads `1d`, `0x1p3` and ` true` as values where the embedded engine does not.

    Args:
        text: the columns that hold text, as quoted identifiers; the others have types of their own.
    """

    text: frozenset[str] = frozenset()

    def number(self, column: str) -> str:
        """A text is a number where the embedded engine reads one."""
        if column not in self.text:
            return f"TRY_CAST({column} AS DOUBLE)"
        plain = f"btrim({column}, {_BLANK})"
        digits = f"WHEN {plain} RLIKE '{_NUMBER}' THEN TRY_CAST(replace({plain}, '_', '') AS DOUBLE)"
        endless = f"WHEN lower({plain}) RLIKE '^[+-]?(inf|infinity)$' THEN TRY_CAST({plain} AS DOUBLE)"
        none = f"WHEN lower({plain}) RLIKE '^[+-]?nan' THEN CAST('nan' AS DOUBLE)"
        return f"CASE {digits} {endless} {none} END"

    def truth(self, column: str) -> str:
        """A text is true or false where the embedded engine reads it so."""
        if column not in self.text:
            return column
        yes, no = (", ".join(f"'{word}'" for word in words) for words in (_TRUE, _FALSE))
        return f"CASE WHEN lower({column}) IN ({yes}) THEN true WHEN lower({column}) IN ({no}) THEN false END"

    def whole(self, number: str) -> str:
        """38 digits, in two parts by way of 64 bits: Spark casts a float to a decimal by its shortest digits, which are not its exact ones."""
        high = f"CAST(floor(({number}) / {_PART!r}) AS BIGINT)"
        return f"CAST({high} AS DECIMAL(38, 0)) * {int(_PART)} + CAST(({number}) - CAST({high} AS DOUBLE) * {_PART!r} AS BIGINT)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """SQL of the rows to read, written by an engine, and its dialect; as a text it is the SQL."""

    text: str
    dialect: Dialect

    def __str__(self) -> str:
        return self.text
