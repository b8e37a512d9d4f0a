"""Copying the shares of one generation side by side, through every infrastructure failure."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.engine.copy.budget import ByteBudget
from landbridge.engine.copy.ends_open import OpenSink, OpenSource
from landbridge.engine.copy.reader import ShareReader
from landbridge.engine.copy.settle import Settlement, finished
from landbridge.engine.copy.tries import Tries
from landbridge.engine.mapping.mapped import RowMapping
from landbridge.kernel.backoff import Backoff
from landbridge.kernel.clock import Clock
from landbridge.kernel.errors import LandbridgeError, PositionUnusableError
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sink import Loading, Writer
from landbridge.sdk.source import Source
from landbridge.telemetry.events import BatchSettled, Emit, SnapshotRenewed


@dataclass(frozen=True, slots=True)
class Pipelines:
    """What the pipelines of a generation share.

    Attributes:
        source: The open source.
        sink: The open sink.
        reading: What is read.
        mapping: Compiled mapping.
        settlement: How batches are settled.
        budget: Bytes of rows in flight.
        progress: Asks the target for its progress; the target's word wins.
        emit: Where events go.
        clock: Time.
        backoff: Waits between tries.
        resumable: Whether the source resumes inside a share.
    """

    source: OpenSource
    sink: OpenSink
    reading: Reading
    mapping: RowMapping
    settlement: Settlement
    budget: ByteBudget
    progress: Callable[[], Progress | None]
    emit: Emit
    clock: Clock
    backoff: Backoff
    resumable: bool

    def tries(self, share: str) -> Tries:
        """Return a fresh count of failures for one share."""
        return Tries(self.settlement.task, share, self.emit, self.clock, self.backoff)


class ShareCopies:
    """Copies shares with a number of workers; the first final failure stops all."""

    def __init__(self, pipelines: Pipelines, shares: Sequence[Share]) -> None:
        self._pipelines = pipelines
        self._pending = deque(shares)
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self._settled: dict[str, Settled] = {}

    def run(self, settled: dict[str, Settled], workers: int) -> dict[str, Settled]:
        """Copy every share and return the totals of all, those given included.

        Raises:
            LandbridgeError: The first failure that trying again does not cure.
        """
        self._settled = dict(settled)
        count = max(1, min(workers, len(self._pending)))
        threads = [
            threading.Thread(target=self._work, name=f"copy-{at}", daemon=True)
            for at in range(count)
        ]
        for thread in threads:
            thread.start()
        try:
            for thread in threads:
                while thread.is_alive():
                    thread.join(timeout=0.2)
        except BaseException:  # an interrupt by the user: end the threads, then pass it on
            self._cancel()
            for thread in threads:
                thread.join()
            raise
        if self._errors:
            raise self._errors[0]
        return self._settled

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                share = self._pending.popleft()
            except IndexError:
                return
            try:
                self._copy(share)
            # The boundary of a thread: the failure is raised again by `run`.
            except BaseException as error:  # noqa: BLE001  runtime boundary
                self._errors.append(error)
                self._cancel()
                return

    def _cancel(self) -> None:
        self._stop.set()
        self._pipelines.budget.cancel()

    def _copy(self, share: Share) -> None:
        tries = self._pipelines.tries(share.name)
        settled = self._settled.get(share.name, Settled(share.name, 0, Position(b""), Counts()))
        while not settled.done and not self._stop.is_set():
            attempt = _Attempt(self._pipelines, share, self._stop)
            try:
                settled = attempt.run(settled)
            except LandbridgeError as error:
                attempt.renew(error)
                tries.wait(error, progressed=attempt.progressed)
                settled = self._reread(share, attempt.settled or settled, tries)
            self._settled[share.name] = settled

    def _reread(self, share: Share, known: Settled, tries: Tries) -> Settled:
        """Ask the target how far the share is; what we believed does not count."""
        while True:
            try:
                progress = self._pipelines.progress()
            except LandbridgeError as error:
                self._pipelines.sink.drop(None)
                tries.wait(error)
            else:
                fresh = Settled(share.name, 0, Position(b""), Counts())
                return progress.shares.get(share.name, fresh) if progress else known


class _Attempt:
    """One try at a share: from a position until its end or a failure."""

    def __init__(self, pipelines: Pipelines, share: Share, stop: threading.Event) -> None:
        self._pipelines = pipelines
        self._share = share
        self._stop = stop
        self._source: Source | None = None
        self._loading: Loading | None = None
        self._writing = False
        self.settled: Settled | None = None
        self.progressed = False

    def run(self, settled: Settled) -> Settled:
        """Copy on from `settled`; return the totals, done unless stopped."""
        pipelines = self._pipelines
        settled = self._start_of(settled)
        self._source = pipelines.source.current()
        self._writing = True
        self._loading = pipelines.sink.current()
        writer = self._loading.writer()
        reader = ShareReader(
            self._source,
            pipelines.mapping,
            pipelines.budget,
            receipts=pipelines.settlement.receipts,
        )
        self._writing = False
        try:
            after = settled.position if settled.batches else None
            reader.start(pipelines.reading, self._share, after)
            return self._write_all(reader, writer, settled)
        finally:
            reader.close()
            writer.close()

    def renew(self, error: LandbridgeError) -> None:
        """Have the failed end opened anew."""
        if error.retry == "never":
            return
        if self._writing:
            self._pipelines.sink.drop(self._loading)
        elif self._source is not None and error.retry == "reconnect":
            self._pipelines.source.renew(self._source)
            task = self._pipelines.settlement.task
            self._pipelines.emit(SnapshotRenewed(task.run_id, task.stream))

    def _start_of(self, settled: Settled) -> Settled:
        """Where reading begins: a source that cannot resume begins the share again.

        Only a merge may: it writes over the rows that are there.
        """
        if not settled.batches or self._pipelines.resumable:
            return settled
        task = self._pipelines.settlement.task
        if task.mode == "merge":
            return Settled(settled.share, 0, Position(b""), Counts())
        raise PositionUnusableError(
            f"{task.stream}: the source cannot resume, and {settled.counts.written} rows of "
            f"share {settled.share} are written",
            hint="write with mode replace or merge, or remove the rows and run with --fresh",
            stream=task.stream,
        )

    def _write_all(self, reader: ShareReader, writer: Writer, settled: Settled) -> Settled:
        for incoming in reader:
            if self._stop.is_set():
                return settled
            before = settled.counts
            self._writing = True
            settled = self._pipelines.settlement.settle(writer, incoming, settled)
            self._writing = False
            self.settled, self.progressed = settled, True
            self._tell(before, settled, incoming.size)
        self._writing = True
        done = finished(settled)
        writer.write(_no_rows(self._pipelines), done)
        self.settled = done
        return done

    def _tell(self, before: Counts, settled: Settled, size: int) -> None:
        task, after = self._pipelines.settlement.task, settled.counts
        self._pipelines.emit(
            BatchSettled(
                run_id=task.run_id,
                node=task.node.name,
                stream=task.stream,
                load_id=task.load_id,
                generation=self._pipelines.settlement.generation,
                share=settled.share,
                batch=settled.batches,
                read=after.read - before.read,
                written=after.written - before.written,
                filtered=after.filtered - before.filtered,
                quarantined=after.quarantined - before.quarantined,
                superseded=after.superseded - before.superseded,
                size_bytes=size,
            )
        )


def _no_rows(pipelines: Pipelines) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=pipelines.mapping.columns)
