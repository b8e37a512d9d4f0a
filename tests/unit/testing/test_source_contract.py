"""The suite for sources passes a right source and catches every wrong one tried on it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from typing_extensions import override

from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.data.types import Meaning, column
from landbridge.kernel.errors import LandbridgeError, StreamMissingError
from landbridge.sdk.reading import KeyRange, Reading, Share
from landbridge.sdk.source import Source, StreamEntry
from landbridge.testing.memory import MEMORY_READS, MemorySource
from landbridge.testing.source_contract import CHECKS, SourceCase, SourceCheck

START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = pa.table(
    {
        "id": pa.array(range(1, 41), pa.int64()),
        "at": pa.array(
            [START + timedelta(minutes=number // 3) for number in range(40)],
            pa.timestamp("us", tz="UTC"),
        ),
        "text": ["x" * number for number in range(40)],
    }
)
READING = Reading("orders", batch_bytes=150)


def _memory() -> MemorySource:
    return MemorySource({"orders": ROWS, "apples": ROWS}, batch_rows=7)


def _case(build: Callable[[], Source]) -> SourceCase:
    return SourceCase(build, READING, MEMORY_READS, cursor="at", key="id")


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_source_in_memory_keeps_the_contract(check: SourceCheck) -> None:
    check(_case(_memory))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_every_check_of_a_source_says_what_it_holds(check: SourceCheck) -> None:
    assert check.__doc__


class Wrong(MemorySource):
    """Right, until a subclass spoils one thing."""

    def __init__(self) -> None:
        super().__init__({"orders": ROWS, "apples": ROWS}, batch_rows=7)


class RepeatsOnResume(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        earlier = None if after is None else Position(str(int(after) - 1).encode())
        return super().read(reading, share, after=earlier)


class SkipsOnResume(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        later = None if after is None else Position(str(min(int(after) + 1, 40)).encode())
        return super().read(reading, share, after=later)


class IgnoresThePosition(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        return super().read(reading, share, after=None)


class ResumesOnlyInTheSameProcess(Wrong):
    def __init__(self) -> None:
        super().__init__()
        self._known: set[Position] = set()

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        for batch in super().read(
            reading, share, after=after if after in self._known else None
        ):
            self._known.add(batch.resume)
            yield batch


class ChangesItsOrder(Wrong):
    built = 0

    def __init__(self) -> None:
        super().__init__()
        type(self).built += 1
        self._backwards = self.built % 2 == 0

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        batches = list(super().read(reading, share, after=after))
        yield from reversed(batches) if self._backwards else batches


class YieldsNothing(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        return iter(())


class YieldsEmptyBatches(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        for batch in super().read(reading, share, after=after):
            yield batch
            yield Batch(batch.rows.slice(0, 0), batch.resume)


class LosesAShare(Wrong):
    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        shares = super().shares(reading, want=want)
        return shares[:-1] if want > 1 else shares


class OverlapsShares(Wrong):
    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        shares = super().shares(reading, want=want)
        return [*shares[:-1], Share("last", "13 40")] if want > 1 else shares


class NamesSharesAlike(Wrong):
    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        return [replace(share, name="s") for share in super().shares(reading, want=want)]


class MakesOneShare(Wrong):
    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        return super().shares(reading, want=1)


class DescribesAnotherOrder(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema:
        described = super().describe(stream)
        return replace(described, columns=pa.schema(list(described.columns)[::-1]))


class ForgetsMeanings(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema:
        described = super().describe(stream)
        return replace(described, columns=ROWS.schema)


class KeepsNanoseconds(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema:
        described = super().describe(stream)
        odd = column("at", pa.timestamp("ns", tz="UTC"), Meaning("instant"))
        return replace(described, columns=described.columns.set(1, odd))

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        for batch in super().read(reading, share, after=after):
            yield Batch(
                batch.rows.cast(self.describe(reading.stream).columns)
                if reading.columns is None
                else batch.rows,
                batch.resume,
            )


class IgnoresColumns(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        return super().read(replace(reading, columns=None), share, after=after)


class OrdersColumnsItsWay(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        if reading.columns is not None:
            reading = replace(reading, columns=tuple(sorted(reading.columns))[::-1])
        return super().read(reading, share, after=after)


class NeverTakesTies(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        if reading.window is not None:
            reading = replace(reading, window=replace(reading.window, inclusive=False))
        return super().read(reading, share, after=after)


class AlwaysTakesTies(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        if reading.window is not None:
            reading = replace(reading, window=replace(reading.window, inclusive=True))
        return super().read(reading, share, after=after)


class IgnoresUntil(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        if reading.window is not None:
            reading = replace(reading, window=replace(reading.window, until=None))
        return super().read(reading, share, after=after)


class TakesTheUpperKey(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        keys = reading.keys
        if keys is not None and keys.upper is not None:
            wider = KeyRange(keys.column, keys.lower, keys.upper + 1)
            reading = replace(reading, keys=wider)
        return super().read(reading, share, after=after)


class TellsAnOlderNewest(Wrong):
    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        return START.isoformat()


class TellsNewestWithoutAZone(Wrong):
    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        newest = super().newest(reading, column)
        return newest and newest.replace("+00:00", "Z")


class SaysNoVersion(Wrong):
    @override
    def check(self) -> str:
        return " "


class MakesBigBatches(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        return super().read(replace(reading, batch_bytes=1 << 30), share, after=after)


class DescribesWhatIsNotThere(Wrong):
    @override
    def describe(self, stream: str) -> StreamSchema:
        try:
            return super().describe(stream)
        except StreamMissingError:
            return StreamSchema(stream, pa.schema([]))


class ListsItsOwnTables(Wrong):
    @override
    def streams(self) -> Iterator[StreamEntry]:
        yield StreamEntry("_landbridge_loads")
        yield from super().streams()


class ListsWithoutOrder(Wrong):
    @override
    def streams(self) -> Iterator[StreamEntry]:
        yield from reversed(list(super().streams()))


class SharesOneCursor(Wrong):
    """A new read ends the one before, as a single connection without results does."""

    def __init__(self) -> None:
        super().__init__()
        self._latest = 0

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        self._latest += 1
        return self._only(self._latest, super().read(reading, share, after=after))

    def _only(self, mine: int, batches: Iterator[Batch]) -> Iterator[Batch]:
        for batch in batches:
            if self._latest != mine:
                return
            yield batch


class GoesOnAfterClose(Wrong):
    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        return iter(list(super().read(reading, share, after=after)))


class PromisesMoreThanItKeeps(Wrong):
    """NULL in a column that is said to hold none."""

    @override
    def describe(self, stream: str) -> StreamSchema:
        described = super().describe(stream)
        strict = column("text", pa.string(), Meaning("text"), nullable=False)
        return replace(described, columns=described.columns.set(2, strict))

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        columns = self.describe(reading.stream).columns
        for batch in super().read(reading, share, after=after):
            if reading.columns is None:
                nulls = pa.nulls(batch.rows.num_rows, pa.string())
                arrays = [batch.rows.column(0), batch.rows.column(1), nulls]
                yield Batch(pa.RecordBatch.from_arrays(arrays, schema=columns), batch.resume)
            else:
                yield batch


class FailsToCloseTwice(Wrong):
    closed = False

    @override
    def close(self) -> None:
        if self.closed:
            raise RuntimeError("closed already")
        self.closed = True


WRONG: tuple[type[Wrong], ...] = tuple(Wrong.__subclasses__())


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.__name__)
def test_the_suite_catches_a_source_that(wrong: type[Wrong]) -> None:
    caught = [check.__name__ for check in CHECKS if not _passes(check, _case(wrong))]

    assert caught, f"{wrong.__name__} passed every check"


def test_every_check_of_a_source_catches_something() -> None:
    idle = {check.__name__ for check in CHECKS}
    for wrong in WRONG:
        idle -= {check.__name__ for check in CHECKS if not _passes(check, _case(wrong))}

    assert idle == set()


def _passes(check: SourceCheck, case: SourceCase) -> bool:
    try:
        check(case)
    except (AssertionError, LandbridgeError, RuntimeError):
        return False
    return True
