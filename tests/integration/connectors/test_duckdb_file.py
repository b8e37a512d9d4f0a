"""The database file: schemas, what users built on a table, conflicts, other processes."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from landbridge.connectors.duckdb.errors import translated
from landbridge.connectors.duckdb.manifest import MANIFEST
from landbridge.connectors.duckdb.options import DuckdbOptions
from landbridge.connectors.duckdb.sink import DuckdbSink
from landbridge.connectors.duckdb.source import DuckdbSource
from landbridge.connectors.duckdb.writer import take_turn
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LoadBusyError,
    OptionsInvalidError,
    QueryRefusedError,
    RowsRefusedError,
    SchemaChangedError,
    SystemBusyError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sink import Load

OPTIONS = DuckdbOptions(path="t.duckdb")
ROWS = pa.RecordBatch.from_pydict({"id": [1, 2, 3], "n": [10, 20, 30]})
SETTLED = Settled("all", 1, Position(b"1"), Counts(read=3, written=3))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, tmp_path)


@pytest.fixture
def sink(context: Context) -> Iterator[DuckdbSink]:
    with closing(DuckdbSink(OPTIONS, context)) as sink:
        yield sink


def _load(mode: str = "replace", **more: object) -> Load:
    return Load("l", "r", 1, "t", ROWS.schema, mode, **more)  # type: ignore[arg-type]


def _publish(sink: DuckdbSink, load: Load) -> None:
    loading = sink.open(load)
    with closing(loading.writer()) as writer:
        writer.write(ROWS, SETTLED)
    loading.publish()


def _all(context: Context, query: str) -> list[tuple[object, ...]]:
    with closing(duckdb.connect(context.folder / "t.duckdb")) as database:
        return database.execute(query).fetchall()


def test_replacing_keeps_what_users_built_on_the_table(
    context: Context, sink: DuckdbSink
) -> None:
    _all(context, "CREATE TABLE t (extra VARCHAR DEFAULT 'none', id BIGINT, n HUGEINT)")
    _all(context, "CREATE INDEX by_n ON t (n)")
    _all(context, "CREATE VIEW big AS SELECT * FROM t WHERE n > 10")
    _all(context, "COMMENT ON TABLE t IS 'it''s ours'")
    _all(context, "COMMENT ON COLUMN t.n IS 'how many'")
    _all(context, "INSERT INTO t VALUES ('old', 9, 99)")
    load = replace(_load(), columns=pa.schema([("id", pa.int64()), ("n", pa.int64())]))

    with pytest.raises(SchemaChangedError, match=r"t\.n is HUGEINT"):
        sink.open(replace(load, columns=pa.schema([("n", pa.float64())])))
    _publish(sink, load)

    assert _all(context, "SELECT * FROM t ORDER BY id") == [
        ("none", 1, 10),
        ("none", 2, 20),
        ("none", 3, 30),
    ]
    assert _all(context, "SELECT count(*) FROM big") == [(2,)]
    assert _all(context, "SELECT index_name FROM duckdb_indexes()") == [("by_n",)]
    assert _all(context, "SELECT comment FROM duckdb_tables() WHERE table_name = 't'") == [
        ("it's ours",)
    ]
    assert _all(
        context,
        "SELECT comment FROM duckdb_columns() WHERE table_name = 't' AND column_name = 'n'",
    ) == [("how many",)]
    staged = "SELECT 1 FROM duckdb_tables() WHERE table_name LIKE '%landbridge_new%'"
    assert _all(context, staged) == []


def test_a_dotted_name_is_a_schema_that_is_made_when_it_is_missing(
    context: Context, sink: DuckdbSink
) -> None:
    load = replace(_load("merge", key=("id",)), stream="mart.orders")

    assert [one.action for one in sink.changes(load)] == ["create", "write"]
    _publish(sink, load)
    _publish(sink, replace(load, generation=2))

    assert _all(context, "SELECT count(*) FROM mart.orders") == [(3,)]
    progress = sink.progress("l", "mart.orders")
    assert progress is not None
    assert progress.generation == 2
    with closing(DuckdbSource(OPTIONS, context)) as source:
        assert [entry.name for entry in source.streams()] == ["mart.orders"]


def test_merging_needs_no_unique_key_of_the_table(context: Context, sink: DuckdbSink) -> None:
    _all(context, "CREATE TABLE t (id BIGINT, n BIGINT)")
    _all(context, "INSERT INTO t VALUES (2, 0), (2, 1), (4, 4)")

    _publish(sink, _load("merge", key=("id",)))

    rows = _all(context, "SELECT * FROM t ORDER BY id")
    assert rows == [(1, 10), (2, 20), (3, 30), (4, 4)]


def test_a_repeated_key_is_refused_and_nothing_kept(context: Context, sink: DuckdbSink) -> None:
    loading = sink.open(_load("append", key=("id",)))
    twice = pa.RecordBatch.from_pydict({"id": [1, 2, 1], "n": [0, 0, 0]})
    with closing(loading.writer()) as writer:
        with pytest.raises(RowsRefusedError, match=r"(?i)duplicate key"):
            writer.write(twice, SETTLED)
        assert writer.refusal(twice.slice(0, 2)) is None
        assert "duplicate key" in str(writer.refusal(twice)).lower()

    assert _all(context, "SELECT count(*) FROM t") == [(0,)]


def test_a_takeover_during_a_batch_makes_the_batch_fail(
    context: Context, sink: DuckdbSink
) -> None:
    loading = sink.open(_load("append"))
    taking = replace(_load("append", resume=True), run_id="other")
    with closing(DuckdbSink(OPTIONS, context)) as other, closing(loading.writer()) as writer:
        session = writer._connection  # type: ignore[attr-defined]
        session.execute("BEGIN").fetchall()
        take_turn(session, _load("append"), "main")
        with pytest.raises(SystemBusyError) as failure:
            other.open(taking)
        session.execute("ROLLBACK").fetchall()

        session.execute("BEGIN").fetchall()
        session.execute("SELECT * FROM t").fetchall()
        other.open(taking)
        with pytest.raises(duckdb.TransactionException, match="Conflict"):
            take_turn(session, _load("append"), "main")
        session.execute("ROLLBACK").fetchall()

        with pytest.raises(LoadBusyError):
            writer.write(ROWS, SETTLED)

    assert failure.value.retry == "later"


HOLDS = """
import sys, duckdb
database = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("how", ["reads", "writes"])
def test_a_file_open_in_another_process_is_busy_or_shared(context: Context, how: str) -> None:
    _all(context, "CREATE TABLE t AS SELECT 1 AS id")
    path = str(context.folder / "t.duckdb")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, path, how],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        busy = pytest.raises(SystemBusyError, match="open in another process")
        with closing(DuckdbSink(OPTIONS, context)) as sink, busy:
            sink.check()
        with closing(DuckdbSource(OPTIONS, context)) as source:
            if how == "reads":
                assert source.describe("t").columns.names == ["id"]
            else:
                with pytest.raises(SystemBusyError, match="open in another process"):
                    source.check()
        other.communicate()


