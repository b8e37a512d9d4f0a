"""Comparing target with source by content, and repairing only what differs."""
