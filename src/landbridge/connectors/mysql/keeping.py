"""Whether a column that exists keeps every value it takes, or bends some without a word.

A value that does not fit is refused by the server and loses nothing. Here are only the pairs
where the server would round, pad, reorder or reinterpret in silence.
"""

import pyarrow as pa

from landbridge.connectors.mysql.catalogue import CatalogueColumn
from landbridge.connectors.mysql.native import FAMILY, parse_native
from landbridge.connectors.mysql.types import Taste, read_type
from landbridge.data.types import Logical, meaning_of

_MICROSECONDS = 6
_EXACT_IN_DOUBLE = 32
_TEXT_TYPES = frozenset({"char", "varchar", "tinytext", "text", "mediumtext", "longtext"})
_BYTE_TYPES = frozenset({"varbinary", "tinyblob", "blob", "mediumblob", "longblob"})
_LIKE_TEXT: frozenset[Logical] = frozenset(
    {"text", "json", "uuid", "number", "decimal", "bits", "opaque"}
)


def bends(field: pa.Field, target: CatalogueColumn) -> str:
    """Return how the column would change values of this field in silence, or ""."""
    if target.generated:
        return "is computed by the server"
    meaning = meaning_of(field)
    native = target.type
    if meaning.native == FAMILY + native.text and native.name != "json":
        return ""
    if native.name in _TEXT_TYPES:
        fits = meaning.logical in _LIKE_TEXT and not (target.json and meaning.logical != "json")
        return "" if fits else f"is {native.text} and would hold {meaning.logical} as text"
    if native.name in _BYTE_TYPES:
        return "" if meaning.logical == "binary" else f"is {native.text}"
    kept = read_type(native, Taste(), json=target.json)
    return _moments(field, target) if kept.logical in _TIMED else _others(field, target)


_TIMED: frozenset[Logical] = frozenset({"date", "time", "timestamp", "instant"})


def _moments(field: pa.Field, target: CatalogueColumn) -> str:
    logical, native = meaning_of(field).logical, target.type
    kept = read_type(native, Taste()).logical
    fitting: dict[Logical, set[Logical]] = {
        "date": {"date"},
        "time": {"time"},
        "timestamp": {"timestamp", "date", "instant"},
        "instant": {"instant"},
    }
    if logical not in fitting[kept]:
        return f"is {native.text} and would hold {logical}"
    if logical == "date" or native.digits >= _digits(field):
        return ""
    return f"is {native.text} and drops fractions of a second"


def _digits(field: pa.Field) -> int:
    """Digits of a second's fraction that the field's values can have."""
    text = meaning_of(field).native
    if not text.startswith(FAMILY):
        return _MICROSECONDS
    native = parse_native(text.removeprefix(FAMILY))
    timed = native.name in {"time", "datetime", "timestamp"}
    return native.digits if timed else _MICROSECONDS


def _others(field: pa.Field, target: CatalogueColumn) -> str:  # noqa: PLR0911  one row per logical type, a table
    logical, storage, native = meaning_of(field).logical, field.type, target.type
    kept = read_type(native, Taste(), json=target.json)
    wrong = f"is {native.text} and would hold {logical}"
    match kept.logical:
        case "int":
            whole = logical == "decimal" and storage.scale <= 0
            return "" if logical in {"int", "bool"} or whole else wrong
        case "decimal":
            return "" if logical in {"int", "bool", "decimal", "number"} else wrong
        case "float":
            if logical == "float":
                narrow = kept.storage == pa.float32() and storage == pa.float64()
                return f"is {native.text} and drops digits" if narrow else ""
            exact = logical == "int" and storage.bit_width <= _EXACT_IN_DOUBLE
            return "" if exact and kept.storage == pa.float64() else wrong
        case "bool":
            return "" if logical == "bool" else wrong
        case "bits":
            same = logical == "bits" and meaning_of(field).length == native.size
            return "" if same else wrong
        case "uuid" | "json":
            # MySQL rewrites JSON: only what it has written itself comes back unchanged.
            same = logical == kept.logical and meaning_of(field).native == FAMILY + native.text
            return "" if same or (logical == "uuid" == kept.logical) else wrong
        case _:
            return wrong