def test_reading_and_writing_share_a_file_in_one_process(
    context: Context, sink: DuckdbSink
) -> None:
    _publish(sink, _load())
    with closing(DuckdbSource(OPTIONS, context)) as source:
        batches = source.read(Reading("t"), Share("all"), after=None)
        load = replace(_load("append"), load_id="copy", stream="copy")
        loading = sink.open(load)
        with closing(loading.writer()) as writer:
            writer.write(next(batches).rows, SETTLED)
        loading.publish()
        assert list(batches) == []

    assert _all(context, "SELECT count(*) FROM copy") == [(3,)]


def test_two_ways_of_opening_a_file_in_one_process_are_explained(
    context: Context, sink: DuckdbSink
) -> None:
    _publish(sink, _load())
    reader = DuckdbSource(DuckdbOptions(path="t.duckdb", read_only=True), context)

    with closing(reader), pytest.raises(OptionsInvalidError, match="other options"):
        reader.check()


def test_a_read_only_connection_is_not_a_target(context: Context) -> None:
    sink = DuckdbSink(DuckdbOptions(path="t.duckdb", read_only=True), context)

    for refusing in (sink.check, lambda: sink.open(_load())):
        with pytest.raises(OptionsInvalidError, match="read-only"):
            refusing()


def test_a_file_that_is_not_there_is_not_made(context: Context, sink: DuckdbSink) -> None:
    missing = pytest.raises(OptionsInvalidError, match=r"no file t\.duckdb")
    with closing(DuckdbSource(OPTIONS, context)) as source, missing:
        source.check()

    assert sink.describe("t") is None
    assert sink.progress("l", "t") is None
    assert [change.action for change in sink.changes(_load())] == ["create", "write"]
    assert list(context.folder.iterdir()) == []


