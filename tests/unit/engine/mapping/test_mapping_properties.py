"""Whatever the mapping and the rows: each row comes out, is left out, or is a fault."""

from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.engine.mapping.mapping_samples import (
    Document,
    StoredTables,
    account,
    mapping,
    pairs,
)

from landbridge.data.types import INSTANT, TIMESTAMP, UUID, Meaning, canonical, column
from landbridge.engine.mapping.mapped import Mapped, RowMapping
from landbridge.kernel.errors import OptionsInvalidError

SCHEMA = pa.schema(
    [
        column("t", pa.string(), Meaning("text")),
        column("i", pa.int64(), Meaning("int")),
        column("f", pa.float64(), Meaning("float")),
        column("d", pa.decimal128(20, 4), Meaning("decimal")),
        column("w", pa.decimal256(60, 8), Meaning("decimal")),
        column("b", pa.bool_(), Meaning("bool")),
        column("y", pa.binary(), Meaning("binary")),
        column("day", pa.date32(), Meaning("date")),
        column("at", TIMESTAMP, Meaning("timestamp")),
        column("seen", INSTANT, Meaning("instant")),
        column("ref", UUID, Meaning("uuid")),
        column("doc", pa.string(), Meaning("json")),
    ]
)
TABLES = StoredTables({"t.csv": pairs({"1": "一", "x": "叉", "true": None})})

_TEXT = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        ["1", "-1.5", "1e3", "十元", "x", "true", "2024-01-05", "2024-03-10 02:30:00", "０1 "]
    ),
    st.sampled_from(["2024-01-05T00:00:00Z", "00010203-0405-0607-0809-0a0b0c0d0e0f", "{}", ""]),
)
_BIG = 2**63 - 1
_VALUES: dict[str, st.SearchStrategy[Any]] = {
    "t": _TEXT,
    "i": st.integers(-_BIG - 1, _BIG),
    "f": st.floats(),
    "d": st.decimals(min_value=-(10**15), max_value=10**15, places=4),
    "w": st.decimals(min_value=-(10**20), max_value=10**20, places=8),
    "b": st.booleans(),
    "y": st.binary(max_size=5) | st.binary(min_size=16, max_size=16),
    "day": st.integers(-(2**31), 2**31 - 1),
    "at": st.integers(-_BIG - 1, _BIG) | st.integers(0, 2**51),
    "seen": st.integers(-_BIG - 1, _BIG) | st.integers(0, 2**51),
    "ref": st.binary(min_size=16, max_size=16),
    "doc": st.sampled_from(["{}", "1", '{"a": "x"}']),
}
_TYPES = [
    "bool",
    "int8",
    "uint64",
    "float32",
    "decimal(10,2)",
    "decimal(50,1)",
    "string",
    "binary",
    "date",
    "time",
    "timestamp",
    "timestamp_tz",
    "json",
    "uuid",
]
_NORMALISATIONS = [
    "trim",
    "half_width",
    "upper",
    "strip_leading_zeros",
    "empty_to_null",
    "nfkc",
]
_EXPRESSIONS = [
    "i + 1",
    "i * i",
    "t::INTEGER",
    "upper(t) || i",
    "d / 3",
    "at + INTERVAL 1 DAY",
    "f::INTEGER",
    "ref::VARCHAR",
    "w::DECIMAL(10, 2)",
    "doc ->> '$.a'",
    "CASE WHEN i > 0 THEN error('no ' || t) END",
]
_FILTERS = [None, None, "i > 0", "t::INTEGER > 0", "b", "t IS NOT NULL", "true", "false"]


def _array(name: str, values: list[Any]) -> pa.Array:
    storage = SCHEMA.field(name).type
    if pa.types.is_temporal(storage):
        integers = pa.int32() if storage == pa.date32() else pa.int64()
        return pa.array(values, integers).cast(storage)
    return pa.array(values, storage)


