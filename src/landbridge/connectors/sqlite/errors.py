"""What SQLite says, in our words."""

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
    QueryRefusedError,
    RowsRefusedError,
    SystemBusyError,
    SystemUnavailableError,
)

_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FORBIDDEN = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_AWAY = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_NOMEM,
    }
)
_REFUSED = frozenset(
    {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG}
)
_PRIMARY = 0xFF


@contextmanager
def explained(file: str) -> Generator[None]:
    """Raise errors of SQLite within the block as ours."""
    try:
        yield
    except sqlite3.Error as error:
        raise translated(error, file) from error


def translated(error: sqlite3.Error, file: str) -> LandbridgeError:
    """Return our error for one of SQLite."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & _PRIMARY
    said = str(error)
    if code in _BUSY:
        return SystemBusyError(f"{file} is locked by another process", file=file)
    if code in _DAMAGED:
        return DataUnreadableError(f"{file} is not a sound SQLite file: {said}", file=file)
    if code in _FORBIDDEN:
        return AuthenticationRefusedError(f"{file} cannot be written: {said}", file=file)
    if code in _AWAY:
        return SystemUnavailableError(f"{file} cannot be reached: {said}", file=file)
    if code in _REFUSED:
        return RowsRefusedError(said, file=file)
    return QueryRefusedError(f"{file}: {said}", file=file)
