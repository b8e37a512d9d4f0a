"""The table that is copied: 16 columns as an ERP's orders have them, about 150 bytes a row."""

from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pymysql
from tools.services import Server, execute, mariadb_session

COLUMNS = (
    "id", "customer_id", "quantity", "amount", "sku", "title", "created", "updated", "due",
    "paid", "token", "attrs", "note", "score", "region", "discount",
)  # fmt: skip
POSTGRES = """
CREATE TABLE {table} (id bigint PRIMARY KEY, customer_id int NOT NULL, quantity smallint,
  amount numeric(12,2), sku varchar(32), title text, created timestamp, updated timestamptz,
  due date, paid boolean, token uuid, attrs jsonb, note text, score double precision,
  region varchar(16), discount numeric(12,2))
"""
MARIADB = """
CREATE TABLE {table} (id bigint PRIMARY KEY, customer_id int NOT NULL, quantity smallint,
  amount decimal(12,2), sku varchar(32), title longtext, created datetime(6),
  updated timestamp(6) NULL, due date, paid tinyint(1), token char(36), attrs longtext,
  note longtext,
  score double, region varchar(16), discount decimal(12,2)) CHARACTER SET utf8mb4
"""
_ROWS = """
INSERT INTO {table} SELECT i, i % 10000, i % 100, (i % 100000) / 100.0, 'SKU-' || i,
  '六角螺栓 型号 ' || i % 1000, timestamp '2024-01-01' + i * interval '1 second',
  timestamptz '2024-01-01 00:00+08' + i * interval '1 second', date '2024-01-01' + i % 365,
  i % 2 = 0, md5(i::text)::uuid, jsonb_build_object('a', i % 10, 'b', 'x'),
  CASE WHEN i % 3 = 0 THEN NULL ELSE 'note ' || i END, i / 8.0, '华东',
  CASE WHEN i % 5 = 0 THEN NULL ELSE (i % 50) / 10.0 END
FROM generate_series(1, {rows}) AS i
"""
# Each value in one spelling for both systems, so that sums of hashes compare.
_POSTGRES_TEXT = """
concat_ws('|', id, customer_id, quantity, coalesce(amount::text, '~'), sku, title,
  to_char(created, 'YYYY-MM-DD HH24:MI:SS.US'),
  to_char(updated AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), due, paid::int, token,
  (attrs::jsonb->>'a') || (attrs::jsonb->>'b'), coalesce(note, '~'), (score * 8)::bigint,
  region,
  coalesce(discount::text, '~'))
"""
_MARIADB_TEXT = """
concat_ws('|', id, customer_id, quantity, coalesce(amount, '~'), sku, title,
  date_format(created, '%Y-%m-%d %H:%i:%s.%f'), date_format(updated, '%Y-%m-%d %H:%i:%s.%f'),
  due, paid, token, concat(json_value(attrs, '$.a'), json_value(attrs, '$.b')),
  coalesce(note, '~'), cast(score * 8 as signed), region, coalesce(discount, '~'))
"""
POSTGRES_SUM = (
    "SELECT count(*), sum(('x' || substr(md5(t), 1, 12))::bit(48)::bigint)::numeric "
    "FROM (SELECT {text} AS t FROM {table}) AS texts"
)
MARIADB_SUM = (
    "SELECT count(*), sum(cast(conv(substr(md5(t), 1, 12), 16, 10) as unsigned)) "
    "FROM (SELECT {text} AS t FROM {table}) AS texts"
)
MARIADB_ERROR = pymysql.MySQLError
Content = tuple[int, int]
Row = tuple[Any, ...]


def fill(server: Server, table: str, rows: int) -> None:
    """Make and fill the table on PostgreSQL."""
    with psycopg.connect(server.url, autocommit=True) as session:
        session.execute(POSTGRES.format(table=table).encode())
        session.execute(_ROWS.format(table=table, rows=rows).encode())
        session.execute(f"VACUUM ANALYZE {table}".encode())
        session.execute("CHECKPOINT")


def settle(server: Server) -> None:
    """Let a server write out what it owes, so that nobody pays for another's work."""
    if server.scheme == "postgresql":
        with psycopg.connect(server.url, autocommit=True) as session:
            session.execute("CHECKPOINT")


def create(server: Server, table: str, *, plain: bool = False) -> None:
    """Make the empty table, dropping what stands there.

    Args:
        server: Where.
        table: Its name.
        plain: With texts for what MariaDB has no type for (UUID, binary JSON).
    """
    template = POSTGRES if server.scheme == "postgresql" else MARIADB
    if plain:
        template = template.replace("token uuid, attrs jsonb", "token varchar(36), attrs text")
    execute(server, f"DROP TABLE IF EXISTS {table}", template.format(table=table))


def content(server: Server, table: str) -> Content:
    """Return rows and a sum of hashes, computed by the database itself."""
    if server.scheme == "postgresql":
        query = POSTGRES_SUM.format(text=_POSTGRES_TEXT, table=table)
        with psycopg.connect(server.url) as session:
            found = session.execute(query.encode()).fetchone()
    else:
        found = one_row(server, MARIADB_SUM.format(text=_MARIADB_TEXT, table=table))
    if found is None:
        return 0, 0
    return int(found[0]), int(found[1] or 0)


def one_row(server: Server, query: str) -> Row | None:
    """Return the first row of a query on MariaDB, times shown as UTC."""
    with closing(mariadb_session(server)) as session, session.cursor() as cursor:
        cursor.execute("SET time_zone = '+00:00'")
        cursor.execute(query)
        return cursor.fetchone()


def export_csv(server: Server, table: str, path: Path) -> None:
    """Write the table to a CSV file with a header."""
    names = ", ".join("paid::text" if name == "paid" else name for name in COLUMNS)
    statement = f"COPY (SELECT {names} FROM {table}) TO STDOUT (FORMAT csv, HEADER)"
    with (
        psycopg.connect(server.url) as session,
        path.open("wb") as file,
        session.cursor().copy(statement.encode()) as rows,
    ):
        for block in rows:
            file.write(block)
