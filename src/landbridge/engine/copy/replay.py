"""Rows from quarantine, mapped again and written exactly once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.rowtext import rows_from_json
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.prepare import Prepared, prepare
from landbridge.engine.copy.settle import keyed, without_refused
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.mapping.mapped import Mapped, RowFault
from landbridge.kernel.errors import OptionsInvalidError, RowsRefusedError
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.sink import Load, Loading, Sink, WriteMode

_SHARE = "rows"


@dataclass(frozen=True, slots=True)
class Replay:
    """What became of the rows, by their index in what was given.

    Attributes:
        counts: Their ledger.
        refused: Rows refused again, with their new fault.
    """

    counts: Counts
    refused: Mapping[int, RowFault]


def replay_rows(
    task: StreamTask, context: CopyContext, identities: Sequence[str], contents: Sequence[str]
) -> Replay:
    """Map rows again and write them; the same call again after a crash writes nothing twice.

    Args:
        task: The copy that refused them.
        context: Its ends and mapping.
        identities: Names of the rows; they name the replay in the target's progress.
        contents: The rows as JSON, as the source has them, edited or not.

    Raises:
        OptionsInvalidError: A content is not a row of this stream.
    """
    source, sink = context.source.build(), context.sink.build()
    try:
        schema = source.describe(task.stream)
        prepared = prepare(task, context, schema, sink)
        try:
            rows = rows_from_json(contents, schema.columns)
        except ValueError as error:
            raise OptionsInvalidError(
                f"{task.stream}: {error}", hint="correct it with `landbridge quarantine edit`"
            ) from error
        return _Replaying(task, prepared, sink).run(
            identities, prepared.mapping.apply(rows), len(contents)
        )
    finally:
        sink.close()
        source.close()


class _Replaying:
    def __init__(self, task: StreamTask, prepared: Prepared, sink: Sink) -> None:
        self._task = task
        self._prepared = prepared
        self._sink = sink

    def run(self, identities: Sequence[str], mapped: Mapped, read: int) -> Replay:
        load = self._load(identities)
        before = self._sink.progress(load.load_id, load.stream)
        done = before is not None and before.state == "published" and before.plan == load.plan
        if before is not None and done:
            return _account(mapped, before.counts)
        superseded = 0
        if load.mode == "merge":
            mapped, superseded = keyed(mapped, self._prepared.key)
        loading = self._sink.open(_placed(load, before))
        try:
            mapped = self._write(loading, mapped, read, superseded)
            loading.publish()
        finally:
            loading.close()
        return _account(mapped, _counts(mapped, read, superseded))

    def _write(self, loading: Loading, mapped: Mapped, read: int, superseded: int) -> Mapped:
        writer = loading.writer()
        try:
            while True:
                counts = _counts(mapped, read, superseded)
                settled = Settled(_SHARE, 1, Position(b"end"), counts, done=True)
                try:
                    writer.write(mapped.rows, settled)
                except RowsRefusedError as error:
                    mapped = without_refused(writer, mapped, error)
                else:
                    return mapped
        finally:
            writer.close()

    def _load(self, identities: Sequence[str]) -> Load:
        key = self._prepared.key
        mode: WriteMode = "merge" if key and self._task.mode != "append" else "append"
        digest = hashlib.sha256("\0".join(sorted(identities)).encode()).hexdigest()
        return Load(
            load_id=f"{self._task.load_id}#replay",
            run_id=self._task.run_id,
            generation=0,
            stream=self._task.target,
            columns=self._prepared.columns,
            mode=mode,
            key=key,
            plan=digest,
            evolve=self._task.settings.schema_change.action == "evolve",
        )


def _placed(load: Load, before: Progress | None) -> Load:
    return replace(load, generation=1 if before is None else before.generation + 1)


def _counts(mapped: Mapped, read: int, superseded: int) -> Counts:
    return Counts(
        read=read,
        written=mapped.rows.num_rows,
        filtered=mapped.filtered,
        quarantined=len(mapped.faults),
        superseded=superseded,
    )


def _account(mapped: Mapped, counts: Counts) -> Replay:
    return Replay(counts, {fault.row: fault for fault in mapped.faults})
