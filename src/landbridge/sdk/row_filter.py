"""Windows and key ranges for systems that cannot filter: rows are dropped after reading."""

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.kernel.errors import OptionsInvalidError
from landbridge.sdk.reading import KeyRange, Reading, Window


def columns_needed(reading: Reading, schema: pa.Schema) -> list[str]:
    """Return the columns to read: those wanted, and those that the filters look at.

    Raises:
        OptionsInvalidError: The reading names a column that the stream does not have.
    """
    wanted = list(reading.columns if reading.columns is not None else schema.names)
    filters = [part.column for part in (reading.window, reading.keys) if part is not None]
    for name in (*wanted, *filters):
        if name not in schema.names:
            raise OptionsInvalidError(
                f"{reading.stream} has no column {name}",
                hint=f"it has {', '.join(schema.names)}",
                stream=reading.stream,
                column=name,
            )
    return [name for name in schema.names if name in {*wanted, *filters}]


def rows_kept(rows: pa.RecordBatch, reading: Reading) -> pa.Array | None:
    """Return which rows are in the window and key range, or None when there is neither."""
    kept: pa.Array | None = None
    if reading.window is not None:
        kept = _in_window(rows.column(reading.window.column), reading.window)
    if reading.keys is not None:
        found = _in_range(rows.column(reading.keys.column), reading.keys)
        kept = found if kept is None else pc.and_(kept, found)
    return None if kept is None else pc.fill_null(kept, fill_value=False)


def greatest(values: Sequence[pa.Array], storage: pa.DataType) -> pa.Scalar | None:
    """Return the greatest value of all arrays, or None without one."""
    found = [value for one in values if (value := pc.max(one)).is_valid]
    if not found:
        return None
    return pc.max(pa.array([value.as_py() for value in found], storage))


def bound_text(value: pa.Scalar) -> str:
    """Return a value as windows write their bounds."""
    kept = value.as_py()
    return str(kept.isoformat() if hasattr(kept, "isoformat") else kept)


def _in_window(values: pa.Array, window: Window) -> pa.Array:
    kept = pc.is_valid(values)
    if window.after is not None:
        above = pc.greater_equal if window.inclusive else pc.greater
        kept = pc.and_(kept, above(values, _bound(window.after, values.type)))
    if window.until is not None:
        kept = pc.and_(kept, pc.less_equal(values, _bound(window.until, values.type)))
    return kept


def _in_range(values: pa.Array, keys: KeyRange) -> pa.Array:
    kept = pc.is_valid(values)
    if keys.lower is not None:
        kept = pc.and_(kept, pc.greater_equal(values, keys.lower))
    if keys.upper is not None:
        kept = pc.and_(kept, pc.less(values, keys.upper))
    return kept


def _bound(text: str, storage: pa.DataType) -> pa.Scalar:
    try:
        return pa.scalar(text).cast(storage)
    except pa.ArrowInvalid as error:
        raise OptionsInvalidError(f"{text} is no bound for a column of {storage}") from error
