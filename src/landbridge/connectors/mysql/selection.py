"""What is selected of a table, in which order, and how rows become batches and positions."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pyarrow as pa

from landbridge.connectors.mysql.catalogue import CatalogueColumn, Relation
from landbridge.connectors.mysql.decoding import Decoder
from landbridge.connectors.mysql.dialects import QUOTING, literal
from landbridge.connectors.mysql.types import ReadType, Taste, read_field, read_type
from landbridge.data.batch import Batch, Position
from landbridge.data.types import Meaning
from landbridge.kernel.errors import OptionsInvalidError, PositionUnusableError
from landbridge.sdk.reading import KeyRange, Reading, Window

NO_POSITION = Position(b"-")
"""Of streams without a key that rows can be ordered by; nothing resumes from it."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """How the user wants values read."""

    taste: Taste
    zero_is_null: bool = False


@dataclass(frozen=True, slots=True)
class Selected:
    """A column and how it is read."""

    column: CatalogueColumn
    kind: ReadType

    @property
    def quoted(self) -> str:
        """Its name in a statement."""
        return QUOTING.quoted(self.column.name)

    def value(self, text: str) -> str:
        """Return a value, given as text, for a condition.

        Raises:
            PositionUnusableError: It is no such value.
        """
        if self.kind.order == "number":
            if not _is_number(text):
                raise PositionUnusableError(f"{text!r} is no value of {self.column.name}")
            return text
        if self.kind.order == "bytes":
            return f"x'{bytes.fromhex(text).hex()}'"
        return literal(text)


class Selection:
    """One way of reading one table.

    Attributes:
        relation: The table.
        schema: What rows look like.
        keys: Columns that rows are ordered by; none when the table has no usable key.
    """

    def __init__(self, relation: Relation, reading: Reading, wishes: Preferences) -> None:
        self.relation = relation
        self._wishes = wishes
        names = reading.columns or [column.name for column in relation.columns]
        self._wanted = [self._selected(name) for name in names]
        self.schema = pa.schema([self._field(found) for found in self._wanted])
        keys = [self._selected(name) for name in relation.key_columns]
        usable = all(key.kind.order != "none" for key in keys)
        self.keys = keys if usable else []
        known = {found.column.name for found in self._wanted}
        self._hidden = [key for key in self.keys if key.column.name not in known]
        self._decoders = [
            Decoder(relation.table, found.column.name, found.kind, wishes.zero_is_null)
            for found in self._wanted
        ]

    def statement(self, conditions: Sequence[str], *, along_key: bool) -> str:
        """Return the SELECT, in key order.

        Args:
            conditions: All of them have to hold.
            along_key: Make the server walk the key's index instead of sorting the table.
        """
        read = [
            found.kind.expression.format(found.quoted)
            for found in (*self._wanted, *self._hidden)
        ]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        order = ", ".join(key.quoted for key in self.keys)
        hint = ""
        if along_key and order and self.relation.key is not None:
            hint = f" FORCE INDEX ({QUOTING.quoted(self.relation.key.index)})"
        return (
            f"SELECT {', '.join(read)} FROM {self.relation.quoted}{hint}{where}"  # noqa: S608  quoted names
            + (f" ORDER BY {order}" if order else "")
        )

    def conditions(self, reading: Reading, after: Position | None) -> list[str]:
        """Return what the reading and a position demand of a row."""
        found: list[str] = []
        if after is not None:
            found.append(self._beyond(after))
        if reading.window is not None:
            found += self._in_window(reading.window)
        if reading.keys is not None:
            found += self._in_range(reading.keys)
        return found

    def batches(self, arrived: Iterator[list[pa.Array]], size: int) -> Iterator[Batch]:
        """Yield batches of about that many bytes from raw columns."""
        held: list[pa.RecordBatch] = []
        total = 0
        resume = NO_POSITION
        for raw in arrived:
            whole = self._decoded(raw)
            for rows, last in _pieces(whole, 0, size):
                if held and total + rows.nbytes > size:
                    yield Batch(_joined(held), resume)
                    held, total = [], 0
                held.append(rows)
                total += rows.nbytes
                resume = self._position(raw, last)
        if held:
            yield Batch(_joined(held), resume)

    def column(self, name: str) -> Selected:
        """Return a column of the table.

        Raises:
            OptionsInvalidError: There is none of that name.
        """
        return self._selected(name)

    def _decoded(self, raw: Sequence[pa.Array]) -> pa.RecordBatch:
        columns = [
            decoder.decode(values) for decoder, values in zip(self._decoders, raw, strict=False)
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def _position(self, raw: Sequence[pa.Array], row: int) -> Position:
        if not self.keys:
            return NO_POSITION
        at = {
            found.column.name: place
            for place, found in enumerate((*self._wanted, *self._hidden))
        }
        texts: list[str] = []
        for key in self.keys:
            value: bytes = raw[at[key.column.name]][row].as_py()
            texts.append(value.hex() if key.kind.order == "bytes" else value.decode())
        return Position(json.dumps(texts, ensure_ascii=False).encode())

    def _beyond(self, position: Position) -> str:
        try:
            texts = json.loads(position) if position != NO_POSITION else None
        except ValueError as error:
            raise PositionUnusableError("the position is damaged") from error
        if not self.keys or not isinstance(texts, list) or len(texts) != len(self.keys):
            raise PositionUnusableError(
                f"{self.relation.table} has no key to resume by, or another one than when "
                "the position was made",
                hint="start the copy anew, or give the table a primary key",
                stream=self.relation.table,
            )
        pairs = [
            (key.quoted, key.value(str(text)))
            for key, text in zip(self.keys, texts, strict=True)
        ]
        name, value = pairs[-1]
        condition = f"{name} > {value}"
        # Spelled out: the optimizer finds no range in a comparison of rows.
        for name, value in reversed(pairs[:-1]):
            condition = f"{name} >= {value} AND ({name} > {value} OR ({condition}))"
        return f"({condition})"

    def _selected(self, name: str) -> Selected:
        column = self.relation.column(name)
        if column is None:
            known = ", ".join(column.name for column in self.relation.columns)
            raise OptionsInvalidError(
                f"{self.relation.table} has no column {name}",
                hint=f"it has {known}",
                stream=self.relation.table,
                column=name,
            )
        return Selected(column, read_type(column.type, self._wishes.taste, json=column.json))

    def _field(self, found: Selected) -> pa.Field:
        comment = Meaning(found.kind.logical, comment=found.column.comment)
        field = read_field(found.column.name, found.column.type, found.kind, comment)
        dated = found.kind.logical in {"date", "timestamp", "instant"}
        may_be_null = not found.column.not_null or (dated and self._wishes.zero_is_null)
        return field.with_nullable(may_be_null)

    def _in_window(self, window: Window) -> list[str]:
        found = self._selected(window.column)
        conditions: list[str] = []
        if window.after is not None:
            sign = ">=" if window.inclusive else ">"
            conditions.append(f"{found.quoted} {sign} {_moment(window.after, found)}")
        if window.until is not None:
            conditions.append(f"{found.quoted} <= {_moment(window.until, found)}")
        return conditions or [f"{found.quoted} IS NOT NULL"]

    def _in_range(self, keys: KeyRange) -> list[str]:
        name = self._selected(keys.column).quoted
        found: list[str] = []
        if keys.lower is not None:
            found.append(f"{name} >= {keys.lower:d}")
        if keys.upper is not None:
            found.append(f"{name} < {keys.upper:d}")
        return found


def _moment(text: str, found: Selected) -> str:
    """Return the bound of a window as the system writes it."""
    if found.kind.logical in {"timestamp", "instant"}:
        text = text.replace("T", " ").removesuffix("+00:00").removesuffix("Z")
    return found.value(text)


def _is_number(text: str) -> bool:
    return text.removeprefix("-").replace(".", "", 1).isdecimal() and text.isascii()


def _pieces(
    rows: pa.RecordBatch, first: int, size: int
) -> Iterator[tuple[pa.RecordBatch, int]]:
    """Yield parts below the size, each with the place of its last row."""
    if rows.num_rows > 1 and rows.nbytes > size:
        half = rows.num_rows // 2
        yield from _pieces(rows.slice(0, half), first, size)
        yield from _pieces(rows.slice(half), first + half, size)
    else:
        yield rows, first + rows.num_rows - 1


def _joined(held: Sequence[pa.RecordBatch]) -> pa.RecordBatch:
    return held[0] if len(held) == 1 else pa.concat_batches(held)
