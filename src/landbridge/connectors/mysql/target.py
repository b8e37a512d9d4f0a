"""What every part of the sink does on a session of the target."""

import re
from collections.abc import Generator, Iterable
from contextlib import contextmanager

import pyarrow as pa

from landbridge.connectors.mysql.catalogue import Catalogue, CatalogueColumn, Relation
from landbridge.connectors.mysql.dialects import QUOTING
from landbridge.connectors.mysql.encoding import Encoder
from landbridge.connectors.mysql.names import names_of, staging_of
from landbridge.connectors.mysql.server import Session
from landbridge.connectors.mysql.widening import modified
from landbridge.kernel.errors import (
    LoadBusyError,
    QueryRefusedError,
    SchemaChangedError,
    SystemBusyError,
)
from landbridge.sdk.progress import Progress
from landbridge.sdk.sink import Load
from landbridge.sdk.sql.progress_tables import LOADS, ProgressTables, creation

_TABLE = """
SELECT COUNT(*) FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_name = %s
"""
_PREFIXED = """
SELECT table_name FROM information_schema.tables
WHERE table_schema = DATABASE() AND LEFT(table_name, %s) = %s
"""
_BOUND = """
SELECT constraint_name FROM information_schema.referential_constraints
WHERE constraint_schema = DATABASE() AND %s IN (table_name, referenced_table_name)
UNION ALL
SELECT trigger_name FROM information_schema.triggers
WHERE event_object_schema = DATABASE() AND event_object_table = %s
"""
_INDEX_LINE = re.compile(
    r"^\s*((?:FULLTEXT |SPATIAL )?(?:KEY|INDEX) (`(?:[^`]|``)+`) .*?),?$", re.MULTILINE
)


