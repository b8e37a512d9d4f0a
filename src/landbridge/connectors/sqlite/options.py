"""What a user may set on a SQLite connection."""

from pathlib import Path

from pydantic import Field

from landbridge.sdk.options import Options


class SqliteOptions(Options):
    """Where the file is, and how its values are understood."""

    path: Path = Field(description="The database file, relative to the project's folder.")
    encoding: str = Field(
        default="utf-8",
        description="Character encoding of text in files that old programs wrote.",
        examples=["gb18030"],
    )
    read_as_text: tuple[str, ...] = Field(
        default=(),
        description="Columns, as `table.column`, that hold values of several kinds: they "
        "are read as text, whatever type they are declared with.",
        examples=[["materials.price"]],
    )
    busy_timeout_secs: float = Field(
        default=5.0, ge=0, description="Longest wait for another process's lock."
    )
    write_ahead: bool = Field(
        default=True,
        description="Whether a file that is written is switched to write-ahead logging, "
        "with which readers never wait. Not for network drives.",
    )
