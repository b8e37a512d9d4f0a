"""Reading files: whole folders of them as streams, shares by file, positions by row."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import assert_never

import pyarrow as pa
import pyarrow.compute as pc
from typing_extensions import override

from landbridge.connectors.files.csv_files import CsvFiles
from landbridge.connectors.files.excel_files import ExcelFiles
from landbridge.connectors.files.formats import Format, Wanted
from landbridge.connectors.files.ndjson_files import NdjsonFiles
from landbridge.connectors.files.options import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    FilesOptions,
    NdjsonFormat,
    ParquetFormat,
)
from landbridge.connectors.files.parquet_files import ParquetFiles, key_and_comment, row_count
from landbridge.connectors.files.places import (
    FilePart,
    Folder,
    parts_from_text,
)
from landbridge.connectors.files.shares import cut
from landbridge.connectors.files.sidecar import schema_beside
from landbridge.data.batch import Batch, Position
from landbridge.data.schema import StreamSchema
from landbridge.data.types import INSTANT, Meaning, column
from landbridge.kernel.errors import PositionUnusableError
from landbridge.sdk.manifest import Context
from landbridge.sdk.reading import Reading, Share
from landbridge.sdk.row_filter import bound_text, columns_needed, greatest, rows_kept
from landbridge.sdk.source import Source, StreamEntry

FILE = "_file"
MODIFIED = "_modified"
_FILE_COLUMNS = (
    column(FILE, pa.string(), Meaning("text"), nullable=False),
    column(MODIFIED, INSTANT, Meaning("instant"), nullable=False),
)


class FilesSource(Source):
    """Read side of a folder.

    A share is a list of files, or of row groups, as they stood when it was cut; a file
    that has changed since is refused. A position is the file and the rows of it delivered.
    """

    def __init__(self, options: FilesOptions, context: Context) -> None:
        self._options = options
        self._folder = Folder(options, context.folder)
        self._schemas: dict[str, pa.Schema] = {}
        self._lock = threading.Lock()

    @override
    def check(self) -> str:
        return self._folder.check()

    @override
    def streams(self) -> Iterator[StreamEntry]:
        for name in self._folder.catalogue():
            yield StreamEntry(name, "file")

    @override
    def describe(self, stream: str) -> StreamSchema:
        parts = self._folder.files(stream)
        key, comment, rows = self._notes(stream, parts)
        return StreamSchema(
            stream,
            self._columns(stream, parts),
            key=self._folder.key(stream) or key,
            comment=comment,
            rows=rows,
            size_bytes=sum(part.size for part in parts),
        )

    @override
    def newest(self, reading: Reading, column: str) -> str | None:
        if self._options.file_columns and column == MODIFIED:
            parts = self._chosen(reading)
            times = [part.modified for part in parts]
            return max(times).isoformat() if times else None
        narrow = Reading(reading.stream, (column,), reading.window, batch_bytes=4 << 20)
        [whole] = self.shares(narrow, want=1)
        found = [batch.rows.column(0) for batch in self.read(narrow, whole, after=None)]
        largest = greatest(found, found[0].type) if found else None
        return None if largest is None else bound_text(largest)

    @override
    def shares(self, reading: Reading, *, want: int) -> Sequence[Share]:
        parts = self._chosen(reading)
        formats = {part.name: self._folder.format(reading.stream, part.name) for part in parts}
        return cut(parts, formats, self._folder, want)

    @override
    def read(
        self, reading: Reading, share: Share, *, after: Position | None
    ) -> Iterator[Batch]:
        parts = parts_from_text(share.bounds)
        first, skip = _resumed(after, parts)
        every = self._known_columns(reading.stream)
        needed = columns_needed(reading, every)
        stored = pa.schema([field for field in every if field.name not in (FILE, MODIFIED)])
        own = pa.schema([field for field in stored if field.name in needed])
        wanted_columns = list(reading.columns if reading.columns is not None else every.names)
        for at in range(first, len(parts)):
            part = parts[at]
            self._folder.check_unchanged(part)
            wanted = Wanted(
                own, stored, skip, reading.batch_bytes, part.first_group, part.groups
            )
            seen, skip = skip, 0
            for rows in self._format(reading.stream, part).batches(
                self._folder.path(part.name), wanted
            ):
                seen += rows.num_rows
                full = _with_file_columns(rows, part, needed)
                kept = rows_kept(full, reading)
                chosen = full if kept is None else full.filter(kept)
                if chosen.num_rows:
                    position = Position(f"{at}:{seen}".encode())
                    yield Batch(chosen.select(wanted_columns), position)
            self._folder.check_unchanged(part)

    @override
    def close(self) -> None:
        pass  # every file is closed by the read that opened it

    def _chosen(self, reading: Reading) -> list[FilePart]:
        """Return the files that can hold rows of the reading."""
        parts = self._folder.files(reading.stream)
        window = reading.window
        if not self._options.file_columns or window is None:
            return parts
        if window.column not in (FILE, MODIFIED):
            return parts
        return [part for part in parts if _is_kept(part, reading)]

    def _columns(self, stream: str, parts: Sequence[FilePart]) -> pa.Schema:
        """Return the columns, and keep them: files that arrive later do not change them."""
        paths = [self._folder.path(part.name) for part in parts]
        found = self._format(stream, parts[0]).columns(paths)
        if self._options.file_columns:
            found = pa.schema([*found, *_FILE_COLUMNS])
        with self._lock:
            self._schemas[stream] = found
        return found

    def _known_columns(self, stream: str) -> pa.Schema:
        with self._lock:
            found = self._schemas.get(stream)
        return found or self._columns(stream, self._folder.files(stream))

    def _format(self, stream: str, part: FilePart) -> Format:
        return reader_of(self._folder.format(stream, part.name))

    def _notes(
        self, stream: str, parts: Sequence[FilePart]
    ) -> tuple[tuple[str, ...], str, int | None]:
        """Return key, comment and number of rows, where the files say them."""
        path = self._folder.path(parts[0].name)
        if isinstance(self._folder.format(stream, parts[0].name), ParquetFormat):
            rows = sum(row_count(self._folder.path(part.name)) for part in parts)
            return *key_and_comment(path), rows
        beside = schema_beside(path)
        return ((), "", None) if beside is None else (beside.key, beside.comment, None)


def reader_of(options: FileFormat) -> Format:
    """Return what reads files of a format."""
    match options:
        case CsvFormat():
            return CsvFiles(options)
        case NdjsonFormat():
            return NdjsonFiles(options)
        case ParquetFormat():
            return ParquetFiles()
        case ExcelFormat():
            return ExcelFiles(options)
        case _:
            assert_never(options)


def columns_of(path: Path, options: FileFormat) -> pa.Schema:
    """Return the columns of one file."""
    return reader_of(options).columns([path])


def _resumed(after: Position | None, parts: Sequence[FilePart]) -> tuple[int, int]:
    if after is None:
        return 0, 0
    file, _, row = after.decode("ascii", "replace").partition(":")
    if not (file.isdecimal() and row.isdecimal() and int(file) < len(parts)):
        raise PositionUnusableError("the position is not of this share")
    return int(file), int(row)


def _is_kept(part: FilePart, reading: Reading) -> bool:
    kept = rows_kept(_file_row(part), replace(reading, keys=None))
    return kept is None or bool(kept[0].as_py())


def _file_row(part: FilePart) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays(
        [pa.array([part.name]), pa.array([part.modified], INSTANT)],
        schema=pa.schema(_FILE_COLUMNS),
    )


def _with_file_columns(
    rows: pa.RecordBatch, part: FilePart, needed: Sequence[str]
) -> pa.RecordBatch:
    arrays, fields = list(rows.columns), list(rows.schema)
    one = _file_row(part)
    for field in _FILE_COLUMNS:
        if field.name in needed:
            value = pc.cast(one.column(field.name), field.type)[0]
            arrays.append(pa.repeat(value, rows.num_rows))
            fields.append(field)
    return pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))
