"""Rows summed up in buckets of their key, so that unequal parts show without any order."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from landbridge.engine.receipts.rowhash import row_hashes

Words = npt.NDArray[np.uint64]
Integers = npt.NDArray[np.int64]

_LOWEST, _HIGHEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class RangeBuckets:
    """Cuts integer keys into ranges of equal width; keys outside go to the ends.

    Attributes:
        lower: Where the first bucket starts.
        width: Keys in a bucket.
        count: Number of buckets.
    """

    lower: int
    width: int
    count: int

    @classmethod
    def over(cls, lower: int, upper: int, count: int) -> "RangeBuckets":
        """Return buckets that cover ``[lower, upper)``."""
        return cls(lower, max(1, -(-(upper - lower) // count)), count)

    def of(self, keys: Integers) -> Integers:
        """Return the bucket of each key."""
        return np.clip((keys - self.lower) // self.width, 0, self.count - 1)


@dataclass(frozen=True, slots=True)
class Compared:
    """What of each row counts.

    Attributes:
        key: Columns that identify it.
        columns: Columns whose contents are compared, the key among them.
    """

    key: tuple[str, ...]
    columns: tuple[str, ...]

    def contents(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return the compared columns."""
        return rows.select(list(self.columns))


class Sums:
    """Count, content and key span of the rows in each bucket of one side.

    Memory is bounded by the number of buckets.
    """

    def __init__(self, count: int) -> None:
        self.rows = np.zeros(count, dtype=np.int64)
        self._first = np.zeros(count, dtype=np.uint64)
        self._second = np.zeros(count, dtype=np.uint64)
        self.least = np.full(count, _HIGHEST, dtype=np.int64)
        self.greatest = np.full(count, _LOWEST, dtype=np.int64)

    def add(self, rows: pa.RecordBatch, buckets: Integers, keys: Integers | None) -> None:
        """Add a batch whose rows belong to the given buckets."""
        hashes = row_hashes(rows)
        np.add.at(self.rows, buckets, 1)
        np.add.at(self._first, buckets, hashes[:, 0])
        np.add.at(self._second, buckets, hashes[:, 1])
        if keys is not None:
            np.minimum.at(self.least, buckets, keys)
            np.maximum.at(self.greatest, buckets, keys)

    def unequal(self, other: "Sums") -> Integers:
        """Return the buckets whose contents differ."""
        same = (
            (self.rows == other.rows)
            & (self._first == other._first)
            & (self._second == other._second)
        )
        return np.flatnonzero(~same)


def integer_keys(rows: pa.RecordBatch, key: str) -> Integers:
    """Return an integer key column as numbers."""
    return np.asarray(rows.column(key).cast(pa.int64()), dtype=np.int64)


def summed_ranges(
    batches: Iterable[pa.RecordBatch], compared: Compared, buckets: RangeBuckets
) -> Sums:
    """Sum one side up by ranges of its key."""
    sums = Sums(buckets.count)
    for rows in batches:
        keys = integer_keys(rows, compared.key[0])
        sums.add(compared.contents(rows), buckets.of(keys), keys)
    return sums


def key_hashes(rows: pa.RecordBatch, key: Sequence[str]) -> Words:
    """Return two words per row that tell keys apart, whatever their types."""
    return row_hashes(rows.select(list(key)))


def summed_hashes(batches: Iterable[pa.RecordBatch], compared: Compared, count: int) -> Sums:
    """Sum one side up by a hash of its key."""
    sums = Sums(count)
    for rows in batches:
        sums.add(compared.contents(rows), hash_buckets(rows, compared.key, count), None)
    return sums


def hash_buckets(rows: pa.RecordBatch, key: Sequence[str], count: int) -> Integers:
    """Return the bucket of each row by a hash of its key."""
    hashed: Words = key_hashes(rows, key)[:, 0]
    return (hashed % np.uint64(count)).astype(np.int64)


def only(
    batches: Iterable[pa.RecordBatch], key: Sequence[str], wanted: Integers, count: int
) -> Iterator[pa.RecordBatch]:
    """Yield the rows that belong to the wanted hash buckets."""
    marked = np.zeros(count, dtype=np.bool_)
    marked[wanted] = True
    for rows in batches:
        kept = marked[hash_buckets(rows, key, count)]
        if kept.any():
            yield rows.filter(pa.array(kept))
