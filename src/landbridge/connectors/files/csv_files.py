"""Reading CSV files: fast as Arrow parses, careful where that is not exact enough."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
from typing_extensions import override

from landbridge.connectors.files.csv_cells import typed_rows
from landbridge.connectors.files.csv_shape import CsvShape, shape_of
from landbridge.connectors.files.csv_types import sampled_column
from landbridge.connectors.files.encodings import Utf8Reader, first_bad_byte
from landbridge.connectors.files.errors import explained, translated
from landbridge.connectors.files.formats import Format, Wanted
from landbridge.connectors.files.options import CsvFormat
from landbridge.connectors.files.sidecar import columns_beside
from landbridge.data.types import Meaning, column, meaning_of
from landbridge.kernel.errors import DataUnreadableError
from landbridge.sdk.batching import regrouped
from landbridge.sdk.declared import declared_column
from landbridge.sdk.values import MisfitError

_BLOCK = 4 << 20
_SMALLEST_BLOCK = 256 << 10
_LARGEST_BLOCK = 256 << 20
_SAMPLE = 8 << 20
_DIRECT = frozenset({"bool", "int", "float", "decimal", "date", "time", "timestamp", "instant"})


class CsvFiles(Format):
    """CSV files with the options of a connection or stream."""

    def __init__(self, options: CsvFormat) -> None:
        self._options = options

    @override
    def columns(self, files: Sequence[Path]) -> pa.Schema:
        for file in files:
            with explained(file.name):
                shape = shape_of(file, self._options)
                if shape is not None:
                    return self._columns_of(file, shape)
        raise DataUnreadableError(
            f"{files[0].name} is empty: it has no line that names its columns",
            file=files[0].name,
        )

    @override
    def batches(self, file: Path, wanted: Wanted) -> Iterator[pa.RecordBatch]:
        with explained(file.name):
            shape = shape_of(file, self._options)
        if shape is None:
            return
        _check_names(file, shape, wanted.every)
        rows = _Rows(file, shape, self._options, wanted).read()
        yield from regrouped(rows, wanted.batch_bytes)

    def _columns_of(self, file: Path, shape: CsvShape) -> pa.Schema:
        options = self._options
        beside = columns_beside(file)
        if beside is not None and not options.columns and beside.names == list(shape.names):
            return beside
        unknown = set(options.columns) - set(shape.names)
        if unknown:
            raise DataUnreadableError(
                f"{file.name} has no column {min(unknown)}, whose type is declared",
                hint=f"it has {', '.join(shape.names)}",
                file=file.name,
            )
        sample = self._sample(file, shape) if options.types == "sampled" else None
        return pa.schema(
            [
                declared_column(name, options.columns[name])
                if name in options.columns
                else sampled_column(name, sample.column(name))
                if sample is not None
                else column(name, pa.string(), Meaning("text"))
                for name in shape.names
            ]
        )

    def _sample(self, file: Path, shape: CsvShape) -> pa.Table:
        texts = pa.schema([column(name, pa.string(), Meaning("text")) for name in shape.names])
        rows = _Rows(file, shape, self._options, Wanted(texts, texts, 0, 1 << 20)).read()
        found: list[pa.RecordBatch] = []
        size = 0
        for batch in rows:
            found.append(batch)
            size += batch.nbytes
            if size >= _SAMPLE:
                rows.close()
                break
        return pa.Table.from_batches(found, texts)


class _Rows:
    """One pass over one file."""

    def __init__(self, file: Path, shape: CsvShape, options: CsvFormat, wanted: Wanted) -> None:
        self._file = file
        self._shape = shape
        self._options = options
        self._wanted = wanted
        self._skip = wanted.skip
        self._block = min(max(wanted.batch_bytes // 4, _SMALLEST_BLOCK), _BLOCK)

    def read(self) -> Generator[pa.RecordBatch]:
        """Yield the rows; each failure of the fast way is met by a more careful one.

        Arrow parses whole blocks. Where a record is longer than a block, the block grows;
        where a value is not of the type as Arrow writes it, values are read as text and
        converted one by one, which also finds the place of one that does not fit.
        """
        careful = False
        while True:
            try:
                yield from self._pass(careful=careful)
            except pa.ArrowInvalid as error:
                if _needs_larger_block(error) and self._block < _LARGEST_BLOCK:
                    self._block *= 8
                elif careful:
                    raise self._located(error) from error
                else:
                    careful = True
            except (OSError, pa.ArrowException) as error:
                raise translated(error, self._file.name) from error
            else:
                return

    def _pass(self, *, careful: bool) -> Iterator[pa.RecordBatch]:
        """Yield rows past those already given; the last only when all quotes are closed."""
        quote = self._shape.quote.encode()
        with Utf8Reader(self._file, self._shape.encoding, quote) as raw:
            reader = self._opened(raw, careful=careful)
            try:
                yield from self._checked(reader, raw, careful=careful)
            finally:
                # Arrow reads ahead in a thread. Dropped with blocks under way it can end the
                # process, or never let it end: what is under way is waited for.
                raw.end()
                with suppress(pa.ArrowException, OSError):
                    for _ in reader:
                        pass
                reader.close()

    def _checked(
        self, reader: pacsv.CSVStreamingReader, raw: Utf8Reader, *, careful: bool
    ) -> Iterator[pa.RecordBatch]:
        seen = 0
        held: pa.RecordBatch | None = None
        for batch in reader:
            fresh = batch.slice(min(max(self._skip - seen, 0), batch.num_rows))
            first = seen + batch.num_rows - fresh.num_rows
            seen += batch.num_rows
            if fresh.num_rows == 0:
                continue
            if held is not None:
                self._skip += held.num_rows
                yield held
            held = self._typed(fresh, first, careful=careful)
        if raw.quotes % 2:
            for _ in self._shape.records(self._file, strict=True):
                pass
        if held is not None:
            self._skip += held.num_rows
            yield held

    def _typed(self, batch: pa.RecordBatch, first: int, *, careful: bool) -> pa.RecordBatch:
        try:
            return typed_rows(batch, self._wanted.columns, self._options, careful=careful)
        except MisfitError as error:
            raise self._misfit(error, first + error.row) from error

    def _opened(self, raw: Utf8Reader, *, careful: bool) -> pacsv.CSVStreamingReader:
        shape = self._shape
        types = {
            field.name: pa.string() if careful or not _is_direct(field) else field.type
            for field in self._wanted.columns
        }
        try:
            return pacsv.open_csv(
                pa.PythonFile(raw, mode="r"),
                read_options=pacsv.ReadOptions(
                    block_size=self._block,
                    column_names=list(shape.names),
                    skip_rows=shape.header_lines,
                ),
                parse_options=pacsv.ParseOptions(
                    delimiter=shape.delimiter,
                    quote_char=shape.quote or False,
                    newlines_in_values=bool(shape.quote),
                    ignore_empty_lines=len(shape.names) > 1,
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=types,
                    include_columns=list(types) or [shape.names[0]],
                    null_values=list(self._options.null_texts),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                    true_values=["true", "True", "TRUE", "t", "1"],
                    false_values=["false", "False", "FALSE", "f", "0"],
                ),
            )
        except pa.ArrowInvalid as error:
            larger = self._block > 4 * self._file.stat().st_size
            if "Empty CSV file" in str(error) or ("Could not skip" in str(error) and larger):
                # A header and nothing else.
                return _no_rows(types)
            raise

    def _misfit(self, error: MisfitError, row: int) -> DataUnreadableError:
        line = self._line(row)
        return DataUnreadableError(
            f"{self._file.name}, line {line}, column {error.column}: {error}",
            hint="declare the column's type in the format, or mend the file",
            file=self._file.name,
            line=line,
            row=row,
            column=error.column,
        )

    def _line(self, row: int) -> int:
        several = len(self._shape.names) > 1
        at = 0
        for line, cells in self._shape.records(self._file):
            if several and not cells:
                continue
            if at == row:
                return line
            at += 1
        return 0

    def _located(self, error: pa.ArrowInvalid) -> DataUnreadableError:
        """Return the error that names the line, found by going through the file again."""
        name, width = self._file.name, len(self._shape.names)
        bad = first_bad_byte(self._file, self._shape.encoding)
        if bad is not None:
            return bad
        for line, cells in self._shape.records(self._file, strict=bool(self._shape.quote)):
            if len(cells) != width and (cells or width == 1) and not (width == 1 and not cells):
                return DataUnreadableError(
                    f"{name}, line {line}: {len(cells)} columns where {width} are named",
                    hint="state `delimiter` and `quote` in the format, or mend the file",
                    file=name,
                    line=line,
                )
        return DataUnreadableError(f"{name}: {str(error).splitlines()[0]}", file=name)


def _check_names(file: Path, shape: CsvShape, every: pa.Schema) -> None:
    missing = [name for name in every.names if name not in shape.names]
    added = [name for name in shape.names if name not in every.names]
    if missing or added:
        said = [f"lacks {', '.join(missing)}"] if missing else []
        said += [f"also has {', '.join(added)}"] if added else []
        raise DataUnreadableError(
            f"{file.name} is not of the shape of the other files: it {' and '.join(said)}",
            hint="give files of another shape a stream of their own",
            file=file.name,
        )


def _is_direct(field: pa.Field) -> bool:
    """Whether Arrow parses the type exactly by itself."""
    large = pa.types.is_decimal256(field.type)
    return meaning_of(field).logical in _DIRECT and not large


def _needs_larger_block(error: pa.ArrowInvalid) -> bool:
    """Whether a record, or the header, is longer than a block."""
    return "straddling" in str(error) or "Could not skip" in str(error)


def _no_rows(types: dict[str, pa.DataType]) -> pa.RecordBatchReader:
    return pa.RecordBatchReader.from_batches(pa.schema(list(types.items())), [])
