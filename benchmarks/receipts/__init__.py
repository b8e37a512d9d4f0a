"""Receipts put to the test: faults in transit, clean runs beside writers, repair."""
