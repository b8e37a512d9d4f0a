"""Secrets: where they are kept and how references to them become values."""
