"""Cutting Arrow data into batches of a size in bytes."""

from collections.abc import Iterable, Iterator

import pyarrow as pa


def slices(batch: pa.RecordBatch, target_bytes: int) -> Iterator[pa.RecordBatch]:
    """Yield slices of about the target size, in order, without copying.

    Rows are assumed to be of similar size; a batch of no rows yields nothing.
    """
    if batch.num_rows == 0:
        return
    pieces = max(1, -(-batch.nbytes // max(target_bytes, 1)))
    rows = max(1, -(-batch.num_rows // pieces))
    for start in range(0, batch.num_rows, rows):
        yield batch.slice(start, rows)


def regrouped(batches: Iterable[pa.RecordBatch], target_bytes: int) -> Iterator[pa.RecordBatch]:
    """Yield the same rows in batches near the target size, joining small and cutting big.

    Never yields an empty batch. Holds at most twice the target besides the current input.
    """
    held: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        for piece in slices(batch, target_bytes):
            if size + piece.nbytes > target_bytes and held:
                yield pa.concat_batches(held)
                held, size = [], 0
            held.append(piece)
            size += piece.nbytes
    if held:
        yield pa.concat_batches(held)
