"""Composition root: settings, wiring, and the use cases that commands and pages call."""
