"""Rules for texts that name something of the world: zones, encodings, paths."""

import codecs
from difflib import get_close_matches
from pathlib import PurePosixPath, PureWindowsPath
from zoneinfo import ZoneInfo, available_timezones

from landbridge.specs.codes import FaultCode
from landbridge.specs.spec import refused

_COMMON = (
    "utf-8",
    "utf-16",
    "gb18030",
    "gbk",
    "gb2312",
    "big5",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "latin-1",
    "cp1252",
    "ascii",
)


def check_time_zone(name: str) -> str:
    """Return the name if it is an IANA time zone, or refuse it."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        close = get_close_matches(name, sorted(available_timezones()), n=1, cutoff=0.5)
        nearest = close[0] if close else "Asia/Shanghai"
        raise refused(FaultCode.TIME_ZONE_UNKNOWN, nearest=nearest) from error
    return name


def check_encoding(name: str) -> str:
    """Return the name if it is an encoding of text, or refuse it."""
    try:
        "".encode(name)
        known = codecs.lookup(name)
    except (LookupError, ValueError) as error:
        close = get_close_matches(name.lower(), _COMMON, n=1)
        nearest = close[0] if close else "utf-8"
        raise refused(FaultCode.ENCODING_UNKNOWN, nearest=nearest) from error
    return known.name


def check_inside(path: str) -> str:
    """Return the path if it stays inside the project, or refuse it."""
    posix, windows = PurePosixPath(path), PureWindowsPath(path)
    escapes = posix.is_absolute() or bool(windows.anchor) or ".." in windows.parts
    if escapes or "\0" in path:
        raise refused(FaultCode.PATH_OUTSIDE)
    return path
