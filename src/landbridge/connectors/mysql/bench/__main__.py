"""Time reading, writing and both against the server's own client, contents checked.

python -m landbridge.connectors.mysql.bench --port 3306 --user root --rows 1000000

The pipe is `mariadb --batch | LOAD DATA LOCAL`. The tables `bench_orders` and `bench_copy` are
made in the database named and dropped at the end. The server (MariaDB, for its sequences)
shares the machine, so ratios say more than seconds.
"""

import argparse
import queue
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

from pydantic import SecretStr

from landbridge.connectors.mysql.options import MysqlOptions
from landbridge.connectors.mysql.server import Server
from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.connectors.mysql.source import MysqlSource
from landbridge.data.batch import Batch, Position
from landbridge.data.ledger import Counts
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sink import Load, Loading

SOURCE, TARGET = "bench_orders", "bench_copy"
_PIPE_RATIO = 0.85
_MEMORY_MIB = 512
_TABLE = """
CREATE TABLE {table} (id bigint PRIMARY KEY, customer_id int NOT NULL,
  status_code smallint NOT NULL, quantity int NOT NULL, amount decimal(12,2) NOT NULL,
  tax decimal(12,2), sku varchar(32) NOT NULL, customer_name varchar(50) NOT NULL,
  note varchar(200), created_at datetime(6) NOT NULL, updated_at timestamp(6) NULL,
  due date, paid tinyint(1) NOT NULL, token char(36) NOT NULL, attrs json, discount int)
DEFAULT CHARSET utf8mb4 COLLATE utf8mb4_bin
"""
_MADE = """
INSERT INTO bench_orders SELECT seq, seq * 7919 % 100000, seq % 7, seq % 50,
  (seq % 1000000) / 100, IF(seq % 5, (seq % 9999) / 100, NULL),
  concat('SKU-', lpad(seq % 100000, 8, '0')), concat('客户', seq % 5000),
  IF(seq % 3, concat('备注 note ', seq % 777), NULL), '2020-01-01' + interval seq second,
  '2020-01-01' + interval seq * 1.5 second,
  IF(seq % 4, date'2020-01-01' + interval seq % 2000 day, NULL), seq % 2,
  insert(insert(insert(insert(md5(seq), 9, 0, '-'), 14, 0, '-'), 19, 0, '-'), 24, 0, '-'),
  json_object('k', seq % 100, 'c', IF(seq % 2, NULL, '红')), IF(seq % 6, seq % 100, NULL)
FROM seq_1_to_{rows}
"""
_NULLABLE = frozenset({"tax", "note", "updated_at", "due", "attrs", "discount"})


def main(arguments: Sequence[str]) -> int:
    """Run, print a line a figure, and return 1 when a content differs or a figure is short."""
    asked = _asked(arguments)
    options = MysqlOptions(
        host=asked.host,
        port=asked.port,
        database=asked.database,
        user=asked.user,
        password=SecretStr(asked.password),
        bulk=asked.bulk,
    )
    _drop(options)
    _run(options, _TABLE.format(table=SOURCE), _MADE.format(rows=asked.rows))
    try:
        pipe = min(_timed(options, lambda: _pipe(options)) for _ in range(asked.repeat))
        reading = _timed(options, lambda: _read(options, asked.shares))
        ours = min(
            _timed(options, lambda: _copy(options, asked.shares)) for _ in range(asked.repeat)
        )
        equal = _equal(options)
    finally:
        _drop(options)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    ratio = pipe / ours
    enough, small = ratio >= _PIPE_RATIO, memory <= _MEMORY_MIB
    _tell(f"mysql_pipe {asked.rows / pipe:.0f} rows/s")
    _tell(f"mysql_read {asked.rows / reading:.0f} rows/s")
    _tell(f"mysql_copy {asked.rows / ours:.0f} rows/s")
    _tell(f"mysql_copy_of_pipe {ratio:.2f} ratio target {_PIPE_RATIO} {_verdict(good=enough)}")
    _tell(f"mysql_copy_memory {memory} MiB target <={_MEMORY_MIB} {_verdict(good=small)}")
    _tell(f"mysql_copy_content {int(equal)} equal target 1 {_verdict(good=equal)}")
    return 0 if equal and enough and small else 1


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=3306)
    parser.add_argument("--user", default="root")
    parser.add_argument("--password", default="")
    parser.add_argument("--database", default="test")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--shares", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=2)
    parser.add_argument("--bulk", default="auto", choices=["auto", "local_infile", "values"])
    return parser.parse_args(arguments)


