"""Columns whose types the user declares, for systems that have none (CSV, JSON)."""

import re
from typing import Annotated

import pyarrow as pa
from pydantic import AfterValidator, Field

from landbridge.data.types import INSTANT, TIME, TIMESTAMP, UUID, Logical, Meaning, column
from landbridge.specs.types import check_type_name

DeclaredType = Annotated[
    str,
    AfterValidator(check_type_name),
    Field(
        description="Logical type of the column.",
        examples=["int64", "decimal(12,2)", "string", "timestamp_tz", "date", "bool"],
    ),
]

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_DECIMAL128_DIGITS = 38
_FIXED: dict[str, tuple[pa.DataType, Logical]] = {
    "bool": (pa.bool_(), "bool"),
    "string": (pa.string(), "text"),
    "binary": (pa.binary(), "binary"),
    "date": (pa.date32(), "date"),
    "time": (TIME, "time"),
    "timestamp": (TIMESTAMP, "timestamp"),
    "timestamp_tz": (INSTANT, "instant"),
    "interval": (pa.string(), "opaque"),
    "json": (pa.string(), "json"),
    "uuid": (UUID, "uuid"),
}


def declared_column(name: str, declared: str, *, comment: str = "") -> pa.Field:
    """Return the field for a checked type name of `landbridge.specs.types`.

    Example:
        >>> declared_column("price", "decimal(12,2)").type
        Decimal128Type(decimal128(12, 2))
    """
    found = _DECIMAL.fullmatch(declared)
    if found is not None:
        digits, scale = int(found[1]), int(found[2])
        small = digits <= _DECIMAL128_DIGITS
        storage = pa.decimal128(digits, scale) if small else pa.decimal256(digits, scale)
        return column(name, storage, Meaning("decimal", comment=comment))
    if declared in _FIXED:
        storage, logical = _FIXED[declared]
        native = "declared:interval" if declared == "interval" else ""
        return column(name, storage, Meaning(logical, native, comment))
    logical = "float" if declared.startswith("float") else "int"
    return column(name, pa.type_for_alias(declared), Meaning(logical, comment=comment))
