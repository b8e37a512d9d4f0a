"""One generation of a load: what it reads, kept as text with the target's progress."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from landbridge.data.types import meaning_of
from landbridge.engine.copy.prepare import Prepared
from landbridge.engine.copy.task import StreamTask
from landbridge.kernel.errors import PositionUnusableError
from landbridge.sdk.progress import Progress, Settled
from landbridge.sdk.reading import Reading, Share, Window
from landbridge.sdk.source import Source

_VERSION = 1


@dataclass(frozen=True, slots=True)
class Generation:
    """What one generation reads.

    Attributes:
        number: Counts from 1.
        fingerprint: Of everything that must not change while it is open.
        reading: The reading, the same in every process that resumes it.
        shares: Its shares.
        settled: Progress by share; empty at the beginning.
        resumed: Whether an earlier run began it.
    """

    number: int
    fingerprint: str
    reading: Reading
    shares: tuple[Share, ...]
    settled: Mapping[str, Settled]
    resumed: bool

    def to_text(self) -> str:
        """Return the plan text that is stored with the generation."""
        window = self.reading.window
        return json.dumps(
            {
                "version": _VERSION,
                "fingerprint": self.fingerprint,
                "window": None
                if window is None
                else [window.column, window.after, window.until, window.inclusive],
                "shares": [[share.name, share.bounds] for share in self.shares],
            }
        )


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan text read back."""

    fingerprint: str
    window: Window | None
    shares: tuple[Share, ...]

    @classmethod
    def from_text(cls, text: str) -> "StoredPlan":
        """Read a text of `Generation.to_text`.

        Raises:
            PositionUnusableError: It was written by a newer version.
        """
        found = json.loads(text)
        if found["version"] != _VERSION:
            raise PositionUnusableError(
                "progress was stored by a newer version of Landbridge",
                hint="upgrade Landbridge, or run with --fresh",
            )
        window = found["window"]
        return cls(
            found["fingerprint"],
            None if window is None else Window(*window),
            tuple(Share(name, bounds) for name, bounds in found["shares"]),
        )


def fingerprint(task: StreamTask, prepared: Prepared) -> str:
    """Return a digest of what an open generation depends on."""
    facts = [
        task.stream,
        task.target,
        task.mode,
        *prepared.key,
        task.node.mapping.model_dump_json(),
        *(f"{field.name}:{field.type}" for field in prepared.schema.columns),
    ]
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()[:16]


def next_number(progress: Progress | None) -> int:
    """Return the number of the generation after the latest."""
    return 1 if progress is None else progress.generation + 1


def resumable(task: StreamTask, progress: Progress | None, print_now: str) -> bool:
    """Return whether the latest generation is open and can go on.

    Raises:
        PositionUnusableError: It is open, rows of it are already visible in the target,
            and what it reads has changed: neither going on nor beginning again is safe.
    """
    if progress is None or progress.state != "open":
        return False
    same = StoredPlan.from_text(progress.plan).fingerprint == print_now
    if task.fresh or task.mode in {"replace", "mirror", "merge"}:
        return same and not task.fresh
    if not same and progress.counts.written:
        raise PositionUnusableError(
            f"{task.stream}: an interrupted append of {progress.counts.written} rows cannot go "
            "on, because the document or the source's columns changed since",
            hint="undo the change and run again, or remove the rows and run with --fresh",
            stream=task.stream,
        )
    return same


def resume(task: StreamTask, progress: Progress, print_now: str) -> Generation:
    """Return the open generation, to go on with."""
    plan = StoredPlan.from_text(progress.plan)
    return Generation(
        number=progress.generation,
        fingerprint=print_now,
        reading=_reading(task, plan.window),
        shares=plan.shares,
        settled=progress.shares,
        resumed=True,
    )


def begin(
    task: StreamTask, prepared: Prepared, source: Source, progress: Progress | None
) -> Generation:
    """Return a new generation; asks the source for its newest cursor value and shares."""
    window = _next_window(task, prepared, source, progress)
    reading = _reading(task, window)
    # A merge by another key than the source's must see rows in one order.
    one = prepared.schema.key == () and task.mode == "merge"
    shares = source.shares(reading, want=1 if one else task.settings.parallel)
    return Generation(
        number=next_number(progress),
        fingerprint=fingerprint(task, prepared),
        reading=reading,
        shares=tuple(shares),
        settled={},
        resumed=False,
    )


def _reading(task: StreamTask, window: Window | None) -> Reading:
    return Reading(task.stream, window=window, batch_bytes=task.settings.batch_bytes)


def _next_window(
    task: StreamTask, prepared: Prepared, source: Source, progress: Progress | None
) -> Window | None:
    incremental = task.node.incremental
    if incremental is None:
        return None
    last = None if task.fresh else _last_value(progress)
    merge = task.mode == "merge"
    if last is None:
        initial = incremental.initial
        after = None if initial is None else str(initial)
        inclusive = True
    else:
        field = prepared.schema.columns.field(incremental.cursor)
        after = earlier(last, field, incremental.lateness_secs)
        # A merge reads ties of the last value again, and those that committed late.
        inclusive = merge
    column = incremental.cursor
    newest = source.newest(
        _reading(task, Window(column, after=after, inclusive=inclusive)), column
    )
    until = newest if newest is not None else last
    return Window(column, after=after, until=until, inclusive=inclusive)


def _last_value(progress: Progress | None) -> str | None:
    """Where the last published generation ended; a discarded one began there."""
    if progress is None:
        return None
    window = StoredPlan.from_text(progress.plan).window
    if window is None:
        return None
    return window.until if progress.state == "published" else window.after


def earlier(value: str, field: pa.Field, secs: int) -> str:
    """Return a cursor value so many seconds before; numbers and texts stay as they are.

    Example:
        >>> earlier("2026-01-01T00:00:00", pa.field("t", pa.timestamp("us")), 60)
        '2025-12-31T23:59:00'
        >>> earlier("17", pa.field("n", pa.int64()), 60)
        '17'
    """
    logical = meaning_of(field).logical
    if not secs or logical not in {"timestamp", "instant", "date"}:
        return value
    moment = datetime.fromisoformat(value)
    if logical == "instant" and moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    moved = moment - timedelta(seconds=secs)
    return moved.date().isoformat() if logical == "date" else moved.isoformat()


def unfinished(generation: Generation) -> Sequence[Share]:
    """Return the shares that are not done, in order."""
    done = {name for name, settled in generation.settled.items() if settled.done}
    return [share for share in generation.shares if share.name not in done]
