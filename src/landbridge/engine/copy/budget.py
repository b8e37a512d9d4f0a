"""A hard limit on the bytes of rows in flight."""

import threading
from pathlib import Path

_CGROUP_LIMITS = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def cgroup_limit() -> int | None:
    """Return the memory limit of this process's control group, or None without one."""
    for path in _CGROUP_LIMITS:
        try:
            text = path.read_text().strip()
        except OSError:
            continue
        if text.isdigit() and int(text) < 1 << 60:
            return int(text)
    return None


def affordable(wanted: int, limit: int | None) -> int:
    """Return the bytes that rows may take: what is wanted, at most a third of the limit."""
    return wanted if limit is None else min(wanted, limit // 3)


class ByteBudget:
    """Bytes shared by the pipelines of a copy.

    `take` blocks until the bytes are free. A request larger than the whole budget is
    granted when nothing else is out, so that one huge row can still pass.
    """

    def __init__(self, total: int) -> None:
        self._total = total
        self._used = 0
        self._cancelled = False
        self._changed = threading.Condition()

    def take(self, size: int) -> bool:
        """Wait for `size` bytes; False when the copy is cancelled."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._cancelled or self._used == 0 or self._used + size <= self._total
            )
            if self._cancelled:
                return False
            self._used += size
            return True

    def give_back(self, size: int) -> None:
        """Return bytes taken before."""
        with self._changed:
            self._used -= size
            self._changed.notify_all()

    def cancel(self) -> None:
        """Let every waiting `take` return False, now and later."""
        with self._changed:
            self._cancelled = True
            self._changed.notify_all()

    @property
    def used(self) -> int:
        """Bytes out now."""
        return self._used
