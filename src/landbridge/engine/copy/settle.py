"""Turning a mapped batch into a settled one: every row accounted for, or nothing kept."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.ledger import Counts
from landbridge.data.rowtext import rows_to_json
from landbridge.engine.copy.isolate import isolate
from landbridge.engine.copy.reader import Incoming
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.mapping.mapped import Mapped, RowFault
from landbridge.engine.receipts.receipt import Receipt
from landbridge.kernel.errors import LedgerUnbalancedError, RowsFailedError, RowsRefusedError
from landbridge.sdk.progress import Settled
from landbridge.sdk.quarantine import QuarantinedRow, QuarantineLog
from landbridge.sdk.sink import Writer
from landbridge.specs.settings import Quarantine


class FailureLimit:
    """Counts failed rows of one stream over all its shares, against the document's limit."""

    def __init__(self, task: StreamTask) -> None:
        self._task = task
        self._lock = threading.Lock()
        self._failed = 0
        self._read = 0

    def admit(self, faults: Sequence[RowFault], read: int) -> None:
        """Count a batch's faults.

        Raises:
            RowsFailedError: The document stops at failed rows, or at so many of them.
        """
        action = self._task.settings.failed_rows
        with self._lock:
            self._failed += len(faults)
            self._read += read
            failed, total = self._failed, self._read
        if not faults:
            return
        if not isinstance(action, Quarantine):
            raise self._error(faults[0], "failed_rows: {action: quarantine} keeps them aside")
        if action.max_rows is not None and failed > action.max_rows:
            raise self._exceeded(
                faults[0], f"{failed} rows failed, max_rows is {action.max_rows}"
            )
        if action.max_share is not None and failed > action.max_share * total:
            told = f"{failed} of {total} rows failed, max_share is {action.max_share}"
            raise self._exceeded(faults[0], told)

    def enough(self) -> int | None:
        """How many more failed rows are certain to stop the run; None when none are."""
        action = self._task.settings.failed_rows
        if not isinstance(action, Quarantine):
            return 1
        with self._lock:
            failed, total = self._failed, self._read
        most = [action.max_rows] if action.max_rows is not None else []
        if action.max_share is not None:
            most.append(int(action.max_share * total))
        return max(1, min(most) - failed + 1) if most else None

    def _exceeded(self, fault: RowFault, told: str) -> RowsFailedError:
        return RowsFailedError(
            f"{self._task.stream}: {told}; the last: {fault.reason}",
            hint="look at `landbridge quarantine list`, or allow more in failed_rows",
            stream=self._task.stream,
            field=fault.field,
            reason=fault.code,
        )

    def _error(self, fault: RowFault, hint: str) -> RowsFailedError:
        return RowsFailedError(
            f"{self._task.stream}: a row failed"
            + (f" at field {fault.field}" if fault.field else "")
            + f": {fault.reason}",
            hint=hint,
            stream=self._task.stream,
            row=fault.row,
            field=fault.field,
            reason=fault.code,
        )


