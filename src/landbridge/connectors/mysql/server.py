"""Sessions of one server, by PyMySQL."""

import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import pymysql
from pymysql import err
from pymysql.connections import Connection
from pymysql.cursors import Cursor

from landbridge.connectors.mysql.dialects import DIALECTS, MysqlDialect
from landbridge.connectors.mysql.errors import (
    UNKNOWN_VARIABLES,
    explained,
    number_of,
)
from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.connectors.mysql.types import Abilities
from landbridge.kernel.errors import SystemUnavailableError
from landbridge.sdk.sql.dialect import Execute, Scalar

_SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        # Values are refused, never bent; a zero stays a zero.
        "sql_mode": (
            "'STRICT_ALL_TABLES,STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,"
            "ERROR_FOR_DIVISION_BY_ZERO,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION'"
        ),
        "time_zone": "'+00:00'",
        "sql_notes": "1",
        "max_error_count": "1024",
        "sql_safe_updates": "0",
        "sql_select_limit": "18446744073709551615",
        # A copy lasts as long as it lasts; only waiting for locks is bounded.
        "net_write_timeout": "86400",
        "net_read_timeout": "86400",
        "wait_timeout": "86400",
        "max_statement_time": "0",
        "max_execution_time": "0",
        "information_schema_stats_expiry": "0",
        "idle_transaction_timeout": "0",
        "sql_generate_invisible_primary_key": "0",
    }
)
_NEEDED = frozenset({"sql_mode", "time_zone"})
_COLLATIONS = ("utf8mb4_nopad_bin", "utf8mb4_0900_bin", "utf8mb4_bin")