class Target:
    """One session and the progress tables it writes."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.tables = ProgressTables(session.dialect.sql)

    def relation(self, table: str) -> Relation | None:
        """Return a table as it is now."""
        return Catalogue(self.session).relation(table)

    def exists(self, table: str) -> bool:
        """Return whether there is such a table."""
        [(count,)] = self.session.execute(_TABLE, (table,))
        return bool(count)

    def progress(self, load_id: str) -> Progress | None:
        """Return the latest generation of a load, or None."""
        if not self.exists(LOADS):
            return None
        return self.tables.read(self.session.execute, load_id)

    def make_progress_tables(self) -> None:
        """Create them where they are missing."""
        if not self.exists(LOADS):
            self.session.run(*creation(self.session.dialect.sql))

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Commit at the end, or undo everything."""
        self.session.begin()
        try:
            yield
        except BaseException:
            self.session.rollback()
            raise
        self.session.commit()

    @contextmanager
    def alone(self, load: Load) -> Generator[None]:
        """Keep other sessions from beginning, publishing or discarding this load.

        Raises:
            SystemBusyError: Another session holds it.
        """
        if not self.session.dialect.named_locks:
            yield
            return
        name = names_of(load.load_id, load.generation).lock
        [(got,)] = self.session.execute("SELECT GET_LOCK(%s, 10)", (name,))
        if got != 1:
            raise SystemBusyError(f"load {load.load_id} is being changed", load=load.load_id)
        try:
            yield
        finally:
            if self.session.connection.open:
                self.session.execute("SELECT RELEASE_LOCK(%s)", (name,))

    def require_owner(self, load: Load) -> None:
        """Check that this run still owns the open generation.

        Raises:
            LoadBusyError: It does not.
        """
        with self.transaction():
            self.tables.mark(self.session.execute, load, "open")

    def give_up_open(self, load: Load) -> None:
        """Mark every open generation of the load discarded, then drop what it staged.

        In this order, so that an open generation always has its staging.
        """
        with self.transaction():
            self.session.execute(
                f"UPDATE {QUOTING.quoted(LOADS)} SET state = 'discarded' "  # noqa: S608  quoted names
                "WHERE load_id = %s AND state = 'open'",
                (load.load_id,),
            )
        self.drop_staged(load)

    def drop_staged(self, load: Load) -> None:
        """Drop staging and former tables of all generations of the load."""
        for prefix in staging_of(load.load_id):
            rows = self.session.execute(_PREFIXED, (len(prefix), prefix))
            for (name,) in list(rows):
                self.session.run(f"DROP TABLE IF EXISTS {QUOTING.quoted(str(name))}")

    def require_free(self, table: str) -> None:
        """Check that nothing hangs on the table that a swap would leave behind.

        Raises:
            SchemaChangedError: Foreign keys or triggers do.
        """
        rows = self.session.execute(_BOUND, (table, table))
        if rows:
            raise SchemaChangedError(
                f"{table} has foreign keys or triggers ({rows[0][0]!s}), which a replace loses",
                hint="use mode mirror, which keeps the table",
                stream=table,
            )

    def create_like(self, table: str, model: Relation, *, temporary: bool = False) -> None:
        """Create an empty table like another one, without indexes that only slow loading."""
        kind = "TEMPORARY TABLE" if temporary else "TABLE"
        quoted = QUOTING.quoted(table)
        self.session.run(f"CREATE {kind} {quoted} LIKE {model.quoted}")
        dropped = [f"DROP INDEX {name}" for name, _ in self._indexes(table)]
        if not dropped:
            return
        try:
            self.session.run(f"ALTER TABLE {quoted} {', '.join(dropped)}")
        except QueryRefusedError:
            return  # an AUTO_INCREMENT column needs one of them

    def restore_indexes(self, table: str, model: Relation) -> None:
        """Add the indexes that `create_like` left out."""
        present = {name for name, _ in self._indexes(table)}
        wanted = [
            f"ADD {line}" for name, line in self._indexes(model.table) if name not in present
        ]
        if wanted:
            self.session.run(f"ALTER TABLE {QUOTING.quoted(table)} {', '.join(wanted)}")

    def widen(self, table: str, columns: Iterable[tuple[CatalogueColumn, str]]) -> None:
        """Give columns wider types; defaults, comments and character sets stay.

        Raises:
            SchemaChangedError: A column's definition is not one we can change.
        """
        clauses: list[str] = []
        for column, wider in columns:
            clause = modified(self._definition(table), column.name, column.type.text, wider)
            if clause is None:
                raise SchemaChangedError(
                    f"{table}.{column.name} has to become {wider}",
                    hint="change the column by hand",
                    stream=table,
                    column=column.name,
                )
            clauses.append(clause)
        if clauses:
            self.session.run(f"ALTER TABLE {QUOTING.quoted(table)} {', '.join(clauses)}")

    def encoders(self, columns: pa.Schema, relation: Relation) -> tuple[Encoder, ...]:
        """Return how each column is written into the table.

        Raises:
            SchemaChangedError: The table lacks one.
        """
        signed = self._keeps_signed_zero()
        found: list[Encoder] = []
        for field in columns:
            target = relation.column(field.name)
            if target is None:
                raise SchemaChangedError(
                    f"{relation.table} has no column {field.name}", stream=relation.table
                )
            found.append(Encoder(field, target, signed_zero=signed))
        return tuple(found)

    def _keeps_signed_zero(self) -> bool:
        [(text,)] = self.session.execute("SELECT CAST(-0e0 AS CHAR)")
        return str(text).startswith("-")

    def _indexes(self, table: str) -> list[tuple[str, str]]:
        """Names and definitions of the indexes that are not unique."""
        return [(found[2], found[1]) for found in _INDEX_LINE.finditer(self._definition(table))]

    def _definition(self, table: str) -> str:
        [row] = self.session.execute(f"SHOW CREATE TABLE {QUOTING.quoted(table)}")
        return str(row[1])


def gone(load: Load) -> LoadBusyError:
    """Return the error of a generation whose staging another run dropped."""
    return LoadBusyError(
        f"load {load.load_id} was taken over by another run",
        hint="wait for the other run to end; `landbridge runs` shows it",
        load=load.load_id,
    )
