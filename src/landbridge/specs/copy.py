"""The `copy` node: rows of one connection's streams to another connection."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated, Literal, Self

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from landbridge.specs.codes import FaultCode
from landbridge.specs.mapping import Column, MappingSpec
from landbridge.specs.settings import (
    BatchBytes,
    CopySettings,
    FailedRows,
    MemoryBytes,
    Parallel,
    ReceiptsSetting,
    SchemaChange,
)
from landbridge.specs.spec import Name, Note, Refusal, Spec, Text, refuse, refused

PLACEHOLDERS = ("stream", "schema", "table")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}|[{}]")


class StreamPatterns(Spec):
    """Streams by pattern: `*` stands for any text, `?` for one character."""

    include: tuple[Text, ...] = Field(
        min_length=1, description="Streams to copy.", examples=[["public.*"]]
    )
    exclude: tuple[Text, ...] = Field(
        default=(), description="Of these, streams not to copy.", examples=[["*_tmp"]]
    )


def _streams_tag(value: object) -> str:
    return "patterns" if isinstance(value, dict | StreamPatterns) else "list"


Streams = Annotated[
    Annotated[tuple[Text, ...], Tag("list"), Field(min_length=1)]
    | Annotated[StreamPatterns, Tag("patterns")],
    Discriminator(_streams_tag),
]


class CopySource(Spec):
    """What is read."""

    connection: Name = Field(description="Connection to read.")
    streams: Streams = Field(
        description="Tables, files or endpoints, by name or by pattern.",
        examples=[["public.materials"], {"include": ["public.*"], "exclude": ["*_tmp"]}],
    )


class CopyTarget(Spec):
    """Where it goes."""

    connection: Name = Field(description="Connection to write.")
    stream: Text = Field(
        default="{table}",
        description="Name in the target, from the source's `{stream}`, `{schema}`, `{table}`.",
        examples=["dim_{table}"],
    )

    def name_for(self, stream: str) -> str:
        """Return the name in the target of a source's stream.

        Example:
            >>> target = CopyTarget(connection="dw", stream="dim_{table}")
            >>> target.name_for("public.materials")
            'dim_materials'
        """
        schema, _, table = stream.rpartition(".")
        values = {"stream": stream, "schema": schema, "table": table}
        return _PLACEHOLDER.sub(lambda found: values[found[1]], self.stream)

    @field_validator("stream")
    @classmethod
    def _holds_known_placeholders(cls, stream: str) -> str:
        for found in _PLACEHOLDER.finditer(stream):
            if found[1] not in PLACEHOLDERS:
                close = get_close_matches(found[1] or "", PLACEHOLDERS, n=1)
                raise refused(
                    FaultCode.PLACEHOLDER_UNKNOWN,
                    placeholder=found[0],
                    nearest="{" + (close[0] if close else "table") + "}",
                    allowed=", ".join("{" + name + "}" for name in PLACEHOLDERS),
                )
        return stream


class Append(Spec):
    """Add every row."""

    mode: Literal["append"]


class Replace(Spec):
    """Swap the whole content at once; the old content stays when the copy fails."""

    mode: Literal["replace"]


KeyColumns = Annotated[
    tuple[Column, ...] | None,
    Field(
        min_length=1,
        description="Columns that identify a row; without them, the source's primary key.",
        examples=[["id"]],
    ),
]


class MergeRows(Spec):
    """Insert new rows and update those whose key is already there."""

    mode: Literal["merge"]
    keys: KeyColumns = None


class Mirror(Spec):
    """Merge, and delete the target's rows that the source no longer has."""

    mode: Literal["mirror"]
    keys: KeyColumns = None


Write = Annotated[Append | MergeRows | Replace | Mirror, Field(discriminator="mode")]


class Incremental(Spec):
    """Read only what changed since the last run, by a column that grows."""

    cursor: Column = Field(description="Column that grows.", examples=["updated_at"])
    lateness_secs: int = Field(
        default=0,
        ge=0,
        description="How far before the last value to read again, for rows that came late.",
    )
    initial: str | int | float | None = Field(
        default=None, description="Where the first run begins.", examples=["2020-01-01"]
    )


class Waiver(Spec):
    """A written acceptance that a column loses something in the target."""

    stream: Text | None = Field(default=None, description="Only in this stream of the source.")
    column: Column
    loss: Text | None = Field(
        default=None,
        description="The loss as the plan words it; another loss is then not accepted.",
        examples=["decimal(38,10) -> double"],
    )
    reason: Text | None = Field(default=None, description="Why it is acceptable.")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.loss is None and self.reason is None:
            refuse([Refusal(FaultCode.WAIVER_EMPTY, (), {"column": self.column})])
        return self


class CopyNode(Spec):
    """Copy streams from one connection to another; every row is accounted for.

    Validation here is pure: it never opens a connection. Whether the streams and columns
    exist is the planner's question, asked later with a live source.
    """

    type: Literal["copy"]
    name: Name
    description: Note = ""
    needs: tuple[Name, ...] = Field(
        default=(), description="Nodes of this flow that must be done before."
    )
    source: CopySource = Field(description="Connection and streams to read.")
    target: CopyTarget = Field(description="Connection to write, and the names there.")
    write: Write = Field(
        description="How rows meet those already there.",
        examples=[{"mode": "merge", "keys": ["id"]}],
    )
    incremental: Incremental | None = Field(
        default=None, description="Read only what changed; without it, everything."
    )
    mapping: MappingSpec = Field(
        default=MappingSpec(), description="How fields change on the way."
    )
    failed_rows: FailedRows | None = Field(
        default=None,
        description="What happens to rows that cannot be written; else the project's.",
    )
    schema_change: SchemaChange | None = Field(
        default=None,
        description="What happens when the source's columns change; else the project's.",
    )
    guarantee: Literal["exactly_once", "effectively_once", "at_least_once"] | None = Field(
        default=None, description="Refuse to run unless at least this can be derived."
    )
    waivers: tuple[Waiver, ...] = Field(
        default=(), description="Losses of columns that are accepted in writing."
    )
    parallel: Parallel | None = Field(
        default=None,
        description="Shares of a stream copied at a time; else the project's.",
    )
    batch_bytes: BatchBytes | None = Field(
        default=None, description="Size of a batch in memory; else the project's."
    )
    memory_bytes: MemoryBytes | None = Field(
        default=None,
        description="Most memory that the rows of the copy may take; else the project's.",
    )
    receipts: ReceiptsSetting | None = Field(
        default=None, description="Content hashes that are kept; else the project's."
    )

    def settings(self, defaults: CopySettings) -> CopySettings:
        """Return the settings of this copy, completed from the project's."""
        own = {
            name: value
            for name in CopySettings.model_fields
            if (value := getattr(self, name)) is not None
        }
        return defaults.model_copy(update=own)

    def connections(self) -> Iterable[tuple[tuple[str | int, ...], str]]:
        """Yield every connection this node names, with the place of the name."""
        yield ("source", "connection"), self.source.connection
        yield ("target", "connection"), self.target.connection
        for index, field in enumerate(self.mapping.fields):
            table = field.code_table
            if table is not None and (name := getattr(table, "connection", None)):
                yield ("mapping", "fields", index, "code_table", "connection"), name
