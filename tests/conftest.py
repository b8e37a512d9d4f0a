"""Real servers for every suite that asks: one of each kind per pytest worker.

A server that cannot be had fails the suite in CI, and skips it, with the reason, elsewhere.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from tools.services import Server, ServiceMissingError, fresh_database, mariadb, postgres

_SERVERS = ("mariadb", "postgres")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test with the servers its fixtures start, so that `-m` can choose."""
    for item in items:
        names: tuple[str, ...] = getattr(item, "fixturenames", ())
        for server in _SERVERS:
            if f"{server}_server" in names:
                item.add_marker(server)


@contextmanager
def _had(server: AbstractContextManager[Server]) -> Generator[Server]:
    try:
        running = server.__enter__()
    except ServiceMissingError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    try:
        yield running
    finally:
        server.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Server]:
    """A PostgreSQL for the whole session. A test that kills one starts its own."""
    with _had(postgres()) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """A MariaDB for the whole session. A test that kills one starts its own."""
    with _had(mariadb()) as server:
        yield server


@pytest.fixture
def postgres_database(postgres_server: Server) -> Iterator[Server]:
    """An empty PostgreSQL database of this test alone."""
    with fresh_database(postgres_server) as database:
        yield database


@pytest.fixture
def mariadb_database(mariadb_server: Server) -> Iterator[Server]:
    """An empty MariaDB database of this test alone."""
    with fresh_database(mariadb_server) as database:
        yield database
