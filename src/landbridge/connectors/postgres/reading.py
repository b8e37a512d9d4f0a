"""The statement that reads a share, and what arrives turned into canonical columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from landbridge.connectors.postgres.catalogue import CatalogueColumn, Relation
from landbridge.connectors.postgres.dialects import QUOTING
from landbridge.connectors.postgres.keys import KeyColumn, beyond, literal, position_after
from landbridge.connectors.postgres.moments import from_driver
from landbridge.connectors.postgres.types import ReadType, read_field, read_type
from landbridge.data.batch import Batch, Position
from landbridge.kernel.errors import DataUnreadableError, OptionsInvalidError
from landbridge.sdk.batching import slices
from landbridge.sdk.reading import KeyRange, Reading, Window

NO_POSITION = Position(b"{}")


@dataclass(frozen=True, slots=True)
class Selected:
    """A column that is read."""

    column: CatalogueColumn
    kind: ReadType

    @property
    def expression(self) -> str:
        """What is selected."""
        name = QUOTING.quoted(self.column.name)
        return f"{name}::text AS {name}" if self.kind.as_text else name


class Selection:
    """The columns of a reading, and the key that orders them when the table has one.

    Attributes:
        schema: Fields of the rows that come out.
        keys: What rows are ordered by; empty when they come in no order.
    """

    def __init__(self, relation: Relation, reading: Reading, *, decimals: bool) -> None:
        self._relation = relation
        self._decimals = decimals
        self._wanted = [
            self._selected(name)
            for name in reading.columns or [column.name for column in relation.columns]
        ]
        self.schema = pa.schema(
            [read_field(found.column, found.kind) for found in self._wanted]
        )
        keys = [self._selected(name) for name in relation.key]
        self.keys = [KeyColumn(key.column, key.kind) for key in keys]
        names = set(self.schema.names)
        self._hidden = [key for key in keys if key.column.name not in names]

    def statement(self, conditions: Sequence[str]) -> str:
        """Return the SELECT, in key order."""
        read = [found.expression for found in (*self._wanted, *self._hidden)]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        # Unqualified, a name would mean the text that is selected, and texts sort otherwise.
        order = ", ".join(f"t.{key.quoted}" for key in self.keys)
        return (
            f"SELECT {', '.join(read)} FROM {self._relation.name.quoted} AS t{where}"  # noqa: S608  quoted names
            + (f" ORDER BY {order}" if order else "")
        )

    def conditions(self, reading: Reading, after: Position | None) -> list[str]:
        """Return what the reading and a position demand of a row."""
        found = [beyond(after, self.keys)] if after is not None else []
        if reading.window is not None:
            found += self._in_window(reading.window)
        if reading.keys is not None:
            found += self._in_range(reading.keys)
        return found

    def require_text(self, arrived: pa.RecordBatch) -> None:
        """Look at every text, where the server does not vouch for the encoding.

        Raises:
            DataUnreadableError: Bytes that are no UTF-8.
        """
        try:
            arrived.validate(full=True)
        except pa.ArrowInvalid as error:
            raise DataUnreadableError(
                f"{self._relation.name.stream}: {error}",
                hint="the database is in SQL_ASCII: name its real encoding by a view",
                stream=self._relation.name.stream,
            ) from error

    def batches(self, arrived: pa.RecordBatch, target_bytes: int) -> Iterator[Batch]:
        """Yield canonical rows of what the driver delivered, below the size given."""
        columns = [_storage(values) for values in arrived.columns]
        decoded = [
            _decoded(values, found, self._relation)
            for values, found in zip(columns, self._wanted, strict=False)
        ]
        start = 0
        whole = pa.RecordBatch.from_arrays(decoded, schema=self.schema)
        for rows in slices(whole, target_bytes):
            start += rows.num_rows
            yield Batch(
                rows, self._position([values.slice(start - 1, 1) for values in columns])
            )

    def _position(self, last: Sequence[pa.Array]) -> Position:
        if not self.keys:
            return NO_POSITION
        at = {
            found.column.name: place
            for place, found in enumerate((*self._wanted, *self._hidden))
        }
        values = []
        for key in self.keys:
            value = last[at[key.column.name]]
            if key.kind.decoding != "decimal":
                value = _decoded(value, Selected(key.column, key.kind), self._relation)
            values.append(value)
        return position_after(values, self.keys)

    def _selected(self, name: str) -> Selected:
        column = self._column(name)
        return Selected(column, read_type(column.type, decimals=self._decimals))

    def _column(self, name: str) -> CatalogueColumn:
        column = self._relation.column(name)
        if column is None:
            known = ", ".join(column.name for column in self._relation.columns)
            raise OptionsInvalidError(
                f"{self._relation.name.stream} has no column {name}",
                hint=f"it has {known}",
                stream=self._relation.name.stream,
                column=name,
            )
        return column

    def _in_window(self, window: Window) -> list[str]:
        column = self._column(window.column)
        name = QUOTING.quoted(window.column)
        found: list[str] = []
        if window.after is not None:
            sign = ">=" if window.inclusive else ">"
            found.append(f"{name} {sign} {literal(window.after, column)}")
        if window.until is not None:
            found.append(f"{name} <= {literal(window.until, column)}")
        return found

    def _in_range(self, keys: KeyRange) -> list[str]:
        self._column(keys.column)
        name = QUOTING.quoted(keys.column)
        found: list[str] = []
        if keys.lower is not None:
            found.append(f"{name} >= {keys.lower}")
        if keys.upper is not None:
            found.append(f"{name} < {keys.upper}")
        return found


def _storage(values: pa.Array) -> pa.Array:
    # The driver marks UUIDs and JSON as extension types; their storage is ours.
    return values.storage if isinstance(values.type, pa.BaseExtensionType) else values


def _decoded(values: pa.Array, found: Selected, relation: Relation) -> pa.Array:
    kind = found.kind
    try:
        if kind.decoding == "decimal":
            return values.cast(kind.storage)
        if kind.decoding in {"timestamp", "date"}:
            return from_driver(values)
        if kind.decoding == "uuid":
            return values.cast(kind.storage)  # drivers before 1.9 deliver plain bytes
    except (pa.ArrowInvalid, ValueError) as error:
        raise DataUnreadableError(
            f"{relation.name.stream}.{found.column.name}: {error}",
            hint="numerics: text reads NaN" if kind.decoding == "decimal" else "",
            stream=relation.name.stream,
            column=found.column.name,
        ) from error
    if values.type != kind.storage:
        raise DataUnreadableError(
            f"{relation.name.stream}.{found.column.name} arrived as {values.type}",
            hint="the table changed while it was read; run the copy again",
            stream=relation.name.stream,
            column=found.column.name,
        )
    return values
