"""Finding the rows a target refuses, when it only says that some are."""

import pyarrow as pa

from landbridge.sdk.sink import Writer


def isolate(writer: Writer, rows: pa.RecordBatch, most: int | None = None) -> dict[int, str]:
    """Return the index and reason of every row that the target refuses on its own, in order.

    Halves the batch until single rows remain: for k refused rows of n, about k·log2(n)
    trials. Rows that are only refused in company (two of the same key) are not found here.

    Args:
        writer: Tells what is refused.
        rows: The batch.
        most: Search no further once so many are found; None finds all.
    """
    refused: dict[int, str] = {}
    pending = [(0, rows.num_rows)]
    while pending and (most is None or len(refused) < most):
        start, end = pending.pop()
        if end <= start:
            continue
        reason = writer.refusal(rows.slice(start, end - start))
        if reason is None:
            continue
        if end - start == 1:
            refused[start] = reason
            continue
        middle = (start + end) // 2
        pending += [(middle, end), (start, middle)]
    return refused
