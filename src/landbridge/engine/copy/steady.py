"""Reading a whole stream through infrastructure failures, each row once."""

from collections.abc import Iterator

import pyarrow as pa

from landbridge.data.batch import Position
from landbridge.data.schema import StreamSchema
from landbridge.engine.copy.ends_open import OpenSource
from landbridge.engine.copy.tries import Tries
from landbridge.kernel.errors import LandbridgeError
from landbridge.sdk.reading import Reading, Share


class SteadySource:
    """A source that is read again after its last position when the system went away.

    Args:
        source: The open source; renewed when its connection is lost.
        tries: Counts failures and waits.
        resumable: Whether the source resumes inside a share; one that does not fails at
            the first failure behind a delivered row.
    """

    def __init__(self, source: OpenSource, tries: Tries, *, resumable: bool) -> None:
        self._source = source
        self._tries = tries
        self._resumable = resumable

    def read(self, reading: Reading) -> Iterator[pa.RecordBatch]:
        """Yield every row of a reading, share after share."""
        shares = self._tries.until_done(
            lambda: self._source.current().shares(reading, want=1), self._recover
        )
        for share in shares:
            yield from self._share(reading, share)

    def newest(self, reading: Reading, column: str) -> str | None:
        """Return the greatest value of a column, as `Source.newest` does."""
        return self._tries.until_done(
            lambda: self._source.current().newest(reading, column), self._recover
        )

    def describe(self, stream: str) -> StreamSchema:
        """Return what a stream looks like, as `Source.describe` does."""
        return self._tries.until_done(
            lambda: self._source.current().describe(stream), self._recover
        )

    def close(self) -> None:
        """Close the source."""
        self._source.close()

    def _share(self, reading: Reading, share: Share) -> Iterator[pa.RecordBatch]:
        after: Position | None = None
        while True:
            before = after
            try:
                batches = self._source.current().read(reading, share, after=after)
                for batch in batches:
                    yield batch.rows
                    after = batch.resume
            except LandbridgeError as error:
                if after is not None and not self._resumable:
                    raise
                self._tries.wait(error, progressed=after != before)
                self._recover(error)
            else:
                return

    def _recover(self, error: LandbridgeError) -> None:
        if error.retry == "reconnect":
            self._source.renew(self._source.current())
