"""Processes started here, and only those: ended by id, with everything they forked."""

import os
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.services.errors import ServiceFailedError

# Reads until its parent is gone, then ends the server and removes its files. It keeps a
# killed test run from leaving servers behind. `$1` is the server, `$2` its directory.
_WATCH = (
    "trap '' INT TERM HUP; read -r _; kill -QUIT $1 2>/dev/null; sleep 5;"
    ' kill -KILL $1 2>/dev/null; rm -rf "$2"'
)
_LOG_TAIL_CHARS = 3000


def account(name: str) -> str | None:
    """Return `name` when this process must and can run a server as that account.

    Servers refuse to run as root, so root hands them over; everybody else keeps them.
    """
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(name).pw_name
    except KeyError:
        return None


def give(path: Path, owner: str | None) -> None:
    """Make `owner` the owner of `path`; do nothing when there is no one to give it to."""
    if owner is not None:
        entry = pwd.getpwnam(owner)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def run_as(command: Sequence[str], *, owner: str | None, cwd: Path) -> None:
    """Run `command` to its end as `owner`.

    Raises:
        ServiceFailedError: It exited with another status than 0.
    """
    identity = _identity(owner)
    done = subprocess.run(
        list(command),
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        user=identity.user,
        group=identity.group,
        extra_groups=identity.groups,
        env=identity.environment,
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-_LOG_TAIL_CHARS:]
        raise ServiceFailedError(f"{command[0]} exited with {done.returncode}:\n{said}")


def descendants(pid: int) -> list[int]:
    """Return the ids of every process below `pid`, parents before children."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found: list[int] = []
    todo = [pid]
    while todo:
        below = children.get(todo.pop(), [])
        found += below
        todo += below
    return found


def until(ready: Callable[[], bool], *, secs: float) -> bool:
    """Ask `ready` again and again for at most `secs`; return whether it said yes."""
    end = time.monotonic() + secs
    while not ready():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class ServerProcess:
    """One server process and the watcher that ends it if we die first."""

    def __init__(self, command: Sequence[str], *, owner: str | None, home: Path) -> None:
        self._home = home
        identity = _identity(owner)
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                list(command),
                cwd=home,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                user=identity.user,
                group=identity.group,
                extra_groups=identity.groups,
                env=identity.environment,
            )
        self._watcher = subprocess.Popen(
            ["/bin/sh", "-c", _WATCH, "watch", str(self.pid), str(home)],
            cwd="/",
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """The server's process id."""
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the server process is alive."""
        return self._child.poll() is None

    def log(self) -> str:
        """Return the end of what the server wrote."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-_LOG_TAIL_CHARS:]

    def stop(self, sign: signal.Signals, *, secs: float = 30) -> None:
        """Ask for a clean end by `sign`; kill what has not ended after `secs`."""
        self._dismiss_watcher()
        if self.running:
            self._child.send_signal(sign)
            try:
                self._child.wait(secs)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End the server and all it forked at once, as a power cut would."""
        self._dismiss_watcher()
        if not self.running:
            return
        self._child.send_signal(signal.SIGSTOP)  # nothing new is forked while we look
        below = descendants(self.pid)
        for pid in (self.pid, *below):
            _send(pid, signal.SIGKILL)
        self._child.wait()
        until(lambda: not any(_alive(pid) for pid in below), secs=30)

    @property
    def _log(self) -> Path:
        return self._home / "server.log"

    def _dismiss_watcher(self) -> None:
        if self._watcher.poll() is None:
            self._watcher.kill()
        self._watcher.wait()
        if self._watcher.stdin is not None:
            self._watcher.stdin.close()


@dataclass(frozen=True, slots=True)
class _Identity:
    user: int | None = None
    group: int | None = None
    groups: list[int] | None = None
    environment: dict[str, str] | None = None


def _identity(owner: str | None) -> _Identity:
    if owner is None:
        return _Identity()
    entry = pwd.getpwnam(owner)
    return _Identity(
        user=entry.pw_uid,
        group=entry.pw_gid,
        groups=os.getgrouplist(owner, entry.pw_gid),
        environment={**os.environ, "HOME": entry.pw_dir, "USER": owner, "LOGNAME": owner},
    )


def _send(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def _parents() -> Iterator[tuple[int, int]]:
    listing = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid="], capture_output=True, text=True, check=True
    )
    for line in listing.stdout.splitlines():
        child, parent = line.split()
        yield int(child), int(parent)


def _alive(pid: int) -> bool:
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False
    ).stdout.strip()
    return state != "" and not state.startswith("Z")
