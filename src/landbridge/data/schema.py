"""What a stream looks like."""

from dataclasses import dataclass

import pyarrow as pa


@dataclass(frozen=True, slots=True)
class StreamSchema:
    """Columns, key and size of one stream, as its system tells them.

    Attributes:
        stream: Its name in the system, in the form that the connector's catalogue lists.
        columns: Fields in their canonical storage with their meaning (`data.types`).
        key: Columns that identify a row: the primary key, or a unique key of columns that
            are never null. Empty when the system knows none.
        comment: The table's comment, or "".
        rows: Estimated number of rows, or None.
        size_bytes: Estimated size, or None.
    """

    stream: str
    columns: pa.Schema
    key: tuple[str, ...] = ()
    comment: str = ""
    rows: int | None = None
    size_bytes: int | None = None
