"""The two servers of a scenario, seen from outside of Landbridge."""

from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import psycopg
import pymysql
from tools.services import Server, mariadb_session

Row = tuple[object, ...]
COLUMNS = "id, customer, amount, title, created, due, paid, note"
_CREATE = """
CREATE TABLE orders (id bigint PRIMARY KEY, customer int NOT NULL, amount numeric(12,2),
  title varchar(80), created timestamp NOT NULL, due date, paid boolean, note text)
"""
_INSERT = """
INSERT INTO orders SELECT i, i % 997, (i % 100000) / 100.0, '六角螺栓 ' || i,
  timestamp '2026-01-01' + i * interval '1 second', date '2026-01-01' + (i % 300),
  i % 2 = 0, CASE WHEN i % 3 = 0 THEN NULL ELSE 'note ' || i END
FROM generate_series({first}, {last}) AS i
"""
_CHANGE = """
UPDATE orders SET amount = amount + 1,
  created = timestamp '2027-01-01' + id * interval '1 second'
WHERE id % 11 = 0
"""


def fill(source: Server, rows: int) -> None:
    """Make the source table."""
    with psycopg.connect(source.url, autocommit=True) as session:
        session.execute("DROP TABLE IF EXISTS orders")
        session.execute(_CREATE)
        session.execute(_INSERT.format(first=1, last=rows).encode())


def add(source: Server, first: int, last: int) -> None:
    """Add rows that are newer than all others."""
    with psycopg.connect(source.url, autocommit=True) as session:
        session.execute(_INSERT.format(first=first, last=last).encode())


def change(source: Server) -> int:
    """Update every eleventh row, cursor included; return how many."""
    with psycopg.connect(source.url, autocommit=True) as session:
        return session.execute(_CHANGE).rowcount


def remove(source: Server) -> int:
    """Delete every seventh row; return how many."""
    with psycopg.connect(source.url, autocommit=True) as session:
        return session.execute("DELETE FROM orders WHERE id % 7 = 0").rowcount


def rows_of(server: Server, table: str) -> list[Row]:
    """Return a table's rows in order of their key, in values that compare across systems."""
    query = f"SELECT {COLUMNS} FROM {table} ORDER BY id"
    return [tuple(_plain(value) for value in row) for row in _ask(server, query)]


@dataclass(frozen=True, slots=True)
class Ledger:
    """What the target's own tables say of a load.

    Attributes:
        generation: Number of the latest generation.
        state: Its state.
        batches: Batches settled in the generations looked at; likewise the rows.
    """

    generation: int
    state: str
    batches: int
    read: int
    written: int
    balanced: bool


def ledger(target: Server, after: int = 0) -> Ledger | None:
    """Return the account of the generations after one, or None when there are none yet."""
    try:
        loads = _ask(
            target,
            f"SELECT generation, state FROM _landbridge_loads WHERE generation > {after} "
            "ORDER BY generation DESC",
        )
        if not loads:
            return None
        generation, state = int(str(loads[0][0])), str(loads[0][1])
        found = _ask(
            target,
            "SELECT batches, read_rows, written_rows, filtered_rows, quarantined_rows, "
            f"superseded_rows FROM _landbridge_positions WHERE generation > {after}",
        )
    except (psycopg.errors.UndefinedTable, pymysql.err.ProgrammingError):
        return None
    numbers = [[int(str(value)) for value in row] for row in found]
    return Ledger(
        generation,
        state,
        batches=sum(row[0] for row in numbers),
        read=sum(row[1] for row in numbers),
        written=sum(row[2] for row in numbers),
        balanced=all(row[1] == sum(row[2:]) for row in numbers),
    )


def cut(server: Server) -> None:
    """End every session of Landbridge on a server."""
    if server.scheme == "postgresql":
        with psycopg.connect(server.url, autocommit=True) as session:
            session.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return
    query = "SELECT id FROM information_schema.processlist WHERE id <> connection_id()"
    for (identity,) in _ask(server, f"{query} AND user <> 'system user'"):
        with suppress(pymysql.err.MySQLError):  # it may have gone by itself
            _ask(server, f"KILL {identity}")


def _ask(server: Server, query: str) -> Sequence[Row]:
    if server.scheme == "postgresql":
        with psycopg.connect(server.url, autocommit=True) as session:
            return session.execute(query.encode()).fetchall()
    connection = mariadb_session(server)
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _plain(value: object) -> object:
    match value:
        case bool():
            return int(value)
        case Decimal():
            return f"{value:f}"
        case datetime():
            return value.isoformat()
        case date():
            return value.isoformat()
        case _:
            return value
