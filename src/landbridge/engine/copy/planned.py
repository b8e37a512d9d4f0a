"""What a copy of one stream would do, and its target made ready."""

from dataclasses import dataclass

from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.generation import (
    Generation,
    begin,
    fingerprint,
    next_number,
    resumable,
)
from landbridge.engine.copy.loads import load_of
from landbridge.engine.copy.prepare import ColumnFit, Prepared, prepare
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.guarantee import Guarantee
from landbridge.sdk.progress import Progress
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Change, Sink, WriteMode


@dataclass(frozen=True, slots=True)
class PlannedStream:
    """What a run would do with one stream.

    Attributes:
        node: The node.
        stream: Source stream.
        target: Target stream.
        mode: How the target is written.
        key: Columns that identify a row.
        fits: How each column goes through.
        guarantee: What is derived.
        changes: What happens to the target.
        rows: Estimated rows of the source stream, or None.
        size_bytes: Their estimated size, or None.
        resumes: Rows already settled of an interrupted generation that would go on.
    """

    node: str
    stream: str
    target: str
    mode: WriteMode
    key: tuple[str, ...]
    fits: tuple[ColumnFit, ...]
    guarantee: Guarantee
    changes: tuple[Change, ...]
    rows: int | None
    size_bytes: int | None
    resumes: int | None


def plan_stream(task: StreamTask, context: CopyContext) -> PlannedStream:
    """Return what a copy would do; asks both ends, changes neither.

    Raises:
        LandbridgeError: Why the copy would be refused.
    """
    source = context.source.build()
    sink = context.sink.build()
    try:
        prepared = prepare(task, context, source.describe(task.stream), sink)
        progress = sink.progress(task.load_id, task.target)
        return _planned(task, prepared, progress, sink)
    finally:
        sink.close()
        source.close()


def create_target(task: StreamTask, context: CopyContext) -> None:
    """Create or evolve the target as a copy would, without moving a row.

    An interrupted generation that would go on is left alone: its target is ready.
    """
    source = context.source.build()
    sink = context.sink.build()
    try:
        prepared = prepare(task, context, source.describe(task.stream), sink)
        progress = sink.progress(task.load_id, task.target)
        if resumable(task, progress, fingerprint(task, prepared)):
            return
        loading = sink.open(load_of(task, prepared, begin(task, prepared, source, progress)))
        try:
            loading.discard()
        finally:
            loading.close()
    finally:
        sink.close()
        source.close()


def _planned(
    task: StreamTask, prepared: Prepared, progress: Progress | None, sink: Sink
) -> PlannedStream:
    now = fingerprint(task, prepared)
    goes_on = progress is not None and resumable(task, progress, now)
    generation = Generation(
        number=progress.generation if progress and goes_on else next_number(progress),
        fingerprint=now,
        reading=Reading(task.stream),
        shares=(),
        settled={},
        resumed=goes_on,
    )
    return PlannedStream(
        node=task.node.name,
        stream=task.stream,
        target=task.target,
        mode=task.mode,
        key=prepared.key,
        fits=prepared.fits,
        guarantee=prepared.guarantee,
        changes=tuple(sink.changes(load_of(task, prepared, generation))),
        rows=prepared.schema.rows,
        size_bytes=prepared.schema.size_bytes,
        resumes=progress.counts.read if progress and goes_on else None,
    )
