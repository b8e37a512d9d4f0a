"""Receipts as values: sums, text, refusals."""

from functools import reduce
from operator import add

import pyarrow as pa
import pytest

from landbridge.engine.receipts import ALGORITHM, Receipt, row_hashes
from landbridge.kernel.errors import ReceiptMismatchError

ROWS = pa.record_batch({"id": [1, 2, 3], "name": ["a", None, ""]})


def test_a_receipt_is_the_sum_of_its_rows_hashes() -> None:
    hashes = [int(first) + (int(second) << 64) for first, second in row_hashes(ROWS)]
    assert Receipt.of(ROWS) == Receipt(3, sum(hashes) % 2**128, ALGORITHM)


def test_receipts_add_up_in_any_order() -> None:
    parts = [Receipt.of(ROWS.slice(at, 1)) for at in (2, 0, 1)]
    assert reduce(add, parts) == sum(parts, Receipt()) == Receipt.of(ROWS)


def test_duplicates_do_not_cancel() -> None:
    twice = Receipt.of(ROWS) + Receipt.of(ROWS)
    assert twice.digest not in {0, Receipt.of(ROWS).digest}
    assert (twice + twice).rows == 12


def test_digests_wrap_at_128_bits() -> None:
    assert (Receipt(1, 2**128 - 1) + Receipt(1, 2)).digest == 1


@pytest.mark.parametrize("receipt", [Receipt(), Receipt.of(ROWS), Receipt(1, 2**128 - 1, "x1")])
def test_the_text_form_comes_back_as_it_was(receipt: Receipt) -> None:
    assert Receipt.from_text(receipt.to_text()) == receipt


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lb1:1",
        "lb1:1:zz",
        "lb1:-1:" + "0" * 32,
        "lb1:1:" + "0" * 33,
        "lb1:1:" + "0" * 32 + "\n",
    ],
)
def test_a_text_that_is_no_receipt_is_refused(text: str) -> None:
    with pytest.raises(ReceiptMismatchError):
        Receipt.from_text(text)


def test_receipts_of_different_algorithms_are_neither_added_nor_equal() -> None:
    other = Receipt(0, 0, "other1")
    assert other != Receipt()
    with pytest.raises(ReceiptMismatchError, match="other1"):
        Receipt() + other  # pyright: ignore[reportUnusedExpression]
