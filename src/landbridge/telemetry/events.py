"""Events of runs. An event is a value; whoever is interested gets it from the runtime."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Outcome = Literal["done", "failed"]


@dataclass(frozen=True, slots=True)
class RunStarted:
    """A run begins."""

    run_id: str
    flow: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StreamStarted:
    """A stream of a copy node begins or is resumed.

    Attributes:
        resumed: Whether an interrupted generation goes on.
        rows: Estimated rows to read, or None.
        guarantee: What is derived for this source and target.
    """

    run_id: str
    node: str
    stream: str
    target: str
    load_id: str
    generation: int
    resumed: bool
    shares: int
    rows: int | None
    guarantee: str


@dataclass(frozen=True, slots=True)
class BatchSettled:
    """A batch is durable in the target. Numbers are of this batch alone."""

    run_id: str
    node: str
    stream: str
    load_id: str
    generation: int
    share: str
    batch: int
    read: int
    written: int
    filtered: int
    quarantined: int
    superseded: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Retrying:
    """Infrastructure failed; the runtime waits and tries again."""

    run_id: str
    stream: str
    share: str
    code: str
    reason: str
    failures: int
    wait_secs: float


@dataclass(frozen=True, slots=True)
class SnapshotRenewed:
    """The source was reopened, so later shares see a later moment than earlier ones."""

    run_id: str
    stream: str


@dataclass(frozen=True, slots=True)
class StreamEnded:
    """A stream is published, or failed.

    Attributes:
        resumed_rows: Rows of these counts that an earlier run of the generation read.
        deleted: Rows that a mirror deleted.
        error: Text of the failure, or "".
    """

    run_id: str
    node: str
    stream: str
    target: str
    load_id: str
    generation: int
    outcome: Outcome
    read: int
    written: int
    filtered: int
    quarantined: int
    superseded: int
    resumed_rows: int
    deleted: int
    read_receipt: str
    written_receipt: str
    target_receipt: str
    error_code: str
    error: str
    secs: float


@dataclass(frozen=True, slots=True)
class RunEnded:
    """A run is over."""

    run_id: str
    outcome: Outcome
    at: datetime


Event = (
    RunStarted
    | StreamStarted
    | BatchSettled
    | Retrying
    | SnapshotRenewed
    | StreamEnded
    | RunEnded
)
Emit = Callable[[Event], None]
