"""A clock that tests turn by hand."""

import threading
from datetime import UTC, datetime, timedelta

from typing_extensions import override

from landbridge.kernel.clock import Clock


class ManualClock(Clock):
    """Stands still until it is turned; sleeping turns it and returns at once.

    Attributes:
        slept: Every wait that was asked for, in order.

    Example:
        >>> clock = ManualClock()
        >>> clock.sleep(90)
        >>> clock.now().isoformat(), clock.monotonic()
        ('2026-01-01T00:01:30+00:00', 90.0)
    """

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self.slept: list[float] = []
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()

    @override
    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    @override
    def monotonic(self) -> float:
        with self._lock:
            return self._passed

    @override
    def sleep(self, secs: float) -> None:
        with self._lock:
            self.slept.append(secs)
            self._passed += secs

    def turn(self, secs: float) -> None:
        """Let that much time pass."""
        with self._lock:
            self._passed += secs
