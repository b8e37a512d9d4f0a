"""`init`, `check`, `plan` and `apply`: documents before anything moves."""

from pathlib import Path
from typing import Annotated

import typer

from landbridge.app.checking import ConnectionReport, check_connections
from landbridge.app.copies import Selection
from landbridge.app.initialising import create_project
from landbridge.app.planning import NotPlanned, Plan, apply_flow, plan_flow
from landbridge.cli.output import Output, error_record
from landbridge.cli.session import BAD_INPUT, DONE, FAILED, Session, session_of
from landbridge.engine.copy.planned import PlannedStream

Flow = Annotated[str, typer.Argument(help="Name of the flow.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("init")(init)
    app.command("check")(check)
    app.command("plan")(plan)
    app.command("apply")(apply)


def init(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Folder to create the project in.")],
) -> None:
    """Create a project with an example connection and flow."""
    session = session_of(context)

    def command() -> int:
        created = create_project(folder)
        session.output.say("created", name=created.name, folder=str(folder))
        session.output.document(created)
        return DONE

    session.run(command)


def check(
    context: typer.Context,
    connections: Annotated[
        list[str] | None, typer.Argument(help="Connections to try; all when none is named.")
    ] = None,
    *,
    offline: Annotated[
        bool, typer.Option("--offline", help="Only read the documents.")
    ] = False,
    streams: Annotated[
        bool, typer.Option("--streams", help="Also list what can be read.")
    ] = False,
) -> None:
    """Check every document, and whether the connections answer."""
    session = session_of(context)
    session.run(lambda: _check(session, tuple(connections or ()), offline, streams))


def _check(session: Session, names: tuple[str, ...], offline: bool, streams: bool) -> int:  # noqa: FBT001  flags of the command
    output = session.output
    with session.workspace() as workspace:
        workspace.check_options()
        project = workspace.project
        connections, flows = len(project.connections), len(project.flows)
        output.say("documents_right", connections=connections, flows=flows)
        reports = [] if offline else check_connections(workspace, names)
    _show_connections(output, reports, streams=streams or bool(names))
    output.document(
        {
            "project": project.spec.name,
            "connections": connections,
            "flows": flows,
            "checked": reports,
        }
    )
    return FAILED if any(report.error for report in reports) else DONE


def _show_connections(
    output: Output, reports: list[ConnectionReport], *, streams: bool
) -> None:
    if not reports:
        return
    output.table(
        ("connection", "connector", "status", "system"),
        [
            (
                report.name,
                report.connector,
                output.text("fails" if report.error else "answers"),
                str(report.error) if report.error else report.reads or report.writes,
            )
            for report in reports
        ],
    )
    for report in reports:
        if report.error and report.error.hint:
            output.write(f"{report.name}: {report.error.hint}")
        if streams and report.streams:
            output.table(
                ("stream", "kind", "rows", "comment"),
                [
                    (entry.name, entry.kind, entry.rows, entry.comment)
                    for entry in report.streams
                ],
                title=report.name,
            )


def plan(
    context: typer.Context,
    flow: Flow,
    *,
    node: Annotated[str | None, typer.Option(help="Only this node.")] = None,
    stream: Annotated[str | None, typer.Option(help="Only this source stream.")] = None,
) -> None:
    """Show what a run would do, without doing any of it."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace:
            found = plan_flow(workspace, flow, Selection(node, stream))
        _show_plan(session.output, found)
        session.output.document({"digest": found.digest, **_record(session.output, found)})
        return BAD_INPUT if found.unknown else DONE

    session.run(command)


def apply(
    context: typer.Context,
    flow: Flow,
    *,
    digest: Annotated[
        str | None, typer.Option("--plan", help="Only do it when the plan is still this one.")
    ] = None,
) -> None:
    """Create and evolve the targets of a flow as planned; no row moves yet."""
    session = session_of(context)

    def command() -> int:
        with session.workspace() as workspace:
            done = apply_flow(workspace, flow, digest)
        session.output.say("applied", flow=flow)
        session.output.document({"digest": done.digest, **_record(session.output, done)})
        return DONE

    session.run(command)


def _record(output: Output, plan: Plan) -> dict[str, object]:
    return {
        "flow": plan.flow,
        "streams": plan.streams,
        "unknown": [
            {
                "node": one.node,
                "stream": one.stream,
                "error": error_record(one.error, output.language),
            }
            for one in plan.unknown
        ],
    }


def _show_plan(output: Output, plan: Plan) -> None:
    output.say("plan_of", flow=plan.flow, style="bold")
    for stream in plan.streams:
        _show_stream(output, stream)
    for one in plan.unknown:
        _show_unknown(output, one)
    if not plan.unknown:
        output.say("plan_digest", digest=plan.digest, flow=plan.flow)


def _show_stream(output: Output, stream: PlannedStream) -> None:
    title = f"{stream.node}: {stream.stream} → {stream.target}"
    output.table(
        ("mode", "rows", "guarantee", "reason"),
        [(stream.mode, stream.rows, stream.guarantee.level, stream.guarantee.because)],
        title=title,
    )
    output.table(
        ("column", "type", "in_target", "fit", "reason"),
        [
            (
                fit.column,
                fit.logical,
                fit.fit.native,
                fit.fit.kind,
                fit.fit.reason + (f" ({output.text('waived')})" if fit.waived else ""),
            )
            for fit in stream.fits
        ],
    )
    for change in stream.changes:
        mark = f" ({output.text('destructive')})" if change.destructive else ""
        output.write(f"{change.action}{mark}: {change.statement}")
    if stream.resumes is not None:
        output.say("plan_resumes", rows=stream.resumes)


def _show_unknown(output: Output, one: NotPlanned) -> None:
    where = f"{one.node}: {one.stream}" if one.stream else one.node
    output.write(f"{where} {output.text('plan_unknown')}: {one.error}", style="red")
    if one.error.hint:
        output.write(f"{output.text('hint')}: {one.error.hint}")
