"""`verify`: whether targets hold what their sources have."""

import json
from typing import Annotated

import typer

from landbridge.app.copies import Selection
from landbridge.app.verifying import StreamVerification, verify_flow
from landbridge.cli.output import Cell, Output, error_record
from landbridge.cli.session import DONE, FAILED, session_of


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("verify")(verify)


def verify(
    context: typer.Context,
    flow: Annotated[str, typer.Argument(help="Name of the flow.")],
    *,
    node: Annotated[str | None, typer.Option(help="Only this node.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only this source stream.")] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Make differing rows equal; nothing else moves.")
    ] = False,
) -> None:
    """Compare targets with their sources by content; repair only what differs."""
    session = session_of(context)

    def command() -> int:
        output = session.output
        with session.workspace() as workspace:
            results = verify_flow(workspace, flow, Selection(node, stream), repair=repair)
        show_verifications(output, results)
        wrong = [one for one in results if not _right(one, repair=repair)]
        if wrong and not repair:
            output.say("to_repair", flow=flow)
        output.document({"flow": flow, "streams": [_record(output, one) for one in results]})
        return FAILED if wrong else DONE

    session.run(command)


def _right(one: StreamVerification, *, repair: bool) -> bool:
    if one.found is None:
        return False
    differing = one.found.absent + one.found.changed + one.found.extra
    return not differing or (repair and one.found.repaired == differing)


def show_verifications(output: Output, results: list[StreamVerification]) -> None:
    """Write what verification found, stream by stream."""
    output.table(
        (
            "node",
            "target",
            "source_rows",
            "target_rows",
            "absent",
            "changed",
            "extra",
            "reread",
            "repaired",
            "outcome",
        ),
        [_line(output, one) for one in results],
    )
    for one in results:
        if one.error is not None:
            output.write(f"{one.target}: [{one.error.code}] {one.error}", style="red")
        elif one.found is not None and one.found.samples:
            keys = "; ".join(_key(sample) for sample in one.found.samples)
            output.write(f"{one.target} {output.text('samples')}: {keys}")


def _key(sample: str) -> str:
    return ", ".join(str(value) for value in json.loads(sample).values())


def _line(output: Output, one: StreamVerification) -> tuple[Cell, ...]:
    found = one.found
    if found is None:
        return (one.node, one.target, *("",) * 7, output.text("fails"))
    return (
        one.node,
        one.target,
        found.source,
        found.target,
        found.absent,
        found.changed,
        found.extra,
        found.reread,
        found.repaired,
        output.text("equal" if found.equal else "differs"),
    )


def _record(output: Output, one: StreamVerification) -> dict[str, object]:
    return {
        "node": one.node,
        "stream": one.stream,
        "target": one.target,
        "equal": one.found is not None and one.found.equal,
        "found": one.found,
        "error": None if one.error is None else error_record(one.error, output.language),
    }
