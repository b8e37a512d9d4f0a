"""The systems that can be read and written, one package each, found by entry point."""
