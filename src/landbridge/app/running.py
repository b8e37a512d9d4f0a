"""Running a flow: its nodes in order, each stream with its ledger."""

import fcntl
import secrets
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from landbridge.app.copies import RunName, Selection, chosen_nodes, context_of, tasks_of
from landbridge.app.workspace import STATE_FOLDER, Workspace
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.copy import StreamCopy
from landbridge.engine.copy.task import StreamTask
from landbridge.kernel.errors import LandbridgeError, LoadBusyError
from landbridge.specs.copy import CopyNode
from landbridge.store.runs import StreamRecord
from landbridge.telemetry.events import Event, Outcome, RunEnded, RunStarted

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a node or a stream is not done."""

    node: str
    stream: str
    error: LandbridgeError


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run did.

    Attributes:
        run_id: Names it in `landbridge runs`.
        flow: Its flow.
        streams: Ledger and receipts of each stream.
        failures: What failed; empty when the run is done.
        skipped: Nodes not begun because one they need failed.
    """

    run_id: str
    flow: str
    streams: tuple[StreamRecord, ...]
    failures: tuple[Failure, ...]
    skipped: tuple[str, ...]

    @property
    def done(self) -> bool:
        """Whether every node is done."""
        return not self.failures and not self.skipped


def run_flow(
    workspace: Workspace, flow_name: str, selection: Selection, listen: Callable[[Event], None]
) -> RunReport:
    """Run a flow to its end. A stream that fails does not keep the others from running.

    Args:
        workspace: The project.
        flow_name: The flow.
        selection: Which part of it.
        listen: Told every event, besides the state database.

    Raises:
        LoadBusyError: The flow is running already.
        LandbridgeError: Nothing could be begun.
    """
    flow = workspace.flow(flow_name)
    run = _FlowRun(workspace, RunName(new_run_id(workspace), flow.name), selection, listen)
    with _alone(workspace.project.folder, flow.name):
        run.go(chosen_nodes(flow, selection))
    _forget_old(workspace)
    return run.report()


class _FlowRun:
    """One run while it goes on."""

    def __init__(
        self,
        workspace: Workspace,
        name: RunName,
        selection: Selection,
        listen: Callable[[Event], None],
    ) -> None:
        self._workspace = workspace
        self._name = name
        self._selection = selection
        self._listen = listen
        self._failures: list[Failure] = []
        self._skipped: list[str] = []

    def go(self, nodes: Sequence[CopyNode]) -> None:
        """Run the nodes in order; those that need a failed one are skipped."""
        clock, name = self._workspace.clock, self._name
        self._emit(RunStarted(name.run_id, name.flow, clock.now()))
        outcome: Outcome = "failed"
        try:
            for node in nodes:
                self._go_on(node)
            outcome = "failed" if self._failures or self._skipped else "done"
        finally:
            self._emit(RunEnded(name.run_id, outcome, clock.now()))

    def report(self) -> RunReport:
        """Return what was done."""
        return RunReport(
            self._name.run_id,
            self._name.flow,
            tuple(self._workspace.state.runs.streams(self._name.run_id)),
            tuple(self._failures),
            tuple(self._skipped),
        )

    def _emit(self, event: Event) -> None:
        self._workspace.state.runs.record(event)
        self._listen(event)

    def _go_on(self, node: CopyNode) -> None:
        broken = {failure.node for failure in self._failures}.union(self._skipped)
        if broken.intersection(node.needs):
            self._skipped.append(node.name)
            return
        try:
            context = context_of(self._workspace, node, self._emit)
            tasks = self._tasks(node, context)
        except LandbridgeError as error:
            self._failures.append(Failure(node.name, "", error))
            return
        for task in tasks:
            try:
                StreamCopy(task, context).run()
            except LandbridgeError as error:
                self._failures.append(Failure(node.name, task.stream, error))

    def _tasks(self, node: CopyNode, context: CopyContext) -> Sequence[StreamTask]:
        source = context.source.build()
        try:
            found = tasks_of(self._workspace, self._name, node, source, self._selection)
            return list(found)
        finally:
            source.close()


def new_run_id(workspace: Workspace) -> str:
    """Return a name for a run: sortable by time, and short enough to type."""
    moment = workspace.clock.now().strftime("%Y%m%d-%H%M%S")
    return f"{moment}-{''.join(secrets.choice(_ALPHABET) for _ in range(5))}"


@contextmanager
def _alone(folder: Path, flow: str) -> Generator[None]:
    """Hold the flow's lock; the operating system gives it back however we end."""
    locks = folder / STATE_FOLDER / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    with (locks / f"{flow}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise LoadBusyError(
                f"flow {flow} is running already",
                hint="wait for it to end; `landbridge runs` shows it",
                flow=flow,
            ) from error
        yield


def _forget_old(workspace: Workspace) -> None:
    retention = workspace.project.spec.retention
    now = workspace.clock.now()
    workspace.state.quarantine.purge(now - timedelta(days=retention.quarantine_days))
    workspace.state.runs.purge(now - timedelta(days=retention.run_days))
