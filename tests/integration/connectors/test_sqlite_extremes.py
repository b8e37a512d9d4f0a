"""What SQLite would change in silence is refused, row by row, with the reason."""

from contextlib import closing
from pathlib import Path

import pyarrow as pa
import pytest

from landbridge.connectors.sqlite.options import SqliteOptions
from landbridge.connectors.sqlite.sink import SqliteSink
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.types import INSTANT, TIMESTAMP, canonical
from landbridge.kernel.errors import RowsRefusedError
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load

LEAST, GREATEST = -(2**63), 2**63 - 1


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (pa.array([0.0, -0.0, None]), "-0.0"),
        (pa.array([1, LEAST, None]).cast(TIMESTAMP), "infinite"),
        (pa.array([1, GREATEST, None]).cast(INSTANT), "infinite"),
    ],
)
def test_a_value_that_would_change_refuses_its_row(
    tmp_path: Path, values: pa.Array, reason: str
) -> None:
    context = Context(tmp_path, tmp_path)
    rows = pa.record_batch({"id": pa.array([1, 2, 3]), "v": values})
    rows = pa.RecordBatch.from_arrays(rows.columns, schema=canonical(rows.schema))
    with closing(SqliteSink(SqliteOptions(path=Path("t.sqlite")), context)) as sink:
        load = Load("load", "run", 1, "t", rows.schema, "append")
        with closing(sink.open(load)) as loading, closing(loading.writer()) as writer:
            with pytest.raises(RowsRefusedError) as failure:
                writer.write(rows, _settled(rows))
            assert set(failure.value.rejected) == {1}
            assert reason in failure.value.rejected[1]
            kept = rows.take(pa.array([0, 2]))
            writer.write(kept, _settled(kept))


def _settled(rows: pa.RecordBatch) -> Settled:
    counts = Counts(read=rows.num_rows, written=rows.num_rows)
    return Settled("all", 1, Position(b"1"), counts)
