"""Single faults between the engine and what the target keeps: each must end the run loudly."""

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from tests.receipts.faults import Fault, FaultNotApplicableError, inject
from tests.receipts.order_rows import order_rows
from typing_extensions import override

from landbridge.data.schema import StreamSchema
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.copy import StreamCopy
from landbridge.engine.copy.task import SinkEnd, SourceEnd, StreamTask
from landbridge.engine.mapping.mapped import IdentityMapping
from landbridge.kernel.backoff import Backoff
from landbridge.kernel.clock import SystemClock
from landbridge.kernel.errors import ReceiptMismatchError
from landbridge.sdk.progress import Settled
from landbridge.sdk.quarantine import QuarantinedRow, QuarantineLog
from landbridge.sdk.sink import Load, Loading, Published, Writer
from landbridge.sdk.source import Source
from landbridge.specs.copy import CopyNode
from landbridge.specs.settings import CopySettings
from landbridge.testing.memory import MEMORY_READS, MemorySource
from landbridge.testing.memory_sink import MEMORY_WRITES, MemorySink, MemoryStore

_NODE = CopyNode.model_validate(
    {
        "type": "copy",
        "name": "n",
        "source": {"connection": "a", "streams": ("t",)},
        "target": {"connection": "b", "stream": "t"},
        "write": {"mode": "replace"},
        "parallel": 1,
        "receipts": "reread",
    }
)
_ROWS = 40
_BATCH_ROWS = 10

Tamper = Callable[[pa.RecordBatch], pa.RecordBatch]


def caught(kind: Fault | None, seed: int) -> bool:
    """Copy a small table with one fault in transit; return whether the run refused it.

    Raises:
        FaultNotApplicableError: No batch offers a place for this kind of fault.
    """
    rng = np.random.default_rng(seed)
    table = order_rows(_ROWS, rng)
    batches = _ROWS // _BATCH_ROWS
    first = int(rng.integers(batches))
    for turn in range(batches):
        tampering = _Tampering(kind, (first + turn) % batches, rng)
        try:
            _copy(table, tampering)
        except ReceiptMismatchError:
            return True
        if kind is None or tampering.done:
            return False
    raise FaultNotApplicableError(kind)


class _Tampering:
    """Damages one batch, if it offers a place for the fault."""

    def __init__(self, kind: Fault | None, at: int, rng: np.random.Generator) -> None:
        self._kind = kind
        self._left = at
        self._rng = rng
        self.done = False

    def __call__(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        self._left -= 1
        if self._kind is None or self._left != -1 or not rows.num_rows:
            return rows
        try:
            damaged = inject(pa.Table.from_batches([rows]), self._kind, self._rng)
        except FaultNotApplicableError:
            return rows
        self.done = True
        whole = damaged.combine_chunks()
        return whole.to_batches()[0] if whole.num_rows else rows.slice(0, 0)


def _copy(table: pa.Table, tamper: Tamper) -> None:
    store = MemoryStore()

    def source() -> Source:
        return MemorySource({"t": table}, batch_rows=_BATCH_ROWS)

    def target() -> Source:
        rows = store.rows("t")
        return MemorySource({"t": table.slice(0, 0) if rows is None else rows})

    context = CopyContext(
        source=SourceEnd("a", "memory", MEMORY_READS, source),
        sink=SinkEnd("b", "memory", MEMORY_WRITES, lambda: _Sink(store, tamper), target),
        compile=_compile,
        quarantine=_Nowhere(),
        emit=lambda _event: None,
        clock=SystemClock(),
        backoff=Backoff(),
    )
    task = StreamTask("r", "f", _NODE, _NODE.settings(CopySettings()), "t", "t")
    StreamCopy(task, context).run()


def _compile(schema: StreamSchema) -> IdentityMapping:
    return IdentityMapping(schema.columns)


class _Nowhere(QuarantineLog):
    @override
    def keep(self, rows: Sequence[QuarantinedRow]) -> None:
        raise AssertionError(rows)


class _Sink(MemorySink):
    """A target that keeps something else than it was given, and says nothing."""

    def __init__(self, store: MemoryStore, tamper: Tamper) -> None:
        super().__init__(store)
        self._tamper = tamper

    @override
    def open(self, load: Load) -> Loading:
        return _Loading(super().open(load), self._tamper)


class _Loading(Loading):
    def __init__(self, loading: Loading, tamper: Tamper) -> None:
        self._loading = loading
        self._tamper = tamper

    @override
    def writer(self) -> Writer:
        return _Writer(self._loading.writer(), self._tamper)

    @override
    def publish(self) -> Published:
        return self._loading.publish()

    @override
    def discard(self) -> None:
        self._loading.discard()

    @override
    def close(self) -> None:
        self._loading.close()


class _Writer(Writer):
    def __init__(self, writer: Writer, tamper: Tamper) -> None:
        self._writer = writer
        self._tamper = tamper

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        self._writer.write(self._tamper(rows), settled)

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        return self._writer.refusal(rows)

    @override
    def close(self) -> None:
        self._writer.close()
