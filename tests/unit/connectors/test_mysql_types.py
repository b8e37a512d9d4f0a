from decimal import Decimal

import pyarrow as pa
import pytest

from landbridge.connectors.mysql.bulk import Destination, inserted, loaded_lines
from landbridge.connectors.mysql.catalogue import CatalogueColumn
from landbridge.connectors.mysql.decoding import Decoder
from landbridge.connectors.mysql.encoding import Encoder, refuse
from landbridge.connectors.mysql.keeping import bends
from landbridge.connectors.mysql.native import parse_native
from landbridge.connectors.mysql.types import (
    Abilities,
    Taste,
    created_as,
    key_type,
    native_of,
    read_type,
)
from landbridge.data.types import INSTANT, LOGICALS, TIME, TIMESTAMP, UUID, Meaning, column
from landbridge.kernel.errors import DataUnreadableError, RowsRefusedError

STORAGES = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "decimal": pa.decimal128(12, 2),
    "binary": pa.binary(),
    "date": pa.date32(),
    "time": TIME,
    "timestamp": TIMESTAMP,
    "instant": INSTANT,
    "uuid": UUID,
}


def encoder(storage: pa.DataType, logical: str, native: str) -> Encoder:
    field = column("v", storage, Meaning(logical))  # type: ignore[arg-type]
    return Encoder(field, CatalogueColumn("v", parse_native(native)))


@pytest.mark.parametrize("mariadb", [True, False])
@pytest.mark.parametrize("logical", LOGICALS)
def test_every_logical_type_has_a_type_that_keeps_it(logical: str, mariadb: bool) -> None:  # noqa: FBT001  a parameter of the test
    field = column("v", STORAGES.get(logical, pa.string()), Meaning(logical))  # type: ignore[arg-type]
    fit = created_as(field, Abilities(mariadb=mariadb))
    assert fit.kind in {"exact", "widening"}
    native = parse_native(fit.native)
    json = mariadb and native.name == "json"
    target = CatalogueColumn("v", parse_native("longtext") if json else native, json=json)
    assert bends(field, target) == ""


@pytest.mark.parametrize(
    "text",
    [
        "int) ; DROP TABLE t -- ",
        "varchar(20) COMMENT 'x'",
        "enum('a'), x int",
        "int unsigned, x",
        "",
        "enum('a\\'), b int -- ')",
    ],
)
def test_a_type_from_afar_is_a_type_and_nothing_else(text: str) -> None:
    field = column("v", pa.string(), Meaning("text", native=f"mysql:{text}"))
    found = native_of(field, Abilities())
    assert found is None or found.text.startswith("enum('a\\')")


def test_a_native_type_is_kept_only_while_it_still_fits() -> None:
    def field(native: str, storage: pa.DataType, logical: str) -> pa.Field:
        return column("v", storage, Meaning(logical, native=f"mysql:{native}"))  # type: ignore[arg-type]

    both = Abilities(mariadb=True), Abilities()
    for abilities in both:
        assert created_as(field("mediumint(9)", pa.int32(), "int"), abilities).native == (
            "mediumint(9)"
        )
        assert (
            created_as(field("mediumint(9)", pa.int64(), "int"), abilities).native == "bigint"
        )
        assert created_as(field("enum('a','b')", pa.string(), "text"), abilities).native == (
            "enum('a','b')"
        )
        assert created_as(field("timestamp(3)", INSTANT, "instant"), abilities).native == (
            "timestamp(3)"
        )
    inet = field("inet6", pa.string(), "opaque")
    assert [created_as(inet, one).native for one in both] == ["inet6", "longtext"]
    json = field("json", pa.string(), "json")
    assert [created_as(json, one).native for one in both] == ["json", "json"]
    plain = column("v", pa.string(), Meaning("json"))
    assert [created_as(plain, one).native for one in both] == ["json", "longtext"]


def test_columns_of_a_key_are_short_enough_for_an_index() -> None:
    assert key_type("longtext", 1) == "varchar(255)"
    assert key_type("longblob", 1) == "varbinary(255)"
    assert key_type("varchar(2000)", 1) == "varchar(768)"
    assert key_type("varchar(500)", 4) == "varchar(175)"
    assert key_type("bigint", 3) == "bigint"


