"""How people write numbers: which sign divides thousands, which the decimals."""

import re
from dataclasses import dataclass

from landbridge.kernel.errors import OptionsInvalidError

_PATTERN = re.compile(r"(?:#(?P<group>[^#0])##)?#*0(?:(?P<point>[^#0])(?P<places>0+#*|#+))?")
_GROUP = 3


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A pattern such as `#,##0.00`, `#.##0,00`, `# ##0.00`, `0,00` or `#,##0`.

    Attributes:
        pattern: As it stands in the document.
        group: What divides thousands, or "".
        point: What stands before the decimals, or "".
        places: Fewest digits after it when a number is written.
    """

    pattern: str
    group: str
    point: str
    places: int

    @classmethod
    def of(cls, pattern: str, place: str) -> "NumberFormat":
        """Return the format that a pattern describes.

        Raises:
            OptionsInvalidError: It describes none.
        """
        found = _PATTERN.fullmatch(pattern)
        if found is None or found["group"] == found["point"] is not None:
            raise OptionsInvalidError(
                f"{place}: {pattern} is no format of a number",
                hint="write #,##0.00 for 1,234.50, #.##0,00 for 1.234,50, 0,00 for 1234,50",
            )
        places = (found["places"] or "").count("0")
        return cls(pattern, found["group"] or "", found["point"] or "", places)

    def plain(self, text: str) -> str | None:
        """Return a written number with a point and no groups, or None when it is not so.

        Example:
            >>> NumberFormat.of("#.##0,00", "price").plain("-1.234,5")
            '-1234.5'
        """
        sign = text[:1] if text[:1] in {"+", "-"} else ""
        whole, point, fraction = text[len(sign) :], "", ""
        if self.point:
            whole, point, fraction = whole.partition(self.point)
        if self.group and self.group in whole:
            head, *groups = whole.split(self.group)
            if not 1 <= len(head) <= _GROUP or any(len(part) != _GROUP for part in groups):
                return None
            whole = head + "".join(groups)
        if point and not fraction:
            return None
        digits = whole + fraction
        if not whole or not (digits.isascii() and digits.isdigit()):
            return None
        return f"{sign}{whole}.{fraction}" if fraction else sign + whole

    def written(self, plain: str) -> str:
        """Return a plain number as the pattern has it; no digit is lost.

        Example:
            >>> NumberFormat.of("#,##0.00", "price").written("-1234.5")
            '-1,234.50'
        """
        sign = "-" if plain.startswith("-") else ""
        whole, _, fraction = plain.removeprefix("-").partition(".")
        if self.group:
            start = len(whole) % _GROUP
            parts = [whole[at : at + _GROUP] for at in range(start, len(whole), _GROUP)]
            whole = self.group.join([*([whole[:start]] if start else []), *parts])
        fraction = fraction.ljust(self.places, "0")
        return sign + whole + ((self.point or ".") + fraction if fraction else "")
