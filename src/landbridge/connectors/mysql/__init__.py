"""MySQL, MariaDB and the systems that speak their protocol."""
