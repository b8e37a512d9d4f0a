"""Failures of the driver, told in our words. Nowhere else are they caught."""

import re
import ssl
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from types import MappingProxyType

from pymysql import err

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    LandbridgeError,
    OptionsInvalidError,
    QueryRefusedError,
    RowsRefusedError,
    StreamMissingError,
    SystemBusyError,
    SystemUnavailableError,
)

_BY_NUMBER: Mapping[type[LandbridgeError], tuple[int, ...]] = MappingProxyType(
    {
        AuthenticationRefusedError: (
            1044, 1045, 1130, 1131, 1132, 1133, 1142, 1143, 1227, 1370, 1410, 1698, 1820, 1862,
            3118, 3159, 3878, 4151,
        ),
        OptionsInvalidError: (1049, 1102),
        StreamMissingError: (1051, 1146),
        SystemBusyError: (
            1040, 1041, 1203, 1205, 1206, 1213, 1226, 1317, 1020, 1969, 3024, 3101, 3572, 3058,
            1614, 1637, 8022, 9007,
        ),
        SystemUnavailableError: (
            1043, 1047, 1053, 1077, 1079, 1080, 1081, 1094, 1152, 1154, 1155, 1156, 1157,
            1158, 1159, 1160, 1161, 1184, 1189, 1190, 1192, 1218, 1219, 1290, 1792, 1836, 1927,
            2000, 2001, 2002, 2003, 2005, 2006, 2011, 2013, 2014, 2026, 2027, 2055, 4031, 9001,
            9002, 9005, 10895,
        ),
        RowsRefusedError: (
            1022, 1048, 1062, 1138, 1171, 1216, 1217, 1230, 1242, 1259, 1261, 1262, 1263, 1264,
            1265, 1292, 1300, 1364, 1365, 1366, 1367, 1369, 1406, 1411, 1416, 1425, 1426, 1439,
            1441, 1451, 1452, 1464, 1526, 1557, 1569, 1582, 1586, 1644, 1690, 1748, 1761, 1762,
            1859, 1893, 1301, 1534, 1906, 1966, 3140, 3141, 3156, 3157, 3158, 3819, 3854, 4025,
        ),
    }
)  # fmt: skip
"""Server and client error numbers; anything else is a refused statement."""

_KINDS: Mapping[int, type[LandbridgeError]] = MappingProxyType(
    {number: kind for kind, numbers in _BY_NUMBER.items() for number in numbers}
)
_HINTS: Mapping[type[LandbridgeError], str] = MappingProxyType(
    {
        AuthenticationRefusedError: "check user, password and rights of the connection",
        OptionsInvalidError: "check the database name of the connection",
    }
)
UNKNOWN_VARIABLES = frozenset({1193, 1231, 1232, 1238, 1064, 1227, 1229})
"""A relative does not know a session variable, or does not let us set it."""
LOCAL_FORBIDDEN = frozenset({1148, 3948, 3950, 4166, 2068, 1235})
"""`LOAD DATA LOCAL` is switched off somewhere on the way."""
DUPLICATE = 1062

_SECRET_SHAPES = re.compile(r"(IDENTIFIED BY|PASSWORD)\s*'[^']*'", re.IGNORECASE)


def kind_of(number: int) -> type[LandbridgeError]:
    """Return our error for a number of the server or the driver.

    Example:
        >>> kind_of(1213).code, kind_of(1064).code, kind_of(2013).code
        ('connection.busy', 'connection.statement_refused', 'connection.unavailable')
    """
    return _KINDS.get(number, QueryRefusedError)


def number_of(error: err.MySQLError) -> int:
    """Return the error's number, or 0 when it has none."""
    first = error.args[0] if error.args else 0
    return first if isinstance(first, int) else 0


def text_of(error: err.MySQLError) -> str:
    """Return the error's first line."""
    text = str(error.args[1]) if len(error.args) > 1 else str(error)
    return _SECRET_SHAPES.sub(r"\1 '…'", text.strip().partition("\n")[0]) or "no reason given"


def translated(error: err.MySQLError, facts: Mapping[str, str | int]) -> LandbridgeError:
    """Return our error for one of the driver's."""
    number = number_of(error)
    kind = kind_of(number)
    if isinstance(error, err.InterfaceError) or (
        number == 0 and isinstance(error, err.OperationalError | err.InternalError)
    ):
        kind = SystemUnavailableError
    if isinstance(getattr(error, "original_exception", None), ssl.SSLCertVerificationError):
        hint = "check tls_ca and that the certificate names the host"
        return AuthenticationRefusedError(text_of(error), hint=hint, **facts)
    known: dict[str, str | int] = dict(facts)
    if number:
        known["errno"] = number
    return kind(text_of(error), hint=_HINTS.get(kind, ""), **known)


@contextmanager
def explained(**facts: str | int) -> Generator[None]:
    """Translate what PyMySQL and the socket raise."""
    try:
        yield
    except err.MySQLError as error:
        raise translated(error, facts) from error
    except OSError as error:
        raise SystemUnavailableError(
            str(error) or type(error).__name__, hint="", **facts
        ) from error
