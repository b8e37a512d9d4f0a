"""Bringing an older state database to the version of this code."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from landbridge.kernel.errors import StateUnusableError


def upgrade(connection: Connection, migrations: Path, current: str | None) -> None:
    """Run every migration after the current version, in the connection's transaction.

    Raises:
        StateUnusableError: The database is of a version that this code does not know.
    """
    config = Config()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StateUnusableError(
            f"the state database is of version {current}, which this Landbridge does not know",
            hint="upgrade Landbridge; a database is never downgraded",
        ) from error
