"""A database behind an ADBC or ODBC driver, whose rows arrive in Arrow."""

import importlib
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect
from typing_extensions import override

from landbridge.connectors.sql.arrow_types import bind_type, in_storage, known_arrow
from landbridge.connectors.sql.catalogue import Kind
from landbridge.connectors.sql.errors import explained, translated_driver
from landbridge.connectors.sql.options import SqlOptions
from landbridge.connectors.sql.system import Reader, System
from landbridge.connectors.sql.table import Query, Table, TableColumn
from landbridge.connectors.sql.types import field_of
from landbridge.kernel.errors import (
    ConnectorMissingError,
    DataUnreadableError,
    OptionsInvalidError,
    StreamMissingError,
)
from landbridge.sdk.libraries import require
from landbridge.sdk.sql.progress_tables import is_internal

_ROWS_AT_ONCE = 8192
_BUFFER_BYTES = 32 << 20


class Driver(Protocol):
    """One connection of a driver."""

    def run(self, text: str, values: Sequence[object], rows: int) -> Iterator[pa.RecordBatch]:
        """Yield the rows of a statement; at least one batch, if only for its columns."""
        ...

    def names(self, schema: str | None) -> Sequence[tuple[str, Kind]]:
        """Return what can be read, as far as the driver tells."""
        ...

    def version(self) -> str:
        """Return name and version of the system."""
        ...

    def close(self) -> None:
        """Release the connection."""
        ...


class ArrowSystem(System):
    """Spells statements by a dialect of SQLAlchemy, and lets the driver run them."""

    def __init__(self, options: SqlOptions) -> None:
        self._options = options

    @override
    def version(self) -> str:
        with self._driver() as driver:
            return driver.version()

    @override
    def streams(self) -> Sequence[tuple[str, Kind]]:
        with self._driver() as driver:
            found = dict(driver.names(self._options.schema_name))
        found |= {name: "table" for name in self._options.keys if name not in found}
        return sorted((name, kind) for name, kind in found.items() if not is_internal(name))

    @override
    def table(self, stream: str) -> Table:
        schema, dot, name = stream.partition(".")
        if not dot or self._options.schema_name is not None:
            schema, name = self._options.schema_name or "", stream
        source = sa.table(name, schema=schema or None)
        statement = sa.select(sa.text("*")).select_from(source).where(sa.text("1 = 0"))
        text, values = self.spelt(statement)
        with self._driver() as driver:
            try:
                schema_found = next(driver.run(text, values, 1)).schema
            except StreamMissingError as error:
                raise StreamMissingError(
                    f"there is no table {stream}: {error}", stream=stream
                ) from error
        columns = tuple(_column(field) for field in schema_found)
        key = self._options.keys.get(stream, ())
        missing = set(key) - {one.field.name for one in columns}
        if missing:
            raise OptionsInvalidError(f"{stream} has no column {min(missing)}", stream=stream)
        sure = tuple(
            TableColumn(one.field.with_nullable(one.field.name not in key), one.known, one.type)
            for one in columns
        )
        return Table(stream, schema or None, name, "table", sure, key)

    @override
    def shown(self, column: TableColumn) -> "sa.ColumnElement[object]":
        return sa.column(column.field.name, column.type)

    @override
    def bound(self, column: TableColumn, value: object) -> "sa.ColumnElement[object]":
        if self._options.interface == "adbc":
            return sa.bindparam(None, value, type_=column.type, unique=True)
        # The driver binds nothing but text.
        text: sa.BindParameter[object] = sa.bindparam(
            None, str(value), type_=sa.String(), unique=True
        )
        plain = isinstance(column.type, sa.String)
        return text if plain else sa.cast(text, column.type)

    @override
    def reading(self) -> Reader:
        return ArrowReader(_connected(self._options), self)

    @override
    def close(self) -> None:
        pass  # every connection is closed by the call that opened it

    def spelt(self, statement: Query) -> tuple[str, Sequence[object]]:
        """Return a statement as text with marks, and the values for them."""
        with explained():
            compiled = statement.compile(
                dialect=_dialect(self._options),
                compile_kwargs={"render_postcompile": True},
            )
        values = compiled.params
        order: Sequence[str] = getattr(compiled, "positiontup", None) or ()
        return str(compiled), [values[name] for name in order]

    @contextmanager
    def _driver(self) -> Generator[Driver]:
        driver = _connected(self._options)
        try:
            yield driver
        finally:
            driver.close()


class ArrowReader(Reader):
    """One connection of a driver."""

    def __init__(self, driver: Driver, system: ArrowSystem) -> None:
        self._driver = driver
        self._system = system

    @override
    def fetched(
        self,
        statement: Query,
        columns: Sequence[TableColumn],
        rows: int | None,
    ) -> Iterator[pa.RecordBatch]:
        text, values = self._system.spelt(statement)
        for batch in self._driver.run(text, values, rows or _ROWS_AT_ONCE):
            if batch.num_rows:
                yield _stored(batch, columns)

    @override
    def close(self) -> None:
        self._driver.close()


