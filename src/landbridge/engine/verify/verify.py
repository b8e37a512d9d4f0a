"""Finding where target and source differ, by bisection, and repairing only that."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa

from landbridge.data.rowtext import rows_to_json
from landbridge.engine.receipts.receipt import Receipt
from landbridge.engine.verify.buckets import (
    Compared,
    RangeBuckets,
    only,
    summed_hashes,
    summed_ranges,
)
from landbridge.engine.verify.leaves import Excuses, LeafDifference, Rows, compare
from landbridge.engine.verify.sides import WHOLE, Side, Span

RANGE_BUCKETS = 16_384
HASH_BUCKETS = 65_536
LEAF_ROWS = 4_096
_SAMPLES = 20

Repair = Callable[[LeafDifference], None]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is compared.

    Attributes:
        source: The source's side.
        target: The target's side.
        source_columns: Columns of the source's side.
        target_columns: Columns of the target's side.
        compared: Key, and the columns whose contents count: those whose loss is waived do
            not. Without a key only whole contents are compared.
        greatest: Greatest integer key of both sides; None compares by hashes of the key.
        excused: Keys of rows that quarantine accounts for.
        still_there: Tells which rows, absent from the source's side, the source has all
            the same (rows newer than the last run); they are no difference.
    """

    source: Side
    target: Side
    source_columns: pa.Schema
    target_columns: pa.Schema
    compared: Compared
    greatest: int | None
    excused: Excuses = field(default_factory=Excuses)
    still_there: Callable[[pa.RecordBatch], pa.RecordBatch] | None = None


@dataclass(frozen=True, slots=True)
class Verification:
    """What a comparison found. Rows are counted.

    Attributes:
        source: Rows that should be in the target.
        target: Rows that are.
        absent: Rows missing in the target.
        changed: Rows with another content.
        extra: Rows that the source does not have.
        reread: Rows read a second time to find the differing ones.
        spans: Key ranges that differ, the first of them.
        samples: Keys of differing rows as JSON, the first of them.
        repaired: Rows written or deleted to make both equal.
    """

    source: int = 0
    target: int = 0
    absent: int = 0
    changed: int = 0
    extra: int = 0
    reread: int = 0
    repaired: int = 0
    spans: tuple[Span, ...] = ()
    samples: tuple[str, ...] = field(default=())

    @property
    def equal(self) -> bool:
        """Whether no row differs."""
        return not (self.absent or self.changed or self.extra)


def verify(comparison: Comparison, repair: Repair | None = None) -> Verification:
    """Compare both sides and return what differs.

    Reads each side once and sums contents up in buckets of the key; only buckets that
    differ are read again, divided again where they are large, and compared row by row.
    What is equal at the second look, because a writer was at work, is no difference.

    Args:
        comparison: What is compared.
        repair: Called with each part that differs; None only reports.
    """
    if not comparison.compared.key:
        return _whole(comparison)
    found = _Found(comparison, repair)
    if comparison.greatest is None:
        found.by_hashes()
    else:
        found.by_ranges(WHOLE, 0, comparison.greatest + 1)
    return found.result


def _whole(comparison: Comparison) -> Verification:
    contents = comparison.compared.contents
    source, target = (
        sum((Receipt.of(contents(rows)) for rows in side.read(WHOLE)), Receipt())
        for side in (comparison.source, comparison.target)
    )
    missing = max(source.rows - target.rows, 0)
    more = max(target.rows - source.rows, 0)
    # Without a key nobody can say which rows differ, only that some do.
    changed = int(source != target and not missing and not more)
    return Verification(source.rows, target.rows, absent=missing, changed=changed, extra=more)


class _Found:
    """What was found so far."""

    def __init__(self, comparison: Comparison, repair: Repair | None) -> None:
        self._comparison = comparison
        self._repair = repair
        self.result = Verification()

    def by_ranges(self, span: Span, lower: int, upper: int) -> None:
        """Compare a span of integer keys, and its differing parts more closely."""
        sides, compared = self._comparison, self._comparison.compared
        buckets = RangeBuckets.over(lower, upper, RANGE_BUCKETS)
        source = summed_ranges(sides.source.read(span), compared, buckets)
        target = summed_ranges(sides.target.read(span), compared, buckets)
        read = int(source.rows.sum()), int(target.rows.sum())
        self._count(span, *read)
        for bucket in source.unequal(target):
            least = int(min(source.least[bucket], target.least[bucket]))
            greatest = int(max(source.greatest[bucket], target.greatest[bucket]))
            part = Span(least, greatest + 1)
            rows = int(max(source.rows[bucket], target.rows[bucket]))
            if rows <= LEAF_ROWS or greatest == least:
                self._leaf(part, sides.source.read(part), sides.target.read(part))
            else:
                self.by_ranges(part, least, greatest + 1)

    def by_hashes(self) -> None:
        """Compare by hashes of the key: two passes over both sides."""
        sides, compared = self._comparison, self._comparison.compared
        source = summed_hashes(sides.source.read(WHOLE), compared, HASH_BUCKETS)
        target = summed_hashes(sides.target.read(WHOLE), compared, HASH_BUCKETS)
        self._count(WHOLE, int(source.rows.sum()), int(target.rows.sum()))
        unequal = source.unequal(target)
        # Parts of so many buckets that one part's rows can be held.
        most = max(int(source.rows.max()), int(target.rows.max()), 1)
        step = max(1, 50 * LEAF_ROWS // most)
        for start in range(0, len(unequal), step):
            wanted = unequal[start : start + step]
            self._leaf(
                WHOLE,
                only(sides.source.read(WHOLE), compared.key, wanted, HASH_BUCKETS),
                only(sides.target.read(WHOLE), compared.key, wanted, HASH_BUCKETS),
            )

    def _count(self, span: Span, source: int, target: int) -> None:
        if span == WHOLE:
            self.result = replace(self.result, source=source, target=target)
        else:
            self._add_reread(source + target)

    def _add_reread(self, rows: int) -> None:
        self.result = replace(self.result, reread=self.result.reread + rows)

    def _leaf(
        self, span: Span, source: Iterator[pa.RecordBatch], target: Iterator[pa.RecordBatch]
    ) -> None:
        sides = self._comparison
        here = Rows(source, sides.source_columns, sides.compared)
        there = Rows(target, sides.target_columns, sides.compared)
        self._add_reread(here.rows.num_rows + there.rows.num_rows)
        found = compare(here, there, sides.excused)
        if sides.still_there is not None and found.extra.num_rows:
            found = replace(found, extra=sides.still_there(found.extra))
        if found.empty:
            return
        self._report(span, found)
        if self._repair is not None:
            self._repair(found)
            moved = found.absent.num_rows + found.changed.num_rows + found.extra.num_rows
            self.result = replace(self.result, repaired=self.result.repaired + moved)

    def _report(self, span: Span, found: LeafDifference) -> None:
        before, samples = self.result, list(self.result.samples)
        for rows in (found.absent, found.changed, found.extra):
            room = _SAMPLES - len(samples)
            if room > 0:
                keys = rows.select(list(self._comparison.compared.key))
                samples += rows_to_json(keys, range(min(room, keys.num_rows)))
        spans = before.spans
        if span != WHOLE and len(spans) < _SAMPLES:
            spans = (*spans, span)
        self.result = replace(
            before,
            absent=before.absent + found.absent.num_rows,
            changed=before.changed + found.changed.num_rows,
            extra=before.extra + found.extra.num_rows,
            spans=spans,
            samples=tuple(samples),
        )
