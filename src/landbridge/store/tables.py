"""Tables of the state database. A change here comes with a migration."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

METADATA = MetaData()

_COUNTS = ("read", "written", "filtered", "quarantined", "superseded")


def _counts() -> list[Column[int]]:
    return [Column(f"{name}_rows", BigInteger, nullable=False, default=0) for name in _COUNTS]


RUNS = Table(
    "runs",
    METADATA,
    Column("run_id", String(40), primary_key=True),
    Column("flow", String(64), nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("ended_at", DateTime),
    Column("outcome", String(16), nullable=False),
)
Index("runs_by_start", RUNS.c.started_at)

STREAMS = Table(
    "run_streams",
    METADATA,
    Column("run_id", String(40), primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("stream", String(400), primary_key=True),
    Column("target", String(400), nullable=False),
    Column("load_id", String(190), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("guarantee", String(32), nullable=False, default=""),
    Column("resumed", Boolean, nullable=False, default=False),
    Column("outcome", String(16), nullable=False),
    *_counts(),
    Column("resumed_rows", BigInteger, nullable=False, default=0),
    Column("deleted_rows", BigInteger, nullable=False, default=0),
    Column("read_receipt", String(80), nullable=False, default=""),
    Column("written_receipt", String(80), nullable=False, default=""),
    Column("target_receipt", String(80), nullable=False, default=""),
    Column("error_code", String(64), nullable=False, default=""),
    Column("error", Text, nullable=False, default=""),
    Column("secs", Float, nullable=False, default=0.0),
)

BATCHES = Table(
    "batches",
    METADATA,
    Column("load_id", String(190), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("share", String(64), primary_key=True),
    Column("batch", Integer, primary_key=True),
    Column("run_id", String(40), nullable=False),
    *_counts(),
    Column("size_bytes", BigInteger, nullable=False),
)
Index("batches_by_run", BATCHES.c.run_id)

QUARANTINE = Table(
    "quarantine",
    METADATA,
    Column("identity", String(24), primary_key=True),
    Column("run_id", String(40), nullable=False),
    Column("flow", String(64), nullable=False),
    Column("node", String(64), nullable=False),
    Column("stream", String(400), nullable=False),
    Column("load_id", String(190), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("share", String(64), nullable=False),
    Column("row", BigInteger, nullable=False),
    Column("code", String(64), nullable=False),
    Column("field", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("edited", Text),
    Column("status", String(16), nullable=False),
    Column("kept_at", DateTime, nullable=False),
    Column("settled_at", DateTime),
)
Index("quarantine_by_flow", QUARANTINE.c.flow, QUARANTINE.c.status)
