"""Texts and binaries: the length and the bytes, eight at a time, none copied."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import override

from landbridge.engine.receipts.columns import Column, validity
from landbridge.engine.receipts.lanes import NEAR, Lanes, Salt, Words, products

Numbers = NDArray[np.int64]

_WORD = 8
_WORD_BITS = 64
_WIDE = NEAR - 1  # words of a row taken column by column; the rest goes row by row
_FEW = 1024  # rows below which that is not worth a call per word
_BLOCK = 1 << 16


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
        starts, lengths, data = _located(values)
        valid = validity(values)
        if valid is not None:
            lengths = lengths * valid.view(np.int64)
            lanes.add_nulls(valid ^ np.uint64(1), self.salt)
        lanes.add(lengths.view(np.uint64), self.salt, 0)
        shortest, longest = int(lengths.min()), int(lengths.max())
        if shortest == longest and _WORD <= longest <= _WIDE * _WORD:
            even = _even_words(data, int(starts[0]), longest, len(values))
            for cell, words in enumerate(even, start=1):
                lanes.add(words, self.salt, cell)
        elif longest:
            slices = _Slices.of(starts, lengths, data)
            _absorb(slices, lanes, self.salt, number=0)


@dataclass(frozen=True, slots=True)
class _Slices:
    """Byte slices of one buffer, read as little-endian words padded with zeros.

    Attributes:
        data: The buffer as whole words.
        place: Index of the word in which each slice starts.
        skip: Bits of that word before the slice.
        lengths: Bytes of each slice.
    """

    data: Words
    place: NDArray[np.intp]
    skip: Words
    lengths: Numbers

    @classmethod
    def of(cls, starts: Numbers, lengths: Numbers, data: pa.Buffer) -> Self:
        """Read the slices in place, or from a padded copy when the buffer's ends forbid it.

        Slices follow one another.
        """
        begin = int(starts[0]) // _WORD * _WORD
        end = int(starts[-1] + lengths[-1])
        if data.address % _WORD == 0 and -(-end // _WORD) * _WORD <= data.size:
            words = np.frombuffer(data, np.uint64, data.size // _WORD)
        else:
            words = np.zeros(-(-(end - begin) // _WORD), np.uint64)
            words.view(np.uint8)[: end - begin] = np.frombuffer(data, np.uint8, end)[begin:]
            starts = starts - begin
        skip = starts & np.int64(_WORD - 1)
        skip <<= np.int64(3)
        return cls(words, starts >> np.int64(3), skip.view(np.uint64), lengths)

    def at(self, rows: NDArray[np.intp]) -> "_Slices":
        """The slices of the given rows."""
        return _Slices(self.data, self.place[rows], self.skip[rows], self.lengths[rows])

    def words(self, number: Numbers) -> Words:
        """The word of that number of each slice, each by itself."""
        place = self.place + number
        word = np.take(self.data, place, mode="clip") >> self.skip
        place += 1
        word |= np.take(self.data, place, mode="clip") << (np.uint64(_WORD_BITS) - self.skip)
        word <<= np.maximum(_missing(self.lengths, number), 0).view(np.uint64)
        return word

    def columns(self, number: int) -> Iterator[Words]:
        """Word `number` of all slices, then the next, without end; each is soon overwritten.

        A partial last word stands at the high end; past the end a word is 0.
        """
        missing = _missing(self.lengths, number)
        whole = int(self.lengths.min()) // _WORD
        rest = np.uint64(_WORD_BITS) - self.skip
        below = self.data[number:].take(self.place, mode="clip")
        above, word, part = np.empty_like(below), np.empty_like(below), np.empty_like(missing)
        while True:
            following = min(number + 1, self.data.size - 1)
            self.data[following:].take(self.place, mode="clip", out=above)
            np.right_shift(below, self.skip, out=word)
            np.left_shift(above, rest, out=below)
            np.bitwise_or(word, below, out=word)
            if number >= whole:
                np.maximum(missing, 0, out=part)
                np.left_shift(word, part.view(np.uint64), out=word)
            yield word
            missing += _WORD_BITS
            number += 1
            below, above = above, below


def _missing(lengths: Numbers, number: Numbers | int) -> Numbers:
    """Bits that word `number` lacks of a whole word; negative when there are more words."""
    return np.int64(_WORD_BITS) * (number + 1) - lengths * np.int64(_WORD)


def _even_words(data: pa.Buffer, start: int, length: int, count: int) -> Iterator[Words]:
    """The words of values that are equally long and follow one another."""
    for place in range(0, length - _WORD + 1, _WORD):
        yield np.ndarray(count, "<u8", data, start + place, (length,)).copy()
    if partial := length % _WORD:
        last = np.ndarray(count, "<u8", data, start + length - _WORD, (length,))
        yield last & np.uint64(2**_WORD_BITS - 2 ** (_WORD_BITS - partial * _WORD))


def _absorb(slices: _Slices, lanes: Lanes, salt: Salt, number: int) -> None:
    """Add the words from `number` on, leaving behind the rows that have no more."""
    columns = slices.columns(number)
    while True:
        longer = slices.lengths > number * _WORD
        rows = int(np.count_nonzero(longer))
        if rows == 0:
            return
        if rows < _FEW or number >= _WIDE:
            _absorb_by_row(slices, lanes, salt, number)
            return
        if rows < len(lanes) // 2:
            chosen = np.flatnonzero(longer)
            inner = Lanes(rows)
            _absorb(slices.at(chosen), inner, salt, number)
            lanes.add_rows(chosen, inner)
            return
        number += 1
        lanes.add(next(columns), salt, number)


def _absorb_by_row(slices: _Slices, lanes: Lanes, salt: Salt, number: int) -> None:
    counts = np.maximum(-(-slices.lengths // _WORD) - number, 0)
    for rows, places in ragged(counts):
        words = slices.at(rows).words(places + number)
        add_ragged(lanes, salt, rows, words, places + (number + 1))


def ragged(counts: Numbers) -> Iterator[tuple[NDArray[np.intp], Numbers]]:
    """Row and number within the row of every item, where rows have so many items each.

    They come in order, in blocks of bounded size that may end within a row.
    """
    ends = np.cumsum(counts)
    starts = ends - counts
    total = int(ends[-1]) if ends.size else 0
    for begin in range(0, total, _BLOCK):
        items = np.arange(begin, min(begin + _BLOCK, total))
        rows = np.searchsorted(ends, items, side="right")
        yield rows, items - starts[rows]


def add_ragged(
    lanes: Lanes, salt: Salt, rows: NDArray[np.intp], words: Words, cells: Numbers
) -> None:
    """Add words to the rows they belong to; `rows` ascends and repeats."""
    bounds = np.flatnonzero(np.diff(rows, prepend=-1))
    first, second = products(words, salt.factors(cells.view(np.uint64)))
    sums = Lanes(bounds.size)
    np.add.reduceat(first, bounds, out=sums.first)
    np.add.reduceat(second, bounds, out=sums.second)
    lanes.add_rows(rows[bounds], sums)


def _located(values: pa.Array) -> tuple[Numbers, Numbers, pa.Buffer]:
    """Start and length of each value in the data buffer."""
    if pa.types.is_fixed_size_binary(values.type):
        width = values.type.byte_width
        starts = np.arange(values.offset, values.offset + len(values)) * width
        return starts, np.full(len(values), width), values.buffers()[1]
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
    return bounds[:-1], np.diff(bounds), data if data is not None else pa.py_buffer(b"")
