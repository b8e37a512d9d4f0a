"""Systems of the torture table: native tables made natively, connections for Landbridge."""

import base64
import json
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pymysql
from tools.services import Server

from benchmarks.torture.cases import Case
from landbridge.app.registry import Registry
from landbridge.sdk.manifest import ConnectorManifest, Context
from landbridge.sdk.sink import Sink
from landbridge.sdk.source import Source


@dataclass(frozen=True, slots=True)
class System:
    """One system, as source, as target, or as both.

    Attributes:
        name: What the matrix calls it.
        connector: Its connector.
        options: The connection's options.
        make: Makes the native table of a case and returns the stream's name, or None when
            the system is only a target.
        target: Name of a target stream.
        context: Where it lives.
    """

    name: str
    connector: str
    options: Mapping[str, Any]
    make: Callable[[Case, int], str] | None
    target: Callable[[int], str]
    context: Context

    @property
    def manifest(self) -> ConnectorManifest[Any]:
        """The connector's manifest."""
        return Registry.installed().manifest(self.connector)

    def source(self) -> Source:
        """Build the read side."""
        build = self.manifest.source
        if build is None:
            raise LookupError(self.name)
        return build(self._options(), self.context)

    def sink(self) -> Sink:
        """Build the write side."""
        build = self.manifest.sink
        if build is None:
            raise LookupError(self.name)
        return build(self._options(), self.context)

    def _options(self) -> Any:
        return self.manifest.options.model_validate_json(json.dumps(dict(self.options)))


def systems(folder: Path, postgres: Server, mariadb: Server) -> Mapping[str, System]:
    """Return every system by name."""
    context = Context(folder, folder)
    found = (
        System(
            "postgres", "postgres", _address(postgres), _postgres(postgres), _table, context
        ),
        System("mysql", "mysql", _address(mariadb), _mysql(mariadb), _table, context),
        System("sqlite", "sqlite", {"path": "t.sqlite"}, _sqlite(folder), _table, context),
        System("duckdb", "duckdb", {"path": "t.duckdb"}, _duckdb(folder), _table, context),
        _files(context, "csv", _csv, ".csv"),
        _files(context, "ndjson", _ndjson, ".ndjson"),
        _files(context, "parquet", _parquet, ".parquet"),
        _files(context, "excel", None, ".xlsx"),
    )
    return {system.name: system for system in found}


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
        connection = pymysql.connect(
            host=server.host,
            port=server.port,
            user=server.user,
            password=server.password,
            database=server.database,
            charset="utf8mb4",
            autocommit=True,
        )
        with closing(connection), connection.cursor() as cursor:
            cursor.execute("SET sql_mode = '', time_zone = '+00:00'")
            for statement in _statements(case, number):
                cursor.execute(statement)
        return f"source_{number}"

    return make


def _sqlite(folder: Path) -> Callable[[Case, int], str]:
    def make(case: Case, number: int) -> str:
        with closing(sqlite3.connect(folder / "t.sqlite")) as connection, connection:
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


_Write = Callable[[Path, Case], None]


def _files(context: Context, kind: str, write: _Write | None, ending: str) -> System:
    folder = context.folder / kind
    folder.mkdir()

    def make(case: Case, number: int) -> str:
        if write is not None:
            write(folder / f"source_{number}{ending}", case)
        return f"source_{number}{ending}"

    options = {"path": kind, "format": {"type": kind}}
    return System(
        kind,
        "files",
        options,
        make if write is not None else None,
        lambda number: f"target_{number}{ending}",
        context,
    )


def _csv(path: Path, case: Case) -> None:
    lines = ["id,v", *(f"{at},{value}" for at, value in enumerate((*case.values, ""), 1))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _ndjson(path: Path, case: Case) -> None:
    lines = [json.dumps({"id": 1, "v": None})]
    for at, value in enumerate(case.values, 2):
        lines.append(f'{{"id": {at}, "v": {_json(case, value)}}}')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _json(case: Case, value: str) -> str:
    if case.native in {"int64", "uint64", "bool"} or case.native.startswith("decimal"):
        return value
    if case.native == "binary":
        return json.dumps(base64.b64encode(value.encode("latin-1")).decode())
    return json.dumps(value)


def _parquet(path: Path, case: Case) -> None:
    values = pa.array(
        [*(_arrow(case, value) for value in case.values), None], _STORAGE[case.native][0]
    )
    values = values.cast(_STORAGE[case.native][1])
    ids = pa.array(range(1, len(values) + 1), pa.int32())
    pq.write_table(pa.table({"id": ids, "v": values}), path)


_STORAGE: Mapping[str, tuple[pa.DataType, pa.DataType]] = {
    "int64": (pa.int64(), pa.int64()),
    "uint64": (pa.uint64(), pa.uint64()),
    "float64": (pa.float64(), pa.float64()),
    "decimal128": (pa.decimal128(38, 10), pa.decimal128(38, 10)),
    "decimal256": (pa.decimal256(65, 30), pa.decimal256(65, 30)),
    "string": (pa.string(), pa.string()),
    "binary": (pa.binary(), pa.binary()),
    "date32": (pa.int32(), pa.date32()),
    "timestamp": (pa.int64(), pa.timestamp("us")),
    "instant": (pa.int64(), pa.timestamp("us", "UTC")),
    "bool": (pa.bool_(), pa.bool_()),
}


def _arrow(case: Case, value: str) -> object:
    match case.native:
        case "int64" | "uint64" | "date32" | "timestamp" | "instant":
            return int(value)
        case "float64":
            return float(value)
        case "decimal128" | "decimal256":
            return Decimal(value)
        case "binary":
            return value.encode("latin-1")
        case "bool":
            return value == "true"
        case _:
            return value
