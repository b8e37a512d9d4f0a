"""Which fields come out, from where, in which order of steps."""

import uuid
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from tests.unit.engine.mapping.mapping_samples import (
    Document,
    StoredTables,
    account,
    codes,
    found,
    mapping,
    only,
    pairs,
    reasons,
    texts,
)

from landbridge.data.types import INSTANT, UUID, Meaning, column, meaning_of
from landbridge.engine.mapping.mapped import IdentityMapping
from landbridge.engine.mapping.selected import SelectMapping
from landbridge.kernel.errors import OptionsInvalidError

COLUMNS = pa.schema(
    [
        column("id", pa.int64(), Meaning("int", comment="the number"), nullable=False),
        column("name", pa.string(), Meaning("text", comment="the name", length=20)),
        column("big", pa.decimal256(60, 10), Meaning("decimal")),
        column("ref", UUID, Meaning("uuid")),
        column("net", pa.string(), Meaning("opaque", native="postgres:inet")),
    ]
)
BIG = Decimal("9" * 50 + ".0000000001")
ROWS = pa.record_batch(
    [
        pa.array([1, 2, 3]),
        texts([" a ", None, "c"]),
        pa.array([BIG, None, BIG], pa.decimal256(60, 10)),
        pa.array([bytes(range(16)), None, b"\xff" * 16], UUID),
        texts(["10.0.0.0/8", None, "::1"]),
    ],
    schema=COLUMNS,
)


def test_a_mapping_of_nothing_hands_on_the_batch_itself() -> None:
    made = mapping({}, COLUMNS)
    assert isinstance(made, IdentityMapping)
    assert made.apply(ROWS).rows is ROWS


def test_renaming_and_ordering_touches_no_value() -> None:
    made = mapping(
        {"fields": [{"to": "名", "from": "name"}, {"to": "r", "from": "ref"}]}, COLUMNS
    )
    assert isinstance(made, SelectMapping)
    assert made.columns.names == ["名", "r", "id", "big", "net"]
    mapped = made.apply(ROWS)
    assert mapped.origins is None
    assert mapped.rows.schema == made.columns
    for name, source in (("名", "name"), ("r", "ref"), ("big", "big"), ("net", "net")):
        assert mapped.rows[name].buffers()[1].address == ROWS[source].buffers()[1].address
        assert made.source_of(name) == source
        assert meaning_of(made.columns.field(name)) == meaning_of(COLUMNS.field(source))
    assert made.source_of("name") is None


def test_what_is_not_computed_keeps_its_buffers_beside_what_is() -> None:
    made = mapping({"fields": [{"to": "name", "from": "name", "normalise": ["trim"]}]}, COLUMNS)
    mapped = made.apply(ROWS)
    assert mapped.rows["name"].to_pylist() == ["a", None, "c"]
    for name in ("id", "big", "ref", "net"):
        assert mapped.rows[name].buffers()[1].address == ROWS[name].buffers()[1].address
        assert made.source_of(name) == name
    assert made.source_of("name") is None
    assert made.source_of("nothing") is None


def test_exotic_columns_survive_dropped_rows_unchanged() -> None:
    made = mapping({"fields": [{"to": "n", "from": "name", "required": True}]}, COLUMNS)
    mapped = made.apply(ROWS)
    account(mapped, 3)
    assert codes(mapped) == ["mapping.required"]
    assert mapped.faults[0].row == 1
    assert mapped.rows["big"].to_pylist() == [BIG, BIG]
    assert mapped.rows["ref"].to_pylist() == [bytes(range(16)), b"\xff" * 16]
    assert [mapped.origin_of(0), mapped.origin_of(1)] == [0, 2]
    assert made.source_of("n") == "name"
    assert not made.columns.field("n").nullable


def test_a_cast_to_the_type_a_field_has_carries_it() -> None:
    document = {
        "rest": "drop",
        "fields": [{"to": "x", "from": "big", "type": "decimal(60,10)"}],
    }
    assert mapping(document, COLUMNS).source_of("x") == "big"


