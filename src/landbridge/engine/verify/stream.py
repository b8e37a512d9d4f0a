"""Verifying and repairing one stream of a copy."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from landbridge.data.schema import StreamSchema
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.copy import steady_source
from landbridge.engine.copy.generation import Generation, StoredPlan
from landbridge.engine.copy.loads import load_of
from landbridge.engine.copy.prepare import Prepared, prepare
from landbridge.engine.copy.steady import SteadySource
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.verify.buckets import Compared, key_hashes
from landbridge.engine.verify.leaves import Excuses, KeyHash, LeafDifference, excused_keys
from landbridge.engine.verify.sides import WHOLE, SourceSide, TargetSide
from landbridge.engine.verify.verify import Comparison, Repair, Verification, verify
from landbridge.kernel.errors import OptionsInvalidError, StreamMissingError
from landbridge.sdk.progress import Progress
from landbridge.sdk.reading import Reading, Window
from landbridge.sdk.sink import Load, Sink


@dataclass(frozen=True, slots=True)
class Aside:
    """Rows that quarantine accounts for, as the source would have them.

    Attributes:
        refused: Rows that were refused and did not go on; the target need not have them.
        edited: Rows that went on with another content; the source need not have them.
    """

    refused: pa.RecordBatch
    edited: pa.RecordBatch


Excused = Callable[[StreamSchema], Aside]


@dataclass(frozen=True, slots=True)
class Ends:
    """Everything open for one verification."""

    source: SteadySource
    target: SteadySource
    sink: Sink


def verify_stream(
    task: StreamTask, context: CopyContext, excused: Excused, *, repair: bool
) -> Verification:
    """Compare a stream's target with its source, and make them equal when asked to.

    Rows that the last run could not see yet (a cursor beyond its window) are no
    difference. Extra rows of the target are deleted only for mirror and replace: in the
    other modes they may be somebody else's.

    Raises:
        OptionsInvalidError: The target cannot be read, or cannot be repaired.
        StreamMissingError: The target was never written.
    """
    end = context.sink
    if end.build_source is None:
        raise OptionsInvalidError(f"connector {end.connector} cannot be read to verify it")
    if repair and not end.capabilities.repairs:
        raise OptionsInvalidError(
            f"connector {end.connector} cannot be repaired",
            hint="run the flow again with mode replace",
        )
    reads = end.reads
    ends = Ends(
        steady_source(
            context.source.build,
            task,
            context,
            resumable=context.source.capabilities.resumable,
        ),
        steady_source(
            end.build_source, task, context, resumable=reads is not None and reads.resumable
        ),
        end.build(),
    )
    try:
        return _verified(task, context, excused, ends, repair=repair)
    finally:
        ends.sink.close()
        ends.target.close()
        ends.source.close()


def _verified(
    task: StreamTask, context: CopyContext, excused: Excused, ends: Ends, *, repair: bool
) -> Verification:
    schema = ends.source.describe(task.stream)
    prepared = prepare(task, context, schema, ends.sink)
    progress = ends.sink.progress(task.load_id, task.target)
    if progress is None:
        raise StreamMissingError(
            f"{task.target} was never written by this flow",
            hint=f"landbridge run {task.flow}",
            stream=task.target,
        )
    comparison = _comparison(task, context, prepared, progress, ends)
    if prepared.key:
        aside = excused(schema)
        refused, edited = _keys(prepared, aside.refused), _keys(prepared, aside.edited)
        comparison = replace(comparison, excused=Excuses(absent=refused, extra=edited))
    repairing = _repairing(task, prepared, progress, ends.sink) if repair else None
    return verify(comparison, repairing)


def _comparison(
    task: StreamTask, context: CopyContext, prepared: Prepared, progress: Progress, ends: Ends
) -> Comparison:
    names = tuple(name for name in prepared.columns.names if name not in prepared.lossy)
    compared = Compared(prepared.key, names)
    target_columns = pa.schema([prepared.columns.field(name) for name in names])
    window = StoredPlan.from_text(progress.plan).window
    if window is not None:
        # Everything up to where the last run ended was to be copied, by it or before.
        window = Window(window.column, until=window.until)
    key, target_key = _integer_key(context, prepared)
    size = task.settings.batch_bytes
    source = SourceSide(ends.source, task.stream, window, prepared.mapping, key, size)
    target = TargetSide(ends.target, task.target, target_columns, target_key, size)
    return Comparison(
        source=source,
        target=target,
        source_columns=prepared.columns,
        target_columns=target_columns,
        compared=compared,
        greatest=_greatest(task, ends, key, target_key),
        still_there=None if window is None else _present_in(source, prepared.key),
    )


def _keys(prepared: Prepared, rows: pa.RecordBatch) -> frozenset[KeyHash]:
    """The keys, in the target, of rows of the source; those the mapping refuses have none."""
    if not rows.num_rows:
        return frozenset()
    return excused_keys(prepared.mapping.apply(rows).rows, prepared.key)


def _integer_key(context: CopyContext, prepared: Prepared) -> tuple[str | None, str | None]:
    """The key column in the source and in the target, when both read spans of it."""
    target_reads = context.sink.reads
    if len(prepared.key) != 1 or not context.source.capabilities.key_ranges:
        return None, None
    if target_reads is None or not target_reads.key_ranges:
        return None, None
    field = prepared.columns.field(prepared.key[0])
    origin = prepared.mapping.source_of(field.name)
    fits = pa.types.is_integer(field.type) and field.type != pa.uint64()
    return (origin, field.name) if fits and origin is not None else (None, None)


def _greatest(
    task: StreamTask, ends: Ends, key: str | None, target_key: str | None
) -> int | None:
    if key is None or target_key is None:
        return None
    found = (
        ends.source.newest(Reading(task.stream), key),
        ends.target.newest(Reading(task.target), target_key),
    )
    return max((int(value) for value in found if value is not None), default=0)


def _present_in(
    side: SourceSide, key: tuple[str, ...]
) -> Callable[[pa.RecordBatch], pa.RecordBatch]:
    """Return what keeps only rows whose key is nowhere in the source, whatever its cursor."""
    everything = SourceSide(
        side.source, side.stream, None, side.mapping, side.key, side.batch_bytes
    )

    def absent_everywhere(extra: pa.RecordBatch) -> pa.RecordBatch:
        wanted = key_hashes(extra, key)[:, 0]
        found = np.zeros(extra.num_rows, dtype=np.bool_)
        for rows in everything.read(WHOLE):
            found |= np.isin(wanted, key_hashes(rows, key)[:, 0])
        return extra.filter(pa.array(~found))

    return absent_everywhere


def _repairing(task: StreamTask, prepared: Prepared, progress: Progress, sink: Sink) -> Repair:
    generation = Generation(
        progress.generation, "", Reading(task.stream), (), progress.shares, resumed=True
    )
    load: Load = load_of(task, prepared, generation)
    deletes = task.mode in {"replace", "mirror"}

    def repair(found: LeafDifference) -> None:
        rows = pa.concat_batches([found.absent, found.changed])
        gone = found.extra.select(list(prepared.key))
        if not deletes:
            gone = gone.slice(0, 0)
        typed = pa.RecordBatch.from_arrays(rows.columns, schema=prepared.columns)
        sink.repair(load, typed, gone)

    return repair
