"""Rows of one schema brought to another that means the same."""

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import UUID, meaning_of
from landbridge.data.uuids import uuid_bytes, uuid_text


def conform(rows: pa.RecordBatch, wanted: pa.Schema) -> pa.RecordBatch:
    """Return the rows in the wanted schema, columns matched by name.

    A target may keep a column in a wider type (a UUID as text, a date as a timestamp). This
    brings re-read rows back to the type that was written, so that contents compare.

    Raises:
        ValueError: A column is missing, or a value has no equal in the wanted type.
    """
    if rows.schema.equals(wanted, check_metadata=False):
        return pa.RecordBatch.from_arrays(rows.columns, schema=wanted)
    arrays = []
    for field in wanted:
        at = rows.schema.get_field_index(field.name)
        if at < 0:
            raise ValueError(f"column {field.name} is missing")
        arrays.append(_conformed(rows.column(at), rows.schema.field(at), field))
    return pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _conformed(values: pa.Array, found: pa.Field, wanted: pa.Field) -> pa.Array:
    if values.type == wanted.type:
        return values
    if wanted.type == UUID and pa.types.is_string(values.type):
        return uuid_bytes(values)
    if values.type == UUID and pa.types.is_string(wanted.type):
        return uuid_text(values)
    try:
        if pa.types.is_decimal(values.type) and pa.types.is_string(wanted.type):
            return _plain_number(values)
        if pa.types.is_string(values.type) and meaning_of(wanted).logical == "bool":
            return values.cast(pa.int64()).cast(pa.bool_())
        return values.cast(wanted.type)
    except pa.ArrowException as error:
        raise ValueError(
            f"column {wanted.name}: {found.type} to {wanted.type}: {error}"
        ) from error


def _plain_number(values: pa.Array) -> pa.Array:
    text = values.cast(pa.string())
    return pc.replace_substring_regex(text, r"(\.\d*?)0+$", r"\1")
