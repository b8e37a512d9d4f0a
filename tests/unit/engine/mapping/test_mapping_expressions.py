"""SQL of documents: what it may say, what it reaches, and what its failures cost."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from tests.unit.engine.mapping.mapping_samples import (
    Document,
    account,
    codes,
    found,
    mapping,
    only,
    reasons,
    texts,
)

from landbridge.data.types import INSTANT, TIME, TIMESTAMP, UUID, Meaning, column, meaning_of
from landbridge.kernel.errors import OptionsInvalidError

ROWS = pa.record_batch(
    {
        "价格": pa.array([1.5, 2.5]),
        "qty": pa.array([2, 3]),
        "code": texts(["MAT-1", None]),
        "tags": texts(['{"k": ["x"]}', "{}"]),
    }
)


def expression(sql: str, rows: pa.RecordBatch = ROWS) -> list[object]:
    document = {"rest": "drop", "fields": [{"to": "x", "expression": sql}]}
    return found(mapping(document, rows.schema).apply(rows))


def refusal(sql: str) -> OptionsInvalidError:
    with pytest.raises(OptionsInvalidError) as caught:
        expression(sql)
    return caught.value


@pytest.mark.parametrize(
    ("sql", "wanted"),
    [
        ("价格 * qty", [3.0, 7.5]),
        ("QTY + 1 -- a comment", [3, 4]),
        ("coalesce(code, '无')", ["MAT-1", "无"]),
        ("CASE WHEN qty > 2 THEN '大' ELSE '小' END", ["小", "大"]),
        ("qty BETWEEN 1 AND 2 AND code IN ('MAT-1', 'x')", [True, False]),
        ("code LIKE 'MAT-%' OR code IS NULL", [True, True]),
        ("list_sum(list_transform([qty, 1], lambda v: v * 2))", [6, 8]),
        ("[y + 1 for y in [qty]][1]", [3, 4]),
        ("tags ->> '$.k[0]'", ["x", None]),
        ("regexp_replace(code, '[0-9]', '#')", ["MAT-#", None]),
        ("DATE '2024-01-31' + INTERVAL 1 MONTH", [datetime(2024, 2, 29)] * 2),  # noqa: DTZ001  local by intent
        ("/* ( */ qty", [2, 3]),
        ("')' || qty || '('", [")2(", ")3("]),
        ("NULL", [None, None]),
        ("42", [42, 42]),
        ("{'a': qty}", ['{"a":2}', '{"a":3}']),
        ("[qty, 1]", ["[2,1]", "[3,1]"]),
        ("qty::HUGEINT * 2", [Decimal(4), Decimal(6)]),
        ("qty::DECIMAL(9, 2) / 4", [0.5, 0.75]),
        ("('a', 'b')[1]", ["a", "a"]),
        ("'2024-01-05 00:00:00'::TIMESTAMP_S", [datetime(2024, 1, 5)] * 2),  # noqa: DTZ001  local by intent
        ("'s'::ENUM('s', 't')", ["s", "s"]),
        ("upper(trim(code)) COLLATE NOCASE", ["MAT-1", None]),
    ],
)
def test_an_expression_gives_what_it_says(sql: str, wanted: list[object]) -> None:
    assert expression(sql) == wanted


@pytest.mark.parametrize(
    "sql",
    [
        "(SELECT 1)",
        "qty IN (SELECT 1)",
        "EXISTS (SELECT 1)",
        "1) UNION (SELECT 2",
        "1), (2",
        "1) FROM (VALUES (1)) AS t(x) WHERE (x = 1",
        "1; DROP TABLE source_rows",
        "1); ATTACH '/tmp/x.db' AS y; SELECT (1",
        "1) AS y, (qty",
        "*",
        "COLUMNS(*)",
        "#1",
        "?",
        "$1",
        "sum(qty)",
        "count(*)",
        "string_agg(code)",
        "row_number() OVER ()",
        "lag(qty) OVER (ORDER BY qty)",
        "read_csv('/etc/passwd')",
        "read_text('/etc/passwd')",
        "(FROM read_text('/etc/passwd'))",
        "(FROM '/etc/passwd')",
        "getenv('HOME')",
        "current_setting('memory_limit')",
        "getvariable('x')",
        "PRAGMA database_list",
        "pragma_version()",
        "ATTACH '/tmp/x.db'",
        "COPY (SELECT 1) TO '/tmp/x'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET memory_limit = '9GB'",
        "random()",
        "uuid()",
        "nextval('s')",
        "write_log('x')",
        "sleep_ms(1)",
        "query('SELECT 1')",
        "source_rows",
        "generate_series(1, 2) OVER ()",
        "unnest([1, 2])",
        "nothing(qty)",
        "qty +",
        "(qty",
        "'open",
        "/* open",
        " ",
        "-- nothing",
        "qty " + "+ (qty" * 5000 + ")" * 5000,
        "INTERVAL 1 DAY",
    ],
)
def test_what_is_more_than_one_value_of_one_row_is_refused(sql: str) -> None:
    error = refusal(sql)
    assert str(error).startswith("orders: field x: ")
    assert len(str(error)) < 400


def test_a_refusal_says_where_counting_characters() -> None:
    assert "(character 6)" in str(refusal("价格 + (SELECT 1)"))
    assert "(character 6)" in str(refusal("价格 + 价格格"))
    assert refusal("价格 + 价格格").hint == "did you mean 价格?"
    assert "no field nothing" in str(refusal("qty + nothing"))
    assert "price" not in refusal("qty + zzzzzz").hint
    assert "价格, qty" in refusal("qty + zzzzzz").hint


def test_names_that_differ_in_case_are_not_guessed() -> None:
    rows = pa.record_batch({"a": pa.array([1]), "A": pa.array([2])})
    assert expression("a * 10", rows) == [10]
    assert expression("A * 10", rows) == [20]
    with pytest.raises(OptionsInvalidError, match="apart"):
        expression("a + A", rows)
    both: Document = {
        "rest": "drop",
        "fields": [{"to": "x", "expression": "a"}, {"to": "y", "expression": "A"}],
    }
    with pytest.raises(OptionsInvalidError, match="SQL does not tell a and A apart"):
        mapping(both, rows.schema)


def test_an_expression_reaches_no_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    for sql in (
        f"(FROM '{secret}')",
        f"(SELECT a FROM read_csv('{secret}'))",
        f"1) FROM '{secret}' WHERE (true",
        f"read_blob('{secret}')",
        f"1); COPY (SELECT 1) TO '{tmp_path / 'out'}'; SELECT (1",
        f"1); ATTACH '{tmp_path / 'db'}'; SELECT (1",
    ):
        refusal(sql)
    assert [path.name for path in tmp_path.iterdir()] == ["secret.csv"]


def test_a_row_that_fails_is_a_fault_and_the_others_go_on() -> None:
    values = texts(["1", "x", None, "3", "y" * 500])
    mapped = only({"expression": "a::INTEGER * 2"}, values)
    account(mapped, 5)
    assert found(mapped) == [2, None, 6]
    assert codes(mapped) == ["mapping.expression"] * 2
    assert "Could not convert string 'x'" in reasons(mapped)[0]
    assert all("\n" not in reason and len(reason) <= 300 for reason in reasons(mapped))


def test_an_expression_may_refuse_a_row_in_its_own_words() -> None:
    values = texts([str(row) for row in range(300)])
    sql = "CASE WHEN a LIKE '%77' THEN error('no ' || a) ELSE a || '!' END"
    mapped = only({"expression": sql}, values)
    account(mapped, 300)
    assert reasons(mapped) == ["no 77", "no 177", "no 277"]
    assert [fault.row for fault in mapped.faults] == [77, 177, 277]
    assert len(found(mapped)) == 297


def test_each_expression_fails_for_itself() -> None:
    rows = pa.record_batch({"a": texts(["1", "x", "2"]), "b": texts(["y", "z", "3"])})
    document: Document = {
        "rest": "drop",
        "fields": [
            {"to": "n", "expression": "a::INT"},
            {"to": "x", "expression": "b::INT"},
        ],
    }
    mapped = mapping(document, rows.schema).apply(rows)
    account(mapped, 3)
    assert found(mapped) == [3]
    assert [(fault.row, fault.field) for fault in mapped.faults] == [(0, "x"), (1, "n")]


def test_a_batch_of_failures_is_told_apart_in_one_pass() -> None:
    values = texts([str(row) if row % 2 else "x" for row in range(5000)])
    mapped = only({"expression": "a::INTEGER"}, values)
    account(mapped, 5000)
    assert found(mapped) == list(range(1, 5000, 2))
    assert len(mapped.faults) == 2500
    assert {fault.field for fault in mapped.faults} == {"x"}


def test_a_filter_that_fails_on_a_row_is_a_fault_of_that_row() -> None:
    rows = pa.record_batch({"a": texts(["5", "x", "0", None])})
    mapped = mapping({"filter": "a::INT > 1"}, rows.schema).apply(rows)
    account(mapped, 4)
    assert mapped.rows.to_pylist() == [{"a": "5"}]
    assert mapped.filtered == 2
    assert [(fault.row, fault.code, fault.field) for fault in mapped.faults] == [
        (1, "mapping.expression", "")
    ]
    assert reasons(mapped)[0].startswith("filter: ")


def test_a_filter_may_be_the_whole_mapping() -> None:
    made = mapping({"filter": "qty > 2"}, ROWS.schema)
    mapped = made.apply(ROWS)
    account(mapped, 2)
    assert mapped.rows.to_pylist() == ROWS.slice(1).to_pylist()
    assert [made.source_of(name) for name in ROWS.schema.names] == ROWS.schema.names
    assert mapping({"filter": "true"}, ROWS.schema).apply(ROWS).origins is None
    nothing = mapping({"filter": "false"}, ROWS.schema).apply(ROWS)
    assert (nothing.rows.num_rows, nothing.filtered) == (0, 2)


def test_every_type_of_a_source_can_be_spoken_of() -> None:
    ref = bytes(range(16))
    rows = pa.record_batch(
        [
            pa.array([ref, None], UUID),
            pa.array([Decimal("9" * 50), None], pa.decimal256(60, 2)),
            pa.array([datetime(2024, 1, 5, tzinfo=UTC), None], INSTANT),
            pa.array([1, None]).cast(TIME),
            pa.array([b"\xff", None]),
            pa.array([date(2024, 1, 5), None]),
            pa.array([2**64 - 1, None], pa.uint64()),
        ],
        schema=pa.schema(
            [
                column("ref", UUID, Meaning("uuid")),
                column("big", pa.decimal256(60, 2), Meaning("decimal")),
                column("at", INSTANT, Meaning("instant")),
                column("clock", TIME, Meaning("time")),
                column("raw", pa.binary(), Meaning("binary")),
                column("day", pa.date32(), Meaning("date")),
                column("whole", pa.uint64(), Meaning("int")),
            ]
        ),
    )
    assert expression("ref", rows) == [ref, None]
    assert expression("ref = '00010203-0405-0607-0809-0a0b0c0d0e0f'", rows) == [True, None]
    assert expression("big", rows) == ["9" * 50 + ".00", None]
    assert expression("\"at\" AT TIME ZONE 'Asia/Shanghai'", rows) == [
        datetime(2024, 1, 5, 8),  # noqa: DTZ001  local by intent
        None,
    ]
    assert expression('"at"', rows) == [datetime(2024, 1, 5, tzinfo=UTC), None]
    assert expression("clock", rows) == [time(0, 0, 0, 1), None]
    assert expression("raw", rows) == [b"\xff", None]
    assert expression("day + 1", rows) == [date(2024, 1, 6), None]
    assert expression("whole", rows) == [2**64 - 1, None]


def test_what_an_expression_gives_has_the_canonical_storage() -> None:
    document: Document = {
        "rest": "drop",
        "fields": [
            {"to": "at", "expression": "now()"},
            {"to": "day", "expression": "current_date"},
            {"to": "json", "expression": "tags::JSON"},
            {"to": "bits", "expression": "'101'::BIT"},
            {"to": "stamp", "expression": "TIMESTAMP '2024-01-05 08:00:00'"},
        ],
    }
    made = mapping(document, ROWS.schema)
    logicals = {
        name: meaning_of(made.columns.field(name)).logical for name in made.columns.names
    }
    assert logicals == {
        "at": "instant",
        "day": "date",
        "json": "json",
        "bits": "bits",
        "stamp": "timestamp",
    }
    assert made.columns.field("at").type == INSTANT
    assert made.columns.field("stamp").type == TIMESTAMP
    assert made.apply(ROWS).rows.schema == made.columns


def test_the_steps_follow_an_expression() -> None:
    field: Document = {
        "expression": "a || '　'",
        "normalise": ["trim"],
        "type": "decimal(5,1)",
        "rounding": "half_up",
        "default": 0,
    }
    assert found(only(field, texts(["1.25", None]))) == [Decimal("1.3"), Decimal(0)]


def test_several_threads_apply_the_same_mapping() -> None:
    document: Document = {
        "filter": "n % 3 <> 0",
        "rest": "drop",
        "fields": [
            {"to": "n", "from": "n"},
            {"to": "double", "expression": "a::INTEGER * 2"},
            {"to": "at", "from": "at", "type": "timestamp_tz", "time_zone": "America/New_York"},
        ],
    }
    schema = pa.schema([("n", pa.int64()), ("a", pa.string()), ("at", TIMESTAMP)])
    made = mapping(document, schema)
    start = threading.Barrier(8)

    def run(first: int) -> None:
        start.wait()
        for turn in range(5):
            numbers = list(range(first * 1000 + turn, first * 1000 + turn + 300))
            values = texts([str(number) if number % 7 else "x" for number in numbers])
            days = pa.array([number * 86_400_000_000 for number in numbers]).cast(TIMESTAMP)
            rows = pa.record_batch([pa.array(numbers), values, days], schema=schema)
            mapped = made.apply(rows)
            account(mapped, 300)
            kept = [number for number in numbers if number % 3 and number % 7]
            assert mapped.rows["double"].to_pylist() == [number * 2 for number in kept]
            failed = [numbers[fault.row] for fault in mapped.faults]
            assert failed == [number for number in numbers if number % 3 and not number % 7]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
