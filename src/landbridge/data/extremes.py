"""Values at the ends of their storage that not every system can keep."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import meaning_of

_MOMENTS = frozenset({"date", "timestamp", "instant"})


def infinite(values: pa.Array, field: pa.Field) -> list[int]:
    """Return the rows that hold an infinite date or moment.

    By convention these are the greatest and the least integer of the storage
    (`data.types`). A column of another meaning has none.
    """
    if meaning_of(field).logical not in _MOMENTS or not len(values):
        return []
    numbers = values.cast(pa.int32() if pa.types.is_date32(values.type) else pa.int64())
    limits = np.iinfo(np.int32 if pa.types.is_date32(values.type) else np.int64)
    ends = pc.min_max(numbers)
    if ends["max"].as_py() != limits.max and ends["min"].as_py() != limits.min:
        return []
    marked = pc.or_(pc.equal(numbers, limits.max), pc.equal(numbers, limits.min))
    rows: list[int] = pc.indices_nonzero(marked).to_pylist()
    return rows


def negative_zeros(values: pa.Array) -> list[int]:
    """Return the rows of a column of floats that hold -0.0."""
    numbers = values.to_numpy(zero_copy_only=False)
    found = np.flatnonzero((numbers == 0) & np.signbit(numbers))
    return [int(row) for row in found]
