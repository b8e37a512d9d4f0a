"""Which values are the same to a receipt, and which are not: the examples that define it."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from landbridge.engine.receipts import Receipt, row_hashes
from landbridge.kernel.errors import TypeRefusedError

NAN_BITS = [0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0001, 0x7FF0_0000_0000_0001]


def _hashes(values: pa.Array, name: str = "v") -> np.ndarray[Any, Any]:
    return row_hashes(pa.record_batch({name: values}))


def _counts(kind: pa.DataType, *counts: int) -> pa.Array:
    return pa.array(counts, pa.int64()).view(kind)


def _of(kind: pa.DataType, *values: Any) -> pa.Array:
    return pa.array(values, kind)


def _decimal(precision: int, scale: int, text: str) -> pa.Array:
    return _of(pa.decimal128(precision, scale), Decimal(text))


SAME = {
    "integer width": (_of(pa.int32(), 5, -5), _of(pa.int64(), 5, -5)),
    "signedness": (_of(pa.uint64(), 5, 2**63 - 1), _of(pa.int64(), 5, 2**63 - 1)),
    "decimal scale": (_decimal(12, 2, "1.10"), _decimal(12, 1, "1.1")),
    "decimal scale of a large number": (
        _decimal(38, 2, "-123456789012345678901234567890.10"),
        _of(pa.decimal256(60, 25), Decimal("-123456789012345678901234567890.1")),
    ),
    "decimal scale of many places": (_decimal(18, 8, "-0.5"), _decimal(38, 38, "-0.5")),
    "decimal width": (_of(pa.decimal32(5, 2), Decimal("-1.5")), _decimal(38, 7, "-1.5")),
    "decimal scale below zero": (
        _of(pa.decimal128(3, -30), Decimal("7E30"), Decimal(0)),
        _of(pa.decimal256(40, 0), Decimal("7E30"), Decimal(0)),
    ),
    "float width": (_of(pa.float32(), 0.5, float("inf")), _of(pa.float64(), 0.5, float("inf"))),
    "kind of NaN": (
        pa.array(NAN_BITS, pa.uint64()).view(pa.float64()),
        _of(pa.float64(), *[float("nan")] * len(NAN_BITS)),
    ),
    "unit": (_counts(pa.timestamp("s"), -7), _counts(pa.timestamp("ns"), -7_000_000_000)),
    "zone of an instant": (
        _counts(pa.timestamp("us", "UTC"), 1),
        _counts(pa.timestamp("us", "Asia/Shanghai"), 1),
    ),
    "unit of time": (
        _of(pa.int32(), 61).view(pa.time32("s")),
        _counts(pa.time64("us"), 61_000_000),
    ),
    "layout of dates": (
        _of(pa.int32(), -3).view(pa.date32()),
        _counts(pa.date64(), -3 * 86_400_000),
    ),
    "layout of texts": (
        _of(pa.string(), "a", "汉" * 20),
        _of(pa.string_view(), "a", "汉" * 20),
    ),
    "width of offsets": (_of(pa.string(), "a", ""), _of(pa.large_string(), "a", "")),
    "fixed width of bytes": (_of(pa.binary(3), b"abc"), _of(pa.binary(), b"abc")),
    "dictionary": (
        _of(pa.string(), "a", None, "a").dictionary_encode(),
        _of(pa.string(), "a", None, "a"),
    ),
    "run-end encoding": (
        pc.run_end_encode(_of(pa.int32(), 1, 1, None, 2)),
        _of(pa.int32(), 1, 1, None, 2),
    ),
    "extension type": (
        pa.ExtensionArray.from_storage(pa.uuid(), _of(pa.binary(16), b"0123456789abcdef")),
        _of(pa.binary(16), b"0123456789abcdef"),
    ),
    "layout of lists": (
        _of(pa.list_(pa.int8(), 2), [1, None], None),
        _of(pa.large_list_view(pa.int64()), [1, None], None),
    ),
    "name of list items": (
        _of(pa.list_(pa.field("item", pa.int8())), [1]),
        _of(pa.list_(pa.field("element", pa.int8())), [1]),
    ),
    "order of struct fields": (
        pa.StructArray.from_arrays([_of(pa.int8(), 1), _of(pa.int8(), 2)], ["a", "b"]),
        pa.StructArray.from_arrays([_of(pa.int8(), 2), _of(pa.int8(), 1)], ["b", "a"]),
    ),
}

DIFFERENT = {
    "NULL and the empty text": (_of(pa.string(), None), _of(pa.string(), "")),
    "NULL and zero": (_of(pa.int64(), None), _of(pa.int64(), 0)),
    "NULL and zero of decimals": (_of(pa.decimal128(5, 2), None), _decimal(5, 2, "0")),
    "NULL and false": (_of(pa.bool_(), None), _of(pa.int8(), 0).cast(pa.bool_())),
    "NULL and the empty list": (
        _of(pa.list_(pa.int8()), None),
        _of(pa.list_(pa.int8()), []),
    ),
    "the empty list and a list of NULL": (
        _of(pa.list_(pa.int8()), []),
        _of(pa.list_(pa.int8()), [None]),
    ),
    "a NULL struct and a struct of NULL": (
        _of(pa.struct([("a", pa.int8())]), None),
        _of(pa.struct([("a", pa.int8())]), {"a": None}),
    ),
    "a decimal and ten times it": (_decimal(12, 2, "1.10"), _decimal(12, 2, "11.0")),
    "a decimal and its unscaled number": (_decimal(12, 2, "1.10"), _decimal(12, 0, "110")),
    "large decimals of opposite sign": (
        _decimal(38, 6, str(Decimal(2**64 + 2**63).scaleb(-6))),
        _decimal(38, 6, str(-Decimal(2**64 + 2**63).scaleb(-6))),
    ),
    "an integer and a decimal": (_of(pa.int64(), 5), _decimal(12, 0, "5")),
    "an integer and a float": (_of(pa.int64(), 0), _of(pa.float64(), 0.0)),
    "0.0 and -0.0": (_of(pa.float64(), 0.0), _of(pa.float64(), -0.0)),
    "-1 and 2^64-1": (_of(pa.int64(), -1), _of(pa.uint64(), 2**64 - 1)),
    "a text and its bytes": (_of(pa.string(), "a"), _of(pa.binary(), b"a")),
    "a text and the text with a zero": (_of(pa.string(), "a"), _of(pa.string(), "a\0")),
    "texts that differ in the last of many bytes": (
        _of(pa.string(), "x" * 9999 + "a"),
        _of(pa.string(), "x" * 9999 + "b"),
    ),
    "texts with eight bytes exchanged": (
        _of(pa.string(), "abcdefghABCDEFGH", "x" * 600 + "abcdefghABCDEFGH"),
        _of(pa.string(), "ABCDEFGHabcdefgh", "x" * 600 + "ABCDEFGHabcdefgh"),
    ),
    "a timestamp and an instant": (
        _counts(pa.timestamp("us"), 1),
        _counts(pa.timestamp("us", "UTC"), 1),
    ),
    "one microsecond": (_counts(pa.timestamp("us"), 1), _counts(pa.timestamp("us"), 2)),
    "times that are one modulo 2^64 ns": (
        _counts(pa.timestamp("us"), 2**61 + 1),
        _counts(pa.timestamp("us"), 1),
    ),
    "the order of items": (
        _of(pa.list_(pa.int8()), [1, 2]),
        _of(pa.list_(pa.int8()), [2, 1]),
    ),
    "struct fields swapped": (
        _of(pa.struct([("a", pa.int8()), ("b", pa.int8())]), {"a": 1, "b": 2}),
        _of(pa.struct([("a", pa.int8()), ("b", pa.int8())]), {"a": 2, "b": 1}),
    ),
    "an empty struct and none": (_of(pa.struct([]), {}), _of(pa.struct([]), None)),
}


@pytest.mark.parametrize("case", SAME)
def test_is_the_same_whatever_the(case: str) -> None:
    left, right = SAME[case]
    assert np.array_equal(_hashes(left), _hashes(right))


@pytest.mark.parametrize("case", DIFFERENT)
def test_tells_apart(case: str) -> None:
    left, right = DIFFERENT[case]
    assert not (_hashes(left) == _hashes(right)).any()


def test_the_name_of_a_column_counts_and_its_position_does_not() -> None:
    one, two = _of(pa.int64(), 1, 2), _of(pa.int64(), 3, 4)
    rows = pa.record_batch({"a": one, "b": two})
    assert np.array_equal(row_hashes(rows), row_hashes(rows.select(["b", "a"])))
    assert not (row_hashes(rows) == row_hashes(rows.rename_columns(["b", "a"]))).any()
    assert not (_hashes(one, "a") == _hashes(one, "b")).any()


def test_columns_of_one_name_are_told_apart_by_their_order() -> None:
    one, two = _of(pa.int64(), 1), _of(pa.int64(), 2)
    rows = [pa.record_batch(pair, names=["x", "x"]) for pair in ([one, two], [two, one])]
    assert not (row_hashes(rows[0]) == row_hashes(rows[1])).any()


def test_a_column_that_is_missing_differs_from_one_of_zeros_and_one_of_nulls() -> None:
    base = pa.record_batch({"a": _of(pa.int64(), 1)})
    seen = {
        Receipt.of(rows)
        for rows in (
            base,
            base.append_column("b", _of(pa.int64(), 0)),
            base.append_column("b", _of(pa.int64(), None)),
            base.append_column("b", pa.nulls(1)),
        )
    }
    assert len(seen) == 4


def test_swapping_cells_of_two_rows_changes_the_receipt() -> None:
    rows = pa.record_batch({"a": _of(pa.int64(), 1, 2), "b": _of(pa.string(), "x", "y")})
    swapped = pa.record_batch({"a": _of(pa.int64(), 2, 1), "b": _of(pa.string(), "x", "y")})
    assert Receipt.of(rows) != Receipt.of(swapped)


def test_what_lies_under_a_null_list_or_struct_does_not_matter() -> None:
    hidden = pa.array([True, False], pa.bool_())
    lists = pa.ListArray.from_arrays(
        _of(pa.int32(), 0, 1, 3), _of(pa.int8(), 1, 2, 3), mask=hidden
    )
    structs = pa.StructArray.from_arrays([_of(pa.int8(), 1, 2)], ["a"], mask=hidden)
    assert np.array_equal(_hashes(lists), _hashes(_of(lists.type, None, [2, 3])))
    assert np.array_equal(_hashes(structs), _hashes(_of(structs.type, None, {"a": 2})))


def test_texts_are_read_right_wherever_the_buffer_starts_and_ends() -> None:
    texts = [c * n for n in range(40) for c in ("a", "é", "🙂")]
    plain = pa.array(texts)
    wanted = _hashes(plain)
    _, offsets, data = plain.buffers()
    for shift in range(8):
        moved = pa.py_buffer(b"#" * shift + data.to_pybytes()).slice(shift)
        array = pa.StringArray.from_buffers(len(texts), offsets, moved)
        assert np.array_equal(_hashes(array), wanted)
        assert np.array_equal(_hashes(array.slice(shift)), wanted[shift:])


def test_lengths_of_all_sizes_hash_as_they_would_alone() -> None:
    draw = np.random.default_rng(7)
    lengths = np.concatenate([draw.integers(0, 90, 40_000), [70_000, 0, 600_000, 513, 8]])
    draw.shuffle(lengths)
    data = draw.integers(97, 122, int(lengths.sum()), np.uint8).tobytes()
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    texts = pa.StringArray.from_buffers(
        len(lengths), pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)
    )
    hashes = _hashes(texts)
    picked = [*draw.integers(0, len(lengths), 300), *np.flatnonzero(lengths > 500)]
    alone = [_hashes(pa.array([texts[int(i)].as_py()]))[0] for i in picked]
    assert np.array_equal(hashes[picked], np.array(alone))


def test_rows_are_hashed_by_themselves_however_many_there_are() -> None:
    count = 50_000
    numbers = pa.array(range(count))
    rows = pa.record_batch(
        {
            "n": numbers,
            "m": pc.if_else(pc.equal(pc.bit_wise_and(numbers, 7), 0), None, numbers),
            "d": pc.multiply(numbers, 7).cast(pa.decimal128(19, 0)).cast(pa.decimal128(30, 8)),
            "t": numbers.cast(pa.string()),
            "l": pa.array([[i, i + 1][: i % 3] for i in range(count)]),
        }
    )
    hashes = row_hashes(rows)
    assert len(np.unique(hashes, axis=0)) == count
    assert len(np.unique(hashes[:, 0])) == count
    for at in (0, 16_383, 16_384, count - 1):
        assert np.array_equal(row_hashes(rows.slice(at, 1))[0], hashes[at])


def test_threads_do_not_disturb_one_another() -> None:
    rows = pa.record_batch(
        {"n": pa.array(range(40_000)), "t": pa.array(map(str, range(40_000)))}
    )
    wanted = Receipt.of(rows)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(lambda _: Receipt.of(rows), range(16))) == {wanted}


def test_no_rows_and_no_columns_have_receipts() -> None:
    assert Receipt.of(pa.record_batch({"a": pa.array([], pa.string())})) == Receipt()
    bare = pa.record_batch({"a": pa.array([1, 2])}).select([])
    assert Receipt.of(bare).rows == bare.num_rows == 2


@pytest.mark.parametrize(
    "values",
    [
        pa.UnionArray.from_sparse(pa.array([0], pa.int8()), [pa.array([1])]),
        pa.nulls(1, pa.decimal128(3, -77)),
        pa.array([[None]], pa.list_(pa.decimal128(3, -77))),
    ],
    ids=lambda values: str(values.type),
)
def test_a_type_without_canonical_form_is_refused(values: pa.Array) -> None:
    with pytest.raises(TypeRefusedError, match="no receipt"):
        _hashes(values)


def test_the_values_of_the_algorithm_never_change() -> None:
    rows = pa.record_batch(
        {
            "id": _of(pa.int64(), 1, 2),
            "price": _of(pa.decimal128(12, 2), Decimal("1.10"), None),
            "name": _of(pa.string(), "不锈钢螺栓 M8", ""),
            "at": _counts(pa.timestamp("us", "UTC"), 0, 1_700_000_000_000_000),
            "tags": _of(pa.list_(pa.string()), ["a", None], None),
        }
    )
    assert Receipt.of(rows).to_text() == "lb1:2:25057286c425a813dc304141db4fb669"


def _patterns() -> np.ndarray[Any, Any]:
    """Words with all their difference in few bits, high, low or the same in both halves."""
    bits = 1 << np.arange(64, dtype=np.uint64)
    both = bits[:32] | bits[32:]
    bytes_ = np.arange(1, 256, 17, dtype=np.uint64)
    repeated = bytes_ * np.uint64(0x0101_0101_0101_0101)
    top = bytes_ << np.uint64(56)
    doubles = np.array([float(2**n) for n in range(-40, 40)]).view(np.uint64)
    return np.unique(np.concatenate([[0], bits, both, repeated, top, ~both, doubles]))


@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.binary(8)], ids=str)
def test_patterned_values_in_two_columns_never_collide(kind: pa.DataType) -> None:
    words = _patterns()
    pairs = [np.repeat(words, words.size), np.tile(words, words.size)]
    columns = [
        pa.Array.from_buffers(kind, pair.size, [None, pa.py_buffer(pair)]) for pair in pairs
    ]
    hashes = row_hashes(pa.record_batch(columns, names=["a", "b"]))
    different = len(words) ** 2
    if kind == pa.float64():  # every NaN is one value
        numbers = words.view(np.float64)
        different = (int((~np.isnan(numbers)).sum()) + int(np.isnan(numbers).any())) ** 2
    assert len(np.unique(hashes[:, 0])) == different
    assert len(np.unique(hashes[:, 1])) == different


def test_every_bit_of_a_value_moves_half_the_bits_of_both_hashes() -> None:
    draw = np.random.default_rng(11)
    base = draw.integers(0, 2**63, 200, np.uint64)
    flips = [base, *(base ^ (np.uint64(1) << np.uint64(bit)) for bit in range(64))]
    hashes = [_hashes(pa.array(words)) for words in flips]
    moved = np.array([np.bitwise_count(hashes[0] ^ flipped) for flipped in hashes[1:]])
    assert (np.abs(moved.mean(axis=1) - 32) < 2).all()
