"""Time reading, writing and both against `psql COPY | psql COPY`, contents checked.

python -m landbridge.connectors.postgres.bench --port 5432 --user postgres --rows 2000000

The tables `bench_orders` and `bench_copy` are made in the database named and dropped at the
end. The server's own sessions share the machine, so ratios say more than seconds.
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

import pyarrow as pa

from landbridge.connectors.postgres.options import PostgresOptions
from landbridge.connectors.postgres.server import Server, executor
from landbridge.connectors.postgres.sink import PostgresSink
from landbridge.connectors.postgres.source import PostgresSource
from landbridge.data.batch import Batch, Position
from landbridge.data.ledger import Counts
from landbridge.sdk.progress import Settled
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sink import Load, Loading

SOURCE, TARGET = "bench_orders", "bench_copy"
_PIPE_RATIO = 0.85
_MADE = """
SELECT i::bigint AS id, (i::bigint * 7919 % 100000)::int AS customer_id,
    (i % 7)::smallint AS status_code, (i % 50)::int AS quantity,
    ((i % 1000000) / 100.0)::numeric(12, 2) AS amount,
    (CASE WHEN i % 5 <> 0 THEN (i % 9999) / 100.0 END)::numeric(12, 2) AS tax,
    ('SKU-' || lpad((i % 100000)::text, 8, '0'))::varchar(32) AS sku,
    '客户' || (i % 5000) AS customer_name,
    CASE WHEN i % 3 <> 0 THEN '备注 note ' || (i % 777) END AS note,
    timestamp '2020-01-01' + i * interval '1 second' AS created_at,
    timestamptz '2020-01-01 00:00+00' + i * interval '1.5 second' AS updated_at,
    CASE WHEN i % 4 <> 0 THEN date '2020-01-01' + (i % 2000)::int END AS due,
    i % 2 = 0 AS paid, md5(i::text)::uuid AS token,
    jsonb_build_object('k', i % 100, 'c', CASE WHEN i % 2 = 0 THEN '红' END) AS attrs,
    CASE WHEN i % 6 <> 0 THEN (i % 100)::int END AS discount
FROM generate_series(1, {rows}) AS i
"""


def main(arguments: Sequence[str]) -> int:
    """Run, print a line a figure, and return 1 when a content differs or a figure is short."""
    asked = _asked(arguments)
    options = PostgresOptions(
        host=asked.host, port=asked.port, database=asked.database, user=asked.user
    )
    _prepare(options, asked.rows)
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
    _tell(f"pg_pipe {asked.rows / pipe:.0f} rows/s")
    _tell(f"pg_read {asked.rows / reading:.0f} rows/s")
    _tell(f"pg_copy {asked.rows / ours:.0f} rows/s")
    enough = ratio >= _PIPE_RATIO
    _tell(f"pg_copy_of_pipe {ratio:.2f} ratio target {_PIPE_RATIO} {_verdict(good=enough)}")
    _tell(f"pg_copy_memory {memory} MiB target 512 {_verdict(good=memory <= 512)}")  # noqa: PLR2004  the target
    _tell(f"pg_copy_content {int(equal)} equal target 1 {_verdict(good=equal)}")
    return 0 if equal and enough else 1


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=5432)
    parser.add_argument("--user", default="postgres")
    parser.add_argument("--database", default="postgres")
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--shares", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=2)
    return parser.parse_args(arguments)


def _run(options: PostgresOptions, *statements: str) -> Sequence[tuple[object, ...]]:
    rows: Sequence[tuple[object, ...]] = ()
    with closing(Server(options).connect()) as session:
        for statement in statements:
            rows = executor(session)(statement)
    return rows


def _prepare(options: PostgresOptions, rows: int) -> None:
    _drop(options)
    _run(
        options,
        f"CREATE TABLE {SOURCE} AS {_MADE.format(rows=rows)}",
        f"ALTER TABLE {SOURCE} ADD PRIMARY KEY (id)",
        f"VACUUM ANALYZE {SOURCE}",
    )


def _drop(options: PostgresOptions) -> None:
    _run(options, f"DROP TABLE IF EXISTS {SOURCE}, {TARGET}")


def _timed(options: PostgresOptions, work: Callable[[], None]) -> float:
    _run(options, f"DROP TABLE IF EXISTS {TARGET}", "CHECKPOINT")
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _pipe(options: PostgresOptions) -> None:
    _run(options, f"CREATE TABLE {TARGET} (LIKE {SOURCE})")
    psql = ["psql", "-qX", "-h", options.host, "-p", str(options.port), "-U", options.user]
    psql += ["-d", options.database, "-c"]
    out = f"COPY {SOURCE} TO STDOUT (FORMAT binary)"
    into = f"COPY {TARGET} FROM STDIN (FORMAT binary)"
    with subprocess.Popen([*psql, out], stdout=subprocess.PIPE) as source:  # noqa: S603  our words
        subprocess.run([*psql, into], stdin=source.stdout, check=True)  # noqa: S603  our words


def _read(options: PostgresOptions, want: int) -> None:
    with closing(PostgresSource(options)) as source:
        reading = Reading(SOURCE)
        shares = source.shares(reading, want=want)
        _together(
            [partial(_drain, source.read(reading, share, after=None)) for share in shares]
        )


def _drain(batches: Iterator[Batch]) -> None:
    for _ in batches:
        pass


def _copy(options: PostgresOptions, want: int) -> None:
    with closing(PostgresSource(options)) as source, closing(PostgresSink(options)) as sink:
        reading = Reading(SOURCE)
        columns = source.describe(SOURCE).columns
        load = Load("bench", "bench", time.time_ns(), TARGET, columns, "replace")
        shares = source.shares(reading, want=want)
        with closing(sink.open(load)) as loading:
            _together([partial(_share, source, reading, share, loading) for share in shares])
            loading.publish()


def _share(source: PostgresSource, reading: Reading, share: Share, loading: Loading) -> None:
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


def _equal(options: PostgresOptions) -> bool:
    totals = "SELECT count(*), sum(hashtextextended(t::text, 0)::numeric) FROM {} AS t"
    return _run(options, totals.format(SOURCE)) == _run(options, totals.format(TARGET))


def _verdict(*, good: bool) -> str:
    return "ok" if good else "short"


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    pa.set_cpu_count(2)
    sys.exit(main(sys.argv[1:]))
