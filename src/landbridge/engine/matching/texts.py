"""Values as text, so that values of different types can be compared."""

import unicodedata
from datetime import datetime
from decimal import Decimal


def shown(value: object) -> str:
    """Return a value as text, in one way for all types.

    Example:
        >>> shown(Decimal("1E+3"))
        '1000'
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ").removesuffix(" 00:00:00")
    return str(value)


def comparable(value: object) -> str:
    """Return what two values that are the same have in common: case and width go.

    Null and the empty text give "".
    """
    if value is None:
        return ""
    return unicodedata.normalize("NFKC", shown(value)).strip().casefold()
