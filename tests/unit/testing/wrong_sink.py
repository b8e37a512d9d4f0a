"""A sink that is right, and where a subclass can spoil it."""

from dataclasses import replace

import pyarrow as pa
from typing_extensions import override

from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, Loading, Published, Writer
from landbridge.testing.faults import Faults, FaultyLoading, FaultySink, FaultyWriter
from landbridge.testing.memory import MemorySink, MemoryStore

NEVER = Faults(seed=0, chance=0.0)


class Wrong(FaultySink):
    """Right, until a subclass spoils one thing; writers and loadings delegate to it."""

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(MemorySink(store), NEVER)
        self.store = store

    @override
    def open(self, load: Load) -> Loading:
        return WrongLoading(self, load, super().open(load))

    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        """Write, or do it wrong."""
        del load
        writer.write(rows, to)

    def refusal(self, writer: Writer, rows: pa.RecordBatch) -> str | None:
        """Ask, or answer wrong."""
        return writer.refusal(rows)

    def publish(self, loading: Loading, load: Load) -> Published:
        """Publish, or do it wrong."""
        del load
        return loading.publish()

    def discard(self, loading: Loading, load: Load) -> None:
        """Discard, or do it wrong."""
        del load
        loading.discard()

    def forget(self, load: Load) -> None:
        """Drop the progress of the load's shares."""
        progress = self.store.loads[load.load_id][load.generation]
        self.store.loads[load.load_id][load.generation] = replace(progress, shares={})


class WrongLoading(FaultyLoading):
    def __init__(self, sink: Wrong, load: Load, loading: Loading) -> None:
        super().__init__(loading, NEVER)
        self._sink, self._load, self._right = sink, load, loading

    @override
    def writer(self) -> Writer:
        return WrongWriter(self._sink, self._load, self._right.writer())

    @override
    def publish(self) -> Published:
        return self._sink.publish(self._right, self._load)

    @override
    def discard(self) -> None:
        self._sink.discard(self._right, self._load)


class WrongWriter(FaultyWriter):
    def __init__(self, sink: Wrong, load: Load, writer: Writer) -> None:
        super().__init__(writer, NEVER)
        self._sink, self._load, self._right = sink, load, writer

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        self._sink.write(self._right, self._load, rows, settled)

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        return self._sink.refusal(self._right, rows)
