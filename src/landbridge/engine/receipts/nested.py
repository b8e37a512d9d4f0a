"""Columns made of other columns: structs, lists, maps, dictionaries, wrappers."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from landbridge.engine.receipts.columns import Column, validity
from landbridge.engine.receipts.lanes import Lanes, Numbers, Salt, Words, products


@dataclass(frozen=True, slots=True)
class StructColumn(Column):
    """Fields side by side; a NULL struct is not a struct of NULLs."""

    salt: Salt
    fields: tuple[Column, ...]

    @property
    @override
    def present(self) -> tuple[int, int]:
        return summed([self.salt.present, *(field.present for field in self.fields)])

    @override
    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        for field, children in zip(self.fields, values.flatten(), strict=True):
            field.absorb(children, lanes)
        valid = validity(values)
        if valid is not None:
            lanes.add_nulls(valid ^ np.uint64(1), self.salt)


@dataclass(frozen=True, slots=True)
class ListColumn(Column):
    """Items in order, for every layout of list; cell 0 is their number.

    Attributes:
        plain: The list type to read the values as, which differs for maps only.
    """

    salt: Salt
    items: Column
    plain: pa.DataType

    @property
    @override
    def present(self) -> tuple[int, int]:
        return self.salt.present

    @override
    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        lists = values if values.type.equals(self.plain) else values.cast(self.plain)
        lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
        counts = lengths.astype(np.int64)
        lanes.add(counts.view(np.uint64), self.salt, 0)
        valid = validity(lists)
        if valid is not None:
            lanes.add_nulls(valid ^ np.uint64(1), self.salt)
        items = lists.flatten()
        if len(items) == 0:
            return
        inner = Lanes(len(items), start=self.items.present)
        self.items.absorb(items, inner)
        hashes, _ = inner.finished()
        _add_items(lanes, self.salt, counts, hashes)


def _add_items(lanes: Lanes, salt: Salt, counts: Numbers, words: Words) -> None:
    """Add each row's words, so many as `counts` says, as its cells from 1 on."""
    filled = np.flatnonzero(counts)
    starts = np.cumsum(counts)[filled] - counts[filled]
    cells = np.arange(1, words.size + 1) - np.repeat(starts, counts[filled])
    factors = salt.factors(np.arange(int(counts.max()) + 1))
    first, second = products(words, factors[:, cells])
    sums = Lanes(filled.size)
    np.add.reduceat(first, starts, out=sums.first)
    np.add.reduceat(second, starts, out=sums.second)
    lanes.add_rows(filled, sums)


@dataclass(frozen=True, slots=True)
class DictionaryColumn(Column):
    """Indices into a dictionary of values; the same as the values themselves."""

    values: Column

    @property
    @override
    def present(self) -> tuple[int, int]:
        return self.values.present

    @override
    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        dictionary = values.dictionary
        if len(dictionary) >= len(values) and _can_be_taken(dictionary.type):
            self.values.absorb(values.dictionary_decode(), lanes)
            return
        table = Lanes(len(dictionary) + 1)
        self.values.absorb(pa.concat_arrays([dictionary, pa.nulls(1, dictionary.type)]), table)
        indices = pc.fill_null(values.indices.cast(pa.int64()), len(dictionary)).to_numpy()
        lanes.first += table.first[indices]
        lanes.second += table.second[indices]


@dataclass(frozen=True, slots=True)
class WrappedColumn(Column):
    """An array type that only stores another, such as an extension type."""

    values: Column
    unwrap: Callable[[pa.Array], pa.Array]

    @property
    @override
    def present(self) -> tuple[int, int]:
        return self.values.present

    @override
    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        self.values.absorb(self.unwrap(values), lanes)


def _can_be_taken(kind: pa.DataType) -> bool:
    """Arrow cannot pick from every type: not from views, nor from what may contain them."""
    views = pa.types.is_string_view(kind) or pa.types.is_binary_view(kind)
    return not (views or pa.types.is_nested(kind))


def summed(pairs: list[tuple[int, int]]) -> tuple[int, int]:
    """Both sums, modulo 2^64."""
    return sum(first for first, _ in pairs) % 2**64, sum(second for _, second in pairs) % 2**64