def test_comments_stay_and_a_length_stays_while_it_is_true() -> None:
    fields: list[Document] = [
        {"to": "upper", "from": "name", "normalise": ["trim", "upper"]},
        {"to": "folded", "from": "name", "normalise": ["nfkc"]},
        {"to": "number", "from": "name", "type": "int64"},
        {"to": "word", "from": "id", "type": "string"},
    ]
    columns = mapping({"rest": "drop", "fields": fields}, COLUMNS).columns
    meanings = {name: meaning_of(columns.field(name)) for name in columns.names}
    assert meanings["upper"] == Meaning("text", comment="the name", length=20)
    assert meanings["folded"] == Meaning("text", comment="the name")
    assert meanings["number"] == Meaning("int", comment="the name")
    assert meanings["word"] == Meaning("text", comment="the number")


def test_rest_keeps_what_no_entry_takes_behind_the_listed_fields() -> None:
    document: Document = {
        "fields": [
            {"to": "first", "split": {"from": "name", "separator": "-"}},
            {"to": "all", "merge": {"from": ["id", "net"]}},
            {"to": "twice", "expression": "big || 'x'"},
        ]
    }
    assert mapping(document, COLUMNS).columns.names == ["first", "all", "twice", "big", "ref"]


def test_an_expression_replaces_only_the_field_of_its_own_name() -> None:
    document: Document = {"fields": [{"to": "name", "expression": "upper(name) || id"}]}
    made = mapping(document, COLUMNS)
    assert made.columns.names == ["name", "id", "big", "ref", "net"]
    assert made.apply(ROWS).rows["name"].to_pylist() == [" A 1", None, "C3"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"rest": "drop"}, "leaves no field"),
        ({"fields": [{"to": "x", "from": "name_"}]}, "no field name_"),
        ({"fields": [{"to": "name", "from": "id"}]}, "name is written twice"),
        ({"fields": [{"to": "x", "from": "id", "type": "uuid"}]}, "no cast from int64 to uuid"),
        ({"fields": [{"to": "x", "merge": {"from": ["id", "y"]}}]}, "no field y"),
        ({"fields": [{"to": "x", "split": {"from": "y", "separator": "-"}}]}, "no field y"),
        (
            {"fields": [{"to": "x", "split": {"from": "name", "pattern": "(a"}}]},
            "no regular expression",
        ),
        (
            {"fields": [{"to": "x", "split": {"from": "name", "pattern": "a"}}]},
            "0 groups",
        ),
        ({"fields": [{"to": "x", "from": "name", "default": "one", "type": "int8"}]}, "'one'"),
        ({"filter": "name"}, "not true or false"),
    ],
)
def test_what_cannot_work_is_refused_before_a_row_is_read(
    document: Document, message: str
) -> None:
    with pytest.raises(OptionsInvalidError, match=message) as caught:
        mapping(document, COLUMNS)
    assert "orders" in str(caught.value)
    assert caught.value.hint


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(OptionsInvalidError) as caught:
        mapping({"fields": [{"to": "x", "from": "name_"}]}, COLUMNS)
    assert caught.value.hint == "did you mean name?"


@pytest.mark.parametrize(
    ("constant", "rules", "wanted"),
    [
        (5, {}, 5),
        (True, {}, True),
        ("中", {}, "中"),
        (1.5, {}, 1.5),
        (None, {}, None),
        (2**70, {"type": "decimal(30,2)"}, Decimal(2**70)),
        (0.1, {"type": "decimal(4,2)"}, Decimal("0.10")),
        (7, {"type": "int8"}, 7),
        ("2024-05-01", {"type": "date"}, date(2024, 5, 1)),
    ],
)
def test_a_constant_is_in_every_row(constant: object, rules: Document, wanted: object) -> None:
    mapped = only({"constant": constant, **rules}, texts(["a", None]))
    assert found(mapped) == [wanted, wanted]


