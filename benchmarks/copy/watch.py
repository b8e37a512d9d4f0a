"""A peer's command, with its time, its greatest memory, and how it ended."""

import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.copy.ours import Timed, memory_of

_LARGEST_MIB = 14 * 1024
_LATE = "not finished in"
_TELLING = re.compile(
    r"error|fail|fatal|cannot|unable|unsupported|not supported", re.IGNORECASE
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True)
class Command:
    """What runs a peer once.

    Attributes:
        arguments: Program and arguments, run without a shell.
        environment: What is added to the environment.
    """

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])


class PeerFailedError(Exception):
    """A peer did not finish; the text says why, in the peer's own words."""


class PeerLateError(PeerFailedError):
    """A peer was ended because it took longer than it may."""


def run(command: Command, folder: Path, longest_secs: float) -> Timed:
    """Run a command to its end.

    Args:
        command: What is run.
        folder: Where it runs, so that what it leaves lies there.
        longest_secs: When it is ended.

    Raises:
        PeerFailedError: It failed or took too much memory.
        PeerLateError: It took too long.
    """
    with tempfile.TemporaryFile() as said:
        began = time.monotonic()
        process = subprocess.Popen(
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, **command.environment},
            start_new_session=True,
        )
        greatest = 0.0
        stopped = ""
        while process.poll() is None and not stopped:
            greatest = max(greatest, memory_of(process.pid))
            if time.monotonic() - began > longest_secs:
                stopped = f"{_LATE} {longest_secs:.0f} s"
            elif greatest > _LARGEST_MIB:
                stopped = f"stopped at {greatest:.0f} MiB of memory"
            else:
                time.sleep(0.05)
        secs = time.monotonic() - began
        if stopped:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            late = stopped.startswith(_LATE)
            raise PeerLateError(stopped) if late else PeerFailedError(stopped)
        if process.returncode:
            said.seek(0)
            raise PeerFailedError(_reason(said.read().decode(errors="replace")))
    return Timed(secs, greatest)


def _reason(said: str) -> str:
    """Return the last line that tells of an error, else the last line."""
    lines = [_COLOURS.sub("", line).strip() for line in said.splitlines()]
    lines = [line for line in lines if line] or ["no reason given"]
    telling = [line for line in lines if _TELLING.search(line)] or lines
    return telling[-1][:300]
