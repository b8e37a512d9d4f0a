"""Running the SQL of a document over batches, each row's failure its own."""

import re
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.types import INSTANT, TIME, TIMESTAMP, UUID
from landbridge.data.uuids import uuid_bytes, uuid_text
from landbridge.engine.mapping.expressions import Expression, ExpressionReader
from landbridge.engine.mapping.failures import EXPRESSION, Failures, mask_of
from landbridge.engine.mapping.kinds import TEXT, Kind, kind_of
from landbridge.engine.mapping.texts import text_of
from landbridge.kernel.errors import OptionsInvalidError

_RELATION = "source_rows"
_EXPLAINED = 32
"""Reasons that DuckDB is asked for in a batch: it tells one at a time. Rows of the same
values have the same reason."""

_UNEXPLAINED = "the expression fails for this row's values"
_LONGEST = 200
_KIND_OF_ERROR = re.compile(r"^[A-Z][A-Za-z ]+ Error: ")
_SETTINGS = (
    "SET TimeZone = 'UTC'",
    "SET autoinstall_known_extensions = false",
    "SET autoload_known_extensions = false",
    "SET python_enable_replacements = false",
    "SET memory_limit = '1GB'",
    "SET enable_external_access = false",
    "SET lock_configuration = true",
)
_AS_THEY_ARE = {
    "BOOLEAN": Kind(pa.bool_(), "bool"),
    "TINYINT": Kind(pa.int8(), "int"),
    "SMALLINT": Kind(pa.int16(), "int"),
    "INTEGER": Kind(pa.int32(), "int"),
    "BIGINT": Kind(pa.int64(), "int"),
    "UTINYINT": Kind(pa.uint8(), "int"),
    "USMALLINT": Kind(pa.uint16(), "int"),
    "UINTEGER": Kind(pa.uint32(), "int"),
    "UBIGINT": Kind(pa.uint64(), "int"),
    "FLOAT": Kind(pa.float32(), "float"),
    "DOUBLE": Kind(pa.float64(), "float"),
    "VARCHAR": TEXT,
    "BLOB": Kind(pa.binary(), "binary"),
    "DATE": Kind(pa.date32(), "date"),
    "TIME": Kind(TIME, "time"),
    "TIMESTAMP": Kind(TIMESTAMP, "timestamp"),
    "TIMESTAMP WITH TIME ZONE": Kind(INSTANT, "instant"),
}
_CONVERTED = {
    "HUGEINT": ("DECIMAL(38, 0)", Kind(pa.decimal128(38, 0), "decimal")),
    "UHUGEINT": ("DECIMAL(38, 0)", Kind(pa.decimal128(38, 0), "decimal")),
    "TIMESTAMP_S": ("TIMESTAMP", Kind(TIMESTAMP, "timestamp")),
    "TIMESTAMP_MS": ("TIMESTAMP", Kind(TIMESTAMP, "timestamp")),
    "UUID": ("VARCHAR", Kind(UUID, "uuid")),
    "JSON": ("VARCHAR", Kind(pa.string(), "json")),
    "BIT": ("VARCHAR", Kind(pa.string(), "bits")),
    '"NULL"': ("VARCHAR", TEXT),
}


def expression_connection() -> duckdb.DuckDBPyConnection:
    """Return a database in memory that reaches neither files nor the network."""
    connection = duckdb.connect(":memory:", config={"threads": 1})
    for setting in _SETTINGS:
        connection.execute(setting)
    return connection


@dataclass(frozen=True, slots=True)
class Evaluated:
    """What expressions gave for a batch.

    Attributes:
        arrays: One per expression; null where it failed.
        failures: One per expression.
    """

    arrays: list[pa.Array]
    failures: list[Failures]


@dataclass(frozen=True, slots=True)
class Output:
    """One expression, ready to run.

    Attributes:
        sql: SQL of its value.
        kind: What it gives.
        columns: Fields of the source that it names.
    """

    sql: str
    kind: Kind
    columns: tuple[str, ...]
    tried: bool = True


