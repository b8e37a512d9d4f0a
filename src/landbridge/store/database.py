"""Opening the state database: SQLite by default, PostgreSQL by its URL."""

from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from landbridge.kernel.errors import StateUnusableError

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x1A4D_B81D


def open_database(url: str, folder: Path) -> Engine:
    """Return an engine on a database of the current version, migrated when it was older.

    Args:
        url: As the project's `state` says, secrets resolved.
        folder: Where a relative SQLite path starts.

    Raises:
        StateUnusableError: It cannot be opened, or a newer Landbridge wrote it.
    """
    engine = _engine(url, folder)
    try:
        with engine.begin() as connection:
            _lock_migrations(connection)
            _migrate(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        raise StateUnusableError(
            f"the state database cannot be opened: {type(error).__name__}",
            hint="check `state` in landbridge.yaml and that the folder can be written",
        ) from error
    return engine


def _engine(url: str, folder: Path) -> Engine:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return create_engine(parsed, pool_pre_ping=True)
    path = folder / (parsed.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateUnusableError(
            f"{path.parent} cannot be created: {error.strerror}", file=str(path)
        ) from error
    engine = create_engine(parsed.set(database=str(path)), connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    del entry
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # a row in quarantine survives a power cut
    cursor.close()


def _lock_migrations(connection: Connection) -> None:
    """Two processes that start at once must not both migrate."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")


def _migrate(connection: Connection) -> None:
    current = _current(connection)
    if current == _newest():
        return
    # Alembic is only needed, and slow to import, when there is something to do.
    from landbridge.store.migrating import upgrade  # noqa: PLC0415  start-up time

    upgrade(connection, _MIGRATIONS, current)


def _newest() -> str:
    """The version this code knows: that of the last file of migrations."""
    files = sorted((_MIGRATIONS / "versions").glob("v[0-9]*.py"))
    return files[-1].name[1:5]


def _current(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return None if found is None else str(found[0])
