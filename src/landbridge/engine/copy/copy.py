"""Copying one stream, from the first question to the proof."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from landbridge.data.ledger import Counts
from landbridge.engine.copy.budget import ByteBudget, affordable, cgroup_limit
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.ends_open import OpenSink, OpenSource
from landbridge.engine.copy.generation import (
    Generation,
    begin,
    fingerprint,
    resumable,
    resume,
    unfinished,
)
from landbridge.engine.copy.loads import load_of
from landbridge.engine.copy.prepare import Prepared, prepare
from landbridge.engine.copy.reread import target_receipt
from landbridge.engine.copy.settle import FailureLimit, Settlement
from landbridge.engine.copy.shares import Pipelines, ShareCopies
from landbridge.engine.copy.steady import SteadySource
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.copy.tries import Tries
from landbridge.engine.receipts.receipt import Receipt
from landbridge.kernel.errors import (
    LandbridgeError,
    LedgerUnbalancedError,
    PositionUnusableError,
    ReceiptMismatchError,
)
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.sink import Published
from landbridge.sdk.source import Source
from landbridge.telemetry.events import StreamEnded, StreamStarted

T = TypeVar("T")

_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class StreamResult:
    """What a copy of one stream did.

    Attributes:
        counts: The whole generation's ledger.
        resumed_rows: Rows of it that earlier runs had read.
        deleted: Rows that a mirror deleted.
        generation: Number of the generation.
        read_receipt: Receipt of what the source delivered, or "".
        written_receipt: Receipt of what was written, or "".
        target_receipt: Receipt of what stands in the target, re-read, or "".
    """

    counts: Counts
    resumed_rows: int
    deleted: int
    generation: int
    read_receipt: str = ""
    written_receipt: str = ""
    target_receipt: str = ""


class StreamCopy:
    """One stream of a copy node in one run."""

    def __init__(self, task: StreamTask, context: CopyContext) -> None:
        self._task = task
        self._context = context

    def run(self) -> StreamResult:
        """Copy the stream and return its ledger; the target is published.

        An interrupted generation goes on where it was. Every failure that trying again may
        cure is tried again; any other is raised, and what is settled stays for a resume.

        Raises:
            LandbridgeError: Why the stream is not published.
        """
        started = self._context.clock.monotonic()
        source = OpenSource(self._context.source.build)
        try:
            result = self._through_restarts(source)
        except LandbridgeError as error:
            self._tell_failure(error, self._context.clock.monotonic() - started)
            raise
        finally:
            source.close()
        self._tell_end(result, self._context.clock.monotonic() - started)
        return result

    def _through_restarts(self, source: OpenSource) -> StreamResult:
        for restart in range(_RESTARTS):
            prepared, generation = self._retrying(lambda: self._decide(source), source)
            try:
                return self._copy(source, prepared, generation)
            except PositionUnusableError:
                # A replace has shown nothing yet: it begins again instead of failing.
                if self._task.mode not in {"replace", "mirror"} or restart == _RESTARTS - 1:
                    raise
                self._discard(prepared, generation)
        raise PositionUnusableError(f"{self._task.stream} cannot be resumed")

    def _decide(self, source: OpenSource) -> tuple[Prepared, Generation]:
        """Describe both ends, and find the generation to go on with or begin one."""
        task, context = self._task, self._context
        reads = source.current()
        schema = reads.describe(task.stream)
        sink = context.sink.build()
        try:
            prepared = prepare(task, context, schema, sink)
            progress = sink.progress(task.load_id, task.target)
        finally:
            sink.close()
        now = fingerprint(task, prepared)
        if progress is not None and resumable(task, progress, now):
            generation = resume(task, progress, now)
            if context.source.capabilities.snapshot:
                reads.shares(generation.reading, want=1)  # fixes the snapshot of this process
            return prepared, generation
        return prepared, begin(task, prepared, reads, progress)

    def _copy(
        self, source: OpenSource, prepared: Prepared, generation: Generation
    ) -> StreamResult:
        task, context = self._task, self._context
        before = sum((share.counts.read for share in generation.settled.values()), 0)
        context.emit(
            StreamStarted(
                run_id=task.run_id,
                node=task.node.name,
                stream=task.stream,
                target=task.target,
                load_id=task.load_id,
                generation=generation.number,
                resumed=generation.resumed,
                shares=len(generation.shares),
                rows=prepared.schema.rows,
                guarantee=prepared.guarantee.level,
            )
        )
        sink = OpenSink(context.sink.build, load_of(self._task, prepared, generation))
        try:
            # The source stays as it is: its snapshot is that of the shares.
            self._retrying(sink.current, None)
            pipelines = self._pipelines(source, sink, prepared, generation)
            copies = ShareCopies(pipelines, unfinished(generation))
            settled = copies.run(dict(generation.settled), self._workers())
            published = self._publish(sink)
        finally:
            sink.close()
        return self._result(prepared, generation, settled, published, before)

    def _pipelines(
        self, source: OpenSource, sink: OpenSink, prepared: Prepared, generation: Generation
    ) -> Pipelines:
        task, context = self._task, self._context
        receipts = task.settings.receipts != "off"
        return Pipelines(
            source=source,
            sink=sink,
            reading=generation.reading,
            mapping=prepared.mapping,
            settlement=Settlement(
                task,
                generation.number,
                prepared.key,
                context.quarantine,
                FailureLimit(task),
                receipts,
            ),
            budget=ByteBudget(affordable(task.settings.memory_bytes, cgroup_limit())),
            progress=self._progress,
            emit=context.emit,
            clock=context.clock,
            backoff=context.backoff,
            resumable=context.source.capabilities.resumable,
        )

    def _workers(self) -> int:
        return self._task.settings.parallel if self._context.sink.capabilities.parallel else 1

    def _progress(self) -> Progress | None:
        sink = self._context.sink.build()
        try:
            return sink.progress(self._task.load_id, self._task.target)
        finally:
            sink.close()

    def _publish(self, sink: OpenSink) -> Published:
        """Publish, through infrastructure failures; ask the target whether it happened."""
        doubtful = False

        def publish() -> Published:
            nonlocal doubtful
            if doubtful and self._published():
                return Published()
            try:
                return sink.current().publish()
            except LandbridgeError:
                sink.drop(None)
                doubtful = True
                raise

        return self._retrying(publish, None)

    def _published(self) -> bool:
        progress = self._progress()
        return progress is not None and progress.state == "published"

    def _result(
        self,
        prepared: Prepared,
        generation: Generation,
        settled: dict[str, Settled],
        published: Published,
        resumed_rows: int,
    ) -> StreamResult:
        counts = sum((share.counts for share in settled.values()), Counts())
        if not counts.balanced:
            raise LedgerUnbalancedError(
                f"{self._task.stream}: the ledger does not balance: {counts}",
                stream=self._task.stream,
            )
        read = _sum([share.read_receipt for share in settled.values()])
        written = _sum([share.written_receipt for share in settled.values()])
        reread = self._reread(prepared, counts, written)
        return StreamResult(
            counts=counts,
            resumed_rows=resumed_rows,
            deleted=published.deleted,
            generation=generation.number,
            read_receipt=read,
            written_receipt=written,
            target_receipt=reread,
        )

    def _reread(self, prepared: Prepared, counts: Counts, written: str) -> str:
        task, sink = self._task, self._context.sink
        whole = task.mode in {"replace", "mirror"}
        if task.settings.receipts != "reread" or not whole or sink.build_source is None:
            return ""
        build = sink.build_source
        found = target_receipt(self._steady(build), task, prepared)
        expected = Receipt.from_text(written) if written else None
        if prepared.lossy:
            return found.to_text()
        if found.rows != counts.written or (expected is not None and found != expected):
            raise ReceiptMismatchError(
                f"{task.stream}: the target holds {found.rows} rows that are not the "
                f"{counts.written} rows written",
                hint=f"landbridge verify {task.flow} finds and repairs the differing rows",
                stream=task.stream,
            )
        return found.to_text()

    def _steady(self, build: Callable[[], Source]) -> SteadySource:
        reads = self._context.sink.reads
        return steady_source(
            build, self._task, self._context, resumable=reads is not None and reads.resumable
        )

    def _discard(self, prepared: Prepared, generation: Generation) -> None:
        sink = OpenSink(self._context.sink.build, load_of(self._task, prepared, generation))
        try:
            sink.current().discard()
        finally:
            sink.close()

    def _retrying(self, action: Callable[[], T], source: OpenSource | None) -> T:
        """Do something that is safe to do again; reopen the source before each new try."""
        context = self._context
        tries = Tries(self._task, "", context.emit, context.clock, context.backoff)

        def recover(error: LandbridgeError) -> None:
            if source is not None and error.retry == "reconnect":
                source.renew(source.current())

        return tries.until_done(action, recover)

    def _tell_end(self, result: StreamResult, secs: float) -> None:
        self._context.emit(_ended(self._task, result, secs))

    def _tell_failure(self, error: LandbridgeError, secs: float) -> None:
        nothing = StreamResult(Counts(), 0, 0, 0)
        self._context.emit(_ended(self._task, nothing, secs, error))


def steady_source(
    build: Callable[[], Source], task: StreamTask, context: CopyContext, *, resumable: bool
) -> SteadySource:
    """Return a source that is read through infrastructure failures."""
    tries = Tries(task, "", context.emit, context.clock, context.backoff)
    return SteadySource(OpenSource(build), tries, resumable=resumable)


def _ended(
    task: StreamTask, result: StreamResult, secs: float, error: LandbridgeError | None = None
) -> StreamEnded:
    return StreamEnded(
        run_id=task.run_id,
        node=task.node.name,
        stream=task.stream,
        target=task.target,
        load_id=task.load_id,
        generation=result.generation,
        outcome="done" if error is None else "failed",
        read=result.counts.read,
        written=result.counts.written,
        filtered=result.counts.filtered,
        quarantined=result.counts.quarantined,
        superseded=result.counts.superseded,
        resumed_rows=result.resumed_rows,
        deleted=result.deleted,
        read_receipt=result.read_receipt,
        written_receipt=result.written_receipt,
        target_receipt=result.target_receipt,
        error_code="" if error is None else error.code,
        error="" if error is None else str(error),
        secs=secs,
    )


def _sum(texts: list[str]) -> str:
    receipts = [Receipt.from_text(text) for text in texts if text]
    return sum(receipts, Receipt()).to_text() if receipts else ""
