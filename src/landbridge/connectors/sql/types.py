"""Types of SQLAlchemy and our logical types, both ways."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.dialects import mssql, mysql
from sqlalchemy.types import TypeEngine

from landbridge.data.types import (
    INSTANT,
    TIME,
    TIMESTAMP,
    UUID,
    Logical,
    Meaning,
    column,
    meaning_of,
)
from landbridge.sdk.sink import Fit, FitKind

AnyType = TypeEngine[Any]
Fetch = Literal["plain", "text"]

_MOST_DIGITS = 76
_KEY_LENGTH = 190
_UUID_LENGTH = 36
_DIGITS: Mapping[str, tuple[int, int]] = {
    "postgresql": (1000, 1000),
    "mysql": (65, 30),
    "mariadb": (65, 38),
    "sqlite": (0, 0),
}
"""Most digits, and digits after the point, of an exact decimal; else 38 and 38."""
_ZONED = frozenset({"postgresql", "oracle", "mssql"})


@dataclass(frozen=True, slots=True)
class Known:
    """A type of SQLAlchemy, understood.

    Attributes:
        logical: What values mean.
        storage: Their canonical storage.
        fetch: Whether the database is to turn values into text.
        length: Declared length of a text or binary column.
    """

    logical: Logical
    storage: pa.DataType
    fetch: Fetch = "plain"
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """How the columns of a new table keep a field."""

    type: AnyType
    kind: FitKind = "exact"
    reason: str = ""


def known(kind: AnyType) -> Known:  # noqa: C901, PLR0911  one row per type, a table
    """Return the meaning of a reflected type.

    Example:
        >>> known(sa.Numeric(12, 2)).storage, known(sa.JSON()).fetch
        (Decimal128Type(decimal128(12, 2)), 'text')
    """
    if isinstance(kind, sa.Boolean):
        return Known("bool", pa.bool_())
    if isinstance(kind, sa.Integer | mysql.YEAR):
        wide = isinstance(kind, mysql.BIGINT) and kind.unsigned
        return Known("int", pa.uint64() if wide else pa.int64())
    if isinstance(kind, sa.Float | sa.Double):
        return Known("float", pa.float64())
    if isinstance(kind, sa.Numeric):
        return _known_number(kind)
    if isinstance(kind, mysql.BIT):
        return Known("bits", pa.string(), length=kind.length)
    if isinstance(kind, sa.Uuid):
        return Known("uuid", UUID)
    if isinstance(kind, sa.JSON):
        return Known("json", pa.string(), "text")
    if _is_binary(kind):
        return Known("binary", pa.binary(), length=getattr(kind, "length", None))
    if isinstance(kind, sa.String | sa.Enum):
        return Known("text", pa.string(), length=getattr(kind, "length", None))
    if isinstance(kind, sa.DateTime | sa.TIMESTAMP):
        return Known("instant", INSTANT) if kind.timezone else Known("timestamp", TIMESTAMP)
    if isinstance(kind, sa.Date):
        return Known("date", pa.date32())
    if isinstance(kind, sa.Time) and not kind.timezone:
        return Known("time", TIME)
    return Known("opaque", pa.string(), "text")


def _is_binary(kind: AnyType) -> bool:
    try:
        return kind.python_type is bytes
    except NotImplementedError:
        return False


def _known_number(kind: "sa.Numeric[Any]") -> Known:
    digits, scale = kind.precision, kind.scale or 0
    if not digits or digits > _MOST_DIGITS or not 0 <= scale <= digits:
        return Known("number", pa.string())
    if digits <= 38:  # noqa: PLR2004  of decimal128
        return Known("decimal", pa.decimal128(digits, scale))
    return Known("decimal", pa.decimal256(digits, scale))


def field_of(name: str, what: Known, *, nullable: bool, comment: str, native: str) -> pa.Field:
    """Return the field of a column."""
    stated = f"sql:{native}" if what.logical == "opaque" else ""
    meaning = Meaning(what.logical, native=stated, comment=comment, length=what.length)
    return column(name, what.storage, meaning, nullable=nullable)


def kept(field: pa.Field, dialect: str, *, key: bool = False) -> Kept:
    """Return how a new column of a database keeps a field's values.

    Args:
        field: The column.
        dialect: Name of the SQLAlchemy dialect.
        key: The column is part of a key, which has a bounded length.
    """
    meaning = meaning_of(field)
    if meaning.logical == "decimal":
        return _kept_decimal(field.type, dialect)
    if meaning.logical == "int":
        return _kept_int(field.type)
    if meaning.logical == "text":
        length = meaning.length or (_KEY_LENGTH if key else None)
        return Kept(sa.Unicode(length) if length else _long_text(dialect))
    make = _MAKERS.get(meaning.logical)
    if make is not None:
        return make(dialect)
    text = sa.Unicode(_KEY_LENGTH) if key else _long_text(dialect)
    return Kept(text, "widening", "kept as text")


def fit_of(field: pa.Field, dialect: sa.Dialect) -> Fit:
    """Return the same in the words of the SDK."""
    how = kept(field, dialect.name)
    return Fit(how.kind, how.type.compile(dialect=dialect), how.reason)


def text_type(dialect: str) -> AnyType:
    """Return the type that a value is cast to for its text."""
    return sa.String(4000) if dialect == "oracle" else sa.String()


def _long_text(dialect: str) -> AnyType:
    if dialect in {"mysql", "mariadb"}:
        return mysql.LONGTEXT()
    return sa.UnicodeText()


def _kept_decimal(storage: pa.DataType, dialect: str) -> Kept:
    digits, scale = _DIGITS.get(dialect, (38, 38))
    if storage.precision <= digits and 0 <= storage.scale <= scale:
        return Kept(sa.Numeric(storage.precision, storage.scale))
    return Kept(sa.Unicode(storage.precision + 3), "widening", "digits are kept as text")


def _kept_int(storage: pa.DataType) -> Kept:
    if storage == pa.uint64():
        return Kept(sa.Unicode(20), "widening", "digits are kept as text")
    if storage == pa.int64():
        return Kept(sa.BigInteger())
    if storage in {pa.int8(), pa.uint8(), pa.int16()}:
        return Kept(sa.SmallInteger(), "widening", "kept in a wider integer")
    small = storage in {pa.uint16(), pa.int32()}
    wider: AnyType = sa.Integer() if small else sa.BigInteger()
    return Kept(wider, "widening", "kept in a wider integer")


def _bool(dialect: str) -> Kept:
    if dialect in {"mysql", "mariadb", "oracle"}:
        return Kept(sa.SmallInteger(), "widening", "kept as 0 and 1")
    return Kept(sa.Boolean())


def _binary(dialect: str) -> Kept:
    long = dialect in {"mysql", "mariadb"}
    return Kept(mysql.LONGBLOB() if long else sa.LargeBinary())


def _date(dialect: str) -> Kept:
    if dialect == "oracle":
        return Kept(sa.Date(), "widening", "kept with a time of day")
    return Kept(sa.Date())


def _time(dialect: str) -> Kept:
    if dialect in {"mysql", "mariadb"}:
        return Kept(mysql.TIME(fsp=6))
    if dialect in {"oracle", "mssql"}:
        return Kept(sa.Unicode(15), "widening", "kept as text")
    return Kept(sa.Time())


def _timestamp(dialect: str) -> Kept:
    if dialect in {"mysql", "mariadb"}:
        return Kept(mysql.DATETIME(fsp=6))
    if dialect == "mssql":
        return Kept(mssql.DATETIME2(6))  # type: ignore[no-untyped-call]
    return Kept(sa.TIMESTAMP() if dialect == "oracle" else sa.DateTime())


def _instant(dialect: str) -> Kept:
    if dialect == "mssql":
        return Kept(mssql.DATETIMEOFFSET(6))  # type: ignore[no-untyped-call]
    if dialect in _ZONED:
        return Kept(sa.TIMESTAMP(timezone=True))
    return Kept(_timestamp(dialect).type, "widening", "kept in UTC, without a zone")


def _uuid(dialect: str) -> Kept:
    if dialect == "postgresql":
        return Kept(sa.Uuid())
    return Kept(sa.Unicode(_UUID_LENGTH), "widening", "kept as text")


def _float(dialect: str) -> Kept:
    if dialect in {"mysql", "mariadb", "mssql"}:
        return Kept(sa.Double(), "lossy", "NaN and infinities are refused")
    return Kept(sa.Double())


_MAKERS: Mapping[Logical, Callable[[str], Kept]] = {
    "bool": _bool,
    "float": _float,
    "binary": _binary,
    "date": _date,
    "time": _time,
    "timestamp": _timestamp,
    "instant": _instant,
    "uuid": _uuid,
}