class Evaluator:
    """Runs expressions over batches of one schema, from any number of threads.

    Args:
        schema: Fields of the source, in canonical storage.
    """

    def __init__(self, schema: pa.Schema) -> None:
        self._schema = schema
        self._connection = expression_connection()
        self._opening = threading.Lock()
        self._reader = ExpressionReader(self._connection, schema.names)

    def compile(self, text: str, place: str) -> Output:
        """Return an expression of a document, tried on a batch without rows.

        Raises:
            OptionsInvalidError: It is none, or DuckDB refuses it.
        """
        expression = self._reader.read(text, place)
        try:
            with closing(self._connection.cursor()) as cursor:
                cursor.register(_RELATION, self._input(self._none(), expression.columns))
                relation = self._relation(expression.columns)
                found = cursor.sql(f"SELECT {expression.sql} FROM {relation}").types[0]  # noqa: S608  read before
                output = _output(expression, str(found), place)
                trial = cursor.sql(f"SELECT {output.sql} FROM {relation}")  # noqa: S608  read before
                rows = trial.to_arrow_table().num_rows
        except duckdb.Error as error:
            raise OptionsInvalidError(f"{place}: {_reason(error)}", expression=text) from error
        if rows:
            raise OptionsInvalidError(f"{place}: it is not of one row", expression=text)
        return output if self._can_try(output) else replace(output, tried=False)

    def _can_try(self, output: Output) -> bool:
        with closing(self._connection.cursor()) as cursor:
            cursor.register(_RELATION, self._input(self._none(), output.columns))
            relation = self._relation(output.columns)
            try:
                cursor.sql(f"SELECT TRY({output.sql}) FROM {relation}")  # noqa: S608  read before
            except duckdb.BinderException:
                return False
            return True

    def run(self, rows: pa.RecordBatch, outputs: Sequence[Output]) -> Evaluated:
        """Return what the outputs are for the rows; a failure concerns its row alone."""
        names = tuple(dict.fromkeys(name for output in outputs for name in output.columns))
        failures = [Failures() for _ in outputs]
        with self._opening:
            cursor = self._connection.cursor()
        with closing(cursor):
            run = _Run(cursor, self._relation(names), outputs, failures)
            columns = run.solve(self._input(rows, names))
        arrays = [
            _canonical(column, output.kind)
            for column, output in zip(columns, outputs, strict=True)
        ]
        return Evaluated(arrays, failures)

    def _relation(self, names: Sequence[str]) -> str:
        """What stands behind FROM: UUIDs are UUIDs again."""
        quoted = ['"' + name.replace('"', '""') + '"' for name in names]
        replaced = [
            f"CAST({quote} AS UUID) AS {quote}"
            for name, quote in zip(names, quoted, strict=True)
            if kind_of(self._schema.field(name)).logical == "uuid"
        ]
        if not replaced:
            return _RELATION
        return f"(SELECT * REPLACE ({', '.join(replaced)}) FROM {_RELATION})"  # noqa: S608  quoted

    def _none(self) -> pa.RecordBatch:
        return pa.RecordBatch.from_arrays(
            [pa.array([], field.type) for field in self._schema], schema=self._schema
        )

    def _input(self, rows: pa.RecordBatch, names: Sequence[str]) -> pa.Table:
        """Columns as Arrow hands them to DuckDB: UUIDs and wide decimals as text."""
        arrays: dict[str, pa.Array] = {}
        for name in names:
            values = rows.column(self._schema.get_field_index(name))
            kind = kind_of(self._schema.field(name))
            if kind.logical == "uuid":
                values = uuid_text(values)
            elif pa.types.is_decimal256(values.type):
                values = text_of(values, kind, Failures())
            arrays[name] = values
        if not arrays:
            # DuckDB needs a column to count the rows by.
            arrays[""] = pa.nulls(rows.num_rows, pa.bool_())
            return pa.table([arrays[""]], names=["no column"])
        return pa.table(arrays)


