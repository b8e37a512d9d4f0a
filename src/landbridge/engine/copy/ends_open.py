"""Open ends of a copy, shared by its shares and renewed when one of them fails."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from landbridge.kernel.errors import LandbridgeError
from landbridge.sdk.sink import Load, Loading, Sink
from landbridge.sdk.source import Source


class OpenSource:
    """The source object that all shares read, so that they see one snapshot.

    A share whose read failed asks for a new object; shares whose reads still go on keep
    the old one, which is closed at the end.
    """

    def __init__(self, build: Callable[[], Source]) -> None:
        self._build = build
        self._lock = threading.Lock()
        self._opened: list[Source] = []

    def current(self) -> Source:
        """Return the object to read with."""
        with self._lock:
            if not self._opened:
                self._opened.append(self._build())
            return self._opened[-1]

    def renew(self, failed: Source) -> None:
        """Replace the object, unless another share has done so already."""
        with self._lock:
            if self._opened and self._opened[-1] is failed:
                self._opened.append(self._build())

    def close(self) -> None:
        """Close every object that was made."""
        with self._lock:
            for source in self._opened:
                with suppress(LandbridgeError):
                    source.close()
            self._opened.clear()


class OpenSink:
    """The loading that all shares write through, reopened when the target went away."""

    def __init__(self, build: Callable[[], Sink], load: Load) -> None:
        self._build = build
        self._load = load
        self._lock = threading.Lock()
        self._sink: Sink | None = None
        self._loading: Loading | None = None

    def current(self) -> Loading:
        """Return the loading, opening it when there is none."""
        with self._lock:
            if self._loading is None:
                self._sink = self._build()
                try:
                    self._loading = self._sink.open(self._load)
                except LandbridgeError:
                    self._close()  # the next try begins with a connection of its own
                    raise
                self._load = replace(self._load, resume=True)
            return self._loading

    def drop(self, failed: Loading | None) -> None:
        """Forget a loading that failed; the next `current` opens another."""
        with self._lock:
            if failed is None or self._loading is failed:
                self._close()

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        loading, sink = self._loading, self._sink
        self._loading = self._sink = None
        with suppress(LandbridgeError):
            if loading is not None:
                loading.close()
        with suppress(LandbridgeError):
            if sink is not None:
                sink.close()
