"""`preview`: the first rows of a stream, or what a mapping makes of them."""

import json
from typing import Annotated

import typer

from landbridge.app.previewing import Preview, preview_node, preview_stream
from landbridge.cli.output import Output
from landbridge.cli.session import DONE, session_of
from landbridge.kernel.errors import OptionsInvalidError

_CELL = 40


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("preview")(preview)


def preview(
    context: typer.Context,
    what: Annotated[str, typer.Argument(help="A connection, or a flow with --node.")],
    stream: Annotated[str | None, typer.Argument(help="Stream of the connection.")] = None,
    *,
    node: Annotated[
        str | None, typer.Option(help="Show what this node of the flow would write.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Rows to read.", min=1, max=10_000)] = 20,
) -> None:
    """Show the first rows of a stream, or of a mapping. Writes nothing."""
    session = session_of(context)

    def command() -> int:
        if (stream is None) == (node is None):
            raise OptionsInvalidError("give either a stream or --node")
        with session.workspace() as workspace:
            if node is not None:
                found = preview_node(workspace, what, node, limit)
            else:
                found = preview_stream(workspace, what, stream or "", limit)
        _show(session.output, found)
        session.output.document(
            {
                "stream": found.stream,
                "columns": found.columns,
                "rows": [json.loads(row) for row in found.rows],
                "read": found.read,
                "filtered": found.filtered,
                "faults": found.faults,
            }
        )
        return DONE

    session.run(command)


def _show(output: Output, found: Preview) -> None:
    if output.as_json:
        return
    output.say("preview_of", stream=found.stream, rows=found.read)
    rows = [json.loads(row) for row in found.rows]
    names = [column.name for column in found.columns]
    lines = [[_cell(row[name]) for name in names] for row in rows]
    output.raw_table([f"{c.name}\n{c.logical}" for c in found.columns], lines)
    if found.filtered:
        output.say("preview_filtered", count=found.filtered)
    if found.faults:
        output.table(
            ("row", "field", "reason"),
            [(fault.row, fault.field, fault.reason) for fault in found.faults],
            title=output.text("would_fail"),
        )


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    shown = value if isinstance(value, str) else json.dumps(value)
    return shown if len(shown) <= _CELL else f"{shown[: _CELL - 1]}…"
