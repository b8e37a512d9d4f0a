"""The unit of data that moves: Arrow rows plus where to resume."""

from dataclasses import dataclass
from typing import NewType

import pyarrow as pa

Position = NewType("Position", bytes)
"""Where a share resumes, opaque to all but the source that made it. At most 4 KiB."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows, and the position that resumes *after* them."""

    rows: pa.RecordBatch
    resume: Position
