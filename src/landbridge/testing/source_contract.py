"""Checks that every source must pass; a connector's own tests run them.

Example, in the tests of a connector:

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_keeps_the_source_contract(case: SourceCase, check: SourceCheck) -> None:
        check(case)
"""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from landbridge.data.batch import Batch
from landbridge.data.types import canonical, meaning_of
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.manifest import SourceCapabilities
from landbridge.sdk.reading import KeyRange, Reading, Share, Window
from landbridge.sdk.source import Source
from landbridge.testing.raising import raises
from landbridge.testing.rows import Row, comparable, unordered

_POSITION_BYTES = 4096
_SHARE_NAME = 60


@dataclass(frozen=True, slots=True)
class SourceCase:
    """One stream of a live system, and how to reach it anew.

    Nothing may write to the stream while the checks run.

    Attributes:
        build: Returns a new source object, as a later process would have.
        reading: The stream, with `batch_bytes` so small that it takes several batches.
        reads: What the manifest says.
        cursor: A column for windows with at least three values, none of them NULL;
            needed when `reads.windows`.
        key: An integer column; needed when `reads.key_ranges`.
        want: Shares asked for.
        missing: A stream that does not exist.
    """

    build: Callable[[], Source]
    reading: Reading
    reads: SourceCapabilities
    cursor: str = ""
    key: str = ""
    want: int = 3
    missing: str = "landbridge_no_such_stream"


SourceCheck = Callable[[SourceCase], None]


def _shares(source: Source, case: SourceCase, reading: Reading | None = None) -> list[Share]:
    return list(source.shares(reading or case.reading, want=case.want))


def _batches(case: SourceCase, reading: Reading | None = None) -> list[list[Batch]]:
    chosen = reading or case.reading
    with closing(case.build()) as source:
        return [
            list(source.read(chosen, share, after=None))
            for share in _shares(source, case, chosen)
        ]


def _rows(batches: Sequence[Batch]) -> list[Row]:
    return [row for batch in batches for row in comparable(batch.rows)]


def _whole(case: SourceCase, reading: Reading | None = None) -> pa.Table:
    """Return all rows of all shares; there must be some."""
    tables = [
        pa.Table.from_batches([batch.rows for batch in batches])
        for batches in _batches(case, reading)
        if batches
    ]
    assert tables, "no share yields a row"
    return pa.concat_tables(tables)


def the_case_is_not_vacuous(case: SourceCase) -> None:
    """There are several batches, several shares, and columns for what is promised."""
    shares = _batches(case)
    assert sum(len(batches) for batches in shares) > 1, "the stream is a single batch"
    if case.reads.resumable:
        assert max(len(batches) for batches in shares) > 1, "no share can be resumed inside"
    if case.reads.shares:
        assert len([1 for batches in shares if batches]) > 1, "one share holds every row"
    if case.reads.windows:
        values = pc.unique(_whole(case).column(case.cursor))
        assert len(values) > 2, "windows need three values of the cursor column"  # noqa: PLR2004
        assert values.null_count == 0, "the cursor column holds NULL"
    if case.reads.key_ranges:
        assert case.key, "key ranges need an integer column"


def checking_names_the_version(case: SourceCase) -> None:
    """A reachable system says what it is."""
    with closing(case.build()) as source:
        assert source.check().strip()


def the_catalogue_lists_the_stream(case: SourceCase) -> None:
    """In name order, and without tables of our own."""
    with closing(case.build()) as source:
        names = [entry.name for entry in source.streams()]
    assert case.reading.stream in names
    assert names == sorted(names)
    assert not [name for name in names if "_landbridge_" in name]


def reading_twice_gives_the_same_rows(case: SourceCase) -> None:
    """In the same order, from another source object."""
    first, second = _batches(case), _batches(case)
    assert [_rows(batches) for batches in first] == [_rows(batches) for batches in second]


def resuming_loses_and_repeats_nothing(case: SourceCase) -> None:
    """From every position, in a new object, the rest and only the rest comes."""
    with closing(case.build()) as source:
        shares = _shares(source, case)
        wholes = [list(source.read(case.reading, share, after=None)) for share in shares]
    for share, whole in zip(shares, wholes, strict=True):
        for cut, batch in enumerate(whole, start=1):
            with closing(case.build()) as later:
                tail = list(later.read(case.reading, share, after=batch.resume))
            assert _rows(tail) == _rows(whole[cut:]), f"{share.name} at {cut}"


