import pyarrow as pa
import pytest

from landbridge.connectors.postgres.catalogue import CatalogueColumn, NativeType
from landbridge.connectors.postgres.columns import encoded, write_column
from landbridge.connectors.postgres.design import widened
from landbridge.connectors.postgres.types import created_as, native_of, read_type
from landbridge.data.types import Logical, Meaning, column
from landbridge.kernel.errors import RowsRefusedError


def native(name: str, modifier: int = -1, schema: str = "pg_catalog") -> NativeType:
    return NativeType(name, schema, "b", modifier, name, name)


def numeric(precision: int, scale: int) -> NativeType:
    return native("numeric", ((precision << 16) | (scale & 0x7FF)) + 4)


@pytest.mark.parametrize(
    ("kind", "logical", "storage"),
    [
        (numeric(12, 2), "decimal", pa.decimal128(12, 2)),
        (numeric(38, 38), "decimal", pa.decimal128(38, 38)),
        (numeric(39, 0), "decimal", pa.decimal256(39, 0)),
        (numeric(76, 5), "decimal", pa.decimal256(76, 5)),
        (numeric(77, 5), "number", pa.string()),
        (numeric(3, 5), "number", pa.string()),
        (numeric(3, -2), "number", pa.string()),
        (native("numeric"), "number", pa.string()),
        (native("int4range"), "opaque", pa.string()),
        (native("text", schema="public"), "opaque", pa.string()),
        (native("uuid"), "uuid", pa.binary(16)),
    ],
)
def test_types_are_read_as_what_holds_all_their_values(
    kind: NativeType, logical: str, storage: pa.DataType
) -> None:
    found = read_type(kind)
    assert (found.logical, found.storage) == (logical, storage)


FOREIGN: list[tuple[Logical, pa.DataType, int | None, str, str]] = [
    ("int", pa.int8(), None, "smallint", "widening"),
    ("int", pa.uint16(), None, "integer", "widening"),
    ("int", pa.uint64(), None, "numeric(20,0)", "widening"),
    ("float", pa.float32(), None, "real", "exact"),
    ("decimal", pa.decimal128(10, -2), None, "numeric(12,0)", "widening"),
    ("decimal", pa.decimal256(65, 30), None, "numeric(65,30)", "exact"),
    ("number", pa.string(), None, "numeric", "exact"),
    ("text", pa.string(), 40, "character varying(40)", "exact"),
    ("text", pa.string(), None, "text", "exact"),
    ("text", pa.string(), 99_999_999, "text", "exact"),
    ("json", pa.string(), None, "json", "exact"),
    ("opaque", pa.string(), None, "text", "widening"),
    ("bits", pa.string(), None, "bit varying", "exact"),
]


@pytest.mark.parametrize(("logical", "storage", "length", "made", "kind"), FOREIGN)
def test_columns_of_other_systems_get_the_nearest_type(
    logical: Logical, storage: pa.DataType, length: int | None, made: str, kind: str
) -> None:
    field = column("c", storage, Meaning(logical, native="mysql:odd", length=length))
    fit = created_as(field)
    assert native_of(field) is None
    assert (fit.native, fit.kind) == (made, kind)


STILL_MEANT: list[tuple[str, Logical, pa.DataType]] = [
    ("timestamp(3) without time zone", "timestamp", pa.timestamp("us")),
    ("numeric(12,2)", "decimal", pa.decimal128(12, 2)),
    ("integer", "int", pa.int32()),
    ("integer[]", "opaque", pa.string()),
    ('"odd schema".mood', "opaque", pa.string()),
    ("public.geometry(Point,4326)", "opaque", pa.string()),
]
MEANT_NO_MORE: list[tuple[str, Logical, pa.DataType]] = [
    ("timestamp(3) without time zone", "text", pa.string()),
    ("numeric(12,2)", "decimal", pa.decimal128(14, 4)),
    ("integer", "int", pa.int64()),
    ("text; DROP TABLE users", "opaque", pa.string()),
    ("public.x) ; --", "opaque", pa.string()),
    ("int4, evil int", "opaque", pa.string()),
]


@pytest.mark.parametrize(("text", "logical", "storage"), STILL_MEANT)
def test_a_native_type_is_made_again_while_the_column_means_it(
    text: str, logical: Logical, storage: pa.DataType
) -> None:
    field = column("c", storage, Meaning(logical, native=f"postgres:{text}"))
    assert native_of(field) == (text, "." not in text)


@pytest.mark.parametrize(("text", "logical", "storage"), MEANT_NO_MORE)
def test_a_native_type_of_a_cast_column_or_of_no_sense_is_not_made(
    text: str, logical: Logical, storage: pa.DataType
) -> None:
    field = column("c", storage, Meaning(logical, native=f"postgres:{text}"))
    assert native_of(field) is None


def test_a_cut_text_is_not_made_in_its_old_length() -> None:
    native_text = "postgres:character varying(5)"
    same = column("c", pa.string(), Meaning("text", native=native_text, length=5))
    longer = column("c", pa.string(), Meaning("text", native=native_text))
    assert native_of(same) == ("character varying(5)", True)
    assert native_of(longer) is None


@pytest.mark.parametrize(
    ("storage", "logical", "existing", "wider"),
    [
        (pa.int64(), "int", native("int4"), "bigint"),
        (pa.uint32(), "int", native("int8"), None),
        (pa.uint64(), "int", native("int8"), "numeric(20,0)"),
        (pa.int8(), "int", native("int2"), None),
        (pa.decimal128(10, 4), "decimal", numeric(12, 2), "numeric(14,4)"),
        (pa.decimal128(10, 2), "decimal", numeric(12, 2), None),
        (pa.decimal128(10, 2), "decimal", native("numeric"), None),
        (pa.float64(), "float", native("float4"), "double precision"),
        (pa.int64(), "int", native("int4", schema="public"), None),
    ],
)
def test_columns_widen_only_within_their_family(
    storage: pa.DataType, logical: Logical, existing: NativeType, wider: str | None
) -> None:
    field = column("c", storage, Meaning(logical))
    assert widened(field, CatalogueColumn("c", existing)) == wider


def test_refused_rows_of_all_columns_are_told_at_once() -> None:
    narrow = CatalogueColumn("n", native("int2"))
    short = CatalogueColumn("s", native("varchar", 3 + 4))
    fields = [
        column("n", pa.int64(), Meaning("int")),
        column("s", pa.string(), Meaning("text")),
    ]
    rows = pa.RecordBatch.from_pydict(
        {"n": [1, 99_999, 3, 70_000], "s": ["a", "b", "toolong", "toolong"]},
        schema=pa.schema(fields),
    )
    written = [write_column(fields[0], narrow), write_column(fields[1], short)]

    with pytest.raises(RowsRefusedError) as failure:
        encoded(rows, [found for found in written if found is not None])

    assert sorted(failure.value.rejected) == [1, 2, 3]
    assert failure.value.rejected[2].startswith("s: longer")
