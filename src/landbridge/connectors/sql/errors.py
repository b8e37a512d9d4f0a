"""What SQLAlchemy, ADBC and ODBC say, in our words."""

import re
from collections.abc import Generator
from contextlib import contextmanager

from sqlalchemy import exc

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    ConnectorMissingError,
    DataUnreadableError,
    LandbridgeError,
    OptionsInvalidError,
    QueryRefusedError,
    RowsRefusedError,
    StreamMissingError,
    SystemBusyError,
    SystemUnavailableError,
)

_STATE = re.compile(r"State: ([0-9A-Z]{5})")
_MISSING_STATES = frozenset({"42P01", "42S02"})
_LOST_WORDS = ("could not connect", "connection refused", "connection to server", "terminated")
_BUSY_STATES = frozenset({"40001", "40P01", "55P03", "57014"})
_BUSY_NUMBERS = frozenset({1205, 1213, 3572, 60, 8177, 30006})
_BUSY_WORDS = ("deadlock", "database is locked", "lock wait timeout", "lock request time out")
_REFUSED_NUMBERS = frozenset({1045, 1044, 1698, 18456, 1017})
_REFUSED_WORDS = (
    "authentication failed",
    "access denied",
    "login failed",
    "permission denied",
    "no password supplied",
    "ora-01017",
    "ora-01031",
)


@contextmanager
def explained(*, writing: bool = False) -> Generator[None]:
    """Raise errors of SQLAlchemy and its drivers within the block as ours.

    Args:
        writing: Errors of data are about rows that we handed over.
    """
    try:
        yield
    except exc.SQLAlchemyError as error:
        raise translated(error, writing=writing) from error


def translated(error: exc.SQLAlchemyError, *, writing: bool = False) -> LandbridgeError:  # noqa: PLR0911  a table
    """Return our error for one of SQLAlchemy. Statement and values are left out."""
    if isinstance(error, exc.NoSuchTableError):
        return StreamMissingError(f"there is no table {error}", stream=str(error))
    if isinstance(error, exc.NoSuchModuleError):
        return ConnectorMissingError(
            f"SQLAlchemy knows no such dialect: {error}",
            hint="install the package that brings it, such as landbridge[oracle]",
        )
    if isinstance(error, exc.ArgumentError | exc.CompileError):
        return OptionsInvalidError(f"the database cannot be addressed so: {error}")
    if not isinstance(error, exc.DBAPIError):
        return QueryRefusedError(str(error))
    said = str(error.orig).partition("\n")[0]
    if is_busy(error):
        return SystemBusyError(said)
    if is_refused(error):
        return AuthenticationRefusedError(said)
    if isinstance(error, exc.IntegrityError | exc.DataError):
        return RowsRefusedError(said) if writing else DataUnreadableError(said)
    if "could not decode" in said.lower():
        return DataUnreadableError(said)
    lost = error.connection_invalidated or isinstance(error, exc.InterfaceError)
    if lost or isinstance(error, exc.OperationalError | exc.InternalError):
        return SystemUnavailableError(said)
    return QueryRefusedError(said)


def after_commit(error: exc.SQLAlchemyError) -> LandbridgeError:
    """Return our error for a commit that failed: whether it happened is not known."""
    if isinstance(error, exc.DBAPIError) and is_busy(error):
        return translated(error)
    if isinstance(error, exc.IntegrityError):  # a constraint that is checked at the end
        return translated(error, writing=True)
    return SystemUnavailableError(f"the answer to a commit is missing: {translated(error)}")


def is_busy(error: exc.DBAPIError) -> bool:
    """Return whether the database asks to come back later."""
    return (
        _state(error) in _BUSY_STATES
        or _number(error) in _BUSY_NUMBERS
        or any(word in str(error.orig).lower() for word in _BUSY_WORDS)
    )


def is_refused(error: exc.DBAPIError) -> bool:
    """Return whether credentials or rights do not suffice."""
    return (
        _state(error).startswith("28")
        or _state(error) == "42501"
        or _number(error) in _REFUSED_NUMBERS
        or any(word in str(error.orig).lower() for word in _REFUSED_WORDS)
    )


def _state(error: exc.DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")


def _number(error: exc.DBAPIError) -> int:
    arguments = getattr(error.orig, "args", ())
    first = arguments[0] if arguments else 0
    return first if isinstance(first, int) else int(getattr(first, "code", 0) or 0)


def translated_driver(error: Exception) -> LandbridgeError:  # noqa: PLR0911  a table
    """Return our error for one of an ADBC or ODBC driver, by its SQLSTATE and words."""
    said = str(error).partition("\n")[0]
    found = _STATE.search(str(error))
    state = str(getattr(error, "sqlstate", None) or (found[1] if found else ""))
    lower = str(error).lower()
    if state in _MISSING_STATES or "no such table" in lower:
        return StreamMissingError(said)
    if state in _BUSY_STATES or any(word in lower for word in _BUSY_WORDS):
        return SystemBusyError(said)
    if state.startswith("28") or any(word in lower for word in _REFUSED_WORDS):
        return AuthenticationRefusedError(said)
    if state.startswith("22") or "truncat" in lower or "too large" in lower:
        return DataUnreadableError(said)
    if state.startswith(("08", "57P")) or any(word in lower for word in _LOST_WORDS):
        return SystemUnavailableError(said)
    if "can't open lib" in lower or "data source name not found" in lower:
        return OptionsInvalidError(said, hint="`odbcinst -q -d` lists the drivers there are")
    return QueryRefusedError(said)
