"""Mappings that only choose, order and rename fields: no value is touched."""

from collections.abc import Sequence

import pyarrow as pa
from typing_extensions import override

from landbridge.engine.mapping.mapped import Mapped, RowMapping


class SelectMapping(RowMapping):
    """Takes columns as they are; costs nothing per row.

    Args:
        columns: Columns that come out.
        sources: For each of them its index in the source.
        names: Names of the source's fields.
    """

    def __init__(
        self, columns: pa.Schema, sources: Sequence[int], names: Sequence[str]
    ) -> None:
        self._columns = columns
        self._sources = sources
        self._names = names

    @property
    @override
    def columns(self) -> pa.Schema:
        return self._columns

    @override
    def apply(self, rows: pa.RecordBatch) -> Mapped:
        arrays = [rows.column(at) for at in self._sources]
        return Mapped(pa.RecordBatch.from_arrays(arrays, schema=self._columns))

    @override
    def source_of(self, column: str) -> str | None:
        at = self._columns.get_field_index(column)
        return None if at < 0 else str(self._names[self._sources[at]])
