"""Expecting a failure without a test library, so that suites run under any."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TypeVar

E = TypeVar("E", bound=BaseException)


@contextmanager
def raises(expected: type[E]) -> Generator[list[E]]:
    """Fail unless the block raises the expected error; the list then holds it.

    Example:
        >>> with raises(KeyError) as caught:
        ...     {}["x"]
        >>> caught
        [KeyError('x')]
    """
    caught: list[E] = []
    try:
        yield caught
    except expected as error:
        caught.append(error)
    assert caught, f"{expected.__name__} was not raised"
