"""Batch: reads, maps and writes streams, and proves what it did."""
