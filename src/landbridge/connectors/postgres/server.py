"""Sessions of one server: psycopg for statements and COPY in, ADBC for rows out."""

from collections.abc import Sequence
from dataclasses import dataclass

import adbc_driver_manager
import psycopg
from adbc_driver_postgresql import dbapi
from psycopg.conninfo import make_conninfo

from landbridge.connectors.postgres.errors import explained, explained_connecting
from landbridge.connectors.postgres.options import PostgresOptions
from landbridge.kernel.errors import SystemUnavailableError
from landbridge.sdk.sql.dialect import Execute, Scalar

Connection = psycopg.Connection[tuple[Scalar, ...]]

_SSLMODES = {
    "off": "disable",
    "prefer": "prefer",
    "require": "require",
    "verify_ca": "verify-ca",
    "verify_full": "verify-full",
}
_SETTINGS = {
    # Texts of values must not depend on the server's or the user's taste.
    "bytea_output": "hex",
    "datestyle": "ISO, MDY",
    "extra_float_digits": "3",
    "intervalstyle": "postgres",
    "lc_monetary": "C",
    "timezone": "UTC",
    "xmloption": "content",
    # A copy lasts as long as it lasts; only waiting for locks is bounded.
    "idle_in_transaction_session_timeout": "0",
    "statement_timeout": "0",
    # One long read, sorted when the key's index is not in the table's order.
    "jit": "off",
    "work_mem": "64MB",
}
BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class Server:
    """Opens sessions; holds none."""

    options: PostgresOptions

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"{self.options.host}:{self.options.port}/{self.options.database}"

    def connect(self, *, catalogue: bool = False) -> Connection:
        """Return a session outside of any transaction.

        Args:
            catalogue: Type names are wanted in full; user code is not run.

        Raises:
            AuthenticationRefusedError: Credentials do not suffice.
            SystemUnavailableError: Nobody answers.
        """
        with explained_connecting(self.place):
            connection: Connection = psycopg.connect(
                self._conninfo(), autocommit=True, prepare_threshold=None
            )
        try:
            with explained():
                connection.execute(self._set_up(local=False).encode())
                if catalogue:
                    connection.execute("SELECT set_config('search_path', 'pg_catalog', false)")
        except BaseException:
            connection.close()
            raise
        return connection

    def read(self, snapshot: str | None) -> dbapi.Connection:
        """Return an ADBC session inside a read-only transaction of one moment.

        Args:
            snapshot: An exported snapshot that is still held, or None.
        """
        with explained_connecting(self.place):
            connection: dbapi.Connection = dbapi.connect(self._conninfo(), autocommit=True)
        try:
            with explained_connecting(self.place), connection.cursor() as cursor:
                cursor.execute(BEGIN_READING)
            if snapshot is not None:
                _adopt(connection, snapshot)
            with explained_connecting(self.place), connection.cursor() as cursor:
                cursor.execute(self._set_up(local=True))
        except BaseException:
            connection.close()
            raise
        return connection

    def _conninfo(self) -> str:
        options = self.options
        password = options.password.get_secret_value() if options.password else None
        return make_conninfo(
            host=options.host,
            port=options.port,
            dbname=options.database,
            user=options.user,
            password=password,
            sslmode=_SSLMODES[options.tls],
            sslrootcert=options.tls_ca,
            connect_timeout=options.connect_timeout_secs,
            application_name=options.application_name,
            client_encoding="UTF8",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )

    def _set_up(self, *, local: bool) -> str:
        """One statement that sets what this server knows of our settings."""
        settings = {**_SETTINGS, "lock_timeout": f"{self.options.lock_timeout_secs}s"}
        wanted = ", ".join(f"('{name}', '{value}')" for name, value in settings.items())
        return (
            f"SELECT set_config(s.name, w.value, {str(local).lower()}) "  # noqa: S608  our constants
            f"FROM (VALUES {wanted}) AS w (name, value) "
            "JOIN pg_catalog.pg_settings AS s ON lower(s.name) = w.name"
        )


def executor(connection: Connection) -> Execute:
    """Return what runs statements on this session, inside its current transaction."""

    def execute(
        statement: str, parameters: Sequence[Scalar] = ()
    ) -> Sequence[tuple[Scalar, ...]]:
        cursor = connection.execute(statement.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else ()

    return execute


def _adopt(connection: dbapi.Connection, snapshot: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
    except adbc_driver_manager.Error as error:
        raise SystemUnavailableError(
            "the snapshot of this read is gone", hint="the read starts anew with another one"
        ) from error
