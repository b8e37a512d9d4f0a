"""Sampled rows of a stream, and what the values of each field look like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Literal

import pyarrow as pa

from landbridge.data.types import Logical, meaning_of
from landbridge.engine.matching.formats import (
    CodeShape,
    DateFormat,
    code_shape,
    date_format,
    decoded,
    text_encoding,
)
from landbridge.engine.matching.texts import comparable, shown

Kind = Literal["bool", "number", "moment", "text", "bytes", "unknown"]
Value = object
_KINDS: Mapping[Logical, Kind] = {
    "bool": "bool",
    "int": "number",
    "float": "number",
    "decimal": "number",
    "number": "number",
    "date": "moment",
    "timestamp": "moment",
    "instant": "moment",
    "binary": "bytes",
}
_UNIQUE = 0.9


@dataclass(frozen=True, slots=True)
class FieldSample:
    """A field and its sampled values.

    Attributes:
        name: Its name.
        logical: Its logical type.
        type_name: Its type as a mapping names it (`decimal(12,2)`).
        comment: Its comment in the system, or "".
        kind: What its values are; texts that all are dates are moments.
        values: One per sampled row, as Python values; a moment as `datetime`.
        format: How dates are written as text, when they are.
        encoding: How text is written as bytes, when it is.
        forms: One per sampled row: the value in the form in which values are compared, ""
            where there is none.
        distinct: The different forms, without "".
        shown: The different values as text.
        shape: The shape that all values share, when they are codes around numbers.
    """

    name: str
    logical: Logical
    type_name: str
    comment: str
    kind: Kind
    values: Sequence[Value]
    format: DateFormat | None = None
    encoding: str = ""
    forms: Sequence[str] = field(init=False)
    distinct: frozenset[str] = field(init=False)
    shown: frozenset[str] = field(init=False)
    shape: CodeShape | None = field(init=False)

    def __post_init__(self) -> None:
        forms = [comparable(value) for value in self.values]
        texts = frozenset(
            shown(value) for value, form in zip(self.values, forms, strict=True) if form
        )
        code = self.kind in {"text", "number"}
        object.__setattr__(self, "forms", forms)
        object.__setattr__(self, "distinct", frozenset(form for form in forms if form))
        object.__setattr__(self, "shown", texts)
        object.__setattr__(self, "shape", code_shape(texts) if code else None)

    @property
    def unique(self) -> bool:
        """Whether nearly every sampled row has a value of its own."""
        return bool(self.values) and len(self.distinct) >= _UNIQUE * len(self.values)


@dataclass(frozen=True, slots=True)
class StreamSample:
    """A stream and some of its rows.

    Attributes:
        stream: Its name.
        fields: Its fields, in order.
        key: Fields that identify a row, when the system says.
        rows: How many rows were sampled.
    """

    stream: str
    fields: Sequence[FieldSample]
    key: tuple[str, ...] = ()
    rows: int = 0


def sample_of(stream: str, rows: pa.RecordBatch, key: tuple[str, ...] = ()) -> StreamSample:
    """Return what the sampled rows of a stream show."""
    fields = [_field(rows.schema.field(at), rows.column(at)) for at in range(rows.num_columns)]
    return StreamSample(stream, fields, key, rows.num_rows)


def _field(of: pa.Field, values: pa.Array) -> FieldSample:
    meaning = meaning_of(of)
    kind = _KINDS.get(meaning.logical, "text")
    found: list[Value] = [_plain(value) for value in _python(values)]
    if meaning.logical == "number":
        found = [
            _number(Decimal(value)) if isinstance(value, str) else value for value in found
        ]
    written: DateFormat | None = None
    encoding = ""
    if kind == "bytes":
        encoding = text_encoding([value for value in found if isinstance(value, bytes)])
        found = [decoded(value, encoding) for value in found]
        kind = "text" if encoding else kind
    if kind == "text":
        written = date_format([value for value in found if isinstance(value, str) and value])
        if written is not None:
            found = [written.read(value) for value in found]
            kind = "moment"
        elif not any(value not in {None, ""} for value in found):
            kind = "unknown"
    name = _type_name(of.type, meaning.logical)
    return FieldSample(
        of.name, meaning.logical, name, meaning.comment, kind, found, written, encoding
    )


def _python(values: pa.Array) -> Sequence[Value]:
    try:
        return list(values.to_pylist())
    except (ValueError, OverflowError):  # an infinite date has no Python value
        return list(values.cast(pa.int64(), safe=False).cast(pa.string()).to_pylist())


def _plain(value: Value) -> Value:
    """Return a value in the one form in which values of its kind are compared."""
    match value:
        case bool() | bytes() | None:
            found: Value = value
        case int():
            found = Decimal(value)
        case float():
            found = _number(Decimal(repr(value)))
        case Decimal():
            found = _number(value)
        case datetime():
            found = value.replace(tzinfo=None)
        case date():
            found = datetime.combine(value, time())
        case _:
            found = str(value).strip()
    return found


def _number(value: Decimal) -> Value:
    return value.normalize() if value.is_finite() else str(value)


def _type_name(storage: pa.DataType, logical: Logical) -> str:
    if logical == "decimal":
        return f"decimal({storage.precision},{storage.scale})"
    if logical in {"int", "float", "bool"}:
        return {"double": "float64", "float": "float32", "halffloat": "float32"}.get(
            str(storage), str(storage)
        )
    return {"timestamp": "timestamp", "instant": "timestamp_tz"}.get(
        logical, logical if logical in {"date", "time", "binary", "json", "uuid"} else "string"
    )