class Session:
    """One connection, used by one thread at a time.

    Attributes:
        connection: The driver's connection.
        dialect: Which relative it is.
        version: What the server calls itself.
    """

    def __init__(
        self, connection: "Connection[Cursor]", dialect: MysqlDialect, version: str
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self.version = version

    @property
    def mariadb(self) -> bool:
        """Whether it is MariaDB, whatever the document says."""
        return "mariadb" in self.version.lower()

    @property
    def execute(self) -> Execute:
        """What runs statements in the session's current transaction."""
        return self._execute

    def run(self, *statements: str) -> None:
        """Run statements without answers."""
        for statement in statements:
            self._execute(statement)

    def begin(self) -> None:
        """Begin a transaction."""
        with explained():
            self.connection.begin()

    def commit(self) -> None:
        """Commit; when that fails, the outcome is unknown.

        Raises:
            SystemUnavailableError: The outcome is unknown.
        """
        with explained():
            self.connection.commit()

    def rollback(self) -> None:
        """Undo the transaction; a lost connection has undone it already."""
        try:
            self.connection.rollback()
        except (err.MySQLError, OSError):
            self.close()

    def warnings(self) -> list[tuple[int, str]]:
        """Return number and text of what the last statement complained about."""
        rows = self._execute("SHOW WARNINGS")
        return [(int(number or 0), str(text)) for _, number, text in rows]

    def variable(self, name: str) -> str | None:
        """Return a server variable, or None where it does not exist."""
        rows = self._execute(f"SHOW VARIABLES LIKE '{name}'")
        return str(rows[0][1]) if rows else None

    def abilities(self, *, timestamps: bool) -> Abilities:
        """Return what this server has beyond the common types."""
        rows = self._execute(
            "SELECT collation_name FROM information_schema.collations "
            "WHERE collation_name LIKE 'utf8mb4%bin'"
        )
        known = {str(name) for (name,) in rows}
        exact = next((name for name in _COLLATIONS if name in known), _COLLATIONS[-1])
        return Abilities(
            mariadb=self.mariadb,
            timestamps=timestamps,
            collation=exact,
        )

    def close(self) -> None:
        """End the connection. Calling twice is allowed."""
        if self.connection.open:
            try:
                self.connection.close()
            except (err.MySQLError, OSError):
                return

    def abandon(self) -> None:
        """End the connection without a word, in the middle of an answer."""
        driver: Any = self.connection
        driver._force_close()

    def _execute(
        self, statement: str, parameters: Sequence[Scalar] = ()
    ) -> Sequence[tuple[Scalar, ...]]:
        with explained(), self.connection.cursor() as cursor:
            cursor.execute(statement, tuple(parameters) or None)
            return list(cursor.fetchall()) if cursor.description else ()


@dataclass(frozen=True, slots=True)
class Server:
    """Opens sessions; holds none."""

    options: MysqlOptions

    @property
    def dialect(self) -> MysqlDialect:
        """The relative that the document names."""
        return DIALECTS[self.options.dialect]

    @property
    def place(self) -> str:
        """Where it is, for messages."""
        return f"{self.options.host}:{self.options.port}/{self.options.database}"

    def connect(self, *, sending: bool = False) -> Session:
        """Return a session outside of any transaction.

        Args:
            sending: Rows may be sent by `LOAD DATA LOCAL`.

        Raises:
            AuthenticationRefusedError: Credentials do not suffice.
            SystemUnavailableError: Nobody answers.
        """
        with explained(place=self.place):
            connection = self._opened(sending=sending)
        session = Session(connection, self.dialect, _version(connection))
        try:
            self._set_up(session)
        except BaseException:
            session.close()
            raise
        return session

    def _opened(self, *, sending: bool) -> "Connection[Cursor]":
        options = self.options
        password = options.password.get_secret_value() if options.password else ""
        # The driver would send it as Latin-1; the server compares UTF-8.
        place: dict[str, Any] = {"host": options.host, "port": options.port}
        if options.host.startswith("/"):
            place = {"unix_socket": options.host}
        connection: Connection[Cursor] = pymysql.connect(
            **place,
            **self._tls(),
            user=options.user,
            password=password.encode(),
            database=options.database,
            charset="utf8mb4",
            autocommit=True,
            connect_timeout=options.connect_timeout_secs,
            read_timeout=options.read_timeout_secs,
            write_timeout=options.read_timeout_secs,
            local_infile=sending,
            program_name="landbridge",
        )
        # A server may ask for any file at any time; only our own loading answers.
        driver: Any = connection
        driver._local_infile = False
        return connection

    def _tls(self) -> Mapping[str, Any]:
        tls, trusted = self.options.tls, self.options.tls_ca
        if tls == "off":
            return {"ssl_disabled": True}
        if tls == "prefer":
            return {}
        try:
            context = ssl.create_default_context(cafile=trusted)
        except OSError as error:
            raise SystemUnavailableError(
                f"tls_ca {trusted} cannot be read: {error}", place=self.place
            ) from error
        # Servers make certificates for themselves that strict checking would not pass.
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        context.check_hostname = tls == "verify_full"
        if tls == "require":
            context.verify_mode = ssl.CERT_NONE
        return {"ssl": context}

    def _set_up(self, session: Session) -> None:
        wait = str(self.options.lock_timeout_secs)
        settings = {
            **_SETTINGS,
            "innodb_lock_wait_timeout": wait,
            "lock_wait_timeout": wait,
        }
        if session.mariadb:
            settings.pop("information_schema_stats_expiry")
            settings.pop("max_execution_time")
            settings.pop("sql_generate_invisible_primary_key")
        else:
            settings.pop("max_statement_time")
            settings.pop("idle_transaction_timeout")
        try:
            with session.connection.cursor() as cursor:
                together = ", ".join(f"SESSION {name} = {to}" for name, to in settings.items())
                cursor.execute(f"SET {together}")
        except err.MySQLError as error:
            if number_of(error) not in UNKNOWN_VARIABLES:
                with explained(place=self.place):
                    raise
            self._set_each(session, settings)

    def _set_each(self, session: Session, settings: Mapping[str, str]) -> None:
        """A relative that does not know all settings is given each one alone."""
        for name, value in settings.items():
            with explained(place=self.place), session.connection.cursor() as cursor:
                try:
                    cursor.execute(f"SET SESSION {name} = {value}")
                except err.MySQLError as error:
                    if name in _NEEDED or number_of(error) not in UNKNOWN_VARIABLES:
                        raise


def _version(connection: "Connection[Cursor]") -> str:
    driver: Any = connection
    return str(driver.get_server_info())
