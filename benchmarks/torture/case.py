"""What a source system is asked to hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Case:
    """One column type of one system.

    Attributes:
        name: What the matrix calls it.
        native: Its declaration in the system; for systems without types, what the connection
            declares, or "".
        values: Literals of the system's own language; NULL is added by itself.
        means: The texts that the values must be read as, where they say so better than
            another reader of the same system.
        options: Options of the stream's format beside the declared type.
    """

    name: str
    native: str
    values: tuple[str, ...]
    means: tuple[str | None, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


DIGITS_65 = "1234567890" * 6 + "12345"
TEXT_1_MB = "长x" * 262144
FAR = DIGITS_65[:35] + "." + "1" * 30
"""A number of 65 digits, 30 of them after the point."""
