"""The first rows of a stream, and what a mapping makes of them."""

from dataclasses import dataclass

import pyarrow as pa

from landbridge.app.copies import RunName, Selection, chosen_nodes, context_of, tasks_of
from landbridge.app.workspace import Workspace
from landbridge.data.rowtext import rows_to_json
from landbridge.data.types import meaning_of
from landbridge.engine.mapping.mapped import Mapped
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.sdk.reading import Reading
from landbridge.sdk.source import Source

_PREVIEW_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PreviewColumn:
    """A column and what it means."""

    name: str
    logical: str
    native: str


@dataclass(frozen=True, slots=True)
class PreviewFault:
    """A row that the mapping would refuse."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Preview:
    """Rows as JSON objects, and their columns.

    Attributes:
        stream: The stream.
        columns: Columns of the rows.
        rows: One JSON object per row.
        read: Rows that were read to make them.
        filtered: Rows that the filter left out.
        faults: Rows that the mapping refuses.
    """

    stream: str
    columns: tuple[PreviewColumn, ...]
    rows: tuple[str, ...]
    read: int
    filtered: int = 0
    faults: tuple[PreviewFault, ...] = ()


def preview_stream(workspace: Workspace, connection: str, stream: str, limit: int) -> Preview:
    """Return the first rows of a stream of a connection."""
    source = workspace.source_end(connection).build()
    try:
        rows = first_rows(source, stream, limit)
    finally:
        source.close()
    return _preview(stream, Mapped(rows), rows.num_rows)


def preview_node(workspace: Workspace, flow_name: str, node_name: str, limit: int) -> Preview:
    """Return what a copy node would write for the first rows of its first stream.

    Raises:
        OptionsInvalidError: There is no such node.
    """
    flow = workspace.flow(flow_name)
    selection = Selection(node=node_name)
    [node] = chosen_nodes(flow, selection)
    context = context_of(workspace, node, emit=lambda _event: None)
    source = context.source.build()
    try:
        tasks = tasks_of(workspace, RunName("preview", flow.name), node, source, selection)
        task = next(tasks)
        mapping = context.compile(source.describe(task.stream))
        rows = first_rows(source, task.stream, limit)
    finally:
        source.close()
    return _preview(task.stream, mapping.apply(rows), rows.num_rows)


def first_rows(source: Source, stream: str, limit: int) -> pa.RecordBatch:
    """Return the first rows of a stream, without reading many more.

    Raises:
        OptionsInvalidError: No row is asked for.
    """
    if limit < 1:
        raise OptionsInvalidError("a preview needs at least one row")
    schema = source.describe(stream).columns
    reading = Reading(stream, batch_bytes=_PREVIEW_BYTES)
    found: list[pa.RecordBatch] = []
    count = 0
    for share in source.shares(reading, want=1):
        for batch in source.read(reading, share, after=None):
            found.append(batch.rows.slice(0, limit - count))
            count += found[-1].num_rows
            if count >= limit:
                break
        if count >= limit:
            break
    empty = pa.RecordBatch.from_pylist([], schema=schema)
    return pa.concat_batches(found) if found else empty


def _preview(stream: str, mapped: Mapped, read: int) -> Preview:
    columns = []
    for field in mapped.rows.schema:
        meaning = meaning_of(field)
        columns.append(PreviewColumn(field.name, meaning.logical, meaning.native))
    return Preview(
        stream=stream,
        columns=tuple(columns),
        rows=tuple(rows_to_json(mapped.rows, range(mapped.rows.num_rows))),
        read=read,
        filtered=mapped.filtered,
        faults=tuple(
            PreviewFault(fault.row, fault.field, fault.reason) for fault in mapped.faults
        ),
    )
