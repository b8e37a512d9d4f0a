"""Trying again when infrastructure failed, and knowing when to stop."""

from collections.abc import Callable
from typing import TypeVar

from landbridge.engine.copy.task import StreamTask
from landbridge.kernel.backoff import Backoff
from landbridge.kernel.clock import Clock
from landbridge.kernel.errors import LandbridgeError, SystemBusyError
from landbridge.telemetry.events import Emit, Retrying

T = TypeVar("T")


class Tries:
    """Counts failures in a row, tells of each, and waits longer after each."""

    def __init__(
        self, task: StreamTask, share: str, emit: Emit, clock: Clock, backoff: Backoff
    ) -> None:
        self._task = task
        self._share = share
        self._emit = emit
        self._clock = clock
        self._backoff = backoff
        self._failures = 0
        self._since = clock.monotonic()

    def wait(self, error: LandbridgeError, *, progressed: bool = False) -> None:
        """Wait before the next try; raise the error when it is final.

        Args:
            error: What happened.
            progressed: Whether anything was settled since the last failure; the waits then
                begin anew.
        """
        if error.retry == "never":
            raise error
        if progressed or not self._failures:
            self._failures, self._since = 0, self._clock.monotonic()
        self._failures += 1
        if self._clock.monotonic() - self._since > self._backoff.give_up_secs:
            raise error
        asked = error.wait_secs if isinstance(error, SystemBusyError) else 0.0
        secs = max(self._backoff.wait(self._failures), asked)
        self._emit(
            Retrying(
                run_id=self._task.run_id,
                stream=self._task.stream,
                share=self._share,
                code=error.code,
                reason=str(error),
                failures=self._failures,
                wait_secs=secs,
            )
        )
        self._clock.sleep(secs)

    def until_done(
        self, action: Callable[[], T], recover: Callable[[LandbridgeError], None]
    ) -> T:
        """Return what the action returns, trying until it succeeds or the failure is final.

        Args:
            action: What to do; safe to do again.
            recover: Called before each further try, to have ends opened anew.
        """
        while True:
            try:
                return action()
            except LandbridgeError as error:
                self.wait(error)
                recover(error)
