"""Metadata of runs: ledgers, receipts and quarantine, in SQLite or PostgreSQL."""
