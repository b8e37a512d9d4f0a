"""Reading Parquet: its own types, brought into the canonical storages exactly."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from typing_extensions import override

from landbridge.connectors.files.errors import explained
from landbridge.connectors.files.formats import Format, Wanted
from landbridge.data.types import (
    INSTANT,
    TIME,
    TIMESTAMP,
    UUID,
    Logical,
    Meaning,
    canonical,
    column,
    implied,
)
from landbridge.kernel.errors import DataUnreadableError
from landbridge.sdk.batching import regrouped
from landbridge.sdk.values import json_text

_BUFFER = 1 << 20
_ROWS = 16_384
_KEY = b"landbridge.key"
_COMMENT = b"landbridge.comment"
_STATED = b"landbridge.logical"
_DECIMAL128_DIGITS = 38
_EXTENSIONS: dict[str, tuple[pa.DataType, Logical]] = {
    "arrow.uuid": (UUID, "uuid"),
    "arrow.json": (pa.string(), "json"),
}
_EXACT = (
    (pa.types.is_float16, pa.float32()),
    (pa.types.is_date, pa.date32()),
    (pa.types.is_time, TIME),
    (pa.types.is_binary, pa.binary()),
    (pa.types.is_large_binary, pa.binary()),
    (pa.types.is_binary_view, pa.binary()),
    (pa.types.is_fixed_size_binary, pa.binary()),
)


class ParquetFiles(Format):
    """Parquet files."""

    @override
    def columns(self, files: Sequence[Path]) -> pa.Schema:
        with explained(files[0].name):
            return pa.schema([canonical_column(field) for field in _stored(files[0])])

    @override
    def batches(self, file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        with explained(file.name):
            stored = pa.schema([canonical_column(field) for field in _stored(file)])
        _check_shape(file, stored, wanted.every)
        yield from regrouped(_read(file, wanted), wanted.batch_bytes)


def keyed(schema: pa.Schema, key: Sequence[str], comment: str) -> pa.Schema:
    """Return the schema with key and comment, as files of ours carry them."""
    return schema.with_metadata({_KEY: "\0".join(key).encode(), _COMMENT: comment.encode()})


def key_and_comment(file: Path) -> tuple[tuple[str, ...], str]:
    """Return what a file of ours says of its key and its comment."""
    with explained(file.name):
        metadata = _stored(file).metadata or {}
    key = metadata.get(_KEY, b"").decode()
    return tuple(key.split("\0")) if key else (), metadata.get(_COMMENT, b"").decode()


def group_count(file: Path) -> int:
    """Return the number of row groups of a file."""
    with explained(file.name), closing(_opened(file)) as opened:
        return int(opened.metadata.num_row_groups)


def row_count(file: Path) -> int:
    """Return the number of rows of a file."""
    with explained(file.name), closing(_opened(file)) as opened:
        return int(opened.metadata.num_rows)


def canonical_column(field: pa.Field) -> pa.Field:
    """Return the column in which values of a foreign storage are exact."""
    storage, null = field.type, field.nullable
    if _STATED in (field.metadata or {}):
        return canonical(pa.schema([field])).field(0)
    if isinstance(storage, pa.BaseExtensionType):
        meant = _EXTENSIONS.get(storage.extension_name)
        if meant is not None:
            return column(field.name, meant[0], Meaning(meant[1]), nullable=null)
        return canonical_column(pa.field(field.name, storage.storage_type, null))
    if pa.types.is_dictionary(storage):
        return canonical_column(pa.field(field.name, storage.value_type, null))
    if pa.types.is_duration(storage) or pa.types.is_interval(storage):
        meaning = Meaning("opaque", f"arrow:{storage}")
        return column(field.name, pa.string(), meaning, nullable=null)
    chosen = _exact_storage(storage)
    # Sixteen bytes are a UUID only where the file says so.
    logical = "binary" if chosen == pa.binary() else implied(storage)
    return column(field.name, chosen, Meaning(logical), nullable=null)


def _exact_storage(storage: pa.DataType) -> pa.DataType:
    kept = pa.types.is_boolean(storage) or pa.types.is_integer(storage)
    if kept or storage in (pa.float32(), pa.float64()):
        return storage
    if pa.types.is_decimal(storage):
        small = storage.precision <= _DECIMAL128_DIGITS
        kind = pa.decimal128 if small else pa.decimal256
        return kind(storage.precision, storage.scale)
    if pa.types.is_timestamp(storage):
        return TIMESTAMP if storage.tz is None else INSTANT
    for test, chosen in _EXACT:
        if test(storage):
            return chosen
    return pa.string()


def canonical_array(values: pa.Array, field: pa.Field) -> pa.Array:
    """Return values of a foreign storage in the column of `canonical_column`.

    Raises:
        pa.ArrowInvalid: A value would lose something: nanoseconds, bytes that are no text.
    """
    storage = values.type
    if isinstance(storage, pa.BaseExtensionType):
        return canonical_array(values.storage, field)
    if storage.equals(field.type):
        return values
    if pa.types.is_dictionary(storage):
        return canonical_array(values.dictionary_decode(), field)
    if pa.types.is_nested(storage):
        texts = [None if v is None else json_text(v) for v in values.to_pylist()]
        return pa.array(texts, pa.string())
    if pa.types.is_duration(storage):
        return values.cast(pa.int64()).cast(pa.string())
    return pc.cast(values, field.type)


def _opened(file: Path) -> pq.ParquetFile:
    return pq.ParquetFile(str(file), buffer_size=_BUFFER, pre_buffer=False)


def _stored(file: Path) -> pa.Schema:
    with closing(_opened(file)) as opened:
        return opened.schema_arrow


def _read(file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
    with explained(file.name), closing(_opened(file)) as opened:
        groups, skip = _groups_left(opened, wanted)
        names = wanted.columns.names
        at = wanted.skip - skip
        for batch in opened.iter_batches(_rows_a_batch(opened, wanted), groups, names):
            fresh = batch.slice(min(skip, batch.num_rows))
            skip -= batch.num_rows - fresh.num_rows
            if fresh.num_rows:
                yield _exact(file, fresh, wanted.columns, at)
            at += batch.num_rows


def _groups_left(opened: pq.ParquetFile, wanted: Wanted) -> tuple[list[int], int]:
    """Return the row groups that hold rows to read, and the rows of the first to skip."""
    total = opened.metadata.num_row_groups
    last = total if wanted.groups < 0 else min(wanted.first_group + wanted.groups, total)
    groups = list(range(wanted.first_group, last))
    skip = wanted.skip
    while groups and skip >= opened.metadata.row_group(groups[0]).num_rows:
        skip -= opened.metadata.row_group(groups.pop(0)).num_rows
    return groups, skip


def _rows_a_batch(opened: pq.ParquetFile, wanted: Wanted) -> int:
    """Return rows that take about the bytes wanted, judged by the first row group."""
    if opened.metadata.num_row_groups == 0:
        return _ROWS
    group = opened.metadata.row_group(wanted.first_group)
    each = max(group.total_byte_size // max(group.num_rows, 1), 1)
    return int(min(max(wanted.batch_bytes // each, 1), 1 << 20))


def _exact(file: Path, rows: pa.RecordBatch, columns: pa.Schema, at: int) -> pa.RecordBatch:
    arrays = []
    for field in columns:
        try:
            arrays.append(canonical_array(rows.column(field.name), field))
        except pa.ArrowInvalid as error:
            raise DataUnreadableError(
                f"{file.name}, rows from {at}, column {field.name}: {error}",
                hint="values finer than microseconds cannot be kept",
                file=file.name,
                row=at,
                column=field.name,
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _check_shape(file: Path, stored: pa.Schema, every: pa.Schema) -> None:
    for field in every:
        at = stored.get_field_index(field.name)
        if at < 0 or not stored.field(at).type.equals(field.type):
            found = "no such column" if at < 0 else str(stored.field(at).type)
            raise DataUnreadableError(
                f"{file.name} is not of the shape of the other files: {field.name} is "
                f"{field.type} there and {found} here",
                hint="give files of another shape a stream of their own",
                file=file.name,
                column=field.name,
            )
    added = sorted(set(stored.names) - set(every.names))
    if added:
        raise DataUnreadableError(
            f"{file.name} is not of the shape of the other files: it also has {added[0]}",
            hint="give files of another shape a stream of their own",
            file=file.name,
            column=added[0],
        )
