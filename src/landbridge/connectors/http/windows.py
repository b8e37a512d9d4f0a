"""Bounds of a cursor column as an API wants to be asked for them."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from landbridge.connectors.http.options import WindowParams
from landbridge.sdk.reading import Window


def window_params(options: WindowParams | None, window: Window | None) -> Mapping[str, str]:
    """Return query parameters that ask for at least the rows of the window.

    Where a format is coarser than the bound, the window becomes wider, never narrower; what
    is too much is filtered after reading.
    """
    if options is None or window is None or window.column != options.column:
        return {}
    found: dict[str, str] = {}
    if options.since_param is not None and window.after is not None:
        found[options.since_param] = written(window.after, options.format, up=False)
    if options.until_param is not None and window.until is not None:
        found[options.until_param] = written(window.until, options.format, up=True)
    return found


def written(bound: str, form: str, *, up: bool) -> str:
    """Return a bound in a format, rounded down or up.

    Example:
        >>> written("2026-01-31T08:00:00.5+08:00", "iso_z", up=False)
        '2026-01-31T00:00:00Z'
        >>> written("2026-01-31T08:00:00.5+08:00", "iso_z", up=True)
        '2026-01-31T00:00:01Z'
        >>> written("17", "epoch_secs", up=True)
        '17'
    """
    moment = moment_of(bound)
    if moment is None or form == "iso":
        return bound
    if form == "date":
        whole = moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return f"{whole + timedelta(days=up and whole != moment):%Y-%m-%d}"
    if form == "iso_z":
        whole = moment.replace(microsecond=0)
        return f"{whole + timedelta(seconds=up and whole != moment):%Y-%m-%dT%H:%M:%SZ}"
    unit = timedelta(seconds=1) if form == "epoch_secs" else timedelta(milliseconds=1)
    count = (moment - datetime(1970, 1, 1, tzinfo=UTC)) / unit
    return str(math.ceil(count) if up else math.floor(count))


def moment_of(bound: str) -> datetime | None:
    """Return the moment a text means, in UTC where it names no zone; None for none."""
    if bound.lstrip("-").isdecimal():
        return None
    try:
        found = datetime.fromisoformat(bound)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
