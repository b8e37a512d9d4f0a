"""Any database with a SQLAlchemy dialect, an ADBC driver or an ODBC driver."""