@pytest.mark.parametrize(
    ("split", "wanted"),
    [
        ({"separator": "-"}, ["a", "", "华东", "x", None]),
        ({"separator": "-", "index": 1}, ["b", "b", "上海", None, None]),
        ({"separator": "-", "index": -1}, ["c", "b", "上海", "x", None]),
        ({"separator": "-", "index": -3}, ["a", None, None, None, None]),
        ({"pattern": "([a-z])$"}, ["c", "b", None, "x", None]),
        ({"pattern": "^(.*?)-(.+)", "group": 2}, ["b-c", "b", "上海", None, None]),
        ({"pattern": "^[^-]*-", "group": 0}, ["a-", "-", "华东-", None, None]),
        ({"pattern": r"(?P<n>\pL)\)?", "group": 1}, ["a", "b", "华", "x", None]),
        ({"pattern": "[(](a)|(.)$", "group": 2}, ["c", "b", "海", "x", None]),
    ],
)
def test_a_split_takes_one_piece_or_nothing(split: Document, wanted: list[str | None]) -> None:
    values = texts(["a-b-c", "-b", "华东-上海", "x", None])
    assert found(only({"split": {"from": "a", **split}}, values)) == wanted


def test_a_merge_leaves_nulls_out_and_is_null_when_all_are() -> None:
    rows = pa.record_batch(
        {
            "a": texts(["华东", None, None, ""]),
            "b": pa.array([1, 2, None, 4]),
            "c": pa.array([True, None, None, False]),
        }
    )
    document = {
        "rest": "drop",
        "fields": [{"to": "x", "merge": {"from": ["a", "b", "c"], "separator": "/"}}],
    }
    mapped = mapping(document, rows.schema).apply(rows)
    assert found(mapped) == ["华东/1/true", "2", None, "/4/false"]


def test_the_steps_apply_in_the_order_that_is_promised() -> None:
    tables = StoredTables({"t.csv": pairs({"KG": "1.5", "NONE": None})})
    field: Document = {
        "from": "a",
        "normalise": ["trim", "empty_to_null", "upper"],
        "code_table": {"file": "t.csv", "from": "k", "to": "v"},
        "default": "9.25",
        "type": "decimal(4,1)",
        "rounding": "half_even",
        "required": True,
    }
    mapped = only(field, texts([" kg ", "  ", None, "none", "lb"]), tables)
    assert found(mapped) == [Decimal("1.5"), Decimal("9.2"), Decimal("9.2"), Decimal("9.2")]
    assert reasons(mapped) == ["'LB' is not in code table t.csv"]


@pytest.mark.parametrize(
    ("unmatched", "wanted", "faults"),
    [
        ("refuse", ["千克", None], ["mapping.code_table"]),
        ("null", ["千克", None, None], []),
        ("keep", ["千克", "斤", None], []),
        ("default", ["千克", "?", "?"], []),
    ],
)
def test_what_is_not_in_a_code_table_becomes_what_the_document_says(
    unmatched: str, wanted: list[str | None], faults: list[str]
) -> None:
    tables = StoredTables({"units": pairs({"kg": "千克", "t": "吨"})})
    field: dict[str, object] = {
        "from": "a",
        "code_table": {
            "connection": "erp",
            "stream": "units",
            "from": "k",
            "to": "v",
            "unmatched": unmatched,
        },
    }
    if unmatched == "default":
        field["default"] = "?"
    mapped = only(field, texts(["kg", "斤", None]), tables)
    assert found(mapped) == wanted
    assert codes(mapped) == faults


def test_a_code_table_meets_numbers_by_their_text_and_keeps_the_type_of_its_values() -> None:
    tables = StoredTables(
        {"t.csv": pa.table({"key": texts(["7", "8"]), "value": pa.array([70, 80])})}
    )
    table: Document = {"file": "t.csv", "from": "k", "to": "v"}
    assert found(only({"from": "a", "code_table": table}, pa.array([8, 7, None]), tables)) == [
        80,
        70,
        None,
    ]
    kept = only(
        {"from": "a", "code_table": {**table, "unmatched": "keep"}}, pa.array([8, 9]), tables
    )
    assert found(kept) == [80, 9]
    mixed = only(
        {"from": "a", "code_table": {**table, "unmatched": "keep"}}, texts(["8", "x"]), tables
    )
    assert found(mixed) == ["80", "x"]


