"""Systems that fail at seeded moments, the same in every run."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random

import pyarrow as pa
from typing_extensions import override

from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import SystemUnavailableError
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.sink import Change, Fit, Load, Loading, Published, Sink, Writer
from landbridge.sdk.source import Source, StreamEntry


@dataclass(slots=True)
class Faults:
    """Decides when a call fails.

    The n-th call at a moment always fares the same for a seed, whichever thread makes it.

    Attributes:
        seed: Chooses the calls that fail.
        chance: Share of the calls that fail, from 0 to 1.
        most: Faults after which no more happen.
        struck: Moments that failed, in order.

    Example:
        >>> faults = Faults(seed=1, chance=1.0, most=1)
        >>> faults.strike("read")
        Traceback (most recent call last):
        landbridge.kernel.errors.SystemUnavailableError: injected fault: read 1
        >>> faults.strike("read")
    """

    seed: int
    chance: float = 0.1
    most: int = 1_000_000
    struck: list[str] = field(default_factory=list[str])
    _calls: dict[str, int] = field(default_factory=dict[str, int])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strike(self, moment: str) -> None:
        """Raise `SystemUnavailableError` when this call is to fail."""
        with self._lock:
            number = self._calls[moment] = self._calls.get(moment, 0) + 1
            roll = Random(f"{self.seed} {moment} {number}").random()  # noqa: S311  not a secret
            if roll >= self.chance or len(self.struck) >= self.most:
                return
            self.struck.append(f"{moment} {number}")
        raise SystemUnavailableError(f"injected fault: {moment} {number}")


class FaultySource(Source):
    """A source whose connection drops at moments `describe`, `shares` and `read`."""

    def __init__(self, source: Source, faults: Faults) -> None:
        self._source = source
        self._faults = faults

    @override
    def check(self) -> str:
        return self._source.check()

    @override
    def streams(self) -> Iterator[StreamEntry]:
        return self._source.streams()

    @override
    def describe(self, stream: str) -> StreamSchema:
        self._faults.strike("describe")
        return self._source.describe(stream)

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        return self._source.newest(reading, column)

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        self._faults.strike("shares")
        return self._source.shares(reading, want=want)

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        for batch in self._source.read(reading, share, after=after):
            self._faults.strike("read")
            yield batch

    @override
    def close(self) -> None:
        self._source.close()


class FaultySink(Sink):
    """A sink whose connection drops.

    Moments: `open`, `write` (nothing was kept), `written` (all was kept, the answer is
    lost), `publish` and `published` likewise, `progress`.
    """

    def __init__(self, sink: Sink, faults: Faults) -> None:
        self._sink = sink
        self._faults = faults

    @override
    def check(self) -> str:
        return self._sink.check()

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        return self._sink.describe(stream)

    @override
    def fit(self, column: pa.Field) -> Fit:
        return self._sink.fit(column)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        return self._sink.changes(load)

    @override
    def progress(self, load_id: str, stream: str) -> Progress | None:
        self._faults.strike("progress")
        return self._sink.progress(load_id, stream)

    @override
    def open(self, load: Load) -> Loading:
        self._faults.strike("open")
        return FaultyLoading(self._sink.open(load), self._faults)

    @override
    def repair(self, load: Load, rows: pa.RecordBatch, gone: pa.RecordBatch) -> None:
        self._sink.repair(load, rows, gone)

    @override
    def close(self) -> None:
        self._sink.close()


class FaultyLoading(Loading):
    """An open generation behind a connection that drops."""

    def __init__(self, loading: Loading, faults: Faults) -> None:
        self._loading = loading
        self._faults = faults

    @override
    def writer(self) -> Writer:
        return FaultyWriter(self._loading.writer(), self._faults)

    @override
    def publish(self) -> Published:
        self._faults.strike("publish")
        published = self._loading.publish()
        self._faults.strike("published")
        return published

    @override
    def discard(self) -> None:
        self._loading.discard()

    @override
    def close(self) -> None:
        self._loading.close()


class FaultyWriter(Writer):
    """A writer behind a connection that drops before or after the commit."""

    def __init__(self, writer: Writer, faults: Faults) -> None:
        self._writer = writer
        self._faults = faults

    @override
    def write(self, rows: pa.RecordBatch, settled: Settled) -> None:
        self._faults.strike("write")
        self._writer.write(rows, settled)
        self._faults.strike("written")

    @override
    def refusal(self, rows: pa.RecordBatch) -> str | None:
        return self._writer.refusal(rows)

    @override
    def close(self) -> None:
        self._writer.close()
