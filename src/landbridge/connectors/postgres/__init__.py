"""PostgreSQL and the systems that speak its protocol and SQL."""
