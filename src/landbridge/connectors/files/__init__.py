"""Files of a folder: CSV, NDJSON, Parquet and Excel, read and written."""
