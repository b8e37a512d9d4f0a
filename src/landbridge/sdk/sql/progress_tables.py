"""Progress of loads in tables of the target, written in the same transaction as the rows.

`_landbridge_loads` has a row for each generation of a load, `_landbridge_positions` one for
each share of it with totals so far. The functions run statements on a connection that the
connector hands in and leave the transaction to it.
"""

import base64
from collections.abc import Sequence

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import LoadBusyError
from landbridge.sdk.progress import LoadState, Progress, Settled
from landbridge.sdk.sink import Load
from landbridge.sdk.sql.dialect import Execute, Scalar, SqlDialect

LOADS = "_landbridge_loads"
POSITIONS = "_landbridge_positions"
PROGRESS_TABLES = (LOADS, POSITIONS)
"""Names a catalogue leaves out, beside those that `is_internal` tells."""

GENERATIONS_KEPT = 20

_COUNTS = ("read", "written", "filtered", "quarantined", "superseded")
_TOTALS = (
    "batches",
    "position",
    *(f"{name}_rows" for name in _COUNTS),
    "read_receipt",
    "written_receipt",
    "done",
)


def is_internal(table: str) -> bool:
    """Return whether a table is ours (progress, staging) and not the user's."""
    return table.startswith("_landbridge_")


def creation(dialect: SqlDialect, schema: str = "") -> Sequence[str]:
    """Return the statements that create both tables where they are missing."""
    short, long, number = dialect.name_type, dialect.text_type, dialect.integer_type
    counts = ", ".join(f"{name}_rows {number} NOT NULL" for name in _COUNTS)
    loads, positions = dialect.quoted(schema, LOADS), dialect.quoted(schema, POSITIONS)
    return (
        f"CREATE TABLE IF NOT EXISTS {loads} (load_id {short} NOT NULL, "
        f"generation {number} NOT NULL, state {short} NOT NULL, owner {short} NOT NULL, "
        f"plan {long} NOT NULL, PRIMARY KEY (load_id, generation)){dialect.table_suffix}",
        f"CREATE TABLE IF NOT EXISTS {positions} (load_id {short} NOT NULL, "
        f"generation {number} NOT NULL, share {short} NOT NULL, batches {number} NOT NULL, "
        f"{dialect.quoted('position')} {long} NOT NULL, {counts}, "
        f"read_receipt {short} NOT NULL, written_receipt {short} NOT NULL, "
        f"done {number} NOT NULL, "
        f"PRIMARY KEY (load_id, generation, share)){dialect.table_suffix}",
    )


