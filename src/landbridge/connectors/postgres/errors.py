"""Failures of the drivers, told in our words. Nowhere else are they caught."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager

import adbc_driver_manager
import psycopg
import pyarrow as pa

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
    OptionsInvalidError,
    QueryRefusedError,
    RowsRefusedError,
    StreamMissingError,
    SystemBusyError,
    SystemUnavailableError,
)

_KINDS: Mapping[str, type[LandbridgeError]] = {
    "08": SystemUnavailableError,
    "0A": QueryRefusedError,
    "21": RowsRefusedError,  # the same key twice in one merge
    "22": RowsRefusedError,
    "23": RowsRefusedError,
    "25006": SystemUnavailableError,  # a primary that became a standby
    "25P03": SystemUnavailableError,
    "28": AuthenticationRefusedError,
    "38": RowsRefusedError,  # functions that triggers and checks call
    "39": RowsRefusedError,
    "3D": OptionsInvalidError,
    "3F": StreamMissingError,
    "40": SystemBusyError,
    "42501": AuthenticationRefusedError,
    "42P01": StreamMissingError,
    "44": RowsRefusedError,
    "53": SystemBusyError,
    "54": RowsRefusedError,
    "55P03": SystemBusyError,
    "55006": SystemBusyError,
    "57014": SystemBusyError,
    "57": SystemUnavailableError,
    "58": SystemUnavailableError,
    "72": SystemUnavailableError,
    "P0": RowsRefusedError,  # a trigger raises
}
"""By SQLSTATE, five characters before two; anything else is a refused statement."""

_REFUSED = re.compile(
    r"authentication|pg_hba\.conf|no password supplied|role .* does not exist|认证|口令"
    r"|password|permission denied for database",
    re.IGNORECASE,
)
_NO_DATABASE = re.compile(r"database .* does not exist|数据库 .* 不存在", re.IGNORECASE)
_HINTS: Mapping[type[LandbridgeError], str] = {
    AuthenticationRefusedError: "check user, password and rights of the connection",
    OptionsInvalidError: "check the database name of the connection",
}


def kind_of(sqlstate: str | None) -> type[LandbridgeError]:
    """Return our error for a SQLSTATE; a connection that broke has none.

    Example:
        >>> kind_of("40P01").code, kind_of("42601").code, kind_of(None).code
        ('connection.busy', 'connection.statement_refused', 'connection.unavailable')
    """
    if not sqlstate:
        return SystemUnavailableError
    return _KINDS.get(sqlstate) or _KINDS.get(sqlstate[:2]) or QueryRefusedError


@contextmanager
def explained(**facts: str | int) -> Generator[None]:
    """Translate what psycopg raises while working on an open connection."""
    try:
        yield
    except psycopg.Error as error:
        raise _psycopg(error, facts) from error


@contextmanager
def explained_connecting(place: str) -> Generator[None]:
    """Translate what psycopg and ADBC raise while connecting, where no SQLSTATE is told."""
    try:
        yield
    except (psycopg.Error, adbc_driver_manager.Error) as error:
        text = _first_line(str(error))
        kind: type[LandbridgeError] = kind_of(getattr(error, "sqlstate", None))
        if kind is SystemUnavailableError and _NO_DATABASE.search(text):
            kind = OptionsInvalidError
        elif kind is SystemUnavailableError and _REFUSED.search(text):
            kind = AuthenticationRefusedError
        raise kind(text, hint=_HINTS.get(kind, ""), place=place) from error


@contextmanager
def explained_reading(stream: str) -> Generator[None]:
    """Translate what ADBC and Arrow raise while rows arrive."""
    try:
        yield
    except adbc_driver_manager.Error as error:
        unreadable = error.sqlstate is None and "ReadRecord" in str(error)
        kind = DataUnreadableError if unreadable else kind_of(error.sqlstate)
        raise _reading(kind, str(error), stream) from error
    except pa.ArrowException as error:
        raise DataUnreadableError(_first_line(str(error)), stream=stream) from error
    except OSError as error:
        raise SystemUnavailableError(_first_line(str(error)), stream=stream) from error


def _reading(kind: type[LandbridgeError], text: str, stream: str) -> LandbridgeError:
    if kind is RowsRefusedError:
        kind = DataUnreadableError
    return kind(_first_line(text), stream=stream)


def _psycopg(error: psycopg.Error, facts: Mapping[str, str | int]) -> LandbridgeError:
    kind = kind_of(error.sqlstate)
    if error.sqlstate is None and not isinstance(error, psycopg.OperationalError):
        kind = QueryRefusedError
    told = {
        "sqlstate": error.sqlstate,
        "column": error.diag.column_name,
        "constraint": error.diag.constraint_name,
    }
    known = {**facts, **{fact: value for fact, value in told.items() if value}}
    text = error.diag.message_primary or _first_line(str(error))
    hint = error.diag.message_hint or ""
    if kind is RowsRefusedError:
        text = f"{text} ({error.diag.message_detail})" if error.diag.message_detail else text
        return RowsRefusedError(text, None, hint=hint, **known)
    return kind(text, hint=hint, **known)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
