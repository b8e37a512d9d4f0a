"""Measurements against native tools and peers, and suites that kill."""
