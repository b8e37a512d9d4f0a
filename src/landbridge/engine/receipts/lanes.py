"""The arithmetic of the row hash: salts of columns and the two running sums of each row.

A column contributes *cells*, 64-bit words that together are its value in canonical form. Every
step is arithmetic modulo 2^64 over whole arrays; no row becomes a Python object.
"""

import struct
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Numbers = NDArray[np.int64]

NEAR = 65
"""Cells whose factors every salt holds ready."""

_NEAR_CELLS = np.arange(NEAR, dtype=np.uint64)
_FOLD = np.array([32], np.uint64)
_GOLDEN = 0x9E3779B97F4A7C15
_FIRST_FINISH = (30, 0xBF58476D1CE4E5B9, 27, 0x94D049BB133111EB, 31)
_SECOND_FINISH = (33, 0xFF51AFD7ED558CCD, 33, 0xC4CEB9FE1A85EC53, 33)
_CROSS = np.uint64(0xD6E8FEB86659FD93)
_Finish = tuple[int, int, int, int, int]


@dataclass(frozen=True, slots=True)
class Salt:
    """The constants of one column, derived from its place in the schema by name alone.

    Attributes:
        path: Unambiguous bytes for the column: families and names from the top.
        present: Added to both lanes of every row that has the column.
        null: Added to both lanes of every row whose value is NULL.
        seeds: Where the factors of the two lanes come from.
        near: The factors of the first `NEAR` cells; one row per lane.
    """

    path: bytes
    present: tuple[int, int]
    null: tuple[int, int]
    seeds: tuple[int, int]
    near: Words

    @classmethod
    def of(cls, path: bytes) -> Self:
        """Derive the constants of the column at `path`."""
        digest = blake2b(path, digest_size=48, person=b"landbridge-row").digest()
        a, b, c, d, e, f = struct.unpack("<6Q", digest)
        return cls(path, (a, b), (c, d), (e, f), _factors((e, f), _NEAR_CELLS))

    def factors(self, cells: NDArray[np.intp]) -> Words:
        """The odd factors of the given cell numbers; one row per lane."""
        return _factors(self.seeds, cells.astype(np.uint64))


class Lanes:
    """Two independent 64-bit sums per row, to which the cells of every column are added.

    Addition makes the order of columns irrelevant; the salts keep them apart. A cell whose
    word is 0 adds nothing, so a value's missing cells and its zero cells are the same.

    Attributes:
        first: One sum per row; writable.
        second: The other sum per row; writable.
    """

    __slots__ = ("_product", "first", "second")

    def __init__(self, rows: int, start: tuple[int, int] = (0, 0)) -> None:
        self.first: Words = np.full(rows, start[0], np.uint64)
        self.second: Words = np.full(rows, start[1], np.uint64)
        self._product: Words = np.empty(rows, np.uint64)

    def __len__(self) -> int:
        return self.first.size

    def part(self, begin: int, end: int) -> "Lanes":
        """The lanes of some rows in sequence, for adding to these."""
        part = Lanes(0)
        part.first, part.second = self.first[begin:end], self.second[begin:end]
        part._product = self._product[begin:end]
        return part

    def add(self, words: Words, salt: Salt, cell: int) -> None:
        """Add one near cell of every row; `words` has one word per row and stays unchanged.

        The first lane takes the word with its halves folded together, the second the word as
        it is, so that a difference high up in the word is low down for one of them: products
        modulo 2^64 lose what is high up.
        """
        product, factors = self._product, salt.near[:, cell : cell + 1]
        np.right_shift(words, _FOLD, product)
        np.bitwise_xor(product, words, product)
        np.multiply(product, factors[0], product)
        np.add(self.first, product, self.first)
        np.multiply(words, factors[1], product)
        np.add(self.second, product, self.second)

    def add_many(self, words: Words, salt: Salt, cell: int) -> None:
        """Add some cells of every row, from the given one on; `words` has a row per row."""
        end = cell + words.shape[1]
        near = end <= NEAR
        factors = salt.near[:, cell:end] if near else salt.factors(np.arange(cell, end))
        np.add(self.second, np.vecdot(words, factors[1]), self.second)
        folded = words >> _FOLD
        folded ^= words
        np.add(self.first, np.vecdot(folded, factors[0]), self.first)

    def add_nulls(self, nulls: Words, salt: Salt) -> None:
        """Mark the rows whose value is NULL; `nulls` is 1 there and 0 elsewhere."""
        for lane, constant in zip((self.first, self.second), salt.null, strict=True):
            np.multiply(nulls, np.uint64(constant), out=self._product)
            np.add(lane, self._product, out=lane)

    def add_rows(self, rows: NDArray[np.intp], other: "Lanes") -> None:
        """Add the sums of `other` to the given rows, which must be distinct."""
        self.first[rows] += other.first
        self.second[rows] += other.second

    def finished(self) -> tuple[Words, Words]:
        """Two well-mixed hashes per row; together they determine both sums."""
        np.multiply(self.second, _CROSS, out=self._product)
        first = _finish(self.first + self._product, _FIRST_FINISH)
        return first, _finish(self.second + first, _SECOND_FINISH)


def products(words: Words, factors: Words) -> tuple[Words, Words]:
    """What `Lanes.add` would add for each word, where every word has its own factors."""
    folded = words ^ (words >> _FOLD)
    folded *= factors[0]
    return folded, words * factors[1]


def _factors(seeds: tuple[int, int], cells: Words) -> Words:
    steps = (cells + np.uint64(1)) * np.uint64(_GOLDEN)
    mixed = _finish(steps + np.array(seeds, np.uint64)[:, np.newaxis], _FIRST_FINISH)
    return mixed | np.uint64(1)


def _finish(words: Words, recipe: _Finish) -> Words:
    """Mix in place, one-to-one: every input bit reaches every output bit."""
    shift_1, factor_1, shift_2, factor_2, shift_3 = recipe
    moved = words >> np.uint64(shift_1)
    words ^= moved
    words *= np.uint64(factor_1)
    np.right_shift(words, np.uint64(shift_2), out=moved)
    words ^= moved
    words *= np.uint64(factor_2)
    np.right_shift(words, np.uint64(shift_3), out=moved)
    words ^= moved
    return words
