"""What became of every row that was read."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True)
class Counts:
    """Rows of one batch, share or run, by what became of them.

    Attributes:
        read: Rows that the source delivered, and rows that a split made of them.
        written: Rows that the target took.
        filtered: Rows that a filter of the document left out.
        quarantined: Rows refused and kept aside with their reason.
        superseded: Rows replaced by a later row of the same key before they were written.
    """

    read: int = 0
    written: int = 0
    filtered: int = 0
    quarantined: int = 0
    superseded: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            *(getattr(self, part.name) + getattr(other, part.name) for part in fields(self))
        )

    @property
    def balanced(self) -> bool:
        """Whether every row read is accounted for.

        Example:
            >>> Counts(read=3, written=2, quarantined=1).balanced
            True
            >>> Counts(read=3, written=2).balanced
            False
        """
        return self.read == self.written + self.filtered + self.quarantined + self.superseded
