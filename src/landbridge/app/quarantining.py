"""Rows in quarantine: found, edited, replayed, dropped."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from landbridge.app.copies import Selection, chosen_nodes, context_of
from landbridge.app.running import new_run_id
from landbridge.app.workspace import Workspace
from landbridge.data.rowtext import rows_from_json
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.replay import Replay, replay_rows
from landbridge.engine.copy.task import StreamTask
from landbridge.kernel.errors import LandbridgeError, OptionsInvalidError
from landbridge.store.quarantine import KeptRow, Search
from landbridge.telemetry.events import Event

_REPLAYED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Replayed:
    """What replaying the waiting rows of one stream did.

    Attributes:
        node: The node.
        stream: Source stream.
        written: Rows the target took.
        filtered: Rows that the filter leaves out by now.
        refused: Rows refused again; they wait on with their new reason.
        error: Why nothing could be replayed, or None.
    """

    node: str
    stream: str
    written: int = 0
    filtered: int = 0
    refused: int = 0
    error: LandbridgeError | None = None


def the_row(workspace: Workspace, identity: str) -> KeptRow:
    """Return the row that an identity, or the start of one, names.

    Raises:
        OptionsInvalidError: It names none, or several.
    """
    found = workspace.state.quarantine.find(Search(identity=identity, limit=2))
    if len(found) != 1:
        count = "several rows" if found else "no row"
        raise OptionsInvalidError(
            f"{identity} names {count} in quarantine",
            hint="`landbridge quarantine list` shows their names",
        )
    return found[0]


def edit_row(workspace: Workspace, identity: str, content: str) -> KeptRow:
    """Store another content for a waiting row, after proving that it is one.

    Raises:
        OptionsInvalidError: The content is not a row of the stream, or the row is settled.
    """
    kept = the_row(workspace, identity)
    if kept.status != "waiting":
        raise OptionsInvalidError(f"row {kept.identity} is {kept.status} already")
    flow = workspace.flow(kept.row.flow)
    [node] = chosen_nodes(flow, Selection(node=kept.row.node))
    source = workspace.source_end(node.source.connection).build()
    try:
        columns = source.describe(kept.row.stream).columns
    finally:
        source.close()
    try:
        rows_from_json([content], columns)
    except ValueError as error:
        raise OptionsInvalidError(
            f"that is not a row of {kept.row.stream}: {error}",
            hint="give one JSON object with the stream's fields",
        ) from error
    workspace.state.quarantine.edit(kept.identity, content)
    return the_row(workspace, kept.identity)


def drop_rows(workspace: Workspace, search: Search) -> int:
    """Give waiting rows up for good; return how many. They stay on record as dropped."""
    found = workspace.state.quarantine.find(replace(search, status="waiting"))
    workspace.state.quarantine.settle([kept.identity for kept in found], "dropped")
    return len(found)


def replay(workspace: Workspace, search: Search) -> list[Replayed]:
    """Map waiting rows again, edited contents where there are any, and write them."""
    waiting = replace(search, status="waiting", limit=_REPLAYED_AT_ONCE)
    found = workspace.state.quarantine.find(waiting)

    def place(kept: KeptRow) -> tuple[str, str, str]:
        return kept.row.flow, kept.row.node, kept.row.stream

    results: list[Replayed] = []
    for (flow, node, stream), rows in groupby(sorted(found, key=place), key=place):
        # In the order they were read, so that a later row of a key wins.
        ordered = sorted(rows, key=lambda kept: (kept.row.generation, kept.row.row))
        try:
            results.append(_replay_stream(workspace, (flow, node, stream), ordered))
        except LandbridgeError as error:
            results.append(Replayed(node, stream, error=error))
    return results


def _replay_stream(
    workspace: Workspace, place: tuple[str, str, str], rows: Sequence[KeptRow]
) -> Replayed:
    flow_name, node_name, stream = place
    task, context = _task(workspace, flow_name, node_name, stream)
    done = replay_rows(
        task,
        context,
        [kept.identity for kept in rows],
        [kept.edited or kept.row.content for kept in rows],
    )
    _settle(workspace, rows, done)
    return Replayed(
        node_name, stream, done.counts.written, done.counts.filtered, len(done.refused)
    )


def _task(
    workspace: Workspace, flow_name: str, node_name: str, stream: str
) -> tuple[StreamTask, CopyContext]:
    flow = workspace.flow(flow_name)
    [node] = chosen_nodes(flow, Selection(node=node_name))

    def unheard(event: Event) -> None:
        del event

    task = StreamTask(
        run_id=new_run_id(workspace),
        flow=flow.name,
        node=node,
        settings=node.settings(workspace.project.spec.defaults),
        stream=stream,
        target=node.target.name_for(stream),
    )
    return task, context_of(workspace, node, unheard)


def _settle(workspace: Workspace, rows: Sequence[KeptRow], done: Replay) -> None:
    """Mark the rows that went on; store the new reason of those that did not."""
    quarantine = workspace.state.quarantine
    gone = [kept.identity for at, kept in enumerate(rows) if at not in done.refused]
    quarantine.settle(gone, "replayed")
    for at, fault in done.refused.items():
        quarantine.refuse_again(rows[at].identity, fault.code, fault.field, fault.reason)
