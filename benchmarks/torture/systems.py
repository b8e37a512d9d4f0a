"""Systems of the torture table: native tables made natively, connections for Landbridge."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import psycopg
from tools.services import Server, mariadb_session

from benchmarks.torture.case import Case
from benchmarks.torture.file_systems import api_system, file_systems
from benchmarks.torture.served import Served
from benchmarks.torture.system import System
from landbridge.sdk.manifest import Context


def systems(
    folder: Path, postgres: Sequence[Server], mariadb: Sequence[Server], api: Served
) -> Mapping[str, System]:
    """Return every system by name.

    Args:
        folder: Where files go.
        postgres: A database for the connector of the system, and one for `sql`.
        mariadb: The same.
        api: The local API.
    """
    context = Context(folder, folder)
    native = [
        System("postgres", "postgres", _address(one), _postgres(one), _table, context)
        for one in postgres
    ]
    native += [
        System("mysql", "mysql", _address(one), _mysql(one), _table, context) for one in mariadb
    ]
    native += [
        System("sqlite", "sqlite", {"path": name}, _sqlite(folder / name), _table, context)
        for name in ("t.sqlite", "s.sqlite")
    ]
    urls = (
        _url("postgresql+psycopg", postgres[1]),
        _url("mysql+pymysql", mariadb[1]) + "?charset=utf8mb4",
        f"sqlite:///{folder / 's.sqlite'}",
    )
    found = (
        *native[::2],
        System("duckdb", "duckdb", {"path": "t.duckdb"}, _duckdb(folder), _table, context),
        *file_systems(context),
        *(_sql(url, other) for url, other in zip(urls, native[1::2], strict=True)),
        api_system(context, api),
    )
    return {system.name: system for system in found}


def _sql(url: str, witness: System) -> System:
    """Return a system reached by the connector `sql`; the system's own bears witness."""
    return System(
        f"sql-{witness.name}",
        "sql",
        {"url": url},
        witness.make,
        _table,
        witness.context,
        witness,
    )


def _url(kind: str, server: Server) -> str:
    user = f"{server.user}:{quote(server.password)}"
    return f"{kind}://{user}@{server.host}:{server.port}/{server.database}"


def _table(number: int) -> str:
    return f"target_{number}"


def _address(server: Server) -> Mapping[str, Any]:
    return {
        "host": server.host,
        "port": server.port,
        "database": server.database,
        "user": server.user,
        "password": server.password,
    }


def _postgres(server: Server) -> Callable[[Case, int], str]:
    with psycopg.connect(server.url, autocommit=True) as session:
        session.execute("CREATE TYPE mood AS ENUM ('好', 'bad')")

    def make(case: Case, number: int) -> str:
        with psycopg.connect(server.url, autocommit=True) as session:
            for statement in _statements(case, number):
                session.execute(statement.encode())
        return f"public.source_{number}"

    return make


def _mysql(server: Server) -> Callable[[Case, int], str]:
    def make(case: Case, number: int) -> str:
        connection = mariadb_session(server)
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
            for statement in _statements(case, number):
                cursor.execute(statement)
        return f"source_{number}"

    return make


def _sqlite(path: Path) -> Callable[[Case, int], str]:
    def make(case: Case, number: int) -> str:
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in _statements(case, number):
                connection.execute(statement)
        return f"source_{number}"

    return make


def _duckdb(folder: Path) -> Callable[[Case, int], str]:
    def make(case: Case, number: int) -> str:
        with duckdb.connect(str(folder / "t.duckdb")) as connection:
            for statement in _statements(case, number):
                connection.execute(statement)
        return f"source_{number}"

    return make


def _statements(case: Case, number: int) -> list[str]:
    table = f"source_{number}"
    values = (*case.values, "NULL")
    return [
        f"CREATE TABLE {table} (id int PRIMARY KEY, v {case.native})",
        *(f"INSERT INTO {table} VALUES ({at}, {value})" for at, value in enumerate(values, 1)),
    ]
