"""The command line: commands, progress, and texts in English and Chinese."""
