"""Reading files in tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from pydantic import JsonValue

from landbridge.connectors.files.options import FilesOptions
from landbridge.connectors.files.source import FilesSource
from landbridge.data.batch import Batch
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading

Json = Mapping[str, JsonValue]


def source_of(folder: Path, **options: JsonValue) -> FilesSource:
    built = FilesOptions.model_validate_json(json.dumps({"path": ".", **options}))
    return FilesSource(built, Context(folder, folder))


def batches_of(source: FilesSource, reading: Reading) -> list[Batch]:
    return [
        batch
        for share in source.shares(reading, want=1)
        for batch in source.read(reading, share, after=None)
    ]


def table_of(source: FilesSource, stream: str, batch_bytes: int = 1 << 20) -> pa.Table:
    batches = batches_of(source, Reading(stream, batch_bytes=batch_bytes))
    return pa.Table.from_batches(
        [batch.rows for batch in batches], source.describe(stream).columns
    )


def csv_rows(path: Path, content: str | bytes, **csv: Any) -> list[tuple[object, ...]]:
    """Write a CSV file and return what is read of it."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    source = source_of(path.parent, format={"type": "csv", **csv})
    return [tuple(row.values()) for row in table_of(source, path.name).to_pylist()]