def _run(options: MysqlOptions, *statements: str) -> Sequence[tuple[object, ...]]:
    rows: Sequence[tuple[object, ...]] = ()
    with closing(Server(options).connect()) as session:
        for statement in statements:
            rows = session.execute(statement)
    return rows


def _drop(options: MysqlOptions) -> None:
    _run(options, f"DROP TABLE IF EXISTS {SOURCE}, {TARGET}")


def _timed(options: MysqlOptions, work: Callable[[], None]) -> float:
    _run(options, f"DROP TABLE IF EXISTS {TARGET}")
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _pipe(options: MysqlOptions) -> None:
    """The client writes NULL as the word; the loading side turns it back."""
    _run(options, _TABLE.format(table=TARGET))
    with closing(MysqlSource(options)) as source:
        names = source.describe(SOURCE).columns.names
    read = ", ".join(f"@{name}" if name in _NULLABLE else name for name in names)
    sets = ", ".join(f"{name} = NULLIF(@{name}, 'NULL')" for name in sorted(_NULLABLE))
    load = (
        f"LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE {TARGET} CHARACTER SET utf8mb4 "
        f"({read}) SET {sets}"
    )
    password = options.password.get_secret_value() if options.password else ""
    client = ["mariadb", "--no-defaults", f"-h{options.host}", f"-P{options.port}"]
    client += [f"-u{options.user}", f"-p{password}", "--default-character-set=utf8mb4"]
    client += ["--local-infile=1", options.database]
    out = [*client, "--batch", "-N", "--quick", "-e", f"SELECT * FROM {SOURCE}"]  # noqa: S608  our words
    with subprocess.Popen(out, stdout=subprocess.PIPE) as source:  # noqa: S603  our words
        subprocess.run([*client, "-e", load], stdin=source.stdout, check=True)  # noqa: S603  our words


def _read(options: MysqlOptions, want: int) -> None:
    with closing(MysqlSource(options)) as source:
        reading = Reading(SOURCE)
        shares = source.shares(reading, want=want)
        _together(
            [partial(_drain, source.read(reading, share, after=None)) for share in shares]
        )


def _drain(batches: Iterator[Batch]) -> None:
    for _ in batches:
        pass


def _copy(options: MysqlOptions, want: int) -> None:
    with closing(MysqlSource(options)) as source, closing(MysqlSink(options)) as sink:
        reading = Reading(SOURCE)
        schema = source.describe(SOURCE)
        generation = time.time_ns()
        load = Load(
            "bench", "bench", generation, TARGET, schema.columns, "replace", key=schema.key
        )
        shares = source.shares(reading, want=want)
        with closing(sink.open(load)) as loading:
            _together([partial(_share, source, reading, share, loading) for share in shares])
            loading.publish()


def _share(source: MysqlSource, reading: Reading, share: Share, loading: Loading) -> None:
    """Read in one thread, write in this one, two batches between them."""
    between: queue.Queue[Batch | None] = queue.Queue(2)

    def read() -> None:
        try:
            for batch in source.read(reading, share, after=None):
                between.put(batch)
        finally:
            between.put(None)

    thread = threading.Thread(target=read)
    thread.start()
    settled = Settled(share.name, 0, Position(b""), Counts())
    with closing(loading.writer()) as writer:
        while (batch := between.get()) is not None:
            settled = replace(settled, batches=settled.batches + 1, position=batch.resume)
            writer.write(batch.rows, settled)
    thread.join()


def _together(works: Sequence[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _equal(options: MysqlOptions) -> bool:
    rows = _run(options, f"CHECKSUM TABLE {SOURCE}, {TARGET}")
    [(count,)] = _run(options, f"SELECT COUNT(*) FROM {TARGET}")  # noqa: S608  our words
    return bool(count) and rows[0][1] == rows[1][1]


def _verdict(*, good: bool) -> str:
    return "ok" if good else "short"


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
