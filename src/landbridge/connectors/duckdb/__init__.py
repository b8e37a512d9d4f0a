"""DuckDB database files and databases in memory."""
