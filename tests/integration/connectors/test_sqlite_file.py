"""The file itself: locks, damage, what users built on a table, another process."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from landbridge.connectors.sqlite.errors import translated
from landbridge.connectors.sqlite.manifest import MANIFEST
from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.sink import SqliteSink
from landbridge.connectors.sqlite.source import SqliteSource
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LoadBusyError,
    OptionsInvalidError,
    PositionUnusableError,
    QueryRefusedError,
    SchemaChangedError,
    SystemBusyError,
)
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sink import Load, Writer

ROWS = pa.RecordBatch.from_pydict({"id": [1, 2, 3], "n": [10, 20, 30]})
SETTLED = Settled("all", 1, Position(b"1"), Counts(read=3, written=3))


@pytest.fixture
def context(tmp_path: Path) -> Context:
    return Context(tmp_path, tmp_path)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "t.db")) as connection:
        yield connection


def _options() -> SqliteOptions:
    return SqliteOptions(path=Path("t.db"), busy_timeout_secs=0.05)


def _load(mode: str = "replace", **more: object) -> Load:
    return Load("l", "r", 1, "t", ROWS.schema, mode, **more)  # type: ignore[arg-type]


def _publish(sink: SqliteSink, load: Load) -> None:
    loading = sink.open(load)
    with closing(loading.writer()) as writer:
        writer.write(ROWS, SETTLED)
    loading.publish()


def test_replacing_keeps_what_users_built_on_the_table(
    context: Context, database: sqlite3.Connection
) -> None:
    database.executescript(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER, extra TEXT DEFAULT 'none');"
        "CREATE INDEX by_n ON t (n); CREATE VIEW big AS SELECT * FROM t WHERE n > 10;"
        "CREATE TABLE seen (id INTEGER);"
        "CREATE TRIGGER on_insert AFTER INSERT ON t "
        "BEGIN INSERT INTO seen VALUES (new.id); END;"
        "INSERT INTO t (id, n) VALUES (9, 99);"
    )

    _publish(SqliteSink(_options(), context), _load(key=("id",)))

    assert database.execute("SELECT * FROM t ORDER BY id").fetchall() == [
        (1, 10, "none"),
        (2, 20, "none"),
        (3, 30, "none"),
    ]
    assert database.execute("SELECT count(*) FROM big").fetchone() == (2,)
    assert database.execute("SELECT id FROM seen").fetchall() == [(9,), (1,), (2,), (3,)]
    names = {row[0] for row in database.execute("SELECT name FROM sqlite_schema")}
    assert "by_n" in names
    assert not [name for name in names if "landbridge_new" in name]


def test_merging_needs_no_unique_key_of_the_table(
    context: Context, database: sqlite3.Connection
) -> None:
    database.executescript(
        "CREATE TABLE t (id INTEGER, n INTEGER); INSERT INTO t VALUES (2, 0)"
    )

    _publish(SqliteSink(_options(), context), _load("merge", key=("id",)))

    rows = database.execute("SELECT * FROM t ORDER BY id").fetchall()
    assert rows == [(1, 10), (2, 20), (3, 30)]


def test_a_column_that_must_have_a_value_and_gets_none_is_named(
    context: Context, database: sqlite3.Connection
) -> None:
    database.executescript("CREATE TABLE t (id INTEGER, n INTEGER, who TEXT NOT NULL)")

    with pytest.raises(SchemaChangedError, match="who needs a value"):
        SqliteSink(_options(), context).open(_load("append"))


def test_a_lock_of_another_connection_is_busy_and_cures(
    context: Context, database: sqlite3.Connection
) -> None:
    sink = SqliteSink(_options(), context)
    loading = sink.open(_load("append"))
    with closing(loading.writer()) as writer:
        database.execute("BEGIN IMMEDIATE")
        with pytest.raises(SystemBusyError) as failure:
            writer.write(ROWS, SETTLED)
        database.execute("ROLLBACK")

        writer.write(ROWS, SETTLED)

    assert failure.value.retry == "later"
    assert database.execute("SELECT count(*) FROM t").fetchone() == (3,)


def test_a_reader_never_holds_a_lock_between_two_batches(
    context: Context, database: sqlite3.Connection
) -> None:
    database.executescript("CREATE TABLE t (id INTEGER PRIMARY KEY); CREATE TABLE u (x)")
    database.executemany("INSERT INTO t VALUES (?)", [(number,) for number in range(5000)])
    database.commit()
    reading = Reading("t", batch_bytes=1000)
    batches = SqliteSource(_options(), context).read(reading, Share("all"), after=None)
    next(batches)

    database.execute("PRAGMA busy_timeout = 50")
    database.execute("INSERT INTO u VALUES (1)")
    database.commit()

    assert sum(batch.rows.num_rows for batch in batches) > 4000


def test_a_file_that_is_not_there_is_not_made(context: Context, tmp_path: Path) -> None:
    with pytest.raises(OptionsInvalidError, match=r"no file t\.db"):
        SqliteSource(_options(), context).check()

    sink = SqliteSink(_options(), context)
    assert sink.describe("t") is None
    assert sink.progress("l", "t") is None
    assert [change.action for change in sink.changes(_load())] == ["create", "write"]
    assert not (tmp_path / "t.db").exists()


def test_a_folder_is_made_when_rows_are_to_come_and_not_before(context: Context) -> None:
    with closing(SqliteSink(SqliteOptions(path=Path("new/deep/t.db")), context)) as sink:
        assert sink.check()
        assert list(context.folder.iterdir()) == []

        _publish(sink, _load())

    assert (context.folder / "new" / "deep").is_dir()


def test_a_place_that_cannot_be_is_refused(context: Context) -> None:
    (context.folder / "new").write_text("a file, not a folder")

    with closing(SqliteSink(SqliteOptions(path=Path("new/deep/t.db")), context)) as sink:
        for refusing in (sink.check, lambda: sink.open(_load())):
            with pytest.raises(AuthenticationRefusedError, match="cannot be made"):
                refusing()


def test_a_file_of_another_kind_is_named(context: Context, tmp_path: Path) -> None:
    (tmp_path / "t.db").write_bytes(b"not a database, whatever its name says" * 100)

    with pytest.raises(DataUnreadableError, match=r"t\.db is not a sound SQLite file"):
        SqliteSource(_options(), context).check()


def test_a_position_of_something_else_is_not_resumed(
    context: Context, database: sqlite3.Connection
) -> None:
    database.executescript("CREATE TABLE t (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID")
    source = SqliteSource(_options(), context)

    for position in (b"\xff\x00", b"[7]", b"17"):
        with pytest.raises(PositionUnusableError):
            list(source.read(Reading("t"), Share("all"), after=Position(position)))


def test_the_same_generation_is_begun_once(context: Context) -> None:
    sink = SqliteSink(_options(), context)
    sink.open(_load("append"))

    with pytest.raises(LoadBusyError, match="another run"):
        sink.open(replace(_load("append"), run_id="other"))


KILLED = """
import os, sys
from pathlib import Path
from tests.integration.connectors.test_sqlite_file import ROWS, SETTLED, _load, _options
from landbridge.connectors.sqlite.sink import SqliteSink
from landbridge.connectors.sqlite import writer as writing
from landbridge.sdk.manifest import Context

