"""Where SQL systems differ in the statements of this package."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Scalar = str | int | float | bytes | None


class Execute(Protocol):
    """Runs one statement on a connection inside its current transaction."""

    def __call__(
        self, statement: str, parameters: Sequence[Scalar] = ()
    ) -> Sequence[tuple[Scalar, ...]]:
        """Return the rows of the answer; none for statements without rows."""
        ...


@dataclass(frozen=True, slots=True)
class SqlDialect:
    """Spelling of one SQL system.

    Attributes:
        name: Name of the dialect.
        quote: Quote character of identifiers, doubled inside them.
        placeholder: How a bound parameter is written.
        name_type: Type of short texts that are part of a primary key.
        text_type: Type of long texts.
        integer_type: Type of 64-bit integers.
        upsert: How an insert that meets an existing key is written.
        share_lock: Appended to a SELECT to lock its row against writers, or "".
        table_suffix: Appended to CREATE TABLE, or "".
    """

    name: str
    quote: str = '"'
    placeholder: str = "?"
    name_type: str = "varchar(190)"
    text_type: str = "text"
    integer_type: str = "bigint"
    upsert: Literal["on_conflict", "on_duplicate_key"] = "on_conflict"
    share_lock: str = ""
    table_suffix: str = ""

    def quoted(self, *parts: str) -> str:
        """Return a quoted, dotted identifier; empty parts are left out.

        Example:
            >>> SqlDialect("x").quoted("", "public", 'we"ird')
            '"public"."we""ird"'
        """
        return ".".join(
            self.quote + part.replace(self.quote, self.quote * 2) + self.quote
            for part in parts
            if part
        )

    def columns(self, names: Sequence[str]) -> str:
        """Return quoted names, separated by commas."""
        return ", ".join(self.quoted(name) for name in names)

    def marks(self, count: int) -> str:
        """Return so many placeholders, separated by commas."""
        return ", ".join([self.placeholder] * count)