@st.composite
def _batches(draw: st.DrawFn) -> pa.RecordBatch:
    rows = draw(st.integers(0, 12))
    arrays = [
        _array(name, draw(st.lists(st.none() | _VALUES[name], min_size=rows, max_size=rows)))
        for name in SCHEMA.names
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


@st.composite
def _fields(draw: st.DrawFn, at: int) -> Document:
    field: dict[str, object] = {"to": f"x{at}"}
    origin = draw(st.sampled_from(["from", "from", "from", "expression", "split", "merge"]))
    if origin == "from":
        field["from"] = draw(st.sampled_from(SCHEMA.names))
    elif origin == "expression":
        field["expression"] = draw(st.sampled_from(_EXPRESSIONS))
    elif origin == "split":
        field["split"] = {
            "from": "t",
            **draw(st.sampled_from([{"separator": "-"}, {"pattern": "(.)$"}])),
        }
    else:
        field["merge"] = {
            "from": draw(st.sampled_from([["t", "i"], ["d", "b", "ref"], ["at", "day"]]))
        }
    if draw(st.booleans()):
        field["normalise"] = draw(st.lists(st.sampled_from(_NORMALISATIONS), max_size=3))
    if draw(st.booleans()):
        unmatched = draw(st.sampled_from(["refuse", "null", "keep"]))
        field["code_table"] = {"file": "t.csv", "from": "k", "to": "v", "unmatched": unmatched}
    if draw(st.booleans()):
        name = field["type"] = draw(st.sampled_from(_TYPES))
        if name.startswith(("int", "uint", "decimal")):
            field["rounding"] = draw(st.sampled_from(["half_up", "half_even", "down", "error"]))
        if name in {"date", "time", "timestamp", "timestamp_tz"}:
            field["time_zone"] = draw(st.sampled_from(["Asia/Shanghai", "America/New_York"]))
    field["required"] = draw(st.booleans())
    return field


@st.composite
def _documents(draw: st.DrawFn) -> Document:
    fields = [draw(_fields(at)) for at in range(draw(st.integers(1, 3)))]
    made: dict[str, object] = {
        "rest": draw(st.sampled_from(["keep", "drop"])),
        "fields": fields,
    }
    condition = draw(st.sampled_from(_FILTERS))
    return made if condition is None else {**made, "filter": condition}


def _compiled(document: Document) -> RowMapping | None:
    try:
        return mapping(document, SCHEMA, TABLES)
    except OptionsInvalidError as error:
        reason = str(error)
    assert reason.startswith("orders: ")
    return None


def _rows(mapped: Mapped) -> list[str]:
    return [repr(row) for row in _plain(mapped.rows).to_pylist()]


def _plain(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Times as integers: Python has no value for all of them."""
    arrays = [
        array.cast(pa.int32() if array.type == pa.date32() else pa.int64())
        if pa.types.is_temporal(array.type)
        else array
        for array in rows.columns
    ]
    return pa.RecordBatch.from_arrays(arrays, names=rows.schema.names)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(_documents(), _batches())
def test_every_row_is_accounted_for_and_judged_alone(
    document: Document, rows: pa.RecordBatch
) -> None:
    made = _compiled(document)
    if made is None:
        return
    mapped = made.apply(rows)
    account(mapped, rows.num_rows)
    assert mapped.rows.schema == made.columns == canonical(made.columns)
    mapped.rows.validate(full=True)
    assert all(fault.code.startswith("mapping.") and fault.reason for fault in mapped.faults)
    for name in made.columns.names:
        source = made.source_of(name)
        if source is not None:
            kept = [mapped.origin_of(row) for row in range(mapped.rows.num_rows)]
            wanted = rows.column(source).take(pa.array(kept, pa.int64()))
            assert mapped.rows.column(name).equals(wanted) or source == "f"
    alone = [made.apply(rows.slice(row, 1)) for row in range(rows.num_rows)]
    assert _rows(mapped) == [text for one in alone for text in _rows(one)]
    assert mapped.filtered == sum(one.filtered for one in alone)
    told = [(fault.code, fault.field, fault.reason) for fault in mapped.faults]
    singly = [(one.code, one.field, one.reason) for each in alone for one in each.faults]
    assert told == singly