folder = Path(sys.argv[1])
loading = SqliteSink(_options(), Context(folder, folder)).open(_load("append"))
writer = loading.writer()
writer.write(ROWS, SETTLED)
writer._connection.execute("BEGIN IMMEDIATE")
writer._put(ROWS)
os.kill(os.getpid(), 9)
"""


def test_a_process_killed_inside_a_batch_leaves_whole_batches(
    context: Context, database: sqlite3.Connection
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(context.folder)], check=False, capture_output=True
    )

    assert done.returncode == -9, done.stderr
    assert database.execute("SELECT count(*) FROM t").fetchone() == (3,)
    progress = SqliteSink(_options(), context).progress("l", "t")
    assert progress is not None
    assert progress.shares == {"all": SETTLED}
    writer: Writer = SqliteSink(_options(), context).open(_load("append", resume=True)).writer()
    writer.close()


def test_a_source_is_built_without_touching_the_file(context: Context) -> None:
    assert MANIFEST.source is not None
    assert MANIFEST.sink is not None
    MANIFEST.source(_options(), context).close()
    MANIFEST.sink(_options(), context).close()
    assert list(context.folder.iterdir()) == []


def test_every_error_of_sqlite_has_a_translation() -> None:
    def all_of(kind: type[Exception]) -> set[str]:
        return {kind.__name__}.union(*(all_of(one) for one in kind.__subclasses__()))

    assert all_of(sqlite3.Error) == {
        "Error",
        "DatabaseError",
        "DataError",
        "IntegrityError",
        "InterfaceError",
        "InternalError",
        "NotSupportedError",
        "OperationalError",
        "ProgrammingError",
    }
    assert translated(sqlite3.ProgrammingError("x"), "t.db").code == QueryRefusedError.code
