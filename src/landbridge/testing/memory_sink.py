"""A transactional target in memory, which outlives the objects that write to it."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa
from typing_extensions import override

from landbridge.data.schema import StreamSchema
from landbridge.data.types import Meaning, canonical, column, meaning_of
from landbridge.kernel.errors import LoadBusyError, RowsRefusedError, SchemaChangedError
from landbridge.sdk.manifest import SinkCapabilities
from landbridge.sdk.progress import LoadState, Progress, Settled
from landbridge.sdk.sink import Change, Fit, Load, Loading, Published, Sink, Writer

Refuse = Callable[[pa.RecordBatch], Mapping[int, str]]
"""A rule of the target: indexes of refused rows, each with its reason."""

MEMORY_WRITES = SinkCapabilities(
    modes=frozenset({"append", "merge", "replace", "mirror"}),
    transactional=True,
    atomic_replace=True,
    evolves=True,
    parallel=True,
    repairs=True,
)


@dataclass(frozen=True, slots=True)
class MemoryTable:
    """One stream of the target."""

    schema: StreamSchema
    rows: pa.Table


@dataclass(slots=True)
class MemoryStore:
    """What survives a crash: tables, staged rows and progress. Share it between sinks.

    Attributes:
        tables: Streams by name.
        staged: Rows of unpublished generations by load and generation.
        loads: Generations by load and number.
        commits: Number of commits so far.
    """

    tables: dict[str, MemoryTable] = field(default_factory=dict[str, MemoryTable])
    staged: dict[tuple[str, int], pa.Table] = field(
        default_factory=dict[tuple[str, int], pa.Table]
    )
    loads: dict[str, dict[int, Progress]] = field(
        default_factory=dict[str, dict[int, Progress]]
    )
    commits: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)

    def rows(self, stream: str) -> pa.Table | None:
        """Return what readers of the stream see, or None when there is none."""
        with self.lock:
            table = self.tables.get(stream)
            return None if table is None else table.rows


def refuse_nothing(rows: pa.RecordBatch) -> Mapping[int, str]:
    """Accept every row."""
    del rows
    return {}


class MemorySink(Sink):
    """Keeps rows in a store; refuses NULL and repeated keys, and what `refuse` names.

    Args:
        store: What survives; hand the same one to the next "process".
        refuse: Further rules of the target.
        tells_rows: Whether a refusal says which rows it means.
    """

    def __init__(
        self,
        store: MemoryStore,
        *,
        refuse: Refuse = refuse_nothing,
        tells_rows: bool = True,
    ) -> None:
        self._store = store
        self._refuse = refuse
        self._tells_rows = tells_rows

    @override
    def check(self) -> str:
        return "memory 1"

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        with self._store.lock:
            table = self._store.tables.get(stream)
        return None if table is None else replace(table.schema, rows=table.rows.num_rows)

    @override
    def fit(self, column: pa.Field) -> Fit:
        return Fit("exact", meaning_of(column).logical)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        existing = self._store.tables.get(load.stream)
        if existing is None:
            return (Change("create", f"create {load.stream}"),)
        found = [
            Change("add_column", f"add {added.name} to {load.stream}")
            for added in _added(existing.schema, load)
        ]
        if load.mode == "replace":
            found.append(Change("replace", f"replace {load.stream}", destructive=True))
        elif load.mode == "mirror":
            found.append(Change("delete_rows", "delete absent rows", destructive=True))
        return tuple(found)

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        with self._store.lock:
            generations = self._store.loads.get(load_id)
            return generations[max(generations)] if generations else None

    @override
    def open(self, load: Load) -> Loading:
        with self._store.lock:
            self.changes(load)
            _begin(self._store, load)
            if load.mode in {"append", "merge"}:
                _make_ready(self._store, load)
            elif not load.resume:
                empty = canonical(load.columns).empty_table()
                self._store.staged[load.load_id, load.generation] = empty
        return MemoryLoading(self._store, load, self._refuse, tells_rows=self._tells_rows)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        with self._store.lock:
            table = self._store.tables[load.stream]
            kept = _without(table.rows, pa.Table.from_batches([gone]), load.key)
            merged = _merged(kept, pa.Table.from_batches([rows]), load.key)
            self._store.tables[load.stream] = MemoryTable(table.schema, merged)

    @override
    def close(self) -> None:
        pass  # the store is not ours


class MemoryLoading(Loading):
    """An open generation in a store."""

    def __init__(
        self, store: MemoryStore, load: Load, refuse: Refuse, *, tells_rows: bool
    ) -> None:
        self._store = store
        self._load = load
        self._refuse = refuse
        self._tells_rows = tells_rows

    @override
    def writer(self) -> Writer:
        return MemoryWriter(self._store, self._load, self._refuse, tells_rows=self._tells_rows)

    @override
    def publish(self) -> Published:
        load, store = self._load, self._store
        with store.lock:
            progress = _owned(store, load, also="published")
            if progress.state == "published":
                return Published(rows=store.tables[load.stream].rows.num_rows)
            deleted = 0
            staged = store.staged.pop((load.load_id, load.generation), None)
            if staged is not None:
                before = store.rows(load.stream)
                if load.mode == "mirror" and before is not None:
                    deleted = _without(before, staged, load.key).num_rows
                schema = StreamSchema(
                    load.stream, staged.schema, key=load.key, comment=load.comment
                )
                store.tables[load.stream] = MemoryTable(schema, staged)
            _mark(store, load, "published")
            return Published(store.tables[load.stream].rows.num_rows, deleted)

    @override
    def discard(self) -> None:
        with self._store.lock:
            _owned(self._store, self._load, also="discarded")
            self._store.staged.pop((self._load.load_id, self._load.generation), None)
            _mark(self._store, self._load, "discarded")

    @override
    def close(self) -> None:
        pass  # the generation stays open in the store


class MemoryWriter(Writer):
    """Writes batches into the target or its staging, each in one step."""

    def __init__(
        self, store: MemoryStore, load: Load, refuse: Refuse, *, tells_rows: bool
    ) -> None:
        self._store = store
        self._load = load
        self._refuse = refuse
        self._tells_rows = tells_rows

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        load, store = self._load, self._store
        with store.lock:
            progress = _owned(store, load)
            refused = self._refusals(rows)
            if refused:
                raise RowsRefusedError(
                    next(iter(refused.values())), refused if self._tells_rows else None
                )
            self._keep(self._combined(rows))
            shares = {**progress.shares, settled.share: settled}
            store.loads[load.load_id][load.generation] = replace(progress, shares=shares)
            store.commits += 1

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        with self._store.lock:
            return next(iter(self._refusals(rows).values()), None)

    @override
    def close(self) -> None:
        pass  # nothing is held

    def _present(self) -> pa.Table:
        load = self._load
        if load.mode in {"append", "merge"}:
            return self._store.tables[load.stream].rows
        return self._store.staged[load.load_id, load.generation]

    def _keep(self, rows: pa.Table) -> None:
        load = self._load
        if load.mode in {"append", "merge"}:
            table = self._store.tables[load.stream]
            self._store.tables[load.stream] = MemoryTable(table.schema, rows)
        else:
            self._store.staged[load.load_id, load.generation] = rows

    def _combined(self, rows: pa.RecordBatch) -> pa.Table:
        present, fresh = self._present(), pa.Table.from_batches([rows])
        if self._load.mode in {"merge", "mirror"}:
            return _merged(present, fresh, self._load.key)
        return pa.concat_tables([present, _shaped(fresh, present.schema)])

    def _refusals(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        refused = dict(self._refuse(rows))
        required = [field.name for field in self._load.columns if not field.nullable]
        for name in {*required, *self._load.key}:
            for row, value in enumerate(rows.column(name).to_pylist()):
                if value is None:
                    refused.setdefault(row, f"{name} is NULL")
        if self._load.key and self._load.mode in {"append", "replace"}:
            refused.update(self._repeated(rows))
        return refused

    def _repeated(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        key = list(self._load.key)
        seen = {tuple(row.values()) for row in self._present().select(key).to_pylist()}
        repeated: dict[int, str] = {}
        for at, row in enumerate(rows.select(key).to_pylist()):
            if tuple(row.values()) in seen:
                repeated[at] = "the key exists already"
            seen.add(tuple(row.values()))
        return repeated


def _begin(store: MemoryStore, load: Load) -> None:
    generations = store.loads.setdefault(load.load_id, {})
    found = generations.get(load.generation)
    if not load.resume:
        if found is not None and found.owner != load.run_id:
            raise LoadBusyError(f"another run has begun {load.load_id}", load=load.load_id)
        for number, earlier in generations.items():
            if earlier.state == "open":
                generations[number] = replace(earlier, state="discarded")
                store.staged.pop((load.load_id, number), None)
        generations[load.generation] = Progress(load.generation, "open", load.plan, load.run_id)
        return
    if found is None or found.state != "open":
        raise LoadBusyError(f"load {load.load_id} is not open", load=load.load_id)
    generations[load.generation] = replace(found, owner=load.run_id)


def _owned(store: MemoryStore, load: Load, also: LoadState = "open") -> Progress:
    progress = store.loads[load.load_id][load.generation]
    if progress.owner != load.run_id or progress.state not in {"open", also}:
        raise LoadBusyError(f"load {load.load_id} was taken over", load=load.load_id)
    return progress


def _mark(store: MemoryStore, load: Load, state: LoadState) -> None:
    progress = store.loads[load.load_id][load.generation]
    store.loads[load.load_id][load.generation] = replace(progress, state=state)


def _make_ready(store: MemoryStore, load: Load) -> None:
    columns = canonical(load.columns)
    existing = store.tables.get(load.stream)
    if existing is None:
        schema = StreamSchema(load.stream, columns, key=load.key, comment=load.comment)
        store.tables[load.stream] = MemoryTable(schema, columns.empty_table())
        return
    added = _added(existing.schema, load)
    if added:
        wider = pa.schema([*existing.schema.columns, *added])
        schema = replace(existing.schema, columns=wider)
        store.tables[load.stream] = MemoryTable(schema, _shaped(existing.rows, wider))


def _added(existing: StreamSchema, load: Load) -> list[pa.Field]:
    """Return the columns to add; raise when the target may not or cannot change."""
    added: list[pa.Field] = []
    for field_ in canonical(load.columns):
        at = existing.columns.get_field_index(field_.name)
        if at < 0:
            meaning: Meaning = meaning_of(field_)
            added.append(column(field_.name, field_.type, meaning))
        elif load.mode != "replace" and existing.columns.field(at).type != field_.type:
            raise SchemaChangedError(
                f"{load.stream}.{field_.name} is {existing.columns.field(at).type}",
                stream=load.stream,
                column=field_.name,
            )
    if added and not load.evolve:
        names = ", ".join(one.name for one in added)
        raise SchemaChangedError(f"{load.stream} has no column {names}", stream=load.stream)
    return added


def _shaped(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return the rows with exactly these columns, absent ones NULL."""
    columns = [
        rows.column(one.name)
        if one.name in rows.column_names
        else pa.nulls(rows.num_rows, one.type)
        for one in schema
    ]
    return pa.table(columns, schema=schema)


def _without(rows: pa.Table, gone: pa.Table, key: Sequence[str]) -> pa.Table:
    absent = {tuple(row.values()) for row in gone.select(list(key)).to_pylist()}
    kept = [tuple(row.values()) not in absent for row in rows.select(list(key)).to_pylist()]
    return rows.filter(pa.array(kept, pa.bool_()))


def _merged(rows: pa.Table, fresh: pa.Table, key: Sequence[str]) -> pa.Table:
    kept = _without(rows, fresh, key)
    return pa.concat_tables([kept, _shaped(fresh, rows.schema)])
