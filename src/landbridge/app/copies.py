"""Copy nodes of a flow, taken apart into the streams they copy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from landbridge.app.code_tables import ProjectCodeTables
from landbridge.app.workspace import Workspace
from landbridge.data.schema import StreamSchema
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.task import StreamTask
from landbridge.engine.mapping.compile import compile_mapping
from landbridge.engine.mapping.mapped import RowMapping
from landbridge.kernel.backoff import Backoff
from landbridge.kernel.errors import OptionsInvalidError, StreamMissingError
from landbridge.sdk.source import Source
from landbridge.specs.copy import CopyNode, StreamPatterns
from landbridge.specs.flow import FlowSpec
from landbridge.telemetry.events import Emit


@dataclass(frozen=True, slots=True)
class Selection:
    """Which part of a flow, and how.

    Attributes:
        node: Only this node.
        stream: Only this source stream.
        fresh: Give up interrupted generations and forget cursors.
    """

    node: str | None = None
    stream: str | None = None
    fresh: bool = False


def chosen_nodes(flow: FlowSpec, selection: Selection) -> Sequence[CopyNode]:
    """Return the selected nodes, each after all it needs.

    Raises:
        OptionsInvalidError: The flow has no such node.
    """
    nodes = flow.ordered()
    if selection.node is None:
        return nodes
    chosen = [node for node in nodes if node.name == selection.node]
    if not chosen:
        raise OptionsInvalidError(
            f"flow {flow.name} has no node {selection.node}",
            hint=f"it has {', '.join(node.name for node in nodes)}",
        )
    return chosen


def context_of(workspace: Workspace, node: CopyNode, emit: Emit) -> CopyContext:
    """Return what the engine needs to copy a node's streams."""
    tables = ProjectCodeTables(workspace)

    def compiled(schema: StreamSchema) -> RowMapping:
        return compile_mapping(node.mapping, schema, tables)

    return CopyContext(
        source=workspace.source_end(node.source.connection),
        sink=workspace.sink_end(node.target.connection),
        compile=compiled,
        quarantine=workspace.state.quarantine,
        emit=emit,
        clock=workspace.clock,
        backoff=Backoff(),
    )


@dataclass(frozen=True, slots=True)
class RunName:
    """A run and its flow."""

    run_id: str
    flow: str


def tasks_of(
    workspace: Workspace, run: RunName, node: CopyNode, source: Source, selection: Selection
) -> Iterator[StreamTask]:
    """Yield one task for each stream that a node copies.

    Raises:
        StreamMissingError: A pattern or the selection meets no stream.
        OptionsInvalidError: Two streams would be written to the same target.
    """
    settings = node.settings(workspace.project.spec.defaults)
    taken: dict[str, str] = {}
    for stream in _streams(node, source, selection):
        target = node.target.name_for(stream)
        if taken.setdefault(target, stream) != stream:
            raise OptionsInvalidError(
                f"node {node.name}: streams {taken[target]} and {stream} both go to {target}",
                hint="write the target with a placeholder, such as {schema}_{table}",
                node=node.name,
            )
        yield StreamTask(
            run_id=run.run_id,
            flow=run.flow,
            node=node,
            settings=settings,
            stream=stream,
            target=target,
            fresh=selection.fresh,
        )


def _streams(node: CopyNode, source: Source, selection: Selection) -> Sequence[str]:
    wanted = node.source.streams
    if isinstance(wanted, StreamPatterns):
        found = [entry.name for entry in source.streams() if _meets(entry.name, wanted)]
    else:
        found = list(wanted)
    if selection.stream is not None:
        found = [stream for stream in found if stream == selection.stream]
    if not found:
        what = selection.stream or (
            ", ".join(wanted.include) if isinstance(wanted, StreamPatterns) else ""
        )
        raise StreamMissingError(
            f"node {node.name}: no stream meets {what}",
            hint=f"landbridge check {node.source.connection} lists its streams",
            node=node.name,
        )
    return found


def _meets(stream: str, patterns: StreamPatterns) -> bool:
    return any(fnmatchcase(stream, pattern) for pattern in patterns.include) and not any(
        fnmatchcase(stream, pattern) for pattern in patterns.exclude
    )
