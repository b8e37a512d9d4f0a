"""Key values between Arrow, positions and SQL."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.postgres.catalogue import CatalogueColumn
from landbridge.connectors.postgres.dialects import QUOTING
from landbridge.connectors.postgres.moments import moment_text, scale_of
from landbridge.connectors.postgres.types import ReadType
from landbridge.data.batch import Position
from landbridge.data.uuids import uuid_text
from landbridge.kernel.errors import PositionUnusableError


@dataclass(frozen=True, slots=True)
class KeyColumn:
    """A column that rows are ordered by."""

    column: CatalogueColumn
    kind: ReadType

    @property
    def quoted(self) -> str:
        """Its name in a statement."""
        return QUOTING.quoted(self.column.name)

    def literal(self, text: str) -> str:
        """Return a value of the column, given as text, for a statement."""
        return literal(text, self.column)

    def text(self, values: pa.Array) -> str:
        """Return the only value of a column as text that `literal` understands."""
        storage = self.kind.storage
        if pa.types.is_date(storage) or pa.types.is_timestamp(storage):
            number = values.view(scale_of(storage).integers)[0].as_py()
            return moment_text(number, storage)
        if pa.types.is_time(storage):
            return str(pc.cast(values, pa.string())[0].as_py())
        if self.kind.logical == "uuid":
            return str(uuid_text(values)[0].as_py())
        if self.kind.logical == "binary":
            return "\\x" + values[0].as_py().hex()
        return str(values[0].as_py())


def literal(text: str, column: CatalogueColumn) -> str:
    """Return a text as a value of the column's type, for a statement."""
    return f"{quoted_text(text)}::{column.type.base_text}"


def quoted_text(text: str) -> str:
    """Return a text for a statement.

    Example:
        >>> quoted_text("it's")
        "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def position_after(values: Sequence[pa.Array], keys: Sequence[KeyColumn]) -> Position:
    """Return the position of a row whose key columns these one-row columns are."""
    after = {key.column.name: key.text(value) for key, value in zip(keys, values, strict=True)}
    return Position(json.dumps(after, ensure_ascii=False).encode())


def beyond(position: Position, keys: Sequence[KeyColumn]) -> str:
    """Return the condition of all rows after a position.

    Raises:
        PositionUnusableError: It was not made for these keys.
    """
    try:
        after = json.loads(position)
    except ValueError as error:
        raise PositionUnusableError("the position is damaged") from error
    if not keys or not isinstance(after, dict) or list(after) != _names(keys):
        raise PositionUnusableError(
            "the stream has no key, or another one than when the position was made",
            hint="start the copy anew, or give the table a primary key",
        )
    values = [key.literal(str(after[key.column.name])) for key in keys]
    if len(keys) == 1:
        return f"{keys[0].quoted} > {values[0]}"
    return f"({', '.join(key.quoted for key in keys)}) > ({', '.join(values)})"


def _names(keys: Sequence[KeyColumn]) -> list[str]:
    return [key.column.name for key in keys]
