"""What the MySQL tests share: options of a test's database, and a small copy."""

from contextlib import closing
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from tools.services import Server, mariadb_session

from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.connectors.mysql.source import MysqlSource
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.schema import StreamSchema
from landbridge.data.types import Meaning, column
from landbridge.kernel.errors import RowsRefusedError
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Load, Published, WriteMode

Rows = list[tuple[Any, ...]]
ID = column("id", pa.int64(), Meaning("int"), nullable=False)
NAME = column("name", pa.string(), Meaning("text"))
PAIR = pa.schema([ID, NAME])
SETTLED = Settled("all", 1, Position(b"1"), Counts())


def options_of(server: Server, **more: object) -> MysqlOptions:
    return MysqlOptions.model_validate(
        {
            "host": server.host,
            "port": server.port,
            "database": server.database,
            "user": server.user,
            "password": server.password,
            **more,
        }
    )


def rows_of(server: Server, *statements: str) -> Rows:
    """Run statements with the plain driver; return the rows of the last one."""
    found: Rows = []
    session = mariadb_session(server)
    with closing(session), session.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            found = list(cursor.fetchall()) if cursor.description else []
    return found


def loaded(
    schema: StreamSchema, stream: str, mode: WriteMode = "append", generation: int = 1
) -> Load:
    return Load(
        load_id=f"test/{stream}",
        run_id=f"run-{generation}",
        generation=generation,
        stream=stream,
        columns=schema.columns,
        mode=mode,
        key=schema.key,
        comment=schema.comment,
    )


def read_all(options: MysqlOptions, stream: str, *, want: int = 1) -> pa.Table:
    with closing(MysqlSource(options)) as source:
        columns = source.describe(stream).columns
        reading = Reading(stream, batch_bytes=1 << 20)
        batches = [
            batch.rows
            for share in source.shares(reading, want=want)
            for batch in source.read(reading, share, after=None)
        ]
    return pa.Table.from_batches(batches, schema=columns)


def write(options: MysqlOptions, load: Load, *batches: pa.RecordBatch) -> Published:
    with closing(MysqlSink(options)) as sink, closing(sink.open(load)) as loading:
        with closing(loading.writer()) as writer:
            settled = Settled("all", 0, Position(b"0"), Counts())
            for number, rows in enumerate(batches):
                settled = replace(settled, batches=number + 1)
                writer.write(rows, settled)
        return loading.publish()


def copy_table(
    options: MysqlOptions, stream: str, target: str, mode: WriteMode = "append"
) -> None:
    with closing(MysqlSource(options)) as source:
        schema = source.describe(stream)
    write(options, loaded(schema, target, mode), *read_all(options, stream).to_batches())


def pairs(*rows: tuple[int, str | None]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(
        [{"id": number, "name": name} for number, name in rows], schema=PAIR
    )


def a_load(
    mode: WriteMode, stream: str = "t", *, columns: pa.Schema = PAIR, generation: int = 1
) -> Load:
    return Load(f"test/{stream}", "run", generation, stream, columns, mode, key=("id",))


def refused(
    server: Server, load: Load, rows: pa.RecordBatch, **options: object
) -> RowsRefusedError:
    """Write rows that must be refused, and see that nothing of them was kept."""
    with (
        closing(MysqlSink(options_of(server, **options))) as sink,
        closing(sink.open(load)) as loading,
    ):
        with closing(loading.writer()) as writer:
            with pytest.raises(RowsRefusedError) as failure:
                writer.write(rows, SETTLED)
            assert writer.refusal(rows)
        found = sink.progress(load.load_id, load.stream)
        assert found is not None
        assert found.shares == {}
        loading.discard()
    return failure.value


def leftovers(server: Server) -> Rows:
    return rows_of(
        server,
        "SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() "
        r"AND (table_name LIKE '\_landbridge\_s\_%' OR table_name LIKE '\_landbridge\_f\_%')",
    )
