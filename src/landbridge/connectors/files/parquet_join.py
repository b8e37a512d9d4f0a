"""Joining Parquet files into one: row groups are copied as bytes, footers are merged."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from landbridge.connectors.files.thrift import (
    I16,
    I64,
    LIST,
    STRUCT,
    Items,
    Struct,
    parse,
    write,
)
from landbridge.kernel.errors import DataUnreadableError

_MAGIC = b"PAR1"
_TAIL = 8
_COPIED = 1 << 20
_MOST_GROUPS = 30_000
_FEW_ROWS = 16_384
_WIDE_ROWS = 122_880

# Numbers of fields in the footer's structures.
_SCHEMA, _NUM_ROWS, _GROUPS = 2, 3, 4
_COLUMNS, _GROUP_ROWS, _GROUP_OFFSET, _ORDINAL = 1, 3, 5, 7
_CHUNK_OFFSET, _CHUNK, _OFFSET_INDEX, _COLUMN_INDEX = 2, 3, 4, 6
_PLACES_IN_CHUNK = (9, 10, 11, 14)  # data pages, index page, dictionary page, Bloom filter


def join_parquet(parts: Sequence[Path], target: Path, schema: pa.Schema, zipped: str) -> None:
    """Write the rows of all parts, in order, into one file of this schema.

    Parts of the same layout are copied without being decoded. Where layouts differ, or row
    groups are so small that readers would suffer, rows are written anew.

    Raises:
        DataUnreadableError: The file written does not hold the rows of the parts.
    """
    rows = groups = 0
    for part in parts:
        metadata = pq.read_metadata(part)
        rows += metadata.num_rows
        groups += metadata.num_row_groups
    small = groups > 1 and rows < groups * _FEW_ROWS
    if not parts or small or groups > _MOST_GROUPS or not _copied(parts, target):
        _written_anew(parts, target, schema, zipped)
    found = pq.read_metadata(target).num_rows
    if found != rows:
        raise DataUnreadableError(f"{target.name} holds {found} rows instead of {rows}")


def writer_to(path: Path, schema: pa.Schema, zipped: str) -> pq.ParquetWriter:
    """Return a writer with the settings that were measured to be the fastest.

    Level 1 of zstd without dictionaries made files smaller than snappy with dictionaries
    at the same speed.
    """
    return pq.ParquetWriter(
        path,
        schema,
        compression=zipped,
        compression_level=1 if zipped == "zstd" else None,
        use_dictionary=False,
        version="2.6",
    )


def _written_anew(parts: Sequence[Path], target: Path, schema: pa.Schema, zipped: str) -> None:
    with writer_to(target, schema, zipped) as writer:
        held: list[pa.RecordBatch] = []
        count = 0
        for part in parts:
            with pq.ParquetFile(part) as opened:
                for batch in opened.iter_batches(_WIDE_ROWS):
                    held.append(pa.RecordBatch.from_arrays(batch.columns, schema=schema))
                    count += batch.num_rows
                    if count >= _WIDE_ROWS:
                        writer.write_table(pa.Table.from_batches(held, schema))
                        held, count = [], 0
        if held:
            writer.write_table(pa.Table.from_batches(held, schema))


def _copied(parts: Sequence[Path], target: Path) -> bool:
    """Copy the bytes of all parts; False, with nothing of use written, if layouts differ."""
    with target.open("wb") as output:
        output.write(_MAGIC)
        merged: Struct | None = None
        groups: list[object] = []
        for part in parts:
            footer, end = _footer(part)
            if merged is not None and footer[_SCHEMA] != merged[_SCHEMA]:
                return False
            shift = output.tell() - len(_MAGIC)
            with part.open("rb") as opened:
                _copy(opened, output, len(_MAGIC), end)
            for group in _structs(footer, _GROUPS):
                _moved(group, shift, len(groups))
                groups.append(group)
            merged = footer
        if merged is None:
            return False
        rows = sum(_number(group, _GROUP_ROWS) for group in groups if isinstance(group, dict))
        merged[_NUM_ROWS] = (I64, rows)
        merged[_GROUPS] = (LIST, Items(STRUCT, groups))
        data = write(merged)
        output.write(data + len(data).to_bytes(4, "little") + _MAGIC)
    return True


def _footer(part: Path) -> tuple[Struct, int]:
    """Return the footer of a file and where it begins."""
    size = part.stat().st_size
    with part.open("rb") as opened:
        opened.seek(size - _TAIL)
        tail = opened.read(_TAIL)
        length = int.from_bytes(tail[:4], "little")
        begin = size - _TAIL - length
        if tail[4:] != _MAGIC or begin < len(_MAGIC):
            raise DataUnreadableError(f"{part.name} is not a Parquet file", file=part.name)
        opened.seek(begin)
        return parse(opened.read(length)), begin


def _copy(source: BinaryIO, target: BinaryIO, start: int, end: int) -> None:
    """Append the bytes from `start` to `end`."""
    start = _copied_by_system(source, target, start, end)
    source.seek(start)
    while start < end:
        block = source.read(min(end - start, _COPIED))
        if not block:
            raise DataUnreadableError("a part ends early")
        target.write(block)
        start += len(block)


def _copied_by_system(source: BinaryIO, target: BinaryIO, start: int, end: int) -> int:
    """Let Linux append what it can, which takes it a third of the time; return how far."""
    if sys.platform != "linux":
        return start
    target.flush()
    # A file system that cannot leaves the rest, or all of it, to be read and written.
    with suppress(OSError):
        while start < end:
            sent = os.copy_file_range(source.fileno(), target.fileno(), end - start, start)
            if not sent:
                break
            start += sent
    target.seek(0, os.SEEK_END)
    return start


def _moved(group: Struct, shift: int, ordinal: int) -> None:
    """Change every place that a row group names by so many bytes."""
    _shift(group, _GROUP_OFFSET, shift)
    group[_ORDINAL] = (I16, ordinal)
    for chunk in _structs(group, _COLUMNS):
        for place in (_CHUNK_OFFSET, _OFFSET_INDEX, _COLUMN_INDEX):
            _shift(chunk, place, shift)
        inner = chunk[_CHUNK][1]
        if isinstance(inner, dict):
            for place in _PLACES_IN_CHUNK:
                _shift(inner, place, shift)


def _shift(struct: Struct, number: int, shift: int) -> None:
    if number in struct and _number(struct, number):  # 0 is "not there"
        struct[number] = (I64, _number(struct, number) + shift)


def _number(struct: Struct, number: int) -> int:
    value = struct[number][1]
    if not isinstance(value, int):
        raise DataUnreadableError("the footer of a part is not one of Parquet")
    return value


def _structs(struct: Struct, number: int) -> list[Struct]:
    items = struct[number][1] if number in struct else Items(STRUCT, [])
    if not isinstance(items, Items):
        raise DataUnreadableError("the footer of a part is not one of Parquet")
    return [one for one in items.values if isinstance(one, dict)]
