"""One case copied from one system to another, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

import pyarrow as pa
from typing_extensions import override

from benchmarks.torture.case import Case
from benchmarks.torture.system import System
from landbridge.data.conform import conform
from landbridge.data.schema import StreamSchema
from landbridge.data.types import canonical
from landbridge.engine.copy.context import CopyContext
from landbridge.engine.copy.copy import StreamCopy
from landbridge.engine.copy.task import SinkEnd, SourceEnd, StreamTask
from landbridge.engine.mapping.mapped import IdentityMapping
from landbridge.engine.receipts.receipt import Receipt
from landbridge.kernel.backoff import Backoff
from landbridge.kernel.clock import SystemClock
from landbridge.kernel.errors import DataUnreadableError, LandbridgeError, TypeRefusedError
from landbridge.sdk.quarantine import QuarantinedRow, QuarantineLog
from landbridge.sdk.reading import Reading
from landbridge.sdk.source import Source
from landbridge.specs.copy import CopyNode
from landbridge.specs.settings import CopySettings

Verdict = Literal["equal", "part", "lossy", "refused", "wrong"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a trial.

    Attributes:
        verdict: `equal`: every value came back. `part`: some rows were refused, the others
            came back. `lossy`: a waiver is needed, and the loss is named. `refused`: the
            column is refused before a row moves, or a value when it is read. `wrong`: a
            value changed in silence, or the copy failed for another reason.
        reason: What was refused or lost, in the words of the error.
        refused_rows: Rows in quarantine.
        rows: Rows of the source.
    """

    verdict: Verdict
    reason: str = ""
    refused_rows: int = 0
    rows: int = 0


class _Kept(QuarantineLog):
    def __init__(self) -> None:
        self.rows: list[QuarantinedRow] = []

    @override
    def keep(self, rows: Sequence[QuarantinedRow]) -> None:
        self.rows += rows


def attempt(source: System, target: System, stream: str, number: int) -> Outcome:
    """Copy one case and compare what stands in the target with what the source holds."""
    into, kept = target.target(number), _Kept()
    try:
        _copy(source, target, (stream, into), kept)
    except TypeRefusedError as error:
        verdict: Verdict = "refused" if ": refused" in str(error) else "lossy"
        return Outcome(_of_fit(source, target, stream) or verdict, _short(error))
    except DataUnreadableError as error:
        return Outcome("refused", _short(error))
    except LandbridgeError as error:
        return Outcome("wrong", f"[{error.code}] {_short(error)}")
    return _compared(source, target, (stream, into), kept)


def misread(source: System, stream: str, case: Case) -> str:
    """Return what a source reads otherwise than it stands there, or "".

    What it refuses to read is told by each trial.
    """
    try:
        schema, rows = _whole(source.source(), stream)
    except DataUnreadableError:
        return ""
    if case.means:
        found = [_text(value) for value in rows.column("v")]
        wanted = [*case.means, None]
        return "" if found == wanted else f"reads {found!r}, not {wanted!r}"[:300]
    if source.witness is None:
        return ""
    try:
        _, others = _whole(source.witness.source(), stream)
    except DataUnreadableError as error:
        return f"reads what is refused by {source.witness.name}: {_short(error)}"
    try:
        batches = [conform(batch, schema) for batch in others.to_batches()]
    except ValueError as error:
        return f"cannot be compared with {source.witness.name}: {_short(error)}"
    mine = sum((Receipt.of(batch) for batch in rows.to_batches()), Receipt())
    theirs = sum((Receipt.of(batch) for batch in batches), Receipt())
    return "" if mine == theirs else "misread: " + _difference(others, rows.to_batches())


def _text(value: pa.Scalar) -> str | None:
    if not value.is_valid:
        return None
    plain = value.value if isinstance(value, pa.ExtensionScalar) else value
    if pa.types.is_fixed_size_binary(plain.type):
        return str(UUID(bytes=plain.as_py()))
    if pa.types.is_binary(plain.type):
        return str(plain.as_py().hex())
    return str(plain.cast(pa.string()).as_py())