def test_a_folder_is_made_when_rows_are_to_come_and_not_before(context: Context) -> None:
    with closing(DuckdbSink(DuckdbOptions(path="new/deep/t.duckdb"), context)) as sink:
        assert sink.check()
        assert list(context.folder.iterdir()) == []

        _publish(sink, _load())

    assert (context.folder / "new" / "deep").is_dir()


def test_a_place_that_cannot_be_is_refused(context: Context) -> None:
    (context.folder / "new").write_text("a file, not a folder")

    with closing(DuckdbSink(DuckdbOptions(path="new/deep/t.duckdb"), context)) as sink:
        for refusing in (sink.check, lambda: sink.open(_load())):
            with pytest.raises(AuthenticationRefusedError, match="cannot be made"):
                refusing()


def test_a_file_of_another_kind_is_named(context: Context) -> None:
    (context.folder / "t.duckdb").write_bytes(b"not a database" * 5000)

    unsound = pytest.raises(DataUnreadableError, match=r"t\.duckdb cannot be read")
    with closing(DuckdbSource(OPTIONS, context)) as source, unsound:
        source.check()


KILLED = """
import os, sys
from pathlib import Path
from tests.integration.connectors.test_duckdb_file import OPTIONS, ROWS, SETTLED, _load
from landbridge.connectors.duckdb.sink import DuckdbSink
from landbridge.connectors.duckdb.writer import lent
from landbridge.sdk.manifest import Context

folder = Path(sys.argv[1])
loading = DuckdbSink(OPTIONS, Context(folder, folder)).open(_load("append"))
writer = loading.writer()
writer.write(ROWS, SETTLED)
with lent(writer._connection, ROWS):
    writer._connection.execute("BEGIN").fetchall()
    writer._put(ROWS)
    os.kill(os.getpid(), 9)
"""


def test_a_process_killed_inside_a_batch_leaves_whole_batches(context: Context) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(context.folder)], check=False, capture_output=True
    )

    assert done.returncode == -9, done.stderr
    with closing(DuckdbSink(OPTIONS, context)) as sink:
        progress = sink.progress("l", "t")
    assert progress is not None
    assert progress.shares == {"all": SETTLED}
    assert _all(context, "SELECT count(*) FROM t") == [(3,)]


def test_memory_and_threads_are_bounded_as_stated(context: Context) -> None:
    options = DuckdbOptions(path="t.duckdb", memory_bytes=200_000_000, threads=1)
    with closing(DuckdbSink(options, context)) as sink:
        _publish(sink, _load())
        settings = _all(
            context,
            "SELECT current_setting('threads'), current_setting('memory_limit')",
        )

    assert settings == [(1, "190.7 MiB")]


def test_every_error_of_duckdb_has_a_translation() -> None:
    def all_of(kind: type[BaseException]) -> set[str]:
        return {kind.__name__}.union(*(all_of(one) for one in kind.__subclasses__()))

    known = all_of(duckdb.Error)

    assert known <= {
        "BinderException",
        "CatalogException",
        "ConnectionException",
        "ConstraintException",
        "ConversionException",
        "DataError",
        "DatabaseError",
        "DependencyException",
        "Error",
        "FatalException",
        "HTTPException",
        "IOException",
        "IntegrityError",
        "InternalError",
        "InternalException",
        "InterruptException",
        "InvalidInputException",
        "InvalidTypeException",
        "NotImplementedException",
        "NotSupportedError",
        "OperationalError",
        "OutOfMemoryException",
        "OutOfRangeException",
        "ParserException",
        "PermissionException",
        "ProgrammingError",
        "ResourceInUseException",
        "SequenceException",
        "SerializationException",
        "SyntaxException",
        "TransactionException",
        "TypeMismatchException",
    }
    assert translated(duckdb.ParserException("x"), "t").code == QueryRefusedError.code


def test_a_connection_is_built_without_touching_the_file(context: Context) -> None:
    assert MANIFEST.source is not None
    assert MANIFEST.sink is not None
    MANIFEST.source(OPTIONS, context).close()
    MANIFEST.sink(OPTIONS, context).close()
    assert list(context.folder.iterdir()) == []
