"""Checks that every sink must pass; a connector's own tests run them.

Example, in the tests of a connector, with a fresh target for each check:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_keeps_the_sink_contract(case: SinkCase, check: SinkCheck) -> None:
        check(case)
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pyarrow as pa

from landbridge.data.schema import StreamSchema
from landbridge.data.types import Meaning, column, meaning_of
from landbridge.kernel.errors import (
    RowsRefusedError,
    SchemaChangedError,
)
from landbridge.sdk.progress import Progress, Settled
from landbridge.testing.raising import raises
from landbridge.testing.sink_case import SinkCase, expected, totals, write_once
from landbridge.testing.sink_generations import GENERATION_CHECKS
from landbridge.testing.sink_modes import MODE_CHECKS

__all__ = ["CHECKS", "SinkCase", "SinkCheck"]

SinkCheck = Callable[[SinkCase], None]


def _described(case: SinkCase, stream: str) -> StreamSchema:
    with closing(case.build()) as sink:
        found = sink.describe(stream)
    assert found is not None, f"{stream} does not exist"
    return found


def the_case_is_not_vacuous(case: SinkCase) -> None:
    """There are modes, an `id`, more columns, and a way to be refused."""
    assert case.writes.modes
    assert case.columns[0] == "id"
    assert len(case.columns) > 1
    assert not case.writes.transactional or case.spoil is not None
    for mode in case.keyed_modes:
        assert case.rows(case.load(mode).stream) is None, "the target is not fresh"


def checking_names_the_version(case: SinkCase) -> None:
    """A reachable system says what it is."""
    with closing(case.build()) as sink:
        assert sink.check().strip()


def nothing_is_known_of_what_never_was(case: SinkCase) -> None:
    """No stream, no progress, and asking creates neither."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        with closing(case.build()) as sink:
            assert sink.describe(load.stream) is None
            assert sink.progress(load.load_id, load.stream) is None
        assert case.rows(load.stream) is None


def rows_written_come_back_equal(case: SinkCase) -> None:
    """In every mode: NULL is not "", texts, digits, instants and bytes are unchanged."""
    first, second = case.sample(20), case.sample(15, start=20)
    for mode in case.keyed_modes:
        load = case.load(mode)
        case.fill(load, first, second)
        assert case.visible(load.stream) == expected(first, second), mode


def odd_names_are_only_names(case: SinkCase) -> None:
    """Blanks, quotes, key words and Chinese in the names of streams and columns."""
    if not case.odd:
        return
    rows = case.sample(5)
    names = [rows.schema.names[0], case.odd, *rows.schema.names[2:]]
    renamed = rows.rename_columns(names)
    for mode in case.keyed_modes:
        load = replace(case.load(mode), columns=renamed.schema, stream=f"{case.odd} {mode}")
        case.fill(load, renamed)
        found = case.rows(load.stream)
        assert found is not None
        assert found.column_names == names
        assert _described(case, load.stream).columns.names == names


def a_created_target_keeps_key_types_and_comments(case: SinkCase) -> None:
    """What `fit` calls exact is described as it was written."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        case.fill(load, case.sample(3))
        found = _described(case, load.stream)
        assert found.key == load.key, mode
        assert found.columns.names == load.columns.names
        if case.comments:
            assert found.comment == load.comment
        with closing(case.build()) as sink:
            for field in load.columns:
                fit = sink.fit(field)
                assert fit.kind != "refused", field.name
                kept = found.columns.field(field.name)
                if case.comments:
                    assert meaning_of(kept).comment == meaning_of(field).comment
                if fit.kind == "exact":
                    assert meaning_of(kept).logical == meaning_of(field).logical, field.name
                    assert kept.type == field.type, field.name


def progress_is_what_was_settled(case: SinkCase) -> None:
    """A later process finds it: totals by share, plan, owner and state."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        shares: dict[str, Settled] = {}
        with closing(case.build()) as sink, closing(sink.open(load)) as loading:
            assert case.progress(load).shares == {}
            for share, start in (("份 one", 0), ("two", 50)):
                with closing(loading.writer()) as writer:
                    batches = (case.sample(5, start=start), case.sample(5, start=start + 5))
                    for settled, rows in totals(share, batches):
                        writer.write(rows, settled)
                        shares[share] = settled
                    shares[share] = replace(shares[share], done=True)
                    writer.write(case.sample(0), shares[share])
            found = case.progress(load)
            assert found == Progress(1, "open", load.plan, load.run_id, shares), mode
            loading.publish()
        assert case.progress(load) == replace(found, state="published"), mode


