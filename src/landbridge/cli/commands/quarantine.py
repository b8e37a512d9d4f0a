"""`quarantine`: rows that were refused, and what becomes of them."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from landbridge.app.quarantining import drop_rows, edit_row, replay, the_row
from landbridge.cli.output import error_record
from landbridge.cli.session import DONE, FAILED, session_of
from landbridge.kernel.errors import OptionsInvalidError
from landbridge.store.quarantine import KeptRow, Search, Status

app = typer.Typer(
    help="Rows that were refused: find, edit, replay, drop.", no_args_is_help=True
)

_CONTENT = 60
Flow = Annotated[str | None, typer.Option("--flow", help="Only rows of this flow.")]
Node = Annotated[str | None, typer.Option("--node", help="Only rows of this node.")]
Stream = Annotated[str | None, typer.Option("--stream", help="Only rows of this stream.")]
Found = Annotated[
    str | None, typer.Option("--text", help="Only rows with this text in reason or content.")
]
Row = Annotated[str, typer.Argument(help="Name of the row, or its beginning.")]


@app.command("list")
def list_rows(
    context: typer.Context,
    *,
    flow: Flow = None,
    node: Node = None,
    stream: Stream = None,
    found: Found = None,
    status: Annotated[str, typer.Option(help="waiting, replayed, dropped or all.")] = "waiting",
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 50,
) -> None:
    """List refused rows with their reasons."""
    session = session_of(context)

    def command() -> int:
        search = Search(
            flow=flow, node=node, stream=stream, text=found, status=_status(status), limit=limit
        )
        with session.workspace() as workspace:
            rows = workspace.state.quarantine.find(search)
        output = session.output
        if not rows:
            output.say("quarantine_empty")
        else:
            output.table(
                ("name", "flow", "stream", "row", "field", "reason", "content"),
                [_line(kept) for kept in rows],
            )
        output.document({"rows": rows})
        return DONE

    session.run(command)


@app.command("show")
def show(context: typer.Context, row: Row) -> None:
    """Show one row whole, with the place it was read from."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace:
            kept = the_row(workspace, row)
        output = session.output
        lines = {
            "name": kept.identity,
            "status": output.text(kept.status),
            "flow": kept.row.flow,
            "node": kept.row.node,
            "stream": f"{kept.row.stream} {kept.row.share} #{kept.row.row}",
            "field": kept.row.field,
            "reason": f"[{kept.row.code}] {kept.row.reason}",
            "content": kept.edited or kept.row.content,
        }
        if kept.edited:
            lines["original"] = kept.row.content
        for key, value in lines.items():
            output.write(f"{output.text(key)}: {value}")
        output.document(kept)
        return DONE

    session.run(command)


@app.command("edit")
def edit(
    context: typer.Context,
    row: Row,
    content: Annotated[
        str, typer.Argument(help="The row as JSON, @FILE, or - for standard input.")
    ],
) -> None:
    """Change the content of a row, as the source should have had it."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace:
            kept = edit_row(workspace, row, _content(content))
        session.output.say("edited", name=kept.identity)
        session.output.document(kept)
        return DONE

    session.run(command)


@app.command("replay")
def replay_rows(
    context: typer.Context,
    row: Annotated[str | None, typer.Argument(help="Only this row.")] = None,
    *,
    flow: Flow = None,
    node: Node = None,
    stream: Stream = None,
    found: Found = None,
) -> None:
    """Map waiting rows again with the flow as it is now, and write them exactly once."""
    session = session_of(context)

    def command() -> int:
        output = session.output
        with session.workspace() as workspace:
            identity = the_row(workspace, row).identity if row else None
            search = Search(flow=flow, node=node, stream=stream, text=found, identity=identity)
            results = replay(workspace, search)
        if not results:
            output.say("nothing_waits")
        else:
            output.table(
                ("node", "stream", "written", "filtered", "refused_again"),
                [
                    (one.node, one.stream, one.written, one.filtered, one.refused)
                    for one in results
                ],
            )
        for one in results:
            if one.error is not None:
                output.write(f"{one.node}: [{one.error.code}] {one.error}", style="red")
        output.document(
            {
                "streams": [
                    {
                        "node": one.node,
                        "stream": one.stream,
                        "written": one.written,
                        "filtered": one.filtered,
                        "refused": one.refused,
                        "error": error_record(one.error, output.language)
                        if one.error
                        else None,
                    }
                    for one in results
                ]
            }
        )
        return FAILED if any(one.error or one.refused for one in results) else DONE

    session.run(command)


@app.command("drop")
def drop(
    context: typer.Context,
    row: Annotated[str | None, typer.Argument(help="Only this row.")] = None,
    *,
    flow: Flow = None,
    node: Node = None,
    stream: Stream = None,
    found: Found = None,
) -> None:
    """Give waiting rows up for good. They stay on record as dropped."""
    session = session_of(context)

    def command() -> int:
        if not any((row, flow, node, stream, found)):
            raise OptionsInvalidError(
                "say which rows: a name, --flow, --node, --stream, --text"
            )
        with session.workspace() as workspace:
            identity = the_row(workspace, row).identity if row else None
            search = Search(
                flow=flow, node=node, stream=stream, text=found, identity=identity, limit=10**9
            )
            count = drop_rows(workspace, search)
        session.output.say("rows_dropped", count=count)
        session.output.document({"dropped": count})
        return DONE

    session.run(command)


def _status(word: str) -> Status | None:
    match word:
        case "waiting" | "replayed" | "dropped":
            return word
        case "all":
            return None
        case _:
            raise OptionsInvalidError("--status is waiting, replayed, dropped or all")


def _content(given: str) -> str:
    if given == "-":
        return sys.stdin.read()
    if given.startswith("@"):
        return Path(given[1:]).read_text(encoding="utf-8")
    return given


def _line(kept: KeptRow) -> tuple[str | int, ...]:
    content = kept.edited or kept.row.content
    shown = content if len(content) <= _CONTENT else f"{content[: _CONTENT - 1]}…"
    row = kept.row
    return (kept.identity[:10], row.flow, row.stream, row.row, row.field, row.reason, shown)
