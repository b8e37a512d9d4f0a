"""What HTTP answers and the network say, in our words. Addresses are told without queries."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpcore
import httpx

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    LandbridgeError,
    QueryRefusedError,
    StreamMissingError,
    SystemBusyError,
    SystemUnavailableError,
)

_LONGEST_WAIT = 3600.0
_TOO_MANY = 429
# The first that fits is taken, so the narrow ones come first.
_NETWORK_ERRORS: tuple[tuple[type[Exception], type[httpx.TransportError]], ...] = (
    (httpcore.ConnectTimeout, httpx.ConnectTimeout),
    (httpcore.ReadTimeout, httpx.ReadTimeout),
    (httpcore.WriteTimeout, httpx.WriteTimeout),
    (httpcore.PoolTimeout, httpx.PoolTimeout),
    (httpcore.TimeoutException, httpx.TimeoutException),
    (httpcore.ConnectError, httpx.ConnectError),
    (httpcore.ReadError, httpx.ReadError),
    (httpcore.WriteError, httpx.WriteError),
    (httpcore.NetworkError, httpx.NetworkError),
    (httpcore.LocalProtocolError, httpx.LocalProtocolError),
    (httpcore.RemoteProtocolError, httpx.RemoteProtocolError),
    (httpcore.ProtocolError, httpx.ProtocolError),
    (httpcore.UnsupportedProtocol, httpx.UnsupportedProtocol),
)


@contextmanager
def network_errors() -> Generator[None]:
    """Raise errors of the connections below the HTTP client within the block as its own."""
    known = tuple(low for low, _ in _NETWORK_ERRORS)
    try:
        yield
    except known as error:
        found = next(high for low, high in _NETWORK_ERRORS if isinstance(error, low))
        raise found(str(error)) from error


@contextmanager
def explained(place: str) -> Generator[None]:
    """Raise errors of the HTTP client within the block as ours."""
    try:
        yield
    except httpx.TimeoutException as error:
        raise SystemUnavailableError(f"{place} did not answer in time") from error
    except httpx.RemoteProtocolError as error:
        # What the client says quotes headers, which may hold a cookie.
        raise SystemUnavailableError(f"{place} answered something that is not HTTP") from error
    except (httpx.LocalProtocolError, UnicodeEncodeError):
        # It quotes our headers. Without its cause, so that none of it is told.
        raise QueryRefusedError(
            f"{place} was not asked: a header holds a character that HTTP has no place for",
            hint="look for line ends and letters beyond ASCII in `auth` and `headers`",
        ) from None
    except httpx.HTTPError as error:
        raise SystemUnavailableError(f"{place}: {type(error).__name__}: {error}") from error
    except httpx.InvalidURL as error:
        # What the client says quotes the address, which may hold credentials.
        raise QueryRefusedError(f"{place} is no address that can be asked") from error


def refusal(response: httpx.Response, place: str, now: datetime) -> LandbridgeError | None:
    """Return the error for a status that is no success, or None for one that is."""
    status = response.status_code
    if status < 300:  # noqa: PLR2004  success
        return None
    said = f"{place} answered {status}"
    wait = retry_after(response, now)
    if status == _TOO_MANY:
        return SystemBusyError(f"{said}: too many requests", wait_secs=wait, status=status)
    if status >= 500 or status in {408, 425}:  # noqa: PLR2004  failures of the moment
        return SystemBusyError(said, wait_secs=wait, status=status)
    if status in {401, 403, 407}:
        return AuthenticationRefusedError(
            said, hint="check `auth`: the credentials, and what they may read", status=status
        )
    if status in {404, 410}:
        return StreamMissingError(said, hint="check `url` and `path`", status=status)
    return QueryRefusedError(said, hint="check `params` and `paging`", status=status)


def retry_after(response: httpx.Response, now: datetime) -> float:
    """Return the seconds that a `Retry-After` header asks for, or 0 without a sound one."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return min(float(text), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), _LONGEST_WAIT)
