"""Everything decided about a stream's copy before a row moves."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from landbridge.data.schema import StreamSchema
from landbridge.data.types import meaning_of
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.task import SinkEnd, SourceEnd, StreamTask
from landbridge.engine.guarantee import Guarantee, derive
from landbridge.engine.mapping.mapped import RowMapping
from landbridge.kernel.errors import (
    GuaranteeRefusedError,
    OptionsInvalidError,
    SchemaChangedError,
    TypeRefusedError,
)
from landbridge.sdk.sink import Fit, Sink
from landbridge.specs.copy import Waiver


@dataclass(frozen=True, slots=True)
class ColumnFit:
    """How one column goes through.

    Attributes:
        column: Its name in the target.
        logical: What it means.
        fit: How the target keeps it.
        waived: Whether the document accepts the loss.
    """

    column: str
    logical: str
    fit: Fit
    waived: bool = False


@dataclass(frozen=True, slots=True)
class Prepared:
    """The decisions.

    Attributes:
        schema: The source stream as it is now.
        mapping: Compiled mapping.
        columns: Columns as the target is given them.
        key: Columns of the target that identify a row; empty when the copy needs none.
        fits: One per column.
        guarantee: What is derived.
    """

    schema: StreamSchema
    mapping: RowMapping
    columns: pa.Schema
    key: tuple[str, ...]
    fits: tuple[ColumnFit, ...]
    guarantee: Guarantee

    @property
    def lossy(self) -> frozenset[str]:
        """Columns whose loss is waived: contents are not compared."""
        return frozenset(fit.column for fit in self.fits if fit.fit.kind == "lossy")


def prepare(
    task: StreamTask, context: CopyContext, schema: StreamSchema, sink: Sink
) -> Prepared:
    """Decide mapping, key, guarantee and how each column fits.

    Args:
        task: The copy.
        context: Its ends and mapping.
        schema: The source stream as it is now.
        sink: The open target, which is asked for fits.

    Raises:
        OptionsInvalidError: The mode is not offered, or a key is missing or unknown.
        GuaranteeRefusedError: The document demands more than can be derived.
        TypeRefusedError: A column is refused, or loses something no waiver accepts; all
            such columns are named.
    """
    mapping = context.compile(schema)
    guarantee = _guarantee(task, context.source, context.sink)
    key = _key(task, schema, mapping)
    _check_cursor(task, schema)
    fits = _fits(task, mapping.columns, sink)
    return Prepared(schema, mapping, mapping.columns, key, fits, guarantee)


def _guarantee(task: StreamTask, source: SourceEnd, sink: SinkEnd) -> Guarantee:
    if task.mode not in sink.capabilities.modes:
        raise OptionsInvalidError(
            f"connector {sink.connector} cannot write in mode {task.mode}",
            hint=f"it offers {', '.join(sorted(sink.capabilities.modes))}",
            node=task.node.name,
        )
    guarantee = derive(task.mode, source.capabilities, sink.capabilities)
    wanted = task.node.guarantee
    if wanted is not None and not guarantee.satisfies(wanted):
        raise GuaranteeRefusedError(
            f"{wanted} is demanded, {guarantee.level} is what can be derived: "
            f"{guarantee.because}",
            hint="demand less, or write with mode merge or replace",
            stream=task.stream,
        )
    return guarantee


def _fits(task: StreamTask, columns: pa.Schema, sink: Sink) -> tuple[ColumnFit, ...]:
    fits = tuple(
        ColumnFit(
            field.name,
            meaning_of(field).logical,
            fit := sink.fit(field),
            waived=any(_waives(waiver, task, field.name, fit) for waiver in task.node.waivers),
        )
        for field in columns
    )
    bad = [
        fit
        for fit in fits
        if fit.fit.kind == "refused" or (fit.fit.kind == "lossy" and not fit.waived)
    ]
    if bad:
        raise TypeRefusedError(
            f"{task.stream}: "
            + "; ".join(f"{fit.column} ({fit.logical}): {fit.fit.reason}" for fit in bad),
            hint="leave the column out, cast it in the mapping, or write a waiver for a loss",
            stream=task.stream,
            columns=", ".join(fit.column for fit in bad),
        )
    return fits


def _waives(waiver: Waiver, task: StreamTask, column: str, fit: Fit) -> bool:
    return (
        waiver.column == column
        and waiver.stream in {None, task.stream}
        and waiver.loss in {None, fit.reason}
    )


def _key(task: StreamTask, schema: StreamSchema, mapping: RowMapping) -> tuple[str, ...]:
    stated: Sequence[str] | None = getattr(task.node.write, "keys", None)
    key = tuple(stated) if stated else _carried_key(schema, mapping)
    unknown = [name for name in key if name not in mapping.columns.names]
    if unknown:
        raise OptionsInvalidError(
            f"{task.stream}: key column {unknown[0]} is not among the target's fields",
            hint=f"fields are {', '.join(mapping.columns.names)}",
            stream=task.stream,
        )
    if task.mode in {"merge", "mirror"} and not key:
        raise OptionsInvalidError(
            f"{task.stream} has no primary key, and mode {task.mode} needs one",
            hint="name the columns that identify a row: write: {mode: ..., keys: [...]}",
            stream=task.stream,
        )
    return key


def _carried_key(schema: StreamSchema, mapping: RowMapping) -> tuple[str, ...]:
    """The source's key in the target's names, when the mapping keeps all of it."""
    carried: dict[str, str] = {}
    for name in mapping.columns.names:
        origin = mapping.source_of(name)
        if origin is not None:
            carried.setdefault(origin, name)
    names = [carried.get(column) for column in schema.key]
    return tuple(name for name in names if name is not None) if None not in names else ()


def _check_cursor(task: StreamTask, schema: StreamSchema) -> None:
    incremental = task.node.incremental
    if incremental is None:
        return
    if incremental.cursor not in schema.columns.names:
        raise SchemaChangedError(
            f"{task.stream} has no cursor column {incremental.cursor}",
            hint=f"it has {', '.join(schema.columns.names)}",
            stream=task.stream,
        )
    if task.mode in {"replace", "mirror"}:
        raise OptionsInvalidError(
            f"mode {task.mode} needs all rows and cannot be incremental",
            hint="use merge or append with incremental",
            node=task.node.name,
        )
    if task.mode == "append" and incremental.lateness_secs:
        raise OptionsInvalidError(
            "append cannot read rows again, so lateness_secs would write them twice",
            hint="use mode merge",
            node=task.node.name,
        )