@pytest.mark.parametrize(
    ("native", "logical", "storage"),
    [
        ("bigint(20) unsigned", "int", pa.uint64()),
        ("decimal(65,30)", "decimal", pa.decimal256(65, 30)),
        ("decimal", "decimal", pa.decimal128(10, 0)),
        ("varchar(20) /*M!100301 COMPRESSED*/", "text", pa.string()),
        ("largeint", "number", pa.string()),
        ("array<int(11)>", "opaque", pa.string()),
        ("bit(1)", "bool", pa.bool_()),
        ("bit(7)", "bits", pa.string()),
        ("polygon", "binary", pa.binary()),
    ],
)
def test_types_are_read_as(native: str, logical: str, storage: pa.DataType) -> None:
    kind = read_type(parse_native(native), Taste())
    assert (kind.logical, kind.storage) == (logical, storage)


@pytest.mark.parametrize(
    ("native", "text", "value"),
    [
        ("decimal(12,2)", "-0.10", Decimal("-0.10")),
        ("double", "1e308", 1e308),
        ("tinyint", "-128", -128),
        ("int(6) unsigned zerofill", "000042", 42),
    ],
)
def test_texts_become_values(native: str, text: str, value: object) -> None:
    decoder = Decoder("t", "v", read_type(parse_native(native), Taste()))
    raw = pa.array([text.encode(), None], pa.binary())
    assert decoder.decode(raw).to_pylist() == [value, None]


@pytest.mark.parametrize(
    ("native", "raw"),
    [
        ("int", b"2147483648"),
        ("tinyint unsigned", b"-1"),
        ("date", b"0000-00-00"),
        ("datetime", b"2024-02-30 00:00:00"),
        ("time", b"-01:00:00"),
        ("time", b"24:00:00.000001"),
        ("varchar(9)", b"\xff"),
        ("uuid", b"no"),
    ],
)
def test_a_text_that_is_no_value_is_an_error(native: str, raw: bytes) -> None:
    decoder = Decoder("t", "v", read_type(parse_native(native), Taste()), zero_is_null=False)
    with pytest.raises(DataUnreadableError, match=r"t\.v holds"):
        decoder.decode(pa.array([None, raw], pa.binary()))


def test_lines_escape_what_would_end_them() -> None:
    texts = pa.array(["a\x1eb\x1fc\\", None, "", "\\N", "NULL"], pa.string())
    padding = pa.array(["\x1e" * 9], pa.string())
    sliced = pa.concat_arrays([padding, texts]).slice(1)
    destination = Destination("`t`", (encoder(pa.string(), "text", "longtext"),))
    for column_ in (texts, sliced):
        rows = pa.RecordBatch.from_arrays([column_], names=["v"])
        assert bytes(loaded_lines(destination, rows)) == (
            b"a\\\x1eb\\\x1fc\\\\\x1e" + b"\\N\x1e" + b"\x1e" + b"\\\\N\x1e" + b"NULL\x1e"
        )


def test_statements_are_cut_by_size_and_quote_everything() -> None:
    destination = Destination(
        "`t`",
        (encoder(pa.string(), "text", "longtext"), encoder(pa.binary(), "binary", "blob")),
    )
    rows = pa.RecordBatch.from_arrays(
        [pa.array(["it's \\", None, "x" * 90]), pa.array([b"\0'", b"", None])],
        names=["v", "w"],
    )
    found = list(inserted(destination, rows, 100))
    assert [count for _, count in found] == [2, 1]
    assert found[0][0].endswith(b"VALUES ('it''s \\\\',UNHEX('0027')),(NULL,UNHEX(''))")
    assert found[1][0].endswith(b"'" + b"x" * 90 + b"',NULL)")


def test_values_that_would_change_without_a_word_are_refused_by_row() -> None:
    char = encoder(pa.string(), "text", "char(5)")
    rows = pa.RecordBatch.from_arrays([pa.array(["a", "b ", None, " "])], names=["v"])
    with pytest.raises(RowsRefusedError) as failure:
        refuse((char,), rows)
    assert set(failure.value.rejected) == {1, 3}
    varchar = encoder(pa.string(), "text", "varchar(5)")
    refuse((varchar,), rows)


def test_years_and_bits_have_their_own_texts() -> None:
    year = encoder(pa.int16(), "int", "year(4)")
    assert year.text(pa.array([0, 70, 2024, None], pa.int16())).to_pylist() == [
        "0000",
        "0070",
        "2024",
        None,
    ]
    assert (
        encoder(pa.string(), "bits", "bit(4)").expression == "CAST(CONV({},2,10) AS UNSIGNED)"
    )
    assert (
        encoder(pa.bool_(), "bool", "bit(1)").expression == "CAST(CONV({},10,10) AS UNSIGNED)"
    )
    assert encoder(pa.bool_(), "bool", "tinyint(1)").expression is None