class AdbcDriver(Driver):
    """A connection of an ADBC driver."""

    def __init__(self, options: SqlOptions) -> None:
        require("adbc_driver_manager", extra="sql", connector="sql")
        package = options.driver
        try:
            module = importlib.import_module(f"{package}.dbapi")
        except ImportError as error:
            raise ConnectorMissingError(
                f"connector sql needs the library {package}",
                hint=f"pip install {package.replace('_', '-')}",
                connector="sql",
            ) from error
        self._broken: type[Exception] = module.Error
        url, beside = _login(options)
        with self._explained():
            self._connection = module.connect(url, **({"db_kwargs": beside} if beside else {}))

    @override
    def run(self, text: str, values: Sequence[object], rows: int) -> Iterator[pa.RecordBatch]:
        del rows  # drivers choose their own size
        with self._explained():
            cursor = self._connection.cursor()
            try:
                cursor.execute(text, list(values) or None)
                reader = cursor.fetch_record_batch()
                yield pa.RecordBatch.from_pylist([], schema=reader.schema)
                yield from reader
            finally:
                cursor.close()

    @override
    def names(self, schema: str | None) -> Sequence[tuple[str, Kind]]:
        with self._explained():
            listing = self._connection.adbc_get_objects(depth="tables", db_schema_filter=schema)
            catalogs = listing.read_all().to_pylist()
        current = self._connection.adbc_current_db_schema if schema is None else schema
        found: list[tuple[str, Kind]] = []
        for catalog in catalogs:
            for part in catalog["catalog_db_schemas"] or ():
                if current and part["db_schema_name"] != current:
                    continue
                for table in part["db_schema_tables"] or ():
                    view = "view" in table["table_type"].lower()
                    found.append((table["table_name"], "view" if view else "table"))
        return found

    @override
    def version(self) -> str:
        with self._explained():
            about = self._connection.adbc_get_info()
        return f"{about.get('vendor_name', 'ADBC')} {about.get('vendor_version', '')}".strip()

    @override
    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except self._broken as error:
            raise translated_driver(error) from error


class OdbcDriver(Driver):
    """A connection of an ODBC driver."""

    def __init__(self, options: SqlOptions) -> None:
        try:
            module = require("arrow_odbc", extra="odbc", connector="sql")
        except OSError as error:
            raise ConnectorMissingError(
                "this machine has no ODBC driver manager",
                hint="install unixODBC (Debian: apt install unixodbc) and the driver",
                connector="sql",
            ) from error
        password = options.password
        self._broken: type[Exception] = module.Error
        self._bytes = options.value_bytes
        with self._explained():
            self._connection = module.connect(
                options.url.get_secret_value(),
                user=options.user,
                password=password.get_secret_value() if password is not None else None,
            )

    @override
    def run(self, text: str, values: Sequence[object], rows: int) -> Iterator[pa.RecordBatch]:
        with self._explained():
            reader = self._connection.read_arrow_batches(
                text,
                batch_size=rows,
                parameters=[None if value is None else str(value) for value in values] or None,
                max_bytes_per_batch=_BUFFER_BYTES,
                max_text_size=self._bytes,
                max_binary_size=self._bytes,
                fetch_concurrently=False,
            )
            yield pa.RecordBatch.from_pylist([], schema=reader.schema)
            yield from reader

    @override
    def names(self, schema: str | None) -> Sequence[tuple[str, Kind]]:
        del schema
        return ()

    @override
    def version(self) -> str:
        with self._explained():
            next(self.run("SELECT 1", (), 1))
        return "ODBC"

    @override
    def close(self) -> None:
        del self._connection  # the driver knows no other way

    @contextmanager
    def _explained(self) -> Generator[None]:
        try:
            yield
        except self._broken as error:
            raise translated_driver(error) from error


def _login(options: SqlOptions) -> tuple[str, dict[str, str]]:
    """Return address and login: within an address that is a URL, else beside it."""
    url = options.url.get_secret_value()
    password = options.password.get_secret_value() if options.password else None
    if "://" in url:
        parts = urlsplit(url)
        user = options.user or unquote(parts.username or "")
        secret = password if password is not None else unquote(parts.password or "")
        host = parts.netloc.rpartition("@")[2]
        login = quote(user, safe="") + (f":{quote(secret, safe='')}" if secret else "")
        return parts._replace(netloc=f"{login}@{host}" if login else host).geturl(), {}
    beside = {"username": options.user, "password": password}
    return url, {name: value for name, value in beside.items() if value is not None}


def _connected(options: SqlOptions) -> Driver:
    return AdbcDriver(options) if options.interface == "adbc" else OdbcDriver(options)


def _dialect(options: SqlOptions) -> sa.Dialect:
    style = "qmark"
    if options.driver == "adbc_driver_postgresql":
        style = "numeric_dollar"
    if not options.dialect:
        return DefaultDialect(paramstyle=style)  # type: ignore[arg-type]
    with explained():
        kind = sa.dialects.registry.load(options.dialect)
    return kind(paramstyle=style)


def _column(field: pa.Field) -> TableColumn:
    what = known_arrow(field.type)
    kept = field_of(field.name, what, nullable=True, comment="", native=str(field.type))
    return TableColumn(kept, what, bind_type(what))


def _stored(batch: pa.RecordBatch, columns: Sequence[TableColumn]) -> pa.RecordBatch:
    arrays: list[pa.Array] = []
    for at, one in enumerate(columns):
        try:
            arrays.append(in_storage(batch.column(at), one.known))
        except pa.ArrowException as error:
            raise DataUnreadableError(
                f"{one.field.name} holds a value that {one.known.storage} cannot keep",
                column=one.field.name,
            ) from error
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema([c.field for c in columns]))
