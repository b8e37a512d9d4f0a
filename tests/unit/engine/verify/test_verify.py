"""Verification finds every differing row, reads little twice, and repairs only those."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pyarrow as pa
import pytest

from landbridge.engine.mapping.mapped import IdentityMapping
from landbridge.engine.verify.buckets import Compared
from landbridge.engine.verify.leaves import Excuses, LeafDifference, excused_keys
from landbridge.engine.verify.sides import SourceSide, Span, TargetSide
from landbridge.engine.verify.verify import Comparison, verify
from landbridge.sdk.reading import Reading
from landbridge.testing.memory import MemorySource

ROWS = 60_000


class Steady:
    """A source whose shares are read one after the other."""

    def __init__(self, source: MemorySource) -> None:
        self._source = source

    def read(self, reading: Reading) -> Iterator[pa.RecordBatch]:
        for share in self._source.shares(reading, want=1):
            for batch in self._source.read(reading, share, after=None):
                yield batch.rows


def table(rows: int = ROWS, first: int = -50, step: int = 1) -> pa.Table:
    keys = [first + n * step for n in range(rows)]
    return pa.table({"id": keys, "name": [f"零件 {key}" for key in keys], "n": keys})


def comparison(
    source: pa.Table, target: pa.Table, *, ranges: bool, key: tuple[str, ...] = ("id",)
) -> Comparison:
    column = "id" if ranges else None
    sides = [
        MemorySource({"t": rows}, batch_rows=10_000, keys={"t": key})
        for rows in (source, target)
    ]
    schema = sides[0].describe("t").columns
    size = 64 << 20
    keys = [*source["id"].to_pylist(), *target["id"].to_pylist()]
    return Comparison(
        source=SourceSide(Steady(sides[0]), "t", None, IdentityMapping(schema), column, size),
        target=TargetSide(Steady(sides[1]), "t", schema, column, size),
        source_columns=schema,
        target_columns=schema,
        compared=Compared(key, tuple(schema.names)),
        greatest=max(keys, default=0) if ranges else None,
    )


@dataclass
class Repairs:
    """Applies repairs to a dictionary of rows."""

    rows: dict[int, dict[str, object]]
    calls: list[LeafDifference] = field(default_factory=list)

    def __call__(self, found: LeafDifference) -> None:
        self.calls.append(found)
        for row in [*found.absent.to_pylist(), *found.changed.to_pylist()]:
            self.rows[row["id"]] = row
        for row in found.extra.to_pylist():
            del self.rows[row["id"]]


@pytest.mark.parametrize("ranges", [True, False])
def test_equal_sides_are_equal_in_any_order(*, ranges: bool) -> None:
    rows = table()
    shuffled = rows.take(random.Random(1).sample(range(ROWS), ROWS))
    result = verify(comparison(rows, shuffled, ranges=ranges))
    assert result.equal
    assert (result.source, result.target, result.reread) == (ROWS, ROWS, 0)


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("step", [1, 1_000_003, 2**44])
def test_damaged_rows_are_found_and_only_they_are_repaired(*, ranges: bool, step: int) -> None:
    rows = table(step=step)
    rng = random.Random(step)
    damaged = rows.to_pylist()
    chosen = rng.sample(range(ROWS), 30)
    gone, other = set(chosen[:10]), set(chosen[10:20])
    for at in other:
        damaged[at] = {**damaged[at], "name": "damaged"}
    extra = [{"id": damaged[at]["id"] + step * ROWS, "name": "x", "n": 0} for at in chosen[20:]]
    kept = [row for at, row in enumerate(damaged) if at not in gone] + extra
    target = pa.Table.from_pylist(kept, schema=rows.schema)
    repairs = Repairs({row["id"]: row for row in kept})
    result = verify(comparison(rows, target, ranges=ranges), repairs)
    assert (result.absent, result.changed, result.extra) == (10, 10, 10)
    assert result.repaired == 30
    assert repairs.rows == {row["id"]: row for row in rows.to_pylist()}
    if ranges and step == 1:
        assert result.reread < ROWS * 0.02
        assert all(isinstance(span, Span) for span in result.spans)


def test_a_composite_key_is_compared_by_hashes() -> None:
    rows = table(5_000)
    target = rows.set_column(2, "n", pa.array([n // 2 for n in range(5_000)]))
    both = comparison(rows, target, ranges=False, key=("id", "name"))
    assert verify(both).changed == 5_000 - sum(
        a == b for a, b in zip(rows["n"].to_pylist(), target["n"].to_pylist(), strict=True)
    )


def test_a_difference_that_a_writer_has_cured_meanwhile_is_none() -> None:
    rows = table(1_000)
    both = comparison(rows, rows.slice(1), ranges=True)

    class Healing:
        """The first look misses a row that the second sees."""

        looks = 0

        def read(self, span: Span) -> Iterator[pa.RecordBatch]:
            del span
            Healing.looks += 1
            missing = 1 if Healing.looks == 1 else 0
            yield from rows.slice(missing).combine_chunks().to_batches()

    healed = Comparison(
        both.source,
        Healing(),
        both.source_columns,
        both.target_columns,
        both.compared,
        None,
    )
    assert verify(healed).equal


def test_a_row_that_went_on_as_it_was_edited_is_not_extra_but_any_other_is() -> None:
    whole = table(1_000)
    edited = whole.slice(10, 1).to_batches()[0]
    source = pa.concat_tables([whole.slice(0, 10), whole.slice(12)])
    plain = comparison(source, whole, ranges=False)
    excused = replace(plain, excused=Excuses(extra=excused_keys(edited, ("id",))))

    assert verify(plain).extra == 2
    assert verify(excused).extra == 1


def test_rows_in_quarantine_are_excused() -> None:
    rows = table(100)
    both = comparison(rows, rows.slice(0, 98), ranges=True)
    aside = rows.slice(98).combine_chunks().to_batches()[0]
    excused = Comparison(
        both.source,
        both.target,
        both.source_columns,
        both.target_columns,
        both.compared,
        both.greatest,
        Excuses(absent=excused_keys(aside, ("id",))),
    )
    assert verify(both).absent == 2
    assert verify(excused).equal


def test_without_a_key_only_whole_contents_are_compared() -> None:
    rows = table(100)
    assert verify(comparison(rows, rows, ranges=False, key=())).equal
    assert verify(comparison(rows, rows.slice(3), ranges=False, key=())).absent == 3
    other = rows.set_column(2, "n", pa.array([0] * 100))
    assert not verify(comparison(rows, other, ranges=False, key=())).equal


@pytest.mark.parametrize("ranges", [True, False])
def test_empty_sides(*, ranges: bool) -> None:
    none, some = table(0), table(7)
    assert verify(comparison(none, none, ranges=ranges)).equal
    assert verify(comparison(some, none, ranges=ranges)).absent == 7
    assert verify(comparison(none, some, ranges=ranges)).extra == 7
