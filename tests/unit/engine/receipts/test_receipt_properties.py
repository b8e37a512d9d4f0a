"""Equal content makes equal receipts however Arrow holds it; any one fault makes another."""

from collections import Counter
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.unit.engine.receipts.arrow_kinds import KINDS, Kind, simple

from landbridge.engine.receipts import Receipt, row_hashes

_kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.type))
_simple_kinds = pytest.mark.parametrize("kind", simple(), ids=lambda kind: str(kind.type))
_quick = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
    database=None,
)


def _columns(kind: Kind, size: int = 40) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.none() | kind.values, max_size=size)


def _batch(kind: Kind, values: list[Any]) -> pa.RecordBatch:
    return pa.record_batch({"n": pa.array(range(len(values))), "v": kind.array(values)})


def _only(values: pa.Array) -> pa.RecordBatch:
    return pa.record_batch({"v": values})


@_kinds
@_quick
@given(data=st.data())
def test_receipts_are_equal_exactly_when_contents_are(kind: Kind, data: st.DataObject) -> None:
    left, right = data.draw(_columns(kind, 4)), data.draw(_columns(kind, 4))
    same = Counter(map(kind.key, left)) == Counter(map(kind.key, right))
    receipts = [Receipt.of(_only(kind.array(values))) for values in (left, right)]
    assert (receipts[0] == receipts[1]) == same


@_kinds
@_quick
@given(data=st.data())
def test_order_and_division_into_batches_do_not_matter(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(_columns(kind))
    rows = _batch(kind, values)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=4)))
    parts = [
        rows.slice(begin, end - begin)
        for begin, end in zip([0, *cuts], [*cuts, len(values)], strict=True)
    ]
    parts = data.draw(st.permutations(parts))
    assert sum((Receipt.of(part) for part in parts), Receipt()) == Receipt.of(rows)
    order = data.draw(st.permutations(range(len(values))))
    shuffled = (
        pa.record_batch({"n": pa.array(order), "v": kind.array([values[i] for i in order])})
        if values
        else rows
    )
    assert Receipt.of(shuffled) == Receipt.of(rows)


@_kinds
@_quick
@given(data=st.data())
def test_one_changed_cell_is_noticed_in_its_row_only(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(_columns(kind))
    assume(values)
    at = data.draw(st.integers(0, len(values) - 1))
    other = data.draw(st.none() | kind.values)
    assume(kind.key(other) != kind.key(values[at]))
    before = row_hashes(_batch(kind, values))
    after = row_hashes(_batch(kind, [*values[:at], other, *values[at + 1 :]]))
    assert np.flatnonzero((before != after).any(axis=1)).tolist() == [at]


@_simple_kinds
@_quick
@given(data=st.data())
def test_what_lies_under_a_null_does_not_matter(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(st.lists(kind.values, min_size=1, max_size=20))
    flags = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    holes = [value if keep else None for value, keep in zip(values, flags, strict=True)]
    full, clean = kind.array(values), kind.array(holes)
    assume(len(full.buffers()) == len(clean.buffers()))
    bitmap = pa.array(flags).buffers()[1]
    dirty = pa.Array.from_buffers(kind.type, len(values), [bitmap, *full.buffers()[1:]])
    assert dirty.is_valid().equals(clean.is_valid())
    assert np.array_equal(row_hashes(_only(dirty)), row_hashes(_only(clean)))


@_kinds
@_quick
@given(data=st.data())
def test_a_bitmap_without_nulls_is_no_bitmap(kind: Kind, data: st.DataObject) -> None:
    values = data.draw(st.lists(kind.values, min_size=1, max_size=20))
    bare = kind.array(values)
    with_null = kind.array([*values, None]).slice(0, len(values))
    assert np.array_equal(row_hashes(_only(bare)), row_hashes(_only(with_null)))


@_kinds
@_quick
@given(data=st.data())
def test_dictionary_encoding_does_not_matter(kind: Kind, data: st.DataObject) -> None:
    few = data.draw(st.lists(kind.values, min_size=1, max_size=3))
    picks = data.draw(st.lists(st.none() | st.integers(0, len(few) - 1), max_size=20))
    plain = kind.array([None if pick is None else few[pick] for pick in picks])
    encoded = pa.DictionaryArray.from_arrays(pa.array(picks, pa.int8()), kind.array(few))
    hashes = row_hashes(_only(plain))
    for skip in (0, len(picks) // 2):
        assert np.array_equal(row_hashes(_only(encoded.slice(skip))), hashes[skip:])
