from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from typing_extensions import override

from landbridge.connectors.files.manifest import WRITES
from landbridge.connectors.files.options import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    FilesOptions,
    NdjsonFormat,
    ParquetFormat,
)
from landbridge.connectors.files.sink import FilesSink
from landbridge.connectors.files.source import FilesSource
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import StreamMissingError
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading
from landbridge.sdk.sink import Change, Load, Loading
from landbridge.testing.sink_contract import CHECKS, SinkCase, SinkCheck

KINDS: dict[str, FileFormat] = {
    "parquet": ParquetFormat(type="parquet"),
    "csv": CsvFormat(type="csv"),
    "csv_gb18030": CsvFormat(type="csv", encoding="gb18030", delimiter=";"),
    "csv_utf16": CsvFormat(type="csv", encoding="utf-16"),
    "ndjson": NdjsonFormat(type="ndjson"),
}
EXCEL_COLUMNS = ("id", "amount", "active", "born", "seen", "ref")


def rows_of(source: FilesSource, stream: str) -> pa.Table | None:
    """Return what a reader of the folder sees."""
    try:
        schema = source.describe(stream).columns
    except StreamMissingError:
        return None
    reading = Reading(stream)
    [share] = source.shares(reading, want=1)
    batches = [batch.rows for batch in source.read(reading, share, after=None)]
    return pa.Table.from_batches(batches, schema)


def sink_case(folder: Path, kind: FileFormat) -> SinkCase:
    options = FilesOptions(path="out", format=kind)
    context = Context(folder, folder)
    return SinkCase(
        build=lambda: FilesSink(options, context),
        rows=lambda stream: rows_of(FilesSource(options, context), stream),
        writes=WRITES,
    )


class Folders(FilesSink):
    """Writes every stream as a folder of files."""

    @override
    def describe(self, stream: str) -> StreamSchema | None:
        found = super().describe(f"{stream}/")
        return None if found is None else replace(found, stream=stream)

    @override
    def changes(self, load: Load) -> Sequence[Change]:
        return super().changes(_in_folder(load))

    @override
    def open(self, load: Load) -> Loading:
        return super().open(_in_folder(load))


def _in_folder(load: Load) -> Load:
    return replace(load, stream=f"{load.stream.rstrip('/')}/")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_keeps_the_sink_contract(tmp_path: Path, kind: FileFormat, check: SinkCheck) -> None:
    check(sink_case(tmp_path, kind))


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_folder_of_files_keeps_the_sink_contract(tmp_path: Path, check: SinkCheck) -> None:
    case = sink_case(tmp_path, KINDS["parquet"])
    writes = replace(WRITES, modes=frozenset({"append"}))
    options = FilesOptions(path="out")
    context = Context(tmp_path, tmp_path)
    check(
        replace(
            case,
            build=lambda: Folders(options, context),
            rows=lambda stream: rows_of(FilesSource(options, context), f"{stream}/"),
            writes=writes,
        )
    )


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_workbooks_keep_the_sink_contract(tmp_path: Path, check: SinkCheck) -> None:
    case = sink_case(tmp_path, ExcelFormat(type="excel"))
    writes = replace(WRITES, modes=frozenset({"replace"}))
    check(replace(case, writes=writes, columns=EXCEL_COLUMNS))
