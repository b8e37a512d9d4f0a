"""A fresh, empty database on a running server."""

from collections.abc import Generator
from contextlib import closing, contextmanager, suppress
from uuid import uuid4

import psycopg
import pymysql
from pymysql.cursors import Cursor

from tools.services.server import Server

_IDLE_SESSIONS = "SELECT id FROM information_schema.processlist WHERE db = %s"


@contextmanager
def fresh_database(server: Server) -> Generator[Server]:
    """Create a database nobody else has; drop it on leaving, whoever is still connected.

    A server that the test has killed or stopped is left as it is.
    """
    name = f"t_{uuid4().hex[:16]}"
    execute(server, f"CREATE DATABASE {name}")
    try:
        yield server.on(name)
    finally:
        if server.running:
            _drop(server, name)


def execute(server: Server, *statements: str) -> None:
    """Run statements in the server's database, each in its own transaction."""
    if server.scheme == "postgresql":
        with psycopg.connect(server.url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())
    else:
        with closing(mariadb_session(server)) as session, session.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def _drop(server: Server, name: str) -> None:
    if server.scheme == "postgresql":
        execute(server, f"DROP DATABASE {name} WITH (FORCE)")
        return
    # MariaDB would wait for every open transaction that has seen one of its tables.
    with closing(mariadb_session(server)) as session, session.cursor() as cursor:
        cursor.execute(_IDLE_SESSIONS, (name,))
        for (identity,) in cursor.fetchall():
            with suppress(pymysql.err.MySQLError):  # it may have gone by itself
                cursor.execute(f"KILL {identity:d}")
        cursor.execute(f"DROP DATABASE {name}")


def mariadb_session(server: Server) -> "pymysql.Connection[Cursor]":
    """Open a session of the plain driver, each statement in its own transaction."""
    return pymysql.connect(
        host=server.host,
        port=server.port,
        user=server.user,
        password=server.password,
        database=server.database,
        charset="utf8mb4",
        autocommit=True,
    )
