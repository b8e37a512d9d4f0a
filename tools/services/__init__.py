"""Real servers for tests and benchmarks, on free loopback ports, ended by process id.

Where a server comes from, in this order: an address in the environment
(`LANDBRIDGE_TEST_POSTGRES_URL`, `LANDBRIDGE_TEST_MARIADB_URL`); programs already installed;
Debian packages, when we are root; else an error that names the one command to run.

Example:
    >>> from tools.services import fresh_database, postgres
    >>> with postgres() as server, fresh_database(server) as database:  # doctest: +SKIP
    ...     print(database.url)
"""

from tools.services.databases import execute, fresh_database, mariadb_session
from tools.services.errors import ServiceFailedError, ServiceForeignError, ServiceMissingError
from tools.services.kinds import KINDS
from tools.services.mariadb import mariadb
from tools.services.postgres import postgres
from tools.services.server import Server, variable

__all__ = [
    "KINDS",
    "Server",
    "ServiceFailedError",
    "ServiceForeignError",
    "ServiceMissingError",
    "execute",
    "fresh_database",
    "mariadb",
    "mariadb_session",
    "postgres",
    "variable",
]
