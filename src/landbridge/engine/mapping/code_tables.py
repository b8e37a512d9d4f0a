"""Where the pairs of a code table come from."""

from typing import Protocol

import pyarrow as pa

from landbridge.specs.mapping import FileCodeTable, StreamCodeTable


class CodeTables(Protocol):
    """Reads code tables; the engine knows neither files nor connections."""

    def pairs(self, table: FileCodeTable | StreamCodeTable) -> pa.Table:
        """Return columns `key` and `value` of a code table, as the source types them.

        Raises:
            LandbridgeError: It cannot be read, or has no such columns.
        """
        ...
