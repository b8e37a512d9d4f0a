"""Ten thousand single faults, and a receipt that tells of every one."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from tests.receipts.faults import Fault, FaultNotApplicableError, inject
from tests.receipts.order_rows import order_rows

from landbridge.engine.receipts import Receipt

FAULTS = 10_000
FAULTS_PER_TABLE = 250


def _receipt(rows: pa.Table) -> Receipt:
    return sum((Receipt.of(batch) for batch in rows.to_batches()), Receipt())


def _contents(rows: pa.Table) -> Counter[str]:
    """The rows as a multiset, by a way that has nothing to do with receipts."""
    return Counter(
        map(repr, zip(*(column.to_pylist() for column in rows.columns), strict=True))
    )


@pytest.mark.parametrize("part", range(FAULTS // FAULTS_PER_TABLE))
def test_every_injected_fault_is_caught(part: int) -> None:
    rng = np.random.default_rng(part)
    rows = order_rows(int(rng.integers(30, 300)), rng)
    clean = _receipt(rows)
    kinds = list(Fault)
    missed = [
        kind
        for kind in (kinds[n % len(kinds)] for n in range(FAULTS_PER_TABLE))
        if _receipt(inject(rows, kind, rng)) == clean
    ]
    assert not missed


@pytest.mark.parametrize("kind", Fault)
def test_a_fault_changes_the_content_of_one_row_or_two(kind: Fault) -> None:
    rng = np.random.default_rng(1)
    rows = order_rows(40, rng)
    for _ in range(20):
        faulty = inject(rows, kind, rng)
        assert faulty.schema.equals(rows.schema)
        before, after = _contents(rows), _contents(faulty)
        lost, gained = (before - after).total(), (after - before).total()
        assert faulty.num_rows - rows.num_rows == gained - lost
        assert lost + gained >= 1
        assert max(lost, gained) <= (2 if kind is Fault.SWAP_ROWS else 1)


def test_the_same_seed_makes_the_same_fault() -> None:
    rows = order_rows(50, np.random.default_rng(3))
    for kind in Fault:
        one, two = (_contents(inject(rows, kind, np.random.default_rng(9))) for _ in "ab")
        assert one == two


def test_a_fault_that_cannot_change_the_content_is_not_made_up() -> None:
    equal = pa.table({"a": ["x", "x"], "b": ["x", "x"]})
    rng = np.random.default_rng(0)
    for kind in (Fault.SWAP_ROWS, Fault.SWAP_COLUMNS, Fault.CELL, Fault.SCALE, Fault.EMPTY):
        with pytest.raises(FaultNotApplicableError):
            inject(equal, kind, rng)


def test_swapping_the_keys_of_rows_that_are_else_equal_is_no_fault() -> None:
    rows = pa.table({"id": [1, 2], "name": ["x", "x"]})
    with pytest.raises(FaultNotApplicableError):
        inject(rows, Fault.SWAP_ROWS, np.random.default_rng(0))
