"""Checks of what each write mode promises; part of `landbridge.testing.sink_contract`."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pyarrow as pa

from landbridge.testing.sink_case import SinkCase, expected, totals


def append_adds_every_generation(case: SinkCase) -> None:
    """Rows of an earlier generation stay beside the new ones."""
    if "append" not in case.writes.modes:
        return
    first, second = case.sample(9), case.sample(9, start=9)
    case.fill(case.load("append"), first)
    case.fill(case.load("append", run="run-2", generation=2), second)
    assert case.visible(case.load("append").stream) == expected(first, second)


def append_without_a_key_keeps_equal_rows(case: SinkCase) -> None:
    """Two rows that are equal in every column are two rows."""
    if "append" not in case.writes.modes:
        return
    rows = case.sample(5)
    case.fill(replace(case.load("append"), key=()), rows, rows)
    assert case.visible(case.load("append").stream) == expected(rows, rows)


def merge_updates_by_key_and_inserts(case: SinkCase) -> None:
    """Known keys take all new values, NULL included; others stay; new ones are added."""
    if "merge" not in case.writes.modes:
        return
    old = case.sample(14)
    changed = case.sample(10, start=7, mark="new ")
    case.fill(case.load("merge"), old)
    case.fill(case.load("merge", run="run-2", generation=2), changed)
    stream = case.load("merge").stream
    assert case.visible(stream) == expected(old.slice(0, 7), changed)
    emptied = _emptied(case, case.sample(3))
    case.fill(case.load("merge", run="run-3", generation=3), emptied)
    assert case.visible(stream) == expected(emptied, old.slice(3, 4), changed)


def merging_a_key_twice_keeps_the_later_batch(case: SinkCase) -> None:
    """A row that was read again replaces itself."""
    if "merge" not in case.writes.modes:
        return
    old, new = case.sample(6), case.sample(6, mark="later ")
    case.fill(case.load("merge"), old, new)
    assert case.visible(case.load("merge").stream) == expected(new)


def replace_shows_old_rows_until_published(case: SinkCase) -> None:
    """Readers see all old rows, then all new ones, and after a discard the old ones."""
    if "replace" not in case.writes.modes or not case.writes.atomic_replace:
        return
    old, new = case.sample(9), case.sample(5, start=100, mark="new ")
    case.fill(case.load("replace"), old)
    load = case.load("replace", run="run-2", generation=2)
    [(settled, _)] = totals("all", [new])
    with closing(case.build()) as sink, closing(sink.open(load)) as loading:
        with closing(loading.writer()) as writer:
            writer.write(new, settled)
        assert case.visible(load.stream) == expected(old)
        published = loading.publish()
        assert published.rows in {None, 5}
    assert case.visible(load.stream) == expected(new)
    with closing(case.build()) as sink:
        found = sink.describe(load.stream)
    assert found is not None
    assert found.key == load.key


def mirror_deletes_what_is_gone(case: SinkCase) -> None:
    """The target equals the rows loaded, and says how many it deleted."""
    if "mirror" not in case.writes.modes:
        return
    old = case.sample(12)
    kept, new = case.sample(6, start=3, mark="new "), case.sample(4, start=50)
    case.fill(case.load("mirror"), old)
    load = case.load("mirror", run="run-2", generation=2)
    with closing(case.build()) as sink, closing(sink.open(load)) as loading:
        with closing(loading.writer()) as writer:
            for settled, rows in totals("all", [kept, new]):
                writer.write(rows, settled)
        assert case.visible(load.stream) == expected(old)
        assert loading.publish().deleted == 6  # noqa: PLR2004  12 old, 6 kept
    assert case.visible(load.stream) == expected(kept, new)


def publishing_again_is_harmless(case: SinkCase) -> None:
    """A crash after the commit and before the answer calls it again."""
    for mode in case.keyed_modes:
        case.fill(case.load(mode), case.sample(4, start=500))
        rows = case.sample(7)
        load = case.load(mode, run="run-2", generation=2)
        with closing(case.build()) as sink, closing(sink.open(load)) as loading:
            with closing(loading.writer()) as writer:
                for settled, batch in totals("all", [rows]):
                    writer.write(batch, settled)
            loading.publish()
            once = case.visible(load.stream)
            loading.publish()
            assert case.visible(load.stream) == once, mode
        kept = [] if mode in {"replace", "mirror"} else [case.sample(4, start=500)]
        assert once == expected(rows, *kept), mode


def repairing_merges_and_deletes(case: SinkCase) -> None:
    """In one step, by key, and no generation appears."""
    if not case.writes.repairs:
        return
    mode = case.keyed_modes[0]
    load = case.load(mode)
    case.fill(load, case.sample(10))
    wrong = case.sample(4, start=8, mark="right ")
    gone = case.sample(3).select(["id"])
    with closing(case.build()) as sink:
        before = sink.progress(load.load_id, load.stream)
        sink.repair(load, wrong, gone)
        assert case.visible(load.stream) == expected(case.sample(5, start=3), wrong)
        sink.repair(load, case.sample(0), case.sample(1, start=3).select(["id"]))
        sink.repair(load, case.sample(1, start=77), case.sample(0).select(["id"]))
        assert sink.progress(load.load_id, load.stream) == before
    last = case.sample(1, start=77)
    assert case.visible(load.stream) == expected(case.sample(4, start=4), wrong, last)


def _emptied(case: SinkCase, rows: pa.RecordBatch) -> pa.RecordBatch:
    """Return the rows with NULL in every column but the key."""
    nulls = [pa.nulls(rows.num_rows, field.type) for field in case.schema][1:]
    return pa.RecordBatch.from_arrays([rows.column(0), *nulls], schema=case.schema)


MODE_CHECKS: tuple[Callable[[SinkCase], None], ...] = (
    append_adds_every_generation,
    append_without_a_key_keeps_equal_rows,
    merge_updates_by_key_and_inserts,
    merging_a_key_twice_keeps_the_later_batch,
    replace_shows_old_rows_until_published,
    mirror_deletes_what_is_gone,
    publishing_again_is_harmless,
    repairing_merges_and_deletes,
)
