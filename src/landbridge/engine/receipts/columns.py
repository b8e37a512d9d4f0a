"""What every kind of column shares: validity, buffer views and the fixed-width cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from typing_extensions import override

from landbridge.engine.receipts.lanes import Lanes, Salt, Words

Cells = Iterator[tuple[int, Words]]


class Column(Protocol):
    """One column of a schema, ready to add its values to the lanes of their rows."""

    @property
    def present(self) -> tuple[int, int]:
        """What the column adds to the two lanes of every row, whatever the value."""
        ...

    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        """Add each value to the lanes of its row; there are as many rows as lanes."""
        ...


@dataclass(frozen=True, slots=True)
class WordColumn(Column):
    """A column whose value is a few 64-bit words.

    Attributes:
        salt: The constants of the column.
        cells: Gives the numbered words of an array without regard to NULL; words that are
            not given count as 0.
    """

    salt: Salt
    cells: Callable[[pa.Array], Cells]

    @property
    @override
    def present(self) -> tuple[int, int]:
        return self.salt.present

    @override
    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        valid = validity(values)
        for cell, words in self.cells(values):
            kept = words if valid is None else words * valid
            lanes.add(kept, self.salt, cell)
        if valid is not None:
            lanes.add_nulls(valid ^ np.uint64(1), self.salt)


@dataclass(frozen=True, slots=True)
class NullColumn(Column):
    """A column of Arrow's null type: it has a name and no values."""

    salt: Salt

    @property
    @override
    def present(self) -> tuple[int, int]:
        return self.salt.present

    @override
    def absorb(self, values: pa.Array, lanes: Lanes) -> None:
        pass  # every value is the same NULL


def validity(values: pa.Array) -> Words | None:
    """1 for each value and 0 for each NULL, or None when there is no NULL."""
    if values.null_count == 0:
        return None
    return bits(values.buffers()[0], values.offset, len(values)).astype(np.uint64)


def bits(buffer: pa.Buffer, offset: int, count: int) -> NDArray[np.uint8]:
    """The given bits of a bitmap, one byte each."""
    start = offset // 8
    used = np.frombuffer(buffer, np.uint8, (offset + count + 7) // 8 - start, start)
    return np.unpackbits(used, bitorder="little")[offset % 8 :][:count]


def view(values: pa.Array, dtype: str, width: int = 1) -> NDArray[Any]:
    """The values' own memory as an array, `width` items per value; never a copy."""
    item = np.dtype(dtype).itemsize
    buffer = values.buffers()[1]
    return np.frombuffer(buffer, dtype, len(values) * width, values.offset * width * item)