@dataclass(frozen=True, slots=True)
class _Run:
    cursor: duckdb.DuckDBPyConnection
    relation: str
    outputs: Sequence[Output]
    failures: Sequence[Failures]

    def solve(self, rows: pa.Table) -> list[pa.Array]:
        """Return one column per output; when they fail together, each is tried alone."""
        try:
            return self._select(rows, [output.sql for output in self.outputs])
        except duckdb.Error:
            return [self._alone(at, rows, 0) for at in range(len(self.outputs))]

    def _alone(self, at: int, rows: pa.Table, first: int) -> pa.Array:
        """Return the column of one output, failed rows told apart from the others."""
        output = self.outputs[at]
        try:
            return self._select(rows, [output.sql])[0]
        except duckdb.Error as error:
            if rows.num_rows == 1:
                self.failures[at].add(first, EXPRESSION, _reason(error))
                return pa.nulls(1, _exported(output.kind))
        if output.tried:
            try:
                return self._tried(at, rows, first)
            except duckdb.Error:
                # What TRY does not catch, such as memory that ran out, is found by halves.
                pass
        middle = rows.num_rows // 2
        halves = (
            self._alone(at, rows.slice(0, middle), first),
            self._alone(at, rows.slice(middle), first + middle),
        )
        return pa.concat_arrays(halves)

    def _select(self, rows: pa.Table, selected: Sequence[str]) -> list[pa.Array]:
        columns = ", ".join(f"{sql} AS c{at}" for at, sql in enumerate(selected))
        self.cursor.register(_RELATION, rows)
        try:
            found = self.cursor.sql(f"SELECT {columns} FROM {self.relation}").to_arrow_table()  # noqa: S608  read before
        finally:
            self.cursor.unregister(_RELATION)
        return [_whole(column) for column in found.columns]

    def _tried(self, at: int, rows: pa.Table, first: int) -> pa.Array:
        """One pass over all rows: a struct is null where its making failed."""
        output, failures = self.outputs[at], self.failures[at]
        structs = self._select(rows, [f"TRY(struct_pack(v := {output.sql}))"])[0]
        failed = np.flatnonzero(mask_of(structs.is_null())).tolist()
        known: dict[str, str] = {}
        named = list(output.columns)
        for row in failed:
            alone = rows.slice(row, 1)
            values = repr([_told(alone[name]) for name in named])
            if values not in known and len(known) < _EXPLAINED:
                known[values] = self._why(alone, output)
            failures.add(first + row, EXPRESSION, known.get(values, _UNEXPLAINED))
        return pc.struct_field(structs, "v")

    def _why(self, row: pa.Table, output: Output) -> str:
        try:
            self._select(row, [output.sql])
        except duckdb.Error as error:
            return _reason(error)
        return _UNEXPLAINED


def _output(expression: Expression, found: str, place: str) -> Output:
    sql, columns = expression.sql, expression.columns
    if found in _AS_THEY_ARE:
        return Output(sql, _AS_THEY_ARE[found], columns)
    if found.startswith("DECIMAL(") and "[" not in found:
        precision, scale = (int(part) for part in found[len("DECIMAL(") : -1].split(","))
        return Output(sql, Kind(pa.decimal128(precision, scale), "decimal"), columns)
    if found in _CONVERTED:
        target, kind = _CONVERTED[found]
        return Output(f"CAST({sql} AS {target})", kind, columns)
    if found.startswith("ENUM("):
        return Output(f"CAST({sql} AS VARCHAR)", TEXT, columns)
    if found.endswith("]") or found.startswith(("STRUCT(", "MAP(")):
        return Output(f"CAST(to_json({sql}) AS VARCHAR)", Kind(pa.string(), "json"), columns)
    raise OptionsInvalidError(
        f"{place}: it gives {found}, which no target keeps",
        hint="cast it in the expression, for example to VARCHAR",
        expression=expression.sql,
    )


def _told(column: pa.ChunkedArray) -> list[object]:
    """Values of a column; times as integers, for Python has no value for all of them."""
    if pa.types.is_temporal(column.type):
        column = column.cast(pa.int32() if column.type.bit_width == 32 else pa.int64())  # noqa: PLR2004  of a date
    values: list[object] = column.to_pylist()
    return values


def _exported(kind: Kind) -> pa.DataType:
    return pa.string() if kind.logical == "uuid" else kind.storage


def _canonical(values: pa.Array, kind: Kind) -> pa.Array:
    if kind.logical == "uuid":
        return uuid_bytes(values)
    return values if values.type == kind.storage else values.cast(kind.storage)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)


def _reason(error: duckdb.Error) -> str:
    """Return the first line of what DuckDB says, without the kind of its error."""
    lines = str(error).splitlines() or [type(error).__name__]
    reason = _KIND_OF_ERROR.sub("", lines[0])
    return reason if len(reason) <= _LONGEST else reason[: _LONGEST - 1] + "…"
