"""How a copy behaves, and what a project sets for all its copies."""

from typing import Annotated, Literal

from pydantic import Field

from landbridge.specs.spec import Bytes, Count, Days, Spec


class Stop(Spec):
    """A row that fails stops the run; nothing of its batch is kept."""

    action: Literal["stop"] = "stop"


class Quarantine(Spec):
    """Rows that fail are kept aside with reason and place, up to a limit."""

    action: Literal["quarantine"]
    max_rows: Count | None = Field(
        default=None, description="More failed rows in one run than this stop it."
    )
    max_share: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="A larger share of failed rows than this stops the run.",
        examples=[0.01],
    )


FailedRows = Annotated[Stop | Quarantine, Field(discriminator="action")]


class SchemaChange(Spec):
    """What happens when the source's columns no longer fit the target's."""

    action: Literal["evolve", "refuse"] = Field(
        default="evolve",
        description="`evolve` adds and widens columns of the target; `refuse` stops the run.",
    )


Receipts = Literal["off", "written", "reread"]
Parallel = Annotated[
    int, Field(gt=0, le=256, description="Shares of a stream copied at a time.")
]
BatchBytes = Annotated[Bytes, Field(description="Size of a batch in memory.")]
MemoryBytes = Annotated[
    int, Field(ge=1 << 24, description="Most memory that the rows of a copy may take.")
]
ReceiptsSetting = Annotated[
    Receipts,
    Field(
        description="Content hashes: none, of what was read and written, or also of what "
        "stands in the target afterwards."
    ),
]


class CopySettings(Spec):
    """Settings of a copy, complete: what the node says, else the project, else these."""

    parallel: Parallel = 2
    batch_bytes: BatchBytes = 16 << 20
    memory_bytes: MemoryBytes = 256 << 20
    failed_rows: FailedRows = Field(
        default=Stop(), description="What happens to rows that cannot be written."
    )
    schema_change: SchemaChange = Field(
        default=SchemaChange(), description="What happens when the source's columns change."
    )
    receipts: ReceiptsSetting = "written"


class Retention(Spec):
    """How long the state database keeps what it knows."""

    run_days: Days = Field(default=90, description="Runs, ledgers and receipts.")
    quarantine_days: Days = Field(default=365, description="Rows in quarantine.")
