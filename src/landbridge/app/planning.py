"""What a run would do, found out without doing any of it."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from landbridge.app.copies import RunName, Selection, chosen_nodes, context_of, tasks_of
from landbridge.app.workspace import Workspace
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.planned import PlannedStream, create_target, plan_stream
from landbridge.engine.copy.task import StreamTask
from landbridge.kernel.errors import LandbridgeError, OptionsInvalidError


@dataclass(frozen=True, slots=True)
class NotPlanned:
    """A stream or node whose plan could not be found out, and why."""

    node: str
    stream: str
    error: LandbridgeError


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a run of a flow would do.

    Attributes:
        flow: The flow.
        streams: One entry per stream.
        unknown: What could not be planned; a plan with such entries cannot be applied.
    """

    flow: str
    streams: tuple[PlannedStream, ...]
    unknown: tuple[NotPlanned, ...]

    @property
    def digest(self) -> str:
        """The same as long as a run would do the same to the targets."""
        text = json.dumps([asdict(stream) for stream in self.streams], default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:12]


def plan_flow(workspace: Workspace, flow_name: str, selection: Selection) -> Plan:
    """Return the plan of a flow. Reads catalogues; writes nothing anywhere."""
    streams: list[PlannedStream] = []
    unknown: list[NotPlanned] = []
    for task, context in _tasks(workspace, flow_name, selection, unknown):
        try:
            streams.append(plan_stream(task, context))
        except LandbridgeError as error:
            unknown.append(NotPlanned(task.node.name, task.stream, error))
    return Plan(flow_name, tuple(streams), tuple(unknown))


def apply_flow(workspace: Workspace, flow_name: str, digest: str | None) -> Plan:
    """Create and evolve the targets as planned, without moving a row.

    Args:
        workspace: The project.
        flow_name: The flow.
        digest: The plan the user agreed to; None agrees to whatever the plan is now.

    Raises:
        OptionsInvalidError: The plan is another by now, or not complete.
    """
    selection = Selection()
    plan = plan_flow(workspace, flow_name, selection)
    if plan.unknown:
        raise plan.unknown[0].error
    if digest is not None and digest != plan.digest:
        raise OptionsInvalidError(
            f"the plan is {plan.digest} by now, not {digest}",
            hint=f"look at `landbridge plan {flow_name}` again",
        )
    for task, context in _tasks(workspace, flow_name, selection, []):
        create_target(task, context)
    return plan


def _tasks(
    workspace: Workspace, flow_name: str, selection: Selection, unknown: list[NotPlanned]
) -> Iterator[tuple[StreamTask, CopyContext]]:
    flow = workspace.flow(flow_name)
    run = RunName("plan", flow.name)
    for node in chosen_nodes(flow, selection):
        try:
            context = context_of(workspace, node, emit=lambda _event: None)
            source = context.source.build()
            try:
                tasks = list(tasks_of(workspace, run, node, source, selection))
            finally:
                source.close()
        except LandbridgeError as error:
            unknown.append(NotPlanned(node.name, "", error))
            continue
        for task in tasks:
            yield task, context
