"""SQL that the SQL connectors share: quoting, progress tables, merge statements."""
