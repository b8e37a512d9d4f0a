"""Comparing the targets of a flow with their sources, and repairing them."""

from dataclasses import dataclass
from functools import partial

from landbridge.app.copies import RunName, Selection, chosen_nodes, context_of, tasks_of
from landbridge.app.workspace import Workspace
from landbridge.data.rowtext import rows_from_json
from landbridge.data.schema import StreamSchema
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.verify.stream import Aside, verify_stream
from landbridge.engine.verify.verify import Verification
from landbridge.kernel.errors import LandbridgeError
from landbridge.store.quarantine import Search

_EXCUSED_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class StreamVerification:
    """What verifying one stream found, or why it could not be verified."""

    node: str
    stream: str
    target: str
    found: Verification | None
    error: LandbridgeError | None = None


def verify_flow(
    workspace: Workspace, flow_name: str, selection: Selection, *, repair: bool
) -> list[StreamVerification]:
    """Verify every selected stream of a flow, and repair it when asked to."""
    flow = workspace.flow(flow_name)
    results: list[StreamVerification] = []
    for node in chosen_nodes(flow, selection):
        context = context_of(workspace, node, emit=lambda _event: None)
        source = context.source.build()
        try:
            run = RunName("verify", flow.name)
            tasks = list(tasks_of(workspace, run, node, source, selection))
        finally:
            source.close()
        results += [_verify(workspace, task, context, repair=repair) for task in tasks]
    return results


def _verify(
    workspace: Workspace, task: StreamTask, context: CopyContext, *, repair: bool
) -> StreamVerification:
    try:
        found = verify_stream(
            task, context, partial(_in_quarantine, workspace, task), repair=repair
        )
    except LandbridgeError as error:
        return StreamVerification(task.node.name, task.stream, task.target, None, error)
    return StreamVerification(task.node.name, task.stream, task.target, found)


def _in_quarantine(workspace: Workspace, task: StreamTask, schema: StreamSchema) -> Aside:
    """The stream's rows that wait, were dropped, or went on as they were edited."""
    found = workspace.state.quarantine.find(
        Search(flow=task.flow, node=task.node.name, stream=task.stream, limit=_EXCUSED_ROWS)
    )
    refused = [kept.row.content for kept in found if kept.status != "replayed"]
    edited = [kept.edited for kept in found if kept.status == "replayed" and kept.edited]
    return Aside(
        refused=rows_from_json(refused, schema.columns),
        edited=rows_from_json(edited, schema.columns),
    )