def positions_and_shares_are_small(case: SourceCase) -> None:
    """They are stored with every batch."""
    with closing(case.build()) as source:
        shares = _shares(source, case)
    assert len({share.name for share in shares}) == len(shares)
    assert all(0 < len(share.name) <= _SHARE_NAME for share in shares)
    for batches in _batches(case):
        assert all(0 < len(batch.resume) <= _POSITION_BYTES for batch in batches)


def shares_are_disjoint_and_complete(case: SourceCase) -> None:
    """All shares together are the one share of a reading that asks for one."""
    with closing(case.build()) as source:
        [only] = source.shares(case.reading, want=1)
        whole = _rows(list(source.read(case.reading, only, after=None)))
    assert unordered(_whole(case)) == sorted(whole, key=repr)


def the_schema_is_the_described_one(case: SourceCase) -> None:
    """Names, storages, order and meanings."""
    with closing(case.build()) as source:
        described = source.describe(case.reading.stream)
    assert described.stream == case.reading.stream
    assert set(described.key) <= set(described.columns.names)
    for batches in _batches(case):
        for batch in batches:
            assert batch.rows.schema.equals(described.columns, check_metadata=True)


def storages_are_canonical(case: SourceCase) -> None:
    """Every column is stored as its logical type is, and says which that is."""
    with closing(case.build()) as source:
        columns = source.describe(case.reading.stream).columns
    assert columns.equals(canonical(columns), check_metadata=True)


def rows_are_valid(case: SourceCase) -> None:
    """Buffers are sound, texts are UTF-8, and NULL is only where the column allows it."""
    for batches in _batches(case):
        for batch in batches:
            assert batch.rows.num_rows > 0, "an empty batch"
            batch.rows.validate(full=True)
            for at, field in enumerate(batch.rows.schema):
                assert field.nullable or batch.rows.column(at).null_count == 0, field.name


def columns_are_narrowed_in_the_order_asked(case: SourceCase) -> None:
    """Only the columns wanted come, with the same values."""
    whole = _whole(case)
    wanted = tuple(reversed(whole.column_names[: max(1, whole.num_columns - 1)]))
    narrow = _whole(case, replace(case.reading, columns=wanted))
    assert tuple(narrow.column_names) == wanted
    assert unordered(narrow) == unordered(whole.select(list(wanted)))


def windows_bound_the_cursor(case: SourceCase) -> None:
    """``(after, until]``, with ties of `after` when inclusive."""
    if not case.reads.windows:
        return
    whole = _whole(case)
    cursor = whole.column(case.cursor)
    low, high = _texts(case, cursor)
    after, until = (pa.scalar(text).cast(cursor.type) for text in (low, high))
    for window, expected in (
        (Window(case.cursor, after=low), pc.greater(cursor, after)),
        (Window(case.cursor, after=low, inclusive=True), pc.greater_equal(cursor, after)),
        (Window(case.cursor, until=low), pc.less_equal(cursor, after)),
        (
            Window(case.cursor, after=low, until=high),
            pc.and_(pc.greater(cursor, after), pc.less_equal(cursor, until)),
        ),
    ):
        _reads_exactly(case, replace(case.reading, window=window), whole.filter(expected))


