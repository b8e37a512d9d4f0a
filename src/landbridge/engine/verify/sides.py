"""Both sides of a comparison, as rows of the same columns."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
from typing_extensions import override

from landbridge.data.conform import conform
from landbridge.engine.mapping.mapped import RowMapping
from landbridge.sdk.reading import KeyRange, Reading, Window


@dataclass(frozen=True, slots=True)
class Span:
    """Integer keys from `lower` up to, not including, `upper`; None means no bound."""

    lower: int | None = None
    upper: int | None = None


WHOLE = Span()


class Readable(Protocol):
    """What gives every row of a reading."""

    def read(self, reading: Reading) -> Iterator[pa.RecordBatch]:
        """Yield the rows."""
        ...


class Side(Protocol):
    """One side."""

    def read(self, span: Span) -> Iterator[pa.RecordBatch]:
        """Yield the rows with keys in the span."""
        ...


@dataclass(frozen=True, slots=True)
class SourceSide(Side):
    """What the source should have become: its rows, mapped, in all columns of the copy.

    Attributes:
        source: The open source.
        stream: Its stream.
        window: Rows that the last run was to copy, or None for all.
        mapping: The copy's mapping.
        key: The source's integer key column, or None when spans cannot be read.
        batch_bytes: Size of batches.
    """

    source: Readable
    stream: str
    window: Window | None
    mapping: RowMapping
    key: str | None
    batch_bytes: int

    @override
    def read(self, span: Span) -> Iterator[pa.RecordBatch]:
        reading = Reading(
            self.stream,
            window=self.window,
            keys=_range(self.key, span),
            batch_bytes=self.batch_bytes,
        )
        for rows in self.source.read(reading):
            yield self.mapping.apply(rows).rows


@dataclass(frozen=True, slots=True)
class TargetSide(Side):
    """What stands in the target, in the compared columns.

    Attributes:
        source: The read side of the target's connection, open.
        stream: The target stream.
        columns: Compared columns.
        key: The target's integer key column, or None when spans cannot be read.
        batch_bytes: Size of batches.
    """

    source: Readable
    stream: str
    columns: pa.Schema
    key: str | None
    batch_bytes: int

    @override
    def read(self, span: Span) -> Iterator[pa.RecordBatch]:
        reading = Reading(
            self.stream,
            columns=tuple(self.columns.names),
            keys=_range(self.key, span),
            batch_bytes=self.batch_bytes,
        )
        for rows in self.source.read(reading):
            yield conform(rows, self.columns)


def _range(key: str | None, span: Span) -> KeyRange | None:
    if key is None or span == WHOLE:
        return None
    return KeyRange(key, span.lower, span.upper)
