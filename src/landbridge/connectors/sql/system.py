"""A database behind SQLAlchemy: connections, and rows as Arrow."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy import exc, pool
from typing_extensions import override

from landbridge.connectors.sql.catalogue import Kind, described, listed
from landbridge.connectors.sql.errors import explained, translated
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.table import Query, Table, TableColumn
from landbridge.connectors.sql.types import AnyType, text_type
from landbridge.connectors.sql.values import MistypedError, to_arrow
from landbridge.kernel.errors import ConnectorMissingError, DataUnreadableError

_EXTRAS = {"oracle": "oracle", "mssql": "sqlserver", "clickhouse": "clickhouse"}


class System(Protocol):
    """What reading needs of a database, whatever library speaks to it."""

    def version(self) -> str:
        """Connect and return the name and version of the system."""
        ...

    def streams(self) -> Sequence[tuple[str, Kind]]:
        """Return what can be read."""
        ...

    def table(self, stream: str) -> Table:
        """Return what a stream looks like.

        Raises:
            StreamMissingError: There is no such stream.
        """
        ...

    def shown(self, column: TableColumn) -> "sa.ColumnElement[object]":
        """Return the expression by which a column is selected."""
        ...

    def bound(self, column: TableColumn, value: object) -> "sa.ColumnElement[object]":
        """Return the expression of a value that is compared with a column."""
        ...

    def reading(self) -> "Reader":
        """Return a connection for one share; the caller closes it."""
        ...

    def close(self) -> None:
        """Release everything."""
        ...


class Reader(Protocol):
    """One connection, for one share at a time."""

    def fetched(
        self,
        statement: Query,
        columns: Sequence[TableColumn],
        rows: int | None,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a statement, in batches of at most so many rows or at once.

        Raises:
            DataUnreadableError: A value has no exact storage.
        """
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class AlchemySystem(System):
    """A database behind SQLAlchemy."""

    def __init__(self, options: SqlOptions) -> None:
        self._options = options
        self._engine: sa.Engine | None = None

    @property
    def engine(self) -> sa.Engine:
        """The engine, which opens a connection for everybody who asks.

        Raises:
            ConnectorMissingError: The library of the dialect is not installed.
        """
        if self._engine is None:
            self._engine = _engine(self._options)
        return self._engine

    @contextmanager
    def session(self) -> Generator[sa.Connection]:
        """Lend a connection; what it did and did not commit is undone."""
        with explained(), self.engine.connect() as connection:
            yield connection

    @override
    def version(self) -> str:
        with self.session() as connection:
            numbers = connection.dialect.server_version_info or ()
            return f"{connection.dialect.name} {'.'.join(map(str, numbers))}".strip()

    @override
    def streams(self) -> Sequence[tuple[str, Kind]]:
        with self.session() as connection:
            return list(listed(connection, self._options))

    @override
    def table(self, stream: str) -> Table:
        with self.session() as connection:
            return described(connection, stream, self._options)

    @override
    def shown(self, column: TableColumn) -> "sa.ColumnElement[object]":
        dialect = self.engine.dialect.name
        if dialect == "sqlite":
            # A column holds values of any kind, which SQLAlchemy's types would bend in silence.
            return sa.column(column.field.name, sa.types.NullType())
        plain: sa.ColumnElement[object] = sa.column(column.field.name, column.fetched)
        if column.known.fetch == "plain":
            return _as_double(plain, column.type, dialect)
        if column.known.logical == "opaque" and dialect in {"mysql", "mariadb"}:
            # Cast to text, bytes that are none would silently become question marks.
            raise DataUnreadableError(
                f"{column.field.name} is {column.type}, which has no exact text",
                hint="leave the column out, or read it by the connector mysql",
                column=column.field.name,
            )
        return sa.cast(plain, text_type(dialect))

    @override
    def bound(self, column: TableColumn, value: object) -> "sa.ColumnElement[object]":
        return sa.bindparam(None, value, type_=column.type, unique=True)

    @override
    def reading(self) -> "Reader":
        with explained():
            return AlchemyReader(self.engine.connect())

    @override
    def close(self) -> None:
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose()


class AlchemyReader(Reader):
    """One connection of SQLAlchemy; rows pass through Python values."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    @override
    def fetched(
        self,
        statement: Query,
        columns: Sequence[TableColumn],
        rows: int | None,
    ) -> Iterator[pa.RecordBatch]:
        with explained():
            streamed = {} if rows is None else {"yield_per": rows}
            result = self._connection.execute(statement, execution_options=streamed)
            try:
                done = 0
                for part in [result.all()] if rows is None else result.partitions(rows):
                    if not part:
                        break
                    yield _batch(part, columns, done)
                    done += len(part)
            finally:
                result.close()
                # Nothing is held while the rows are written elsewhere.
                self._connection.rollback()

    @override
    def close(self) -> None:
        self._connection.close()


def _as_double(
    plain: "sa.ColumnElement[object]", kind: AnyType, dialect: str
) -> "sa.ColumnElement[object]":
    """Return the exact value of a float of 4 bytes, which has no text of all its digits."""
    if dialect == "postgresql" and isinstance(kind, sa.REAL):
        return sa.cast(plain, sa.Double())
    if dialect in {"mysql", "mariadb"} and isinstance(kind, sa.FLOAT):
        return plain + sa.literal_column("0e0", sa.Double())
    return plain


def _batch(
    rows: Sequence["sa.Row[Any]"], columns: Sequence[TableColumn], done: int
) -> pa.RecordBatch:
    arrays: list[pa.Array] = []
    for values, one in zip(zip(*rows, strict=True), columns, strict=True):
        try:
            arrays.append(to_arrow(values, one.field))
        except MistypedError as error:
            raise DataUnreadableError(
                f"{one.field.name} holds a {error.kind} that {one.type} does not allow, "
                f"{done + error.row} rows after the last position",
                column=one.field.name,
                row=done + error.row,
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([c.field for c in columns]))


def _engine(options: SqlOptions) -> sa.Engine:
    with explained():
        url = sa.make_url(options.url.get_secret_value())
    if options.user is not None:
        url = url.set(username=options.user)
    if options.password is not None:
        url = url.set(password=options.password.get_secret_value())
    try:
        # Without the prefix, MariaDB would take bytes for text and replace what is none.
        more = {"binary_prefix": True} if url.get_driver_name() == "pymysql" else {}
        engine = sa.create_engine(
            url, poolclass=pool.NullPool, hide_parameters=True, connect_args=more
        )
    except exc.SQLAlchemyError as error:
        raise translated(error) from error
    except ImportError as error:
        extra = _EXTRAS.get(url.get_backend_name(), "")
        raise ConnectorMissingError(
            f"the dialect {url.drivername} needs the library {error.name}",
            hint=f"pip install 'landbridge[{extra}]'" if extra else f"pip install {error.name}",
            connector="sql",
        ) from error
    if engine.dialect.name in {"mysql", "mariadb"}:
        sa.event.listen(engine, "connect", _strict)
    return engine


def _strict(connection: sa.engine.interfaces.DBAPIConnection, record: object) -> None:
    """Let MySQL refuse what it would otherwise cut or turn into zero."""
    del record
    cursor = connection.cursor()
    cursor.execute(
        "SET SESSION sql_mode = CONCAT(@@sql_mode, ',STRICT_ALL_TABLES,NO_ZERO_DATE'), "
        "time_zone = '+00:00'"
    )
    cursor.close()
