"""The native tools that a copy is compared with, each one shell pipe."""

import shlex
from pathlib import Path

from tools.services import Server

from benchmarks.copy.table import COLUMNS

_UTC = "SET time_zone = '+00:00'"
_NAMES = ", ".join(COLUMNS)
# MariaDB has no boolean and no zone: the pipe converts, as ours does.
_TO_MARIADB = (
    "SELECT id, customer_id, quantity, amount, sku, title, created, "
    "updated AT TIME ZONE 'UTC', due, paid::int, token, attrs, note, score, region, discount "
    "FROM orders"
)
_FROM_MARIADB = (
    "SELECT id, customer_id, quantity, ifnull(amount, '\\\\N'), sku, title, created, "
    "concat(updated, '+00'), due, paid, token, attrs, ifnull(note, '\\\\N'), score, region, "
    "ifnull(discount, '\\\\N') FROM orders_m"
)


def postgres_to_postgres(server: Server) -> str:
    """`psql COPY (binary) | psql COPY` into a table with the same primary key."""
    return (
        f"{_psql(server)} -c 'COPY orders TO STDOUT (FORMAT binary)' | "
        f"{_psql(server)} -c 'COPY native FROM STDIN (FORMAT binary)'"
    )


def postgres_to_mariadb(postgres: Server, mariadb: Server) -> str:
    """`psql COPY text | mariadb LOAD DATA LOCAL`."""
    load = (
        "LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE native CHARACTER SET utf8mb4 "
        f"({_NAMES})"
    )
    return (
        f"{_psql(postgres)} -c {shlex.quote(f'COPY ({_TO_MARIADB}) TO STDOUT')} | "
        f"{_mariadb(mariadb)} --local-infile=1 -e {shlex.quote(load)}"
    )


def mariadb_to_postgres(mariadb: Server, postgres: Server) -> str:
    """`mariadb --batch --quick | psql COPY text`."""
    return (
        f"{_mariadb(mariadb)} --batch --quick --raw --skip-column-names "
        f"-e {shlex.quote(_FROM_MARIADB)} | "
        f"{_psql(postgres)} -c {shlex.quote('COPY native FROM STDIN')}"
    )


def csv_to_postgres(file: Path, postgres: Server) -> str:
    """`psql \\copy` of the file."""
    copy = f"\\copy native FROM '{file}' (FORMAT csv, HEADER)"
    return f"{_psql(postgres)} -c {shlex.quote(copy)}"


def duckdb_to_parquet(python: Path, server: Server, file: Path) -> str:
    """DuckDB's own COPY through its PostgreSQL scanner, in an environment of its own."""
    code = (
        "import duckdb, duckdb_extension_postgres_scanner as e, pathlib;"
        "f = next(pathlib.Path(e.__path__[0]).rglob('*.duckdb_extension'));"
        "c = duckdb.connect(config={'allow_unsigned_extensions': 'true'});"
        "c.execute(f\"LOAD '{f}'\");"
        f"c.execute(\"ATTACH '{server.url}' AS p (TYPE postgres, READ_ONLY)\");"
        f"c.execute(\"COPY p.public.orders TO '{file}' (FORMAT parquet)\")"
    )
    return f"{python} -c {shlex.quote(code)}"


def _psql(server: Server) -> str:
    return f"psql -q -v ON_ERROR_STOP=1 {shlex.quote(server.url)}"


def _mariadb(server: Server) -> str:
    return (
        f"mariadb --host={server.host} --port={server.port} --user={server.user} "
        f"--password={server.password} --default-character-set=utf8mb4 "
        f"--init-command={shlex.quote(_UTC)} {server.database}"
    )
