"""Row by row, in parts that are known to differ and small enough to hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from landbridge.engine.receipts.rowhash import row_hashes
from landbridge.engine.verify.buckets import Compared, key_hashes

KeyHash = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LeafDifference:
    """What differs in one part.

    Attributes:
        absent: Source rows whose key is not in the target.
        changed: Source rows whose content differs in the target.
        extra: Target rows whose key is not in the source.
    """

    absent: pa.RecordBatch
    changed: pa.RecordBatch
    extra: pa.RecordBatch

    @property
    def empty(self) -> bool:
        """Whether nothing differs any more."""
        return not (self.absent.num_rows or self.changed.num_rows or self.extra.num_rows)


class Rows:
    """The rows of one side of a part, by key."""

    def __init__(
        self, batches: Iterable[pa.RecordBatch], schema: pa.Schema, compared: Compared
    ) -> None:
        # Metadata and whether nulls may come differ between sides; neither is content.
        plain = pa.schema([pa.field(field.name, field.type) for field in schema])
        table = pa.Table.from_batches(
            [pa.RecordBatch.from_arrays(rows.columns, schema=plain) for rows in batches],
            schema=plain,
        ).combine_chunks()
        self.rows = table.to_batches()[0] if table.num_rows else _empty(table.schema)
        self._contents = row_hashes(compared.contents(self.rows))
        keys = key_hashes(self.rows, compared.key)
        # A key that comes twice keeps its last row, as a merge does.
        self.at: dict[KeyHash, int] = {
            (int(first), int(second)): row for row, (first, second) in enumerate(keys)
        }

    def content(self, row: int) -> KeyHash:
        """Return the content hash of a row."""
        first, second = self._contents[row]
        return int(first), int(second)

    def take(self, rows: Sequence[int]) -> pa.RecordBatch:
        """Return the chosen rows."""
        return self.rows.take(pa.array(rows, pa.int64()))


@dataclass(frozen=True, slots=True)
class Excuses:
    """Keys whose rows quarantine accounts for.

    Attributes:
        absent: Rows that were refused: the target need not have them.
        extra: Rows that went on as they were edited: the source, faulty still, need not
            have them.
    """

    absent: frozenset[KeyHash] = frozenset()
    extra: frozenset[KeyHash] = frozenset()


def compare(source: Rows, target: Rows, excused: Excuses) -> LeafDifference:
    """Return what differs and is not excused."""
    absent, changed = [], []
    for key, row in source.at.items():
        there = target.at.get(key)
        if there is None:
            if key not in excused.absent:
                absent.append(row)
        elif source.content(row) != target.content(there):
            changed.append(row)
    extra = [
        row
        for key, row in target.at.items()
        if key not in source.at and key not in excused.extra
    ]
    return LeafDifference(source.take(absent), source.take(changed), target.take(extra))


def _empty(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist([], schema=schema)


def excused_keys(rows: pa.RecordBatch, key: Sequence[str]) -> frozenset[KeyHash]:
    """Return the keys of rows, to be excused."""
    hashed = np.asarray(key_hashes(rows, key))
    return frozenset((int(first), int(second)) for first, second in hashed)
