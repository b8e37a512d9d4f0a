"""From the texts of CSV cells to columns of their types."""

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.files.options import CsvFormat
from landbridge.data.types import UUID, meaning_of
from landbridge.data.uuids import uuid_bytes
from landbridge.sdk.values import MisfitError, array_of

_EMPTY_MEANS_EMPTY = frozenset({"text", "json", "bits", "opaque", "binary"})
_NUMBER = r"^-?\d+(\.\d+)?([eE][+-]?\d+)?$"


def typed_rows(
    batch: pa.RecordBatch, columns: pa.Schema, options: CsvFormat, *, careful: bool
) -> pa.RecordBatch:
    """Return parsed cells in the columns wanted.

    Args:
        batch: Columns of those names, as texts or in their storage already.
        columns: The columns wanted.
        options: Which texts mean NULL.
        careful: Convert values one by one where Arrow refuses a column.

    Raises:
        MisfitError: A value does not fit its column.
        pa.ArrowInvalid: The same, when not careful.
    """
    arrays = []
    for field in columns:
        values = batch.column(field.name)
        if not values.type.equals(field.type) or meaning_of(field).logical == "number":
            values = _converted(values, field, options, careful=careful)
        if not field.nullable and values.null_count:
            row = pc.index(pc.is_null(values), pa.scalar(True)).as_py()  # noqa: FBT003
            raise MisfitError(row, None, field)
        arrays.append(values)
    return pa.RecordBatch.from_arrays(arrays, schema=columns)


def _converted(
    texts: pa.Array, field: pa.Field, options: CsvFormat, *, careful: bool
) -> pa.Array:
    if meaning_of(field).logical not in _EMPTY_MEANS_EMPTY and "" in options.null_texts:
        # Nothing between quotes is NULL where a text cannot be meant.
        texts = pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)
    if careful:
        return _one_by_one(texts, field)
    if field.type == UUID:
        try:
            return uuid_bytes(texts)
        except ValueError as error:
            raise pa.ArrowInvalid(str(error)) from error
    if meaning_of(field).logical == "number" and _are_numbers(texts):
        return texts
    return _one_by_one(texts, field)


def _are_numbers(texts: pa.Array) -> bool:
    fitting = pc.match_substring_regex(texts, _NUMBER)
    return pc.all(fitting).as_py() is not False


def _one_by_one(texts: pa.Array, field: pa.Field) -> pa.Array:
    if field.type != UUID and meaning_of(field).logical not in {"binary", "number", "bool"}:
        try:
            return texts.cast(field.type)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            pass  # the value that Arrow refuses is found, or read, below
    return array_of(texts.to_pylist(), field)
