"""How rows become parts of a file, and parts a file."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol, assert_never

import pyarrow as pa
import pyarrow.csv as pacsv
from typing_extensions import override

from landbridge.connectors.files.ndjson_text import ndjson_lines
from landbridge.connectors.files.options import (
    CsvFormat,
    ExcelFormat,
    FileFormat,
    NdjsonFormat,
    ParquetFormat,
)
from landbridge.connectors.files.parquet_files import keyed
from landbridge.connectors.files.parquet_join import join_parquet, writer_to
from landbridge.data.schema import StreamSchema
from landbridge.kernel.errors import OptionsInvalidError, SchemaChangedError
from landbridge.sdk.texts import text_column

_COPIED = 1 << 20
_MARKED = {"utf-16": "utf-16-le", "utf-32": "utf-32-le", "utf-8-sig": "utf-8"}
"""Encodings that begin with a mark, which only the beginning of a file may have."""


class Encoder(Protocol):
    """One format of files, as it is written."""

    @property
    def ending(self) -> str:
        """The ending of a file's name."""
        ...

    @property
    def part_ending(self) -> str:
        """The ending of a part's name."""
        ...

    def refusals(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        """Return which rows the format cannot hold, by index, each with the reason."""
        ...

    def write_part(self, rows: pa.RecordBatch, path: Path) -> None:
        """Write rows, none of them refused, to a new file."""
        ...

    def join(
        self, old: Path | None, parts: Sequence[Path], target: Path, schema: StreamSchema
    ) -> None:
        """Write the rows of an earlier file, if any, and of all parts to a new file.

        Raises:
            SchemaChangedError: The earlier file is not of this shape.
        """
        ...


def encoder_of(options: FileFormat) -> Encoder:
    """Return what writes files of a format.

    Raises:
        OptionsInvalidError: The options describe files that are only read.
    """
    match options:
        case CsvFormat():
            return CsvEncoder(options)
        case NdjsonFormat():
            return NdjsonEncoder(options)
        case ParquetFormat():
            return ParquetEncoder(options)
        case ExcelFormat():
            return ExcelEncoder(options)
        case _:
            assert_never(options)


class ParquetEncoder(Encoder):
    """Parts are Parquet files; joining copies their row groups."""

    def __init__(self, options: ParquetFormat) -> None:
        self._zipped = options.compression

    @property
    @override
    def ending(self) -> str:
        return ".parquet"

    @property
    @override
    def part_ending(self) -> str:
        return ".parquet"

    @override
    def refusals(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        return {}

    @override
    def write_part(self, rows: pa.RecordBatch, path: Path) -> None:
        with writer_to(path, rows.schema, self._zipped) as writer:
            writer.write_batch(rows, row_group_size=max(rows.num_rows, 1))

    @override
    def join(
        self, old: Path | None, parts: Sequence[Path], target: Path, schema: StreamSchema
    ) -> None:
        columns = keyed(schema.columns, schema.key, schema.comment)
        whole = [old, *parts] if old is not None else list(parts)
        join_parquet(whole, target, columns, self._zipped)


class CsvEncoder(Encoder):
    """Texts between quotes and NULL as nothing, so that NULL and "" stay apart."""

    def __init__(self, options: CsvFormat) -> None:
        if options.quote not in (None, '"') or options.header is False:
            raise OptionsInvalidError(
                'CSV files are written with a header and with " around texts'
            )
        if "" not in options.null_texts:
            raise OptionsInvalidError('CSV files are written with "" among the null_texts')
        self._delimiter = options.delimiter or ","
        stated = options.encoding or "utf-8"
        self._marked = stated in _MARKED
        self._encoding = _MARKED.get(stated, stated)

    @property
    @override
    def ending(self) -> str:
        return ".csv"

    @property
    @override
    def part_ending(self) -> str:
        return ".csv"

    @override
    def refusals(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        return unencodable(rows, self._encoding)

    @override
    def write_part(self, rows: pa.RecordBatch, path: Path) -> None:
        arrays = [_csv_array(column) for column in rows.columns]
        plain = pa.RecordBatch.from_arrays(arrays, names=rows.schema.names)
        path.write_bytes(self._encoded(plain, header=False))

    @override
    def join(
        self, old: Path | None, parts: Sequence[Path], target: Path, schema: StreamSchema
    ) -> None:
        head = self._head(schema.columns.names)
        with target.open("wb") as file:
            file.write(head)
            if old is not None:
                _append_old(old, head, "\n".encode(self._encoding), file)
            append_files(parts, file)

    def _head(self, names: Sequence[str]) -> bytes:
        table = pa.table({name: pa.array([], pa.string()) for name in names})
        try:
            return ("\ufeff" if self._marked else "").encode(self._encoding) + self._encoded(
                table, header=True
            )
        except UnicodeEncodeError as error:
            raise OptionsInvalidError(
                f"the name of a column cannot be written in {self._encoding}",
                hint="rename the column in the mapping, or write in utf-8",
            ) from error

    def _encoded(self, rows: pa.RecordBatch | pa.Table, *, header: bool) -> bytes:
        text = pa.BufferOutputStream()
        options = pacsv.WriteOptions(include_header=header, delimiter=self._delimiter)
        pacsv.write_csv(rows, text, options)
        found: bytes = text.getvalue().to_pybytes()
        return found if self._encoding == "utf-8" else found.decode().encode(self._encoding)


class NdjsonEncoder(Encoder):
    """One JSON object a line."""

    def __init__(self, options: NdjsonFormat) -> None:
        if options.encoding != "utf-8":
            raise OptionsInvalidError("NDJSON files are written in UTF-8")

    @property
    @override
    def ending(self) -> str:
        return ".ndjson"

    @property
    @override
    def part_ending(self) -> str:
        return ".ndjson"

    @override
    def refusals(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        return {}

    @override
    def write_part(self, rows: pa.RecordBatch, path: Path) -> None:
        path.write_bytes(ndjson_lines(rows))

    @override
    def join(
        self, old: Path | None, parts: Sequence[Path], target: Path, schema: StreamSchema
    ) -> None:
        with target.open("wb") as file:
            if old is not None:
                _append_old(old, b"", b"\n", file)
            append_files(parts, file)


class ExcelEncoder(Encoder):
    """Parts are Parquet files; the workbook is made of them in the end."""

    def __init__(self, options: ExcelFormat) -> None:
        self._sheet = options.sheet or "Sheet1"
        if options.header_row != 1:
            raise OptionsInvalidError("workbooks are written with their names in row 1")

    @property
    @override
    def ending(self) -> str:
        return ".xlsx"

    @property
    @override
    def part_ending(self) -> str:
        return ".parquet"

    @override
    def refusals(self, rows: pa.RecordBatch) -> Mapping[int, str]:
        from landbridge.connectors.files.workbook import (  # noqa: PLC0415  start-up time
            sheet_refusals,
        )

        return sheet_refusals(rows)

    @override
    def write_part(self, rows: pa.RecordBatch, path: Path) -> None:
        with writer_to(path, rows.schema, "snappy") as writer:
            writer.write_batch(rows)

    @override
    def join(
        self, old: Path | None, parts: Sequence[Path], target: Path, schema: StreamSchema
    ) -> None:
        if old is not None:
            raise SchemaChangedError(
                "rows cannot be added to a workbook without losing what else it holds",
                hint="write it with mode replace",
            )
        from landbridge.connectors.files.workbook import (  # noqa: PLC0415  start-up time
            write_workbook,
        )

        write_workbook(parts, target, schema.columns, self._sheet)


def unencodable(rows: pa.RecordBatch, encoding: str) -> Mapping[int, str]:
    """Return the rows with a text that the encoding cannot write."""
    found: dict[int, str] = {}
    if encoding.startswith(("utf", "gb18030")):
        return found
    for field, column in zip(rows.schema, rows.columns, strict=True):
        if not pa.types.is_string(field.type):
            continue
        for row, text in enumerate(column.to_pylist()):
            try:
                (text or "").encode(encoding)
            except UnicodeEncodeError as error:
                wrong = error.object[error.start]
                found.setdefault(row, f"{field.name}: {wrong!r} is not in {encoding}")
    return found


def append_files(parts: Sequence[Path], file: BinaryIO) -> None:
    """Append the bytes of files."""
    for part in parts:
        with part.open("rb") as opened:
            shutil.copyfileobj(opened, file, _COPIED)


def _append_old(old: Path, head: bytes, newline: bytes, file: BinaryIO) -> None:
    """Append an earlier file but for its head, which must be this, ended by a new line."""
    with old.open("rb") as opened:
        if opened.read(len(head)) != head:
            raise SchemaChangedError(
                f"{old.name} does not begin with the header that is written now",
                hint="write to another file, or with mode replace",
                file=old.name,
            )
        shutil.copyfileobj(opened, file, _COPIED)
        if opened.tell() > len(head):
            opened.seek(-len(newline), os.SEEK_END)
            if opened.read() != newline:
                file.write(newline)


def _csv_array(values: pa.Array) -> pa.Array:
    """Return values that Arrow writes exactly; others as text."""
    storage = values.type
    plain = pa.types.is_string(storage) or pa.types.is_integer(storage)
    if plain or pa.types.is_boolean(storage) or pa.types.is_decimal(storage):
        return values
    return text_column(values)
