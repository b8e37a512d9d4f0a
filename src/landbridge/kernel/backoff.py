"""How long to wait before trying again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Doubling waits with a ceiling; infrastructure is retried until `give_up_secs`.

    Attributes:
        first_secs: The first wait.
        ceiling_secs: The longest wait between two tries.
        give_up_secs: Time without any progress after which the failure is final.
    """

    first_secs: float = 0.2
    ceiling_secs: float = 30.0
    give_up_secs: float = 900.0

    def wait(self, failures: int) -> float:
        """Return the seconds to wait after the given number of failures in a row.

        Example:
            >>> [Backoff().wait(n) for n in (1, 2, 3, 20)]
            [0.2, 0.4, 0.8, 30.0]
        """
        return float(min(self.first_secs * 2.0 ** min(failures - 1, 30), self.ceiling_secs))
