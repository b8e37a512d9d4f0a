"""Types of the values that a mapping works on, in the words of the documents."""

from collections.abc import Mapping
from dataclasses import dataclass

import pyarrow as pa

from landbridge.data.types import (
    INSTANT,
    TIME,
    TIMESTAMP,
    UUID,
    Logical,
    Meaning,
    column,
    meaning_of,
    storage_of,
)

TEXTS: frozenset[Logical] = frozenset({"text", "number", "json", "bits", "opaque"})
"""Logical types whose storage is their text."""

_WIDEST_128 = 38
_NAMED: Mapping[str, tuple[pa.DataType, Logical]] = {
    "bool": (pa.bool_(), "bool"),
    "int8": (pa.int8(), "int"),
    "int16": (pa.int16(), "int"),
    "int32": (pa.int32(), "int"),
    "int64": (pa.int64(), "int"),
    "uint8": (pa.uint8(), "int"),
    "uint16": (pa.uint16(), "int"),
    "uint32": (pa.uint32(), "int"),
    "uint64": (pa.uint64(), "int"),
    "float32": (pa.float32(), "float"),
    "float64": (pa.float64(), "float"),
    "string": (pa.string(), "text"),
    "binary": (pa.binary(), "binary"),
    "date": (pa.date32(), "date"),
    "time": (TIME, "time"),
    "timestamp": (TIMESTAMP, "timestamp"),
    "timestamp_tz": (INSTANT, "instant"),
    "json": (pa.string(), "json"),
    "uuid": (UUID, "uuid"),
}
_WORDS: Mapping[Logical, str] = {"text": "string", "instant": "timestamp_tz"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A logical type with its storage.

    Attributes:
        storage: How Arrow stores it.
        logical: What it means.
    """

    storage: pa.DataType
    logical: Logical

    @property
    def name(self) -> str:
        """Its name in documents and messages.

        Example:
            >>> Kind(pa.decimal128(18, 2), "decimal").name
            'decimal(18,2)'
        """
        if self.logical == "decimal":
            return f"decimal({self.storage.precision},{self.storage.scale})"
        if self.logical == "int":
            return str(self.storage)
        if self.logical == "float":
            return {"float": "float32", "double": "float64"}.get(
                str(self.storage), str(self.storage)
            )
        return _WORDS.get(self.logical, self.logical)

    @property
    def is_text(self) -> bool:
        """Whether the storage is the value's text."""
        return self.logical in TEXTS

    def field(
        self, name: str, *, comment: str = "", length: int | None = None, nullable: bool = True
    ) -> pa.Field:
        """Return a column of this kind."""
        meaning = Meaning(self.logical, comment=comment, length=length)
        return column(name, self.storage, meaning, nullable=nullable)


TEXT = Kind(pa.string(), "text")


def kind_of(field: pa.Field) -> Kind:
    """Return the kind of a column in canonical storage."""
    logical = meaning_of(field).logical
    return Kind(storage_of(logical, field.type), logical)


def kind_named(name: str) -> Kind:
    """Return the kind that a checked type name of a document stands for.

    Example:
        >>> kind_named("decimal(40,2)").storage
        Decimal256Type(decimal256(40, 2))
    """
    if name in _NAMED:
        return Kind(*_NAMED[name])
    precision, scale = (int(part) for part in name[len("decimal(") : -1].split(","))
    wide = precision > _WIDEST_128
    storage = pa.decimal256(precision, scale) if wide else pa.decimal128(precision, scale)
    return Kind(storage, "decimal")
