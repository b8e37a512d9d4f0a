"""`run` and `runs`: moving rows, and what earlier runs moved."""

from typing import Annotated

import typer

from landbridge.app.copies import Selection
from landbridge.app.running import RunReport, run_flow
from landbridge.cli.output import Output, error_record
from landbridge.cli.progress import shown_progress
from landbridge.cli.session import DONE, FAILED, session_of
from landbridge.store.runs import StreamRecord


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("run")(run)
    app.command("runs")(runs)


def run(
    context: typer.Context,
    flow: Annotated[str, typer.Argument(help="Name of the flow.")],
    *,
    node: Annotated[str | None, typer.Option(help="Only this node.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only this source stream.")] = None,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Give up an interrupted run and forget cursors."),
    ] = False,
) -> None:
    """Run a flow. An interrupted run goes on where it was."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace, shown_progress(session.output) as emit:
            report = run_flow(workspace, flow, Selection(node, stream, fresh), emit)
        show_report(session.output, report)
        session.output.document(
            {
                "run": report.run_id,
                "flow": report.flow,
                "done": report.done,
                "streams": report.streams,
                "failures": [
                    {
                        "node": one.node,
                        "stream": one.stream,
                        "error": error_record(one.error, session.output.language),
                    }
                    for one in report.failures
                ],
                "skipped": report.skipped,
            }
        )
        return DONE if report.done else FAILED

    session.run(command)


def show_report(output: Output, report: RunReport) -> None:
    """Write what a run did: the ledger of each stream, failures, what to do next."""
    _ledger(output, report.streams)
    for failure in report.failures:
        where = f"{failure.node}: {failure.stream}" if failure.stream else failure.node
        output.write(f"{where}: [{failure.error.code}] {failure.error}", style="red")
        if failure.error.hint:
            output.write(f"{output.text('hint')}: {failure.error.hint}")
    for name in report.skipped:
        output.write(f"{name}: {output.text('skipped')}", style="yellow")
    key = "run_done" if report.done else "run_failed"
    output.say(
        key, run=report.run_id, flow=report.flow, style="green" if report.done else "red"
    )
    aside = sum(stream.quarantined_rows for stream in report.streams)
    if aside:
        output.say("run_quarantine", rows=aside, flow=report.flow)


def _ledger(output: Output, streams: tuple[StreamRecord, ...]) -> None:
    output.table(
        ("stream", *_COUNTED, "deleted", "outcome", "secs"),
        [
            (
                f"{stream.node}: {stream.stream} → {stream.target}",
                *(getattr(stream, f"{name}_rows") for name in _COUNTED),
                stream.deleted_rows,
                output.text(stream.outcome),
                round(stream.secs, 1),
            )
            for stream in streams
        ],
    )


_COUNTED = ("read", "written", "filtered", "quarantined", "superseded")


def runs(
    context: typer.Context,
    run_id: Annotated[str | None, typer.Argument(help="Show the streams of this run.")] = None,
    *,
    flow: Annotated[str | None, typer.Option(help="Only runs of this flow.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many.", min=1)] = 20,
) -> None:
    """List earlier runs, or show the ledger of one."""
    session = session_of(context)

    def command() -> int:
        output = session.output
        with session.workspace() as workspace:
            if run_id is not None:
                streams = workspace.state.runs.streams(run_id)
                _ledger(output, tuple(streams))
                for stream in streams:
                    if stream.error:
                        output.write(f"{stream.stream}: [{stream.error_code}] {stream.error}")
                output.document({"run": run_id, "streams": streams})
                return DONE
            found = workspace.state.runs.runs(flow=flow, limit=limit)
        if not found:
            output.say("no_runs")
        else:
            output.table(
                ("run", "flow", "started", "ended", "outcome"),
                [
                    (
                        one.run_id,
                        one.flow,
                        f"{one.started_at:%Y-%m-%d %H:%M:%S}",
                        f"{one.ended_at:%Y-%m-%d %H:%M:%S}" if one.ended_at else "",
                        output.text(one.outcome),
                    )
                    for one in found
                ],
            )
        output.document({"runs": found})
        return DONE

    session.run(command)
