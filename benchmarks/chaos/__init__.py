"""Seeded kills of processes, servers and connections; targets must come out equal."""
