"""One database, opened once, and a cursor for everybody who works on it."""

import os
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager

import duckdb
import pyarrow as pa

from landbridge.connectors.duckdb.errors import explained, translated
from landbridge.connectors.duckdb.options import DuckdbOptions
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    OptionsInvalidError,
    SystemBusyError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.sql.dialect import Execute, Scalar, SqlDialect

DIALECT = SqlDialect("duckdb", name_type="varchar", text_type="varchar")


class Database:
    """Opens the file on first use. Every cursor is a connection of its own within it."""

    def __init__(self, options: DuckdbOptions, context: Context, *, create: bool) -> None:
        self._options = options
        self._path = context.folder / options.path
        self._scratch = context.scratch
        self._create = create
        self._lock = threading.Lock()
        self._root: duckdb.DuckDBPyConnection | None = None

    @property
    def file(self) -> str:
        """The name that messages use."""
        return self._options.path if self._options.in_memory else self._path.name

    @property
    def exists(self) -> bool:
        """Whether there is a database to look at."""
        return self._options.in_memory or self._path.exists()

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of the caller's own; the caller closes it.

        Raises:
            OptionsInvalidError: The file is not there and is not to be created.
        """
        with self._lock, explained(self.file):
            if self._root is None:
                self._root = self._opened()
            return self._root.cursor()

    @contextmanager
    def session(self) -> Generator[duckdb.DuckDBPyConnection]:
        """Lend a cursor, with errors translated."""
        with explained(self.file):
            cursor = self.cursor()
            try:
                yield cursor
            finally:
                cursor.close()

    def require_place(self) -> None:
        """Refuse a file that is not there and cannot be made.

        Raises:
            AuthenticationRefusedError: The nearest folder there is may not be written.
        """
        folder = next(one for one in self._path.absolute().parents if one.exists())
        if not folder.is_dir() or not os.access(folder, os.W_OK):
            raise AuthenticationRefusedError(
                f"{self.file} cannot be made in {folder.name}", file=self.file
            )

    def make_place(self) -> None:
        """Make the folder of a file that is not there yet."""
        if not self.exists:
            self.require_place()
            self._path.parent.mkdir(parents=True, exist_ok=True)

    def close(self) -> None:
        """Close the database once every cursor is closed. Calling twice is allowed."""
        with self._lock:
            root, self._root = self._root, None
        if root is not None:
            root.close()

    def _opened(self) -> duckdb.DuckDBPyConnection:
        options = self._options
        if options.in_memory:
            root = duckdb.connect(options.path)
        else:
            if not self._create and not self._path.is_file():
                raise OptionsInvalidError(f"there is no file {self.file}", file=self.file)
            root = self._connected()
        settings: dict[str, Scalar] = {"preserve_insertion_order": "true"}
        if options.memory_bytes is not None:
            settings["memory_limit"] = f"{options.memory_bytes // 1000}kB"
            settings["temp_directory"] = str(self._scratch / "duckdb")
        if options.threads is not None:
            settings["threads"] = options.threads
        for name, value in settings.items():
            root.execute(f"SET {name} = {_literal(value)}").fetchall()
        return root

    def _connected(self) -> duckdb.DuckDBPyConnection:
        path = str(self._path)
        if self._options.read_only:
            return duckdb.connect(path, read_only=True)
        try:
            return duckdb.connect(path)
        except duckdb.IOException as error:
            # A reader is content with a file that others read, or that it may not write.
            if self._create or not isinstance(translated(error, self.file), SystemBusyError):
                raise
            return duckdb.connect(path, read_only=True)


def executor(connection: duckdb.DuckDBPyConnection) -> Execute:
    """Return how statements run on a connection; their results are always fetched whole."""

    def run(statement: str, parameters: Sequence[Scalar] = ()) -> Sequence[tuple[Scalar, ...]]:
        return connection.execute(statement, list(parameters)).fetchall()

    return run


def in_utc(connection: duckdb.DuckDBPyConnection) -> None:
    """Let instants that become text do so in UTC, where the build knows time zones."""
    known = "SELECT 1 FROM duckdb_settings() WHERE name = 'TimeZone'"
    if connection.execute(known).fetchall():
        connection.execute("SET TimeZone = 'UTC'").fetchall()


def arrow_reader(
    connection: duckdb.DuckDBPyConnection, query: str, parameters: Sequence[Scalar], rows: int
) -> pa.RecordBatchReader:
    """Return the rows of a query as a stream of Arrow batches of at most so many rows."""
    relation = connection.sql(query, params=list(parameters))
    if hasattr(type(relation), "to_arrow_reader"):  # from DuckDB 1.5 on
        return relation.to_arrow_reader(rows)
    return relation.fetch_arrow_reader(rows)


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Generator[None]:
    """Commit what the block does, or nothing of it."""
    connection.execute("BEGIN").fetchall()
    try:
        yield
    except BaseException:
        rolled_back(connection)
        raise
    connection.execute("COMMIT").fetchall()


def rolled_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Undo the transaction, if DuckDB has not done so itself."""
    try:
        connection.execute("ROLLBACK").fetchall()
    except duckdb.TransactionException:
        return  # none is active any more


def _literal(value: Scalar) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
