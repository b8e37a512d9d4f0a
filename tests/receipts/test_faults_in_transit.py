"""A target that keeps something else makes the run fail; `make receipts` has 10,000."""

import pytest
from benchmarks.receipts.transit import caught
from tests.receipts.faults import Fault


@pytest.mark.parametrize("kind", Fault)
@pytest.mark.parametrize("seed", range(3))
def test_a_single_fault_in_transit_is_caught(kind: Fault, seed: int) -> None:
    assert caught(kind, seed)


@pytest.mark.parametrize("seed", range(10))
def test_without_a_fault_there_is_no_alarm(seed: int) -> None:
    assert not caught(None, seed)
