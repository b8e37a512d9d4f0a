"""What copies of all streams of a node share."""

from collections.abc import Callable
from dataclasses import dataclass

from landbridge.data.schema import StreamSchema
from landbridge.engine.copy.task import SinkEnd, SourceEnd
from landbridge.engine.mapping.mapped import RowMapping
from landbridge.kernel.backoff import Backoff
from landbridge.kernel.clock import Clock
from landbridge.sdk.quarantine import QuarantineLog
from landbridge.telemetry.events import Emit


@dataclass(frozen=True, slots=True)
class CopyContext:
    """What a copy needs besides its task.

    Attributes:
        source: The end that is read.
        sink: The end that is written.
        compile: Compiles the node's mapping for the stream's schema.
        quarantine: Where refused rows are kept.
        emit: Where events go.
        clock: Time.
        backoff: Waits between tries.
    """

    source: SourceEnd
    sink: SinkEnd
    compile: Callable[[StreamSchema], RowMapping]
    quarantine: QuarantineLog
    emit: Emit
    clock: Clock
    backoff: Backoff
