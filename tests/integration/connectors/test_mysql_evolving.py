from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.integration.connectors.mysql_copying import ID, a_load, options_of, rows_of, write
from tools.services import Server, execute

from landbridge.connectors.mysql.sink import MysqlSink
from landbridge.data.types import INSTANT, TIMESTAMP, Meaning, column
from landbridge.kernel.errors import SchemaChangedError
from landbridge.sdk.sink import WriteMode

WIDE = pa.schema(
    [
        ID,
        column("whole", pa.int64(), Meaning("int")),
        column("price", pa.decimal128(12, 4), Meaning("decimal")),
        column("label", pa.string(), Meaning("text", length=40)),
        column("made", TIMESTAMP, Meaning("timestamp")),
        column("seen", INSTANT, Meaning("instant")),
        column("ratio", pa.float64(), Meaning("float")),
        column("raw", pa.binary(), Meaning("binary", length=30)),
    ]
)
NARROW = """
CREATE TABLE t (id bigint PRIMARY KEY AUTO_INCREMENT, whole smallint NOT NULL DEFAULT 7,
  price decimal(9,2) DEFAULT 1.50 COMMENT 'it''s, the price',
  label varchar(10) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL DEFAULT 'x,y' COMMENT '名',
  made datetime NOT NULL DEFAULT current_timestamp(), seen datetime(3) NULL, ratio float,
  raw varbinary(3), KEY (label, made))
"""
ROW: dict[str, object] = {
    "id": 2,
    "whole": 1 << 40,
    "price": Decimal("12345678.1234"),
    "label": "é" * 40,
    "made": 1_700_000_000_123_456,
    "seen": 1_700_000_000_123_456,
    "ratio": 0.1,
    "raw": b"\0" * 30,
}


def wide_row() -> pa.RecordBatch:
    arrays = []
    for field in WIDE:
        moment = pa.types.is_timestamp(field.type)
        array = pa.array([ROW[field.name]], pa.int64() if moment else field.type)
        arrays.append(array.cast(field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=WIDE)


@pytest.mark.parametrize("mode", ["append", "merge", "replace", "mirror"])
def test_columns_are_widened_and_keep_all_else(
    mariadb_database: Server, mode: WriteMode
) -> None:
    execute(mariadb_database, NARROW, "INSERT INTO t (id, label) VALUES (1, 'old')")
    options = options_of(mariadb_database)
    load = a_load(mode, columns=WIDE)
    with closing(MysqlSink(options)) as sink:
        actions = [one.action for one in sink.changes(load)]
    assert actions.count("widen_column") == 7

    write(options, load, wide_row())

    [shown] = rows_of(mariadb_database, "SHOW CREATE TABLE t")
    text = str(shown[1])
    assert "`id` bigint(20) NOT NULL AUTO_INCREMENT" in text
    assert "`whole` bigint(20) NOT NULL DEFAULT 7" in text
    assert "`price` decimal(12,4) DEFAULT 1.50" in text
    assert "COMMENT 'it''s, the price'" in text
    assert "`label` varchar(40) CHARACTER SET latin1 COLLATE latin1_bin NOT NULL" in text
    assert "DEFAULT 'x,y' COMMENT '名'" in text
    assert "`made` datetime(6) NOT NULL DEFAULT current_timestamp(6)" in text
    assert "`ratio` double" in text
    assert "`raw` varbinary(30)" in text
    assert "KEY `label` (`label`,`made`)" in text
    [row] = rows_of(mariadb_database, "SELECT whole, price, label, ratio FROM t WHERE id = 2")
    assert row == (1 << 40, Decimal("12345678.1234"), "é" * 40, 0.1)
    again = replace(load, generation=2)
    with closing(MysqlSink(options)) as sink:
        assert "widen_column" not in [one.action for one in sink.changes(again)]


def test_nothing_is_widened_without_leave(mariadb_database: Server) -> None:
    execute(mariadb_database, NARROW)
    load = replace(a_load("append", columns=WIDE), evolve=False)
    with closing(MysqlSink(options_of(mariadb_database))) as sink:
        for refusing in (sink.changes, sink.open):
            with pytest.raises(SchemaChangedError):
                refusing(load)


def test_what_holds_the_values_already_is_left_alone(mariadb_database: Server) -> None:
    execute(
        mariadb_database,
        "CREATE TABLE t (id bigint PRIMARY KEY, a bigint, b decimal(30,10), c varchar(100),"
        " d text, e blob, f datetime(6), g int unsigned)",
    )
    columns = pa.schema(
        [
            ID,
            column("a", pa.int8(), Meaning("int")),
            column("b", pa.decimal128(9, 2), Meaning("decimal")),
            column("c", pa.string(), Meaning("text", length=20)),
            column("d", pa.string(), Meaning("text")),
            column("e", pa.binary(), Meaning("binary")),
            column("f", TIMESTAMP, Meaning("timestamp", native="mysql:datetime")),
            column("g", pa.int64(), Meaning("int")),
        ]
    )
    with closing(MysqlSink(options_of(mariadb_database))) as sink:
        assert sink.changes(a_load("append", columns=columns)) == []
