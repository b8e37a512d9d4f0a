"""Progress of a run on the terminal: rows, rows per second, bytes, time left."""

import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text
from typing_extensions import override

from landbridge.cli.output import Output
from landbridge.telemetry.events import (
    BatchSettled,
    Emit,
    Event,
    Retrying,
    SnapshotRenewed,
    StreamEnded,
    StreamStarted,
)

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_KIB = 1024


@contextmanager
def shown_progress(output: Output) -> Generator[Emit]:
    """Yield what to call with each event; draws bars on a terminal, else only notes.

    Everything goes to standard error, so that results can be piped.
    """
    if output.as_json or not sys.stderr.isatty():
        yield _Notes(output)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f} {task.fields[speed]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=output.errors) as progress:
        yield _Bars(output, progress)


class _Notes:
    """Says what a person should know, without bars."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def __call__(self, event: Event) -> None:
        match event:
            case Retrying():
                self._note(
                    self._output.text(
                        "retrying",
                        stream=event.stream,
                        reason=event.reason,
                        secs=f"{event.wait_secs:.1f}",
                        failures=event.failures,
                    )
                )
            case SnapshotRenewed():
                self._note(self._output.text("snapshot_renewed", stream=event.stream))
            case _:
                pass

    def _note(self, words: str) -> None:
        if not self._output.as_json:
            self._output.errors.print(Text(words, style="yellow"))


class _Bars(_Notes):
    """One bar per stream."""

    def __init__(self, output: Output, progress: Progress) -> None:
        super().__init__(output)
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}
        self._bytes: dict[str, int] = {}
        self._lock = threading.Lock()

    @override
    def __call__(self, event: Event) -> None:
        super().__call__(event)
        with self._lock:
            match event:
                case StreamStarted():
                    name = f"{event.node}: {event.stream}"
                    task = self._progress.add_task(name, total=event.rows or None, speed="")
                    self._tasks[event.stream] = task
                case BatchSettled() if event.stream in self._tasks:
                    self._advance(event)
                case StreamEnded() if event.stream in self._tasks:
                    self._progress.update(self._tasks[event.stream], total=max(event.read, 1))
                case _:
                    pass

    def _advance(self, event: BatchSettled) -> None:
        size = self._bytes[event.stream] = self._bytes.get(event.stream, 0) + event.size_bytes
        task = self._tasks[event.stream]
        self._progress.advance(task, event.read)
        found = self._progress.tasks[self._progress.task_ids.index(task)]
        rate = f"{found.speed:,.0f}/s " if found.speed else ""
        self._progress.update(task, speed=f"{rate}{shown_bytes(size)}")


def shown_bytes(size: float) -> str:
    """Return a size for people.

    Example:
        >>> shown_bytes(1536)
        '1.5 KiB'
    """
    power = 0
    while size >= _KIB and power < len(_UNITS) - 1:
        size /= _KIB
        power += 1
    return f"{size:.1f} {_UNITS[power]}" if power else f"{size:.0f} B"
