"""How each column of a load gets into the column of the target."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import pyarrow as pa
from pgpq import ArrowToPostgresBinaryEncoder

from landbridge.connectors.postgres.catalogue import CatalogueColumn
from landbridge.connectors.postgres.encoders import (
    Encoder,
    as_float32,
    at_most_characters,
    at_most_digits,
    at_most_scale,
    cast_to,
    chained,
    jsonb,
    moments,
    times,
    unchanged,
    uuids_as_text,
    without_negative_zero,
)
from landbridge.connectors.postgres.types import (
    MAX_DECIMAL128,
    numeric_size,
    text_length,
    time_digits,
)
from landbridge.data.types import Logical, meaning_of
from landbridge.kernel.errors import RowsRefusedError
from landbridge.sdk.batching import slices

_TEXT = pa.string()
_TEXTS: frozenset[Logical] = frozenset({"text", "json", "number", "opaque", "bits"})


@dataclass(frozen=True, slots=True)
class WriteColumn:
    """One column on its way.

    Attributes:
        column: The target's column.
        encode: What is done to the values.
        cast: Set when values travel as text: the type the server casts them to.
    """

    column: CatalogueColumn
    encode: Encoder
    cast: str | None = None

    @property
    def name(self) -> str:
        """Name in the load and in the target."""
        return self.column.name


def write_column(field: pa.Field, column: CatalogueColumn) -> WriteColumn | None:
    """Return how values of a field are written to a column, or None when they cannot be."""
    logical = meaning_of(field).logical
    special = _SPECIAL.get(column.type.name) if column.type.built_in else None
    if special is not None:
        return special(field, column, logical)
    if logical not in _TEXTS:
        return None
    if column.type.kind == "e":
        return WriteColumn(column, unchanged)
    return WriteColumn(column, unchanged, cast=column.type.base_text)


_PIECE_BYTES = 1 << 20
"""Of rows encoded at a time: less than what sockets hold, so that the server never waits."""


def encoded(rows: pa.RecordBatch, columns: Sequence[WriteColumn]) -> Iterator[bytes]:
    """Return the rows as a whole binary COPY, in pieces that are encoded as they are taken.

    Raises:
        RowsRefusedError: Values that the target would change or cannot hold, row by row;
            raised at once, before any piece is taken.
    """
    return _pieces(_accepted(rows, columns))


def _pieces(batch: pa.RecordBatch) -> Iterator[bytes]:
    encoder = ArrowToPostgresBinaryEncoder(batch.schema)
    yield encoder.write_header()
    for piece in slices(batch, _PIECE_BYTES):
        yield encoder.write_batch(piece)
    yield encoder.finish()


def _accepted(rows: pa.RecordBatch, columns: Sequence[WriteColumn]) -> pa.RecordBatch:
    """The rows as the target's columns take them."""
    refused: dict[int, str] = {}
    arrays: list[pa.Array] = []
    for column in columns:
        values, wrong = column.encode(rows.column(column.name))
        arrays.append(values)
        for row, reason in wrong.items():
            refused.setdefault(row, f"{column.name}: {reason}")
    if refused:
        raise RowsRefusedError(
            f"{len(refused)} rows hold values that the target cannot keep", refused
        )
    fields = [
        pa.field(column.name, values.type)
        for column, values in zip(columns, arrays, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


Rule = Callable[[pa.Field, CatalogueColumn, Logical], WriteColumn | None]


def _same(logical: Logical, encode: Encoder = unchanged) -> Rule:
    """Only this logical type, encoded so."""

    def rule(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
        del field
        return WriteColumn(column, encode) if found == logical else None

    return rule


def _number(storage: pa.DataType, *logicals: Logical) -> Rule:
    def rule(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
        if found not in logicals:
            return None
        return WriteColumn(column, unchanged if field.type == storage else cast_to(storage))

    return rule


def _single(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
    if found != "float":
        return None
    return WriteColumn(column, unchanged if field.type == pa.float32() else as_float32)


def _moment(*logicals: Logical, storage: pa.DataType | None = None) -> Rule:
    def rule(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
        if found not in logicals:
            return None
        steps: list[Encoder] = []
        if storage is not None and field.type != storage:
            steps.append(cast_to(storage))
        digits = time_digits(column.type)
        if storage is not None and digits < _MICROSECONDS:
            steps.append(at_most_digits(digits))
        return WriteColumn(column, chained(*steps, times if found == "time" else moments))

    return rule


_MICROSECONDS = 6


def _numeric(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
    size = numeric_size(column.type)
    if found == "int":
        whole = cast_to(pa.decimal128(20, 0))
        return WriteColumn(column, whole) if size is None or size[1] >= 0 else None
    if found == "number":
        checks: list[Encoder] = [without_negative_zero]
        if size is not None and size[1] >= 0:
            checks.append(at_most_scale(size[1]))
        return WriteColumn(column, chained(*checks), cast="numeric")
    if found != "decimal":
        return None
    steps: list[Encoder] = []
    precision, scale = field.type.precision, field.type.scale
    if size is not None and 0 <= size[1] < scale:
        scale = size[1]
        steps.append(cast_to(_decimal(precision, scale)))
    if precision > MAX_DECIMAL128 or scale < 0:
        return WriteColumn(column, chained(*steps, cast_to(_TEXT)), cast="numeric")
    return WriteColumn(column, chained(*steps))


def _decimal(precision: int, scale: int) -> pa.DataType:
    if precision <= MAX_DECIMAL128:
        return pa.decimal128(precision, scale)
    return pa.decimal256(precision, scale)


def _text(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
    steps: list[Encoder] = []
    if found == "uuid":
        steps.append(uuids_as_text)
    elif found in {"bool", "int", "float", "decimal"}:
        steps.append(cast_to(_TEXT))
    elif found not in _TEXTS:
        return None
    length = text_length(column.type)
    declared = meaning_of(field).length
    if length is not None and (found != "text" or declared is None or declared > length):
        steps.append(at_most_characters(length))
    cast = column.type.text if column.type.name == "char" else None
    return WriteColumn(column, chained(*steps), cast=cast)


def _json(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
    del field
    if found not in {"json", "text", "opaque"}:
        return None
    return WriteColumn(column, jsonb if column.type.name == "jsonb" else unchanged)


def _uuid(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
    if found == "text":
        return WriteColumn(column, unchanged, cast="uuid")
    return _same("uuid")(field, column, found)


def _bits(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
    del field
    # A cast to the declared length would cut; assigning an unbounded value does not.
    return WriteColumn(column, unchanged, cast="bit varying") if found in _TEXTS else None


def _xml(field: pa.Field, column: CatalogueColumn, found: Logical) -> WriteColumn | None:
    del field
    return WriteColumn(column, unchanged) if found in _TEXTS else None


_SPECIAL: Mapping[str, Rule] = MappingProxyType(
    {
        "bool": _same("bool"),
        "int2": _number(pa.int16(), "int"),
        "int4": _number(pa.int32(), "int"),
        "int8": _number(pa.int64(), "int"),
        "float4": _single,
        "float8": _number(pa.float64(), "float", "int"),
        "numeric": _numeric,
        "text": _text,
        "varchar": _text,
        "bpchar": _text,
        "name": _text,
        "char": _text,
        "bytea": _same("binary"),
        "date": _moment("date"),
        "time": _moment("time", storage=pa.time64("us")),
        "timestamp": _moment("timestamp", "date", storage=pa.timestamp("us")),
        "timestamptz": _moment("instant", storage=pa.timestamp("us", tz="UTC")),
        "uuid": _uuid,
        "json": _json,
        "jsonb": _json,
        "bit": _bits,
        "varbit": _bits,
        "xml": _xml,
    }
)
