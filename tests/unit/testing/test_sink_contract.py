"""The suite for sinks passes a right sink and catches every wrong one tried on it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.testing.wrong_sink import Wrong
from tests.unit.testing.wrong_sinks import WRONG

from landbridge.kernel.errors import LandbridgeError
from landbridge.sdk.sink import Sink
from landbridge.testing.memory import MemorySink, MemoryStore
from landbridge.testing.memory_sink import MEMORY_WRITES
from landbridge.testing.sink_case import SinkCase
from landbridge.testing.sink_contract import CHECKS, SinkCheck


def _case(kind: Callable[[MemoryStore], Sink] = MemorySink) -> SinkCase:
    store = MemoryStore()
    return SinkCase(lambda: kind(store), store.rows, MEMORY_WRITES)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_sink_in_memory_keeps_the_contract(check: SinkCheck) -> None:
    check(_case())


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sink_that_cannot_tell_which_rows_keeps_the_contract(check: SinkCheck) -> None:
    store = MemoryStore()
    check(SinkCase(lambda: MemorySink(store, tells_rows=False), store.rows, MEMORY_WRITES))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_of_a_sink_says_what_it_holds(check: SinkCheck) -> None:
    assert check.__doc__


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_the_suite_catches_a_sink_that(wrong: type[Wrong]) -> None:
    caught = [check.__name__ for check in CHECKS if not _passes(check, _case(wrong))]

    assert caught, f"{wrong.__name__} passed every check"


def test_every_check_of_a_sink_catches_something() -> None:
    idle = {check.__name__ for check in CHECKS}
    for wrong in WRONG:
        idle -= {check.__name__ for check in CHECKS if not _passes(check, _case(wrong))}

    # The first one judges the case: see the two tests below.
    assert idle == {CHECKS[0].__name__}


def test_a_case_without_modes_is_not_accepted() -> None:
    case = replace(_case(), writes=replace(MEMORY_WRITES, modes=frozenset()))

    assert not _passes(CHECKS[0], case)


def test_a_target_with_rows_is_not_accepted() -> None:
    case = _case()
    case.fill(case.load("merge"), case.sample(3))

    assert not _passes(CHECKS[0], case)


def _passes(check: SinkCheck, case: SinkCase) -> bool:
    try:
        check(case)
    except (AssertionError, LandbridgeError, RuntimeError):
        return False
    return True
