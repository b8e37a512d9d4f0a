"""What a user may set on a connection to a folder of files."""

import codecs
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from landbridge.sdk.declared import DeclaredType
from landbridge.sdk.options import CANONICAL, Options

Columns = Annotated[
    dict[str, DeclaredType],
    Field(
        description="Types of columns that the file cannot say; the others stay as found.",
        examples=[{"price": "decimal(12,2)", "ordered_at": "timestamp"}],
    ),
]


def _known_encoding(name: str) -> str:
    try:
        "".encode(name)
        return codecs.lookup(name).name
    except LookupError as error:
        raise ValueError(f"{name} is no encoding of text") from error


def _inside(pattern: str) -> str:
    if escapes(pattern):
        raise ValueError("the pattern must stay inside of the connection's folder")
    return pattern


Encoding = Annotated[str, AfterValidator(_known_encoding)]


class CsvFormat(Options):
    """Texts between delimiters, one row a line."""

    type: Literal["csv"]
    delimiter: str | None = Field(
        default=None,
        min_length=1,
        max_length=1,
        description="Character between columns; found from the file when not set.",
    )
    quote: str | None = Field(
        default=None,
        max_length=1,
        description="Character around texts, empty for none; found from the file when not set.",
    )
    encoding: Encoding | None = Field(
        default=None,
        description=f"{CANONICAL['encoding']} Found from the file when not set.",
        examples=["utf-8", "gb18030", "utf-16"],
    )
    header: bool | Literal["auto"] = Field(
        default=True, description="Whether the first line names the columns."
    )
    null_texts: tuple[str, ...] = Field(
        default=("",),
        description='Unquoted texts that mean NULL. A quoted "" is always an empty text.',
    )
    types: Literal["text", "sampled"] = Field(
        default="text",
        description="`text`: columns without a declared type are text. `sampled`: their types "
        "are taken from the beginning of the file, and a later value that does not fit is "
        "refused with its line.",
    )
    columns: Columns = Field(default_factory=dict[str, DeclaredType])


class NdjsonFormat(Options):
    """One JSON object a line."""

    type: Literal["ndjson"]
    encoding: Encoding = Field(default="utf-8", description=CANONICAL["encoding"])
    unknown_fields: Literal["refuse", "ignore"] = Field(
        default="refuse",
        description="What happens to a field that is neither declared nor in the first rows.",
    )
    columns: Columns = Field(default_factory=dict[str, DeclaredType])


class ParquetFormat(Options):
    """Columns with their types."""

    type: Literal["parquet"]
    compression: Literal["zstd", "snappy", "lz4", "none"] = Field(
        default="snappy", description="How files are compressed that are written."
    )


class ExcelFormat(Options):
    """One sheet of a workbook."""

    type: Literal["excel"]
    sheet: str | None = Field(
        default=None, min_length=1, max_length=31, description="Sheet; the first when not set."
    )
    header_row: int = Field(
        default=1, ge=0, description="Row that names the columns, from 1; 0 when none does."
    )
    errors: Literal["refuse", "as_null"] = Field(
        default="refuse", description="What becomes of cells that hold an error such as #N/A."
    )
    columns: Columns = Field(default_factory=dict[str, DeclaredType])


FileFormat = Annotated[
    CsvFormat | NdjsonFormat | ParquetFormat | ExcelFormat, Field(discriminator="type")
]


class FileStream(Options):
    """A stream with a name of its own."""

    files: Annotated[str, AfterValidator(_inside)] = Field(
        min_length=1,
        description="File, or pattern of files of one shape, in the connection's folder.",
        examples=["production/production_*.csv"],
    )
    format: FileFormat | None = Field(
        default=None, description="Format of these files, where it is not the connection's."
    )
    key: tuple[str, ...] = Field(default=(), description="Columns that identify a row.")


class FilesOptions(Options):
    """A folder, what its files look like, and streams with names."""

    path: str = Field(default=".", min_length=1, description=CANONICAL["path"])
    format: FileFormat | None = Field(
        default=None,
        description="Format of the files. When not set, the ending of a file's name says it, "
        "and Parquet is written.",
    )
    streams: dict[str, FileStream] = Field(
        default_factory=dict[str, FileStream], description="Streams by name."
    )
    file_columns: bool = Field(
        default=False,
        description="Add the columns `_file` and `_modified` to every row: the file's name and "
        "the time it was last changed. `_modified` serves as cursor to read new files only.",
    )


def escapes(name: str) -> bool:
    """Return whether a name or pattern would leave the folder it is meant for.

    Example:
        >>> [escapes(name) for name in ("a/b.csv", "../b.csv", "/etc/passwd", "C:/b.csv")]
        [False, True, True, True]
    """
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    parts = {*posix.parts, *windows.parts}
    return posix.is_absolute() or bool(windows.anchor) or ".." in parts or "\0" in name
