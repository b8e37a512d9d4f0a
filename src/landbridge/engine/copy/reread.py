"""What really stands in the target, read again by the target's own read side."""

from contextlib import closing

from landbridge.data.conform import conform
from landbridge.engine.copy.prepare import Prepared
from landbridge.engine.copy.steady import SteadySource
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.receipts.receipt import Receipt
from landbridge.sdk.reading import Reading


def target_receipt(source: SteadySource, task: StreamTask, prepared: Prepared) -> Receipt:
    """Return the receipt of the whole target stream, in the columns that were written.

    Closes the source.
    """
    names = tuple(prepared.columns.names)
    reading = Reading(task.target, columns=names, batch_bytes=task.settings.batch_bytes)
    total = Receipt()
    with closing(source):
        for rows in source.read(reading):
            total += Receipt.of(conform(rows, prepared.columns))
    return total
