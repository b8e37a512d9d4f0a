"""What is to be copied, and between which ends."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from landbridge.sdk.manifest import SinkCapabilities, SourceCapabilities
from landbridge.sdk.sink import Sink, WriteMode
from landbridge.sdk.source import Source
from landbridge.specs.copy import CopyNode
from landbridge.specs.settings import CopySettings

_LOAD_ID_LIMIT = 180


@dataclass(frozen=True, slots=True)
class SourceEnd:
    """The connection that is read. `build` gives a fresh source each time."""

    connection: str
    connector: str
    capabilities: SourceCapabilities
    build: Callable[[], Source]


@dataclass(frozen=True, slots=True)
class SinkEnd:
    """The connection that is written.

    Attributes:
        build: Gives a fresh sink each time.
        build_source: Gives a source over the same connection, to re-read; None when the
            connector cannot read.
        reads: What that source can do.
    """

    connection: str
    connector: str
    capabilities: SinkCapabilities
    build: Callable[[], Sink]
    build_source: Callable[[], Source] | None
    reads: SourceCapabilities | None = None


@dataclass(frozen=True, slots=True)
class StreamTask:
    """One stream of a copy node, in one run.

    Attributes:
        run_id: The run.
        flow: Its flow.
        node: The node as documented.
        settings: The node's settings, completed from the project's.
        stream: Source stream.
        target: Target stream.
        fresh: Give up an interrupted generation, and forget the cursor.
    """

    run_id: str
    flow: str
    node: CopyNode
    settings: CopySettings
    stream: str
    target: str
    fresh: bool = False

    @property
    def load_id(self) -> str:
        """Identity of this stream's load over all runs, at most 180 characters."""
        text = f"{self.flow}.{self.node.name}.{self.stream}"
        if len(text) <= _LOAD_ID_LIMIT:
            return text
        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        return f"{text[: _LOAD_ID_LIMIT - 17]}~{digest}"

    @property
    def mode(self) -> WriteMode:
        """How the target is written."""
        return self.node.write.mode
