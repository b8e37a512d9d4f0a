"""Reading NDJSON: one JSON object a line."""

import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
from typing_extensions import override

from landbridge.connectors.files.encodings import Utf8Reader
from landbridge.connectors.files.errors import explained
from landbridge.connectors.files.formats import Format, Wanted
from landbridge.connectors.files.options import NdjsonFormat
from landbridge.connectors.files.sidecar import columns_beside
from landbridge.kernel.errors import DataUnreadableError
from landbridge.sdk.batching import regrouped
from landbridge.sdk.json_rows import (
    JsonMisfitError,
    JsonObject,
    infer_columns,
    parse_json,
    rows_of,
)

_SAMPLE_ROWS = 10_000
_SAMPLE_BYTES = 16 << 20
_CHUNK_BYTES = 1 << 20
_Line = tuple[int, bytes]


class NdjsonFiles(Format):
    """NDJSON files with the options of a connection or stream."""

    def __init__(self, options: NdjsonFormat) -> None:
        self._options = options

    @override
    def columns(self, files: Sequence[Path]) -> pa.Schema:
        beside = columns_beside(files[0])
        if beside is not None and not self._options.columns:
            return beside
        found: list[JsonObject] = []
        size = 0
        for file in files:
            for number, text in self._lines(file):
                size += len(text)
                found.append(self._object(file, number, text))
                if len(found) >= _SAMPLE_ROWS or size >= _SAMPLE_BYTES:
                    return infer_columns(found, self._options.columns)
        return infer_columns(found, self._options.columns)

    @override
    def batches(self, file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        yield from regrouped(self._chunks(file, wanted), wanted.batch_bytes)

    def _chunks(self, file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        known = frozenset(wanted.every.names)
        refuse = self._options.unknown_fields == "refuse"
        enough = min(wanted.batch_bytes, _CHUNK_BYTES)
        numbers: list[int] = []
        objects: list[JsonObject] = []
        size = 0
        for number, text in islice(self._lines(file), wanted.skip, None):
            one = self._object(file, number, text)
            if refuse and not one.keys() <= known:
                raise _unknown(file, number, sorted(one.keys() - known)[0])
            numbers.append(number)
            objects.append(one)
            size += len(text)
            if size >= enough:
                yield self._rows(file, numbers, objects, wanted.columns)
                numbers, objects, size = [], [], 0
        if objects:
            yield self._rows(file, numbers, objects, wanted.columns)

    def _rows(
        self, file: Path, numbers: list[int], objects: list[JsonObject], columns: pa.Schema
    ) -> pa.RecordBatch:
        try:
            return rows_of(objects, columns)
        except JsonMisfitError as error:
            line = numbers[error.row]
            raise DataUnreadableError(
                f"{file.name}, line {line}, {error}",
                hint=f"declare the type of {error.field} in the format's `columns`; "
                "`string` and `json` take everything",
                file=file.name,
                line=line,
                column=error.field,
            ) from error

    def _lines(self, file: Path) -> Iterator[_Line]:
        """Yield the number and the bytes of every line that is not blank."""
        with (
            explained(file.name),
            io.BufferedReader(Utf8Reader(file, self._options.encoding), 1 << 20) as raw,
        ):
            for number, text in enumerate(raw, start=1):
                if text.strip():
                    yield number, text

    def _object(self, file: Path, number: int, text: bytes) -> JsonObject:
        try:
            found = parse_json(text.decode())
        except UnicodeDecodeError as error:
            raise DataUnreadableError(
                f"{file.name}, line {number}: not {self._options.encoding}",
                hint="state the encoding of the file in its format",
                file=file.name,
                line=number,
            ) from error
        except ValueError as error:
            raise DataUnreadableError(
                f"{file.name}, line {number}: not JSON: {error}", file=file.name, line=number
            ) from error
        if not isinstance(found, dict):
            raise DataUnreadableError(
                f"{file.name}, line {number}: not a JSON object", file=file.name, line=number
            )
        return found


def _unknown(file: Path, line: int, field: str) -> DataUnreadableError:
    return DataUnreadableError(
        f"{file.name}, line {line}: the field {field} is not in the first rows",
        hint=f"declare it in the format's `columns` ({field}: json takes everything), or set "
        "`unknown_fields: ignore`",
        file=file.name,
        line=line,
        column=field,
    )
