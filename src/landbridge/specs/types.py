"""Names of the logical types that a mapping may cast to."""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Final

from landbridge.specs.codes import FaultCode
from landbridge.specs.spec import refused

MAX_PRECISION: Final = 76
INTEGERS: Final = (
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
)
FLOATS: Final = ("float32", "float64")
TIMES: Final = ("date", "time", "timestamp", "timestamp_tz")
TYPE_NAMES: Final = (
    "bool",
    *INTEGERS,
    *FLOATS,
    "decimal",
    "string",
    "binary",
    *TIMES,
    "json",
    "uuid",
)

_FROM_SQL: Mapping[str, str] = {
    "bigint": "int64",
    "blob": "binary",
    "boolean": "bool",
    "bytea": "binary",
    "bytes": "binary",
    "char": "string",
    "datetime": "timestamp",
    "double": "float64",
    "float": "float64",
    "int": "int64",
    "integer": "int32",
    "jsonb": "json",
    "number": "decimal(18,2)",
    "numeric": "decimal(18,2)",
    "real": "float32",
    "smallint": "int16",
    "str": "string",
    "text": "string",
    "timestamptz": "timestamp_tz",
    "tinyint": "int8",
    "varchar": "string",
}
_DECIMAL = re.compile(r"decimal\((\d{1,4}),\s?(\d{1,4})\)", re.ASCII)


def check_type_name(name: str) -> str:
    """Return the name of a logical type without spaces, or refuse it.

    Raises:
        PydanticCustomError: The name is none of ours, or a decimal that cannot exist.

    Example:
        >>> check_type_name("decimal(12, 2)")
        'decimal(12,2)'
    """
    if name != "decimal" and name in TYPE_NAMES:
        return name
    found = _DECIMAL.fullmatch(name)
    if found is None:
        raise refused(
            FaultCode.TYPE_UNKNOWN,
            nearest=nearest_type(name),
            allowed=", ".join(TYPE_NAMES).replace("decimal", "decimal(p,s)"),
        )
    precision, scale = int(found[1]), int(found[2])
    if not (1 <= precision <= MAX_PRECISION and scale <= precision):
        raise refused(FaultCode.DECIMAL_IMPOSSIBLE, most=MAX_PRECISION)
    return f"decimal({precision},{scale})"


def family(name: str) -> str:
    """Return what kind of type a checked name is: integer, decimal, float, time or itself."""
    if name in INTEGERS:
        return "integer"
    if name in FLOATS:
        return "float"
    if name in TIMES:
        return "time"
    return "decimal" if name.startswith("decimal") else name


def nearest_type(name: str) -> str:
    """Return the logical type that was most likely meant.

    Example:
        >>> [nearest_type(name) for name in ("VARCHAR(20)", "int46", "decimal", "?")]
        ['string', 'int64', 'decimal(18,2)', 'string']
    """
    word = name.lower().split("(")[0].strip()
    if word in _FROM_SQL:
        return _FROM_SQL[word]
    close = get_close_matches(word, [*TYPE_NAMES, *_FROM_SQL], n=1)
    found = close[0] if close else "string"
    found = _FROM_SQL.get(found, found)
    return "decimal(18,2)" if found == "decimal" else found