def _texts(case: SourceCase, cursor: pa.ChunkedArray) -> tuple[str, str]:
    """Return a middle and the greatest value, as the source writes them."""
    values = pc.unique(cursor).sort()
    middle = values[(len(values) - 1) // 2]
    with closing(case.build()) as source:
        reading = replace(case.reading, window=None)
        greatest = source.newest(reading, case.cursor)
    assert greatest is not None
    kept = middle.as_py()
    return str(kept.isoformat() if hasattr(kept, "isoformat") else kept), greatest


def key_ranges_bound_the_key(case: SourceCase) -> None:
    """``[lower, upper)``, either end open."""
    if not case.reads.key_ranges:
        return
    whole = _whole(case)
    key = whole.column(case.key)
    values = sorted(key.to_pylist())
    low, high = values[len(values) // 3], values[2 * len(values) // 3]
    above, below = pc.greater_equal(key, low), pc.less(key, high)
    for keys, expected in (
        (KeyRange(case.key, lower=low), above),
        (KeyRange(case.key, upper=high), below),
        (KeyRange(case.key, lower=low, upper=high), pc.and_(above, below)),
    ):
        _reads_exactly(case, replace(case.reading, keys=keys), whole.filter(expected))


def _reads_exactly(case: SourceCase, reading: Reading, expected: pa.Table) -> None:
    rows = [row for batches in _batches(case, reading) for row in _rows(batches)]
    assert sorted(rows, key=repr) == unordered(expected)


def newest_is_the_greatest_value(case: SourceCase) -> None:
    """As ISO 8601 or digits, so that it can be stored and handed back."""
    if not case.reads.windows:
        return
    cursor = _whole(case).column(case.cursor)
    with closing(case.build()) as source:
        newest = source.newest(case.reading, case.cursor)
    assert newest is not None
    assert pa.scalar(newest).cast(cursor.type) == pc.max(cursor)
    if meaning_of(pa.field("", cursor.type)).logical == "instant":
        assert newest.endswith("+00:00")


def batches_keep_their_size(case: SourceCase) -> None:
    """Below twice the bytes asked for, unless it is a single row."""
    for batches in _batches(case):
        for batch in batches:
            small = batch.rows.nbytes < 2 * case.reading.batch_bytes
            assert small or batch.rows.num_rows == 1, f"{batch.rows.nbytes} bytes"


def a_missing_stream_is_named(case: SourceCase) -> None:
    """Describing it raises `StreamMissingError`, which says which."""
    with closing(case.build()) as source, raises(StreamMissingError) as caught:
        source.describe(case.missing)
    assert case.missing in str(caught[0])


def a_dropped_iterator_lets_go(case: SourceCase) -> None:
    """After it, the same share is read from the beginning again, whole."""
    with closing(case.build()) as source:
        [only] = source.shares(case.reading, want=1)
        dropped = source.read(case.reading, only, after=None)
        first = next(iter(dropped), None)
        assert first is not None, "the share yields nothing"
        close = getattr(dropped, "close", None)
        assert close is not None, "the iterator cannot be closed"
        close()
        assert next(iter(dropped), None) is None, "a closed iterator went on"
        again = list(source.read(case.reading, only, after=None))
    assert comparable(again[0].rows) == comparable(first.rows)
    assert len(again) > 1


def several_shares_are_read_at_once(case: SourceCase) -> None:
    """Iterators of one source object do not disturb one another."""
    with closing(case.build()) as source:
        shares = _shares(source, case)
        running = [source.read(case.reading, share, after=None) for share in shares]
        rows: list[Row] = []
        while running:
            for iterator in list(running):
                batch = next(iterator, None)
                if batch is None:
                    running.remove(iterator)
                else:
                    rows += comparable(batch.rows)
    assert sorted(rows, key=repr) == unordered(_whole(case))


def closing_twice_is_allowed(case: SourceCase) -> None:
    """Also of a source that never connected."""
    used, unused = case.build(), case.build()
    used.describe(case.reading.stream)
    for source in (used, unused):
        source.close()
        source.close()


CHECKS: tuple[SourceCheck, ...] = (
    the_case_is_not_vacuous,
    checking_names_the_version,
    the_catalogue_lists_the_stream,
    reading_twice_gives_the_same_rows,
    resuming_loses_and_repeats_nothing,
    positions_and_shares_are_small,
    shares_are_disjoint_and_complete,
    the_schema_is_the_described_one,
    storages_are_canonical,
    rows_are_valid,
    columns_are_narrowed_in_the_order_asked,
    windows_bound_the_cursor,
    key_ranges_bound_the_key,
    newest_is_the_greatest_value,
    batches_keep_their_size,
    a_missing_stream_is_named,
    a_dropped_iterator_lets_go,
    several_shares_are_read_at_once,
    closing_twice_is_allowed,
)
"""The suite, in the order in which a failure says most."""
