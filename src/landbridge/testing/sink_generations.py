"""Checks of generations and their owners; part of `landbridge.testing.sink_contract`."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from landbridge.kernel.errors import LandbridgeError, LoadBusyError
from landbridge.sdk.progress import Progress
from landbridge.testing.raising import raises
from landbridge.testing.sink_case import SinkCase, expected, totals, write_once


def resuming_goes_on_where_it_stopped(case: SinkCase) -> None:
    """A later process adds to what an earlier one left unpublished."""
    first, second = case.sample(10), case.sample(10, start=10)
    for mode in case.keyed_modes:
        load = case.load(mode)
        [(settled, _)] = totals("all", [first])
        sink = case.build()
        with closing(sink), closing(sink.open(load)) as loading:
            write_once(loading, first, settled)
        later = replace(load, run_id="run-2", resume=True)
        with closing(case.build()) as sink, closing(sink.open(later)) as loading:
            assert case.progress(load).shares == {"all": settled}, mode
            assert case.progress(load).owner == "run-2"
            [(last, _)] = totals("all", [second], before=settled)
            write_once(loading, second, last)
            loading.publish()
        assert case.visible(load.stream) == expected(first, second), mode
        assert case.progress(load).shares == {"all": last}, mode


def a_second_owner_fences_off_the_first(case: SinkCase) -> None:
    """The first writer is refused, and nothing of its batch is kept."""
    first, second, late = (case.sample(5, start=start) for start in (0, 5, 10))
    for mode in case.keyed_modes:
        load = case.load(mode)
        (one, _), (two, _) = totals("all", [first, second])
        later = replace(load, run_id="run-2", resume=True)
        with closing(case.build()) as slow, closing(slow.open(load)) as stalled:
            writer = stalled.writer()
            writer.write(first, one)
            with closing(case.build()) as sink, closing(sink.open(later)) as loading:
                with raises(LoadBusyError):
                    writer.write(late, two)
                assert case.progress(load).shares == {"all": one}, mode
                writer.close()
                write_once(loading, second, two)
                with raises(LoadBusyError):
                    stalled.publish()
                loading.publish()
        assert case.visible(load.stream) == expected(first, second), mode


def a_finished_generation_is_not_resumed(case: SinkCase) -> None:
    """Neither a published nor a discarded one."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        case.fill(load, case.sample(3))
        again = replace(load, run_id="run-2", resume=True)
        with closing(case.build()) as sink, raises(LoadBusyError):
            sink.open(again)


def a_new_generation_starts_without_shares(case: SinkCase) -> None:
    """The progress of the one before does not count for it."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        case.fill(load, case.sample(3))
        second = case.load(mode, run="run-2", generation=2)
        with closing(case.build()) as sink, closing(sink.open(second)):
            found = case.progress(second)
            assert found == Progress(2, "open", second.plan, "run-2", {}), mode


def beginning_anew_discards_what_was_open(case: SinkCase) -> None:
    """The writers of the generation before are refused; its staged rows never appear."""
    late, good = case.sample(5), case.sample(5, start=50)
    for mode in case.keyed_modes:
        load = case.load(mode)
        [(settled, _)] = totals("all", [late])
        second = case.load(mode, run="run-2", generation=2)
        with closing(case.build()) as slow, closing(slow.open(load)) as stalled:
            writer = stalled.writer()
            with closing(case.build()) as sink, closing(sink.open(second)) as loading:
                with raises(LoadBusyError):
                    writer.write(late, settled)
                writer.close()
                with raises(LoadBusyError):
                    stalled.publish()
                write_once(loading, good, settled)
                loading.publish()
        assert case.visible(load.stream) == expected(good), mode


def a_generation_is_begun_by_one_run(case: SinkCase) -> None:
    """By the same run again, when the answer was lost; by another run never."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        [(settled, rows)] = totals("all", [case.sample(5)])
        with closing(case.build()) as first, closing(first.open(load)):
            with closing(case.build()) as sink, raises(LandbridgeError):
                sink.open(replace(load, run_id="run-2"))
            assert case.progress(load).owner == load.run_id, mode
            with closing(case.build()) as sink, closing(sink.open(load)) as loading:
                write_once(loading, rows, settled)
                loading.publish()
        assert case.visible(load.stream) == expected(rows), mode


def discarding_leaves_what_is_visible(case: SinkCase) -> None:
    """The generation is given up; a new one starts cleanly."""
    before, other = case.sample(8), case.sample(4, start=100)
    for mode in case.keyed_modes:
        case.fill(case.load(mode), before)
        load = case.load(mode, run="run-2", generation=2)
        [(settled, _)] = totals("all", [other])
        with closing(case.build()) as sink, closing(sink.open(load)) as loading:
            write_once(loading, other, settled)
            loading.discard()
        assert case.progress(load).state == "discarded", mode
        # Targets that stage what they append show none of it, the others keep it.
        shown = case.visible(load.stream)
        written = mode in {"append", "merge"} and shown == expected(before, other)
        assert written or shown == expected(before), mode
        case.fill(case.load(mode, run="run-3", generation=3), case.sample(3, start=200))
        assert case.progress(load).state == "published", mode


def two_writers_settle_side_by_side(case: SinkCase) -> None:
    """Alternating batches of two shares lose nothing."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        left = totals("left", [case.sample(4, start=at) for at in (0, 4)])
        right = totals("right", [case.sample(4, start=at) for at in (100, 104)])
        with closing(case.build()) as sink, closing(sink.open(load)) as loading:
            with closing(loading.writer()) as one, closing(loading.writer()) as two:
                for (settled, rows), (other, more) in zip(left, right, strict=True):
                    one.write(rows, settled)
                    two.write(more, other)
            shares = {"left": left[-1][0], "right": right[-1][0]}
            assert case.progress(load).shares == shares, mode
            loading.publish()
        written = [rows for _, rows in (*left, *right)]
        assert case.visible(load.stream) == expected(*written), mode


GENERATION_CHECKS: tuple[Callable[[SinkCase], None], ...] = (
    resuming_goes_on_where_it_stopped,
    a_second_owner_fences_off_the_first,
    a_finished_generation_is_not_resumed,
    a_new_generation_starts_without_shares,
    beginning_anew_discards_what_was_open,
    a_generation_is_begun_by_one_run,
    discarding_leaves_what_is_visible,
    two_writers_settle_side_by_side,
)
