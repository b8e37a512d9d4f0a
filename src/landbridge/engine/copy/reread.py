"""What really stands in the target, read again by the target's own read side."""

from collections.abc import Callable

from landbridge.data.conform import conform
from landbridge.engine.copy.prepare import Prepared
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.receipts.receipt import Receipt
from landbridge.sdk.reading import Reading
from landbridge.sdk.source import Source


def target_receipt(
    build: Callable[[], Source], task: StreamTask, prepared: Prepared
) -> Receipt:
    """Return the receipt of the whole target stream, in the columns that were written."""
    source = build()
    try:
        names = tuple(prepared.columns.names)
        reading = Reading(task.target, columns=names, batch_bytes=task.settings.batch_bytes)
        total = Receipt()
        for share in source.shares(reading, want=1):
            for batch in source.read(reading, share, after=None):
                total += Receipt.of(conform(batch.rows, prepared.columns))
        return total
    finally:
        source.close()
