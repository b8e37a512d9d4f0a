"""Text that must not be seen."""

from dataclasses import dataclass

from typing_extensions import override


@dataclass(frozen=True, slots=True, repr=False)
class Secret:
    """A secret text. Printing, formatting or logging it shows stars.

    Example:
        >>> f"{Secret('hunter2')}"
        '********'
        >>> Secret('hunter2').reveal()
        'hunter2'
    """

    _text: str

    def reveal(self) -> str:
        """Return the text, to hand it to the system it belongs to and nowhere else."""
        return self._text

    @override
    def __repr__(self) -> str:
        return "Secret(********)"

    @override
    def __str__(self) -> str:
        return "********"