def _of_fit(source: System, target: System, stream: str) -> Verdict | None:
    reads, sink = source.source(), target.sink()
    try:
        columns = reads.describe(stream).columns
        kinds = {sink.fit(field).kind for field in columns}
    finally:
        sink.close()
        reads.close()
    if "refused" in kinds:
        return "refused"
    return "lossy" if "lossy" in kinds else None


def _compared(source: System, target: System, streams: tuple[str, str], kept: _Kept) -> Outcome:
    schema, rows = _whole(source.source(), streams[0])
    aside = {row.row for row in kept.rows}
    keep = [at for at in range(rows.num_rows) if at not in aside]
    expected = rows.take(pa.array(keep, pa.int64()))
    try:
        _, found = _whole(target.source(), streams[1])
        batches = [conform(batch, schema) for batch in found.to_batches()]
    except (LandbridgeError, ValueError) as error:
        return Outcome("wrong", f"cannot be read back: {_short(error)}", rows=rows.num_rows)
    want = sum((Receipt.of(batch) for batch in expected.to_batches()), Receipt())
    have = sum((Receipt.of(batch) for batch in batches), Receipt())
    if want != have:
        return Outcome("wrong", _difference(expected, batches), len(aside), rows.num_rows)
    if not aside:
        return Outcome("equal", rows=rows.num_rows)
    reason = next(iter(kept.rows)).reason
    return Outcome("part", reason, len(aside), rows.num_rows)


def _difference(expected: pa.Table, found: Sequence[pa.RecordBatch]) -> str:
    before = {str(row) for row in _texts(expected)}
    after = {str(row) for batch in found for row in _texts(pa.Table.from_batches([batch]))}
    return f"lost {sorted(before - after)[:2]}, found {sorted(after - before)[:2]}"[:300]


def _texts(rows: pa.Table) -> list[str]:
    try:
        return [str(row)[:120] for row in rows.to_pylist()]
    except (ValueError, OverflowError):
        return [str(rows.column("v")[at]) for at in range(rows.num_rows)]


def _whole(source: Source, stream: str) -> tuple[pa.Schema, pa.Table]:
    try:
        schema = canonical(source.describe(stream).columns)
        reading = Reading(stream)
        batches = [
            batch.rows
            for share in source.shares(reading, want=1)
            for batch in source.read(reading, share, after=None)
        ]
    finally:
        source.close()
    plain = [pa.RecordBatch.from_arrays(batch.columns, schema=schema) for batch in batches]
    return schema, pa.Table.from_batches(plain, schema=schema)


def _copy(source: System, target: System, streams: tuple[str, str], kept: _Kept) -> None:
    node = CopyNode.model_validate(
        {
            "type": "copy",
            "name": "n",
            "source": {"connection": "a", "streams": (streams[0],)},
            "target": {"connection": "b", "stream": streams[1]},
            "write": {"mode": "replace"},
            "failed_rows": {"action": "quarantine"},
            "parallel": 1,
        }
    )
    reads, writes = source.manifest.reads, target.manifest.writes
    if reads is None or writes is None:
        raise LookupError(source.name)
    context = CopyContext(
        source=SourceEnd("a", source.connector, reads, source.source),
        sink=SinkEnd("b", target.connector, writes, target.sink, target.source),
        compile=_identity,
        quarantine=kept,
        emit=lambda _event: None,
        clock=SystemClock(),
        backoff=Backoff(give_up_secs=5),
    )
    task = StreamTask("r", "f", node, node.settings(CopySettings()), streams[0], streams[1])
    StreamCopy(task, context).run()


def _identity(schema: StreamSchema) -> IdentityMapping:
    return IdentityMapping(canonical(schema.columns))


def _short(error: Exception) -> str:
    text = str(error).splitlines()[0]
    return text if len(text) <= 160 else f"{text[:159]}…"