@dataclass(frozen=True, slots=True)
class Settlement:
    """What settles the batches of one share.

    Attributes:
        task: The copy.
        generation: Its generation.
        key: Key columns in the target.
        quarantine: Where refused rows are kept.
        limit: How many may fail.
        receipts: Whether content is hashed.
    """

    task: StreamTask
    generation: int
    key: tuple[str, ...]
    quarantine: QuarantineLog
    limit: FailureLimit
    receipts: bool

    def settle(self, writer: Writer, incoming: Incoming, before: Settled) -> Settled:
        """Write one batch with its accounts and return the share's new totals.

        Raises:
            RowsFailedError: Rows failed and the document does not allow it.
            LedgerUnbalancedError: A row is not accounted for; nothing was kept.
        """
        mapped, superseded = self._keyed(incoming.mapped)
        self.limit.admit(mapped.faults, incoming.batch.rows.num_rows)
        self._keep_aside(incoming, mapped.faults, before)
        while True:
            after = self._totals(incoming, mapped, superseded, before)
            try:
                writer.write(mapped.rows, after)
            except RowsRefusedError as error:
                known = len(mapped.faults)
                mapped = without_refused(writer, mapped, error, self.limit.enough())
                self.limit.admit(mapped.faults[known:], 0)
                self._keep_aside(incoming, mapped.faults[known:], before)
            else:
                return after

    def _keyed(self, mapped: Mapped) -> tuple[Mapped, int]:
        if self.task.mode not in {"merge", "mirror"}:
            return mapped, 0
        if self.task.mode == "mirror":
            return _without_null_keys(mapped, self.key), 0
        return keyed(mapped, self.key)

    def _totals(
        self, incoming: Incoming, mapped: Mapped, superseded: int, before: Settled
    ) -> Settled:
        counts = Counts(
            read=incoming.batch.rows.num_rows,
            written=mapped.rows.num_rows,
            filtered=mapped.filtered,
            quarantined=len(mapped.faults),
            superseded=superseded,
        )
        if not counts.balanced:
            raise LedgerUnbalancedError(
                f"{self.task.stream}: batch of {counts.read} rows does not balance: {counts}",
                stream=self.task.stream,
                share=before.share,
            )
        read, written = before.read_receipt, before.written_receipt
        if incoming.receipt is not None:
            same = mapped.rows is incoming.batch.rows
            read = _added(read, incoming.receipt)
            written = _added(written, incoming.receipt if same else Receipt.of(mapped.rows))
        return Settled(
            share=before.share,
            batches=before.batches + 1,
            position=incoming.batch.resume,
            counts=before.counts + counts,
            read_receipt=read,
            written_receipt=written,
        )

    def _keep_aside(
        self, incoming: Incoming, faults: Sequence[RowFault], before: Settled
    ) -> None:
        if not faults:
            return
        texts = rows_to_json(incoming.batch.rows, [fault.row for fault in faults])
        first = before.counts.read
        self.quarantine.keep(
            [
                QuarantinedRow(
                    run_id=self.task.run_id,
                    flow=self.task.flow,
                    node=self.task.node.name,
                    stream=self.task.stream,
                    load_id=self.task.load_id,
                    generation=self.generation,
                    share=before.share,
                    row=first + fault.row,
                    code=fault.code,
                    field=fault.field,
                    reason=fault.reason,
                    content=text,
                )
                for fault, text in zip(faults, texts, strict=True)
            ]
        )


def without_refused(
    writer: Writer, mapped: Mapped, error: RowsRefusedError, most: int | None = None
) -> Mapped:
    """Return the batch without the rows that the target refuses, each with its fault.

    Args:
        writer: Tells what is refused, when the error does not.
        mapped: The batch.
        error: Why it was not written.
        most: So many refused rows stop the run: no more are looked for.

    Raises:
        RowsRefusedError: Rows are refused together, though each alone is taken.
    """
    rejected = dict(error.rejected) or isolate(writer, mapped.rows, most)
    if not rejected:
        raise error
    faults = tuple(
        RowFault(mapped.origin_of(row), "sink.rows_refused", "", reason)
        for row, reason in sorted(rejected.items())
    )
    dropped = np.zeros(mapped.rows.num_rows, dtype=np.bool_)
    dropped[list(rejected)] = True
    return mapped.without(dropped, faults)


def keyed(mapped: Mapped, key: Sequence[str]) -> tuple[Mapped, int]:
    """Return the batch with unique keys, none null; and how many rows were superseded."""
    return _latest_of_each_key(_without_null_keys(mapped, key), key)


def finished(before: Settled) -> Settled:
    """Return the totals of a share that has come to its end."""
    return replace(before, done=True)


def _added(total: str, receipt: Receipt) -> str:
    return (Receipt.from_text(total) + receipt if total else receipt).to_text()


def _without_null_keys(mapped: Mapped, key: Sequence[str]) -> Mapped:
    dropped = np.zeros(mapped.rows.num_rows, dtype=np.bool_)
    faults: list[RowFault] = []
    for name in key:
        column = mapped.rows.column(name)
        if column.null_count == 0:
            continue
        nulls = column.is_null().to_numpy(zero_copy_only=False) & ~dropped
        faults += [
            RowFault(
                mapped.origin_of(int(row)), "mapping.key_null", name, f"key {name} is null"
            )
            for row in np.flatnonzero(nulls)
        ]
        dropped |= nulls
    return mapped.without(dropped, tuple(faults)) if faults else mapped


def _latest_of_each_key(mapped: Mapped, key: Sequence[str]) -> tuple[Mapped, int]:
    """Keep the last row of each key, in order; return how many earlier ones fell out."""
    rows = mapped.rows.num_rows
    numbered = pa.table(
        [*(mapped.rows.column(name) for name in key), pa.array(np.arange(rows))],
        names=[*(f"k{at}" for at in range(len(key))), "row"],
    )
    last = numbered.group_by([f"k{at}" for at in range(len(key))]).aggregate([("row", "max")])
    if last.num_rows == rows:
        return mapped, 0
    kept = np.zeros(rows, dtype=np.bool_)
    kept[pc.cast(last.column("row_max"), pa.int64()).to_numpy()] = True
    return mapped.without(~kept, ()), int(rows - last.num_rows)
