"""JSON objects as rows: what columns they have, and their values without a digit lost."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

import pyarrow as pa

from landbridge.data.types import Meaning, column, meaning_of
from landbridge.sdk.declared import declared_column
from landbridge.sdk.values import MisfitError, array_of

JsonObject = Mapping[str, object]

_INT64 = range(-(1 << 63), 1 << 63)


class JsonMisfitError(ValueError):
    """A field of an object does not fit its column.

    Attributes:
        row: Index of the object.
        field: Name of the field.
    """

    def __init__(self, misfit: MisfitError, field: str) -> None:
        super().__init__(f"field {field}: {misfit}")
        self.row = misfit.row
        self.field = field


def parse_json(text: str | bytes) -> object:
    """Parse JSON text; numbers with a fraction become `Decimal`, NaN is refused.

    Raises:
        ValueError: The text is not JSON, or nested too deeply.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text))
        return _DECODER.decode(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error


def infer_columns(objects: Iterable[JsonObject], declared: Mapping[str, str]) -> pa.Schema:
    """Return the columns of sample objects, in the order in which fields appear.

    A field is `bool`, `int` (whole numbers of 64 bits), `number` (any other numbers, exact),
    `text`, or `json`: objects, arrays, and fields that mix kinds or are always null. Declared
    columns that no object has come last.
    """
    kinds: dict[str, set[str]] = {}
    for one in objects:
        for name, value in one.items():
            kinds.setdefault(name, set()).add(_kind(value))
    for name in declared:
        kinds.setdefault(name, set())
    return pa.schema(
        [
            declared_column(name, declared[name]) if name in declared else _column(name, found)
            for name, found in kinds.items()
        ]
    )


def rows_of(objects: Sequence[JsonObject], schema: pa.Schema) -> pa.RecordBatch:
    """Return the objects as rows; a field that is absent is NULL, others are ignored.

    Raises:
        JsonMisfitError: A value does not fit its column.
    """
    arrays = [_array(objects, field) for field in schema]
    if not arrays:
        return pa.RecordBatch.from_struct_array(pa.array([{}] * len(objects), pa.struct([])))
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _array(objects: Sequence[JsonObject], field: pa.Field) -> pa.Array:
    values = [one.get(field.name) for one in objects]
    logical = meaning_of(field).logical
    try:
        if logical == "text" and all(value is None or type(value) is str for value in values):
            return pa.array(values, pa.string())
        return array_of(values, field)
    except MisfitError as error:
        raise JsonMisfitError(error, field.name) from error
    except UnicodeEncodeError as error:
        raise JsonMisfitError(
            MisfitError(0, "half a surrogate pair", field), field.name
        ) from error


def _refused(constant: str) -> object:
    raise ValueError(f"{constant} is not JSON")


_DECODER = json.JSONDecoder(parse_float=Decimal, parse_constant=_refused)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case int():
            return "int" if value in _INT64 else "number"
        case Decimal():
            return "number"
        case str():
            return "text"
        case _:
            return "json"


def _column(name: str, kinds: set[str]) -> pa.Field:
    found = kinds - {"null"}
    if found == {"bool"}:
        return column(name, pa.bool_(), Meaning("bool"))
    if found == {"int"}:
        return column(name, pa.int64(), Meaning("int"))
    if found and found <= {"int", "number"}:
        return column(name, pa.string(), Meaning("number"))
    if found == {"text"}:
        return column(name, pa.string(), Meaning("text"))
    return column(name, pa.string(), Meaning("json"))
