"""Sinks that are right but for one thing each."""

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa
from tests.unit.testing.wrong_sink import Wrong
from typing_extensions import override

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import LoadBusyError, RowsRefusedError, SchemaChangedError
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.sink import Change, Load, Loading, Published, Writer
from landbridge.testing.memory_sink import MemoryTable


class SaysNoVersion(Wrong):
    @override
    def check(self) -> str:
        return ""


class InventsStreams(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema | None:
        return super().describe(stream) or StreamSchema(stream, pa.schema([]))


class LosesTheLastRow(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        writer.write(rows.slice(0, max(rows.num_rows - 1, 0)), to)


class WritesNullAsEmptyText(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        if "label" in rows.schema.names:
            at = rows.schema.names.index("label")
            filled = rows.column("label").fill_null("")
            rows = rows.set_column(at, rows.schema.field(at), filled)
        writer.write(rows, to)


class LosesMicroseconds(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        if "seen" in rows.schema.names:
            at = rows.schema.names.index("seen")
            cut = rows.column("seen").cast(pa.timestamp("ms", tz="UTC"), safe=False)
            rows = rows.set_column(at, rows.schema.field(at), cut.cast(rows.schema.types[at]))
        writer.write(rows, to)


class UnquotesNames(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        return super().open(replace(load, stream=load.stream.replace("'", "")))


class ForgetsTheKey(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema | None:
        found = super().describe(stream)
        return found and replace(found, key=())


class ForgetsComments(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema | None:
        found = super().describe(stream)
        return found and replace(found, comment="")


class ForgetsTypes(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema | None:
        found = super().describe(stream)
        if found is None:
            return None
        plain = pa.schema([pa.field(name, pa.string()) for name in found.columns.names])
        return replace(found, columns=plain)


class StoresNoProgress(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        writer.write(rows, to)
        self.forget(load)


class StoresCountsOnly(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        writer.write(rows, replace(to, read_receipt="", done=False))


class SkipsEmptyBatches(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        if rows.num_rows:
            writer.write(rows, to)


class StoresProgressOfRefusedRows(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        try:
            writer.write(rows, to)
        except RowsRefusedError:
            writer.write(rows.slice(0, 0), to)
            raise


class KeepsTheGoodRowsOfARefusedBatch(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        try:
            writer.write(rows, to)
        except RowsRefusedError:
            before = self.store.loads[load.load_id][load.generation]
            writer.write(rows.slice(0, rows.num_rows - 1), to)
            self.store.loads[load.load_id][load.generation] = before
            raise


class SkipsRefusedRows(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        try:
            writer.write(rows, to)
        except RowsRefusedError as error:
            kept = [at for at in range(rows.num_rows) if at not in error.rejected]
            writer.write(rows.take(kept), to)


class BlamesTheFirstRow(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        try:
            writer.write(rows, to)
        except RowsRefusedError as error:
            raise RowsRefusedError(str(error), {0: "it"}) from error


class RefusesNothingWhenAsked(Wrong):
    @override
    def refusal(self, writer: Writer, rows: pa.RecordBatch) -> str | None:
        return None


class RefusesEverythingWhenAsked(Wrong):
    @override
    def refusal(self, writer: Writer, rows: pa.RecordBatch) -> str | None:
        return "no"


class LeavesATraceWhenAsked(Wrong):
    @override
    def refusal(self, writer: Writer, rows: pa.RecordBatch) -> str | None:
        reason = writer.refusal(rows)
        if reason is None:
            writer.write(rows, Settled("trace", 1, Position(b"x"), Counts()))
        return reason


class DoesNotFence(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        try:
            writer.write(rows, to)
        except LoadBusyError:
            progress = self.store.loads[load.load_id][load.generation]
            mine = replace(progress, owner=load.run_id)
            self.store.loads[load.load_id][load.generation] = mine
            writer.write(rows, to)
            raise


class ResumesWhatIsFinished(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        try:
            return super().open(load)
        except LoadBusyError:
            generations = self.store.loads[load.load_id]
            finished = generations[load.generation]
            generations[load.generation] = replace(finished, state="open")
            return super().open(load)


class ForgetsOnResume(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        return super().open(replace(load, resume=False))


class InheritsShares(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        before = self.progress(load.load_id, load.stream)
        loading = super().open(load)
        if before is not None:
            progress = self.store.loads[load.load_id][load.generation]
            kept = replace(progress, shares=before.shares)
            self.store.loads[load.load_id][load.generation] = kept
        return loading


class LetsEarlierGenerationsGoOn(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        before = dict(self.store.loads.get(load.load_id, {}))
        loading = super().open(load)
        now = self.store.loads[load.load_id][load.generation]
        self.store.loads[load.load_id] = {**before, load.generation: now}
        return loading


class BeginsWhatAnotherRunBegan(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        try:
            return super().open(load)
        except LoadBusyError:
            return super().open(replace(load, resume=True))


class CreatesWhenAskedForChanges(Wrong):
    @override
    def changes(self, load: Load) -> Sequence[Change]:
        found = super().changes(load)
        if self.describe(load.stream) is None:
            described = StreamSchema(load.stream, load.columns)
            empty = load.columns.empty_table()
            self.store.tables[load.stream] = MemoryTable(described, empty)
        return found


class InsertsWhenMerging(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        return super().open(replace(load, mode="append", key=()))


class ReplacesAtOnce(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        writer.write(rows, to)
        staged = self.store.staged.get((load.load_id, load.generation))
        if staged is not None:
            described = StreamSchema(load.stream, load.columns, load.key, load.comment)
            self.store.tables[load.stream] = MemoryTable(described, staged)


class DropsTheOldOnOpen(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        loading = super().open(load)
        table = self.store.tables.get(load.stream)
        if table is not None and load.mode == "replace":
            empty = MemoryTable(table.schema, table.rows.slice(0, 0))
            self.store.tables[load.stream] = empty
        return loading


class PublishesOnDiscard(Wrong):
    @override
    def discard(self, loading: Loading, load: Load) -> None:
        loading.publish()


class DiscardsWithoutASign(Wrong):
    @override
    def discard(self, loading: Loading, load: Load) -> None:
        return


class PublishesTwiceAsMuch(Wrong):
    @override
    def publish(self, loading: Loading, load: Load) -> Published:
        progress = self.progress(load.load_id, load.stream)
        published = loading.publish()
        if progress is not None and progress.state == "published":
            table = self.store.tables[load.stream]
            rows = pa.concat_tables([table.rows, table.rows])
            self.store.tables[load.stream] = MemoryTable(table.schema, rows)
        return published


class PublishesWithoutMarking(Wrong):
    @override
    def publish(self, loading: Loading, load: Load) -> Published:
        published = loading.publish()
        progress = self.store.loads[load.load_id][load.generation]
        opened = replace(progress, state="open")
        self.store.loads[load.load_id][load.generation] = opened
        return published


class MirrorsWithoutDeleting(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        return super().open(replace(load, mode="merge") if load.mode == "mirror" else load)


class CountsNoDeletedRows(Wrong):
    @override
    def publish(self, loading: Loading, load: Load) -> Published:
        return replace(loading.publish(), deleted=0)


class EvolvesWithoutLeave(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        return super().open(replace(load, evolve=True))

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        return super().changes(replace(load, evolve=True))


class NeverEvolves(Wrong):
    @override
    def open(self, load: Load) -> Loading:
        if self.describe(load.stream) is not None and "added 列" in load.columns.names:
            raise SchemaChangedError("never")
        return super().open(load)


class RepairsWithoutDeleting(Wrong):
    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        super().repair(load, rows, gone.slice(0, 0))


class RepairsOnlyByDeleting(Wrong):
    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        super().repair(load, rows.slice(0, 0), gone)


class ReportsTheFirstGeneration(Wrong):
    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        generations = self.store.loads.get(load_id)
        return generations[min(generations)] if generations else None


class KeepsOneShare(Wrong):
    @override
    def write(self, writer: Writer, load: Load, rows: pa.RecordBatch, to: Settled) -> None:
        self.forget(load)
        writer.write(rows, to)


class FailsToCloseTwice(Wrong):
    closed = False

    @override
    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


WRONG: tuple[type[Wrong], ...] = tuple(Wrong.__subclasses__())