def an_empty_batch_stores_progress(case: SinkCase) -> None:
    """All rows of it were filtered or quarantined; the share still went on."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        [(settled, _)] = totals("all", [case.sample(3)])
        with closing(case.build()) as sink, closing(sink.open(load)) as loading:
            write_once(loading, case.sample(0), settled)
            assert case.progress(load).shares == {"all": settled}, mode
            loading.publish()
        assert case.visible(load.stream) == [], mode


def refused_rows_leave_nothing(case: SinkCase) -> None:
    """Neither rows nor progress of the batch; the writer goes on afterwards."""
    if case.spoil is None:
        return
    first, good = case.sample(10), case.sample(6, start=10)
    for mode in case.keyed_modes:
        load = case.load(mode)
        (one, _), (two, _) = totals("all", [first, good])
        with closing(case.build()) as sink, closing(sink.open(load)) as loading:
            with closing(loading.writer()) as writer:
                writer.write(first, one)
                with raises(RowsRefusedError) as caught:
                    writer.write(case.spoil(case.sample(6, start=20)), two)
                assert all(reason for reason in caught[0].rejected.values())
                assert set(caught[0].rejected) <= {5}, "the wrong row is blamed"
                assert case.progress(load).shares == {"all": one}, mode
                writer.write(good, two)
            loading.publish()
        assert case.visible(load.stream) == expected(first, good), mode


def a_refusal_has_a_reason_and_leaves_no_trace(case: SinkCase) -> None:
    """It answers for every half of a batch, as bisection asks."""
    if case.spoil is None:
        return
    first, spoilt = case.sample(4), case.spoil(case.sample(6, start=4))
    for mode in case.keyed_modes:
        load = case.load(mode)
        [(one, _)] = totals("all", [first])
        with closing(case.build()) as sink, closing(sink.open(load)) as loading:
            with closing(loading.writer()) as writer:
                writer.write(first, one)
                assert writer.refusal(spoilt), mode
                assert writer.refusal(spoilt.slice(0, 5)) is None, mode
                assert writer.refusal(spoilt.slice(5)), mode
                assert case.progress(load).shares == {"all": one}, mode
            loading.publish()
        assert case.visible(load.stream) == expected(first), mode


def changes_change_nothing(case: SinkCase) -> None:
    """They say what opening would do, and do not do it."""
    for mode in case.keyed_modes:
        load = case.load(mode)
        with closing(case.build()) as sink:
            announced = sink.changes(load)
            assert [one.action for one in announced].count("create") == 1, mode
            assert sink.describe(load.stream) is None
            assert sink.progress(load.load_id, load.stream) is None
        assert case.rows(load.stream) is None


def evolving_adds_columns(case: SinkCase) -> None:
    """Old rows have NULL there; without leave the load is refused before anything."""
    if not case.writes.evolves:
        return
    added = column("added 列", pa.string(), Meaning("text"))
    for mode in case.keyed_modes:
        case.fill(case.load(mode), case.sample(3))
        rows = case.sample(2, start=50)
        wider = rows.append_column(added, pa.array(["x", None], pa.string()))
        load = case.load(mode, run="run-2", generation=2)
        load = replace(load, columns=wider.schema, evolve=False)
        with closing(case.build()) as sink:
            for refusing in (sink.changes, sink.open):
                with raises(SchemaChangedError):
                    refusing(load)
        before = _described(case, load.stream)
        assert before.columns.names == list(case.columns), mode
        case.fill(replace(load, evolve=True), wider)
        found = case.rows(load.stream)
        assert found is not None
        by_id = {row["id"]: row["added 列"] for row in found.to_pylist()}
        old = {} if mode in {"replace", "mirror"} else {0: None, 1: None, 2: None}
        assert by_id == {**old, 50: "x", 51: None}, mode


def closing_twice_is_allowed(case: SinkCase) -> None:
    """Also of a sink that never connected; the generation stays open."""
    unused = case.build()
    unused.close()
    unused.close()
    for mode in case.keyed_modes:
        load = case.load(mode)
        sink = case.build()
        loading = sink.open(load)
        writer = loading.writer()
        for part in (writer, writer, loading, loading, sink, sink):
            part.close()
        assert case.progress(load).state == "open", mode


CHECKS: tuple[SinkCheck, ...] = (
    the_case_is_not_vacuous,
    checking_names_the_version,
    nothing_is_known_of_what_never_was,
    rows_written_come_back_equal,
    odd_names_are_only_names,
    a_created_target_keeps_key_types_and_comments,
    progress_is_what_was_settled,
    an_empty_batch_stores_progress,
    *GENERATION_CHECKS,
    refused_rows_leave_nothing,
    a_refusal_has_a_reason_and_leaves_no_trace,
    changes_change_nothing,
    evolving_adds_columns,
    closing_twice_is_allowed,
    *MODE_CHECKS,
)
"""The suite, in the order in which a failure says most."""
