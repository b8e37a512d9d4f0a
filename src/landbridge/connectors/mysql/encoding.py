"""Columns to the text that `LOAD DATA` and literals are made of, whole columns at a time."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from landbridge.connectors.mysql.catalogue import CatalogueColumn
from landbridge.connectors.mysql.dialects import QUOTING
from landbridge.data.types import INSTANT, TIMESTAMP, meaning_of
from landbridge.data.uuids import uuid_text
from landbridge.kernel.errors import RowsRefusedError

_BLANK = " "


@dataclass(frozen=True, slots=True)
class Encoder:
    """Writes one column into one column of a table.

    Attributes:
        field: What the rows have.
        target: What the table has.
        signed_zero: The server keeps the sign of zero.
    """

    field: pa.Field
    target: CatalogueColumn
    signed_zero: bool = True

    @property
    def quoted(self) -> str:
        """The table's column for a statement."""
        return QUOTING.quoted(self.target.name)

    @property
    def expression(self) -> str | None:
        """SQL that makes the value of the text `{}`, or None when the text is the value."""
        if pa.types.is_binary(self.field.type):
            return "UNHEX({})"
        if self.target.type.name == "bit":
            base = 2 if meaning_of(self.field).logical == "bits" else 10
            return f"CAST(CONV({{}},{base},10) AS UNSIGNED)"
        return None

    def refusals(self, values: pa.Array) -> Mapping[int, str]:
        """Return rows whose value the server would change without a word."""
        if self.target.type.name == "char" and pa.types.is_string(values.type):
            padded = pc.ends_with(values, _BLANK)
            return _at(padded, f"{self.target.name}: a char column drops trailing blanks")
        if pa.types.is_floating(values.type) and not self.signed_zero:
            bits = pa.int64() if values.type == pa.float64() else pa.int32()
            least = -(1 << (values.type.bit_width - 1))
            negative = pc.equal(values.view(bits), pa.scalar(least, bits))
            return _at(negative, f"{self.target.name}: -0.0 loses its sign here")
        return {}

    def text(self, values: pa.Array) -> pa.Array:  # noqa: PLR0911  one row per storage, a table
        """Return each value as text, not yet escaped; NULL stays NULL."""
        storage = values.type
        if pa.types.is_string(storage):
            return values
        if pa.types.is_boolean(storage):
            return values.cast(pa.int8()).cast(pa.string())
        if pa.types.is_binary(storage):
            return _hex(values)
        if pa.types.is_fixed_size_binary(storage):
            return uuid_text(values)
        if storage == INSTANT:
            return values.cast(TIMESTAMP).cast(pa.string())
        if pa.types.is_time(storage):
            return _clock(values)
        if storage == pa.float32():
            # In its own few digits the largest one would be out of range.
            values = values.cast(pa.float64())
        text = values.cast(pa.string())
        # Fewer digits would be taken for years of this century or the last.
        return pc.utf8_lpad(text, 4, "0") if self.target.type.name == "year" else text

    @property
    def needs_escapes(self) -> bool:
        """Whether a text may hold any character at all."""
        return pa.types.is_string(self.field.type)


def refuse(encoders: tuple[Encoder, ...], rows: pa.RecordBatch) -> None:
    """Raise when a value would be changed without a word.

    Raises:
        RowsRefusedError: It names every such row.
    """
    rejected: dict[int, str] = {}
    for encoder, values in zip(encoders, rows.columns, strict=True):
        for row, reason in encoder.refusals(values).items():
            rejected.setdefault(row, reason)
    if rejected:
        raise RowsRefusedError(next(iter(rejected.values())), rejected)


def _at(marks: pa.Array, reason: str) -> Mapping[int, str]:
    if not pc.any(marks).as_py():
        return {}
    where = np.flatnonzero(pc.fill_null(marks, fill_value=False).to_numpy(zero_copy_only=False))
    return {int(row): reason for row in where}


_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


def _hex(values: pa.Array) -> pa.Array:
    """Return two digits per byte."""
    plain = values.fill_null(b"")
    offsets = np.frombuffer(plain.buffers()[1], np.int32)
    offsets = offsets[plain.offset : plain.offset + len(plain) + 1]
    first = int(offsets[0]) if len(offsets) else 0
    last = int(offsets[-1]) if len(offsets) else 0
    data = np.frombuffer(plain.buffers()[2] or b"", np.uint8)[first:last]
    digits = np.empty((len(data), 2), np.uint8)
    digits[:, 0] = _DIGITS[data >> 4]
    digits[:, 1] = _DIGITS[data & 15]
    ends = (offsets.astype(np.int64) - first) * 2
    text = pa.LargeStringArray.from_buffers(
        len(plain), pa.py_buffer(ends), pa.py_buffer(digits.tobytes())
    )
    if values.null_count:
        text = pc.if_else(values.is_valid(), text, pa.scalar(None, pa.large_string()))
    return text if last - first > _MOST else text.cast(pa.string())


_MOST = 1 << 29
_DAY_US = 86_400_000_000


def _clock(values: pa.Array) -> pa.Array:
    """Return times of day; the end of the day is 24:00:00."""
    midnight = pc.equal(values.cast(pa.int64()), _DAY_US)
    if not pc.any(midnight).as_py():
        return values.cast(pa.string())
    inside = pc.if_else(midnight, pa.scalar(None, values.type), values).cast(pa.string())
    return pc.if_else(pc.fill_null(midnight, fill_value=False), "24:00:00", inside)
