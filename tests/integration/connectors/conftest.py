"""What tests of several connectors' files share."""

from collections.abc import Iterator

import pytest
from tests.integration.connectors.http_api import Api, serve


@pytest.fixture
def api() -> Iterator[Api]:
    """An HTTP API that says what a test tells it to."""
    yield from serve()
