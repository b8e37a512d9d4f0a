"""Texts and binaries: the length and the bytes, eight at a time.

The bytes of a value are little-endian words, the last padded with zeros. Values of about one
length are laid out side by side by Arrow, so that a word of all values is one column.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from typing_extensions import override

from landbridge.engine.receipts.columns import Column, validity
from landbridge.engine.receipts.lanes import NEAR, Lanes, Numbers, Salt, Words

_WORD = 8
_MOST_EVEN = (NEAR - 1) * _WORD
_NARROW = 64  # bytes up to which values may be padded at will
_BLOCK = 1 << 16  # words laid out at a time
_SEGMENT = 1 << 13  # of these, words of one value


@dataclass(frozen=True, slots=True)
class TextColumn(Column):
    """A column of texts or of bytes; cell 0 is the length, the words follow."""

    salt: Salt

    @property
    @override
    def present(self) -> tuple[int, int]:
        return self.salt.present

    @override
    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        texts = _Texts.of(values)
        valid = validity(values)
        if valid is not None:
            lanes.add_nulls(valid ^ np.uint64(1), self.salt)
            texts = texts.without(valid)
        lanes.add(texts.lengths.view(np.uint64), self.salt, 0)
        shortest, longest = int(texts.lengths.min()), int(texts.lengths.max())
        if shortest == longest and _WORD <= longest <= _MOST_EVEN:
            for cell, words in enumerate(texts.even_words(longest), start=1):
                lanes.add(words, self.salt, cell)
        else:
            _absorb(texts, lanes, self.salt)


@dataclass(frozen=True, slots=True)
class _Texts:
    """Texts, of which none is NULL, as bytes.

    Attributes:
        values: An array of Arrow's text types, valid UTF-8 or not.
        lengths: Bytes of each text.
    """

    values: pa.Array
    lengths: Numbers

    @classmethod
    def of(cls, values: pa.Array) -> "_Texts":
        """Take the bytes of any array of texts or binaries; what is under a NULL too."""
        if pa.types.is_fixed_size_binary(values.type):
            width = values.type.byte_width
            bounds = np.arange(values.offset, values.offset + len(values) + 1) * width
            return cls._cut(values.buffers()[1], bounds.astype(np.int64, copy=False))
        if pa.types.is_string_view(values.type):
            values = values.cast(pa.large_string())
        elif pa.types.is_binary_view(values.type):
            values = values.cast(pa.large_binary())
        large = pa.types.is_large_string(values.type) or pa.types.is_large_binary(values.type)
        dtype = np.dtype(np.int64 if large else np.int32)
        _, offsets, data = values.buffers()
        bounds = np.frombuffer(
            offsets, dtype, len(values) + 1, values.offset * dtype.itemsize
        ).astype(np.int64, copy=False)
        return cls._cut(data, bounds)

    @classmethod
    def _cut(cls, data: pa.Buffer | None, bounds: Numbers) -> "_Texts":
        held = data if data is not None else pa.py_buffer(b"")
        texts = pa.LargeStringArray.from_buffers(bounds.size - 1, pa.py_buffer(bounds), held)
        return cls(texts, bounds[1:] - bounds[:-1])

    def without(self, valid: Words) -> "_Texts":
        """The texts with those that are not valid made empty."""
        lengths = self.lengths * valid.view(np.int64)
        if np.array_equal(lengths, self.lengths):
            return self
        texts = pc.if_else(pa.array(valid.astype(np.bool_)), self.values, "")
        return _Texts(texts, lengths)

    def chosen(self, rows: NDArray[np.intp]) -> "_Texts":
        """The texts of the given rows."""
        return _Texts(self.values.take(pa.array(rows)), self.lengths[rows])

    def even_words(self, length: int) -> Iterator[Words]:
        """The words of texts that all are `length` bytes long, at least one word."""
        data, start = _bytes_from_first(self.values)
        count = len(self.values)
        for place in range(start, start + length - _WORD + 1, _WORD):
            yield np.ndarray(count, "<u8", data, place, (length,)).copy()
        if partial := length % _WORD:
            last = np.ndarray(count, "<u8", data, start + length - _WORD, (length,))
            yield last >> np.uint64((_WORD - partial) * _WORD)

    def padded_words(self, width: int, begin: int, count: int) -> Words:
        """The words of some of the texts, all at most `width` words long; a row per text."""
        padded = pc.ascii_rpad(self.values.slice(begin, count), width * _WORD, "\0")
        data, start = _bytes_from_first(padded)
        return np.frombuffer(data, "<u8", count * width, start).reshape(count, width)


def _bytes_from_first(texts: pa.Array) -> tuple[pa.Buffer, int]:
    """The data buffer, and where in it the first of the texts starts."""
    _, offsets, data = texts.buffers()
    return data, int(np.frombuffer(offsets, np.int64, 1, texts.offset * _WORD)[0])


def _absorb(texts: _Texts, lanes: Lanes, salt: Salt) -> None:
    """Add the words; texts much longer than most are taken out and treated by themselves."""
    limit = max(_NARROW, 2 * int(texts.lengths.sum()) // len(lanes))
    longer = texts.lengths > limit
    if not longer.any():
        _absorb_padded(texts, lanes, salt)
        return
    for rows, absorb in (
        (np.flatnonzero(~longer), _absorb_padded),
        (np.flatnonzero(longer), _absorb),
    ):
        inner = Lanes(rows.size)
        absorb(texts.chosen(rows), inner, salt)
        lanes.add_rows(rows, inner)


def _absorb_padded(texts: _Texts, lanes: Lanes, salt: Salt) -> None:
    """Add the words of all texts up to the length of the longest."""
    width = -(-int(texts.lengths.max()) // _WORD)
    step = max(1, _BLOCK // max(1, width))
    for begin in range(0, len(lanes) if width else 0, step):
        part = lanes.part(begin, begin + step)
        words = texts.padded_words(width, begin, len(part))
        for first in range(0, width, _SEGMENT):
            part.add_many(words[:, first : first + _SEGMENT], salt, first + 1)
