"""Proposing how the fields of one stream become those of another."""
