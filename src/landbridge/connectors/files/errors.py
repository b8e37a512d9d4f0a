"""What the operating system and Arrow say about files, in our words."""

from collections.abc import Generator
from contextlib import contextmanager

import pyarrow as pa

from landbridge.kernel.errors import (
    AuthenticationRefusedError,
    DataUnreadableError,
    LandbridgeError,
    StreamMissingError,
    SystemUnavailableError,
)


@contextmanager
def explained(file: str) -> Generator[None]:
    """Raise errors of the file system and of Arrow within the block as ours."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise translated(error, file) from error


def translated(error: OSError | pa.ArrowException, file: str) -> LandbridgeError:
    """Return our error for one of the file system or of Arrow."""
    if isinstance(error, FileNotFoundError):
        return StreamMissingError(f"there is no file {file}", file=file)
    if isinstance(error, PermissionError):
        return AuthenticationRefusedError(f"{file}: permission denied", file=file)
    if isinstance(error, pa.ArrowException):
        return DataUnreadableError(f"{file}: {_first_line(error)}", file=file)
    return SystemUnavailableError(f"{file}: {error.strerror or error}", file=file)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
