"""Run as a program: copy numbered rows to a file as the runtime does, until killed or done.

Arguments: folder, format as JSON, mode, generation, run.
"""

import json
import sys
from pathlib import Path

import pyarrow as pa

from landbridge.connectors.files.options import FilesOptions
from landbridge.connectors.files.sink import FilesSink
from landbridge.data.batch import Position
from landbridge.data.ledger import Counts
from landbridge.data.types import Meaning, column
from landbridge.sdk.manifest import Context
from landbridge.sdk.progress import Settled
from landbridge.sdk.sink import Load, WriteMode

COLUMNS = pa.schema(
    [
        column("generation", pa.int32(), Meaning("int")),
        column("share", pa.string(), Meaning("text")),
        column("n", pa.int64(), Meaning("int"), nullable=False),
    ]
)
SHARES = ("left", "right")
BATCHES = 12
ROWS = 50
LOAD = "kill/copy"


def options_of(text: str) -> FilesOptions:
    return FilesOptions.model_validate_json(
        json.dumps({"path": "out", "format": json.loads(text)})
    )


def batch(generation: int, share: str, number: int) -> pa.RecordBatch:
    numbers = range(number * ROWS, (number + 1) * ROWS)
    return pa.RecordBatch.from_arrays(
        [
            pa.array([generation] * ROWS, pa.int32()),
            pa.array([share] * ROWS),
            pa.array(numbers, pa.int64()),
        ],
        schema=COLUMNS,
    )


def copy(
    folder: Path, options: FilesOptions, mode: WriteMode, generation: int, run: str
) -> None:
    """Go on with the generation where its progress says it stands, and publish it."""
    sink = FilesSink(options, Context(folder, folder))
    known = sink.progress(LOAD, "t")
    begun = known is not None and known.generation == generation
    if begun and known is not None and known.state == "published":
        return
    load = Load(LOAD, run, generation, "t", COLUMNS, mode, resume=begun)
    loading = sink.open(load)
    shares = {} if not begun or known is None else known.shares
    writers = {share: loading.writer() for share in SHARES}
    for number in range(BATCHES):
        for share in SHARES:
            settled = shares.get(share)
            if settled is None or settled.batches <= number:
                rows = (number + 1) * ROWS
                now = Settled(
                    share,
                    number + 1,
                    Position(str(rows).encode()),
                    Counts(read=rows, written=rows),
                    done=number + 1 == BATCHES,
                )
                writers[share].write(batch(generation, share, number), now)
    loading.publish()


if __name__ == "__main__":
    _, where, stated, wanted, count, owner = sys.argv
    copy(
        Path(where),
        options_of(stated),
        "replace" if wanted == "replace" else "append",
        int(count),
        owner,
    )
