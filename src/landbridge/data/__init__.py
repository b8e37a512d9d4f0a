"""Rows in memory: batches, positions, logical types, the ledger entry of a batch."""
