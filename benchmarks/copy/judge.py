"""What a peer wrote, judged by values: its own choice of types is not held against it."""

from pathlib import Path

import duckdb
import psycopg
from tools.services import Server

from benchmarks.copy import table

# The texts are those of `table`, with a cast where a peer may have chosen another type.
# An empty text stands for NULL, since CSV files do not tell them apart.
_POSTGRES_TEXT = """
concat_ws('|', id, customer_id, quantity,
  coalesce(nullif(amount::text, '')::numeric(12,2)::text, '~'), sku, title,
  to_char(created::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
  to_char(updated::timestamptz AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), due::date,
  (paid::text IN ('1', 't', 'true'))::int, token::text,
  (attrs::jsonb->>'a') || (attrs::jsonb->>'b'), coalesce(nullif(note, ''), '~'),
  (score::float8 * 8)::bigint, region,
  coalesce(nullif(discount::text, '')::numeric(12,2)::text, '~'))
"""
_MARIADB_TEXT = """
concat_ws('|', id, customer_id, quantity, coalesce(cast(amount as decimal(12,2)), '~'), sku,
  title, date_format(created, '%Y-%m-%d %H:%i:%s.%f'),
  date_format(updated, '%Y-%m-%d %H:%i:%s.%f'), date(due),
  if(cast(paid as char) in ('1', 'true'), 1, 0), cast(token as char),
  concat(json_value(attrs, '$.a'), json_value(attrs, '$.b')), coalesce(nullif(note, ''), '~'),
  cast(score * 8 as signed), region, coalesce(cast(discount as decimal(12,2)), '~'))
"""
_PARQUET_TEXT = """
concat_ws('|', id, customer_id, quantity,
  coalesce(amount::decimal(12,2)::varchar, '~'), sku, title,
  strftime(make_timestamp(epoch_us({created})), '%Y-%m-%d %H:%M:%S.%f'),
  strftime(make_timestamp(epoch_us({updated})), '%Y-%m-%d %H:%M:%S.%f'), due::date,
  (paid::varchar IN ('1', 'true'))::int, token::varchar,
  (attrs::json->>'a') || (attrs::json->>'b'), coalesce(nullif(note, ''), '~'),
  (score::double * 8)::bigint, region,
  coalesce(discount::decimal(12,2)::varchar, '~'))
"""

UNREADABLE = (psycopg.Error, table.MARIADB_ERROR, duckdb.Error)


def in_server(server: Server, name: str) -> table.Content:
    """Return rows and a sum of hashes of a table that a peer wrote."""
    if server.scheme == "postgresql":
        with psycopg.connect(server.url, options="-c timezone=UTC") as session:
            query = table.POSTGRES_SUM.format(text=_POSTGRES_TEXT, table=name)
            found = session.execute(query.encode()).fetchone()
    else:
        found = table.one_row(server, table.MARIADB_SUM.format(text=_MARIADB_TEXT, table=name))
    return (int(found[0]), int(found[1] or 0)) if found else (0, 0)


def in_parquet(files: Path) -> table.Content:
    """Return rows and a sum of hashes of the Parquet files below a folder.

    Raises:
        duckdb.Error: There are none, or they have other columns.
    """
    with duckdb.connect() as session:
        session.execute("SET threads = 2")
        source = f"read_parquet('{files}/**/*.parquet')"
        types = {
            str(name): str(kind)
            for name, kind, *_ in session.sql(f"DESCRIBE SELECT * FROM {source}").fetchall()
        }
        moments = {
            name: f"{name}::timestamp" if types.get(name) == "VARCHAR" else name
            for name in ("created", "updated")
        }
        found = session.execute(
            "SELECT count(*), sum(('0x' || substr(md5(t), 1, 12))::bigint) FROM "
            f"(SELECT {_PARQUET_TEXT.format(**moments)} AS t FROM {source})"
        ).fetchone()
    return (int(found[0]), int(found[1] or 0)) if found else (0, 0)
