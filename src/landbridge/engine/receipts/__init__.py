"""Proof of content: a canonical hash per row and its order-free sum over many rows."""

from landbridge.engine.receipts.receipt import Receipt
from landbridge.engine.receipts.rowhash import ALGORITHM, row_hashes

__all__ = ["ALGORITHM", "Receipt", "row_hashes"]
