from contextlib import closing

import pytest
from tests.integration.connectors.postgres_copying import options_of, read_all, run
from tools.services import Server

from landbridge.connectors.postgres.source import PostgresSource
from landbridge.data.types import meaning_of
from landbridge.kernel.errors import (
    DataUnreadableError,
    OptionsInvalidError,
    PositionUnusableError,
)
from landbridge.sdk.reading import Reading

KEYS = {
    "bigint": "i * 7",
    "smallint": "(i - 16000)::smallint",
    "numeric": "i * 1.10",
    "numeric(20,4)": "-i / 7.0",
    "text": "'名' || chr(97 + i % 26) || '''' || i",
    'text COLLATE "de-x-icu"': "chr(65 + i % 26 + 32 * (i % 2)) || i",
    "varchar(40)": "'a\\' || i",
    "char(9)": "i::text",
    "uuid": "md5(i::text)::uuid",
    "date": "date '0044-03-15 BC' + i * 300",
    "timestamp": "timestamp '9990-01-01' + i * interval '1 day 00:00:00.000001'",
    "timestamptz": "timestamptz '1969-12-31 00:00+00' + i * interval '1.000001 s'",
    "bytea": "decode(md5(i::text), 'hex')",
    "time": "time '00:00' + i * interval '1.5 s'",
    "double precision": "i / 3.0",
    "real": "i / 3.0",
    "inet": "inet '10.0.0.0' + i",
    "public.grade": "('g' || lpad((i % 100)::text, 2, '0'))::public.grade",
}


@pytest.mark.parametrize("native", KEYS)
def test_a_read_resumes_after_every_batch_by_keys_of_any_type(
    postgres_database: Server, native: str
) -> None:
    labels = ", ".join(f"'g{number:02}'" for number in range(100))
    run(
        postgres_database,
        f"CREATE TYPE public.grade AS ENUM ({labels})",
        f"CREATE TABLE t (a int, k {native}, b text, PRIMARY KEY (k, a))",
        f"INSERT INTO t SELECT i, {KEYS[native]}, 'x' FROM generate_series(1, 5000) i",
        "ANALYZE t",
    )
    reading = Reading("t", columns=("b", "a"), batch_bytes=16_000)
    with closing(PostgresSource(options_of(postgres_database))) as source:
        [share] = source.shares(reading, want=1)
        whole = list(source.read(reading, share, after=None))
        numbers = [number for batch in whole for number in batch.rows["a"].to_pylist()]
        assert sorted(numbers) == list(range(1, 5001))
        assert len(whole) > 3
        for cut, batch in enumerate(whole, start=1):
            rest = list(source.read(reading, share, after=batch.resume))
            left = [number for part in rest for number in part.rows["a"].to_pylist()]
            assert left == [n for part in whole[cut:] for n in part.rows["a"].to_pylist()]


@pytest.mark.parametrize("native", ["bigint", "text", "uuid", "timestamptz", "numeric"])
def test_shares_follow_the_histogram_of_any_key(postgres_database: Server, native: str) -> None:
    run(
        postgres_database,
        f"CREATE TABLE t (k {native} PRIMARY KEY, n int)",
        f"INSERT INTO t SELECT {KEYS[native]}, i FROM generate_series(1, 300000) i",
        "ANALYZE t",
    )
    reading = Reading("t", columns=("n",))
    with closing(PostgresSource(options_of(postgres_database))) as source:
        shares = source.shares(reading, want=4)
        sizes = [
            sum(batch.rows.num_rows for batch in source.read(reading, share, after=None))
            for share in shares
        ]
    assert sum(sizes) == 300_000
    assert len(sizes) == 4
    assert min(sizes) > 50_000


def test_integer_keys_are_cut_evenly_without_statistics(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k bigint PRIMARY KEY) WITH (autovacuum_enabled = off)",
        "INSERT INTO t SELECT i FROM generate_series(-100, 100) i",
    )
    reading = Reading("t")
    with closing(PostgresSource(options_of(postgres_database))) as source:
        shares = source.shares(reading, want=3)
        found = [
            number
            for share in shares
            for batch in source.read(reading, share, after=None)
            for number in batch.rows["k"].to_pylist()
        ]
    assert len(shares) == 3
    assert found == list(range(-100, 101))


def test_all_shares_see_the_moment_of_the_first(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k int PRIMARY KEY)",
        "INSERT INTO t SELECT i FROM generate_series(1, 1000) i",
    )
    with closing(PostgresSource(options_of(postgres_database))) as source:
        reading = Reading("t")
        shares = source.shares(reading, want=2)
        run(postgres_database, "DELETE FROM t WHERE k % 2 = 0", "INSERT INTO t VALUES (5000)")
        found = [
            number
            for share in shares
            for batch in source.read(reading, share, after=None)
            for number in batch.rows["k"].to_pylist()
        ]
    assert found == list(range(1, 1001))


def test_a_table_without_a_key_is_read_whole_and_not_resumed(
    postgres_database: Server,
) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (n int UNIQUE)",
        "INSERT INTO t SELECT 1 FROM generate_series(1, 1)",
        "INSERT INTO t SELECT NULL FROM generate_series(1, 1000)",
    )
    reading = Reading("t")
    with closing(PostgresSource(options_of(postgres_database))) as source:
        assert source.describe("t").key == ()
        [share] = source.shares(reading, want=4)
        [batch] = source.read(reading, share, after=None)
        assert batch.rows.num_rows == 1001
        with pytest.raises(PositionUnusableError, match="no key"):
            list(source.read(reading, share, after=batch.resume))


