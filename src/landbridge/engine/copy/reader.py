"""The reading half of a share's pipeline: a thread that reads, hashes and maps ahead."""

import queue
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from landbridge.data.batch import Batch, Position
from landbridge.engine.copy.budget import ByteBudget
from landbridge.engine.mapping.mapped import Mapped, RowMapping
from landbridge.engine.receipts.receipt import Receipt
from landbridge.kernel.errors import CopyCancelledError
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.source import Source

_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Incoming:
    """A batch that was read and mapped, waiting to be settled."""

    batch: Batch
    mapped: Mapped
    receipt: Receipt | None
    size: int


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


_END = object()


class ShareReader:
    """Reads one share in a thread of its own; iterate over it from the writing thread.

    Batches come in order. A failure of the source is raised after the batches that
    preceded it. `close` stops the thread and waits for it, whatever state it is in.
    """

    def __init__(
        self, source: Source, mapping: RowMapping, budget: ByteBudget, *, receipts: bool
    ) -> None:
        self._source = source
        self._mapping = mapping
        self._budget = budget
        self._receipts = receipts
        self._queue: queue.Queue[object] = queue.Queue(_AHEAD)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, reading: Reading, share: Share, after: Position | None) -> None:
        """Begin to read."""
        self._thread = threading.Thread(
            target=self._run,
            args=(reading, share, after),
            name=f"read-{share.name}",
            daemon=True,
        )
        self._thread.start()

    def __iter__(self) -> Iterator[Incoming]:
        while (item := self._next()) is not _END:
            if isinstance(item, _Failed):
                raise item.error
            if isinstance(item, Incoming):
                try:
                    yield item
                finally:
                    self._budget.give_back(item.size)

    def _next(self) -> object:
        """The next item; a thread that ended without saying so was cancelled."""
        while True:
            alive = self._thread is not None and self._thread.is_alive()
            try:
                return self._queue.get(timeout=0.2)
            except queue.Empty:
                if not alive:
                    raise CopyCancelledError("the copy was cancelled") from None

    def close(self) -> None:
        """Stop reading and give back what was read and not taken."""
        self._stop.set()
        while self._thread is not None and self._thread.is_alive():
            self._drain()
            self._thread.join(timeout=0.02)
        self._drain()

    def _drain(self) -> None:
        while True:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                return
            if isinstance(item, Incoming):
                self._budget.give_back(item.size)

    def _run(self, reading: Reading, share: Share, after: Position | None) -> None:
        try:
            batches = self._source.read(reading, share, after=after)
            with closing(batches) as opened:  # type: ignore[type-var]  # pyright: ignore[reportArgumentType]
                for batch in opened:
                    if self._stop.is_set() or not self._offer(batch):
                        return
            self._put(_END)
        # The boundary of a thread: whatever happened is told to the thread that waits,
        # Rust panics of drivers (BaseException) included.
        except BaseException as error:  # noqa: BLE001  runtime boundary
            self._put(_Failed(error))

    def _offer(self, batch: Batch) -> bool:
        size = batch.rows.nbytes
        if not self._budget.take(size):
            return False
        receipt = Receipt.of(batch.rows) if self._receipts else None
        return self._put(Incoming(batch, self._mapping.apply(batch.rows), receipt, size))

    def _put(self, item: object) -> bool:
        while not self._stop.is_set():
            try:
                self._queue.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        if isinstance(item, Incoming):
            self._budget.give_back(item.size)
        return False
