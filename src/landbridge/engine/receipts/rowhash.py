"""The canonical hash of a row, of equal value for equal content however Arrow stores it."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landbridge.engine.receipts.columns import Column
from landbridge.engine.receipts.lanes import Lanes
from landbridge.engine.receipts.nested import summed
from landbridge.engine.receipts.schemas import columns_of

ALGORITHM = "lb1"
"""Names the hash function; changes whenever any value's hash would."""

_ROWS = 1 << 14  # at a time: what the processor's second cache holds


def row_hashes(rows: pa.RecordBatch) -> NDArray[np.uint64]:
    """Return the hash of each row: two 64-bit words, in an array of shape (rows, 2).

    Two rows have equal hashes when their columns have the same names and the same values, in
    whatever order the columns stand. A value is compared by what it means within its family
    (integers of any width, decimals of any scale, texts of any layout, instants of any unit
    and zone name…); families differ, NULL differs from every value, -0.0 from 0.0.

    The functions called release the GIL on all but small batches; beside the result it needs
    memory for a few thousand rows, or a few times the batch when columns are nested.

    Raises:
        TypeRefusedError: A column has a type without canonical form (a union).
    """
    columns = columns_of(rows.schema)
    hashes = np.empty((rows.num_rows, 2), np.uint64)
    for begin in range(0, rows.num_rows, _ROWS):
        part = rows.slice(begin, _ROWS)
        first, second = _hashed(part, columns)
        hashes[begin : begin + part.num_rows, 0] = first
        hashes[begin : begin + part.num_rows, 1] = second
    return hashes


def _hashed(
    rows: pa.RecordBatch, columns: tuple[Column, ...]
) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    lanes = Lanes(rows.num_rows, start=summed([column.present for column in columns]))
    for column, values in zip(columns, rows.columns, strict=True):
        column.absorb(values, lanes)
    return lanes.finished()
