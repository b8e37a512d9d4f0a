"""Finding the rows a target refuses, when it only says that some are."""

import pyarrow as pa

from landbridge.sdk.sink import Writer


def isolate(writer: Writer, rows: pa.RecordBatch) -> dict[int, str]:
    """Return the index and reason of every row that the target refuses on its own.

    Halves the batch until single rows remain: for k refused rows of n, about k·log2(n)
    trials. Rows that are only refused in company (two of the same key) are not found here.
    """
    refused: dict[int, str] = {}
    pending = [(0, rows.num_rows)]
    while pending:
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
        pending += [(start, middle), (middle, end)]
    return refused
