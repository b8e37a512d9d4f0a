"""Rows as the driver delivers them, failures with their SQLSTATE."""

from collections.abc import Iterator

import pyarrow as pa
from adbc_driver_manager import _reader
from adbc_driver_postgresql import dbapi

from landbridge.connectors.postgres.errors import explained_reading

_BATCH_OPTION = "adbc.postgresql.batch_size_hint_bytes"


def arriving(
    session: dbapi.Connection, statement: str, stream: str, batch_bytes: int
) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a SELECT in batches of about a size."""
    with explained_reading(stream), session.cursor() as cursor:
        cursor.adbc_statement.set_options(**{_BATCH_OPTION: str(batch_bytes)})
        cursor.execute(statement)
        handle = cursor.fetch_arrow()
        # Arrow's own reader forgets the SQLSTATE; this one remembers where the driver left it,
        # and is asked only while the stream is alive.
        told = _reader.AdbcRecordBatchReader._import_from_c(handle.address)  # pyright: ignore[reportPrivateUsage]
        rows: pa.RecordBatchReader = told._reader  # pyright: ignore[reportPrivateUsage]
        while True:
            try:
                batch = rows.read_next_batch()
            except StopIteration:
                return
            except (pa.ArrowException, OSError) as error:
                told._helper.check_error(error)  # pyright: ignore[reportPrivateUsage]
                raise
            yield batch
