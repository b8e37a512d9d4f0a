"""Receipts: what a set of rows contains, in a few bytes that can be added and compared."""

import re
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from landbridge.engine.receipts.rowhash import ALGORITHM, row_hashes
from landbridge.kernel.errors import ReceiptMismatchError

_MODULUS = 1 << 128
_HALF = np.uint64(32)
_LOW = np.uint64(0xFFFF_FFFF)
_TEXT = re.compile(r"([a-z0-9.-]+):([0-9]+):([0-9a-f]{32})")


@dataclass(frozen=True, slots=True)
class Receipt:
    """The content of a set of rows, whatever their order and division into batches.

    Receipts of equal content are equal; receipts of different content differ but for a
    chance of about 2^-100 (docs/decisions/0002-row-hash.md).

    Attributes:
        rows: Number of rows.
        digest: Sum of the 128-bit row hashes modulo 2^128.
        algorithm: The hash function; receipts of different ones cannot be compared.

    Example:
        >>> rows = pa.record_batch({"id": [1, 2]})
        >>> Receipt.of(rows) == Receipt.of(rows.slice(1)) + Receipt.of(rows.slice(0, 1))
        True
    """

    rows: int = 0
    digest: int = 0
    algorithm: str = ALGORITHM

    @classmethod
    def of(cls, rows: pa.RecordBatch) -> Self:
        """Return the receipt of one batch; `Receipt()` is that of no rows."""
        hashes = row_hashes(rows)
        digest = _sum(hashes[:, 0]) + (_sum(hashes[:, 1]) << 64)
        return cls(rows.num_rows, digest % _MODULUS)

    def __add__(self, other: "Receipt") -> "Receipt":
        """Return the receipt of the rows of both.

        Raises:
            ReceiptMismatchError: They were made by different algorithms.
        """
        if self.algorithm != other.algorithm:
            raise ReceiptMismatchError(
                f"a receipt by {other.algorithm} cannot be added to one by {self.algorithm}",
                hint="Read the rows again to make both receipts by the same algorithm.",
            )
        return Receipt(
            self.rows + other.rows, (self.digest + other.digest) % _MODULUS, self.algorithm
        )

    def to_text(self) -> str:
        """Return the stable text form, for a column of a table: ``lb1:ROWS:HEX``."""
        return f"{self.algorithm}:{self.rows}:{self.digest:032x}"

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read what `to_text` wrote.

        Raises:
            ReceiptMismatchError: The text is not a receipt.
        """
        match = _TEXT.fullmatch(text)
        if match is None:
            raise ReceiptMismatchError("the stored text is not a receipt", text=text[:80])
        algorithm, rows, digest = match.groups()
        return cls(int(rows), int(digest, 16), algorithm)


def _sum(words: NDArray[np.uint64]) -> int:
    """The exact sum, for fewer than 2^32 words."""
    return int((words & _LOW).sum()) + (int((words >> _HALF).sum()) << 32)
