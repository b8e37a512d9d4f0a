"""SQLite files, by the SQLite that Python brings."""