class ProgressTables:
    """Both tables of one target schema, in one dialect."""

    def __init__(self, dialect: SqlDialect, schema: str = "") -> None:
        self._dialect = dialect
        self._loads = dialect.quoted(schema, LOADS)
        self._positions = dialect.quoted(schema, POSITIONS)

    def read(self, execute: Execute, load_id: str) -> Progress | None:
        """Return the latest generation of a load; the tables must exist."""
        mark = self._dialect.placeholder
        found = execute(
            f"SELECT generation, state, plan, owner FROM {self._loads} WHERE load_id = {mark} "  # noqa: S608  quoted names
            "ORDER BY generation DESC LIMIT 1",
            (load_id,),
        )
        if not found:
            return None
        generation, state, plan, owner = found[0]
        rows = execute(
            f"SELECT share, {self._total_columns()} FROM {self._positions} "  # noqa: S608  quoted names
            f"WHERE load_id = {mark} AND generation = {mark}",
            (load_id, generation),
        )
        shares = [_settled(row) for row in rows]
        return Progress(
            generation=int(generation or 0),
            state=_state(str(state)),
            plan=str(plan),
            owner=str(owner),
            shares={settled.share: settled for settled in shares},
        )

    def begin(self, execute: Execute, load: Load) -> None:
        """Insert the load's generation, or take an open one over when it resumes.

        Beginning a generation discards an open one of the same load.

        Raises:
            LoadBusyError: The generation to resume is not open any more.
        """
        mark = self._dialect.placeholder
        where = f"WHERE load_id = {mark} AND generation = {mark}"
        if load.resume:
            state = execute(
                f"SELECT state FROM {self._loads} {where}",  # noqa: S608  quoted names
                (load.load_id, load.generation),
            )
            if not state or state[0][0] != "open":
                raise LoadBusyError(f"load {load.load_id} is not open", load=load.load_id)
            execute(
                f"UPDATE {self._loads} SET owner = {mark} {where}",  # noqa: S608  quoted names
                (load.run_id, load.load_id, load.generation),
            )
            return
        execute(
            f"UPDATE {self._loads} SET state = 'discarded' "  # noqa: S608  quoted names
            f"WHERE load_id = {mark} AND state = 'open'",
            (load.load_id,),
        )
        # A begin whose answer was lost is begun again by the same run.
        execute(
            f"DELETE FROM {self._loads} {where} AND owner = {mark}",  # noqa: S608  quoted names
            (load.load_id, load.generation, load.run_id),
        )
        oldest = load.generation - GENERATIONS_KEPT
        for table in (self._positions, self._loads):
            execute(
                f"DELETE FROM {table} WHERE load_id = {mark} AND generation <= {mark}",  # noqa: S608  quoted names
                (load.load_id, oldest),
            )
        execute(
            f"INSERT INTO {self._loads} (load_id, generation, state, owner, plan) "  # noqa: S608  quoted names
            f"VALUES ({self._dialect.marks(5)})",
            (load.load_id, load.generation, "open", load.run_id, load.plan),
        )

    def settle(self, execute: Execute, load: Load, settled: Settled) -> None:
        """Store a share's totals.

        Raises:
            LoadBusyError: Another run owns the generation; the caller rolls back.
        """
        self._require_owner(execute, load)
        names = ["load_id", "generation", "share", *_TOTALS]
        updates = _TOTALS
        quoted = self._dialect.quoted
        if self._dialect.upsert == "on_conflict":
            clause = "ON CONFLICT (load_id, generation, share) DO UPDATE SET " + ", ".join(
                f"{quoted(name)} = excluded.{quoted(name)}" for name in updates
            )
        else:
            clause = "ON DUPLICATE KEY UPDATE " + ", ".join(
                f"{quoted(name)} = VALUES({quoted(name)})" for name in updates
            )
        execute(
            f"INSERT INTO {self._positions} ({self._dialect.columns(names)}) "  # noqa: S608  quoted names
            f"VALUES ({self._dialect.marks(len(names))}) {clause}",
            (load.load_id, load.generation, settled.share, *_totals(settled)),
        )

    def mark(self, execute: Execute, load: Load, state: LoadState) -> None:
        """Set the state of the load's generation; only its owner may. Twice is harmless.

        Raises:
            LoadBusyError: Another run owns the generation, or it ended in another state.
        """
        self._require_owner(execute, load, also=state)
        mark = self._dialect.placeholder
        execute(
            f"UPDATE {self._loads} SET state = {mark} "  # noqa: S608  quoted names
            f"WHERE load_id = {mark} AND generation = {mark}",
            (state, load.load_id, load.generation),
        )

    def _require_owner(self, execute: Execute, load: Load, also: LoadState = "open") -> None:
        mark = self._dialect.placeholder
        found = execute(
            f"SELECT owner, state FROM {self._loads} WHERE load_id = {mark} "  # noqa: S608  quoted names
            f"AND generation = {mark}{self._dialect.share_lock}",
            (load.load_id, load.generation),
        )
        if not found or found[0][0] != load.run_id or found[0][1] not in {"open", also}:
            raise LoadBusyError(
                f"load {load.load_id} was taken over by another run",
                hint="wait for the other run to end; `landbridge runs` shows it",
                load=load.load_id,
            )

    def _total_columns(self) -> str:
        return self._dialect.columns(_TOTALS)


def _totals(settled: Settled) -> tuple[Scalar, ...]:
    counts = settled.counts
    return (
        settled.batches,
        base64.b64encode(settled.position).decode(),
        *(getattr(counts, name) for name in _COUNTS),
        settled.read_receipt,
        settled.written_receipt,
        int(settled.done),
    )


def _settled(row: tuple[Scalar, ...]) -> Settled:
    share, batches, position, *rest = row
    counts, (read_receipt, written_receipt, done) = rest[: len(_COUNTS)], rest[len(_COUNTS) :]
    return Settled(
        share=str(share),
        batches=int(batches or 0),
        position=Position(base64.b64decode(str(position))),
        counts=Counts(*(int(value or 0) for value in counts)),
        read_receipt=str(read_receipt),
        written_receipt=str(written_receipt),
        done=bool(done),
    )


def _state(text: str) -> LoadState:
    if text == "published":
        return "published"
    return "discarded" if text == "discarded" else "open"
