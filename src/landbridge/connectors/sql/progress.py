"""Progress of loads in tables of the target, by statements that every SQL database knows.

The tables are those of `landbridge.sdk.sql.progress_tables`: a load that one connector began in
a database is understood by another.
"""

import base64
from collections.abc import Mapping

import sqlalchemy as sa

from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import LoadBusyError
from landbridge.sdk.progress import LoadState, Progress, Settled
from landbridge.sdk.sink import Load
from landbridge.sdk.sql.progress_tables import GENERATIONS_KEPT, LOADS, POSITIONS

_COUNTS = ("read", "written", "filtered", "quarantined", "superseded")
_STATES: Mapping[str, LoadState] = {
    "open": "open",
    "published": "published",
    "discarded": "discarded",
}
_SHORT = 190


class ProgressTables:
    """Both tables of one schema. Every method leaves the transaction to its caller."""

    def __init__(self, schema: str | None) -> None:
        self._metadata = sa.MetaData(schema=schema)
        self._loads = sa.Table(
            LOADS,
            self._metadata,
            sa.Column("load_id", sa.String(_SHORT), primary_key=True),
            sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("state", sa.String(_SHORT), nullable=False),
            sa.Column("owner", sa.String(_SHORT), nullable=False),
            sa.Column("plan", sa.Text),
        )
        # Texts may be empty, which Oracle takes for NULL.
        self._positions = sa.Table(
            POSITIONS,
            self._metadata,
            sa.Column("load_id", sa.String(_SHORT), primary_key=True),
            sa.Column("generation", sa.BigInteger, primary_key=True, autoincrement=False),
            sa.Column("share", sa.String(_SHORT), primary_key=True),
            sa.Column("batches", sa.BigInteger, nullable=False),
            sa.Column("position", sa.Text),
            *(sa.Column(f"{name}_rows", sa.BigInteger, nullable=False) for name in _COUNTS),
            sa.Column("read_receipt", sa.String(_SHORT)),
            sa.Column("written_receipt", sa.String(_SHORT)),
            sa.Column("done", sa.BigInteger, nullable=False),
        )

    def create(self, connection: sa.Connection) -> None:
        """Create both tables where they are missing."""
        self._metadata.create_all(connection)

    def exist(self, connection: sa.Connection) -> bool:
        """Return whether there can be any progress."""
        return sa.inspect(connection).has_table(LOADS, schema=self._metadata.schema)

    def read(self, connection: sa.Connection, load_id: str) -> Progress | None:
        """Return the latest generation of a load; the tables must exist."""
        loads, positions = self._loads.c, self._positions.c
        found = connection.execute(
            sa.select(loads.generation, loads.state, loads.plan, loads.owner)
            .where(loads.load_id == load_id)
            .order_by(loads.generation.desc())
            .limit(1)
        ).first()
        if found is None:
            return None
        rows = connection.execute(
            sa.select(self._positions).where(
                positions.load_id == load_id, positions.generation == found.generation
            )
        ).mappings()
        shares = [_settled(dict(row)) for row in rows]
        return Progress(
            generation=int(found.generation),
            state=_STATES[found.state],
            plan=found.plan or "",
            owner=found.owner,
            shares={settled.share: settled for settled in shares},
        )

    def begin(self, connection: sa.Connection, load: Load) -> None:
        """Insert the load's generation, or take an open one over when it resumes.

        Raises:
            LoadBusyError: It is not open any more, or another run has begun it.
        """
        loads = self._loads
        mine = (loads.c.load_id == load.load_id, loads.c.generation == load.generation)
        if load.resume:
            taken = connection.execute(
                sa.update(loads).where(*mine, loads.c.state == "open").values(owner=load.run_id)
            )
            if taken.rowcount != 1:
                raise LoadBusyError(f"load {load.load_id} is not open", load=load.load_id)
            return
        other = connection.execute(sa.select(loads.c.owner).where(*mine)).scalar()
        if other is not None and other != load.run_id:
            raise LoadBusyError(f"another run has begun load {load.load_id}", load=load.load_id)
        connection.execute(
            sa.update(loads)
            .where(loads.c.load_id == load.load_id, loads.c.state == "open")
            .values(state="discarded")
        )
        oldest = load.generation - GENERATIONS_KEPT
        for table in (self._positions, loads):
            connection.execute(
                sa.delete(table).where(
                    table.c.load_id == load.load_id,
                    sa.or_(table.c.generation <= oldest, table.c.generation == load.generation),
                )
            )
        connection.execute(
            sa.insert(loads).values(
                load_id=load.load_id,
                generation=load.generation,
                state="open",
                owner=load.run_id,
                plan=load.plan,
            )
        )

    def settle(self, connection: sa.Connection, load: Load, settled: Settled) -> None:
        """Store a share's totals.

        Raises:
            LoadBusyError: Another run owns the generation; the caller rolls back.
        """
        self._own(connection, load, "open")
        positions = self._positions
        totals = _totals(settled)
        updated = connection.execute(
            sa.update(positions)
            .where(
                positions.c.load_id == load.load_id,
                positions.c.generation == load.generation,
                positions.c.share == settled.share,
            )
            .values(**totals)
        )
        if updated.rowcount == 0:
            connection.execute(
                sa.insert(positions).values(
                    load_id=load.load_id,
                    generation=load.generation,
                    share=settled.share,
                    **totals,
                )
            )

    def mark(self, connection: sa.Connection, load: Load, state: LoadState) -> None:
        """Set the state of the load's generation; only its owner may. Twice is harmless.

        Raises:
            LoadBusyError: Another run owns the generation, or it ended in another state.
        """
        self._own(connection, load, state)

    def _own(self, connection: sa.Connection, load: Load, state: LoadState) -> None:
        """Write the state of a generation that is open or in it already, and ours.

        Writing locks the row everywhere, so that nobody takes the load over before the
        transaction ends.
        """
        loads = self._loads
        taken = connection.execute(
            sa.update(loads)
            .where(
                loads.c.load_id == load.load_id,
                loads.c.generation == load.generation,
                loads.c.owner == load.run_id,
                loads.c.state.in_(("open", state)),
            )
            .values(state=state)
        )
        if taken.rowcount != 1:
            raise LoadBusyError(
                f"load {load.load_id} was taken over by another run",
                hint="wait for the other run to end; `landbridge runs` shows it",
                load=load.load_id,
            )


def _totals(settled: Settled) -> dict[str, str | int]:
    counts = {f"{name}_rows": int(getattr(settled.counts, name)) for name in _COUNTS}
    return {
        "batches": settled.batches,
        "position": base64.b64encode(settled.position).decode(),
        **counts,
        "read_receipt": settled.read_receipt,
        "written_receipt": settled.written_receipt,
        "done": int(settled.done),
    }


def _settled(row: dict[str, object]) -> Settled:
    counts = Counts(*(int(str(row[f"{name}_rows"])) for name in _COUNTS))
    return Settled(
        share=str(row["share"]),
        batches=int(str(row["batches"])),
        position=Position(base64.b64decode(str(row["position"] or ""))),
        counts=counts,
        read_receipt=str(row["read_receipt"] or ""),
        written_receipt=str(row["written_receipt"] or ""),
        done=bool(row["done"]),
    )