def test_an_empty_code_table_knows_no_value() -> None:
    table: Document = {"file": "t.csv", "from": "k", "to": "v"}
    mapped = only(
        {"from": "a", "code_table": table},
        texts(["x", None]),
        StoredTables({"t.csv": pairs({})}),
    )
    assert found(mapped) == [None]
    assert codes(mapped) == ["mapping.code_table"]


def test_a_key_with_two_values_is_refused_and_one_that_repeats_itself_is_not() -> None:
    table: Document = {"file": "t.csv", "from": "k", "to": "v"}
    twice = pa.table({"key": ["a", "b", "a"], "value": ["1", "2", "1"]})
    assert found(
        only({"from": "a", "code_table": table}, texts(["a"]), StoredTables({"t.csv": twice}))
    ) == ["1"]
    for other in ("3", None):
        torn = pa.table({"key": ["a", "b", "a"], "value": ["1", "2", other]})
        with pytest.raises(OptionsInvalidError, match="key 'a' has the values '1' and"):
            only(
                {"from": "a", "code_table": table}, texts(["a"]), StoredTables({"t.csv": torn})
            )


def test_the_first_field_that_fails_is_the_fault_of_its_row() -> None:
    rows = pa.record_batch({"a": texts(["x", "1", "y"]), "b": texts([None, None, "z"])})
    document = {
        "rest": "drop",
        "fields": [
            {"to": "n", "from": "a", "type": "int32"},
            {"to": "m", "from": "b", "required": True},
        ],
    }
    mapped = mapping(document, rows.schema).apply(rows)
    account(mapped, 3)
    assert [(fault.row, fault.code, fault.field) for fault in mapped.faults] == [
        (0, "mapping.cast", "n"),
        (1, "mapping.required", "m"),
        (2, "mapping.cast", "n"),
    ]


def test_a_filter_counts_null_as_not_met_and_hides_the_faults_of_what_it_leaves_out() -> None:
    rows = pa.record_batch(
        {
            "a": texts(["1", "x", None, "y", "2"]),
            "on": pa.array([True, True, True, False, None]),
        }
    )
    document: Document = {
        "rest": "drop",
        "filter": '"on" AND a IS NOT NULL',
        "fields": [{"to": "x", "from": "a", "type": "int32"}],
    }
    mapped = mapping(document, rows.schema).apply(rows)
    account(mapped, 5)
    assert found(mapped) == [1]
    assert mapped.filtered == 3
    assert [fault.row for fault in mapped.faults] == [1]


def test_an_empty_batch_maps_to_an_empty_batch() -> None:
    document: Document = {
        "filter": "id > 0",
        "fields": [
            {
                "to": "n",
                "from": "name",
                "normalise": ["trim", "half_width"],
                "type": "decimal(5,2)",
            },
            {"to": "e", "expression": "id * 2"},
            {"to": "s", "split": {"from": "net", "pattern": "(.)"}},
            {"to": "t", "from": "name", "type": "timestamp_tz", "time_zone": "Asia/Shanghai"},
            {"to": "f", "from": "name", "type": "date", "format": "%Y%m%d"},
        ],
    }
    made = mapping(document, COLUMNS)
    mapped = made.apply(ROWS.slice(0, 0))
    assert mapped.rows.num_rows == 0
    assert mapped.rows.schema == made.columns
    assert made.columns.field("t").type == INSTANT


def test_a_slice_of_a_batch_maps_like_its_rows() -> None:
    document: Document = {
        "rest": "drop",
        "fields": [
            {"to": "r", "from": "ref", "type": "string"},
            {"to": "b", "from": "big", "type": "string"},
            {"to": "u", "expression": "ref"},
        ],
    }
    mapped = mapping(document, COLUMNS).apply(ROWS.slice(2))
    last = str(uuid.UUID(bytes=b"\xff" * 16))
    assert mapped.rows.to_pylist() == [{"r": last, "b": str(BIG), "u": b"\xff" * 16}]
