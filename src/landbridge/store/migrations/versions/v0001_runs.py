"""Runs, their streams and batches, and the quarantine."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_COUNTS = ("read", "written", "filtered", "quarantined", "superseded")


def _counts() -> list[sa.Column[int]]:
    return [sa.Column(f"{name}_rows", sa.BigInteger, nullable=False) for name in _COUNTS]


def upgrade() -> None:
    """Create everything."""
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(40), primary_key=True),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("started_at", sa.DateTime, nullable=False),
        sa.Column("ended_at", sa.DateTime),
        sa.Column("outcome", sa.String(16), nullable=False),
    )
    op.create_index("runs_by_start", "runs", ["started_at"])
    _create_streams()
    _create_batches()
    _create_quarantine()


def _create_streams() -> None:
    op.create_table(
        "run_streams",
        sa.Column("run_id", sa.String(40), primary_key=True),
        sa.Column("node", sa.String(64), primary_key=True),
        sa.Column("stream", sa.String(400), primary_key=True),
        sa.Column("target", sa.String(400), nullable=False),
        sa.Column("load_id", sa.String(190), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("guarantee", sa.String(32), nullable=False),
        sa.Column("resumed", sa.Boolean, nullable=False),
        sa.Column("outcome", sa.String(16), nullable=False),
        *_counts(),
        sa.Column("resumed_rows", sa.BigInteger, nullable=False),
        sa.Column("deleted_rows", sa.BigInteger, nullable=False),
        sa.Column("read_receipt", sa.String(80), nullable=False),
        sa.Column("written_receipt", sa.String(80), nullable=False),
        sa.Column("target_receipt", sa.String(80), nullable=False),
        sa.Column("error_code", sa.String(64), nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("secs", sa.Float, nullable=False),
    )


def _create_batches() -> None:
    op.create_table(
        "batches",
        sa.Column("load_id", sa.String(190), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True),
        sa.Column("share", sa.String(64), primary_key=True),
        sa.Column("batch", sa.Integer, primary_key=True),
        sa.Column("run_id", sa.String(40), nullable=False),
        *_counts(),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
    )
    op.create_index("batches_by_run", "batches", ["run_id"])


def _create_quarantine() -> None:
    op.create_table(
        "quarantine",
        sa.Column("identity", sa.String(24), primary_key=True),
        sa.Column("run_id", sa.String(40), nullable=False),
        sa.Column("flow", sa.String(64), nullable=False),
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("stream", sa.String(400), nullable=False),
        sa.Column("load_id", sa.String(190), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("share", sa.String(64), nullable=False),
        sa.Column("row", sa.BigInteger, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("field", sa.String(200), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("edited", sa.Text),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("kept_at", sa.DateTime, nullable=False),
        sa.Column("settled_at", sa.DateTime),
    )
    op.create_index("quarantine_by_flow", "quarantine", ["flow", "status"])
