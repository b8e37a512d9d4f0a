"""The canonical hash of a row, of equal value for equal content however Arrow stores it."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landbridge.engine.receipts.lanes import Lanes
from landbridge.engine.receipts.nested import summed
from landbridge.engine.receipts.schemas import columns_of

ALGORITHM = "lb1"
"""Names the hash function; changes whenever any value's hash would."""

_MOST_ROWS = 1 << 14
_FEWEST_ROWS = 1 << 8
_PART_BYTES = 1 << 22


def row_hashes(rows: pa.RecordBatch) -> NDArray[np.uint64]:
    """Return the hash of each row: two 64-bit words, in an array of shape (rows, 2).

    Two rows have equal hashes when their columns have the same names and the same values, in
    whatever order the columns stand. A value is compared by what it means within its family
    (integers of any width, decimals of any scale, texts of any layout, instants of any unit
    and zone name…); families differ, NULL differs from every value, -0.0 from 0.0.

    The functions called release the GIL on all but small batches. Beside the result the call
    needs memory for 16,384 rows at most, some four times their size.

    Raises:
        TypeRefusedError: A column has a type without canonical form, such as a union.
    """
    columns = columns_of(rows.schema)
    start = summed([column.present for column in columns])
    hashes = np.empty((2, rows.num_rows), np.uint64)
    step = _rows_at_a_time(rows)
    for begin in range(0, rows.num_rows, step):
        part = rows.slice(begin, step)
        lanes = Lanes(part.num_rows, start)
        for column, values in zip(columns, part.columns, strict=True):
            column.absorb(values, lanes)
        hashes[:, begin : begin + part.num_rows] = lanes.finished()
    return hashes.T


def _rows_at_a_time(rows: pa.RecordBatch) -> int:
    """As many rows as the processor's caches hold, fewer when rows are long."""
    if rows.num_rows <= _FEWEST_ROWS:
        return _FEWEST_ROWS
    return max(_FEWEST_ROWS, min(_MOST_ROWS, _PART_BYTES * rows.num_rows // (rows.nbytes + 1)))
