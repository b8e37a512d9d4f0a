"""What DuckDB says, in our words."""

from collections.abc import Generator
from contextlib import contextmanager

import duckdb

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
    OptionsInvalidError,
    QueryRefusedError,
    RowsRefusedError,
    SystemBusyError,
    SystemUnavailableError,
)

_LOCKED = "could not set lock"
_REFUSED = (
    duckdb.ConstraintException,
    duckdb.ConversionException,
    duckdb.OutOfRangeException,
    duckdb.TypeMismatchException,
)
_UNSOUND = ("not a valid duckdb", "serializ", "version number", "checksum", "corrupt")


@contextmanager
def explained(file: str) -> Generator[None]:
    """Raise errors of DuckDB within the block as ours."""
    try:
        yield
    except duckdb.Error as error:
        raise translated(error, file) from error


def translated(error: duckdb.Error, file: str) -> LandbridgeError:  # noqa: PLR0911  a table
    """Return our error for one of DuckDB."""
    said = str(error).partition("\n")[0]
    lower = said.lower()
    if isinstance(error, _REFUSED):
        return RowsRefusedError(said, file=file)
    if isinstance(error, duckdb.TransactionException):
        return SystemBusyError(f"{file}: {said}", file=file)
    if isinstance(error, duckdb.ConnectionException):
        return OptionsInvalidError(
            f"{file} is open in this process with other options",
            hint="give every connection to the file the same `read_only`",
            file=file,
        )
    if _LOCKED in lower:
        return SystemBusyError(
            f"{file} is open in another process",
            hint="DuckDB lets one process write a file; close the other, or read it with "
            "`read_only: true` in both",
            file=file,
        )
    if isinstance(error, duckdb.FatalException | duckdb.InternalException):
        return SystemUnavailableError(f"{file}: {said}", file=file)
    if any(word in lower for word in _UNSOUND):
        return DataUnreadableError(f"{file} cannot be read: {said}", file=file)
    if isinstance(error, duckdb.PermissionException) or "permission denied" in lower:
        return AuthenticationRefusedError(f"{file}: {said}", file=file)
    if isinstance(error, duckdb.IOException | duckdb.OutOfMemoryException):
        return SystemUnavailableError(f"{file}: {said}", file=file)
    return QueryRefusedError(f"{file}: {said}", file=file)
