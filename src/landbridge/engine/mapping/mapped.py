"""What mapping a batch gives: rows for the target, and an account of the others."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from typing_extensions import override

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why one row of a batch cannot go on.

    Attributes:
        row: Its index in the batch that the source delivered.
        code: Stable code (`mapping.cast`, `mapping.required`, `mapping.code_table`,
            `mapping.key_null`, `sink.rows_refused`…).
        field: The field of the target concerned, or "".
        reason: Why, in a sentence.
    """

    row: int
    code: str
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapped batch.

    Attributes:
        rows: Rows for the target, in order.
        origins: For each of them its index in the source's batch; None when all are there.
        filtered: Rows the filter left out.
        faults: Rows that failed, one fault each.
    """

    rows: pa.RecordBatch
    origins: Indices | None = None
    filtered: int = 0
    faults: tuple[RowFault, ...] = ()

    def origin_of(self, index: int) -> int:
        """Return which row of the source's batch became row `index`."""
        return index if self.origins is None else int(self.origins[index])

    def without(self, dropped: npt.NDArray[np.bool_], faults: tuple[RowFault, ...]) -> "Mapped":
        """Return the batch without the marked rows, with more faults."""
        kept = ~dropped
        origins = np.arange(self.rows.num_rows) if self.origins is None else self.origins
        return Mapped(
            rows=self.rows.filter(pa.array(kept)),
            origins=origins[kept],
            filtered=self.filtered,
            faults=(*self.faults, *faults),
        )


class RowMapping(Protocol):
    """A compiled mapping. `apply` is called from several threads at once."""

    @property
    def columns(self) -> pa.Schema:
        """Columns that come out, in canonical storage with their meaning."""
        ...

    def apply(self, rows: pa.RecordBatch) -> Mapped:
        """Map one batch; never raises because of a row's data."""
        ...

    def source_of(self, column: str) -> str | None:
        """Return the source field that `column` takes unchanged, or None."""
        ...


class IdentityMapping(RowMapping):
    """Every field stays as it is; costs nothing."""

    def __init__(self, columns: pa.Schema) -> None:
        self._columns = columns

    @property
    @override
    def columns(self) -> pa.Schema:
        return self._columns

    @override
    def apply(self, rows: pa.RecordBatch) -> Mapped:
        return Mapped(rows)

    @override
    def source_of(self, column: str) -> str | None:
        return column