def test_the_catalogue_tells_keys_comments_and_sizes(postgres_database: Server) -> None:
    run(
        postgres_database,
        'CREATE SCHEMA "Sales 销售"',
        'CREATE TABLE "Sales 销售"."a.b" (x int, "no ""null""" int NOT NULL, '
        "g int GENERATED ALWAYS AS (x * 2) STORED, UNIQUE (x), "
        '  UNIQUE ("no ""null""") INCLUDE (x))',
        'COMMENT ON TABLE "Sales 销售"."a.b" IS \'表\'',
        'COMMENT ON COLUMN "Sales 销售"."a.b".x IS \'甲\'',
        "CREATE TABLE parts (day date, n int, PRIMARY KEY (day, n)) PARTITION BY RANGE (day)",
        "CREATE TABLE parts_1 PARTITION OF parts "
        "FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        "INSERT INTO parts SELECT '2026-06-01', i FROM generate_series(1, 5000) i",
        "ANALYZE",
        "CREATE VIEW seen AS SELECT n FROM parts",
        "CREATE MATERIALIZED VIEW kept AS SELECT n FROM parts",
    )
    with closing(PostgresSource(options_of(postgres_database))) as source:
        entries = {entry.name: entry for entry in source.streams()}
        odd = source.describe('Sales 销售."a.b"')
        parts = source.describe("parts")
        view = source.describe("public.seen")

    assert list(entries) == [
        'Sales 销售."a.b"',
        "public.kept",
        "public.parts",
        "public.seen",
    ]
    assert entries["public.seen"].kind == "view"
    assert odd.stream == 'Sales 销售."a.b"'
    assert odd.key == ('no "null"',)
    assert odd.comment == "表"
    assert meaning_of(odd.columns.field("x")).comment == "甲"
    assert odd.columns.names == ["x", 'no "null"', "g"]
    assert (parts.key, parts.rows) == (("day", "n"), 5000)
    assert parts.size_bytes is not None
    assert parts.size_bytes > 100_000
    assert (view.key, view.size_bytes) == ((), None)
    assert read_all(options_of(postgres_database), "parts", want=2).num_rows == 5000


def test_the_newest_cursor_value_is_iso_text(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k int PRIMARY KEY, d date, ts timestamp, tz timestamptz, s text)",
        "INSERT INTO t VALUES (1, '2026-02-28', '2026-02-28 01:02:03', "
        "'2026-02-28 08:00:00.5+08', 'b'), (2, NULL, NULL, NULL, NULL)",
        "CREATE TABLE forever (k int PRIMARY KEY, until timestamptz)",
        "INSERT INTO forever VALUES (1, 'infinity'), (2, now())",
        "CREATE TABLE nothing (k int PRIMARY KEY, d date)",
    )
    with closing(PostgresSource(options_of(postgres_database))) as source:
        newest = [source.newest(Reading("t"), column) for column in ("k", "d", "ts", "tz", "s")]
        assert source.newest(Reading("nothing"), "d") is None
        assert source.newest(Reading("nothing"), "k") is None
        with pytest.raises(DataUnreadableError, match="infinity"):
            source.newest(Reading("forever"), "until")
        with pytest.raises(OptionsInvalidError, match="no column"):
            source.newest(Reading("t"), "gone")

    assert newest == [
        "2",
        "2026-02-28",
        "2026-02-28T01:02:03.000000",
        "2026-02-28T00:00:00.500000+00:00",
        "b",
    ]


def test_what_the_user_set_does_not_change_what_is_read(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k int PRIMARY KEY, i interval, m money, z timetz, f float8[])",
        "INSERT INTO t VALUES (1, '1 day -01:00:00', '12.5', '10:00+03', '{0.1}')",
    )
    plain = read_all(options_of(postgres_database), "t").to_pylist()
    name = postgres_database.database
    for setting in (
        "intervalstyle = 'iso_8601'",
        "datestyle = 'German'",
        "timezone = 'Asia/Tokyo'",
        "extra_float_digits = -10",
        "bytea_output = 'escape'",
        "search_path = ''",
    ):
        run(postgres_database, f"ALTER DATABASE {name} SET {setting}")

    assert read_all(options_of(postgres_database), "public.t").to_pylist() == plain
    assert plain[0]["i"] == "1 day -01:00:00"


def test_rows_of_inheriting_tables_are_read_and_keys_do_not_hold_for_them(
    postgres_database: Server,
) -> None:
    run(
        postgres_database,
        "CREATE TABLE parent (k int PRIMARY KEY)",
        "CREATE TABLE child () INHERITS (parent)",
        "INSERT INTO parent SELECT i FROM generate_series(1, 100) i",
        "INSERT INTO child SELECT i FROM generate_series(1, 100) i",
    )
    with closing(PostgresSource(options_of(postgres_database))) as source:
        assert source.describe("parent").key == ()
    assert read_all(options_of(postgres_database), "parent", want=2).num_rows == 200


def test_a_table_that_got_another_key_is_not_resumed(postgres_database: Server) -> None:
    run(
        postgres_database,
        "CREATE TABLE t (k int PRIMARY KEY, other int NOT NULL)",
        "INSERT INTO t SELECT i, -i FROM generate_series(1, 200000) i",
        "ANALYZE t",
    )
    reading = Reading("t")
    with closing(PostgresSource(options_of(postgres_database))) as source:
        shares = source.shares(reading, want=2)
        first = next(iter(source.read(reading, shares[0], after=None)))
    run(postgres_database, "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (other)")
    with closing(PostgresSource(options_of(postgres_database))) as source:
        with pytest.raises(PositionUnusableError, match="share"):
            list(source.read(reading, shares[1], after=None))
        with pytest.raises(PositionUnusableError, match="another"):
            list(source.read(reading, shares[0], after=first.resume))
