"""Rows that were refused, and where they are kept."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that mapping or target refused.

    Attributes:
        run_id: The run that refused it.
        flow: Its flow.
        node: Its node.
        stream: The source stream.
        load_id: The load it belongs to.
        generation: The generation of that load.
        share: The share it was read from.
        row: Its number within the share, from 0, which is the same on every reading.
        code: Stable code of the reason (`mapping.cast`, `sink.rows_refused`…).
        field: The field concerned, or "" when the target does not name it.
        reason: Why, in a sentence without secrets.
        content: The row as the source delivered it, as JSON text (`data.rowtext`).
    """

    run_id: str
    flow: str
    node: str
    stream: str
    load_id: str
    generation: int
    share: str
    row: int
    code: str
    field: str
    reason: str
    content: str

    @property
    def identity(self) -> str:
        """The same for the same row of the same generation: keeping it is idempotent."""
        text = f"{self.load_id}\0{self.generation}\0{self.share}\0{self.row}"
        return hashlib.sha256(text.encode()).hexdigest()[:24]


class QuarantineLog(Protocol):
    """Keeps refused rows durably. Called from several threads."""

    def keep(self, rows: Sequence[QuarantinedRow]) -> None:
        """Make the rows durable; rows of an identity kept before are overwritten.

        Called before the batch they belong to is settled, so none is ever lost.
        """
        ...
