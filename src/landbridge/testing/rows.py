"""Rows as Python values that compare equal exactly when nothing was lost."""

import pyarrow as pa
import pyarrow.compute as pc

Row = tuple[object, ...]


def comparable(rows: pa.Table | pa.RecordBatch) -> list[Row]:
    """Return the rows in order, each as a tuple of values that compare exactly.

    NaN equals NaN, NULL differs from every value, instants beyond Python's calendar are
    kept as numbers, and decimals as digits.

    Example:
        >>> comparable(pa.table({"x": [float("nan"), 1.5, None]}))
        [('nan',), ('1.5',), (None,)]
    """
    columns = [_values(rows.column(at)) for at in range(rows.num_columns)]
    return list(zip(*columns, strict=True))


def unordered(rows: pa.Table | pa.RecordBatch) -> list[Row]:
    """Return the same in an order of its own, for targets that promise none."""
    return sorted(comparable(rows), key=repr)


def _values(column: pa.Array | pa.ChunkedArray) -> list[object]:
    storage = column.type
    if pa.types.is_floating(storage):
        return pc.cast(pc.add(column, 0.0), pa.string()).to_pylist()
    if pa.types.is_decimal(storage):
        return pc.cast(column, pa.string()).to_pylist()
    if pa.types.is_date(storage):
        return column.cast(pa.int32()).to_pylist()
    if pa.types.is_timestamp(storage) or pa.types.is_time(storage):
        return column.cast(pa.int64()).to_pylist()
    return column.to_pylist()
