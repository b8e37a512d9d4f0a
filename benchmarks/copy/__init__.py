"""Copying against the native tools and the field's tools, contents checked."""
