"""What reading needs of a format, and the formats there are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read of a file.

    Attributes:
        columns: The columns wanted, a part of those described, in their order.
        every: All columns of the stream.
        skip: Rows at the beginning that are not wanted again.
        batch_bytes: Size of a batch to aim at.
        first_group: First row group, of Parquet.
        groups: Row groups, or -1 for all.
    """

    columns: pa.Schema
    every: pa.Schema
    skip: int
    batch_bytes: int
    first_group: int = 0
    groups: int = -1


class Format(Protocol):
    """How one kind of file is read."""

    def columns(self, files: Sequence[Path]) -> pa.Schema:
        """Return the columns of files of one shape, in canonical storage.

        Raises:
            DataUnreadableError: They are not such files.
        """
        ...

    def batches(self, file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        """Yield the rows in file order, past those to skip, in exactly `wanted.columns`.

        Raises:
            DataUnreadableError: A row cannot be read exactly; facts name its place.
        """
        ...
